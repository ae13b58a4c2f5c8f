//! What checking a token costs when its key is known, beside the same request without a check, and beside the check of the
//! signature alone.
//!
//! `cargo bench -p glassbox-tests --bench auth`

use std::hint::black_box;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, HeaderValue};
use axum::http::{Request, Response, StatusCode};
use axum::routing::{any, get};
use glassbox::auth::{Auth, AuthorizationServer, Identity, TokenError, TokenVerifier};
use glassbox::{Server, mcp_tool};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};
use support::wire::{Client, Running, ask};
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;

const RESOURCE: &str = "https://mcp.test/mcp";
/// Rows take turns, so that whatever else the machine does meets all of them. The best round counts.
const ROUNDS: usize = 25;
/// How long a row is measured in a round.
const TURN: Duration = Duration::from_millis(20);

type Service = BoxCloneSyncService<Request<Body>, Response<Body>, std::convert::Infallible>;

/// Does nothing.
#[mcp_tool(read_only)]
fn nothing() {}

struct Opaque;

impl TokenVerifier for Opaque {
    async fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        Ok(Identity::new(token))
    }
}

/// What is measured.
enum Work {
    /// A request to a service that does nothing.
    Ask(Service, String, StatusCode),
    /// The check of the signature and the times, as the crate for JWTs does it.
    Decode(String, DecodingKey, Box<Validation>),
    /// A tool call over a socket.
    Call(Client),
}

impl Work {
    async fn run(&mut self) {
        match self {
            Self::Ask(service, token, expected) => {
                let request =
                    Request::get("/mcp").header("authorization", format!("Bearer {token}"));
                let request = request.body(Body::empty()).unwrap();
                let answer = service.clone().oneshot(black_box(request)).await.unwrap();
                assert_eq!(answer.status(), *expected);
            }
            Self::Decode(token, key, validation) => {
                let decoded = jsonwebtoken::decode::<Value>(black_box(&*token), key, validation);
                black_box(decoded.unwrap());
            }
            Self::Call(client) => {
                let answer = client.call("nothing", json!({}), ask(false)).await;
                assert!(answer.get("result").is_some(), "{answer}");
            }
        }
    }
}

struct Row {
    what: String,
    work: Work,
    /// The row that this one is compared with.
    peer: usize,
    best: f64,
}

struct Signer {
    algorithm: Algorithm,
    key: EncodingKey,
}

fn signers() -> [Signer; 3] {
    let ed25519 = include_bytes!("../auth/keys/ed25519_a.der");
    let p256 = include_bytes!("../auth/keys/p256.der");
    let rsa = include_bytes!("../auth/keys/rsa.der");
    [
        (Algorithm::EdDSA, EncodingKey::from_ed_der(ed25519)),
        (Algorithm::ES256, EncodingKey::from_ec_der(p256)),
        (Algorithm::RS256, EncodingKey::from_rsa_der(rsa)),
    ]
    .map(|(algorithm, key)| Signer { algorithm, key })
}

/// Serves the keys.
async fn issuer(jwks: &[Jwk]) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let document = json!({ "keys": jwks }).to_string();
    let router = Router::new().route("/keys", get(move || std::future::ready(document.clone())));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn auth(issuer: &str) -> Auth {
    let server = AuthorizationServer::new(issuer).with_jwks_uri(format!("{issuer}/keys"));
    Auth::new(RESOURCE)
        .authorization_server(server)
        .http_client(support::http::client())
}

fn protected(auth: Auth) -> Service {
    let layer = auth.into_layer().unwrap();
    Service::new(layer.protect(any(async || StatusCode::OK)))
}

async fn serving(auth: Option<Auth>) -> Running {
    let builder = Server::builder("bench", "1.0.0").tool::<nothing>();
    let builder = match auth {
        Some(auth) => builder.auth(auth),
        None => builder,
    };
    Running::start(builder.build().unwrap()).await
}

async fn rows(servers: &mut Vec<Running>) -> Vec<Row> {
    let signers = signers();
    let jwk = |signer: &Signer| Jwk::from_encoding_key(&signer.key, signer.algorithm).unwrap();
    let jwks: Vec<_> = signers.iter().map(jwk).collect();
    let issuer = issuer(&jwks).await;
    let now = jsonwebtoken::get_current_timestamp();
    let claims =
        json!({"iss": issuer, "sub": "anne", "aud": RESOURCE, "exp": now + 3600, "scope": "a b"});
    let sign = |signer: &Signer, claims: &Value| {
        jsonwebtoken::encode(&Header::new(signer.algorithm), claims, &signer.key).unwrap()
    };
    let (remembering, checking) = (
        protected(auth(&issuer)),
        protected(auth(&issuer).remember_tokens(0)),
    );
    let mut rows = Vec::new();
    let mut add = |what: String, peer: Option<usize>, work: Work| {
        let peer = peer.unwrap_or(rows.len());
        rows.push(Row {
            what,
            work,
            peer,
            best: f64::MAX,
        });
        rows.len() - 1
    };
    let bare = Service::new(any(async || StatusCode::OK));
    let alone = Work::Ask(bare, "none".to_owned(), StatusCode::OK);
    let alone = add("request, no check".to_owned(), None, alone);
    let ok = StatusCode::OK;
    for (signer, jwk) in signers.iter().zip(&jwks) {
        let (name, token) = (signer.algorithm, sign(signer, &claims));
        let mut validation = Validation::new(signer.algorithm);
        validation.set_audience(&[RESOURCE]);
        validation.set_issuer(&[&issuer]);
        validation.validate_nbf = true;
        let key = DecodingKey::from_jwk(jwk).unwrap();
        let decode = Work::Decode(token.clone(), key, Box::new(validation));
        let decode = add(format!("{name:?}, signature alone"), None, decode);
        let first = Work::Ask(checking.clone(), token.clone(), ok);
        add(format!("{name:?}, signature checked"), Some(decode), first);
        let next = Work::Ask(remembering.clone(), token, ok);
        add(format!("{name:?}, token remembered"), Some(alone), next);
    }
    let opaque = protected(auth(&issuer).verifier(Opaque));
    let opaque = Work::Ask(opaque, "opaque".to_owned(), ok);
    add("verifier of one's own".to_owned(), Some(alone), opaque);
    let refused = StatusCode::UNAUTHORIZED;
    let valid = sign(&signers[0], &claims);
    let (head, _) = valid.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", "A".repeat(86));
    let forged = Work::Ask(remembering.clone(), forged, refused);
    add("refused: EdDSA, forged".to_owned(), Some(1), forged);
    let stranger = sign(
        &signers[0],
        &json!({"iss": "https://stranger.test", "sub": "anne"}),
    );
    let stranger = Work::Ask(remembering.clone(), stranger, refused);
    add("refused: unknown issuer".to_owned(), Some(alone), stranger);
    let none = Work::Ask(remembering, "opaque".to_owned(), refused);
    add("refused: not a JWT".to_owned(), Some(alone), none);
    let open = serving(None).await;
    let guarded = serving(Some(auth(&issuer))).await;
    let signing = serving(Some(auth(&issuer).remember_tokens(0))).await;
    let bearer: HeaderValue = format!("Bearer {valid}").parse().unwrap();
    let client = |server: &Running| Client::Http {
        url: server.url.clone(),
        session: None,
        http: support::http::client_with([(AUTHORIZATION, bearer.clone())]),
    };
    let call = Work::Call(client(&open));
    let call = add("tool call, no check".to_owned(), None, call);
    for (what, server) in [
        ("token remembered", &guarded),
        ("signature checked", &signing),
    ] {
        let work = Work::Call(client(server));
        add(format!("tool call, EdDSA, {what}"), Some(call), work);
    }
    servers.extend([open, guarded, signing]);
    rows
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // They serve until they are dropped.
    let mut servers = Vec::new();
    let mut rows = rows(&mut servers).await;
    for row in &mut rows {
        row.work.run().await;
    }
    for _ in 0..ROUNDS {
        for row in &mut rows {
            let began = Instant::now();
            let mut runs = 0_u32;
            while began.elapsed() < TURN {
                for _ in 0..8 {
                    row.work.run().await;
                }
                runs += 8;
            }
            let each = began.elapsed().as_secs_f64() / f64::from(runs);
            row.best = row.best.min(each);
        }
    }
    println!("| | us | ratio | to |\n|---|---:|---:|---|");
    for row in &rows {
        let peer = &rows[row.peer];
        let (us, ratio) = (row.best * 1e6, row.best / peer.best);
        println!("| {} | {us:.1} | {ratio:.2} | {} |", row.what, peer.what);
    }
}
