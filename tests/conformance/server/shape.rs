//! S06, S07, S08, S12 and S16: what the spans look like.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde_json::json;
use support::matrix::{Method, NAME, Setup, VERSION};
use support::tree::{attributes, span, spans, traces, tree};
use support::wire::ask;

use super::{everywhere, sampled};

#[tokio::test]
async fn s06_spans_are_otlp_json() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("stages", "", sampled(true)).await;
        for span in spans(&answer) {
            for (key, length) in [("traceId", 32), ("spanId", 16), ("parentSpanId", 16)] {
                let id = span[key].as_str().unwrap();
                let is_hex = id.bytes().all(|byte| byte.is_ascii_hexdigit());
                assert!(is_hex && id.len() == length, "{key} {id}");
            }
            assert!(span["kind"].is_u64());
            for time in ["startTimeUnixNano", "endTimeUnixNano"] {
                let time: u64 = span[time].as_str().unwrap().parse().unwrap();
                assert!(time > 1_600_000_000_000_000_000);
            }
        }
        let number = &span(&answer, "check")["attributes"][0];
        let expected = json!({"key": "order.number", "value": {"intValue": "1"}});
        assert_eq!(*number, expected);

        // The official messages read it, and write the same again.
        let resource_spans = json!({"resourceSpans": traces(&answer)["resourceSpans"]});
        let read: ExportTraceServiceRequest = serde_json::from_value(resource_spans).unwrap();
        let again = serde_json::to_value(&read).unwrap();
        let twice: ExportTraceServiceRequest = serde_json::from_value(again).unwrap();
        assert_eq!(read, twice);
        let read = &read.resource_spans[0].scope_spans[0].spans;
        assert_eq!(read.len(), spans(&answer).len());
    })
    .await;
}

#[tokio::test]
async fn s07_every_entry_names_its_producer() {
    everywhere(&Setup::default(), async |case| {
        for deed in ["stages", "protocol_error"] {
            let answer = case.ask(deed, "", ask(true)).await;
            let resources = traces(&answer)["resourceSpans"].as_array().unwrap();
            assert!(!resources.is_empty());
            for entry in resources {
                let resource = attributes(&entry["resource"]);
                assert_eq!(resource["service.name"], NAME);
                assert_eq!(resource["service.version"], VERSION);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn s08_top_level_by_default_and_the_whole_tree_on_demand() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("stages", "", ask(false)).await;
        let top = case.tree("stages", &["check", "store", "format"]);
        assert_eq!(tree(&answer), top);
        assert_eq!(traces(&answer)["truncated"], false);
        let dropped = &traces(&answer)["droppedSpanCount"];
        assert_eq!(*dropped, 0, "what was not asked for is not dropped");

        let answer = case.ask("stages", "", ask(true)).await;
        let whole = ["check", "  lookup", "store", "  write", "  write", "format"];
        assert_eq!(tree(&answer), case.tree("stages", &whole));
        assert_eq!(case.text(&answer), "done");
    })
    .await;
}

#[tokio::test]
async fn s12_stages_are_direct_children_of_the_root() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("stages", "", ask(false)).await;
        let root = span(&answer, &case.root("stages"));
        for stage in ["check", "store", "format"] {
            let stage = span(&answer, stage);
            assert_eq!(stage["parentSpanId"], root["spanId"]);
        }
    })
    .await;
}

#[tokio::test]
async fn s16_stages_name_the_tool_and_are_no_tool_calls() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("stages", "", ask(true)).await;
        for stage in ["check", "lookup", "store", "format"] {
            let stage = attributes(span(&answer, stage));
            let tool = (case.method == Method::Tool).then_some("stages");
            let found = stage.get("gen_ai.tool.name");
            assert_eq!(found.map(String::as_str), tool);
            let only_on_the_root = ["gen_ai.operation.name", "mcp.method.name"];
            assert!(only_on_the_root.iter().all(|key| !stage.contains_key(*key)));
        }
    })
    .await;
}
