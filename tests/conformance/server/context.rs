//! S04, S05, S11 and S17: the trace that a call is part of.

use serde_json::json;
use support::matrix::Setup;
use support::tree::{attributes, span, spans, tree};
use support::upstream::Upstream;
use support::wire::ask;

use super::{PARENT, TRACE, everywhere, sampled};

fn before(upstream: &Upstream) -> Setup {
    Setup {
        upstream: upstream.url().to_owned(),
        ..Setup::default()
    }
}

#[tokio::test]
async fn s04_unsampled_traceparent_still_returns_spans() {
    everywhere(&Setup::default(), async |case| {
        let with = case.ask("stages", "", sampled(true)).await;
        let without = case.ask("stages", "", sampled(false)).await;
        assert_eq!(tree(&with), tree(&without));
        // Bit 0 of the flags is the sampled flag; it is as the caller set it.
        for (answer, bit) in [(&with, 1), (&without, 0)] {
            assert_eq!(spans(answer).len(), 7);
            for span in spans(answer) {
                assert_eq!(span["flags"].as_u64().unwrap() & 1, bit);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn s05_recording_does_not_flip_the_sampled_bit_further_up() {
    let upstream = Upstream::start().await;
    everywhere(&before(&upstream), async |case| {
        for flag in [true, false] {
            case.ask("fetch", "ok", sampled(flag)).await;
            let headers = upstream.seen().pop().unwrap();
            let traceparent = headers["traceparent"].to_str().unwrap().to_owned();
            let expected = if flag { "-01" } else { "-00" };
            assert!(traceparent.ends_with(expected), "{traceparent}");
        }
    })
    .await;
}

#[tokio::test]
async fn s11_the_root_is_a_server_span_under_the_callers_span() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("stages", "", sampled(true)).await;
        let root = span(&answer, &case.root("stages"));
        assert_eq!(root["traceId"], TRACE);
        assert_eq!(root["parentSpanId"], PARENT);
        assert_eq!(root["kind"], 2, "SERVER");
        assert!(spans(&answer).iter().all(|span| span["traceId"] == TRACE));
        let others = spans(&answer).into_iter();
        let mut others = others.filter(|span| span["spanId"] != root["spanId"]);
        assert!(others.all(|span| span["parentSpanId"] != PARENT));
    })
    .await;
}

#[tokio::test]
async fn s11_without_a_usable_traceparent_a_fresh_trace_begins() {
    everywhere(&Setup::default(), async |case| {
        for traceparent in [
            json!("00-junk"),
            json!(7),
            json!(null),
            json!(format!("00-{}-{PARENT}-01", "0".repeat(32))),
        ] {
            let mut meta = ask(true);
            meta["traceparent"] = traceparent.clone();
            let answer = case.ask("echo", "", meta).await;
            let root = span(&answer, &case.root("echo"));
            assert_eq!(root.get("parentSpanId"), None, "{traceparent}");
            assert_ne!(root["traceId"], TRACE);
            assert_eq!(case.text(&answer), "done");
        }
    })
    .await;
}

#[tokio::test]
async fn s17_the_trace_context_is_handed_on() {
    let upstream = Upstream::start().await;
    everywhere(&before(&upstream), async |case| {
        let mut meta = sampled(true);
        meta["tracestate"] = json!("vendor=1");
        meta["baggage"] = json!("tenant=acme");
        let answer = case.ask("fetch", "ok", meta.clone()).await;
        let headers = upstream.seen().pop().unwrap();
        let call = span(&answer, "GET /{path}")["spanId"].as_str().unwrap();
        assert_eq!(headers["traceparent"], format!("00-{TRACE}-{call}-01"));
        assert_eq!(headers["tracestate"], "vendor=1");
        let baggage = headers.get("baggage");
        assert_eq!(baggage, None, "baggage was meant for this server");

        // Nobody asks for spans: the caller's own context goes on.
        meta.as_object_mut().unwrap().remove("otel");
        case.ask("fetch", "ok", meta).await;
        let headers = upstream.seen().pop().unwrap();
        assert_eq!(headers["traceparent"], format!("00-{TRACE}-{PARENT}-01"));

        // Nobody says anything: nothing is made up.
        case.ask("fetch", "ok", json!({})).await;
        assert_eq!(upstream.seen().pop().unwrap().get("traceparent"), None);
    })
    .await;
}

#[tokio::test]
async fn s16_the_root_says_how_it_was_asked() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("stages", "", sampled(true)).await;
        let mut found = attributes(span(&answer, &case.root("stages")));
        let mut take = |key: &str| found.remove(key).unwrap_or_default();
        assert_eq!(take("jsonrpc.request.id"), "7");
        assert_eq!(take("mcp.protocol.version"), case.protocol());
        if case.transport.is_http {
            assert_eq!(take("network.transport"), "tcp");
            assert_eq!(take("network.protocol.name"), "http");
            assert_eq!(take("network.protocol.version"), "1.1");
        } else {
            assert_eq!(take("network.transport"), "pipe");
        }
        assert_eq!(take("mcp.method.name"), case.method.name());
        use support::matrix::Method;
        match case.method {
            Method::Tool => {
                assert_eq!(take("gen_ai.operation.name"), "execute_tool");
                assert_eq!(take("gen_ai.tool.name"), "stages");
            }
            Method::Prompt => assert_eq!(take("gen_ai.prompt.name"), "stages"),
            // A URI may hold anything, and is of high cardinality.
            Method::Resource => {}
        }
        assert!(found.is_empty(), "{found:?}");
    })
    .await;
}
