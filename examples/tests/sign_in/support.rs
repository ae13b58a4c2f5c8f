//! A server that asks for tokens, who issues them, and an agent that a test drives.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use glassbox::PassbackRequest;
use glassbox::auth::{Auth, Introspection};
use gmail_example::call::{CallError, McpClient, Observed};
use gmail_example::client::{AccessToken, Gmail};
use gmail_example::identity::consent::{self, Decision, Outcome};
use gmail_example::identity::{IdentityConfig, IdentityProvider, RESOURCE_SERVER};
use gmail_example::sign_in::{Notice, SignIn, TokenCache, Visit, Visitor};
use gmail_example::simulator::{Simulator, SimulatorConfig};
use gmail_example::telemetry::Telemetry;
use opentelemetry::Context;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use url::Url;

pub(crate) struct World {
    pub(crate) identity: IdentityProvider,
    pub(crate) url: Url,
    pub(crate) directory: TempDir,
    pub(crate) notices: Arc<Mutex<Vec<String>>>,
    /// How often the user was asked.
    pub(crate) visits: Arc<AtomicUsize>,
    _simulator: Simulator,
}

impl World {
    pub(crate) async fn start() -> Self {
        let identity = IdentityProvider::start(IdentityConfig::default())
            .await
            .unwrap();
        let config = SimulatorConfig::default().with_latency(0.0);
        let token = AccessToken::new(config.access_token.as_str());
        let simulator = Simulator::start(config).await.unwrap();
        let gmail = Gmail::new(&simulator.url(), token).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        // Asks about every token, so that what is revoked is refused at once.
        let endpoint = format!("{}/introspect", identity.issuer());
        let secret = identity.introspection_secret();
        let introspection = Introspection::new(&endpoint, RESOURCE_SERVER, secret, &url).unwrap();
        let auth = Auth::new(&url)
            .authorization_server(identity.issuer())
            .required_scopes(["gmail.readonly"])
            .verifier(introspection);
        let server = gmail_example::server::builder(gmail)
            .auth(auth)
            .build()
            .unwrap();
        let bound = server.on_listener(listener).unwrap();
        tokio::spawn(bound.serve_until(std::future::pending()));
        let url = url.parse().unwrap();
        Self {
            identity,
            url,
            directory: TempDir::new().unwrap(),
            notices: Arc::default(),
            visits: Arc::default(),
            _simulator: simulator,
        }
    }

    /// Signs in with a user who consents, and keeps it.
    pub(crate) fn sign_in(&self) -> SignIn {
        self.sign_in_with(|page| async move { follow(&decide(&page, Decision::Allow).await).await })
    }

    /// Signs in with this for a browser, and keeps it.
    pub(crate) fn sign_in_with<V>(&self, visit: impl Fn(Url) -> V + Send + Sync + 'static) -> SignIn
    where
        V: Future<Output = ()> + Send + 'static,
    {
        let visits = Arc::clone(&self.visits);
        let visitor = Visitor::new(move |page| {
            visits.fetch_add(1, Ordering::Relaxed);
            let visit = visit(page);
            async {
                visit.await;
                Ok(())
            }
        });
        let notices = Arc::clone(&self.notices);
        let mut sign_in = SignIn::default();
        sign_in.visit = Visit::With(visitor);
        sign_in.cache = Some(TokenCache::new(self.directory.path().join("sign-ins")));
        sign_in.notice = Notice::new(move |text| notices.lock().unwrap().push(text.to_owned()));
        sign_in
    }

    pub(crate) async fn connect(&self, sign_in: &SignIn) -> Result<Connected, CallError> {
        let telemetry = Telemetry::new();
        let client = McpClient::connect(&self.url, Some(sign_in), &telemetry, None).await?;
        Ok(Connected { client, telemetry })
    }

    /// A run of the agent: connects, calls, ends.
    pub(crate) async fn run(&self, sign_in: &SignIn) -> Result<Observed, CallError> {
        let connected = self.connect(sign_in).await?;
        let observed = connected.call().await;
        connected.client.close().await;
        match observed.result {
            Ok(_) => Ok(observed),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn visits(&self) -> usize {
        self.visits.load(Ordering::Relaxed)
    }

    pub(crate) fn notices(&self) -> Vec<String> {
        self.notices.lock().unwrap().clone()
    }

    /// The one file of the cache.
    pub(crate) fn file(&self) -> PathBuf {
        let files = std::fs::read_dir(self.directory.path().join("sign-ins")).unwrap();
        let mut files = files.map(|file| file.unwrap().path()).filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "json")
        });
        let file = files.next().unwrap();
        assert_eq!(files.next(), None);
        file
    }

    pub(crate) fn kept(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.file()).unwrap()).unwrap()
    }
}

pub(crate) struct Connected {
    pub(crate) client: McpClient,
    pub(crate) telemetry: Telemetry,
}

impl Connected {
    pub(crate) async fn call(&self) -> Observed {
        self.call_tool("list_emails", json!({"max_results": 2}))
            .await
    }

    /// Calls a tool that needs more than all requests do.
    pub(crate) async fn send(&self) -> Observed {
        let mail = json!({"to": "grace@example.org", "subject": "Lunch?", "body": "At noon?"});
        self.call_tool("send_email", mail).await
    }

    async fn call_tool(&self, tool: &str, arguments: Value) -> Observed {
        let arguments = arguments.as_object().unwrap().clone();
        let passback = PassbackRequest::Detailed;
        let own_trace = Context::new();
        self.client
            .call(&own_trace, tool, arguments, passback)
            .await
    }
}

/// Where the provider sends the user's browser.
pub(crate) async fn decide(page: &Url, decision: Decision) -> Url {
    match consent::decide(page.as_str(), decision).await.unwrap() {
        Outcome::Redirect(callback) => callback,
        other => panic!("{other:?}"),
    }
}

/// The browser goes there.
pub(crate) async fn follow(url: &Url) {
    get(url).await;
}

/// The status and the text of a page.
pub(crate) async fn get(url: &Url) -> (u16, String) {
    let http = gmail_example::http::client(url).build().unwrap();
    let page = http.get(url.clone()).send().await.unwrap();
    (page.status().as_u16(), page.text().await.unwrap())
}

/// The URL with one of its parameters changed, or without it.
pub(crate) fn with(url: &Url, name: &str, value: Option<&str>) -> Url {
    let mut pairs: Vec<_> = url.query_pairs().into_owned().collect();
    pairs.retain(|(key, _)| key != name);
    pairs.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url
}

/// Where the page will send the browser.
pub(crate) fn redirect_uri(page: &Url) -> Url {
    let (_, uri) = page
        .query_pairs()
        .find(|(key, _)| key == "redirect_uri")
        .unwrap();
    uri.parse().unwrap()
}
