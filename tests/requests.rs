//! Bad input gets a clear error, and never harms a later call.

use serde_json::{Value, json};
use support::transports::every_transport;
use support::tree::text;

const STDIO: &str = env!("CARGO_BIN_EXE_stdio_server");

fn error_text(answer: &Value) -> &str {
    assert_eq!(answer["result"]["isError"], true, "{answer:#}");
    text(answer)
}

#[tokio::test]
async fn wrong_arguments_are_named_with_value_and_bound() {
    for mut at in every_transport(STDIO).await {
        for (arguments, expected) in [
            (json!({}), "argument `number` is required"),
            (
                json!({"number": 0}),
                "argument `number` must be at least 1 (0 was given)",
            ),
            (
                json!({"number": 100}),
                "argument `number` must be at most 99 (100 was given)",
            ),
            (
                json!({"number": "many"}),
                "argument `number` must be an integer (\"many\" was given)",
            ),
            (
                json!({"number": 1, "nmae": "x"}),
                "argument `nmae` is unknown; accepted are: item, note, number",
            ),
            (
                json!({"number": -1, "item": 5}),
                "argument `item` must be a string (5 was given)\n\
                 argument `number` must be at least 1 (-1 was given)",
            ),
        ] {
            let answer = at.client.call("order", arguments.clone(), json!({})).await;
            assert_eq!(error_text(&answer), expected, "{} {arguments}", at.name);
        }
    }
}

#[tokio::test]
async fn what_is_said_of_wrong_arguments_is_bounded() {
    for mut at in every_transport(STDIO).await {
        let huge = "x".repeat(100_000);
        let mut arguments = json!({"number": huge.clone(), (huge): 1});
        for unknown in 0..1_000 {
            arguments[format!("unknown{unknown}")] = json!(0);
        }
        let answer = at.client.call("order", arguments, json!({})).await;
        let text = error_text(&answer);
        assert!(text.len() < 4_000, "{}: {} bytes", at.name, text.len());
        assert!(text.ends_with("\nand 982 more"), "{}: {text}", at.name);
    }
}

#[tokio::test]
async fn defaults_apply_and_options_may_be_null() {
    for mut at in every_transport(STDIO).await {
        for arguments in [
            json!({"number": 1}),
            json!({"number": 99, "note": null}),
            json!({"number": 1, "note": "x"}),
            json!({"number": 1, "item": null}),
        ] {
            let answer = at.client.call("order", arguments, json!({})).await;
            assert_eq!(
                answer["result"]["structuredContent"]["items"],
                json!(["tea"]),
                "{}",
                at.name
            );
        }
    }
}

#[tokio::test]
async fn an_unknown_tool_is_answered_with_those_there_are() {
    for mut at in every_transport(STDIO).await {
        let answer = at.client.call("nothing", json!({}), json!({})).await;
        assert_eq!(answer["error"]["code"], -32602, "{}", at.name);
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(
            message.starts_with("there is no such tool; this server has: order, add, fail"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn parameters_of_the_wrong_shape_are_named() {
    for mut at in every_transport(STDIO).await {
        for params in [
            json!({"name": "add", "arguments": [1]}),
            json!({"name": "add", "arguments": "x"}),
            json!({"name": 7, "arguments": {}}),
            json!({}),
        ] {
            let answer = at.client.request("tools/call", params.clone()).await;
            assert_eq!(
                answer["error"]["code"], -32602,
                "{} {params} {answer}",
                at.name
            );
            let message = answer["error"]["message"].as_str().unwrap();
            assert!(
                message.starts_with("the parameters of `tools/call` do not fit"),
                "{message}"
            );
        }
        let answer = at.client.request("no/such/method", json!({})).await;
        assert_eq!(answer["error"]["code"], -32601, "{}", at.name);
    }
}

#[tokio::test]
async fn an_unknown_resource_is_an_error() {
    for mut at in every_transport(STDIO).await {
        let answer = at
            .client
            .request("resources/read", json!({"uri": "note://2"}))
            .await;
        assert_eq!(
            answer["error"]["message"], "there is no such note",
            "{}",
            at.name
        );
    }
}

#[tokio::test]
async fn a_panic_harms_no_other_call() {
    for mut at in every_transport(STDIO).await {
        let answer = at.client.call("explode", json!({}), json!({})).await;
        assert_eq!(
            error_text(&answer),
            "the tool failed unexpectedly; the server's log tells more"
        );
        let answer = at
            .client
            .call("add", json!({"left": 1, "right": 2}), json!({}))
            .await;
        assert_eq!(text(&answer), "3", "{}", at.name);
    }
}

#[tokio::test]
async fn odd_json_in_meta_harms_nothing() {
    for mut at in every_transport(STDIO).await {
        for (key, value) in [
            ("traceparent", json!(["00"])),
            ("traceparent", json!("é".repeat(30))),
            ("tracestate", json!({"a": 1})),
            ("baggage", json!("=;,%zz,a=%ff")),
            ("baggage", json!("k=v,".repeat(5_000))),
            (
                "otel",
                json!({"traces": {"request": true, "detailed": [[[[]]]]}}),
            ),
        ] {
            let mut meta = json!({"otel": {"traces": {"request": true}}});
            meta[key] = value;
            let answer = at
                .client
                .call("add", json!({"left": 1, "right": 2}), meta)
                .await;
            assert_eq!(text(&answer), "3", "{} {key}", at.name);
        }
    }
}
