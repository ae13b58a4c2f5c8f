//! How much joins an answer, where its size is known to the byte.

use glassbox::PassbackLimits;
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::tree::{spans, traces};
use support::wire::ask;

use crate::parrot::{error, parrot, result};
use crate::{call, stateless};

/// The answer of a server with this bound, and how many were omitted.
async fn line(max_answer_bytes: usize, arguments: &Value, meta: Value) -> (String, u64) {
    let mut limits = PassbackLimits::default();
    limits.max_answer_bytes = max_answer_bytes;
    let handler = parrot().passback_limits(limits);
    let mut pipe = Pipe::over_lines(handler.clone());
    pipe.post(stateless(call(1, arguments.clone(), meta))).await;
    let line = pipe.next_line().await;
    (line, handler.passback_counts().omitted_answers)
}

#[tokio::test]
async fn the_bound_holds_for_the_whole_answer() {
    for arguments in [
        result(9, "hello", &Value::Null),
        error(9, &Value::Null),
        error(9, &json!({"hint": 1})),
    ] {
        let (silent, _) = line(usize::MAX, &arguments, json!({})).await;
        let (full, _) = line(usize::MAX, &arguments, ask(true)).await;
        let mut came = vec![0];
        for bound in (0..full.len() + 100).step_by(37).chain([full.len()]) {
            let (line, omitted) = line(bound, &arguments, ask(true)).await;
            if omitted == 1 {
                assert_eq!(line, silent, "as if nobody had asked");
                assert!(bound < silent.len() + 110, "{bound}");
                continue;
            }
            assert!(line.len() <= bound, "{} of {bound}", line.len());
            let answer: Value = serde_json::from_str(&line).unwrap();
            let dropped = traces(&answer)["droppedSpanCount"].as_u64().unwrap();
            assert_eq!(spans(&answer).len() as u64 + dropped, 10);
            came.push(spans(&answer).len());
        }
        assert_eq!(came.pop(), Some(10), "exactly the room it takes is enough");
        assert!(came.is_sorted(), "{came:?}");
    }
}

#[tokio::test]
async fn without_room_what_others_put_there_stays() {
    for meta in [
        json!({}),
        json!({"a": 1}),
        json!({"otel": {}}),
        json!({"otel": {"a": 1, "z": 1}, "z": 1}),
    ] {
        let arguments = result(1, "hello", &meta);
        let (silent, _) = line(usize::MAX, &arguments, json!({})).await;
        let (asked, omitted) = line(0, &arguments, ask(true)).await;
        assert_eq!((asked, omitted), (silent, 1));
    }
}
