//! Resources and prompts that come and go while the server runs.

use glassbox::{
    ResourceProvider, Server, ServerBuilder, ToolContext, ToolSet, ToolSwitch, mcp_prompt,
    mcp_resource, mcp_tool, mcp_tools,
};
use rmcp::ErrorData;
use rmcp::model::{ListResourcesResult, ReadResourceResult, ResourceContents};
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::transports::over_http;
use support::wire::initialize;

use crate::switch::CHANGED;
use crate::until;

pub(crate) const RESOURCES_CHANGED: &str = "notifications/resources/list_changed";
pub(crate) const PROMPTS_CHANGED: &str = "notifications/prompts/list_changed";

struct Vault(&'static str);

#[mcp_tools]
impl Vault {
    #[mcp_tool]
    fn open(&self) {}

    #[mcp_resource("vault://gold")]
    fn gold(&self) -> &'static str {
        self.0
    }

    #[mcp_resource("vault://drawers/{id}")]
    fn drawer(&self, id: String) -> String {
        id
    }

    #[mcp_prompt]
    fn count(&self) -> &'static str {
        self.0
    }
}

/// Takes all URIs of the vault that nothing else has.
#[mcp_resource("vault://{+anything}")]
fn anything(anything: String) -> String {
    format!("anything: {anything}")
}

#[mcp_prompt]
fn greet() -> &'static str {
    "greet"
}

/// Has every URI.
struct Everything;

impl ResourceProvider for Everything {
    async fn list(
        &self,
        _: Option<&str>,
        _: &ToolContext,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::default())
    }

    async fn read(&self, uri: &str, _: &ToolContext) -> Result<ReadResourceResult, ErrorData> {
        let contents = ResourceContents::text("everything", uri);
        Ok(ReadResourceResult::new(vec![contents]))
    }
}

pub(crate) fn vault() -> ToolSet {
    ToolSet::of(Vault("gold")).prefixed("vault_")
}

pub(crate) fn builder(switch: &ToolSwitch) -> ServerBuilder {
    Server::builder("bank", "1")
        .tool_switch(switch)
        .tools(vault().disabled())
        .resource::<anything>()
        .prompt::<greet>()
}

async fn session(server: &Server, switch: &ToolSwitch) -> Pipe {
    let mut pipe = Pipe::serve_handler(server.handler());
    let answer = pipe.send(initialize()).await;
    let capabilities = &answer["result"]["capabilities"];
    for offered in ["tools", "resources", "prompts"] {
        assert_eq!(capabilities[offered]["listChanged"], true, "{offered}");
    }
    pipe.post(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        .await;
    until(|| switch.listeners() == 1).await;
    pipe
}

async fn request(pipe: &mut Pipe, method: &str, params: Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 2, "method": method, "params": params});
    let answer = pipe.send(message).await;
    assert_eq!(answer["id"], 2, "{answer}");
    answer
}

/// What the lists show, in this order: tools, resources, templates, prompts.
async fn listed(pipe: &mut Pipe) -> String {
    let mut all = Vec::new();
    for (method, list, key) in [
        ("tools/list", "tools", "name"),
        ("resources/list", "resources", "uri"),
        (
            "resources/templates/list",
            "resourceTemplates",
            "uriTemplate",
        ),
        ("prompts/list", "prompts", "name"),
    ] {
        let answer = request(pipe, method, json!({})).await;
        let items = answer["result"][list].as_array().unwrap().iter();
        all.extend(items.map(|item| item[key].as_str().unwrap().to_owned()));
    }
    all.join(" ")
}

const ALL: &str =
    "vault_open vault://gold vault://drawers/{id} vault://{+anything} vault_count greet";

#[tokio::test]
async fn a_disabled_set_is_neither_listed_nor_answered() {
    let switch = ToolSwitch::new();
    let server = builder(&switch).build().unwrap();
    let mut pipe = session(&server, &switch).await;
    assert_eq!(listed(&mut pipe).await, "vault://{+anything} greet");
    let read = |uri: &str| json!({"uri": uri});
    for uri in ["vault://gold", "vault://drawers/1"] {
        let answer = request(&mut pipe, "resources/read", read(uri)).await;
        assert_eq!(
            answer["error"]["message"],
            "there is no such resource; this server has: vault://{+anything}",
            "{uri}: {answer}"
        );
    }
    let other = request(&mut pipe, "resources/read", read("vault://silver")).await;
    assert_eq!(other["result"]["contents"][0]["text"], "anything: silver");
    let prompt = request(&mut pipe, "prompts/get", json!({"name": "vault_count"})).await;
    let unknown = request(&mut pipe, "prompts/get", json!({"name": "nothing"})).await;
    assert_eq!(prompt["error"], unknown["error"]);
    assert_eq!(
        prompt["error"]["message"],
        "there is no such prompt; this server has: greet"
    );

    switch.enable_set(&vault()).unwrap();
    let mut told = [
        pipe.next().await["method"].take(),
        pipe.next().await["method"].take(),
        pipe.next().await["method"].take(),
    ];
    told.sort_by_key(ToString::to_string);
    assert_eq!(told, [PROMPTS_CHANGED, RESOURCES_CHANGED, CHANGED]);
    assert_eq!(listed(&mut pipe).await, ALL);
    let gold = request(&mut pipe, "resources/read", read("vault://gold")).await;
    assert_eq!(gold["result"]["contents"][0]["text"], "gold");
    let drawer = request(&mut pipe, "resources/read", read("vault://drawers/1")).await;
    assert_eq!(drawer["result"]["contents"][0]["text"], "1");
    let count = request(&mut pipe, "prompts/get", json!({"name": "vault_count"})).await;
    assert!(count["result"].is_object(), "{count}");
}

#[tokio::test]
async fn sessions_are_told_of_what_changed_and_of_nothing_else() {
    let switch = ToolSwitch::new();
    let server = builder(&switch).build().unwrap();
    let mut pipe = session(&server, &switch).await;
    switch.enable_resources(["vault://drawers/{id}"]).unwrap();
    assert_eq!(pipe.next().await["method"], RESOURCES_CHANGED);
    assert_eq!(
        listed(&mut pipe).await,
        "vault://drawers/{id} vault://{+anything} greet"
    );
    switch.disable_prompts(["greet"]).unwrap();
    assert_eq!(pipe.next().await["method"], PROMPTS_CHANGED);
    switch.enable(["vault_open"]).unwrap();
    assert_eq!(pipe.next().await["method"], CHANGED);
    switch.enable_resources(["vault://drawers/{id}"]).unwrap();
    switch.disable_prompts(["greet"]).unwrap();
    assert_eq!(
        listed(&mut pipe).await,
        "vault_open vault://drawers/{id} vault://{+anything}"
    );
    switch.disable_resources(["vault://{+anything}"]).unwrap();
    assert_eq!(pipe.next().await["method"], RESOURCES_CHANGED);
    switch.disable_set(&vault()).unwrap();
    let told = [
        pipe.next().await["method"].take(),
        pipe.next().await["method"].take(),
    ];
    assert!(told.iter().any(|method| method == RESOURCES_CHANGED));
    assert!(told.iter().any(|method| method == CHANGED));
    assert_eq!(listed(&mut pipe).await, "");
    let answer = request(&mut pipe, "prompts/get", json!({"name": "greet"})).await;
    assert_eq!(answer["error"]["message"], "this server has no prompts");
}

#[tokio::test]
async fn a_provider_does_not_get_what_is_disabled() {
    let switch = ToolSwitch::new();
    let server = Server::builder("bank", "1")
        .tool_switch(&switch)
        .tools(vault().disabled())
        .resources(Everything)
        .build()
        .unwrap();
    for mut connection in over_http(server).await {
        let client = &mut connection.client;
        let gold = client.request("resources/read", json!({"uri": "vault://gold"}));
        assert!(gold.await["error"].is_object(), "{}", connection.name);
        let other = client.request("resources/read", json!({"uri": "vault://silver"}));
        let other = other.await;
        assert_eq!(other["result"]["contents"][0]["text"], "everything");
    }
}

#[tokio::test]
async fn what_a_provider_has_is_not_switched() {
    let switch = ToolSwitch::new();
    let server = Server::builder("bank", "1")
        .tool_switch(&switch)
        .resources(Everything)
        .build()
        .unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    let answer = pipe.send(initialize()).await;
    let capabilities = &answer["result"]["capabilities"];
    assert_eq!(capabilities["resources"], json!({}));
    assert!(capabilities["tools"].is_null() && capabilities["prompts"].is_null());
    let error = switch.enable_resources(["vault://gold"]).unwrap_err();
    let message = "there is no resource `vault://gold`; this server has: none";
    assert_eq!(error.to_string(), message);
}

#[test]
fn mistakes_change_nothing() {
    let switch = ToolSwitch::new();
    let server = builder(&switch).build();
    assert!(server.is_ok(), "{server:?}");
    let error = switch.enable_prompts(["vault_count", "vault_cuont"]);
    assert_eq!(
        error.unwrap_err().to_string(),
        "there is no prompt `vault_cuont`; this server has: vault_count, greet"
    );
    let error = switch.enable_resources(["vault://gold", "vault://drawers/7"]);
    assert_eq!(
        error.unwrap_err().to_string(),
        "there is no resource `vault://drawers/7`; this server has: vault://gold, vault://drawers/{id}, \
         vault://{+anything}"
    );
    let error = switch.enable_set(&ToolSet::of(Vault("")));
    assert_eq!(
        error.unwrap_err().to_string(),
        "there is no tool `open`; this server has: vault_open"
    );
    assert_eq!(switch.is_enabled("vault_open"), Ok(false));
    assert_eq!(switch.is_resource_enabled("vault://gold"), Ok(false));
    assert_eq!(switch.is_prompt_enabled("vault_count"), Ok(false));
    assert_eq!(switch.is_prompt_enabled("greet"), Ok(true));
}
