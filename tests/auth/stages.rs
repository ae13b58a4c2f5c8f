//! The check of a token as a stage of the call (S12), and what it says.

use serde_json::Value;
use support::tree::{attributes, span, spans, tree};

use crate::issuer::{Issuer, Signer};
use crate::server::{auth, call, call_in, open_session, start};

fn time(span: &Value, which: &str) -> u64 {
    span[which].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn s12_the_check_of_the_token_is_the_first_stage() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer)).await;
    let token = signer.sign(&issuer.claims("files.read"));
    let session = open_session(&running, &token).await;
    for request in [call(&running, "read"), call_in(&running, &session, "read")] {
        let answer = request.token(&token).send().await.json();
        assert_eq!(
            tree(&answer),
            "tools/call read SERVER\n  auth.validate\n  auth.authorize\n  read\n"
        );
        let (root, check) = (
            span(&answer, "tools/call read"),
            span(&answer, "auth.validate"),
        );
        let (began, checked) = (
            time(check, "startTimeUnixNano"),
            time(check, "endTimeUnixNano"),
        );
        assert_eq!(time(root, "startTimeUnixNano"), began);
        assert!(began < checked, "it took time");
        assert!(checked <= time(span(&answer, "auth.authorize"), "startTimeUnixNano"));
        for stage in ["auth.validate", "auth.authorize"] {
            let keys: Vec<_> = attributes(span(&answer, stage)).into_keys().collect();
            assert_eq!(keys, ["gen_ai.tool.name"]);
        }
    }
}

#[tokio::test]
async fn tools_without_scopes_are_not_held_up() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer)).await;
    let token = signer.sign(&issuer.claims(""));
    let answer = call(&running, "whoami").token(&token).send().await.json();
    assert_eq!(tree(&answer), "tools/call whoami SERVER\n  auth.validate\n");
    assert_eq!(spans(&answer).len(), 2);
    assert_eq!(running.server.open_spans(), 0);
}

#[tokio::test]
async fn s15_refused_tokens_get_no_telemetry() {
    let issuer = Issuer::start(&[Signer::ed25519()]).await;
    let running = start(auth(&issuer)).await;
    for request in [
        call(&running, "read"),
        call(&running, "read").token("wrong"),
    ] {
        let answer = request.send().await;
        assert!(!answer.text.contains("otel"), "{answer:?}");
    }
}
