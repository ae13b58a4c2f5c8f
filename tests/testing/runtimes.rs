//! Runtimes, clocks, and what is left behind.

use std::sync::Arc;
use std::time::Duration;

use glassbox::{Instrumented, testing};
use rmcp::model::{CallToolRequestParams, CallToolResponse};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;
use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::shop::server;

#[tokio::test(start_paused = true)]
async fn an_hour_of_fake_time_is_over_at_once() {
    let start = Instant::now();
    let call = testing::call(&server(), "nap", json!({})).await;
    assert_eq!(call.result().unwrap().structured_content, Some(json!(0)));
    assert_eq!(call.tree(), "tools/call nap SERVER\n└─ sleep\n");
    // Nothing but the tool has waited.
    assert_eq!(start.elapsed().as_secs(), 3600);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_can_be_given_up() {
    let server = server();
    let call = testing::call(&server, "hang", json!({}));
    let given_up = tokio::time::timeout(Duration::from_secs(60), call).await;
    assert!(given_up.is_err());
}

#[test]
fn every_runtime_will_do_and_calls_do_not_mix() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.enable_all().build().unwrap();
        runtime.block_on(async {
            let server = server();
            let calls = (0..50).map(|lines| {
                let arguments = json!({"lines": vec![1; lines]});
                let server = &server;
                async move { testing::call(server, "total", arguments).await }
            });
            let calls = futures_util::future::join_all(calls).await;
            for (lines, call) in calls.iter().enumerate() {
                assert_eq!(
                    call.tree(),
                    format!("tools/call total SERVER\n├─ load order.lines={lines}\n└─ add\n")
                );
                assert_eq!(call.exposed().stays(), "nothing\n");
            }
            assert_eq!(server.open_spans(), 0);
        });
    }
}

#[tokio::test]
async fn a_call_leaves_no_task_behind() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let server = server();
    testing::call(&server, "total", json!({"lines": [1]})).await;
    testing::call(&server, "nothing", json!({})).await;
    assert_eq!(tasks(), before);
}

#[tokio::test]
async fn a_dropped_call_is_dropped_and_leaves_no_task_behind() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let notify = Arc::new(Notify::new());
    let (builder, provider) = crate::shop::builder_with(Arc::clone(&notify));
    let server = crate::shop::build((builder, provider));
    {
        let call = testing::call(&server, "hang", json!({}));
        tokio::select! {
            _ = call => panic!("it never ends"),
            () = notify.notified() => {}
        }
    }
    // The tool says so when it is dropped.
    notify.notified().await;
    while tasks() > before {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.open_spans(), 0);
}

/// A handler that does not look whether its client is still there.
struct Deaf(Arc<Notify>);

impl ServerHandler for Deaf {
    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.0.notify_one();
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_handler_that_looks_at_no_cancellation_is_dropped_as_well() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let notify = Arc::new(Notify::new());
    let server = Instrumented::new(Deaf(Arc::clone(&notify)));
    {
        let call = testing::call(&server, "any", json!({}));
        tokio::select! {
            _ = call => panic!("it never ends"),
            () = notify.notified() => {}
        }
    }
    let ended = async {
        while tasks() > before {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), ended).await;
    waited.expect("the handler to be dropped");
    assert_eq!(server.open_spans(), 0);
}
