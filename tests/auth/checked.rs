//! Tokens that were found valid before: as valid as if they were checked anew.

use std::time::Duration;

use glassbox::auth::AuthCounts;
use reqwest::StatusCode;
use serde_json::json;
use support::wire::Running;

use crate::issuer::{Issuer, Mood, Signer, in_seconds};
use crate::server::{auth, call, start};

async fn status(running: &Running, token: &str) -> StatusCode {
    call(running, "whoami").token(token).send().await.status
}

fn counts(running: &Running) -> AuthCounts {
    running.server.auth_counts().unwrap()
}

#[tokio::test]
async fn a_token_is_checked_once_and_remembered_for_its_caller_alone() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer)).await;
    let mut claims = issuer.claims("");
    let anne = signer.sign(&claims);
    claims["sub"] = "bob".into();
    let bob = signer.sign(&claims);
    for round in 0..3 {
        for (token, name) in [(&anne, crate::issuer::SUBJECT), (&bob, "bob")] {
            let answer = call(&running, "whoami").token(token).send().await;
            assert_eq!(answer.tool(), name);
        }
        assert_eq!(counts(&running).remembered_tokens, 2 * round);
    }
    let without = start(auth(&issuer).remember_tokens(0)).await;
    for _ in 0..3 {
        assert_eq!(status(&without, &anne).await, StatusCode::OK);
    }
    assert_eq!(counts(&without).remembered_tokens, 0);
}

#[tokio::test]
async fn a_remembered_token_expires() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer).leeway(Duration::ZERO)).await;
    let mut claims = issuer.claims("");
    let expires = in_seconds(2);
    claims["exp"] = json!(expires);
    let token = signer.sign(&claims);
    assert_eq!(status(&running, &token).await, StatusCode::OK);
    assert_eq!(status(&running, &token).await, StatusCode::OK);
    assert_eq!(counts(&running).remembered_tokens, 1);
    // Tokens are about the time of day, which no test can stop.
    while in_seconds(0) <= expires {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(status(&running, &token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(counts(&running).expired, 1);
}

#[tokio::test]
async fn a_remembered_token_goes_with_its_key() {
    let (old, new) = (Signer::ed25519(), Signer::other_ed25519());
    let issuer = Issuer::start(std::slice::from_ref(&old)).await;
    let running = start(auth(&issuer)).await;
    let token = old.sign(&issuer.claims(""));
    assert_eq!(status(&running, &token).await, StatusCode::OK);
    assert_eq!(status(&running, &token).await, StatusCode::OK);
    assert_eq!(counts(&running).remembered_tokens, 1);
    // The keys change, and another token makes the server fetch them.
    issuer.rotate(std::slice::from_ref(&new));
    let newer = new.sign(&issuer.claims(""));
    assert_eq!(status(&running, &newer).await, StatusCode::OK);
    assert_eq!(status(&running, &token).await, StatusCode::UNAUTHORIZED);
    // Under the same id there is another key now.
    issuer.rotate(&[new.clone().named(old.id), Signer::p256()]);
    let other = Signer::p256().sign(&issuer.claims(""));
    assert_eq!(status(&running, &other).await, StatusCode::OK);
    assert_eq!(status(&running, &token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(counts(&running).remembered_tokens, 1);
    // The old key is back, and so is what it signed; it is checked again.
    issuer.rotate(&[old, Signer::rsa()]);
    let other = Signer::rsa().sign(&issuer.claims(""));
    assert_eq!(status(&running, &other).await, StatusCode::OK);
    assert_eq!(status(&running, &token).await, StatusCode::OK);
    assert_eq!(counts(&running).remembered_tokens, 1);
    assert_eq!(status(&running, &token).await, StatusCode::OK);
    assert_eq!(counts(&running).remembered_tokens, 2);
}

#[tokio::test]
async fn keys_that_get_old_are_fetched_though_the_token_is_remembered() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer).refresh_keys_after(Duration::ZERO)).await;
    let token = signer.sign(&issuer.claims(""));
    assert_eq!(status(&running, &token).await, StatusCode::OK);
    issuer.rotate(&[Signer::other_ed25519()]);
    while status(&running, &token).await == StatusCode::OK {}
    assert_eq!(status(&running, &token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_remembered_token_does_not_outlive_keys_that_are_too_old() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let keep = Duration::from_millis(400);
    let running = start(auth(&issuer).keep_keys_for(keep)).await;
    let token = signer.sign(&issuer.claims(""));
    assert_eq!(status(&running, &token).await, StatusCode::OK);
    issuer.feels(Mood::Down);
    while status(&running, &token).await == StatusCode::OK {}
    assert_eq!(
        status(&running, &token).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn a_flood_of_tokens_that_are_not_valid_drives_none_out() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer).remember_tokens(3)).await;
    let valid: Vec<_> = (0..21)
        .map(|number: usize| {
            let mut claims = issuer.claims("");
            claims["jti"] = number.into();
            signer.sign(&claims)
        })
        .collect();
    assert_eq!(status(&running, &valid[0]).await, StatusCode::OK);
    let (head, _) = valid[0].rsplit_once('.').unwrap();
    for other in &valid[1..] {
        let (_, signature) = other.rsplit_once('.').unwrap();
        let forged = format!("{head}.{signature}");
        assert_eq!(status(&running, &forged).await, StatusCode::UNAUTHORIZED);
    }
    let seen = counts(&running);
    assert_eq!((seen.signature, seen.forgotten_tokens), (20, 0));
    assert_eq!(status(&running, &valid[0]).await, StatusCode::OK);
    assert_eq!(counts(&running).remembered_tokens, 1);
    // Valid ones do, and it is counted.
    for other in &valid[1..=3] {
        assert_eq!(status(&running, other).await, StatusCode::OK);
    }
    assert_eq!(counts(&running).forgotten_tokens, 1);
    assert_eq!(status(&running, &valid[0]).await, StatusCode::OK);
    let seen = counts(&running);
    assert_eq!((seen.remembered_tokens, seen.forgotten_tokens), (1, 2));
}
