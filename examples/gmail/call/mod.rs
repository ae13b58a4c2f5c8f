//! The MCP server, as the agent and the demo see it: its tools, and calls of them that ask for spans.

mod connection;
mod elicit;
mod error;

use std::time::{Duration, Instant};

use glassbox::PassbackRequest;
use glassbox::client::{Client, Endpoint, Lift, Outcome};
use glassbox::forward::Forwarder;
use glassbox::ingest::IngestReport;
use glassbox::otlp::{OtlpPayload, Span};
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::TraceId;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, JsonObject, PaginatedRequestParams,
    Tool,
};
use rmcp::service::ServiceError;
use tokio::sync::Mutex;
use url::Url;

use self::connection::{Service, SignedIn};
use self::error::call_error;
use crate::sign_in::{SignIn, SignInError};
use crate::telemetry::Telemetry;

pub use self::elicit::ElicitError;
pub use self::error::CallError;

/// How long a call may take before the agent gives up.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the server may take to list its tools.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);
/// Pages of the list of tools that are read. Ours: a server may end its list never.
const MAX_PAGES: usize = 20;

/// A connection to an MCP server.
#[derive(Debug)]
pub struct McpClient {
    service: Service,
    client: Client,
    signed_in: Option<Mutex<SignedIn>>,
}

/// What a call brought back.
#[derive(Debug)]
#[non_exhaustive]
pub struct Observed {
    /// The tool's result.
    pub result: Result<CallToolResult, CallError>,
    /// How long the call took, on the agent's clock.
    pub duration: Duration,
    /// The trace of the call, whose other spans [`Telemetry`] has.
    pub trace_id: TraceId,
    /// The server's spans that were accepted.
    pub server_spans: Vec<Span>,
    /// The same, exactly as the server sent them.
    pub payload: Option<OtlpPayload>,
    /// What was received, accepted and refused.
    pub report: IngestReport,
    /// Whether the server says that it returns spans. It may do so without a word.
    pub is_advertised: bool,
}

impl McpClient {
    /// Connects to a server over Streamable HTTP, and records its calls in `telemetry`. Signs in if the server asks for it.
    ///
    /// # Errors
    ///
    /// [`CallError::NotListening`], [`CallError::Unreachable`], [`CallError::NotMcp`], [`CallError::Refused`] if the server
    /// refuses to be connected to, [`CallError::SignIn`], or without a `sign_in` [`CallError::Unauthorized`].
    pub async fn connect(
        url: &Url,
        sign_in: Option<&SignIn>,
        telemetry: &Telemetry,
        forwarder: Option<&Forwarder>,
    ) -> Result<Self, CallError> {
        let lift = Lift::new();
        let (service, signed_in) = connection::connect(url, &lift, sign_in).await?;
        let mut client = Client::new(service.peer().clone())
            .with_lift(lift)
            .with_tracer_provider(telemetry.provider())
            .with_timeout(CALL_TIMEOUT);
        if let Some(endpoint) = Endpoint::of_url(url.as_str()) {
            client = client.with_endpoint(endpoint);
        }
        if let Some(forwarder) = forwarder {
            client = client.with_forwarder(forwarder.clone());
        }
        Ok(Self {
            service,
            client,
            signed_in: signed_in.map(Mutex::new),
        })
    }

    /// The server's tools, over all pages up to the 20th.
    ///
    /// # Errors
    ///
    /// [`CallError`], if a page could not be had.
    pub async fn tools(&self) -> Result<Vec<Tool>, CallError> {
        let pages = async {
            let mut tools = Vec::new();
            let mut cursor = None;
            for _ in 0..MAX_PAGES {
                let params = PaginatedRequestParams::default().with_cursor(cursor);
                let page = self.service.list_tools(Some(params)).await;
                let page = page.map_err(call_error)?;
                tools.extend(page.tools);
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            Ok(tools)
        };
        tokio::time::timeout(LIST_TIMEOUT, pages)
            .await
            .map_err(|_| CallError::TimedOut(LIST_TIMEOUT))?
    }

    /// Calls a tool below the span of `parent` (or in a trace of its own), and asks for the server's spans.
    ///
    /// If the token is not good enough, or not any more, it signs in again, and calls once more. If the server asks the user
    /// to visit a page, it shows the page, and calls again until the call can go on, or nobody waits any longer.
    pub async fn call(
        &self,
        parent: &Context,
        tool: &str,
        arguments: JsonObject,
        passback: PassbackRequest,
    ) -> Observed {
        let client = self.client.clone().with_passback(passback);
        let mut params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let mut rounds = self.service.service().rounds();
        let mut earlier: Option<Observed> = None;
        loop {
            let round = rounds.in_time(self.round(&client, parent, &params)).await;
            let (mut observed, goes_on) = match (round, earlier.take()) {
                (Ok(round), earlier) => {
                    let goes_on = match &round.failed {
                        None => rounds.go_on(round.outcome.result(), &mut params).await,
                        Some(_) => Ok(false),
                    };
                    let observed = Observed::new(round, client.advertised().any());
                    (observed.after(earlier), goes_on)
                }
                (Err(error), Some(earlier)) => (earlier, Err(error)),
                // Nobody was asked, so nobody was waited for.
                (Err(_), None) => continue,
            };
            match goes_on {
                Ok(true) => earlier = Some(observed),
                Ok(false) => return observed,
                Err(error) => {
                    observed.result = Err(error.into());
                    return observed;
                }
            }
        }
    }

    /// Makes a call once, or twice if it takes a new sign-in.
    async fn round(
        &self,
        client: &Client,
        parent: &Context,
        params: &CallToolRequestParams,
    ) -> Round {
        let started = Instant::now();
        let call = || {
            client
                .call_tool_once(params.clone())
                .with_context(parent.clone())
        };
        let mut outcome = call().await;
        let mut failed = None;
        if let (Some(wanted), Some(signed_in)) = (challenge(&outcome), &self.signed_in) {
            let renewed = signed_in.lock().await.renew(wanted).await;
            match renewed {
                Ok(()) => outcome = call().await,
                Err(error) => failed = Some(error),
            }
            if failed.is_none() && challenge(&outcome).is_some() {
                failed = Some(SignInError::StillRefused);
            }
        }
        Round {
            outcome,
            failed,
            duration: started.elapsed(),
        }
    }

    /// Ends the session.
    pub async fn close(self) {
        // The server forgets a session that nobody closes, too.
        let _ = self.service.cancel().await;
    }
}

/// One answer to a call.
struct Round {
    outcome: Outcome<CallToolResponse>,
    /// Why the token is still not good enough.
    failed: Option<SignInError>,
    duration: Duration,
}

/// What the server wants to see first (`WWW-Authenticate`).
fn challenge(outcome: &Outcome<CallToolResponse>) -> Option<&str> {
    outcome
        .result()
        .err()
        .and_then(ServiceError::auth_challenge)
}

impl Observed {
    fn new(round: Round, is_advertised: bool) -> Self {
        let Round {
            outcome,
            failed,
            duration,
        } = round;
        Self {
            duration,
            trace_id: outcome.span_context().trace_id(),
            server_spans: outcome.server_spans().to_vec(),
            payload: outcome.payload().cloned(),
            report: outcome.report().clone(),
            is_advertised,
            result: match (failed, outcome.into_result()) {
                (Some(error), _) => Err(error.into()),
                (None, Ok(CallToolResponse::Complete(result))) => Ok(result),
                (None, Ok(_)) => Err(CallError::Failed("there is no result yet".to_owned())),
                (None, Err(error)) => Err(call_error(error)),
            },
        }
    }

    /// The same, with what was observed in the rounds before.
    fn after(mut self, earlier: Option<Self>) -> Self {
        if let Some(mut earlier) = earlier {
            self.duration += earlier.duration;
            self.report += &earlier.report;
            earlier.server_spans.append(&mut self.server_spans);
            self.server_spans = earlier.server_spans;
            self.payload = self.payload.or(earlier.payload);
        }
        self
    }
}
