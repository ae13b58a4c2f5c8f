//! How long calls and sessions take.

use std::collections::BTreeMap;

use glassbox::{Instrumented, TelemetryMode, TelemetryOptions};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use rmcp::model::{ErrorCode, InitializeRequestParams, InitializeResult};
use rmcp::service::RequestContext;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt as _};
use serde_json::json;
use support::pipe::Pipe;
use support::server::builder;
use support::wire::{Client, Running, ask, initialize};
use tokio::io::AsyncWriteExt as _;

use crate::prompts::{get_prompt, prompts};

const OPERATION: &str = "mcp.server.operation.duration";
const SESSION: &str = "mcp.server.session.duration";

struct Meters {
    provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
}

impl Meters {
    fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).build();
        Self {
            provider: SdkMeterProvider::builder().with_reader(reader).build(),
            exporter,
        }
    }

    /// The points of a histogram: attributes and count.
    fn points(&self, name: &str) -> BTreeMap<String, u64> {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let mut points = BTreeMap::new();
        for resource in self.exporter.get_finished_metrics().unwrap() {
            for metric in resource.scope_metrics().flat_map(|scope| scope.metrics()) {
                if metric.name() != name {
                    continue;
                }
                assert_eq!(metric.unit(), "s");
                let AggregatedMetrics::F64(MetricData::Histogram(histogram)) = metric.data() else {
                    panic!("{metric:?}");
                };
                for point in histogram.data_points() {
                    let mut attributes: Vec<_> = point
                        .attributes()
                        .map(|attribute| format!("{}={}", attribute.key, attribute.value))
                        .collect();
                    attributes.sort();
                    points.insert(attributes.join(" "), point.count());
                }
            }
        }
        points
    }
}

const OVER_HTTP: &str = "mcp.protocol.version=2026-07-28 network.protocol.name=http \
     network.protocol.version=1.1 network.transport=tcp";

#[tokio::test]
async fn calls_are_measured_with_few_attributes() {
    let meters = Meters::new();
    let options = TelemetryOptions::new().with_meter_provider(&meters.provider);
    let server = builder("http://127.0.0.1:9", 1).telemetry(options);
    let running = Running::start(server.build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    for (tool, arguments, meta) in [
        ("add", json!({"left": 1, "right": 2}), json!({})),
        ("add", json!({"left": 1, "right": 2}), ask(true)),
        ("fail", json!({}), json!({})),
        ("protocol_error", json!({}), ask(false)),
        ("invented-1", json!({}), json!({})),
        ("invented-2", json!({}), ask(true)),
    ] {
        client.call(tool, arguments, meta).await;
    }
    let read = json!({"uri": "note://1"});
    client.request("resources/read", read).await;
    let tool = "gen_ai.operation.name=execute_tool gen_ai.tool.name=";
    let call = format!("mcp.method.name=tools/call {OVER_HTTP}");
    let expected = [
        (
            format!(
                "error.type=-32603 {tool}protocol_error {call} rpc.response.status_code=-32603"
            ),
            1,
        ),
        (format!("error.type=tool_error {tool}fail {call}"), 1),
        (format!("{tool}add {call}"), 2),
        (format!("mcp.method.name=resources/read {OVER_HTTP}"), 1),
        (format!("{call} rpc.response.status_code=-32602"), 2),
    ];
    assert_eq!(meters.points(OPERATION), BTreeMap::from(expected));
    assert_eq!(meters.points(SESSION), BTreeMap::new());
}

#[tokio::test]
async fn a_call_whose_client_goes_away_is_measured_as_cancelled() {
    let meters = Meters::new();
    let options = TelemetryOptions::new().with_meter_provider(&meters.provider);
    let server = builder("http://127.0.0.1:9", 1).telemetry(options);
    let running = Running::start(server.build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let call = tokio::spawn(async move { client.call("hang", json!({}), ask(true)).await });
    while running.server.open_spans() < 2 {
        tokio::task::yield_now().await;
    }
    call.abort();
    while running.server.open_spans() > 0 || meters.points(OPERATION).is_empty() {
        tokio::task::yield_now().await;
    }
    let cancelled = format!("error.type=cancelled mcp.method.name=tools/call {OVER_HTTP}");
    assert_eq!(meters.points(OPERATION), BTreeMap::from([(cancelled, 1)]));
}

#[tokio::test]
async fn sessions_are_measured_when_they_end() {
    let meters = Meters::new();
    let options = TelemetryOptions::new().with_meter_provider(&meters.provider);
    let server = builder("http://127.0.0.1:9", 1).telemetry(options);
    let running = Running::start(server.build().unwrap()).await;
    let client = Client::with_session(&running.url).await;
    let _other = Client::with_session(&running.url).await;
    assert_eq!(meters.points(SESSION), BTreeMap::new());
    let Client::Http { url, session, http } = client else {
        unreachable!()
    };
    let ended = http
        .delete(url)
        .header("mcp-session-id", session.unwrap())
        .send()
        .await;
    assert!(ended.unwrap().status().is_success());
    while meters.points(SESSION).is_empty() {
        tokio::task::yield_now().await;
    }
    let session = OVER_HTTP.replace("2026-07-28", "2025-11-25");
    assert_eq!(meters.points(SESSION), BTreeMap::from([(session, 1)]));
}

#[tokio::test]
async fn nothing_is_measured_when_telemetry_is_off() {
    let meters = Meters::new();
    let options = TelemetryOptions::new()
        .with_meter_provider(&meters.provider)
        .with_mode(TelemetryMode::Off);
    let server = builder("http://127.0.0.1:9", 1).telemetry(options);
    let running = Running::start(server.build().unwrap()).await;
    let arguments = json!({"left": 1, "right": 2});
    Client::with_session(&running.url)
        .await
        .call("add", arguments, ask(true))
        .await;
    assert_eq!(meters.points(OPERATION), BTreeMap::new());
}

/// Refuses every session.
struct Closed;

impl ServerHandler for Closed {
    async fn initialize(
        &self,
        _: InitializeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        Err(ErrorData::new(ErrorCode(-32001), "not today", None))
    }
}

#[tokio::test]
async fn a_session_that_is_refused_is_measured_as_an_error() {
    let meters = Meters::new();
    let options = TelemetryOptions::new().with_meter_provider(&meters.provider);
    let handler = Instrumented::new(Closed).telemetry(options);
    let (mut near, far) = tokio::io::duplex(1 << 16);
    let (read, write) = tokio::io::split(far);
    let serving = tokio::spawn(handler.serve(AsyncRwTransport::new_server(read, write)));
    let opening = format!("{}\n", initialize());
    near.write_all(opening.as_bytes()).await.unwrap();
    assert!(serving.await.unwrap().is_err());
    let refused = "error.type=-32001 network.transport=pipe".to_owned();
    assert_eq!(meters.points(SESSION), BTreeMap::from([(refused, 1)]));
}

#[tokio::test]
async fn prompts_are_measured_with_the_names_that_there_are() {
    let meters = Meters::new();
    let options = TelemetryOptions::new().with_meter_provider(&meters.provider);
    let mut pipe = Pipe::serve(prompts(options));
    pipe.send(initialize()).await;
    for name in ["stages", "stages", "protocol_error", "invented-1"] {
        pipe.send(get_prompt(name)).await;
    }
    let prompt =
        "mcp.method.name=prompts/get mcp.protocol.version=2025-11-25 network.transport=pipe";
    let expected = [
        (
            format!("error.type=-32603 {prompt} rpc.response.status_code=-32603"),
            1,
        ),
        (format!("gen_ai.prompt.name=stages {prompt}"), 2),
        (format!("{prompt} rpc.response.status_code=-32602"), 1),
    ];
    assert_eq!(meters.points(OPERATION), BTreeMap::from(expected));
}
