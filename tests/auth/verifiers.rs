//! Verifiers of one's own that fail: nobody gets in, and nothing else is harmed.

use std::time::Duration;

use glassbox::auth::{Identity, TokenError, TokenVerifier};
use reqwest::StatusCode;

use crate::issuer::Issuer;
use crate::server::{auth, call, start};

/// Does what the token says.
struct Obedient;

impl TokenVerifier for Obedient {
    #[expect(
        clippy::manual_async_fn,
        reason = "one panic comes before the future is there"
    )]
    fn verify(&self, token: &str) -> impl Future<Output = Result<Identity, TokenError>> + Send {
        assert_ne!(token, "panic-at-once", "canary in a panic: {token}");
        async move {
            match token {
                "panic" => panic!("canary in a panic: {token}"),
                "panic-later" => {
                    tokio::task::yield_now().await;
                    panic!("canary in a panic: {token}")
                }
                "hang" => std::future::pending().await,
                _ => Ok(Identity::new(token)),
            }
        }
    }
}

#[tokio::test]
async fn a_verifier_that_panics_or_hangs_lets_nobody_in_and_harms_nobody_else() {
    let issuer = Issuer::start(&[]).await;
    let auth = auth(&issuer).verifier(Obedient);
    let running = start(auth.verifier_timeout(Duration::from_millis(50))).await;
    for token in ["panic-at-once", "panic", "panic-later", "hang"] {
        let answer = call(&running, "whoami").token(token).send().await;
        assert_eq!(
            answer.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{token}: {answer:?}"
        );
        assert_eq!(answer.challenge, None, "signing in again would not help");
        assert!(!answer.text.contains("canary"), "{answer:?}");
        let answer = call(&running, "whoami").token("anne").send().await;
        assert_eq!(answer.tool(), "anne");
    }
    let counts = running.server.auth_counts().unwrap();
    assert_eq!((counts.verifier_panics, counts.verifier_timeouts), (3, 1));
    assert_eq!((counts.unavailable, counts.accepted), (4, 4));
}
