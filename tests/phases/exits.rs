//! A phase ends on every exit and says which.

use expect_test::expect;
use glassbox::{Server, ToolError, mcp_tool, phase};
use serde_json::{Value, json};
use support::tree::tree;
use support::wire::{Client, Running, ask};

/// Leaves a phase in the way it is told.
#[mcp_tool]
async fn leave(how: String) -> Result<String, ToolError> {
    #[phase("statement")]
    only_if(how != "statement").await?;

    #[phase("block")]
    let value = {
        let mut value = 0;
        for round in 0..3 {
            if how == "break" && round == 1 {
                break;
            }
            only_if(how != "block").await?;
            value += round;
        }
        value
    };

    #[phase("sync")]
    let parsed: u8 = if how == "sync" { "x" } else { "7" }.parse()?;

    #[phase("value")]
    let unused: Result<(), ToolError> = only_if(how != "value").await;
    drop(unused);

    if how == "cancelled" {
        tokio::select! {
            biased;
            () = never() => {}
            () = std::future::ready(()) => {}
        }
    }
    if how == "panic" {
        explode();
    }

    let doubled = function(&how, parsed)?;

    #[phase("tail")]
    Ok(format!("{value} {doubled}"))
}

async fn only_if(condition: bool) -> Result<(), ToolError> {
    tokio::task::yield_now().await;
    if condition {
        Ok(())
    } else {
        Err(ToolError::new("left").with_type("left"))
    }
}

#[phase]
async fn never() {
    #[phase("inside")]
    std::future::pending::<()>().await;
}

#[phase]
fn explode() {
    let empty: Vec<u8> = Vec::new();
    assert!(!empty.is_empty());
}

#[phase]
fn function(how: &str, value: u8) -> Result<u8, ToolError> {
    if how == "early" {
        return Ok(0);
    }
    if how == "function" {
        return Err(ToolError::new("left"));
    }
    Ok(value * 2)
}

async fn call(how: &str) -> Value {
    let running = Running::start(
        Server::builder("phases", "1")
            .tool::<leave>()
            .build()
            .unwrap(),
    )
    .await;
    Client::stateless(&running.url)
        .call("leave", json!({"how": how}), ask(true))
        .await
}

#[tokio::test]
async fn with_a_value() {
    let answer = call("value").await;
    assert_eq!(answer["result"]["content"][0]["text"], "3 14");
    expect![[r"
        tools/call leave SERVER
          statement
          block
          sync
          value
          function
          tail
    "]]
    .assert_eq(&tree(&answer));
}

#[tokio::test]
async fn with_an_error_at_the_end_of_the_statement() {
    expect![[r"
        tools/call leave SERVER ERROR tool_error
          statement ERROR left
    "]]
    .assert_eq(&tree(&call("statement").await));
    expect![[r"
        tools/call leave SERVER ERROR tool_error
          statement
          block
          sync ERROR _OTHER
    "]]
    .assert_eq(&tree(&call("sync").await));
}

#[tokio::test]
async fn with_an_error_inside_the_block() {
    expect![[r"
        tools/call leave SERVER ERROR tool_error
          statement
          block ERROR left
    "]]
    .assert_eq(&tree(&call("block").await));
}

#[tokio::test]
async fn loops_inside_keep_their_break() {
    let answer = call("break").await;
    assert_eq!(answer["result"]["content"][0]["text"], "0 14");
}

#[tokio::test]
async fn a_function_ends_on_every_return() {
    let answer = call("early").await;
    assert_eq!(answer["result"]["content"][0]["text"], "3 0");
    expect![[r"
        tools/call leave SERVER ERROR tool_error
          statement
          block
          sync
          value
          function ERROR _OTHER
    "]]
    .assert_eq(&tree(&call("function").await));
}

#[tokio::test]
async fn when_its_future_is_dropped() {
    expect![[r"
        tools/call leave SERVER
          statement
          block
          sync
          value
          never ERROR cancelled
            inside ERROR cancelled
          function
          tail
    "]]
    .assert_eq(&tree(&call("cancelled").await));
}

#[tokio::test]
async fn with_a_panic_in_code_that_does_not_wait() {
    expect![[r"
        tools/call leave SERVER ERROR panic
          statement
          block
          sync
          value
          explode ERROR panic
    "]]
    .assert_eq(&tree(&call("panic").await));
}

#[tokio::test]
async fn without_a_request_the_function_is_an_ordinary_one() {
    assert_eq!(leave("x".to_owned()).await.unwrap(), "3 14");
    assert_eq!(function("x", 2).unwrap(), 4);
}
