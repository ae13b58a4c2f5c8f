//! Reads end in the same ways as calls.

use glassbox::{ResourceProvider, Server, ServerBuilder, ToolContext, phase};
use rmcp::ErrorData;
use rmcp::model::{ListResourcesResult, ReadResourceResult, ResourceContents};
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::tree::tree;
use support::wire::{Client, Running, ask, initialize};

use crate::{exported, exporting, until};

/// Resources that hang, panic, or are fine.
#[derive(Debug)]
struct Shelf;

impl ResourceProvider for Shelf {
    async fn list(
        &self,
        cursor: Option<&str>,
        _: &ToolContext,
    ) -> Result<ListResourcesResult, ErrorData> {
        assert_eq!(cursor, None, "secret: hunter2");
        Ok(ListResourcesResult::default())
    }

    fn read(
        &self,
        uri: &str,
        _: &ToolContext,
    ) -> impl Future<Output = Result<ReadResourceResult, ErrorData>> + Send {
        assert_ne!(uri, "note://early", "secret: hunter2");
        let uri = uri.to_owned();
        async move {
            open(&uri).await;
            Ok(ReadResourceResult::new(vec![ResourceContents::text(
                "text", uri,
            )]))
        }
    }
}

#[phase("page")]
async fn open(uri: &str) {
    tokio::task::yield_now().await;
    match uri {
        "note://hang" => std::future::pending().await,
        "note://panic" => panic!("secret: hunter2"),
        _ => {}
    }
}

fn shelf() -> ServerBuilder {
    Server::builder("shelf", "1").resources(Shelf)
}

fn read(uri: &str, meta: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 2, "method": "resources/read",
        "params": {"uri": uri, "_meta": meta}})
}

#[tokio::test]
async fn a_cancelled_read_ends_its_spans_as_cancelled() {
    let (exporter, options) = exporting();
    let server = shelf().telemetry(options).build().unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    pipe.post(read("note://hang", ask(true))).await;
    until(|| server.open_spans() == 2).await;
    let params = json!({"requestId": 2});
    let method = "notifications/cancelled";
    pipe.post(json!({"jsonrpc": "2.0", "method": method, "params": params}))
        .await;
    until(|| server.open_spans() == 0).await;
    for (name, class) in exported(&exporter) {
        assert_eq!(class, "cancelled", "{name}");
    }
}

#[tokio::test]
async fn a_read_whose_client_goes_away_is_dropped() {
    let running = Running::start(shelf().build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let reading = tokio::spawn(async move {
        let params = json!({"uri": "note://hang", "_meta": ask(true)});
        client.request("resources/read", params).await
    });
    until(|| running.server.open_spans() == 2).await;
    reading.abort();
    until(|| running.server.open_spans() == 0).await;
}

#[tokio::test]
async fn a_panic_in_a_read_is_answered_and_its_spans_say_so() {
    let server = shelf().build().unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    let answer = pipe.send(read("note://panic", ask(true))).await;
    assert_eq!(answer["error"]["code"], -32603, "{answer:#}");
    assert!(!answer.to_string().contains("hunter2"), "{answer:#}");
    let expected = "resources/read SERVER ERROR panic\n  page ERROR panic\n";
    assert_eq!(tree(&answer), expected);
    // Before there is a future, as well; and where nothing is observed.
    let answer = pipe.send(read("note://early", ask(true))).await;
    assert_eq!(tree(&answer), "resources/read SERVER ERROR panic\n");
    let list = json!({"jsonrpc": "2.0", "id": 3, "method": "resources/list",
        "params": {"cursor": "x"}});
    let answer = pipe.send(list).await;
    assert_eq!(answer["error"]["code"], -32603, "{answer:#}");
    let answer = pipe.send(read("note://1", ask(true))).await;
    assert_eq!(tree(&answer), "resources/read SERVER\n  page\n");
    assert_eq!(server.open_spans(), 0);
}
