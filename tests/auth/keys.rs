//! Keys come and go, and so does who has them.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::StatusCode;
use support::wire::Running;

use crate::issuer::{Issuer, Mood, Signer};
use crate::server::{auth, call, start};

async fn status(running: &Running, signer: &Signer, issuer: &Issuer) -> StatusCode {
    let token = signer.sign(&issuer.claims(""));
    let answer = call(running, "whoami").token(&token).send().await;
    answer.status
}

#[tokio::test]
async fn new_keys_are_fetched_and_old_ones_are_forgotten() {
    let (old, new) = (Signer::ed25519(), Signer::other_ed25519());
    let issuer = Issuer::start(std::slice::from_ref(&old)).await;
    let running = start(auth(&issuer)).await;
    assert_eq!(status(&running, &old, &issuer).await, StatusCode::OK);
    issuer.rotate(std::slice::from_ref(&new));
    assert_eq!(status(&running, &new, &issuer).await, StatusCode::OK);
    assert_eq!(issuer.fetches(), 2);
    assert_eq!(status(&running, &new, &issuer).await, StatusCode::OK);
    assert_eq!(issuer.fetches(), 2);
    // Replayed after the rotation.
    assert_eq!(
        status(&running, &old, &issuer).await,
        StatusCode::UNAUTHORIZED
    );
    // The same id, with another key in its place.
    issuer.rotate(&[old.clone().named(new.id)]);
    assert_eq!(
        status(&running, &old, &issuer).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        status(&running, &new, &issuer).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        status(&running, &old.named(new.id), &issuer).await,
        StatusCode::OK
    );
}

#[tokio::test]
async fn keys_that_get_old_are_fetched_beside_the_request() {
    let (old, new) = (Signer::ed25519(), Signer::other_ed25519());
    let issuer = Issuer::start(std::slice::from_ref(&old)).await;
    let running = start(auth(&issuer).refresh_keys_after(Duration::ZERO)).await;
    assert_eq!(status(&running, &old, &issuer).await, StatusCode::OK);
    issuer.rotate(&[new]);
    // Known keys are used while newer ones are fetched; in the end the old one is gone.
    while status(&running, &old, &issuer).await == StatusCode::OK {}
    assert!(running.server.auth_counts().unwrap().unknown_key >= 1);
}

#[tokio::test]
async fn made_up_keys_cause_one_fetch() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer).fetch_keys_every(Duration::from_secs(3600))).await;
    let made_up = Signer::other_ed25519();
    let calls = (0..20).map(|_| status(&running, &made_up, &issuer));
    let statuses = join_all(calls).await;
    assert!(
        statuses
            .iter()
            .all(|status| *status == StatusCode::UNAUTHORIZED),
        "{statuses:?}"
    );
    assert_eq!(issuer.fetches(), 1);
    assert_eq!(status(&running, &signer, &issuer).await, StatusCode::OK);
    assert_eq!(issuer.fetches(), 1);
    let counts = running.server.auth_counts().unwrap();
    assert_eq!((counts.unknown_key, counts.key_fetches), (20, 1));
}

#[tokio::test]
async fn known_keys_survive_an_outage() {
    let (known, unknown) = (Signer::ed25519(), Signer::other_ed25519());
    let issuer = Issuer::start(std::slice::from_ref(&known)).await;
    let auth = auth(&issuer).refresh_keys_after(Duration::ZERO);
    let running = start(auth.fetch_timeout(Duration::from_millis(50))).await;
    assert_eq!(status(&running, &known, &issuer).await, StatusCode::OK);
    for mood in [
        Mood::Down,
        Mood::Silent,
        Mood::Sends("<html>".to_owned()),
        Mood::Sends("{}".to_owned()),
        Mood::Sends(format!("{{\"keys\":[]{}}}", " ".repeat(1024 * 1024))),
    ] {
        issuer.feels(mood.clone());
        let failed = running.server.auth_counts().unwrap().failed_key_fetches;
        assert_eq!(
            status(&running, &unknown, &issuer).await,
            StatusCode::UNAUTHORIZED,
            "{mood:?}"
        );
        assert_eq!(
            status(&running, &known, &issuer).await,
            StatusCode::OK,
            "{mood:?}"
        );
        assert!(
            running.server.auth_counts().unwrap().failed_key_fetches > failed,
            "{mood:?}"
        );
    }
    issuer.feels(Mood::Well);
    issuer.rotate(std::slice::from_ref(&unknown));
    assert_eq!(status(&running, &unknown, &issuer).await, StatusCode::OK);
}

#[tokio::test]
async fn without_any_keys_clients_are_told_to_wait() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    issuer.feels(Mood::Down);
    let running = start(auth(&issuer)).await;
    let token = signer.sign(&issuer.claims(""));
    let answer = call(&running, "whoami").token(&token).send().await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.challenge, None, "signing in again would not help");
    assert_eq!(running.server.auth_counts().unwrap().unavailable, 1);
    issuer.feels(Mood::Well);
    assert_eq!(status(&running, &signer, &issuer).await, StatusCode::OK);
}

#[tokio::test]
async fn keys_that_are_too_old_are_not_used() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer).keep_keys_for(Duration::ZERO)).await;
    issuer.feels(Mood::Down);
    assert_eq!(
        status(&running, &signer, &issuer).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn clients_that_go_away_do_not_stop_a_fetch() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    issuer.feels(Mood::Silent);
    let auth = auth(&issuer).fetch_keys_every(Duration::from_secs(3600));
    let running = start(auth.fetch_timeout(Duration::from_millis(200))).await;
    let token = signer.sign(&issuer.claims(""));
    let gone = tokio::spawn(call(&running, "whoami").token(&token).send());
    while issuer.fetches() == 0 {
        tokio::task::yield_now().await;
    }
    gone.abort();
    // The next one waits for the same fetch, which ends by its time-out.
    assert_eq!(
        status(&running, &signer, &issuer).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    let counts = running.server.auth_counts().unwrap();
    assert_eq!((issuer.fetches(), counts.failed_key_fetches), (1, 1));
}
