//! Signing in as a person does it: the agent prints the address of a page, a browser opens it, somebody presses a button,
//! the browser comes back to the agent's own socket, and the call goes on.

use std::net::Ipv4Addr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use glassbox::{PassbackRequest, Server};
use gmail_example::access::Access;
use gmail_example::call::{CallError, McpClient, Observed};
use gmail_example::client::{AccessToken, Gmail};
use gmail_example::identity::IdentityProvider;
use gmail_example::sign_in::{Notice, SignIn, TokenCache, Visit};
use gmail_example::simulator::{Simulator, SimulatorConfig};
use gmail_example::telemetry::Telemetry;
use opentelemetry::Context;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use support::log::Log;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use url::Url;

use crate::browser::visit;

/// The server as `gmail serve` runs it, on a port of its own.
struct World {
    url: Url,
    server: Server,
    provider: IdentityProvider,
    _simulator: Simulator,
}

impl World {
    async fn start() -> Self {
        let config = SimulatorConfig::default().with_latency(0.0);
        let token = AccessToken::new(config.access_token.as_str());
        let simulator = Simulator::start(config).await.unwrap();
        let gmail = Gmail::new(&simulator.url(), token).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let (auth, provider) = Access::embedded(&url).protection().await.unwrap();
        let server = gmail_example::server::builder(gmail)
            .auth(auth.http_client(support::http::client()))
            .build()
            .unwrap();
        let bound = server.clone().on_listener(listener).unwrap();
        tokio::spawn(bound.serve_until(std::future::pending()));
        Self {
            url: url.parse().unwrap(),
            server,
            provider: provider.unwrap(),
            _simulator: simulator,
        }
    }

    /// An agent that lists emails, and the page that it asks somebody to open.
    async fn agent(&self) -> (JoinHandle<Result<Observed, CallError>>, Url) {
        self.agent_with(None).await
    }

    /// The same, which keeps its tokens.
    async fn agent_with(
        &self,
        cache: Option<TokenCache>,
    ) -> (JoinHandle<Result<Observed, CallError>>, Url) {
        let (sender, mut notices) = mpsc::unbounded_channel();
        let mut sign_in = SignIn::default();
        sign_in.visit = Visit::Print;
        sign_in.cache = cache;
        sign_in.notice = Notice::new(move |text| drop(sender.send(text.to_owned())));
        let url = self.url.clone();
        let agent = tokio::spawn(async move {
            let telemetry = Telemetry::new();
            let client = McpClient::connect(&url, Some(&sign_in), &telemetry, None).await?;
            let arguments = json!({"max_results": 2}).as_object().unwrap().clone();
            let detailed = PassbackRequest::Detailed;
            let observed = client
                .call(&Context::new(), "list_emails", arguments, detailed)
                .await;
            client.close().await;
            Ok(observed)
        });
        let notice = notices.recv().await.unwrap();
        let page = notice.strip_prefix("To sign in, open this page: ");
        (agent, page.expect(&notice).parse().unwrap())
    }
}

#[tokio::test]
async fn a_person_consents_in_a_browser_and_the_call_returns_spans() {
    let world = World::start().await;
    let (agent, page_url) = world.agent().await;
    visit(page_url.as_str(), async |page| {
        assert_eq!(page.text_of("h1").await, "Allow access?");
        let asked = page.text_of("main").await;
        assert!(asked.contains("gmail.readonly"), "{asked}");
        page.click("button[value=allow]").await;
        page.arrives_at("/callback").await;
        let text = page.text_of("body").await;
        assert!(text.contains("You are signed in"), "{text}");
        // Back on the agent's socket, by the redirect that the page's policy let through.
        let address = page.address().await;
        assert_eq!(address.path(), "/callback", "{address}");
        assert_ne!(address.port(), page_url.port());
        assert_eq!(page.complaints().await, Vec::<Value>::new());
    })
    .await;
    let observed = agent.await.unwrap().unwrap();
    assert_eq!(observed.result.unwrap().is_error, Some(false));
    assert!(observed.report.is_complete(), "{}", observed.report);
    let names: Vec<_> = observed
        .server_spans
        .iter()
        .map(|span| span.name())
        .collect();
    for name in [
        "tools/call list_emails",
        "auth.validate",
        "gmail.list_messages",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    let counts = world.server.auth_counts().unwrap();
    assert!(counts.missing >= 1 && counts.accepted >= 1, "{counts:?}");
}

#[tokio::test]
async fn a_person_denies_in_a_browser_and_the_agent_is_told() {
    let world = World::start().await;
    let (agent, page_url) = world.agent().await;
    visit(page_url.as_str(), async |page| {
        page.click("button[value=deny]").await;
        page.arrives_at("/callback").await;
        let text = page.text_of("body").await;
        assert!(text.contains("You are not signed in"), "{text}");
        assert_eq!(page.address().await.path(), "/callback");
    })
    .await;
    let error = agent.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "access was denied on the page");
    assert_eq!(world.server.auth_counts().unwrap().accepted, 0);
}

/// The base64url texts in here that PKCE could have made this challenge of (RFC 7636, section 4.2).
fn verifiers<'t>(text: &'t str, challenge: &str) -> Vec<&'t str> {
    let is_unreserved =
        |character: char| character.is_ascii_alphanumeric() || "-._~".contains(character);
    text.split(|character| !is_unreserved(character))
        .filter(|word| (43..=128).contains(&word.len()))
        .filter(|word| URL_SAFE_NO_PAD.encode(Sha256::digest(word)) == challenge)
        .collect()
}

fn parameter(url: &Url, name: &str) -> String {
    let mut pairs = url.query_pairs();
    pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
}

#[tokio::test]
async fn nothing_secret_is_logged_recorded_or_said_on_either_side() {
    // With one subscriber alone, an event that another test's thread meets first is off for all.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let (log, guard) = Log::listen();
    let world = World::start().await;
    let directory = TempDir::new().unwrap();
    let cache = TokenCache::new(directory.path());
    let (agent, page_url) = world.agent_with(Some(cache)).await;
    let mut code = String::new();
    visit(page_url.as_str(), async |page| {
        page.click("button[value=allow]").await;
        page.arrives_at("/callback").await;
        code = parameter(&page.address().await, "code");
    })
    .await;
    let observed = agent.await.unwrap().unwrap();
    drop(guard);
    let files = std::fs::read_dir(directory.path()).unwrap();
    let mut files = files.map(|file| file.unwrap().path());
    let kept = files.find(|file| file.extension().is_some_and(|kind| kind == "json"));
    let kept = std::fs::read_to_string(kept.unwrap()).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let token = |name: &str| {
        let token = kept.pointer(&format!("/credentials/token_response/{name}"));
        token.and_then(Value::as_str).unwrap().to_owned()
    };
    let secrets = [token("access_token"), token("refresh_token"), code.clone()];
    assert!(secrets.iter().all(|secret| secret.len() > 20), "{kept}");
    let challenge = parameter(&page_url, "code_challenge");
    let shown = format!("{observed:?} {:?} {:?}", world.server, world.provider);
    let log = log.text();
    assert!(
        log.contains("glassbox") && log.contains("rmcp"),
        "the log is listened to"
    );
    for (place, text) in [("what is shown", &shown), ("the log", &log)] {
        assert_eq!(verifiers(text, &challenge), [""; 0], "in {place}");
    }
    for secret in &secrets {
        assert!(!shown.contains(secret), "{secret} in {shown}");
        for line in log.lines().filter(|line| line.contains(secret)) {
            // What rmcp logs of the code, at level debug, is in docs/security.md.
            assert!(
                *secret == code && line.contains("DEBUG") && line.contains("rmcp::transport::auth"),
                "{secret} in the log: {line}"
            );
        }
    }
}

#[test]
fn a_verifier_is_found_by_its_challenge() {
    // RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let text = format!("code_verifier=\"{verifier}\", other {challenge}");
    assert_eq!(verifiers(&text, challenge), [verifier]);
}
