//! Resources that are functions: found by their URI, read, observed.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use glassbox::{
    ResourceError, ResourceProvider, Server, ServerBuilder, ToolContext, ToolError, ToolSet,
    mcp_resource, phase, testing,
};
use rmcp::ErrorData;
use rmcp::model::{
    ListResourcesResult, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};
use serde::Serialize;
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::tree::tree;
use support::wire::{Client, Running, ask, initialize};

struct Notes(Vec<&'static str>);

#[derive(Serialize)]
struct Note {
    id: usize,
    text: String,
}

/// All there is.
#[mcp_resource(
    "note://all",
    title = "All",
    size = 7,
    audience(user, assistant),
    priority = 0.5
)]
fn all(notes: &Notes) -> String {
    notes.0.join("\n")
}

/// One note.
#[mcp_resource("note://by-id/{id}")]
async fn note(notes: &Notes, context: &ToolContext, id: usize) -> Result<Note, ResourceError> {
    #[phase("note.find", note.id = id)]
    let text = find(notes, id).await?;
    let text = format!("{text} ({})", context.request_id());
    Ok(Note { id, text })
}

#[phase("note.lookup")]
async fn find(notes: &Notes, id: usize) -> Result<&'static str, ResourceError> {
    let found = notes.0.get(id).copied();
    found.ok_or_else(|| ResourceError::not_found("there is no such note"))
}

#[mcp_resource("note://help", mime_type = "text/markdown")]
fn help() -> &'static str {
    "# Help"
}

#[mcp_resource("file:///{+path}", blocking)]
fn file(path: PathBuf) -> Vec<u8> {
    path.display().to_string().into_bytes()
}

#[mcp_resource("pair://{left}-{right}/{kind}.txt")]
fn pair(kind: char, right: String, left: u8) -> Result<String, ToolError> {
    if right == "secret" {
        return Err(ToolError::new("the pair is secret"));
    }
    Ok(format!("{left} {right} {kind}"))
}

#[mcp_resource("end://{how}")]
async fn end(how: String) -> Result<ReadResourceResult, ErrorData> {
    #[phase("end.come")]
    match how.as_str() {
        "panic" => panic!("secret: hunter2"),
        "hang" => std::future::pending().await,
        _ => {}
    }
    if how == "params" {
        return Err(ErrorData::invalid_params("not like this", None));
    }
    let parts = ["a", "b"].map(|text| ResourceContents::text(text, "end://part"));
    Ok(ReadResourceResult::new(parts.to_vec()))
}

fn server() -> ServerBuilder {
    Server::builder("notes", "1")
        .inject(Notes(vec!["tea", "milk"]))
        .resource::<note>()
        .resource::<all>()
        .tools(ToolSet::new().resource::<help>().resource::<file>())
        .resource::<pair>()
        .resource::<end>()
}

/// The contents of what is read.
async fn contents(server: &Server, uri: &str) -> Value {
    let answer = testing::read(server, uri).await;
    let result = answer
        .result()
        .unwrap_or_else(|error| panic!("{uri}: {error:?}"));
    serde_json::to_value(&result.contents).unwrap()
}

/// Code and message of an error.
async fn error(server: &Server, uri: &str) -> (i32, String) {
    let answer = testing::read(server, uri).await;
    let error = answer.error().unwrap_or_else(|| panic!("{uri} is there"));
    (error.code.0, error.message.to_string())
}

async fn request(pipe: &mut Pipe, method: &str, params: Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 2, "method": method, "params": params});
    pipe.send(message).await
}

#[tokio::test]
async fn the_type_of_the_contents_says_how_they_are_written() {
    let server = server().build().unwrap();
    assert_eq!(
        contents(&server, "note://all").await,
        json!([{"uri": "note://all", "mimeType": "text/plain", "text": "tea\nmilk"}])
    );
    assert_eq!(
        contents(&server, "note://help").await,
        json!([{"uri": "note://help", "mimeType": "text/markdown", "text": "# Help"}])
    );
    let note = contents(&server, "note://by-id/1").await;
    assert_eq!(note[0]["mimeType"], "application/json");
    let written: Value = serde_json::from_str(note[0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(written["id"], 1);
    assert!(
        written["text"].as_str().unwrap().starts_with("milk ("),
        "{written}"
    );
    assert_eq!(
        contents(&server, "file:///a/b").await,
        json!([{"uri": "file:///a/b", "mimeType": "application/octet-stream", "blob": "YS9i"}])
    );
    let parts = contents(&server, "end://well").await;
    assert_eq!(parts.as_array().unwrap().len(), 2);
    assert_eq!(parts[1]["text"], "b");
}

#[tokio::test]
async fn variables_are_decoded_and_read_as_their_types() {
    let server = server().build().unwrap();
    let pair = contents(&server, "pair://7-a%2Fb%20%C3%A4/z.txt").await;
    assert_eq!(pair[0]["text"], "7 a/b \u{e4} z");
    assert_eq!(
        contents(&server, "file:///..%2Fetc").await[0]["blob"],
        "Li4vZXRj"
    );
    let (code, message) = error(&server, "pair://seven-%FF/long.txt").await;
    assert_eq!(code, -32602, "as clients of 2026-07-28 get it (SEP-2164)");
    assert_eq!(
        message,
        "no such resource: `kind` does not fit: too many characters in string\n\
         `right` is not UTF-8 once it is percent-decoded\n\
         `left` does not fit: invalid digit found in string"
    );
}

#[tokio::test]
async fn errors_say_whose_fault_it_is() {
    let server = server().build().unwrap();
    let missing = (-32602, "there is no such note".to_owned());
    assert_eq!(error(&server, "note://by-id/9").await, missing);
    let secret = (-32603, "the pair is secret".to_owned());
    assert_eq!(error(&server, "pair://1-secret/a.txt").await, secret);
    let params = (-32602, "not like this".to_owned());
    assert_eq!(error(&server, "end://params").await, params);
    let (code, message) = error(&server, "note://by-id/").await;
    assert_eq!(code, -32602);
    assert_eq!(
        message,
        "there is no such resource; this server has: note://all, note://help, \
         note://by-id/{id}, file:///{+path}, pair://{left}-{right}/{kind}.txt, end://{how}"
    );
    // Sessions of the older protocol have a code for it.
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    for uri in ["note://none", "note://by-id/9", "note://by-id/x"] {
        let answer = request(&mut pipe, "resources/read", json!({"uri": uri})).await;
        assert_eq!(answer["error"]["code"], -32002, "{answer:#}");
    }
}

#[tokio::test]
async fn lists_have_what_was_written_in_the_order_it_was_registered() {
    let server = server().build().unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    let capabilities = pipe.send(initialize()).await["result"]["capabilities"].take();
    assert!(capabilities["resources"].is_object() && capabilities["prompts"].is_null());
    let list = request(&mut pipe, "resources/list", json!({})).await;
    assert_eq!(
        list["result"]["resources"],
        json!([
            {"uri": "note://all", "name": "all", "title": "All", "description": "All there is.",
                "mimeType": "text/plain", "size": 7,
                "annotations": {"audience": ["user", "assistant"], "priority": 0.5}},
            {"uri": "note://help", "name": "help", "mimeType": "text/markdown"},
        ])
    );
    let list = request(&mut pipe, "resources/templates/list", json!({})).await;
    let templates = list["result"]["resourceTemplates"].as_array().unwrap();
    assert_eq!(
        templates[0],
        json!({"uriTemplate": "note://by-id/{id}", "name": "note", "description": "One note.",
            "mimeType": "application/json"})
    );
    let last = json!({"uriTemplate": "end://{how}", "name": "end"});
    assert_eq!(templates.last(), Some(&last));
    let page = request(&mut pipe, "resources/list", json!({"cursor": "x"})).await;
    assert_eq!(page["error"]["code"], -32602, "{page:#}");
}

/// Lists two pages, and reads what no function has.
#[derive(Default)]
struct More(AtomicUsize);

impl ResourceProvider for More {
    fn templates(&self) -> Vec<ResourceTemplate> {
        vec![ResourceTemplate::new("more://{x}", "more")]
    }

    async fn list(
        &self,
        cursor: Option<&str>,
        _: &ToolContext,
    ) -> Result<ListResourcesResult, ErrorData> {
        let name = cursor.unwrap_or("first");
        let mut page = ListResourcesResult::with_all_items(vec![Resource::new("more://1", name)]);
        page.next_cursor = cursor.is_none().then(|| "second".to_owned());
        Ok(page)
    }

    async fn read(&self, uri: &str, _: &ToolContext) -> Result<ReadResourceResult, ErrorData> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(ReadResourceResult::new(vec![ResourceContents::text(
            "more", uri,
        )]))
    }
}

/// Lists nothing, and reads nothing.
struct Nothing;

impl ResourceProvider for Nothing {
    async fn list(
        &self,
        _: Option<&str>,
        _: &ToolContext,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::default())
    }
}

#[tokio::test]
async fn a_provider_stands_behind_the_functions() {
    let server = server().resources(More::default()).build().unwrap();
    assert_eq!(contents(&server, "note://help").await[0]["text"], "# Help");
    assert_eq!(contents(&server, "else://1").await[0]["text"], "more");
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    let first = request(&mut pipe, "resources/list", json!({})).await;
    let names = |page: &Value| -> Vec<String> {
        let resources = page["result"]["resources"].as_array().unwrap();
        let names = resources
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned());
        names.collect()
    };
    assert_eq!(names(&first), ["all", "help", "first"]);
    let cursor = &first["result"]["nextCursor"];
    let second = request(&mut pipe, "resources/list", json!({"cursor": cursor})).await;
    assert_eq!(names(&second), ["second"]);
    let templates = request(&mut pipe, "resources/templates/list", json!({})).await;
    let templates = templates["result"]["resourceTemplates"].as_array().unwrap();
    assert_eq!(templates.last().unwrap()["name"], "more");
}

#[tokio::test]
async fn a_provider_needs_not_read() {
    let server = Server::builder("n", "1")
        .resources(Nothing)
        .build()
        .unwrap();
    let missing = (-32602, "there is no such resource".to_owned());
    assert_eq!(error(&server, "note://1").await, missing);
}

#[tokio::test]
async fn s01_s11_reads_are_observed_only_for_those_who_ask() {
    let running = Running::start(server().build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let mut read = async |uri: &str, meta: Value| {
        let params = json!({"uri": uri, "_meta": meta});
        client.request("resources/read", params).await
    };
    let answer = read("note://by-id/1", json!({})).await;
    assert!(answer["result"]["_meta"]["otel"].is_null(), "{answer:#}");
    let answer = read("note://by-id/1", ask(true)).await;
    assert_eq!(
        tree(&answer),
        "resources/read SERVER\n  note.find\n    note.lookup\n"
    );
    let answer = read("note://by-id/1", ask(false)).await;
    assert_eq!(tree(&answer), "resources/read SERVER\n  note.find\n");
}

#[tokio::test]
async fn s14_neither_uri_nor_variables_leave() {
    let server = server().build().unwrap();
    let answer = testing::read(&server, "file:///hunter2").await;
    assert!(answer.result().is_ok());
    assert!(!answer.exposed().to_string().contains("hunter2"));
}

#[tokio::test]
async fn s15_what_failed_comes_back_too() {
    let server = server().build().unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    let params = json!({"uri": "note://by-id/9", "_meta": ask(true)});
    let answer = request(&mut pipe, "resources/read", params).await;
    assert_eq!(
        tree(&answer),
        "resources/read SERVER\n  note.find ERROR not_found\n    note.lookup ERROR not_found\n"
    );
    let params = json!({"uri": "end://panic", "_meta": ask(true)});
    let answer = request(&mut pipe, "resources/read", params).await;
    assert_eq!(answer["error"]["code"], -32603);
    assert!(!answer.to_string().contains("hunter2"), "{answer:#}");
    assert_eq!(
        tree(&answer),
        "resources/read SERVER ERROR panic\n  end.come ERROR panic\n"
    );
}

#[tokio::test]
async fn a_read_that_is_cancelled_is_dropped() {
    let server = server().build().unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    let params = json!({"uri": "end://hang", "_meta": ask(true)});
    pipe.post(json!({"jsonrpc": "2.0", "id": 2, "method": "resources/read", "params": params}))
        .await;
    while server.open_spans() != 2 {
        tokio::task::yield_now().await;
    }
    let params = json!({"requestId": 2});
    pipe.post(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}))
        .await;
    while server.open_spans() != 0 {
        tokio::task::yield_now().await;
    }
}

#[mcp_resource("note://all")]
fn again() -> &'static str {
    "again"
}

#[mcp_resource("note://by-id/{number}")]
fn hidden(number: u8) -> String {
    number.to_string()
}

#[mcp_resource("note://by-id/first")]
fn first() -> &'static str {
    "first"
}

#[test]
fn resources_that_are_never_read_are_refused() {
    let mistake = server().resource::<again>().build().unwrap_err();
    assert_eq!(
        mistake.to_string(),
        "two resources have the URI `note://all`: `resources::all` and `resources::again`; give one of them another, \
         or its set a prefix, `.uris_prefixed(\"..\")`"
    );
    let mistake = server().resource::<hidden>().build().unwrap_err();
    assert_eq!(
        mistake.to_string(),
        "resource `note://by-id/{number}` of `resources::hidden` is never read: `note://by-id/{id}` of \
         `resources::note` stands before it and takes all of its URIs; register it first, change one of \
         them, or give its set a prefix, `.uris_prefixed(\"..\")`"
    );
    let mistake = Server::builder("n", "1")
        .resource::<all>()
        .build()
        .unwrap_err();
    assert_eq!(
        mistake.to_string(),
        "resource `note://all` borrows `notes: &resources::Notes`, but nothing of that type was injected; \
         add `.inject(..)` with a value of type `resources::Notes`"
    );
}

#[tokio::test]
async fn a_uri_comes_before_the_templates_that_have_it_too() {
    let server = server().resource::<first>().build().unwrap();
    assert_eq!(
        contents(&server, "note://by-id/first").await[0]["text"],
        "first"
    );
}
