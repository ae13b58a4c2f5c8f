//! A server whose Gmail tokens Arcade keeps, and clients of it over both transports, in both lifecycles.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use glassbox::Server;
use glassbox::tokens::{Arcade, Tokens};
use gmail_example::arcade::{ArcadeConfig, ArcadeStandIn, Behaviour, SIMULATED_API_KEY};
use gmail_example::client::Gmail;
use gmail_example::sign_in::{Notice, SignIn, Visit, Visitor};
use gmail_example::simulator::{Simulator, SimulatorConfig};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientCapabilities, ClientConfig, ElicitRequestParams,
    ElicitationCapability, Implementation, InputRequest, InputRequiredResult, InputResponses,
    MetaObject, ProtocolVersion, RequestMetaObject, UrlElicitationCapability,
};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _, RunningService, ServiceError};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, RoleClient, ServiceExt as _};
use serde_json::{Value, json};
use url::Url;

pub(crate) const USER: &str = "ada@example.com";

/// A server, and the services behind it.
pub(crate) struct World {
    pub(crate) arcade: ArcadeStandIn,
    pub(crate) url: Url,
    server: Server,
    _simulator: Simulator,
}

impl World {
    pub(crate) async fn start(wait: Duration) -> Self {
        let simulator = Simulator::start(SimulatorConfig::default().with_latency(0.0))
            .await
            .unwrap();
        let arcade = ArcadeStandIn::start(ArcadeConfig::default()).await.unwrap();
        let base: Url = arcade.url().parse().unwrap();
        let http = gmail_example::http::client(&base).build().unwrap();
        let provider = Arcade::for_provider(base, http, SIMULATED_API_KEY, "google", ["gmail"])
            .with_user(USER);
        let tokens = Tokens::new(provider).with_consent_wait(wait);
        let gmail = Gmail::with_tokens(&simulator.url(), tokens).unwrap();
        let server = gmail_example::server::server(gmail).unwrap();
        let bound = server.clone().bind_http("127.0.0.1:0").await.unwrap();
        let url = bound.url().parse().unwrap();
        tokio::spawn(bound.serve_until(std::future::pending()));
        Self {
            arcade,
            url,
            server,
            _simulator: simulator,
        }
    }

    pub(crate) async fn client(&self, kind: Kind) -> Peer {
        let lifecycle = match kind.is_modern {
            true => ClientLifecycleMode::Discover {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            },
            false => ClientLifecycleMode::Initialize,
        };
        let handler = Offers(kind.takes_pages);
        let service = if kind.is_http {
            let http = gmail_example::http::client(&self.url).build().unwrap();
            let config = StreamableHttpClientTransportConfig::with_uri(self.url.as_str());
            let transport = StreamableHttpClientTransport::with_client(http, config);
            handler.serve_with_lifecycle(transport, lifecycle).await
        } else {
            let (here, there) = tokio::io::duplex(1 << 16);
            let handler_there = self.server.handler();
            tokio::spawn(async move { handler_there.serve(there).await.unwrap().waiting().await });
            handler.serve_with_lifecycle(here, lifecycle).await
        };
        Peer(service.unwrap())
    }
}

/// What a client is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) is_http: bool,
    pub(crate) is_modern: bool,
    pub(crate) takes_pages: bool,
}

pub(crate) const MODERN: Kind = Kind {
    is_http: true,
    is_modern: true,
    takes_pages: true,
};

pub(crate) struct Offers(pub(crate) bool);

impl ClientHandler for Offers {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        if self.0 {
            let url = UrlElicitationCapability::default();
            capabilities.elicitation = Some(ElicitationCapability::default().with_url(url));
        }
        ClientConfig::new(capabilities, Implementation::new("test", "1.0.0"))
    }
}

pub(crate) struct Peer(pub(crate) RunningService<RoleClient, Offers>);

impl Peer {
    pub(crate) async fn call(
        &self,
        responses: Option<Value>,
    ) -> Result<CallToolResponse, ServiceError> {
        let mut params = CallToolRequestParams::new("list_emails");
        params.meta = Some(asks_for_spans());
        params.input_responses =
            responses.map(|responses| serde_json::from_value::<InputResponses>(responses).unwrap());
        self.0.peer().call_tool_once(params).await
    }

    pub(crate) fn peer(&self) -> &rmcp::service::Peer<RoleClient> {
        self.0.peer()
    }

    /// Calls a tool that needs consent.
    pub(crate) async fn asked(&self, responses: Option<Value>) -> Asked {
        match self.call(responses).await.unwrap() {
            CallToolResponse::InputRequired(result) => Asked::of(result),
            other => panic!("{other:?}"),
        }
    }

    /// The text of a tool's error.
    pub(crate) async fn error(&self, responses: Option<Value>) -> String {
        match self.call(responses).await.unwrap() {
            CallToolResponse::Complete(result) if result.is_error == Some(true) => {
                result.content[0].as_text().unwrap().text.clone()
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn succeeds(&self, responses: Option<Value>) -> Value {
        match self.call(responses).await.unwrap() {
            CallToolResponse::Complete(result) if result.is_error != Some(true) => {
                Value::Object(result.meta.unwrap_or_default().0)
            }
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn asks_for_spans() -> RequestMetaObject {
    let meta = json!({"otel": {"traces": {"request": true, "detailed": true}}});
    serde_json::from_value(meta).unwrap()
}

/// What an input-required result asks.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) key: String,
    pub(crate) page: String,
    pub(crate) meta: String,
}

impl Asked {
    pub(crate) fn of(result: InputRequiredResult) -> Self {
        assert_eq!(result.request_state, None);
        let meta: MetaObject = result.meta.unwrap_or_default();
        let mut requests = result.input_requests.unwrap().into_iter();
        let (key, request) = requests.next().unwrap();
        assert!(requests.next().is_none());
        let InputRequest::Elicitation(request) = request else {
            panic!("{request:?}");
        };
        let ElicitRequestParams::UrlElicitationParams { url, .. } = request.params else {
            panic!("{request:?}");
        };
        Self {
            key,
            page: url,
            meta: serde_json::to_string(&meta).unwrap(),
        }
    }

    pub(crate) fn response(&self, action: &str) -> Option<Value> {
        Some(json!({self.key.clone(): {"action": action}}))
    }
}

/// How the agent shows pages: to this function; and what it says.
pub(crate) fn sign_in<V>(
    visit: impl Fn(Url) -> V + Send + Sync + 'static,
) -> (SignIn, Arc<Mutex<Vec<String>>>)
where
    V: Future<Output = Result<(), String>> + Send + 'static,
{
    let said = Arc::new(Mutex::new(Vec::new()));
    let notices = Arc::clone(&said);
    let mut sign_in = SignIn::default();
    sign_in.visit = Visit::With(Visitor::new(visit));
    sign_in.notice = Notice::new(move |text| notices.lock().unwrap().push(text.to_owned()));
    (sign_in, said)
}

pub(crate) fn never(world: &World) {
    world.arcade.set_behaviour(Behaviour::NeverComplete);
}
