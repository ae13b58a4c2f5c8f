//! Tools that come and go while the server runs.

use std::sync::Arc;

use glassbox::{Server, ServerBuilder, ToolError, ToolSet, ToolSwitch, ToolSwitchError, mcp_tool};
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::transports::over_http;
use support::tree::text;
use support::wire::initialize;
use tokio::sync::Semaphore;

use crate::{call, names, until};

pub(crate) const CHANGED: &str = "notifications/tools/list_changed";

/// Calls that wait until the test lets them go on.
struct Gate(Arc<Semaphore>, Arc<Semaphore>);

#[mcp_tool]
fn stay() -> &'static str {
    "here"
}

#[mcp_tool]
async fn wait(gate: &Gate) -> &'static str {
    gate.0.add_permits(1);
    drop(gate.1.acquire().await);
    "done"
}

#[mcp_tool(destructive)]
fn wipe() {}

/// Enables the tools that delete.
#[mcp_tool]
fn unlock(switch: &ToolSwitch) -> Result<(), ToolError> {
    Ok(switch.enable(["admin_wipe"])?)
}

fn admin() -> ToolSet {
    ToolSet::new().tool::<wipe>().prefixed("admin_")
}

pub(crate) fn builder(switch: &ToolSwitch) -> ServerBuilder {
    Server::builder("desk", "1")
        .tool_switch(switch)
        .inject(switch.clone())
        .tool::<stay>()
        .tool::<unlock>()
        .tools(admin().disabled())
}

fn list(id: u32) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/list"})
}

/// A pipe whose session is initialized as far as the server is concerned.
async fn session(server: &Server, switch: &ToolSwitch) -> Pipe {
    let mut pipe = Pipe::serve_handler(server.handler());
    let before = switch.listeners();
    let answer = pipe.send(initialize()).await;
    let capability = &answer["result"]["capabilities"]["tools"];
    assert_eq!(capability["listChanged"], true);
    pipe.post(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        .await;
    until(|| switch.listeners() == before + 1).await;
    pipe
}

#[tokio::test]
async fn a_disabled_tool_is_as_one_that_does_not_exist() {
    let switch = ToolSwitch::new();
    let server = builder(&switch).build().unwrap();
    for mut connection in over_http(server).await {
        let client = &mut connection.client;
        let listed = client.request("tools/list", json!({})).await;
        assert_eq!(names(&listed), ["stay", "unlock"], "{}", connection.name);
        let disabled = client.call("admin_wipe", json!({}), json!({})).await;
        let unknown = client.call("nothing", json!({}), json!({})).await;
        assert_eq!(disabled["error"], unknown["error"], "{}", connection.name);
        let message = unknown["error"]["message"].as_str().unwrap();
        assert_eq!(
            message,
            "there is no such tool; this server has: stay, unlock"
        );

        switch.enable(["admin_wipe"]).unwrap();
        let listed = client.request("tools/list", json!({})).await;
        assert_eq!(names(&listed), ["stay", "unlock", "admin_wipe"]);
        let enabled = client.call("admin_wipe", json!({}), json!({})).await;
        assert_eq!(enabled["result"]["isError"], false, "{enabled:#}");
        switch.disable(admin().names()).unwrap();
    }
}

#[tokio::test]
async fn every_session_is_told_of_a_change_and_none_after_its_end() {
    let switch = ToolSwitch::new();
    let server = builder(&switch).build().unwrap();
    let mut one = session(&server, &switch).await;
    let mut other = session(&server, &switch).await;
    switch.enable(["admin_wipe"]).unwrap();
    assert_eq!(one.next().await["method"], CHANGED);
    assert_eq!(other.next().await["method"], CHANGED);
    assert_eq!(
        names(&one.send(list(2)).await),
        ["stay", "unlock", "admin_wipe"]
    );

    one.disconnect().await;
    until(|| switch.listeners() == 1).await;
    switch.disable(["admin_wipe"]).unwrap();
    assert_eq!(other.next().await["method"], CHANGED);
    other.disconnect().await;
    until(|| switch.listeners() == 0).await;
}

#[tokio::test]
async fn what_changes_nothing_is_not_told() {
    let switch = ToolSwitch::new();
    let server = builder(&switch).build().unwrap();
    let mut pipe = session(&server, &switch).await;
    switch.enable(["stay"]).unwrap();
    switch.disable(["admin_wipe"]).unwrap();
    switch.disable([] as [&str; 0]).unwrap();
    // An answer, and no notification before it.
    assert_eq!(pipe.send(list(2)).await["id"], 2);
}

#[tokio::test]
async fn a_tool_can_enable_others() {
    let switch = ToolSwitch::new();
    let server = builder(&switch).build().unwrap();
    let mut pipe = session(&server, &switch).await;
    pipe.post(call(2, "unlock", json!({}), json!({}))).await;
    let mut messages = [pipe.next().await, pipe.next().await];
    messages.sort_by_key(|message| message["id"].is_null());
    assert_eq!(messages[0]["result"]["isError"], false);
    assert_eq!(messages[1]["method"], CHANGED);
    assert_eq!(switch.is_enabled("admin_wipe"), Ok(true));
}

#[tokio::test]
async fn a_call_in_flight_ends_as_it_would() {
    let switch = ToolSwitch::new();
    let (entered, release) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let gate = Gate(Arc::clone(&entered), Arc::clone(&release));
    let server = builder(&switch)
        .inject(gate)
        .tool::<wait>()
        .build()
        .unwrap();
    let mut pipe = session(&server, &switch).await;
    pipe.post(call(2, "wait", json!({}), json!({}))).await;
    drop(entered.acquire().await);
    switch.disable(["wait"]).unwrap();
    assert_eq!(pipe.next().await["method"], CHANGED);
    let refused = pipe.send(call(3, "wait", json!({}), json!({}))).await;
    assert_eq!(refused["id"], 3);
    assert!(refused["error"].is_object(), "{refused}");
    release.add_permits(1);
    let answer = pipe.next().await;
    assert_eq!((&answer["id"], text(&answer)), (&json!(2), "done"));
}

#[tokio::test]
async fn without_a_switch_nothing_is_announced() {
    let server = Server::builder("desk", "1").tool::<stay>().build().unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    let answer = pipe.send(initialize()).await;
    assert_eq!(answer["result"]["capabilities"]["tools"], json!({}));
}

#[test]
fn mistakes_change_nothing() {
    let switch = ToolSwitch::new();
    assert_eq!(switch.enable(["stay"]), Err(ToolSwitchError::NoServer));
    let server = builder(&switch).build();
    assert!(server.is_ok(), "{server:?}");
    let error = switch.disable(["stay", "stya"]).unwrap_err();
    let message = "there is no tool `stya`; this server has: stay, unlock, admin_wipe";
    assert_eq!(error.to_string(), message);
    assert_eq!(switch.is_enabled("stay"), Ok(true));
    assert!(switch.is_enabled("stya").is_err());
}
