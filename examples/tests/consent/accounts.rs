//! Whose mailbox it is: that of who calls.

use std::time::Duration;

use glassbox::tokens::{Arcade, Tokens};
use gmail_example::access::Access;
use gmail_example::arcade::{ArcadeConfig, ArcadeStandIn, SIMULATED_API_KEY};
use gmail_example::client::Gmail;
use gmail_example::identity::consent::{self, Decision};
use gmail_example::identity::{IdentityConfig, IdentityProvider};
use gmail_example::simulator::{Simulator, SimulatorConfig};
use rmcp::model::ProtocolVersion;
use rmcp::service::{ClientInitializeError, ClientLifecycleMode, ClientServiceExt as _};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use tokio::net::TcpListener;
use url::Url;

use crate::support::{Offers, Peer};

/// A server that knows who calls, and what it needs.
struct World {
    identity: IdentityProvider,
    url: Url,
    _arcade: ArcadeStandIn,
    _simulator: Simulator,
}

impl World {
    async fn start(account: Option<&str>, any_scope: bool) -> Self {
        let simulator = Simulator::start(SimulatorConfig::default().with_latency(0.0))
            .await
            .unwrap();
        let arcade = ArcadeStandIn::start(ArcadeConfig::default()).await.unwrap();
        let base: Url = arcade.url().parse().unwrap();
        let http = gmail_example::http::client(&base).build().unwrap();
        let mut provider = Arcade::for_provider(base, http, SIMULATED_API_KEY, "google", ["gmail"]);
        if let Some(account) = account {
            provider = provider.with_user(account);
        }
        let gmail = Gmail::with_tokens(&simulator.url(), Tokens::new(provider)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let config = IdentityConfig::default().with_resource(&url);
        let identity = IdentityProvider::start(config).await.unwrap();
        let mut access = Access::embedded(&url);
        access.issuers = vec![identity.issuer().to_owned()];
        access.any_scope = any_scope;
        let (auth, none) = access.protection().await.unwrap();
        assert!(none.is_none());
        let server = gmail_example::server::builder(gmail)
            .enforce_scopes(!any_scope)
            .auth(auth)
            .build()
            .unwrap();
        let bound = server.on_listener(listener).unwrap();
        tokio::spawn(bound.serve_until(std::future::pending()));
        Self {
            identity,
            url: url.parse().unwrap(),
            _arcade: arcade,
            _simulator: simulator,
        }
    }

    async fn client(&self, user: &str, scopes: &[&str]) -> Result<Peer, ClientInitializeError> {
        let url = self.url.as_str();
        let lifetime = Duration::from_secs(60);
        let token = self
            .identity
            .token_for(user, url, scopes, lifetime)
            .unwrap();
        let http = gmail_example::http::client(&self.url).build().unwrap();
        let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header(token);
        let transport = StreamableHttpClientTransport::with_client(http, config);
        let lifecycle = ClientLifecycleMode::Discover {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        };
        let service = Offers(true)
            .serve_with_lifecycle(transport, lifecycle)
            .await;
        service.map(Peer)
    }
}

const READ: &[&str] = &["gmail.readonly"];

#[tokio::test]
async fn what_one_user_allows_is_for_that_user_only() {
    let world = World::start(None, false).await;
    let ada = world.client("ada", READ).await.unwrap();
    let grace = world.client("grace", READ).await.unwrap();
    let asked = ada.asked(None).await;
    let other = grace.asked(None).await;
    assert_ne!(asked.page, other.page);
    consent::decide(&asked.page, Decision::Allow).await.unwrap();
    ada.succeeds(asked.response("accept")).await;
    // Neither by asking again, nor by another's answer.
    assert_eq!(grace.asked(None).await.page, other.page);
}

#[tokio::test]
async fn an_account_that_is_named_is_everybodys() {
    let world = World::start(Some("office@example.com"), false).await;
    let ada = world.client("ada", READ).await.unwrap();
    let grace = world.client("grace", READ).await.unwrap();
    let asked = ada.asked(None).await;
    consent::decide(&asked.page, Decision::Allow).await.unwrap();
    grace.succeeds(None).await;
}

#[tokio::test]
async fn tokens_without_scopes_are_taken_only_if_that_was_said() {
    let strict = World::start(None, false).await;
    let refused = strict.client("ada", &[]).await.err().unwrap();
    assert!(refused.auth_challenge().is_some_and(|challenge| {
        challenge.contains("insufficient_scope") && challenge.contains("gmail.readonly")
    }));
    let lenient = World::start(None, true).await;
    let ada = lenient.client("ada", &[]).await.unwrap();
    ada.asked(None).await;
}
