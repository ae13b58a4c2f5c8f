//! What collectors get is what the server sent, beside what this process recorded: each span once, under its own name.

use std::time::Duration;

use glassbox::PassbackRequest;
use glassbox::client::Client;
use glassbox::forward::{Encoding, Forwarder, ForwarderBuilder, Sink};
use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use rmcp::model::{CallToolRequestParams, ReadResourceRequestParams};
use serde_json::{Value, json};
use support::clients::over_http;
use support::collector::{Collector, Reply};
use support::http::client;
use support::recorder::Recorder;
use support::server;
use support::wire::Running;

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(1);

fn sink(collector: &Collector) -> Sink {
    Sink::from_base_url(collector.url())
        .unwrap()
        .with_client(client())
}

/// Both encodings at once.
fn to_both(json: &Collector, protobuf: &Collector) -> ForwarderBuilder {
    let protobuf = sink(protobuf)
        .with_encoding(Encoding::Protobuf)
        .with_gzip(true);
    Forwarder::builder()
        .sink(sink(json))
        .sink(protobuf)
        .batch_delay(SHORT)
        .retry_delays(SHORT, SHORT)
}

/// Each span, with everything that stands around it, in the order of their ids.
fn spans_of(entries: impl IntoIterator<Item = ResourceSpans>) -> Vec<String> {
    let mut spans = Vec::new();
    for entry in entries {
        for scope in entry.scope_spans {
            for span in scope.spans {
                let id: String = span
                    .span_id
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                let around = (
                    &entry.resource,
                    &entry.schema_url,
                    &scope.scope,
                    &scope.schema_url,
                );
                spans.push(format!("{id} {around:?} {span:?}"));
            }
        }
    }
    spans.sort();
    spans
}

fn received(collector: &Collector) -> Vec<String> {
    let requests = collector.received();
    spans_of(
        requests
            .iter()
            .flat_map(|request| request.request().resource_spans),
    )
}

/// What the server put into its answers, as it went over the wire.
fn sent(recorder: &Recorder) -> Vec<String> {
    let of_message = |message: &Value| {
        let result = message.pointer("/result/_meta/otel/traces").cloned();
        result.or_else(|| message.pointer("/error/data/_meta/otel/traces").cloned())
    };
    let traces: Vec<_> = recorder.messages().iter().filter_map(of_message).collect();
    let decoded = traces.into_iter().map(|traces| {
        let request: ExportTraceServiceRequest = serde_json::from_value(traces).unwrap();
        request.resource_spans
    });
    spans_of(decoded.flatten())
}

/// The process's own spans go through the same forwarder.
fn own_provider(forwarder: &Forwarder) -> SdkTracerProvider {
    let resource = Resource::builder_empty()
        .with_service_name("the-agent")
        .with_attribute(KeyValue::new("own", true))
        .build();
    SdkTracerProvider::builder()
        .with_resource(resource)
        .with_batch_exporter(forwarder.exporter())
        .build()
}

/// Calls of every kind below one span: results, a failure, a JSON-RPC error, a panic, a resource.
async fn work(client: &Client, provider: &SdkTracerProvider) {
    let run = provider.tracer("agent").start("invoke_agent");
    let context = Context::current_with_span(run);
    let client = client
        .clone()
        .with_tracer_provider(provider)
        .with_passback(PassbackRequest::Detailed);
    for (tool, arguments) in [
        ("order", json!({"number": 3})),
        ("order", json!({"number": 17})),
        ("fail", json!({})),
        ("protocol_error", json!({})),
        ("many", json!({"count": 300})),
        ("chatter", json!({})),
    ] {
        let mut params = CallToolRequestParams::new(tool);
        params.arguments = arguments.as_object().cloned();
        let outcome = client.call_tool(params).with_context(context.clone()).await;
        assert!(
            outcome.report().accepted() > 0,
            "{tool}: {}",
            outcome.report()
        );
    }
    let read = client.read_resource(ReadResourceRequestParams::new("note://1"));
    let outcome = read.with_context(context.clone()).await;
    assert!(outcome.report().accepted() > 0, "{}", outcome.report());
    context.span().end();
    provider.force_flush().unwrap();
}

/// Splits what was received into the server's spans and the process's own, by their resource.
fn assert_all_there(collector: &Collector, sent: &[String]) {
    let (own, theirs): (Vec<_>, Vec<_>) = received(collector)
        .into_iter()
        .partition(|span| span.contains("\"the-agent\""));
    assert!(theirs.iter().all(|span| span.contains(server::NAME)));
    for (theirs, sent) in theirs.iter().zip(sent) {
        assert_eq!(theirs, sent);
    }
    assert_eq!(theirs.len(), sent.len(), "each once");
    assert!(
        own.iter()
            .all(|span| span.contains("\"own\"") && !span.contains(server::NAME))
    );
    let mut names: Vec<_> = own
        .iter()
        .map(|span| {
            span.split(" name: \"")
                .nth(2)
                .unwrap()
                .split('"')
                .next()
                .unwrap()
        })
        .collect();
    names.sort_unstable();
    let expected = [
        "invoke_agent",
        "resources/read",
        "tools/call chatter",
        "tools/call fail",
        "tools/call many",
        "tools/call order",
        "tools/call order",
        "tools/call protocol_error",
    ];
    assert_eq!(names, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collectors_get_what_the_server_sent() {
    let running = Running::start(server::server()).await;
    let recorder = Recorder::start(&running.url).await;
    let connected = over_http(&recorder.url).await;
    // One is down for a while, the other loses connections after it has read the request's head.
    let json = Collector::start([]).await;
    let protobuf = Collector::start(vec![Reply::status(503); 20]).await;
    let forwarder = to_both(&json, &protobuf).start().unwrap();
    let provider = own_provider(&forwarder);
    let client = connected.client.clone().with_forwarder(forwarder.clone());
    work(&client, &provider).await;
    provider.shutdown().unwrap();
    protobuf.wait_for(21).await;
    let report = forwarder.shutdown(LONG).await;
    let sent = sent(&recorder);
    assert!(sent.len() > 256, "{}", sent.len());
    for sink in report.sinks() {
        assert_eq!(
            (sink.forwarded, sink.total()),
            (sent.len() + 8, sent.len() + 8),
            "{report}"
        );
    }
    assert_eq!(report.lost(), 0);
    assert_all_there(&json, &sent);
    // What it refused, it was sent again.
    protobuf.forget(20);
    assert_all_there(&protobuf, &sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_delivered_is_on_disk_and_sent_by_the_next_run() {
    let directory = tempfile::tempdir().unwrap();
    let running = Running::start(server::server()).await;
    let recorder = Recorder::start(&running.url).await;
    let connected = over_http(&recorder.url).await;
    let json = Collector::start(vec![Reply::status(503); 3]).await;
    let protobuf = Collector::start(vec![Reply::Silence; 3]).await;
    // Nothing is tried again before the first run ends.
    let first = to_both(&json, &protobuf)
        .retry_delays(LONG, LONG)
        .spool(directory.path())
        .start()
        .unwrap();
    let provider = own_provider(&first);
    let client = connected.client.clone().with_forwarder(first.clone());
    work(&client, &provider).await;
    provider.shutdown().unwrap();
    json.wait_for(1).await;
    protobuf.wait_for(1).await;
    let report = first.shutdown(Duration::ZERO).await;
    let sent = sent(&recorder);
    for sink in report.sinks() {
        assert_eq!(
            (sink.spooled, sink.lost.total()),
            (sent.len() + 8, 0),
            "{report}"
        );
    }
    let (tried_json, tried_protobuf) = (json.received().len(), protobuf.received().len());
    json.answer([]);
    protobuf.answer([]);

    let second = to_both(&json, &protobuf)
        .spool(directory.path())
        .start()
        .unwrap();
    let report = second.shutdown(LONG).await;
    for sink in report.sinks() {
        assert_eq!(
            (sink.forwarded, sink.total()),
            (sent.len() + 8, sent.len() + 8),
            "{report}"
        );
    }
    json.forget(tried_json);
    protobuf.forget(tried_protobuf);
    assert_all_there(&json, &sent);
    assert_all_there(&protobuf, &sent);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
