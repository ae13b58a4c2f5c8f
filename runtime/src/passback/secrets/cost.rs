//! What the net costs, beside the encoding it is part of. Run it with
//!
//! ```text
//! cargo test --release -p glassbox --lib -- --ignored --nocapture cost
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::super::answer::{Described, Passback};
use super::super::bucket::Collected;
use super::super::bucket::tests::span;
use super::super::counts::Counters;
use super::super::limits::PassbackLimits;
use super::super::request::PassbackRequest;
use super::{RequestSecrets, Secrets};

const ROUNDS: usize = 300;
/// As long as a token of OAuth usually is.
const TOKEN: &str = "ya29.a0AfB_byD3kq7Zt-9mXvQ2uTnWc5RjLhE8sYpGfKoAiV1xNzCwMbJdHgSrUe";

/// Spans as a server makes them: a root, and outgoing calls below it.
fn spans(count: u64) -> Vec<SpanData> {
    let make = |id| {
        let mut span = span(
            id,
            u64::from(id > 1),
            "GET /gmail/v1/users/{user}/messages/{id}",
        );
        span.attributes = vec![
            KeyValue::new("http.request.method", "GET"),
            KeyValue::new("url.template", "/gmail/v1/users/{user}/messages/{id}"),
            KeyValue::new("http.response.status_code", 200),
            KeyValue::new("network.protocol.version", "1.1"),
        ];
        span
    };
    (1..=count).map(make).collect()
}

/// How long an answer takes, once.
fn once(spans: &[SpanData], secrets: &Secrets, of_request: &[String]) -> Duration {
    let resource = Resource::builder_empty().with_service_name("shop").build();
    let collected = Collected::from_iter(spans.iter().cloned());
    let request = RequestSecrets::default();
    let begin = Instant::now();
    for secret in of_request {
        request.add(secret).unwrap();
    }
    let net = request.net(secrets).unwrap();
    let root = SpanId::from(1);
    let limits = PassbackLimits::default();
    let detailed = PassbackRequest::Detailed;
    let counters = Arc::<Counters>::default();
    let described = Described {
        resource,
        net,
        counters: Arc::clone(&counters),
    };
    let passback = Passback::encode(collected, root, detailed, &limits, described);
    assert!(passback.assemble(usize::MAX).is_some());
    let elapsed = begin.elapsed();
    assert_eq!(counters.snapshot().redacted_secrets, 0);
    elapsed
}

#[test]
#[ignore = "measures; run it alone and with --release"]
fn cost() {
    let many = |count: usize| (0..count).map(|number| format!("{TOKEN}{number}"));
    println!("spans  of process  of request    without       with   ratio");
    for count in [16, 256] {
        let spans = spans(count);
        for (process, request) in [(0, 0), (0, 1), (1, 1), (10, 1), (100, 1), (0, 10)] {
            let secrets = Secrets::new(many(process)).unwrap();
            let of_request: Vec<_> = many(request).collect();
            // By turns, and the fastest of each: the others were disturbed.
            let (mut without, mut with) = (Duration::MAX, Duration::MAX);
            for _ in 0..ROUNDS {
                without = without.min(once(&spans, &Secrets::default(), &[]));
                with = with.min(once(&spans, &secrets, &of_request));
            }
            let ratio = with.as_secs_f64() / without.as_secs_f64();
            println!(
                "{count:5}  {process:10}  {request:10}  {without:>9.1?}  {with:>9.1?}  {ratio:6.2}"
            );
        }
    }
}
