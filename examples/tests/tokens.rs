//! Tokens of third parties: Arcade's, and those that are refreshed.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use glassbox::tokens::{
    Arcade, Consent, ExposeSecret as _, RefreshingToken, SecretString, TokenError, TokenProvider,
    TokenState, Tokens,
};
use gmail_example::arcade::{ArcadeConfig, ArcadeStandIn, Behaviour, SIMULATED_API_KEY};
use gmail_example::client::{Gmail, GmailError};
use gmail_example::identity::consent::{self, Decision};
use gmail_example::simulator::{Simulator, SimulatorConfig};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use url::Url;

const ADA: Option<&str> = Some("ada@example.com");

async fn stand_in(behaviour: Behaviour) -> ArcadeStandIn {
    let config = ArcadeConfig::default().with_behaviour(behaviour);
    ArcadeStandIn::start(config).await.unwrap()
}

fn arcade(stand_in: &ArcadeStandIn, key: &str) -> Arcade {
    let url: Url = stand_in.url().parse().unwrap();
    let client = gmail_example::http::client(&url).build().unwrap();
    Arcade::for_provider(url, client, key, "google", ["mail"])
}

async fn consent(arcade: &Arcade) -> Consent {
    match arcade.token(ADA).await.unwrap() {
        TokenState::ConsentRequired(consent) => consent,
        other => panic!("{other:?}"),
    }
}

fn shown(state: Result<TokenState, TokenError>) -> String {
    match state {
        Ok(TokenState::Ready(token)) => format!("token of {} bytes", token.expose_secret().len()),
        Ok(_) => "consent required".to_owned(),
        Err(error) => error.kind().to_owned(),
    }
}

#[tokio::test]
async fn arcade_asks_the_user_and_then_has_a_token() {
    let stand_in = stand_in(Behaviour::Consent).await;
    let arcade = arcade(&stand_in, SIMULATED_API_KEY);
    let asked = consent(&arcade).await;
    let (waited, _) = tokio::join!(
        arcade.wait(ADA, &asked, Duration::from_secs(30)),
        consent::decide(asked.url.as_str(), Decision::Allow),
    );
    assert!(shown(waited).starts_with("token"));
    assert!(shown(arcade.token(ADA).await).starts_with("token"));
    // Somebody else has not been asked.
    let other = arcade.token(Some("grace@example.com")).await;
    assert_eq!(shown(other), "consent required");
}

#[tokio::test]
async fn arcade_says_what_went_wrong() {
    let wait = async |behaviour, decision| {
        let stand_in = stand_in(behaviour).await;
        let arcade = arcade(&stand_in, SIMULATED_API_KEY);
        let asked = consent(&arcade).await;
        consent::decide(asked.url.as_str(), decision).await.unwrap();
        shown(arcade.wait(ADA, &asked, Duration::ZERO).await)
    };
    assert_eq!(
        wait(Behaviour::Consent, Decision::Deny).await,
        "consent_denied"
    );
    assert_eq!(
        wait(Behaviour::Fail, Decision::Allow).await,
        "consent_denied"
    );
    let never = wait(Behaviour::NeverComplete, Decision::Allow).await;
    assert_eq!(never, "consent required");
    let granted = stand_in(Behaviour::Granted).await;
    let ready = arcade(&granted, SIMULATED_API_KEY).token(ADA).await;
    assert!(shown(ready).starts_with("token"));
    let wrong_key = arcade(&granted, "canary-wrong-key")
        .token(ADA)
        .await
        .unwrap_err();
    assert_eq!(
        wrong_key.to_string(),
        "the token service answered with status 401"
    );
    let limited = stand_in(Behaviour::RateLimited).await;
    let limited = arcade(&limited, SIMULATED_API_KEY)
        .token(ADA)
        .await
        .unwrap_err();
    assert_eq!(
        limited.to_string(),
        "the token service answered with status 429"
    );
    let gone = arcade(&granted, SIMULATED_API_KEY);
    drop(granted);
    tokio::task::yield_now().await;
    let kind = shown(gone.token(ADA).await);
    assert!(
        ["unreachable", "token_refused"].contains(&kind.as_str()),
        "{kind}"
    );
}

#[tokio::test]
async fn tokens_belong_to_who_calls_unless_an_account_is_named() {
    let stand_in = stand_in(Behaviour::Consent).await;
    let arcade = arcade(&stand_in, SIMULATED_API_KEY);
    assert_eq!(shown(arcade.token(None).await), "no_user");
    let asked = consent(&arcade).await;
    consent::decide(asked.url.as_str(), Decision::Allow)
        .await
        .unwrap();
    let grace = Some("grace@example.com");
    assert!(shown(arcade.token(ADA).await).starts_with("token"));
    assert_eq!(shown(arcade.token(grace).await), "consent required");
    let named = arcade.with_user("ada@example.com");
    for user in [None, grace] {
        assert!(shown(named.token(user).await).starts_with("token"));
    }
}

#[tokio::test]
async fn a_user_who_has_not_consented_is_told_where_and_has_a_token_afterwards() {
    let simulator = Simulator::start(SimulatorConfig::default().with_latency(0.0))
        .await
        .unwrap();
    let stand_in = stand_in(Behaviour::Consent).await;
    let arcade = arcade(&stand_in, SIMULATED_API_KEY);
    let page = consent(&arcade).await.url;
    let gmail = Gmail::with_tokens(&simulator.url(), Tokens::new(arcade)).unwrap();
    let error = gmail.token_for(ADA).await.unwrap_err();
    assert!(
        matches!(&error, GmailError::Token(TokenError::ConsentRequired(asked)) if *asked == page),
        "{error}"
    );
    // Texts of errors may end up in spans.
    assert_eq!(
        error.to_string(),
        "no access to Gmail: the user has to allow access first"
    );
    consent::decide(page.as_str(), Decision::Allow)
        .await
        .unwrap();
    gmail.token_for(ADA).await.unwrap();
}

/// A token endpoint that waits to be let on, and answers in turn.
struct Endpoint {
    url: Url,
    asked: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

type Served = (
    Arc<AtomicUsize>,
    Arc<Semaphore>,
    &'static [(u16, &'static str)],
);

async fn endpoint(answers: &'static [(u16, &'static str)]) -> Endpoint {
    let asked = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(Semaphore::new(0));
    let answer = async |State((asked, gate, answers)): State<Served>, body: String| {
        assert!(body.contains("grant_type=refresh_token"), "{body}");
        let index = asked.fetch_add(1, Ordering::SeqCst);
        gate.acquire().await.unwrap().forget();
        let (status, text) = answers.get(index).unwrap();
        let json = [("content-type", "application/json")];
        (StatusCode::from_u16(*status).unwrap(), json, *text)
    };
    let router = Router::new().route("/token", post(answer)).with_state((
        Arc::clone(&asked),
        Arc::clone(&gate),
        answers,
    ));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    Endpoint {
        url: url.parse().unwrap(),
        asked,
        gate,
    }
}

impl Endpoint {
    fn tokens(&self) -> RefreshingToken {
        let client = gmail_example::http::client(&self.url).build().unwrap();
        let secret = Some(SecretString::from("canary-client-secret"));
        RefreshingToken::new(self.url.clone(), client, "id", secret, "canary-refresh")
    }
}

#[tokio::test]
async fn calls_at_once_share_one_refresh_and_its_failure() {
    let endpoint = endpoint(&[
        (500, "{}"),
        (
            200,
            r#"{"access_token":"first","token_type":"bearer","expires_in":3600}"#,
        ),
    ])
    .await;
    let tokens = endpoint.tokens();
    let call = async || shown(tokens.token(None).await);
    let all = async || {
        tokio::join!(call(), call(), call(), async {
            endpoint.gate.add_permits(1)
        })
    };
    let (a, b, c, ()) = all().await;
    assert_eq!([a, b, c], ["token_refused"; 3]);
    assert_eq!(endpoint.asked.load(Ordering::SeqCst), 1);
    let (a, b, c, ()) = all().await;
    assert_eq!([a, b, c], ["token of 5 bytes"; 3]);
    assert_eq!(tokens.refreshes(), 2);
    assert_eq!(shown(tokens.token(None).await), "token of 5 bytes");
    assert_eq!(tokens.refreshes(), 2);
}

#[tokio::test]
async fn what_cannot_be_used_is_an_error_without_secrets() {
    let endpoint = endpoint(&[
        (400, r#"{"error":"invalid_grant"}"#),
        (400, r#"{"error":"invalid_client"}"#),
        (200, r#"{"access_token":"a b","token_type":"bearer"}"#),
        (200, "canary"),
        (
            200,
            r#"{"access_token":"short","token_type":"bearer","expires_in":0}"#,
        ),
        (
            200,
            r#"{"access_token":"second","token_type":"bearer","expires_in":0}"#,
        ),
        (503, "{}"),
    ])
    .await;
    endpoint.gate.add_permits(7);
    let tokens = endpoint.tokens();
    for expected in [
        "revoked",
        "token_refused",
        "invalid_answer",
        "invalid_answer",
        "token of 5 bytes",
        "token of 6 bytes",
        "token_refused",
    ] {
        assert_eq!(shown(tokens.token(None).await), expected);
    }
    assert!(!format!("{tokens:?}").contains("canary"));
}

#[test]
fn a_token_is_never_in_a_debug_text() {
    let secret = SecretString::from("canary");
    let state = TokenState::Ready(secret.clone());
    let fixed = glassbox::tokens::FixedToken::new(secret);
    assert!(!format!("{state:?} {fixed:?} {:?}", Tokens::new(fixed.clone())).contains("canary"));
}
