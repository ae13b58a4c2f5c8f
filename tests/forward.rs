//! Forwarding to collectors on real sockets: decent ones, and such as are slow, down, choosy or rude.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use glassbox::forward::{Encoding, Forwarder, ForwarderBuilder, Sink, SinkReport};
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use support::collector::{Collector, Reply};
use support::http::client;
use tokio::net::TcpListener;

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(1);

fn sink(base_url: &str) -> Sink {
    Sink::from_base_url(base_url).unwrap().with_client(client())
}

/// A forwarder that waits for little: time is real here.
fn quick(sink: Sink) -> ForwarderBuilder {
    Forwarder::builder()
        .sink(sink)
        .batch_delay(SHORT)
        .retry_delays(SHORT, SHORT)
}

#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Memory {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

/// Forwards one payload: spans of these names, of one service.
async fn forward(forwarder: &Forwarder, service: &'static str, names: &[&'static str]) {
    let memory = Memory::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(memory.clone())
        .build();
    let tracer = provider.tracer("test");
    for name in names {
        tracer.start(*name).end();
    }
    let spans = std::mem::take(&mut *memory.0.lock().unwrap());
    let mut exporter = forwarder.exporter();
    let resource = Resource::builder_empty().with_service_name(service);
    exporter.set_resource(&resource.build());
    exporter.export(spans).await.unwrap();
}

async fn end(forwarder: &Forwarder) -> SinkReport {
    forwarder.shutdown(LONG).await.sinks()[0].clone()
}

fn all_names(collector: &Collector) -> Vec<String> {
    let requests = collector.received();
    requests
        .iter()
        .flat_map(support::collector::Received::names)
        .collect()
}

#[tokio::test]
async fn a_request_says_what_it_is() {
    let collector = Collector::start([]).await;
    let sink = sink(collector.url())
        .with_header("x-api-key", "k")
        .unwrap()
        .with_header("content-type", "text/plain")
        .unwrap();
    for (encoding, media) in [
        (Encoding::Json, "application/json"),
        (Encoding::Protobuf, "application/x-protobuf"),
    ] {
        for gzip in [false, true] {
            let sink = sink.clone().with_encoding(encoding).with_gzip(gzip);
            let forwarder = quick(sink).start().unwrap();
            forward(&forwarder, "shop", &["a", "b"]).await;
            let report = end(&forwarder).await;
            let line = format!("2 spans forwarded to {}", collector.url());
            assert_eq!(report.to_string(), line);
            let received = collector.received().pop().unwrap();
            assert_eq!(received.uri, "/v1/traces");
            assert_eq!(received.header("content-type"), media);
            assert_eq!(
                received.header("content-encoding"),
                if gzip { "gzip" } else { "" }
            );
            assert_eq!(received.header("x-api-key"), "k");
            assert_eq!(received.header("traceparent"), "");
            assert_eq!(received.names(), ["a", "b"]);
        }
    }
}

#[tokio::test]
async fn every_sink_gets_the_same_spans_under_their_own_resources() {
    let json = Collector::start([]).await;
    let protobuf = Collector::start([]).await;
    let forwarder = Forwarder::builder()
        .sink(sink(json.url()))
        .sink(sink(protobuf.url()).with_encoding(Encoding::Protobuf))
        .start()
        .unwrap();
    forward(&forwarder, "shop", &["a"]).await;
    forward(&forwarder, "bank", &["b", "c"]).await;
    let report = forwarder.shutdown(LONG).await;
    assert_eq!(report.sinks()[0].forwarded, 3);
    assert_eq!(report.sinks()[1].forwarded, 3);
    let (json, protobuf) = (json.received(), protobuf.received());
    assert_eq!((json.len(), protobuf.len()), (1, 1), "one request each");
    let request = json[0].request();
    assert_eq!(request, protobuf[0].request());
    let services: Vec<_> = request
        .resource_spans
        .iter()
        .map(|entry| format!("{:?}", entry.resource))
        .collect();
    assert_eq!(services.len(), 2);
    assert!(services[0].contains("shop") && services[1].contains("bank"));
}

#[tokio::test]
async fn a_sink_that_is_silent_holds_up_no_other() {
    let silent = Collector::start(vec![Reply::Silence; 100]).await;
    let decent = Collector::start([]).await;
    let forwarder = quick(sink(silent.url()))
        .sink(sink(decent.url()))
        .start()
        .unwrap();
    for _ in 0..3 {
        forward(&forwarder, "shop", &["a"]).await;
        silent.wait_for(1).await;
    }
    let report = forwarder.shutdown(Duration::from_millis(300)).await;
    assert_eq!(report.sinks()[0].lost.shutdown, 3);
    assert_eq!(report.sinks()[1].forwarded, 3);
    assert_eq!(report.lost(), 3);
}

#[tokio::test]
async fn what_a_collector_puts_off_is_sent_again() {
    for reply in [
        Reply::retry_after(429, "0"),
        Reply::retry_after(503, "Sun, 06 Nov 1994 08:49:37 GMT"),
        Reply::status(502),
        Reply::status(504),
        Reply::Drop,
        Reply::Silence,
    ] {
        let collector = Collector::start([reply.clone(), reply.clone()]).await;
        let sink = sink(collector.url()).with_timeout(Duration::from_millis(200));
        let forwarder = quick(sink).start().unwrap();
        forward(&forwarder, "shop", &["a"]).await;
        collector.wait_for(3).await;
        let report = end(&forwarder).await;
        assert_eq!((report.forwarded, report.total()), (1, 1), "{reply:?}");
        assert_eq!(all_names(&collector), ["a", "a", "a"], "{reply:?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_before_the_time_that_a_collector_asks_for() {
    let collector = Collector::start([Reply::retry_after(503, "300")]).await;
    let forwarder = quick(sink(collector.url())).start().unwrap();
    forward(&forwarder, "shop", &["a"]).await;
    while forwarder.report().sinks()[0].last_failure.is_none() {
        tokio::task::yield_now().await;
    }
    let report = forwarder.shutdown(Duration::from_millis(100)).await;
    let line = format!(
        "1 span for {}: 1 lost (503 Service Unavailable)",
        collector.url()
    );
    assert_eq!(report.to_string(), line);
    assert_eq!(collector.received().len(), 1);
}

#[tokio::test]
async fn a_collector_that_comes_up_late_gets_everything() {
    let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = reserved.local_addr().unwrap();
    drop(reserved);
    let forwarder = quick(sink(&format!("http://{address}"))).start().unwrap();
    forward(&forwarder, "shop", &["a"]).await;
    while forwarder.report().sinks()[0].last_failure.is_none() {
        tokio::task::yield_now().await;
    }
    let failure = forwarder.report().sinks()[0].last_failure.clone();
    assert_eq!(
        failure.as_deref(),
        Some("collector unreachable: connection refused")
    );
    let collector = Collector::listen(TcpListener::bind(address).await.unwrap(), []);
    collector.wait_for(1).await;
    assert_eq!(end(&forwarder).await.forwarded, 1);
}

#[tokio::test]
async fn what_is_refused_is_not_sent_again() {
    for status in [400, 401, 404, 500, 301] {
        let body = r#"{"code":3,"message":"no\u001b[2J thanks"}"#;
        let collector = Collector::start([Reply::json(status, body)]).await;
        let forwarder = quick(sink(collector.url())).start().unwrap();
        forward(&forwarder, "shop", &["a"]).await;
        let report = end(&forwarder).await;
        assert_eq!((report.refused, report.total()), (1, 1), "{status}");
        let refusal = report.last_refusal.unwrap();
        assert!(refusal.ends_with(": no�[2J thanks"), "{refusal}");
        assert_eq!(collector.received().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Collector::start([]).await;
    let location = vec![("location", format!("{}/v1/traces", elsewhere.url()))];
    let collector = Collector::start([Reply::Answer(307, location, Vec::new())]).await;
    // The forwarder's own client: the process has a provider for TLS from here on.
    let _ = client();
    let sink = Sink::from_base_url(collector.url()).unwrap();
    let forwarder = quick(sink).start().unwrap();
    forward(&forwarder, "shop", &["a"]).await;
    let report = end(&forwarder).await;
    assert_eq!(report.refused, 1);
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn partial_success_is_counted_and_not_sent_again() {
    let body = r#"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}"#;
    let collector = Collector::start([Reply::json(200, body)]).await;
    let forwarder = quick(sink(collector.url())).start().unwrap();
    forward(&forwarder, "shop", &["a", "b", "c"]).await;
    let report = end(&forwarder).await;
    let line = format!(
        "3 spans: 1 forwarded to {}, 2 rejected (too old)",
        collector.url()
    );
    assert_eq!(report.to_string(), line);
    assert_eq!(collector.received().len(), 1);
}

#[tokio::test]
async fn an_endless_answer_is_an_answer() {
    let collector = Collector::start([Reply::Endless]).await;
    let forwarder = quick(sink(collector.url())).start().unwrap();
    forward(&forwarder, "shop", &["a"]).await;
    let report = end(&forwarder).await;
    assert_eq!((report.forwarded, report.total()), (1, 1));
    assert_eq!(collector.received().len(), 1);
}

#[tokio::test]
async fn what_one_run_cannot_deliver_the_next_one_does() {
    let directory = tempfile::tempdir().unwrap();
    let collector = Collector::start(vec![Reply::status(503); 1]).await;
    let first = Forwarder::builder()
        .sink(sink(collector.url()))
        .batch_delay(SHORT)
        .spool(directory.path())
        .start()
        .unwrap();
    forward(&first, "shop", &["a", "b"]).await;
    collector.wait_for(1).await;
    let report = first.shutdown(Duration::ZERO).await;
    let line = format!("2 spans for {}: 2 kept on disk", collector.url());
    assert!(report.to_string().starts_with(&line), "{report}");

    // Two at once: one of them sends it.
    let start = || quick(sink(collector.url())).spool(directory.path()).start();
    let (second, third) = (start().unwrap(), start().unwrap());
    collector.wait_for(2).await;
    let forwarded = end(&second).await.forwarded + end(&third).await.forwarded;
    assert_eq!(forwarded, 2);
    assert_eq!(all_names(&collector), ["a", "b", "a", "b"]);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn own_spans_go_through_a_span_processor() {
    let collector = Collector::start([]).await;
    let forwarder = quick(sink(collector.url())).start().unwrap();
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder_empty().with_service_name("agent").build())
        .with_batch_exporter(forwarder.exporter())
        .build();
    provider.tracer("agent").start("invoke_agent").end();
    provider.shutdown().unwrap();
    assert_eq!(end(&forwarder).await.forwarded, 1);
    let received = &collector.received()[0];
    assert_eq!(received.names(), ["invoke_agent"]);
    assert!(format!("{:?}", received.request()).contains("agent"));
}
