//! What the options of a phase record.

use expect_test::expect;
use glassbox::{ErrorType, PassbackPolicy, PhaseName, Server, ToolError, mcp_tool, phase};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use serde_json::json;
use support::tree::{attributes, span, spans, tree};
use support::wire::{Client, Running, ask};

use super::call;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the words of the error")
    }
}

impl ErrorType for Failed {
    fn error_type(&self) -> &'static str {
        "failed"
    }
}

#[derive(Clone, Copy)]
enum Source {
    Cache,
}

impl PhaseName for Source {
    fn phase_name(&self) -> &'static str {
        match self {
            Self::Cache => "load.cache",
        }
    }
}

fn check(id: u32) -> Result<Vec<u32>, Failed> {
    if id == 9 {
        Err(Failed)
    } else {
        Ok(vec![id; 3])
    }
}

/// Says everything that can be said of a phase.
#[mcp_tool]
fn say() -> String {
    let source = Source::Cache;
    #[phase(name = source, kind = client, ok(load.rows = |rows| rows.len(), load.first = |rows| rows.first().copied()))]
    let rows = check(1);
    #[phase(name = dynamic(format!("load\n{}", "x".repeat(200))))]
    drop(rows);
    #[phase("type", err = type)]
    let _kept = check(9);
    #[phase("text", err = text, ok(load.rows = |rows| rows.len()))]
    let _kept = check(9);
    #[phase("none", err = none)]
    fn unseen() -> Result<Vec<u32>, Failed> {
        check(9)
    }
    drop(unseen());
    "said".to_owned()
}

#[tokio::test]
async fn name_kind_and_outcome_are_the_authors_choice() {
    let answer = call::<say>("say").await;
    let long = format!("load {}", "x".repeat(123));
    let text = tree(&answer).replace(&long, "load xxx");
    expect![[r"
        tools/call say SERVER
          load.cache CLIENT
          load xxx
          type ERROR failed
          text ERROR failed
          none
    "]]
    .assert_eq(&text);
}

#[tokio::test]
async fn attributes_are_taken_from_the_value_if_there_is_one() {
    let answer = call::<say>("say").await;
    let loaded = attributes(span(&answer, "load.cache"));
    assert_eq!((&*loaded["load.rows"], &*loaded["load.first"]), ("3", "1"));
    assert!(!attributes(span(&answer, "text")).contains_key("load.rows"));
}

#[tokio::test]
async fn words_of_an_error_leave_only_if_the_policy_says_so() {
    let told = |policy: PassbackPolicy| async {
        let server = Server::builder("phases", "1")
            .tool::<say>()
            .passback_policy(policy);
        let running = Running::start(server.build().unwrap()).await;
        let mut client = Client::stateless(&running.url);
        let answer = client.call("say", json!({}), ask(true)).await;
        let message = |name| span(&answer, name)["status"]["message"].clone();
        (message("type"), message("text"))
    };
    let (_, text) = told(PassbackPolicy::default()).await;
    assert_ne!(text, "the words of the error");
    let (no_text, text) = told(PassbackPolicy::default().with_error_texts(true)).await;
    assert_ne!(no_text, "the words of the error");
    assert_eq!(text, "the words of the error");
}

fn context(span: u64) -> SpanContext {
    SpanContext::new(
        TraceId::from(7),
        SpanId::from(span),
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    )
}

/// Links to other spans.
#[mcp_tool]
fn links() -> String {
    let many: Vec<_> = (1..=200).map(context).collect();
    #[phase("one", link = context(1), link = Some(context(2)), link = None::<SpanContext>, link = SpanContext::empty_context())]
    let one = 1;
    #[phase("many", link = many)]
    let more = one + many.len();
    // A link that somebody else adds was not declared by the author.
    #[phase("others", link = context(1))]
    opentelemetry::Context::current()
        .span()
        .add_link(context(3), Vec::new());
    more.to_string()
}

#[tokio::test]
async fn declared_links_leave_up_to_their_bound() {
    let answer = call::<links>("links").await;
    let links = |name| {
        let span = span(&answer, name);
        let links = span["links"].as_array().map_or(0, Vec::len);
        (links, span["droppedLinksCount"].as_u64().unwrap_or(0))
    };
    assert_eq!(links("one"), (2, 0));
    assert_eq!(links("many"), (128, 72));
    assert_eq!(links("others"), (1, 1));
    assert_eq!(
        span(&answer, "one")["links"][1]["spanId"],
        "0000000000000002"
    );
    assert_eq!(spans(&answer).len(), 4);
}

/// Evaluates options.
#[phase(name = dynamic(evaluated("name")), link = [context(evaluated("link").len() as u64)], ok(app.value = |_| evaluated("ok")))]
fn evaluates() {}

fn evaluated(what: &str) -> String {
    panic!("{what} is evaluated although nobody asked")
}

#[test]
fn options_are_evaluated_only_if_somebody_asked() {
    evaluates();
}

/// Fails in a phase whose function keeps the error.
#[mcp_tool]
async fn told() -> Result<String, ToolError> {
    #[phase("once", rounds, err = text)]
    for id in 8.. {
        check(id).map_err(|error| ToolError::new(error.to_string()).with_type("told"))?;
    }
    Ok(String::new())
}

#[tokio::test]
async fn a_round_may_record_the_words_of_its_error() {
    expect![[r"
        tools/call told SERVER ERROR tool_error
          once
          once ERROR told
    "]]
    .assert_eq(&tree(&call::<told>("told").await));
}

/// Panics wherever it is asked anything.
struct Rude;

impl std::fmt::Display for Rude {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("no words")
    }
}

impl ErrorType for Rude {
    fn error_type(&self) -> &'static str {
        panic!("no class")
    }
}

/// Says what is not there.
#[mcp_tool]
async fn presume(#[arg(default = vec![])] lines: Vec<u32>) -> String {
    #[phase("declared", count = lines.len(), first = lines[0])]
    tokio::task::yield_now().await;
    #[phase("block", ok(first = |lines| lines[0]))]
    let lines = { lines.clone() };
    #[phase("future", ok(first = |lines| lines[0]))]
    let _lines = std::future::ready(lines).await;
    #[phase("failed", err = text)]
    let _kept = Err::<(), Rude>(Rude);
    "answered".to_owned()
}

#[tokio::test]
async fn what_panics_while_it_tells_of_a_phase_harms_no_call() {
    let answer = call::<presume>("presume").await;
    assert_eq!(support::tree::text(&answer), "answered");
    expect![[r"
        tools/call presume SERVER
          declared
          block
          future
          failed
    "]]
    .assert_eq(&tree(&answer));
    let declared = attributes(span(&answer, "declared"));
    assert_eq!((&*declared["count"], declared.get("first")), ("0", None));
}
