//! On, propagate only, off.

use glassbox::{EXTENSION_ID, MARCH_CAPABILITY, TelemetryMode};
use opentelemetry_sdk::trace::Sampler;
use serde_json::json;
use support::server::builder;
use support::transports::over_http;
use support::upstream::Upstream;
use support::wire::{ask_under, initialize};

use crate::{Backend, traceparent};

#[tokio::test]
async fn propagate_only_and_off_make_no_spans_and_announce_nothing() {
    for (mode, sent) in [
        (TelemetryMode::PropagateOnly, Some(traceparent(true))),
        (TelemetryMode::Off, None),
    ] {
        let (upstream, backend) = (Upstream::start().await, Backend::new());
        let options = backend
            .options()
            .with_sampler(Sampler::AlwaysOn)
            .with_mode(mode);
        let server = builder(upstream.url(), 1).telemetry(options);
        for mut at in over_http(server.build().unwrap()).await {
            let meta = ask_under(&traceparent(true));
            let arguments = json!({"path": "/x"});
            let answer = at.client.call("fetch", arguments, meta).await;
            assert_eq!(answer["result"]["isError"], false, "{answer:#}");
            assert_eq!(answer["result"].get("_meta"), None);
            assert!(backend.take().is_empty());
            let headers = upstream.seen().pop().unwrap();
            let traceparent = headers.get("traceparent");
            assert_eq!(
                traceparent.map(|sent| sent.to_str().unwrap().to_owned()),
                sent
            );
            let running = at.running.unwrap();
            let http = support::http::client();
            let answer = support::wire::post(&http, &running.url, None, &initialize()).await;
            let announced = answer.0.to_string();
            assert!(announced.contains("capabilities"));
            for key in [EXTENSION_ID, MARCH_CAPABILITY] {
                assert!(!announced.contains(key), "{mode:?} {announced}");
            }
        }
    }
}
