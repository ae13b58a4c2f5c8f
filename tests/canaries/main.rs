//! Secrets in every place, and a search of all bytes that leave.
//!
//! The server runs as a process of its own, so that its environment, its stdout
//! and its stderr are really those of a server. [`places`] has the table: each
//! secret must be found exactly where its row says, and must have been seen by
//! whoever it was planted at.

mod adopted;
mod places;
mod process;
mod requests;
mod upstream;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use places::{On, PLACES, Sink, Witness, canary};
use process::{Left, Process, Transport, message};
use upstream::Upstream;

/// Whether a secret stands in a text: as it is, in another case, escaped,
/// percent-encoded (all of which leave letters and digits alone), or in Base64,
/// alone or within more.
fn is_in(text: &str, secret: &str) -> bool {
    let is_in_base64 = (0..3).any(|bytes_before| {
        let padded = format!("{}{secret}", "\0".repeat(bytes_before));
        let start = (bytes_before * 8_usize).div_ceil(6);
        let end = padded.len() * 8 / 6;
        text.contains(&STANDARD_NO_PAD.encode(&padded)[start..end])
            || text.contains(&URL_SAFE_NO_PAD.encode(&padded)[start..end])
    });
    is_in_base64 || text.to_ascii_lowercase().contains(secret)
}

/// Takes the traces out of what was received.
fn split(received: &str) -> (String, String) {
    let (mut spans, mut rest) = (String::new(), String::new());
    for line in received.lines() {
        let Some(mut message) = message(line) else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        for place in ["/result/_meta/otel", "/error/data/_meta/otel"] {
            let otel = message.pointer_mut(place).and_then(Value::as_object_mut);
            if let Some(traces) = otel.and_then(|otel| otel.remove("traces")) {
                spans.push_str(&format!("{traces}\n"));
            }
        }
        rest.push_str(&format!("{message}\n"));
    }
    (spans, rest)
}

async fn run(transport: Transport) {
    let upstream = Upstream::start().await;
    let mut process = Process::start(transport, &upstream.url).await;
    for message in requests::messages(transport.has_session) {
        process.send(&message, &requests::headers(&message)).await;
    }
    let session = process.session.clone();
    let left = process.end().await;
    let (spans, answer) = split(&left.received);
    let Left {
        sent,
        seen,
        export,
        metrics,
        stdout,
        stderr,
        ..
    } = left;
    let sent_up = upstream.requests();
    let sinks = [
        (Sink::Spans, &spans),
        (Sink::Answer, &answer),
        (Sink::Upstream, &sent_up),
        (Sink::Export, &export),
        (Sink::Metrics, &metrics),
        (Sink::Stderr, &stderr),
        (Sink::Stdout, &stdout),
    ];
    let mut wrong = Vec::new();
    for (place, witness, on, expected) in PLACES {
        let is_planted = match on {
            On::Every => true,
            On::Http => transport.is_http,
            On::Session => transport.has_session,
        };
        let secret = canary(place);
        let found: BTreeSet<_> = sinks
            .iter()
            .filter(|(_, text)| is_in(text, &secret))
            .map(|(sink, _)| *sink)
            .collect();
        let has_seen = match witness {
            Witness::Server => is_in(&seen, &secret),
            Witness::Upstream => is_in(&sent_up, &secret) || is_in(&Upstream::answers(), &secret),
            Witness::Request => is_in(&sent, &secret),
        };
        let expected: BTreeSet<_> = if is_planted {
            expected.iter().copied().collect()
        } else {
            BTreeSet::new()
        };
        if is_planted && !has_seen {
            wrong.push(format!("{place}: was not planted"));
        }
        if found != expected {
            wrong.push(format!("{place}: in {found:?}, not in {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{transport:?}:\n{}", wrong.join("\n"));

    // No sink is empty because nothing was taken from it.
    assert!(
        metrics.contains("mcp.server.operation.duration"),
        "{metrics}"
    );
    assert!(stderr.contains("a tool panicked"), "what Glassbox logs");
    assert_eq!(stdout, "", "nothing but the URL");
    assert!(spans.contains("[redacted]"));
    for name in ["declared", "current", "spill", "library", "inside", "burst"] {
        assert!(spans.contains(&format!("\"name\":\"{name}\"")), "{name}");
    }
    // Whoever has the id of a session has the session.
    if let Some(session) = session {
        assert!(answer.contains(&session));
        assert!(export.contains(&session));
        assert!(!spans.contains(&session));
    }
    // Of our own, only the trace context goes up.
    let headers: BTreeSet<_> = sent_up
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    let expected = [
        "accept",
        "authorization",
        "content-length",
        "host",
        "referer", // of reqwest itself, when it is redirected
        "traceparent",
        "tracestate",
        "x-key",
    ];
    assert_eq!(headers, expected.map(str::to_owned).into());
}

#[test]
fn every_place_has_a_secret_of_its_own() {
    let secrets: BTreeSet<_> = PLACES.iter().map(|(place, ..)| canary(place)).collect();
    assert_eq!(secrets.len(), PLACES.len());
}

#[tokio::test]
async fn a_secret_leaves_where_the_table_says_over_stateless_http() {
    run(Transport {
        is_http: true,
        has_session: false,
    })
    .await;
}

#[tokio::test]
async fn a_secret_leaves_where_the_table_says_over_http_with_a_session() {
    run(Transport {
        is_http: true,
        has_session: true,
    })
    .await;
}

#[tokio::test]
async fn a_secret_leaves_where_the_table_says_over_stateless_stdio() {
    run(Transport {
        is_http: false,
        has_session: false,
    })
    .await;
}

#[tokio::test]
async fn a_secret_leaves_where_the_table_says_over_stdio_with_a_session() {
    run(Transport {
        is_http: false,
        has_session: true,
    })
    .await;
}
