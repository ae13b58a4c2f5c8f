//! Where a phase can stand, seen from the spans it makes.

use std::pin::pin;

use expect_test::expect;
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use glassbox::{ToolError, mcp_tool, phase};
use support::tree::{traces, tree};

use super::call;

async fn fetch(id: u32) -> Result<u32, ToolError> {
    #[phase("fetch")]
    async fn fetched(id: u32) -> u32 {
        tokio::task::yield_now().await;
        id
    }
    match fetched(id).await {
        9 => Err(ToolError::new("nine").with_type("nine")),
        id => Ok(id),
    }
}

/// Calls closures.
#[mcp_tool]
async fn closures() -> u32 {
    let double = #[phase("double")]
    |id: u32| id * 2;
    let get = #[phase("get")]
    async |id: u32| fetch(id).await;
    let later = #[phase("later")]
    |id: u32| async move { fetch(id).await };
    let unpolled = later(1);
    drop(unpolled);
    let sum = double(1) + double(2) + get(3).await.unwrap_or(0);
    sum + get(9).await.unwrap_or(0) + later(9).await.unwrap_or(0)
}

#[tokio::test]
async fn each_call_of_a_closure_is_a_phase() {
    expect![[r"
        tools/call closures SERVER
          double
          double
          get
            fetch
          get ERROR nine
            fetch
          later ERROR nine
            fetch
    "]]
    .assert_eq(&tree(&call::<closures>("closures").await));
}

/// Polls `async` blocks, one of them never, one not to its end.
#[mcp_tool]
async fn blocks() -> u32 {
    let first = #[phase("first")]
    async {
        fetch(1).await
    };
    let never = #[phase("never")]
    async {
        fetch(2).await
    };
    let pending = #[phase("pending")]
    async {
        std::future::pending::<()>().await
    };
    let _between = #[phase("between")]
    {
        1
    };
    drop(never);
    tokio::select! {
        biased;
        () = pending => {}
        () = std::future::ready(()) => {}
    }
    first.await.unwrap_or(0)
}

#[tokio::test]
async fn an_async_block_is_a_phase_from_its_first_poll_to_its_end() {
    expect![[r"
        tools/call blocks SERVER
          between
          pending ERROR cancelled
          first
            fetch
    "]]
    .assert_eq(&tree(&call::<blocks>("blocks").await));
}

/// Goes round and round.
#[mcp_tool]
async fn rounds() -> Result<u32, ToolError> {
    let mut sum = 0;
    #[phase("bounded", rounds = 2)]
    for id in 0..5 {
        sum += fetch(id).await?;
    }
    #[phase("jumps", rounds)]
    for id in 0..9 {
        if id == 0 {
            continue;
        }
        if id == 2 {
            break;
        }
        sum += 1;
    }
    #[phase("fails", rounds)]
    for id in 8.. {
        sum += fetch(id).await?;
    }
    Ok(sum)
}

#[tokio::test]
async fn each_round_of_a_loop_is_a_phase_up_to_its_bound() {
    let answer = call::<rounds>("rounds").await;
    // Rounds over the bound have no span; what happens in them stands below the tool's.
    expect![[r"
        tools/call rounds SERVER ERROR tool_error
          bounded
            fetch
          bounded
            fetch
          fetch
          fetch
          fetch
          jumps
          jumps
          jumps
          fails
            fetch
          fails ERROR nine
            fetch
    "]]
    .assert_eq(&tree(&answer));
}

#[tokio::test]
async fn rounds_over_the_bound_are_counted() {
    let answer = call::<rounds>("rounds").await;
    let traces = traces(&answer);
    assert_eq!(traces["droppedSpanCount"], 3, "{traces:#}");
    assert_eq!(traces["truncated"], true);
}

/// Takes an arm.
#[mcp_tool]
async fn arms() -> Result<u32, ToolError> {
    let one = match fetch(1).await? {
        #[phase("none")]
        0 => 0,
        #[phase("some")]
        id => fetch(id).await?,
    };
    match one {
        #[phase("failed")]
        1 => fetch(9).await,
        _ => Ok(0),
    }
}

#[tokio::test]
async fn the_arm_that_is_taken_is_a_phase() {
    expect![[r"
        tools/call arms SERVER ERROR tool_error
          fetch
          some
            fetch
          failed ERROR nine
            fetch
    "]]
    .assert_eq(&tree(&call::<arms>("arms").await));
}

#[phase]
#[expect(clippy::manual_async_fn, reason = "this form is what is tested")]
fn as_block(id: u32) -> impl Future<Output = Result<u32, ToolError>> {
    async move { fetch(id).await }
}

#[phase]
fn as_future(id: u32) -> impl Future<Output = Result<u32, ToolError>> {
    #[phase("made")]
    let future = std::future::ready(id);
    let fetch = fetch(id);
    future.then(move |_| fetch)
}

#[phase(returns = future)]
fn as_box(id: u32) -> futures_util::future::BoxFuture<'static, Result<u32, ToolError>> {
    if id == 0 {
        return Box::pin(std::future::ready(Ok(0)));
    }
    let fetch = fetch(id);
    Box::pin(fetch)
}

#[phase]
fn items(count: u32) -> impl Stream<Item = Result<u32, ToolError>> {
    stream::iter(0..count).then(|id| fetch(id + 7))
}

/// Uses functions that return what goes on after them.
#[mcp_tool]
async fn returned() -> u32 {
    drop(as_block(1));
    drop(as_box(1));
    let (block, future, boxed) = tokio::join!(as_block(9), as_future(1), as_box(0));
    let mut sum = block.unwrap_or(0) + future.unwrap_or(0) + boxed.unwrap_or(0);
    let mut all = pin!(items(2));
    while let Some(item) = all.next().await {
        sum += item.unwrap_or(0);
    }
    let mut failing = pin!(items(4));
    while let Some(item) = failing.next().await {
        sum += item.unwrap_or(0);
    }
    let mut left = Box::pin(items(2));
    sum + left.next().await.map_or(0, |item| item.unwrap_or(0))
}

#[tokio::test]
async fn a_phase_follows_what_its_function_returns() {
    expect![[r#"
        tools/call returned SERVER
          as_box ERROR cancelled
          as_future
            made
            fetch
          as_box
          as_block ERROR nine
            fetch
          items
            fetch
            fetch
          items ERROR nine
            fetch
            fetch
            fetch
            fetch
          items ERROR cancelled
            fetch
    "#]]
    .assert_eq(&tree(&call::<returned>("returned").await));
}

#[async_trait::async_trait]
trait Load {
    async fn load(&self, id: u32) -> Result<u32, ToolError>;

    #[phase("load_twice")]
    async fn twice(&self, id: u32) -> Result<u32, ToolError> {
        #[phase("first")]
        let first = self.load(id).await?;
        Ok(first + self.load(id).await?)
    }
}

struct Store;

#[async_trait::async_trait]
impl Load for Store {
    #[phase("load", load.id = id)]
    async fn load(&self, id: u32) -> Result<u32, ToolError> {
        #[phase("block")]
        let got = {
            let got = fetch(id).await?;
            got + 1
        };
        Ok(got)
    }
}

/// Calls a trait object.
#[mcp_tool]
async fn objects() -> Result<u32, ToolError> {
    let store: Box<dyn Load + Send + Sync> = Box::new(Store);
    store.twice(1).await?;
    store.load(9).await
}

#[tokio::test]
async fn methods_under_async_trait_are_phases() {
    expect![[r"
        tools/call objects SERVER ERROR tool_error
          load_twice
            first
              load
                block
                  fetch
            load
              block
                fetch
          load ERROR nine
            block ERROR nine
              fetch
    "]]
    .assert_eq(&tree(&call::<objects>("objects").await));
}
