//! S15 and S16: calls that fail.

use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};
use support::matrix::{Host, Method, SECRET, Setup};
use support::tree::{attributes, span, tree};
use support::wire::ask;

use super::{everywhere, telemetry};

#[tokio::test]
async fn s15_failed_calls_return_the_stages_that_ran() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("fail", "", ask(true)).await;
        if case.method == Method::Tool {
            assert_eq!(answer["result"]["isError"], true);
            assert_eq!(case.text(&answer), "the till is closed");
        } else {
            assert_eq!(answer["error"]["message"], "the till is closed");
        }
        let expected = case.failed_tree("fail", Some(case.told()), &["attempt ERROR closed"]);
        assert_eq!(tree(&answer), expected);
    })
    .await;
}

#[tokio::test]
async fn s15_json_rpc_errors_carry_spans_in_their_data() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("protocol_error", "", ask(true)).await;
        assert_eq!(answer["error"]["code"], -32603);
        let expected = case.failed_tree("protocol_error", Some("-32603"), &["lookup"]);
        assert_eq!(tree(&answer), expected);
        let root = span(&answer, &case.root("protocol_error"));
        assert_eq!(root["status"], json!({"code": 2}), "texts of errors stay");
        assert_eq!(attributes(root)["rpc.response.status_code"], "-32603");
        let data = answer["error"]["data"].as_object().unwrap();
        assert_eq!(data.keys().collect::<Vec<_>>(), ["_meta"]);

        let answer = case.ask("error_with_data", "", ask(true)).await;
        assert_eq!(answer["error"]["data"]["retry"], 7, "what was there stays");
        let expected = case.failed_tree("error_with_data", Some("-32603"), &["lookup"]);
        assert_eq!(tree(&answer), expected);
    })
    .await;
}

#[tokio::test]
async fn s15_data_that_is_no_object_is_left_alone() {
    everywhere(&Setup::default(), async |case| {
        let asked = case.ask("error_with_text", "", ask(true)).await;
        assert_eq!(asked["error"]["data"], "try again");
        let not_asked = case.ask("error_with_text", "", json!({})).await;
        assert_eq!(asked, not_asked);
    })
    .await;
}

#[tokio::test]
async fn s15_what_is_refused_before_it_runs_returns_the_stages_that_ran() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("forbidden", "", ask(false)).await;
        assert_eq!(answer["error"]["code"], -32001);
        assert_eq!(answer["error"]["message"], "this is not for you");
        let stages = ["auth.validate ERROR forbidden"];
        let expected = case.failed_tree("forbidden", Some("-32001"), &stages);
        assert_eq!(tree(&answer), expected);
    })
    .await;
}

#[tokio::test]
async fn s15_what_is_not_there_returns_the_root() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("no_such_deed", "", ask(true)).await;
        // The caller's fault is no failure of the server's span. rmcp writes a resource that is not found as -32602
        // in the newer protocol, after the span has ended.
        let (told, noted) = match case.method {
            Method::Resource if case.transport.is_stateless => (-32602, "-32002"),
            Method::Resource => (-32002, "-32002"),
            Method::Tool | Method::Prompt => (-32602, "-32602"),
        };
        assert_eq!(answer["error"]["code"], told);
        assert_eq!(tree(&answer), case.tree("no_such_deed", &[]));
        let root = span(&answer, &case.root("no_such_deed"));
        assert_eq!(attributes(root)["rpc.response.status_code"], noted);
        assert_eq!(root.get("status"), None);
    })
    .await;
}

#[tokio::test]
async fn s15_arguments_that_do_not_fit_return_the_root() {
    everywhere(&Setup::default(), async |case| {
        if case.method == Method::Resource {
            return; // A read has no arguments.
        }
        let params = json!({"name": "stages", "arguments": {"value": 7}, "_meta": ask(true)});
        let answer = case.request(case.method.name(), params).await;
        // Ours tells the model, which can do better; what rmcp's handlers do is theirs.
        let class = if case.host == Host::Own {
            assert_eq!(answer["result"]["isError"], true);
            Some("tool_error")
        } else {
            assert_eq!(answer["error"]["code"], -32602);
            None
        };
        assert_eq!(tree(&answer), case.failed_tree("stages", class, &[]));
    })
    .await;
}

#[tokio::test]
async fn s15_what_no_handler_is_asked_has_no_spans() {
    everywhere(&Setup::default(), async |case| {
        let key = if case.method == Method::Resource {
            "uri"
        } else {
            "name"
        };
        let misfit = json!({(key): [7], "_meta": ask(true)});
        let of_another_method = json!({"_meta": ask(true)});
        for (method, params, code) in [
            // rmcp cannot read it, and asks the handler for a method of its own.
            (case.method.name(), misfit, None),
            ("no/such/method", of_another_method, Some(-32601)),
        ] {
            let answer = case.request(method, params).await;
            let found = answer["error"]["code"].as_i64().unwrap();
            let expected = code.unwrap_or(if case.host == Host::Own {
                -32602
            } else {
                -32601
            });
            assert_eq!(found, expected, "{answer:#}");
            assert_eq!(telemetry(&answer), None);
        }
        // Too old for a protocol that wants more, or a protocol that nobody knows: no handler sees it.
        let mut meta = ask(true);
        meta["io.modelcontextprotocol/protocolVersion"] = json!("1999-01-01");
        let mut message = json!({"jsonrpc": "2.0", "id": 7, "method": case.method.name()});
        message["params"] = case.method.params("stages", "");
        message["params"]["_meta"] = meta;
        let answer = case.serving.client.send(message).await;
        assert!(answer["error"]["code"].is_i64(), "{answer:#}");
        assert_eq!(telemetry(&answer), None);
    })
    .await;
}

#[tokio::test]
async fn s15_a_cancelled_request_has_no_answer_that_could_carry_spans() {
    everywhere(&Setup::default(), async |case| {
        if case.transport.is_http {
            return; // Who cancels hangs up.
        }
        // One connection serves all methods, and an id is for one request of it:
        // what is cancelled may end late.
        static NEXT_ID: AtomicI64 = AtomicI64::new(100);
        let id = NEXT_ID.fetch_add(2, Ordering::Relaxed);
        let mut waiting = case.method.params("wait", "");
        waiting["_meta"] = ask(true);
        let waiting = request(id, case.method.name(), waiting, case.protocol());
        let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
            "params": {"requestId": id}});
        let next = request(id + 1, "tools/list", json!({}), case.protocol());
        let client = &mut case.serving.client;
        client.post(&waiting).await;
        client.post(&cancel).await;
        client.post(&next).await;
        let answer = client.next().await;
        assert_eq!(answer["id"], id + 1, "{answer:#}");
    })
    .await;
}

fn request(id: i64, method: &str, mut params: Value, protocol: &str) -> Value {
    if protocol == support::wire::STATELESS {
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(protocol);
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
    }
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

#[tokio::test]
async fn s16_a_panic_is_an_error_that_says_so() {
    everywhere(&Setup::default(), async |case| {
        if case.host == Host::Wrapped {
            return; // rmcp lets the request die without an answer, and so do we.
        }
        let answer = case.ask("explode", "", ask(true)).await;
        if case.method == Method::Tool {
            assert_eq!(answer["result"]["isError"], true);
        } else {
            assert_eq!(answer["error"]["code"], -32603);
        }
        let expected = case.failed_tree("explode", Some("panic"), &["fuse ERROR panic"]);
        assert_eq!(tree(&answer), expected);
        assert!(!answer.to_string().contains(SECRET));
        let answer = case.ask("echo", "", ask(true)).await;
        assert_eq!(case.text(&answer), "done", "the next one is not harmed");
    })
    .await;
}
