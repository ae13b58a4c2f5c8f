//! One recording for the answer and the export.

use std::collections::BTreeSet;
use std::time::Duration;

use glassbox::TelemetryOptions;
use opentelemetry::trace::{Link, SpanKind, Status, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    InMemorySpanExporter, Sampler, SamplingDecision, SamplingResult, ShouldSample, Span, SpanData,
    SpanProcessor,
};
use serde_json::{Value, json};
use support::server::{NAME, builder};
use support::transports::over_http;
use support::tree::{attributes, spans, traces};
use support::upstream::Upstream;
use support::wire::{Client, Running, ask_under};

use crate::{Backend, TRACE, attribute, names, traceparent};

fn unasked(sampled: bool) -> Value {
    json!({"traceparent": traceparent(sampled)})
}

async fn fetch(client: &mut Client, meta: Value) -> Value {
    client.call("fetch", json!({"path": "/x"}), meta).await
}

fn sent_flag(upstream: &Upstream) -> String {
    let headers = upstream.seen().pop().unwrap();
    let sent = headers["traceparent"].to_str().unwrap().to_owned();
    assert!(sent.contains(TRACE), "{sent}");
    sent[53..].to_owned()
}

#[tokio::test]
async fn one_recording_serves_the_answer_and_the_export() {
    let (upstream, backend) = (Upstream::start().await, Backend::new());
    let server = builder(upstream.url(), 1).telemetry(backend.options());
    for mut at in over_http(server.build().unwrap()).await {
        let answer = fetch(&mut at.client, ask_under(&traceparent(true))).await;
        let exported = backend.take();
        assert_eq!(
            names(&exported),
            ["GET /{path}", "upstream", "tools/call fetch"]
        );
        let ids = |ids: Vec<String>| ids.into_iter().collect::<BTreeSet<_>>();
        assert_eq!(
            ids(exported
                .iter()
                .map(|span| span.span_context.span_id().to_string())
                .collect()),
            ids(spans(&answer)
                .iter()
                .map(|span| span["spanId"].as_str().unwrap().to_owned())
                .collect())
        );
        // The author's back end sees what no client sees.
        assert!(attribute(&exported[0], "url.full").starts_with(upstream.url()));
        assert_eq!(attribute(&exported[2], "client.address"), "127.0.0.1");
        assert_ne!(attribute(&exported[2], "client.port"), "");
        let text = answer.to_string();
        for private in [
            "url.full",
            "client.address",
            "client.port",
            "server.address",
        ] {
            assert!(!text.contains(private), "{private} left");
        }
        assert_eq!(sent_flag(&upstream), "01");
        assert_eq!(at.running.unwrap().server.open_spans(), 0);
    }
}

#[tokio::test]
async fn a_span_recorded_only_because_a_client_asked_is_not_exported() {
    let (upstream, backend) = (Upstream::start().await, Backend::new());
    let server = builder(upstream.url(), 1).telemetry(backend.options());
    for mut at in over_http(server.build().unwrap()).await {
        let answer = fetch(&mut at.client, ask_under(&traceparent(false))).await;
        assert_eq!(spans(&answer).len(), 3);
        assert_eq!(names(&backend.take()), [""; 0]);
        assert_eq!(sent_flag(&upstream), "00");
    }
}

#[tokio::test]
async fn what_is_sampled_is_exported_unasked_and_nothing_is_added() {
    let (upstream, backend) = (Upstream::start().await, Backend::new());
    let server = builder(upstream.url(), 1).telemetry(backend.options());
    for mut at in over_http(server.build().unwrap()).await {
        let answer = fetch(&mut at.client, unasked(true)).await;
        assert_eq!(answer["result"].get("_meta"), None);
        assert_eq!(
            names(&backend.take()),
            ["GET /{path}", "upstream", "tools/call fetch"]
        );
        assert_eq!(sent_flag(&upstream), "01");

        let answer = fetch(&mut at.client, unasked(false)).await;
        assert_eq!(answer["result"].get("_meta"), None);
        assert_eq!(names(&backend.take()), [""; 0]);
        assert_eq!(sent_flag(&upstream), "00");
        assert_eq!(at.running.unwrap().server.open_spans(), 0);
    }
}

#[tokio::test]
async fn the_authors_sampler_alone_decides_what_is_exported_and_which_flag_goes_on() {
    for (sampler, flag, exported) in [
        (Sampler::AlwaysOff, "00", 0),
        (Sampler::AlwaysOn, "01", 3),
        (Sampler::TraceIdRatioBased(0.0), "00", 0),
    ] {
        let (upstream, backend) = (Upstream::start().await, Backend::new());
        let options = backend.options().with_sampler(sampler.clone());
        let server = builder(upstream.url(), 1).telemetry(options).build();
        let running = Running::start(server.unwrap()).await;
        let mut client = Client::stateless(&running.url);
        for sampled in [true, false] {
            let answer = fetch(&mut client, ask_under(&traceparent(sampled))).await;
            assert_eq!(spans(&answer).len(), 3, "{sampler:?}");
            assert_eq!(backend.take().len(), exported, "{sampler:?}");
            assert_eq!(sent_flag(&upstream), flag, "{sampler:?}");
            fetch(&mut client, unasked(sampled)).await;
            assert_eq!(backend.take().len(), exported, "{sampler:?}");
            assert_eq!(sent_flag(&upstream), flag, "{sampler:?}");
        }
    }
}

#[tokio::test]
async fn the_export_tells_what_went_wrong_and_the_answer_that_something_did() {
    let backend = Backend::new();
    let server = builder("http://127.0.0.1:9", 1).telemetry(backend.options());
    let running = Running::start(server.build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let meta = ask_under(&traceparent(true));
    let answer = client.call("protocol_error", json!({}), meta).await;
    let exported = backend.take();
    let root = exported.last().unwrap();
    assert_eq!(root.status, Status::error("the backend is down"));
    assert!(!traces(&answer).to_string().contains("backend is down"));
}

#[tokio::test]
async fn the_process_is_described_to_the_back_end_and_not_to_clients() {
    let exporter = InMemorySpanExporter::default();
    let resource = Resource::builder_empty()
        .with_attribute(KeyValue::new("host.name", "hunter2"))
        .with_attribute(KeyValue::new("service.name", "unknown_service:rust"));
    let options = TelemetryOptions::new()
        .with_batch_exporter(exporter.clone())
        .with_resource(resource.build());
    let server = builder("http://127.0.0.1:9", 1).telemetry(options);
    let running = Running::start(server.build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let arguments = json!({"left": 1, "right": 2});
    let answer = client
        .call("add", arguments, ask_under(&traceparent(true)))
        .await;
    let resource = attributes(&traces(&answer)["resourceSpans"][0]["resource"]);
    assert_eq!(resource["service.name"], NAME);
    assert!(!answer.to_string().contains("hunter2"));
    running.server.tracer_provider().force_flush().unwrap();
    assert_eq!(exporter.get_finished_spans().unwrap().len(), 2);
}

#[tokio::test]
async fn what_the_author_calls_the_process_counts() {
    let named = Resource::builder_empty().with_service_name("shop").build();
    let options = TelemetryOptions::new().with_resource(named);
    let server = builder("http://127.0.0.1:9", 1).telemetry(options);
    let running = Running::start(server.build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let arguments = json!({"left": 1, "right": 2});
    let answer = client
        .call("add", arguments, ask_under(&traceparent(true)))
        .await;
    let resource = attributes(&traces(&answer)["resourceSpans"][0]["resource"]);
    assert_eq!(resource["service.name"], "shop");
    assert_eq!(resource["service.version"], "1.2.3");
}

#[tokio::test]
async fn spans_that_other_code_makes_with_the_servers_provider_are_sampled_as_the_author_says() {
    use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    let backend = Backend::new();
    let server = builder("http://127.0.0.1:9", 1).telemetry(backend.options());
    let server = server.build().unwrap();
    server.tracer_provider().tracer("jobs").start("at night");
    assert_eq!(names(&backend.take()), ["at night"]);

    let without = support::server::server().tracer_provider().tracer("jobs");
    let span = without.start("at night");
    assert!(!opentelemetry::trace::Span::is_recording(&span));
}

#[tokio::test]
async fn what_was_recorded_is_exported_before_the_server_ends() {
    let backend = Backend::new();
    let server = builder("http://127.0.0.1:9", 1).telemetry(backend.options());
    let server = server.build().unwrap();
    // Held, so that it is not the provider's own end that exports.
    let _provider = server.tracer_provider();
    let bound = server.bind_http("127.0.0.1:0").await.unwrap();
    let (url, (stop, stopped)) = (bound.url(), tokio::sync::oneshot::channel::<()>());
    let serving = tokio::spawn(bound.serve_until(async move { drop(stopped.await) }));
    let arguments = json!({"left": 1, "right": 2});
    Client::stateless(&url)
        .call("add", arguments, unasked(true))
        .await;
    drop(stop);
    serving.await.unwrap().unwrap();
    assert_eq!(backend.exporter.get_finished_spans().unwrap().len(), 2);
}

/// Does something wherever spans start and end, and where it is asked for a decision.
#[derive(Clone, Debug)]
struct Does(fn());

impl SpanProcessor for Does {
    fn on_start(&self, _: &mut Span, _: &Context) {
        self.0();
    }

    fn on_end(&self, _: SpanData) {
        self.0();
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0();
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.0();
        Ok(())
    }
}

impl ShouldSample for Does {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        self.0();
        SamplingResult {
            decision: SamplingDecision::RecordAndSample,
            attributes: Vec::new(),
            trace_state: TraceState::NONE,
        }
    }
}

#[tokio::test]
async fn processors_and_samplers_may_do_whatever_they_like() {
    let attach = || drop(Context::new().attach());
    let panics = || panic!("in the author's telemetry");
    let options = TelemetryOptions::new;
    let always = Sampler::AlwaysOn;
    for options in [
        options()
            .with_span_processor(Does(attach))
            .with_sampler(always.clone()),
        options()
            .with_span_processor(Does(attach))
            .with_sampler(Does(attach)),
        options()
            .with_span_processor(Does(panics))
            .with_sampler(always.clone()),
        options()
            .with_span_processor(Does(attach))
            .with_sampler(Does(panics)),
    ] {
        let upstream = Upstream::start().await;
        let server = builder(upstream.url(), 1).telemetry(options);
        for mut at in over_http(server.build().unwrap()).await {
            let answer = fetch(&mut at.client, unasked(true)).await;
            assert_eq!(answer["result"]["isError"], false, "{answer:#}");
            let answer = fetch(&mut at.client, ask_under(&traceparent(true))).await;
            assert_eq!(spans(&answer).len(), 3, "{answer:#}");
            let failed = at.client.call("explode", json!({}), unasked(true)).await;
            assert_eq!(failed["result"]["isError"], true, "{failed:#}");
            let running = at.running.unwrap();
            assert_eq!(running.server.open_spans(), 0);
        }
    }
}
