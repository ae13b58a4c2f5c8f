//! A server with secrets in every place, as a process of its own: on stdio, or
//! over HTTP on a port that it prints.

mod export;
#[expect(dead_code, reason = "the server plants, and the test looks")]
#[path = "../places.rs"]
mod places;
mod resource;
mod tools;
mod witness;

use std::env;

use glassbox::{
    PassbackGrant, PassbackPolicy, PassbackRateLimit, Server, SpanMatch, TelemetryOptions,
};
use opentelemetry::global;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::SimpleSpanProcessor;
use rmcp::RoleServer;
use rmcp::service::RequestContext;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;

use places::canary;

#[tokio::main]
async fn main() {
    let reader = PeriodicReader::builder(export::Metrics).build();
    let meters = SdkMeterProvider::builder()
        .with_resource(Resource::builder_empty().build())
        .with_reader(reader)
        .build();
    let telemetry = TelemetryOptions::new()
        .with_span_processor(SimpleSpanProcessor::new(export::Spans))
        .with_resource(Resource::builder().build())
        .with_meter_provider(&meters);
    let server = server().telemetry(telemetry).build().unwrap();
    let provider = server.tracer_provider();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("tracing"))
        .with_filter(filter_fn(|metadata| metadata.target() == "library"));
    // rmcp logs whole messages at `trace`; what Glassbox says is looked at.
    let log = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .with_filter(filter_fn(|metadata| {
            metadata.target().starts_with("glassbox")
        }));
    let subscriber = tracing_subscriber::registry().with(layer).with(log);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    global::set_tracer_provider(provider);

    if env::args().nth(1).as_deref() == Some("http") {
        let bound = server.bind_http("127.0.0.1:0").await.unwrap();
        println!("{}", bound.url());
        bound.serve_until(stopped()).await.unwrap();
    } else {
        server.serve_stdio().await.unwrap();
    }
    meters.force_flush().unwrap();
}

fn server() -> glassbox::ServerBuilder {
    let policy = PassbackPolicy::default()
        .withhold("phase.withheld")
        .hash("phase.hashed")
        .redact("phase.redacted", |value| {
            Some(i64::try_from(value.as_str().len()).unwrap_or(0).into())
        })
        .hide_spans(SpanMatch::name("hidden"));
    let limit = PassbackRateLimit::new(1_000, std::time::Duration::from_secs(1))
        .with_caller(|request| header(request, "x-caller"));
    Server::builder("canaries", "1")
        .passback_policy(policy)
        .passback_grant(|request| {
            let _ = header(request, "x-customer");
            PassbackGrant::Detailed
        })
        .passback_rate_limit(limit)
        .redact(canary("secret named to the builder"))
        .inject(tools::Vault {
            upstream: env::var("CANARY_UPSTREAM").unwrap(),
            secret: canary("injected value"),
        })
        .resources(resource::Files)
        .tool::<tools::work>()
        .tool::<tools::leave>()
        .tool::<tools::fail>()
        .tool::<tools::refuse>()
        .tool::<tools::explode>()
}

/// The test closes stdin when it has had enough.
async fn stopped() {
    tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink())
        .await
        .unwrap();
}

fn header(request: &RequestContext<RoleServer>, name: &str) -> Option<String> {
    let parts = request.extensions.get::<axum::http::request::Parts>()?;
    Some(parts.headers.get(name)?.to_str().ok()?.to_owned())
}
