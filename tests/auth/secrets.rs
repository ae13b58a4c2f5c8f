//! Nothing secret in spans, logs, metrics of the check, or texts for clients.

use glassbox::TelemetryOptions;
use glassbox::auth::{Identity, Introspection, TokenError, TokenVerifier};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SimpleSpanProcessor};
use serde_json::json;
use support::log::Log;
use support::wire::Running;

use crate::issuer::{EMAIL, Issuer, RESOURCE, SUBJECT, Signer, in_seconds};
use crate::server::{auth, builder, call, call_in, open_session};

#[tokio::test]
async fn no_token_and_nobody_leaves_in_spans_or_logs() {
    // With one subscriber alone, an event that another test's thread meets first is off for all.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let (log, guard) = Log::listen();
    let exporter = InMemorySpanExporter::default();
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let metrics = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(metrics.clone()).build();
    let meters = SdkMeterProvider::builder().with_reader(reader).build();
    let telemetry = TelemetryOptions::new()
        .with_meter_provider(&meters)
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

    let log = log.text();
    assert!(
        log.contains("an access token was refused"),
        "the log is listened to"
    );
    let exported = format!("{:?}", exporter.get_finished_spans().unwrap());
    assert!(exported.contains("auth.validate"), "spans are exported");
    meters.force_flush().unwrap();
    let measured = format!("{:?}", metrics.get_finished_metrics().unwrap());
    assert!(
        measured.contains("mcp.server.operation.duration"),
        "{measured}"
    );
    let shown = format!("{received:?} {running:?}");
    let mut secrets = vec![SUBJECT.to_owned(), EMAIL.to_owned(), "canary".to_owned()];
    for token in &tokens {
        secrets.push(token.clone());
        let parts = token.split('.').skip(1).map(str::to_owned);
        secrets.extend(parts);
    }
    for secret in &secrets {
        for (place, text) in [
            ("spans", &exported),
            ("metrics", &measured),
            ("answers", &shown),
        ] {
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

#[tokio::test]
async fn the_servers_own_credentials_are_not_logged() {
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let (log, guard) = Log::listen();
    let issuer = Issuer::start(&[]).await;
    let endpoint = format!("{}/introspect", issuer.url);
    let secret = "canary-client-secret";
    let introspection = Introspection::new(&endpoint, "mcp", secret, RESOURCE).unwrap();
    let introspection = introspection.with_http_client(support::http::client());
    let running = Running::start(
        builder()
            .auth(auth(&issuer).verifier(introspection))
            .build()
            .unwrap(),
    )
    .await;
    let mut received = Vec::new();
    for token in ["opaque", "canary-token", "garbage", "down"] {
        received.push(call(&running, "read").token(token).send().await);
    }
    drop(guard);
    let asked = issuer.introspected();
    let encoded = asked[0].split(' ').nth(1).unwrap();
    let log = log.text();
    assert!(log.contains("the introspection endpoint refuses to answer"));
    let shown = format!("{received:?} {running:?}");
    for canary in [secret, encoded, "canary-token"] {
        assert!(!shown.contains(canary), "{canary} in {shown}");
        for line in log.lines() {
            assert!(!line.contains(canary), "{canary} in the log: {line}");
        }
    }
}

#[tokio::test]
async fn what_a_verifier_panics_with_is_not_logged() {
    struct Panics;

    impl TokenVerifier for Panics {
        async fn verify(&self, token: &str) -> Result<Identity, TokenError> {
            std::panic::resume_unwind(Box::new(format!("canary: {token}")))
        }
    }

    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let (log, guard) = Log::listen();
    let issuer = Issuer::start(&[]).await;
    let server = builder().auth(auth(&issuer).verifier(Panics));
    let running = Running::start(server.build().unwrap()).await;
    let answer = call(&running, "read").token("canary-token").send().await;
    drop(guard);
    let log = log.text();
    assert!(log.contains("the token verifier panicked"), "{log}");
    assert!(
        !log.contains("canary") && !answer.text.contains("canary"),
        "{log}"
    );
}
