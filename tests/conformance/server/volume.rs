//! S09, S10 and S18: how much leaves.

use serde_json::json;
use support::matrix::{ROOM, Setup};
use support::tree::{attributes, span, spans, traces, tree};
use support::wire::ask;

use super::everywhere;

#[tokio::test]
async fn s09_attributes_and_events_on_a_span_are_bounded() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("chatter", "", ask(true)).await;
        let talk = span(&answer, "talk");
        // Declared, our own error class, and the tool's name; all that other code has set is counted.
        let tool = usize::from(attributes(talk).contains_key("gen_ai.tool.name"));
        let kept = talk["attributes"].as_array().unwrap().len();
        assert_eq!(kept, 2 + tool);
        assert_eq!(attributes(talk)["label"], "0");
        assert_eq!(talk["droppedAttributesCount"], 4 * ROOM);
        assert_eq!(talk.get("events"), None);
        assert_eq!(talk["droppedEventsCount"], ROOM);
    })
    .await;
}

#[tokio::test]
async fn s10_the_number_of_spans_is_bounded_and_what_was_held_back_is_counted() {
    let setup = Setup {
        max_spans: Some(10),
        ..Setup::default()
    };
    everywhere(&setup, async |case| {
        for (count, held_back) in [(8, 0), (9, 0), (10, 1), (2_000, 1_991)] {
            let answer = case.ask("many", &count.to_string(), ask(true)).await;
            assert_eq!(case.text(&answer), count.to_string());
            let kept = std::cmp::min(count + 1, 10);
            assert_eq!(spans(&answer).len(), kept);
            assert_eq!(traces(&answer)["droppedSpanCount"], held_back);
            assert_eq!(traces(&answer)["truncated"], held_back > 0);
            let expected = case.tree("many", &vec!["step"; kept - 1]);
            assert_eq!(tree(&answer), expected);
        }
    })
    .await;
}

#[tokio::test]
async fn s10_bytes_are_bounded() {
    let setup = Setup {
        max_total_bytes: Some(3_000),
        ..Setup::default()
    };
    everywhere(&setup, async |case| {
        let answer = case.ask("many", "200", ask(true)).await;
        let bytes = traces(&answer).to_string().len();
        assert!((2_000..=3_000).contains(&bytes), "{bytes}");
        let dropped = traces(&answer)["droppedSpanCount"].as_u64().unwrap();
        assert_eq!(u64::try_from(spans(&answer).len()).unwrap() + dropped, 201);
    })
    .await;
}

#[tokio::test]
async fn s10_a_value_is_bounded() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("echo", &"x".repeat(2_000), ask(true)).await;
        let label = &attributes(span(&answer, "echo"))["label"];
        assert!((1_000..=1_024).contains(&label.len()), "{}", label.len());
    })
    .await;
}

#[tokio::test]
async fn s10_the_failed_span_is_not_the_one_that_goes() {
    let setup = Setup {
        max_spans: Some(10),
        ..Setup::default()
    };
    everywhere(&setup, async |case| {
        let answer = case.ask("fail_late", "300", ask(true)).await;
        assert_eq!(spans(&answer).len(), 10);
        let last = span(&answer, "last");
        assert_eq!(last["status"], json!({"code": 2}));
        assert_eq!(span(&answer, "inner")["parentSpanId"], last["spanId"]);
    })
    .await;
}

#[tokio::test]
async fn s18_volume_is_bounded_where_nobody_has_set_a_bound() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("many", "300", ask(true)).await;
        assert_eq!(spans(&answer).len(), 256);
        assert_eq!(traces(&answer)["droppedSpanCount"], 45);
        assert!(traces(&answer).to_string().len() <= 240_000);
        assert_eq!(case.text(&answer), "300");
    })
    .await;
}
