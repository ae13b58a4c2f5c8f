//! Scopes of resources and prompts: as those of tools.

use glassbox::auth::Identity;
use glassbox::{
    Server, ServerBuilder, ToolSet, mcp_prompt, mcp_resource, mcp_tools, phase, testing,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::tree::tree;
use support::wire::{Running, ask};

use crate::issuer::{Issuer, Signer};
use crate::server::{Answer, Call, auth, legacy, message, open_session};

/// What everybody may read.
#[mcp_resource("note://public")]
fn public() -> &'static str {
    "public"
}

/// What only some may read.
#[mcp_resource("note://secret", scopes("notes.read", "notes.secret"))]
fn secret() -> &'static str {
    #[phase("secret.read")]
    let text = "secret";
    text
}

/// Any other.
#[mcp_resource("note://by/{id}", scopes("notes.read"))]
fn note(id: String) -> String {
    id
}

/// What everybody may ask.
#[mcp_prompt]
fn greet() -> &'static str {
    "greet"
}

/// What only some may ask.
#[mcp_prompt(scopes("notes.read"))]
fn summarize() -> &'static str {
    "summarize"
}

struct Safe(&'static str);

#[mcp_tools]
impl Safe {
    /// One of what is in it.
    #[mcp_resource("note://safe/{id}", scopes("notes.secret"))]
    fn contents(&self, id: String) -> String {
        format!("{id} {}", self.0)
    }

    /// How it is opened.
    #[mcp_prompt(scopes("notes.read"))]
    fn open(&self) -> &'static str {
        self.0
    }
}

fn safe() -> ToolSet {
    let safe = ToolSet::of(Safe("gold"));
    safe.uris_prefixed("by/").prefixed("safe_")
}

fn builder() -> ServerBuilder {
    Server::builder("notes", "1.0.0")
        .resource::<public>()
        .resource::<secret>()
        .resource::<note>()
        .prompt::<greet>()
        .prompt::<summarize>()
        .tools(safe())
        .passback_for_prompts(true)
}

/// What may be asked for, the scopes it needs, and what comes then.
const ITEMS: [(&str, &str, &str); 7] = [
    ("note://public", "", "public"),
    ("note://secret", "notes.read notes.secret", "secret"),
    ("note://by/7", "notes.read", "7"),
    ("note://by/safe/7", "notes.secret", "7 gold"),
    ("greet", "", "greet"),
    ("summarize", "notes.read", "summarize"),
    ("safe_open", "notes.read", "gold"),
];

fn asks(item: &str) -> (&'static str, Value) {
    match item.contains("://") {
        true => ("resources/read", json!({"uri": item})),
        false => ("prompts/get", json!({"name": item})),
    }
}

fn stateless(running: &Running, item: &str) -> Call {
    let (method, mut params) = asks(item);
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": support::wire::STATELESS,
        "io.modelcontextprotocol/clientCapabilities": {},
        "otel": {"traces": {"request": true, "detailed": true}},
    });
    message(running, method, params).header("mcp-name", item)
}

fn in_session(running: &Running, session: &str, item: &str) -> Call {
    let (method, mut params) = asks(item);
    params["_meta"] = ask(true);
    let message = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
    legacy(running, Some(session), message)
}

fn challenged(answer: &Answer, scopes: &str) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    let challenge = answer.challenge.as_deref().unwrap();
    assert!(
        challenge.starts_with("Bearer error=\"insufficient_scope\"")
            && challenge.contains(&format!("scope=\"{scopes}\"")),
        "{challenge}"
    );
    let body = answer.json();
    assert_eq!(body["id"], 7);
    assert_eq!(body["error"]["data"]["scope"], scopes);
}

#[tokio::test]
async fn a_missing_scope_is_a_challenge_in_both_lifecycles() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = Running::start(builder().auth(auth(&issuer)).build().unwrap()).await;
    for granted in ["", "notes.read", "notes.secret", "notes.secret notes.read"] {
        let token = signer.sign(&issuer.claims(granted));
        let session = open_session(&running, &token).await;
        for (item, needed, text) in ITEMS {
            for request in [
                stateless(&running, item),
                in_session(&running, &session, item),
            ] {
                let answer = request.token(&token).send().await;
                let mut needs = needed.split(' ').filter(|scope| !scope.is_empty());
                if needs.all(|scope| granted.split(' ').any(|own| own == scope)) {
                    assert_eq!(answer.status, StatusCode::OK, "{granted} {item}");
                    let result = answer.json()["result"].to_string();
                    assert!(result.contains(&format!("\"{text}\"")), "{item}: {result}");
                } else {
                    challenged(&answer, needed);
                    let tree = tree(&answer.json());
                    assert!(
                        tree.contains("  auth.validate\n  auth.authorize ERROR insufficient_scope"),
                        "{item}: {tree}"
                    );
                    assert!(!tree.contains("secret.read"), "{tree}");
                }
            }
        }
    }
}

#[tokio::test]
async fn uris_that_are_written_in_odd_ways_are_checked_all_the_same() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = Running::start(builder().auth(auth(&issuer)).build().unwrap()).await;
    let token = signer.sign(&issuer.claims(""));
    for uri in [
        "note://secret",
        "note://secret/",
        "note://secret?x",
        "NOTE://secret",
        "note://sec%72et",
        "note://public/../secret",
        "note://by/../secret",
        "note://by/%2e%2e%2fsecret",
    ] {
        let answer = stateless(&running, uri).token(&token).send().await;
        assert!(answer.json().get("result").is_none(), "{uri}: {answer:?}");
    }
}

async fn listed(running: &Running, token: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (method, list, key) in [
        ("resources/list", "resources", "name"),
        ("resources/templates/list", "resourceTemplates", "name"),
        ("prompts/list", "prompts", "name"),
    ] {
        let answer = message(running, method, json!({}))
            .token(token)
            .send()
            .await;
        let json = answer.json();
        let items = json["result"][list].as_array().expect(&answer.text);
        names.extend(
            items
                .iter()
                .map(|item| item[key].as_str().unwrap().to_owned()),
        );
    }
    names
}

#[tokio::test]
async fn what_may_not_be_asked_for_can_be_left_out_of_the_lists() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let token = |scope: &str| signer.sign(&issuer.claims(scope));
    let all = [
        "public",
        "secret",
        "note",
        "contents",
        "greet",
        "summarize",
        "safe_open",
    ];
    let running = Running::start(builder().auth(auth(&issuer)).build().unwrap()).await;
    assert_eq!(listed(&running, &token("")).await, all);
    let builder = builder().auth(auth(&issuer)).list_permitted_only(true);
    let running = Running::start(builder.build().unwrap()).await;
    assert_eq!(listed(&running, &token("")).await, ["public", "greet"]);
    assert_eq!(
        listed(&running, &token("notes.read")).await,
        ["public", "note", "greet", "summarize", "safe_open"]
    );
    assert_eq!(
        listed(&running, &token("notes.read notes.secret")).await,
        all
    );
    // Nor are they named by errors.
    for (unknown, message) in [
        (
            "note://none",
            "there is no such resource; this server has: note://public",
        ),
        ("none", "there is no such prompt; this server has: greet"),
    ] {
        let answer = stateless(&running, unknown).token(&token("")).send().await;
        assert_eq!(answer.json()["error"]["message"], message);
    }
    challenged(
        &stateless(&running, "note://by/7")
            .token(&token(""))
            .send()
            .await,
        "notes.read",
    );
}

#[tokio::test]
async fn scopes_supported_names_those_of_everything() {
    let issuer = Issuer::start(&[]).await;
    let running = Running::start(builder().auth(auth(&issuer)).build().unwrap()).await;
    let url = running
        .url
        .replace("/mcp", "/.well-known/oauth-protected-resource");
    let document = support::http::client().get(url).send().await.unwrap();
    let document: Value = document.json().await.unwrap();
    assert_eq!(
        document["scopes_supported"],
        json!(["notes.read", "notes.secret"])
    );
}

#[tokio::test]
async fn on_stdio_the_error_says_what_to_do() {
    let nobody = builder().build().unwrap();
    let anne = Identity::new("anne").with_scopes(["notes.read"]);
    let anne = builder().stdio_identity(anne).build().unwrap();
    let unknown = "and this server does not know who calls; whoever runs it has to name the caller with \
                   `.stdio_identity(..)` over stdio, or to check tokens with `.auth(..)` over HTTP";
    let read = testing::read(&nobody, "note://by/7").await;
    let error = read.error().unwrap();
    assert_eq!(
        error.message,
        format!("this resource needs the scopes `notes.read`, {unknown}")
    );
    assert_eq!(error.data.as_ref().unwrap()["error"], "insufficient_scope");
    assert!(read.tree().contains("auth.authorize"), "{}", read.tree());
    let get = testing::get(&nobody, "summarize", json!({})).await;
    assert_eq!(
        get.error().unwrap().message,
        format!("this prompt needs the scopes `notes.read`, {unknown}")
    );
    let read = testing::read(&anne, "note://secret").await;
    assert_eq!(
        read.error().unwrap().message,
        "this resource needs the scopes `notes.read`, `notes.secret`, and this server runs without all of them"
    );
    assert!(testing::read(&anne, "note://by/7").await.result().is_ok());
    assert!(
        testing::get(&anne, "summarize", json!({}))
            .await
            .result()
            .is_ok()
    );
    assert!(
        testing::read(&nobody, "note://public")
            .await
            .result()
            .is_ok()
    );
}
