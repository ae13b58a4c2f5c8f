//! An authorization server: keys, tokens, and bad days.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What the server under test is called.
pub const RESOURCE: &str = "https://mcp.test/mcp";
/// Whom the tokens are about.
pub const SUBJECT: &str = "canary-subject-7f3a";
/// Their address.
pub const EMAIL: &str = "canary-anne@example.com";

/// A key pair. The keys are for these tests alone.
#[derive(Clone)]
pub struct Signer {
    pub id: &'static str,
    pub algorithm: Algorithm,
    key: EncodingKey,
}

impl Signer {
    pub fn ed25519() -> Self {
        let key = EncodingKey::from_ed_der(include_bytes!("keys/ed25519_a.der"));
        Self::new("ed-a", Algorithm::EdDSA, key)
    }

    pub fn other_ed25519() -> Self {
        let key = EncodingKey::from_ed_der(include_bytes!("keys/ed25519_b.der"));
        Self::new("ed-b", Algorithm::EdDSA, key)
    }

    pub fn p256() -> Self {
        let key = EncodingKey::from_ec_der(include_bytes!("keys/p256.der"));
        Self::new("ec", Algorithm::ES256, key)
    }

    pub fn rsa() -> Self {
        let key = EncodingKey::from_rsa_der(include_bytes!("keys/rsa.der"));
        Self::new("rsa", Algorithm::RS256, key)
    }

    fn new(id: &'static str, algorithm: Algorithm, key: EncodingKey) -> Self {
        Self { id, algorithm, key }
    }

    /// The same key under another id.
    pub fn named(mut self, id: &'static str) -> Self {
        self.id = id;
        self
    }

    pub fn header(&self) -> Header {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.to_owned());
        header.typ = Some("at+jwt".to_owned());
        header
    }

    /// A token that says `claims`.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(&self.header(), claims)
    }

    pub fn sign_with(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.key).unwrap()
    }

    /// The public key.
    pub fn jwk(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk["kid"] = self.id.into();
        jwk["use"] = "sig".into();
        jwk
    }
}

/// Seconds since 1970, and some more.
pub fn in_seconds(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap() + seconds
}

/// How the authorization server answers for its keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Mood {
    Well,
    Down,
    Silent,
    Sends(String),
}

/// An authorization server on a port of its own.
pub struct Issuer {
    pub url: String,
    state: Arc<Answers>,
}

struct Answers {
    keys: Mutex<Vec<Value>>,
    mood: Mutex<Mood>,
    fetches: AtomicUsize,
    introspected: Mutex<Vec<String>>,
    url: String,
}

impl Issuer {
    pub async fn start(signers: &[Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Answers {
            keys: Mutex::new(signers.iter().map(Signer::jwk).collect()),
            mood: Mutex::new(Mood::Well),
            fetches: AtomicUsize::new(0),
            introspected: Mutex::default(),
            url: url.clone(),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// From now on these are its keys.
    pub fn rotate(&self, signers: &[Signer]) {
        *self.state.keys.lock().unwrap() = signers.iter().map(Signer::jwk).collect();
    }

    /// From now on it answers so.
    pub fn feels(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    /// How often its keys were asked for.
    pub fn fetches(&self) -> usize {
        self.state.fetches.load(Ordering::SeqCst)
    }

    /// What it was asked about tokens: the credentials, then the form.
    pub fn introspected(&self) -> Vec<String> {
        self.state.introspected.lock().unwrap().clone()
    }

    /// What a valid token says.
    pub fn claims(&self, scope: &str) -> Value {
        json!({
            "iss": self.url,
            "sub": SUBJECT,
            "aud": RESOURCE,
            "exp": in_seconds(300),
            "email": EMAIL,
            "scope": scope,
        })
    }
}

async fn answer(State(state): State<Arc<Answers>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match parts.uri.path() {
        "/.well-known/openid-configuration" => {
            let url = &state.url;
            Json(json!({"issuer": url, "jwks_uri": format!("{url}/keys")})).into_response()
        }
        "/keys" => {
            state.fetches.fetch_add(1, Ordering::SeqCst);
            let mood = state.mood.lock().unwrap().clone();
            match mood {
                Mood::Well => {
                    let keys = state.keys.lock().unwrap().clone();
                    Json(json!({ "keys": keys })).into_response()
                }
                Mood::Down => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                Mood::Silent => std::future::pending().await,
                Mood::Sends(text) => text.into_response(),
            }
        }
        "/introspect" => introspect(&state, &parts.headers, body).await,
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn introspect(state: &Answers, headers: &reqwest::header::HeaderMap, body: Body) -> Response {
    let form = axum::body::to_bytes(body, 64 * 1024).await.unwrap();
    let form = String::from_utf8(form.to_vec()).unwrap();
    let credentials = headers["authorization"].to_str().unwrap();
    let mut introspected = state.introspected.lock().unwrap();
    introspected.push(format!("{credentials} {form}"));
    let answer = match form.split('&').next().unwrap() {
        "token=opaque" => {
            json!({"active": true, "sub": SUBJECT, "aud": [RESOURCE], "scope": "files.read"})
        }
        "token=foreign" => json!({"active": true, "sub": SUBJECT, "aud": "https://other.test/mcp"}),
        "token=for-nobody" => json!({"active": true, "sub": SUBJECT}),
        "token=of-nobody" => json!({"active": true, "aud": RESOURCE}),
        "token=truthy" => json!({"active": "true", "sub": SUBJECT, "aud": RESOURCE}),
        "token=garbage" => return "<html>".into_response(),
        "token=down" => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => json!({"active": false}),
    };
    Json(answer).into_response()
}
