//! Resources and prompts that are methods, beside tools of the same value.

use std::sync::Arc;

use glassbox::{
    ResourceError, Server, ServerBuilder, ToolContext, ToolSet, mcp_prompt, mcp_resource, mcp_tool,
    mcp_tools, phase, testing,
};
use rmcp::model::PromptMessage;
use serde::Serialize;
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::transports::over_http;
use support::tree::tree;
use support::wire::{ask, initialize};

use crate::names;

trait Store: Send + Sync + 'static {
    type Id: std::str::FromStr<Err = std::num::ParseIntError> + Send + 'static;

    fn load(&self, id: Self::Id) -> impl Future<Output = Option<String>> + Send;
}

struct Memory(Vec<String>);

impl Store for Memory {
    type Id = usize;

    async fn load(&self, id: usize) -> Option<String> {
        tokio::task::yield_now().await;
        self.0.get(id).cloned()
    }
}

#[derive(Serialize)]
struct Mail {
    owner: String,
    text: String,
}

struct Mailbox<S> {
    owner: &'static str,
    store: S,
}

struct Greeting(&'static str);

#[mcp_tools(prefix = "mail_")]
impl<S: Store> Mailbox<S> {
    /// Says whose mailbox it is.
    #[mcp_tool(read_only)]
    fn owner(&self) -> &'static str {
        self.owner
    }

    /// One mail.
    #[mcp_resource("mail://messages/{id}")]
    async fn message(&self, context: &ToolContext, id: S::Id) -> Result<Mail, ResourceError> {
        let _ = context.request_id();
        #[phase("mail.load", mail.owner = self.owner)]
        let text = self.load(id).await?;
        Ok(Mail {
            owner: self.owner.to_owned(),
            text,
        })
    }

    #[phase("mail.find")]
    async fn load(&self, id: S::Id) -> Result<String, ResourceError> {
        let found = self.store.load(id).await;
        found.ok_or_else(|| ResourceError::not_found("there is no such mail"))
    }

    /// The picture of the owner.
    #[mcp_resource("mail://picture", mime_type = "image/png", blocking)]
    fn picture(&self) -> Vec<u8> {
        self.owner.into()
    }

    /// Needs no mailbox.
    #[mcp_resource("mail://help")]
    fn help() -> &'static str {
        "Read it."
    }

    /// Asks for an answer to a mail.
    #[mcp_prompt(title = "Answer")]
    async fn answer(
        &self,
        greeting: &Greeting,
        /// Which mail
        id: S::Id,
        #[arg(default = 50)] words: u8,
    ) -> Result<String, ResourceError> {
        #[phase("mail.load")]
        let mail = self.load(id).await?;
        Ok(format!(
            "{} {}, answer \"{mail}\" in {words} words.",
            greeting.0, self.owner
        ))
    }

    #[mcp_prompt(name = "sum.up", blocking)]
    fn sum_up(&self, style: Option<String>) -> Vec<PromptMessage> {
        let text = format!("{} {style:?}", self.owner);
        vec![PromptMessage::new_text(rmcp::model::Role::User, text)]
    }
}

fn mailbox(owner: &'static str, mails: &[&str]) -> Mailbox<Memory> {
    let store = Memory(mails.iter().map(|&mail| mail.to_owned()).collect());
    Mailbox { owner, store }
}

fn builder() -> ServerBuilder {
    Server::builder("desk", "1").inject(Greeting("Dear"))
}

fn server() -> Server {
    let server = builder().tools(mailbox("ada", &["tea?", "milk!"]));
    server.passback_for_prompts(true).build().unwrap()
}

async fn read(server: &Server, uri: &str) -> Value {
    let answer = testing::read(server, uri).await;
    let result = answer
        .result()
        .unwrap_or_else(|error| panic!("{uri}: {error:?}"));
    serde_json::to_value(&result.contents[0]).unwrap()
}

async fn get(server: &Server, prompt: &str, arguments: Value) -> String {
    let answer = testing::get(server, prompt, arguments).await;
    let result = answer
        .result()
        .unwrap_or_else(|error| panic!("{prompt}: {error:?}"));
    let messages = serde_json::to_value(&result.messages).unwrap();
    messages[0]["content"]["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn one_call_registers_all_that_a_block_offers() {
    let mut pipe = Pipe::serve_handler(server().handler());
    let capabilities = pipe.send(initialize()).await["result"]["capabilities"].take();
    for offered in ["tools", "resources", "prompts"] {
        assert_eq!(capabilities[offered], json!({}), "{offered}");
    }
    let mut list = async |method: &str| {
        pipe.send(json!({"jsonrpc": "2.0", "id": 2, "method": method}))
            .await
    };
    assert_eq!(names(&list("tools/list").await), ["mail_owner"]);
    assert_eq!(
        list("resources/list").await["result"]["resources"],
        json!([
            {"uri": "mail://picture", "name": "picture", "description": "The picture of the owner.",
            "mimeType": "image/png"},
            {"uri": "mail://help", "name": "help", "description": "Needs no mailbox.",
            "mimeType": "text/plain"},
        ])
    );
    assert_eq!(
        list("resources/templates/list").await["result"]["resourceTemplates"],
        json!([{"uriTemplate": "mail://messages/{id}", "name": "message", "description": "One mail.",
            "mimeType": "application/json"}])
    );
    assert_eq!(
        list("prompts/list").await["result"]["prompts"],
        json!([
            {"name": "mail_answer", "title": "Answer", "description": "Asks for an answer to a mail.",
            "arguments": [
                {"name": "id", "description": "Which mail", "required": true},
                {"name": "words", "required": false},
            ]},
            {"name": "mail_sum.up", "arguments": [{"name": "style", "required": false}]},
        ])
    );
}

#[tokio::test]
async fn methods_read_what_their_value_holds() {
    let server = server();
    let mail = read(&server, "mail://messages/1").await;
    assert_eq!(mail["mimeType"], "application/json");
    assert_eq!(mail["text"], r#"{"owner":"ada","text":"milk!"}"#);
    let picture = read(&server, "mail://picture").await;
    assert_eq!(picture["mimeType"], "image/png");
    assert_eq!(picture["blob"], "YWRh");
    assert_eq!(read(&server, "mail://help").await["text"], "Read it.");
    assert_eq!(
        get(&server, "mail_answer", json!({"id": "0"})).await,
        "Dear ada, answer \"tea?\" in 50 words."
    );
    assert_eq!(
        get(&server, "mail_sum.up", json!({"style": "terse"})).await,
        "ada Some(\"terse\")"
    );
    let mistake = testing::get(&server, "mail_answer", json!({"words": "300"})).await;
    assert_eq!(
        mistake.error().unwrap().message,
        "argument `id` is required\nargument `words` does not fit: number too large to fit in target type"
    );
    let mistake = testing::read(&server, "mail://messages/two").await;
    assert_eq!(
        mistake.error().unwrap().message,
        "no such resource: `id` does not fit: invalid digit found in string"
    );
}

#[tokio::test]
async fn spans_of_methods_come_back() {
    for mut connection in over_http(server()).await {
        let client = &mut connection.client;
        let params = |detailed| json!({"uri": "mail://messages/0", "_meta": ask(detailed)});
        let answer = client.request("resources/read", params(true)).await;
        let expected = "resources/read SERVER\n  mail.load\n    mail.find\n";
        assert_eq!(tree(&answer), expected, "{}", connection.name);
        let answer = client.request("resources/read", params(false)).await;
        let expected = "resources/read SERVER\n  mail.load\n";
        assert_eq!(tree(&answer), expected, "{}", connection.name);
        let params = json!({"uri": "mail://messages/9", "_meta": ask(true)});
        let answer = client.request("resources/read", params).await;
        let expected =
            "resources/read SERVER\n  mail.load ERROR not_found\n    mail.find ERROR not_found\n";
        assert_eq!(tree(&answer), expected, "{}", connection.name);
        let params = json!({"name": "mail_answer", "arguments": {"id": "0"}, "_meta": ask(true)});
        let answer = client.request("prompts/get", params).await;
        let expected = "prompts/get mail_answer SERVER\n  mail.load\n    mail.find\n";
        assert_eq!(tree(&answer), expected, "{}", connection.name);
    }
}

#[tokio::test]
async fn each_value_has_its_own_names_and_uris() {
    let home = mailbox("ada@home", &["tea?"]);
    let work = mailbox("ada@work", &["deadline!"]);
    let work = ToolSet::of(Arc::new(work)).prefixed("work_");
    let server = builder()
        .tools(home)
        .tools(work.uris_prefixed("work/"))
        .passback_for_prompts(true)
        .build()
        .unwrap();
    for mut connection in over_http(server).await {
        let client = &mut connection.client;
        for (prefix, owner, mail) in [("", "ada@home", "tea?"), ("work/", "ada@work", "deadline!")]
        {
            let uri = format!("mail://{prefix}messages/0");
            let params = json!({"uri": uri, "_meta": ask(true)});
            let answer = client.request("resources/read", params).await;
            let contents = &answer["result"]["contents"][0];
            assert_eq!(contents["uri"], *uri);
            let expected = format!("{{\"owner\":\"{owner}\",\"text\":\"{mail}\"}}");
            assert_eq!(contents["text"], *expected, "{}", connection.name);
            let spans = answer["result"]["_meta"]["otel"].to_string();
            assert!(spans.contains(owner), "{spans}");
            assert_eq!(spans.matches("ada@").count(), 1, "{spans}");

            let prompt = format!("{}mail_answer", prefix.replace('/', "_"));
            let params = json!({"name": prompt, "arguments": {"id": "0"}});
            let answer = client.request("prompts/get", params).await;
            let text = answer["result"]["messages"][0]["content"]["text"].as_str();
            assert!(text.unwrap().contains(mail), "{answer:#}");
        }
        let templates = client.request("resources/templates/list", json!({})).await;
        let templates = templates["result"]["resourceTemplates"].as_array().unwrap();
        let templates = templates.iter().map(|template| &template["uriTemplate"]);
        let expected = ["mail://messages/{id}", "mail://work/messages/{id}"];
        assert_eq!(templates.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn two_values_of_one_type_want_different_uris() {
    let set = || ToolSet::of(mailbox("ada", &[]));
    let mistake = builder().tools(set()).tools(set().prefixed("work_"));
    assert_eq!(
        mistake.build().unwrap_err().to_string(),
        "resource `mail://messages/{id}` of `tools::methods::Mailbox<tools::methods::Memory>::message` is never read: \
         `mail://messages/{id}` of `tools::methods::Mailbox<tools::methods::Memory>::message` stands before it and \
         takes all of its URIs; register it first, change one of them, or give its set a prefix, \
         `.uris_prefixed(\"..\")`"
    );
}

#[tokio::test]
async fn methods_stay_methods() {
    let mailbox = mailbox("ada", &["tea?"]);
    let mail = mailbox.answer(&Greeting("Hi"), 0, 3).await.unwrap();
    assert_eq!(mail, "Hi ada, answer \"tea?\" in 3 words.");
    assert_eq!(mailbox.picture(), b"ada");
}
