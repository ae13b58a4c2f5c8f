//! Prompts that are functions: arguments, messages, spans for those who may have them.

use glassbox::{Server, ServerBuilder, ToolError, ToolSet, mcp_prompt, phase, testing};
use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, PromptMessage, Role};
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::tree::tree;
use support::wire::{Client, Running, ask, initialize};

struct Style(String);

impl From<&str> for Style {
    fn from(style: &str) -> Self {
        Self(style.to_owned())
    }
}

impl std::str::FromStr for Style {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "plain" | "terse" => Ok(Self(text.to_owned())),
            _ => Err("a style is plain or terse"),
        }
    }
}

struct Owner(&'static str);

type Maybe = Option<u8>;

/// Asks for a summary.
#[mcp_prompt(title = "Sum up")]
async fn summarize(
    owner: &Owner,
    /// Of what
    topic: String,
    #[arg(default = 100, rename = "word-count", title = "Words")] words: u32,
    #[arg(default = "plain")] style: Style,
    depth: Maybe,
) -> String {
    #[phase("prompt.compose")]
    let text = compose(&style.0).await;
    format!("{}: {topic} in {words} {text} words, {depth:?}", owner.0)
}

#[phase("prompt.inner")]
async fn compose(style: &str) -> &str {
    tokio::task::yield_now().await;
    style
}

#[mcp_prompt(blocking)]
fn talk() -> Vec<PromptMessage> {
    vec![
        PromptMessage::new_text(Role::User, "Hello"),
        PromptMessage::new_text(Role::Assistant, "Yes?"),
    ]
}

#[mcp_prompt]
async fn end(how: Option<String>) -> Result<GetPromptResult, ErrorData> {
    match how.as_deref() {
        Some("panic") => panic!("secret: hunter2"),
        Some("hang") => std::future::pending().await,
        Some(_) => Err(ErrorData::invalid_params("not like this", None)),
        None => Ok(GetPromptResult::new(Vec::new()).with_description("the end")),
    }
}

#[mcp_prompt]
fn fails() -> Result<&'static str, ToolError> {
    Err(ToolError::new("no idea"))
}

fn server() -> ServerBuilder {
    let more = ToolSet::new().prompt::<end>().prompt::<fails>();
    Server::builder("prompts", "1")
        .inject(Owner("ada"))
        .prompt::<summarize>()
        .prompt::<talk>()
        .tools(more.prefixed("p_"))
}

/// The texts of the messages.
async fn texts(server: &Server, prompt: &str, arguments: Value) -> Vec<String> {
    let answer = testing::get(server, prompt, arguments).await;
    let result = answer
        .result()
        .unwrap_or_else(|error| panic!("{prompt}: {error:?}"));
    let messages = serde_json::to_value(&result.messages).unwrap();
    let messages = messages.as_array().unwrap().iter();
    let texts = messages.map(|message| message["content"]["text"].as_str().unwrap().to_owned());
    texts.collect()
}

/// Code and message of an error.
async fn error(server: &Server, prompt: &str, arguments: Value) -> (i32, String) {
    let answer = testing::get(server, prompt, arguments).await;
    let error = answer
        .error()
        .unwrap_or_else(|| panic!("{prompt} is given"));
    (error.code.0, error.message.to_string())
}

async fn request(pipe: &mut Pipe, method: &str, params: Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 2, "method": method, "params": params});
    pipe.send(message).await
}

#[tokio::test]
async fn arguments_are_read_as_their_types() {
    let server = server().build().unwrap();
    let all = json!({"topic": "tea", "word-count": "7", "style": "terse", "depth": "3"});
    assert_eq!(
        texts(&server, "summarize", all).await,
        ["ada: tea in 7 terse words, Some(3)"]
    );
    assert_eq!(
        texts(&server, "summarize", json!({"topic": "tea"})).await,
        ["ada: tea in 100 plain words, None"]
    );
}

#[tokio::test]
async fn messages_are_taken_as_they_are() {
    let server = server().build().unwrap();
    assert_eq!(texts(&server, "talk", Value::Null).await, ["Hello", "Yes?"]);
    let answer = testing::get(&server, "p_end", Value::Null).await;
    let result = answer.result().unwrap();
    assert_eq!(result.description.as_deref(), Some("the end"));
    let answer = testing::get(&server, "summarize", json!({"topic": "x"})).await;
    let result = answer.result().unwrap();
    assert_eq!(result.description.as_deref(), Some("Asks for a summary."));
    assert_eq!(result.messages[0].role, Role::User);
}

#[tokio::test]
async fn all_mistakes_are_told_at_once() {
    let server = server().build().unwrap();
    let wrong = json!({"word-count": "many", "style": "loud", "depth": 3, "topci": "tea"});
    let (code, message) = error(&server, "summarize", wrong).await;
    assert_eq!(code, -32602);
    assert_eq!(
        message,
        "argument `topci` is unknown; accepted are: topic, word-count, style, depth\n\
         argument `topic` is required\n\
         argument `word-count` does not fit: invalid digit found in string\n\
         argument `style` does not fit: a style is plain or terse\n\
         argument `depth` must be a string (3 was given)"
    );
    let (_, message) = error(&server, "talk", json!({"x": "y"})).await;
    assert_eq!(message, "argument `x` is unknown; this prompt has none");
    let many: serde_json::Map<String, Value> =
        (0..25).map(|i| (format!("x{i:02}"), json!(""))).collect();
    let (_, message) = error(&server, "talk", Value::Object(many)).await;
    assert_eq!(message.lines().count(), 21);
    assert!(message.ends_with("and 5 more"), "{message}");
}

#[tokio::test]
async fn errors_are_the_functions_own() {
    let server = server().build().unwrap();
    let given = json!({"how": "oddly"});
    let params = (-32602, "not like this".to_owned());
    assert_eq!(error(&server, "p_end", given).await, params);
    let internal = (-32603, "no idea".to_owned());
    assert_eq!(error(&server, "p_fails", Value::Null).await, internal);
    let (code, message) = error(&server, "nothing", Value::Null).await;
    assert_eq!(code, -32602);
    assert_eq!(
        message,
        "there is no such prompt; this server has: summarize, talk, p_end, p_fails"
    );
    let (code, message) = error(&server, "p_end", json!({"how": "panic"})).await;
    assert_eq!(code, -32603);
    assert_eq!(
        message,
        "the server failed unexpectedly; its log tells more"
    );
}

#[tokio::test]
async fn the_list_has_what_was_written() {
    let server = server().build().unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    let capabilities = pipe.send(initialize()).await["result"]["capabilities"].take();
    assert!(capabilities["prompts"].is_object() && capabilities["tools"].is_null());
    let list = request(&mut pipe, "prompts/list", json!({})).await;
    assert_eq!(
        list["result"]["prompts"],
        json!([
            {"name": "summarize", "title": "Sum up", "description": "Asks for a summary.",
            "arguments": [
                {"name": "topic", "description": "Of what", "required": true},
                {"name": "word-count", "title": "Words", "required": false},
                {"name": "style", "required": false},
                {"name": "depth", "required": false},
            ]},
            {"name": "talk"},
            {"name": "p_end", "arguments": [{"name": "how", "required": false}]},
            {"name": "p_fails"},
        ])
    );
    let answer = request(&mut pipe, "prompts/get", json!({"name": 7})).await;
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("`name` must be a string"), "{message}");
}

#[tokio::test]
async fn spans_come_back_where_the_server_says_so() {
    let meta = |detailed| json!({"name": "summarize", "arguments": {"topic": "hunter2"}, "_meta": ask(detailed)});
    let running = Running::start(server().build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let answer = client.request("prompts/get", meta(true)).await;
    assert!(answer["result"]["messages"].is_array(), "{answer:#}");
    assert!(answer["result"]["_meta"]["otel"].is_null(), "{answer:#}");

    let running = Running::start(server().passback_for_prompts(true).build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let answer = client.request("prompts/get", meta(true)).await;
    assert_eq!(
        tree(&answer),
        "prompts/get summarize SERVER\n  prompt.compose\n    prompt.inner\n"
    );
    let spans = answer["result"]["_meta"]["otel"].to_string();
    assert!(!spans.contains("hunter2"), "{spans}");
    let answer = client.request("prompts/get", meta(false)).await;
    assert_eq!(
        tree(&answer),
        "prompts/get summarize SERVER\n  prompt.compose\n"
    );
}

#[tokio::test]
async fn a_prompt_that_is_cancelled_is_dropped() {
    let server = server().passback_for_prompts(true).build().unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    let params = json!({"name": "p_end", "arguments": {"how": "hang"}, "_meta": ask(true)});
    pipe.post(json!({"jsonrpc": "2.0", "id": 2, "method": "prompts/get", "params": params}))
        .await;
    while server.open_spans() != 1 {
        tokio::task::yield_now().await;
    }
    let params = json!({"requestId": 2});
    pipe.post(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}))
        .await;
    while server.open_spans() != 0 {
        tokio::task::yield_now().await;
    }
}

#[mcp_prompt(name = "talk")]
fn talk_again() -> &'static str {
    "again"
}

#[test]
fn two_prompts_of_one_name_are_refused() {
    let mistake = server().prompt::<talk_again>().build().unwrap_err();
    assert_eq!(
        mistake.to_string(),
        "two prompts are named `talk`: `prompts::talk` and `prompts::talk_again`; give one of them another name, \
         `#[mcp_prompt(name = \"..\")]`, or its set a prefix, `.prefixed(\"..\")`"
    );
    let mistake = Server::builder("n", "1")
        .prompt::<summarize>()
        .build()
        .unwrap_err();
    assert!(
        mistake
            .to_string()
            .starts_with("prompt `summarize` borrows `owner: &prompts::Owner`"),
        "{mistake}"
    );
}
