//! Whatever a server sends, the result arrives, one line says what became of the rest, and nothing shown does harm.

use std::time::Duration;

use glassbox::PassbackRequest;
use glassbox::analysis::findings;
use glassbox::client::{Client, Outcome};
use glassbox::render::{HtmlOptions, TextOptions, html, json, text};
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::ServiceError;
use serde_json::Value;
use support::answerer::Framing;
use support::clients::{Connected, over_http, over_pipes};
use support::hostile::{self, Ending, Script};

use crate::cases::{Case, FULL, LARGE, SMALL};
use crate::frame::{Call, result_with_spans};

/// Ends what hangs; nothing comes near.
const KILL: Duration = Duration::from_secs(60);

fn respond(request: &Value) -> Script {
    let name = request["params"]["name"].as_str().unwrap();
    let mut cases = SMALL.iter().chain(LARGE).chain(FULL);
    let case = cases.find(|case| case.name == name).unwrap();
    (case.script)(Call::of(request))
}

async fn every_transport() -> Vec<Connected> {
    let (reader, writer) = hostile::stdio(respond);
    vec![
        over_http(&hostile::http(Framing::Json, respond).await).await,
        over_http(&hostile::http(Framing::Events, respond).await).await,
        over_pipes(reader, writer).await,
    ]
}

async fn call(client: &Client, name: &'static str) -> Outcome<CallToolResult> {
    let client = client.clone().with_passback(PassbackRequest::Detailed);
    let call = client.call_tool(CallToolRequestParams::new(name));
    tokio::time::timeout(KILL, call).await.expect("an end")
}

/// Numbers of bytes, which change with every word of an answer, as `N`.
fn without_sizes(report: &str) -> String {
    let mut words: Vec<_> = report.split(' ').collect();
    for at in 1..words.len() {
        if words[at] == "bytes" {
            words[at - 1] = "N";
        }
    }
    words.join(" ")
}

fn is_harmful(character: char) -> bool {
    character.is_control() && character != '\n'
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn assert_harmless(what: &str, case: &str, text: &str) {
    if let Some(at) = text.find(is_harmful) {
        let start = text[..at]
            .char_indices()
            .rev()
            .nth(40)
            .map_or(0, |(at, _)| at);
        panic!(
            "{case}: {what}: {:?}",
            text[start..].chars().take(80).collect::<String>()
        );
    }
}

/// Everything a person can see of an outcome.
fn assert_shown_harmlessly(case: &str, outcome: &Outcome<CallToolResult>) {
    let tree = outcome.tree();
    let spans = outcome.report().accepted() + 1;
    assert_eq!(tree.len() + tree.skipped(), spans, "{case}");
    let findings = findings(&tree);
    for finding in &findings {
        assert_harmless("finding", case, &finding.to_string());
    }
    let drawn = text(&tree, &findings, &TextOptions::default());
    assert_harmless("text", case, &drawn);
    let coloured = text(&tree, &findings, &TextOptions::default().with_colour(true));
    let mut parts = coloured.split('\u{1b}');
    assert_harmless("coloured text", case, parts.next().unwrap());
    for part in parts {
        let style = part.strip_prefix('[').and_then(|part| part.split_once('m'));
        let (style, rest) = style.expect("nothing but styles");
        assert!(
            style
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b';'),
            "{case}: {style}"
        );
        assert_harmless("coloured text", case, rest);
    }
    let written = json(&tree, &findings);
    assert_harmless("JSON", case, &written);
    assert!(
        serde_json::from_str::<serde::de::IgnoredAny>(&written).is_ok(),
        "{case}"
    );
    let options = HtmlOptions::default().with_note(outcome.report().to_string());
    let page = html(&tree, &findings, &options);
    assert_harmless("page", case, &page);
    let bare = html(&outcome_without_spans(), &[], &HtmlOptions::default());
    for markup in ["<script", "</script", "<img"] {
        let expected = bare.matches(markup).count();
        assert_eq!(page.matches(markup).count(), expected, "{case}: {markup}");
    }
}

fn outcome_without_spans() -> glassbox::analysis::SpanTree {
    glassbox::analysis::SpanTree::from_spans([])
}

/// The result, or the server's own error.
fn assert_arrived(case: &Case, outcome: &Outcome<CallToolResult>) {
    let is_error = case.name.starts_with("an error");
    match outcome.result() {
        Ok(result) if !is_error => {
            assert_eq!(
                result.content[0].as_text().unwrap().text,
                "done",
                "{}",
                case.name
            );
            assert_eq!(result.content.len(), 1, "{}", case.name);
        }
        Err(ServiceError::McpError(error)) if is_error => {
            assert_eq!((error.code.0, error.message.as_ref()), (-32000, "no"));
        }
        other => panic!("{}: {other:?}", case.name),
    }
}

async fn assert_case(connected: &Connected, case: &Case) {
    let outcome = call(&connected.client, case.name).await;
    assert_arrived(case, &outcome);
    let report = outcome.report();
    let line = report.to_string();
    assert_harmless("report", case.name, &line);
    assert_eq!(without_sizes(&line), case.report, "{}", case.name);
    assert_eq!(report.received(), case.sent, "{}", case.name);
    let told = report.accepted() + report.rejected_total();
    assert_eq!(told, case.sent, "{}", case.name);
    assert_eq!(
        outcome.server_spans().len(),
        report.accepted(),
        "{}",
        case.name
    );
    let forwarded = outcome.payload().map_or(0, |payload| payload.span_count());
    assert_eq!(forwarded, report.accepted(), "{}", case.name);
    assert_shown_harmlessly(case.name, &outcome);
}

#[tokio::test]
async fn every_small_answer_arrives_over_every_transport() {
    for connected in every_transport().await {
        for case in SMALL {
            assert_case(&connected, case).await;
        }
    }
}

#[tokio::test]
async fn every_large_answer_arrives_over_every_transport() {
    for connected in every_transport().await {
        for case in LARGE {
            assert_case(&connected, case).await;
        }
    }
}

#[tokio::test]
async fn as_many_spans_as_are_taken_are_shown() {
    let connected = over_http(&hostile::http(Framing::Json, respond).await).await;
    for case in FULL {
        assert_case(&connected, case).await;
    }
}

fn broken(ending: Ending) -> impl Fn(&Value) -> Script + Send + Sync + Clone {
    move |request| {
        let call = Call::of(request);
        let name = request["params"]["name"].as_str().unwrap();
        let count = name.parse().unwrap();
        let spans = result_with_spans(count, move |id| call.top(id, ""));
        // The frame's end is missing.
        Script::new(spans.take(count)).ending(ending)
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_in_the_telemetry_is_an_error_at_once() {
    let respond = broken(Ending::Dropped);
    let (reader, writer) = hostile::stdio(respond.clone());
    for connected in [
        over_http(&hostile::http(Framing::Json, respond.clone()).await).await,
        over_http(&hostile::http(Framing::Events, respond).await).await,
        over_pipes(reader, writer).await,
    ] {
        for spans in ["1", "20000"] {
            let outcome = call(&connected.client, spans).await;
            let error = outcome.result().unwrap_err().to_string();
            assert!(error.len() < 300, "{error}");
            assert_eq!(outcome.report().to_string(), "no spans returned");
            assert!(outcome.client_span().is_error());
            if connected.name.starts_with("pipes") {
                // There is no connection for a second call.
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_never_ends_ends_with_the_clients_patience() {
    let respond = broken(Ending::Never);
    let (reader, writer) = hostile::stdio(respond.clone());
    for connected in [
        over_http(&hostile::http(Framing::Json, respond.clone()).await).await,
        over_http(&hostile::http(Framing::Events, respond).await).await,
        over_pipes(reader, writer).await,
    ] {
        let patience = Duration::from_millis(50);
        let client = connected.client.clone().with_timeout(patience);
        let outcome = call(&client, "2000").await;
        assert!(
            matches!(outcome.result(), Err(ServiceError::Timeout { .. })),
            "{:?}",
            outcome.result()
        );
        assert_eq!(outcome.report().to_string(), "no spans returned");
        // On pipes, nothing says where a second answer would begin.
    }
}
