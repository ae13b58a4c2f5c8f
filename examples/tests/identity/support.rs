//! A client that does everything by hand, so that it can do everything wrong.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gmail_example::http;
use gmail_example::identity::consent::{Decision, Outcome, decide};
use gmail_example::identity::{IdentityConfig, IdentityProvider};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

pub(crate) const RESOURCE: &str = "http://127.0.0.1:8000/mcp";
pub(crate) const REDIRECT: &str = "http://127.0.0.1:7777/callback";
pub(crate) const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters~";

pub(crate) struct Peer {
    pub(crate) provider: IdentityProvider,
    pub(crate) http: Client,
    pub(crate) client_id: String,
}

/// Changes to parameters: another value, or none.
pub(crate) type Changes<'a> = &'a [(&'a str, Option<&'a str>)];

pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

pub(crate) fn registration() -> Value {
    json!({
        "client_name": "A test",
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
    })
}

pub(crate) fn http_client() -> Client {
    let url = Url::parse("http://127.0.0.1").unwrap();
    http::client(&url).build().unwrap()
}

pub(crate) async fn peer() -> Peer {
    Peer::start(IdentityConfig::default()).await
}

impl Peer {
    /// A provider, and a client that is registered with it.
    pub(crate) async fn start(config: IdentityConfig) -> Self {
        let provider = IdentityProvider::start(config).await.unwrap();
        let mut peer = Self {
            provider,
            http: http_client(),
            client_id: String::new(),
        };
        let (status, body) = peer.register(&registration()).await;
        assert_eq!(status, 201, "{body}");
        peer.client_id = body["client_id"].as_str().unwrap().to_owned();
        peer
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.provider.issuer())
    }

    pub(crate) async fn get(&self, url: &str) -> Response {
        self.http.get(url).send().await.unwrap()
    }

    pub(crate) async fn register(&self, metadata: &Value) -> (StatusCode, Value) {
        let request = self.http.post(self.url("/register")).json(metadata);
        read(request.send().await.unwrap()).await
    }

    /// Posts a form and reads the JSON that comes back.
    pub(crate) async fn post(
        &self,
        path: &str,
        form: &BTreeMap<String, String>,
    ) -> (StatusCode, Value) {
        read(self.send(path, form).await).await
    }

    pub(crate) async fn send(&self, path: &str, form: &BTreeMap<String, String>) -> Response {
        let body = encode(form);
        let request = self.http.post(self.url(path)).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.send().await.unwrap()
    }

    /// The URL of a good authorization request, with changes.
    pub(crate) fn authorization(&self, changes: Changes<'_>) -> String {
        let challenge = challenge(VERIFIER);
        let good = [
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", REDIRECT),
            ("scope", "gmail.readonly"),
            ("state", "a state & more"),
            ("resource", RESOURCE),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let query = encode(&changed(&good, changes));
        format!("{}?{query}", self.url("/authorize"))
    }

    /// Consents, and returns where the browser is sent.
    pub(crate) async fn consent(&self, changes: Changes<'_>) -> Url {
        self.decide(changes, Decision::Allow).await
    }

    pub(crate) async fn decide(&self, changes: Changes<'_>, decision: Decision) -> Url {
        match decide(&self.authorization(changes), decision)
            .await
            .unwrap()
        {
            Outcome::Redirect(url) => url,
            other => panic!("no redirect but {other:?}"),
        }
    }

    pub(crate) async fn code(&self, changes: Changes<'_>) -> String {
        let sent = query(&self.consent(changes).await);
        sent["code"].clone()
    }

    /// A good request for tokens in exchange for a code, with changes.
    pub(crate) fn exchange(&self, code: &str, changes: Changes<'_>) -> BTreeMap<String, String> {
        let good = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", &self.client_id),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("resource", RESOURCE),
        ];
        changed(&good, changes)
    }

    pub(crate) fn refresh(&self, token: &str, changes: Changes<'_>) -> BTreeMap<String, String> {
        let good = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", &self.client_id),
            ("resource", RESOURCE),
        ];
        changed(&good, changes)
    }

    /// Tokens, without anything going wrong.
    pub(crate) async fn tokens(&self) -> Value {
        let code = self.code(&[]).await;
        let (status, tokens) = self.post("/token", &self.exchange(&code, &[])).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }

    pub(crate) async fn is_active(&self, token: &str) -> bool {
        self.introspect(token).await["active"] == true
    }

    pub(crate) async fn introspect(&self, token: &str) -> Value {
        let form = encode(&changed(&[("token", token)], &[]));
        let request = self
            .http
            .post(self.url("/introspect"))
            .header("content-type", "application/x-www-form-urlencoded")
            .bearer_auth(self.provider.introspection_secret())
            .body(form);
        let (status, body) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 200, "{body}");
        body
    }
}

pub(crate) fn changed(good: &[(&str, &str)], changes: Changes<'_>) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<_, _> = good
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    for (name, value) in changes {
        match value {
            Some(value) => parameters.insert((*name).to_owned(), (*value).to_owned()),
            None => parameters.remove(*name),
        };
    }
    parameters
}

pub(crate) fn encode(parameters: &BTreeMap<String, String>) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish()
}

pub(crate) fn query(url: &Url) -> BTreeMap<String, String> {
    url.query_pairs().into_owned().collect()
}

pub(crate) async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = response.text().await.unwrap();
    (
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key}: {value}"))
}
