//! Work that leaves the task of its call.

use std::pin::Pin;

use futures_util::{Stream, StreamExt as _, stream};
use glassbox::{InRequestExt as _, Server, mcp_tool, phase};
use serde_json::json;
use support::tree::{traces, tree};
use support::wire::{Client, Running, ask};
use tokio::sync::mpsc;

/// Works on a thread for blocking code and on a stream behind a channel.
#[mcp_tool]
async fn elsewhere() -> u32 {
    #[phase("blocking")]
    let blocked = glassbox::spawn_blocking(count_all).await;

    #[phase("streaming")]
    let streamed = {
        let items = stream::iter(0..2_u32).then(item).in_request();
        tokio::spawn(items.fold(0, async |sum, item| sum + item)).await
    };
    blocked.unwrap_or(0) + streamed.unwrap_or(0)
}

#[phase("count")]
fn count_all() -> u32 {
    1
}

#[phase("item")]
async fn item(item: u32) -> u32 {
    tokio::task::yield_now().await;
    item
}

#[tokio::test]
async fn blocking_code_and_streams_stay_part_of_the_request() {
    let server = Server::builder("elsewhere", "1").tool::<elsewhere>();
    let running = Running::start(server.build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let answer = client.call("elsewhere", json!({}), ask(true)).await;
    let expected = "\
tools/call elsewhere SERVER
  blocking
    count
  streaming
    item
    item
";
    assert_eq!(tree(&answer), expected);
    assert_eq!(running.server.open_spans(), 0);
}

/// Where a tool leaves a stream that it has begun to read.
#[derive(Debug, Clone)]
struct Elsewhere(mpsc::UnboundedSender<ItemStream>);

type ItemStream = Pin<Box<dyn Stream<Item = u32> + Send>>;

/// Reads one item of two streams; drops one of them and leaves the other.
#[mcp_tool]
async fn hand_over(elsewhere: &Elsewhere) -> u32 {
    let dropped = stream::iter(0..9_u32).then(item).in_request();
    let mut dropped = Box::pin(dropped);
    let first = dropped.next().await;
    // In the middle of the second item.
    assert!(futures_util::poll!(dropped.next()).is_pending());
    drop(dropped);

    let left = stream::iter(0..3_u32).then(item).in_request();
    let mut left: ItemStream = Box::pin(left);
    let second = left.next().await;
    drop(elsewhere.0.send(left));
    first.into_iter().chain(second).sum()
}

#[tokio::test]
async fn a_stream_ends_its_spans_when_dropped_and_may_be_read_after_the_call() {
    let (sender, mut left) = mpsc::unbounded_channel();
    let server = Server::builder("streams", "1")
        .inject(Elsewhere(sender))
        .tool::<hand_over>();
    let running = Running::start(server.build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let answer = client.call("hand_over", json!({}), ask(true)).await;
    let expected = "\
tools/call hand_over SERVER
  item
  item ERROR cancelled
  item
";
    assert_eq!(tree(&answer), expected);
    assert_eq!(traces(&answer)["droppedSpanCount"], 0);
    // Its request has been answered: nothing is recorded for it any more.
    let left = left.recv().await.unwrap();
    let rest = tokio::spawn(left.collect::<Vec<_>>()).await.unwrap();
    assert_eq!(rest, [1, 2]);
    assert_eq!(running.server.open_spans(), 0);
}
