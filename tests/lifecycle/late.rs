//! Work that outlives its call.

use std::sync::Arc;

use futures_util::future::join_all;
use glassbox::{Server, mcp_tool, phase};
use serde_json::json;
use support::tree::{spans, traces, tree};
use support::wire::{Client, Running, ask, ask_under};
use tokio::sync::{Semaphore, watch};

use crate::{TRACEPARENT, exported, exporting, until};

/// Lets spawned work wait until the test lets it go on.
#[derive(Debug, Clone)]
struct Late(Arc<Semaphore>, watch::Sender<usize>);

/// Spawns many tasks, some of which outlive the call.
#[mcp_tool]
async fn scatter(late: &Late, tasks: u32, outliving: u32) -> u32 {
    #[phase("scatter")]
    {
        let mut ended = Vec::new();
        let started = late.1.subscribe();
        for task in 0..tasks {
            let late = late.clone();
            let work = async move {
                #[phase("task")]
                {
                    if task < outliving {
                        late.1.send_modify(|started| *started += 1);
                        drop(late.0.acquire().await);
                    }
                    tokio::task::yield_now().await;
                }
                late.1.send_modify(|started| *started -= 1);
                #[phase("after")]
                tokio::task::yield_now().await;
            };
            // Those that end are waited for.
            if task < outliving {
                drop(glassbox::spawn(work));
            } else {
                ended.push(glassbox::spawn(small()));
            }
        }
        join_all(ended).await;
        let outliving = usize::try_from(outliving).unwrap();
        let mut started = started;
        drop(started.wait_for(|started| *started == outliving).await);
    }
    tasks
}

#[phase("small")]
async fn small() {
    tokio::task::yield_now().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_that_outlive_the_call_are_counted_and_not_waited_for() {
    let (exporter, options) = exporting();
    let late = Late(Arc::new(Semaphore::new(0)), watch::channel(0).0);
    let limits = {
        let mut limits = glassbox::PassbackLimits::default();
        (limits.max_spans, limits.max_total_bytes) = (2_000, 4_000_000);
        limits
    };
    let server = Server::builder("scatter", "1")
        .inject(late.clone())
        .tool::<scatter>()
        .passback_limits(limits)
        .telemetry(options);
    let running = Running::start(server.build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let arguments = json!({"tasks": 1_000, "outliving": 100});
    let answer = client
        .call("scatter", arguments, ask_under(TRACEPARENT))
        .await;
    assert_eq!(spans(&answer).len(), 2 + 900);
    assert_eq!(traces(&answer)["droppedSpanCount"], 100);
    assert_eq!(traces(&answer)["truncated"], true);
    assert_eq!(running.server.open_spans(), 0);

    // The export has them all in the end, and none of them is recorded for
    // the answer any more.
    late.0.add_permits(100);
    until(|| exported(&exporter).len() == 2 + 900 + 200).await;
    assert_eq!(running.server.open_spans(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn late_work_of_a_call_that_was_only_asked_for_is_not_recorded() {
    let late = Late(Arc::new(Semaphore::new(0)), watch::channel(0).0);
    let server = Server::builder("scatter", "1")
        .inject(late.clone())
        .tool::<scatter>();
    let running = Running::start(server.build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let arguments = json!({"tasks": 10, "outliving": 10});
    let answer = client.call("scatter", arguments, ask(true)).await;
    assert_eq!(tree(&answer), "tools/call scatter SERVER\n  scatter\n");
    assert_eq!(traces(&answer)["droppedSpanCount"], 10);
    late.0.add_permits(10);
    let mut ended = late.1.subscribe();
    ended.wait_for(|open| *open == 0).await.unwrap();
    assert_eq!(running.server.open_spans(), 0);
}
