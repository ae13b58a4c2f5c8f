//! What the tests need around them: servers, a collector, and text without what differs from run to run.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use glassbox::PassbackRequest;
use glassbox::analysis::{Node, SpanTree};
use glassbox::otlp::Span;
use gmail_example::agent::{self, AgentOptions};
use gmail_example::call::McpClient;
use gmail_example::client::{AccessToken, Gmail};
use gmail_example::screen::Screen;
use gmail_example::simulator::{Simulator, SimulatorConfig};
use gmail_example::telemetry::Telemetry;
use opentelemetry::Context;
use rmcp::model::CallToolResult;
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{RoleClient, ServiceExt as _};
use serde_json::Value;
use tokio::net::TcpListener;
use url::Url;

/// A server with a simulated Gmail behind it, which runs as long as the test.
pub(crate) struct Peer {
    pub(crate) url: Url,
    pub(crate) simulator: Simulator,
}

impl Peer {
    pub(crate) async fn start(config: SimulatorConfig, token: &str) -> Self {
        let simulator = Simulator::start(config).await.unwrap();
        let gmail = Gmail::new(&simulator.url(), AccessToken::new(token)).unwrap();
        let bound = gmail_example::server::server(gmail)
            .unwrap()
            .bind_http("127.0.0.1:0")
            .await
            .unwrap();
        let url = bound.url().parse().unwrap();
        tokio::spawn(bound.serve_until(std::future::pending()));
        Self { url, simulator }
    }

    pub(crate) async fn fast() -> Self {
        let config = SimulatorConfig::default().with_latency(0.0);
        let token = config.access_token.clone();
        Self::start(config, &token).await
    }

    pub(crate) async fn client(&self) -> RunningService<RoleClient, ()> {
        let http = gmail_example::http::client(&self.url).build().unwrap();
        let config = StreamableHttpClientTransportConfig::with_uri(self.url.as_str());
        let transport = StreamableHttpClientTransport::with_client(http, config);
        ().serve(transport).await.unwrap()
    }

    /// A call in a trace of its own, with the agent's span of it.
    pub(crate) async fn call(&self, tool: &'static str, arguments: Value) -> Called {
        let telemetry = Telemetry::new();
        let client = McpClient::connect(&self.url, None, &telemetry, None)
            .await
            .unwrap();
        let arguments = arguments.as_object().unwrap().clone();
        let passback = PassbackRequest::Detailed;
        let own_trace = Context::new();
        let observed = client.call(&own_trace, tool, arguments, passback).await;
        assert!(observed.report.is_complete(), "{}", observed.report);
        let payload = observed.payload.unwrap().to_json();
        Called {
            result: observed.result.unwrap(),
            payload: serde_json::from_str(&payload).unwrap(),
            server_spans: observed.server_spans,
            own_spans: telemetry.spans(observed.trace_id),
        }
    }

    pub(crate) async fn ask(
        &self,
        passback: PassbackRequest,
        collector: Option<Url>,
    ) -> (Result<(), String>, String) {
        let mut options = AgentOptions::new("List my 3 most recent emails", self.url.clone());
        options.passback = passback;
        options.collector = collector;
        run(&options).await
    }
}

/// What a call brought back, and what the agent recorded of it.
pub(crate) struct Called {
    pub(crate) result: CallToolResult,
    /// The server's spans, as it sent them.
    pub(crate) payload: Value,
    pub(crate) server_spans: Vec<Span>,
    pub(crate) own_spans: Vec<Span>,
}

/// What the agent came to, and what it wrote.
pub(crate) async fn run(options: &AgentOptions) -> (Result<(), String>, String) {
    let mut out = Vec::new();
    let outcome = agent::run(options, Screen::PLAIN, &mut out).await;
    let outcome = outcome.map_err(|error| error.to_string());
    (outcome, normalised(&String::from_utf8(out).unwrap()))
}

/// Spans by name, indented by depth.
pub(crate) fn outline(spans: &Value) -> String {
    let tree = SpanTree::from_otlp(spans).unwrap();
    let line = |(depth, node): (usize, Node<'_>)| {
        format!(
            "{}{}{}\n",
            "  ".repeat(depth),
            node.span().name(),
            if node.span().is_error() { " !" } else { "" }
        )
    };
    tree.walk().map(line).collect()
}

/// The text without what differs from run to run: durations, bars, ports, and findings, which rest on durations.
pub(crate) fn normalised(text: &str) -> String {
    let mut lines: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with('▌'))
        .map(|line| {
            without_times(line.trim_end_matches(['━', '╸', '╺', '█', '▌', '▐', ' '])) + "\n"
        })
        .collect();
    // A finding stood between empty lines.
    lines.dedup_by(|line, before| line == "\n" && before == "\n");
    lines.concat()
}

fn without_times(line: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in line.split(' ') {
        let is_unit = ["s", "ms", "µs", "h"].contains(&word.trim_end_matches([',', '.']));
        match words.last() {
            Some(number) if is_unit && number.starts_with(|first: char| first.is_ascii_digit()) => {
                words.pop();
                while words.last().is_some_and(|word| word.is_empty()) {
                    words.pop();
                }
                words.push("<time>");
            }
            _ => words.push(word),
        }
    }
    words.join(" ")
}

pub(crate) type Received = Arc<Mutex<Vec<(String, Value)>>>;

/// A collector that answers so, and remembers what it was sent.
pub(crate) async fn collector(status: StatusCode) -> (Url, Received) {
    let received = Received::default();
    let take = post(
        async move |State(received): State<Received>, headers: HeaderMap, body: String| {
            let content_type = headers
                .get("content-type")
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            received
                .lock()
                .unwrap()
                .push((content_type, serde_json::from_str(&body).unwrap()));
            status
        },
    );
    let router = Router::new()
        .route("/v1/traces", take)
        .with_state(Arc::clone(&received));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    tokio::spawn(async { axum::serve(listener, router).await });
    (url, received)
}
