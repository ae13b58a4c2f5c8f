//! The stand-in for Arcade against the shapes of its API.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use gmail_example::arcade::{ArcadeConfig, ArcadeStandIn, Behaviour, SIMULATED_API_KEY};
use gmail_example::http;
use gmail_example::identity::consent::{Decision, Outcome, approve, decide};
use gmail_example::simulator::{Simulator, SimulatorConfig};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use url::Url;

struct Peer {
    arcade: ArcadeStandIn,
    http: Client,
}

async fn peer(behaviour: Behaviour) -> Peer {
    let config = ArcadeConfig::default().with_behaviour(behaviour);
    let arcade = ArcadeStandIn::start(config).await.unwrap();
    let url = Url::parse(&arcade.url()).unwrap();
    let http = http::client(&url).build().unwrap();
    Peer { arcade, http }
}

impl Peer {
    async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.http.post(format!("{}{path}", self.arcade.url()));
        let request = request.bearer_auth(SIMULATED_API_KEY).json(body);
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    async fn authorize(&self) -> Value {
        let body = json!({"tool_name": "Gmail.ListEmails", "user_id": "ada@example.com"});
        let (status, answer) = self.post("/v1/tools/authorize", &body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn status(&self, query: &str) -> (StatusCode, Value) {
        let url = format!("{}/v1/auth/status?{query}", self.arcade.url());
        let request = self.http.get(url).bearer_auth(SIMULATED_API_KEY);
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    async fn status_of(&self, flow: &Value, wait: u64) -> Value {
        let query = format!("id={}&wait={wait}", text(flow, "id"));
        let (status, answer) = self.status(&query).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key}: {value}"))
}

#[tokio::test]
async fn a_user_who_consents_gives_a_token_that_gmail_takes() {
    let peer = peer(Behaviour::Consent).await;
    let pending = peer.authorize().await;
    assert_eq!(pending["status"], "pending");
    assert_eq!(pending["provider_id"], "google");
    assert_eq!(pending["user_id"], "ada@example.com");
    assert_eq!(pending.get("context"), None);
    approve(text(&pending, "url")).await.unwrap();
    let completed = peer.status_of(&pending, 0).await;
    assert_eq!(completed["status"], "completed");
    assert_eq!(completed.get("url"), None);
    let token = text(&completed["context"], "token");

    let config = SimulatorConfig::default().with_latency(0.0);
    let simulator = Simulator::start(config).await.unwrap();
    let profile = format!("{}/gmail/v1/users/me/profile", simulator.url());
    let answer = peer.http.get(profile).bearer_auth(token).send().await;
    assert_eq!(answer.unwrap().status(), 200);

    let again = peer.authorize().await;
    assert_eq!(
        (&again["status"], &again["id"]),
        (&json!("completed"), &pending["id"])
    );
    peer.arcade.forget();
    assert_eq!(peer.authorize().await["status"], "pending");
}

#[tokio::test]
async fn a_waiting_status_answers_when_the_user_has_consented() {
    let peer = peer(Behaviour::Consent).await;
    let pending = peer.authorize().await;
    let (waited, ()) = tokio::join!(peer.status_of(&pending, 59), async {
        approve(text(&pending, "url")).await.unwrap();
    });
    assert_eq!(waited["status"], "completed");
}

#[tokio::test]
async fn asking_twice_is_asking_once_and_other_scopes_are_another_thing() {
    let peer = peer(Behaviour::Consent).await;
    let body = |scopes: Value| {
        json!({
            "user_id": "ada@example.com",
            "auth_requirement": {
                "provider_id": "google", "provider_type": "oauth2", "oauth2": {"scopes": scopes},
            },
        })
    };
    let (_, first) = peer.post("/v1/auth/authorize", &body(json!(["a"]))).await;
    let (_, again) = peer.post("/v1/auth/authorize", &body(json!(["a"]))).await;
    let (_, other) = peer.post("/v1/auth/authorize", &body(json!(["b"]))).await;
    assert_eq!(first["scopes"], json!(["a"]));
    assert_eq!(first["id"], again["id"]);
    assert_ne!(first["id"], other["id"]);
}

#[tokio::test]
async fn each_behaviour_does_what_it_says() {
    let peer = peer(Behaviour::Granted).await;
    let granted = peer.authorize().await;
    assert_eq!(granted["status"], "completed");
    text(&granted["context"], "token");

    for (behaviour, decision, then) in [
        (Behaviour::Fail, Decision::Allow, "failed"),
        (Behaviour::Consent, Decision::Deny, "failed"),
        (Behaviour::NeverComplete, Decision::Allow, "pending"),
    ] {
        peer.arcade.forget();
        peer.arcade.set_behaviour(behaviour);
        let flow = peer.authorize().await;
        let outcome = decide(text(&flow, "url"), decision).await.unwrap();
        assert_eq!(outcome, Outcome::Done);
        let now = peer.status_of(&flow, u64::from(then == "pending")).await;
        assert_eq!(now["status"], then, "{behaviour:?}");
        assert_eq!(now.get("context"), None, "{behaviour:?}");
        // What has failed can be asked for anew.
        let anew = peer.authorize().await["id"] != flow["id"];
        assert_eq!(anew, then == "failed", "{behaviour:?}");
    }

    peer.arcade.set_behaviour(Behaviour::RateLimited);
    let url = format!("{}/v1/auth/status?id=x", peer.arcade.url());
    let request = peer.http.get(url).bearer_auth(SIMULATED_API_KEY);
    let refused = request.send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "1");
}

#[tokio::test]
async fn the_user_is_sent_on_afterwards() {
    let peer = peer(Behaviour::Consent).await;
    let next = "http://127.0.0.1:7777/done";
    let body = json!({"tool_name": "Gmail.SendEmail", "user_id": "ada", "next_uri": next});
    let (_, flow) = peer.post("/v1/tools/authorize", &body).await;
    let outcome = decide(text(&flow, "url"), Decision::Allow).await.unwrap();
    assert_eq!(outcome, Outcome::Redirect(Url::parse(next).unwrap()));
}

#[tokio::test]
async fn without_the_key_nothing_is_said() {
    let peer = peer(Behaviour::RateLimited).await;
    let url = format!("{}/v1/auth/status?id=x", peer.arcade.url());
    let request = || peer.http.get(&url);
    for request in [
        request(),
        request().bearer_auth("guess"),
        request().header("authorization", SIMULATED_API_KEY),
        request().basic_auth(SIMULATED_API_KEY, None::<&str>),
        peer.http.get(format!("{}/v1/nothing", peer.arcade.url())),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        let body: Value = response.json().await.unwrap();
        text(&body, "name");
        text(&body, "message");
    }
}

#[tokio::test]
async fn a_call_that_is_none_says_what_is_wrong() {
    let peer = peer(Behaviour::Consent).await;
    let cases = [
        ("/v1/tools/authorize", json!({"user_id": "ada"}), 400),
        (
            "/v1/tools/authorize",
            json!({"tool_name": "Gmail.ListEmails"}),
            400,
        ),
        (
            "/v1/tools/authorize",
            json!({"tool_name": "Gmail.ListEmails", "user_id": ""}),
            400,
        ),
        (
            "/v1/tools/authorize",
            json!({"tool_name": "Slack.Send", "user_id": "ada"}),
            404,
        ),
        ("/v1/tools/authorize", json!([]), 400),
        (
            "/v1/tools/authorize",
            json!({"tool_name": "Gmail.X", "user_id": "ada", "next_uri": "javascript:alert(1)"}),
            400,
        ),
        ("/v1/auth/authorize", json!({"user_id": "ada"}), 400),
        (
            "/v1/auth/authorize",
            json!({"user_id": "ada", "auth_requirement": {}}),
            400,
        ),
        (
            "/v1/auth/authorize",
            json!({"user_id": "ada", "auth_requirement": {"id": "x", "provider_type": "saml"}}),
            400,
        ),
        ("/v1/nothing", json!({}), 404),
    ];
    for (path, body, status) in cases {
        let (got, answer) = peer.post(path, &body).await;
        assert_eq!(got, status, "{path} {body}: {answer}");
        text(&answer, "message");
    }
    for query in [
        "",
        "id=unknown",
        "id=unknown&wait=60",
        "id=a&id=b",
        "id=a&wait=-1",
    ] {
        assert_eq!(peer.status(query).await.0, 400, "{query}");
    }
    let url = format!("{}/v1/tools/authorize", peer.arcade.url());
    let request = peer.http.post(url).bearer_auth(SIMULATED_API_KEY);
    assert_eq!(request.body("{}").send().await.unwrap().status(), 415);
}

#[tokio::test]
async fn only_the_page_itself_consents() {
    let peer = peer(Behaviour::Consent).await;
    let flow = peer.authorize().await;
    let consent = format!("{}/consent", peer.arcade.url());
    let form = format!("flow_id={}&decision=allow", text(&flow, "id"));
    for form in [form.clone(), format!("{form}&csrf_token=guess")] {
        let request = peer.http.post(&consent).body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(request.send().await.unwrap().status(), 403);
    }
    assert_eq!(peer.status_of(&flow, 0).await["status"], "pending");
    let unknown = peer.http.get(format!("{consent}?flow_id=x")).send().await;
    assert_eq!(unknown.unwrap().status(), 404);
}

#[tokio::test]
async fn a_full_stand_in_refuses_and_nothing_secret_is_printed() {
    let config = ArcadeConfig::default()
        .with_capacity(1)
        .with_api_key(SIMULATED_API_KEY)
        .with_token("a-secret-token");
    assert!(!format!("{config:?}").contains("secret"), "{config:?}");
    assert!(
        !format!("{config:?}").contains(SIMULATED_API_KEY),
        "{config:?}"
    );
    let arcade = ArcadeStandIn::start(config).await.unwrap();
    assert!(!format!("{arcade:?}").contains("secret"), "{arcade:?}");
    let url = Url::parse(&arcade.url()).unwrap();
    let http = http::client(&url).build().unwrap();
    let peer = Peer { arcade, http };
    peer.authorize().await;
    let body = json!({"tool_name": "Gmail.ListEmails", "user_id": "bob"});
    assert_eq!(peer.post("/v1/tools/authorize", &body).await.0, 429);
}
