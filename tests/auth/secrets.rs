//! Nothing secret in spans, logs, metrics of the check, or texts for clients.

use std::io;
use std::sync::{Arc, Mutex};

use glassbox::TelemetryOptions;
use glassbox::auth::Identity;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SimpleSpanProcessor};
use serde_json::json;
use support::wire::Running;
use tracing_subscriber::filter::LevelFilter;

use crate::issuer::{EMAIL, Issuer, SUBJECT, Signer, in_seconds};
use crate::server::{auth, builder, call, call_in, open_session};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_token_and_nobody_leaves_in_spans_or_logs() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    // With one subscriber alone, an event that another test's thread meets first is off for all.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let guard = tracing::subscriber::set_default(subscriber);
    let exporter = InMemorySpanExporter::default();
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let telemetry = TelemetryOptions::new()
        .with_span_processor(SimpleSpanProcessor::new(exporter.clone()))
        .with_sampler(opentelemetry_sdk::trace::Sampler::AlwaysOn);
    let server = builder()
        .auth(auth(&issuer).identity_claim("email"))
        .telemetry(telemetry);
    let running = Running::start(server.build().unwrap()).await;

    let valid = signer.sign(&issuer.claims("files.read canary-scope"));
    let mut expired = issuer.claims("files.read canary-scope");
    expired["exp"] = json!(in_seconds(-400));
    let mut foreign = issuer.claims("files.read canary-scope");
    foreign["aud"] = "https://canary-other.test".into();
    let tokens = [
        valid.clone(),
        signer.sign(&expired),
        signer.sign(&foreign),
        Signer::other_ed25519().sign(&issuer.claims("canary-scope")),
        "canary-opaque-token".to_owned(),
    ];
    let session = open_session(&running, &valid).await;
    let mut received = Vec::new();
    for token in &tokens {
        for tool in ["read", "write"] {
            received.push(call(&running, tool).token(token).send().await);
            received.push(call_in(&running, &session, tool).token(token).send().await);
        }
        received.push(
            call(&running, "read")
                .at(&format!("/mcp?access_token={token}"))
                .send()
                .await,
        );
    }
    drop(guard);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("an access token was refused"),
        "the log is listened to"
    );
    let exported = format!("{:?}", exporter.get_finished_spans().unwrap());
    assert!(exported.contains("auth.validate"), "spans are exported");
    let shown = format!("{received:?} {running:?}");
    let mut secrets = vec![SUBJECT.to_owned(), EMAIL.to_owned(), "canary".to_owned()];
    for token in &tokens {
        secrets.push(token.clone());
        let parts = token.split('.').skip(1).map(str::to_owned);
        secrets.extend(parts);
    }
    for secret in &secrets {
        for (place, text) in [("spans", &exported), ("answers", &shown)] {
            assert!(!text.contains(secret), "{secret} in {place}: {text}");
        }
        for line in log.lines() {
            assert!(!line.contains(secret), "{secret} in the log: {line}");
        }
    }
}

#[test]
fn an_identity_shows_nothing_of_itself() {
    let claims = json!({"email": EMAIL}).as_object().unwrap().clone();
    let identity = Identity::new(SUBJECT)
        .with_issuer("https://canary.test")
        .with_name(EMAIL)
        .with_scopes(["canary"])
        .with_claims(claims);
    assert_eq!(format!("{identity:?}"), "Identity { scopes: 1, .. }");
    assert_eq!(identity.claim("email"), Some(&EMAIL.into()));
}
