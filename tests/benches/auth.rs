//! What checking a token costs when its key is known: the whole layer, around
//! a service that does nothing.
//!
//! `cargo bench -p glassbox-tests --bench auth`

use std::convert::Infallible;
use std::hint::black_box;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::{any, get};
use glassbox::auth::{Auth, AuthorizationServer};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use tower::ServiceExt as _;

const RESOURCE: &str = "https://mcp.test/mcp";
const ROUNDS: u32 = 2000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let keys = [
        (
            Algorithm::EdDSA,
            EncodingKey::from_ed_der(include_bytes!("../auth/keys/ed25519_a.der")),
        ),
        (
            Algorithm::ES256,
            EncodingKey::from_ec_der(include_bytes!("../auth/keys/p256.der")),
        ),
        (
            Algorithm::RS256,
            EncodingKey::from_rsa_der(include_bytes!("../auth/keys/rsa.der")),
        ),
    ];
    let jwks: Vec<_> = keys
        .iter()
        .map(|(algorithm, key)| Jwk::from_encoding_key(key, *algorithm).unwrap())
        .collect();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let document = json!({ "keys": jwks }).to_string();
    let router = Router::new().route("/keys", get(move || std::future::ready(document.clone())));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let layer = Auth::new(RESOURCE)
        .authorization_server(AuthorizationServer::new(&url).with_jwks_uri(format!("{url}/keys")))
        .http_client(support::http::client())
        .into_layer()
        .unwrap();
    let service = layer.protect(any(async || StatusCode::OK));
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let claims = json!({"iss": url, "sub": "anne", "aud": RESOURCE, "exp": now.as_secs() + 3600, "scope": "a b"});
    let ask = async |token: &str, expected: StatusCode| {
        let request = Request::get("/mcp").header("authorization", format!("Bearer {token}"));
        let request = request.body(Body::empty()).unwrap();
        let answer: Result<_, Infallible> = service.clone().oneshot(black_box(request)).await;
        assert_eq!(answer.unwrap().status(), expected);
    };
    let measure = async |what: &str, token: &str, expected| {
        ask(token, expected).await;
        let mut best = f64::MAX;
        for _ in 0..5 {
            let began = Instant::now();
            for _ in 0..ROUNDS {
                ask(token, expected).await;
            }
            best = best.min(began.elapsed().as_secs_f64() / f64::from(ROUNDS));
        }
        println!("{what:<24} {:>8.1} us a request", best * 1e6);
    };
    for (algorithm, key) in &keys {
        let token = jsonwebtoken::encode(&Header::new(*algorithm), &claims, key).unwrap();
        measure(&format!("{algorithm:?}, valid"), &token, StatusCode::OK).await;
    }
    let stranger = json!({"iss": "https://stranger.test", "sub": "anne"});
    let token =
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &stranger, &keys[0].1).unwrap();
    measure("unknown issuer", &token, StatusCode::UNAUTHORIZED).await;
    measure("no JWT", "opaque", StatusCode::UNAUTHORIZED).await;
}
