//! One client on one connection, which makes one call after another.

mod http;
mod pipe;

use serde_json::{Value, json};

use self::http::HttpLane;
use self::pipe::PipeLane;
use crate::calls::Calls;
use crate::check::check;
use crate::cli::Transport;
use crate::host::Host;
use crate::plan::{Kind, Plan};

/// The protocol with sessions.
const SESSIONS: &str = "2025-11-25";
/// The protocol without.
const STATELESS: &str = "2026-07-28";

/// What kept a call from being made.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A connection of its own.
#[derive(Debug)]
pub(crate) enum Lane {
    Pipe(Box<PipeLane>),
    Http(Box<HttpLane>),
}

impl Lane {
    /// Connects.
    pub(crate) async fn open(host: &Host, transport: Transport) -> Result<Self, Failure> {
        Ok(match transport {
            Transport::Duplex => Self::Pipe(Box::new(PipeLane::open(host.clone()).await?)),
            Transport::Http => Self::Http(Box::new(HttpLane::stateless(host.url()?)?)),
            Transport::Sessions => Self::Http(Box::new(HttpLane::session(host.url()?).await?)),
        })
    }

    /// Makes a call and checks its answer. `Ok(Err(..))` says what was wrong
    /// with it.
    pub(crate) async fn run(
        &mut self,
        plan: &Plan,
        calls: &Calls,
        is_bare: bool,
    ) -> Result<Result<(), String>, Failure> {
        let message = plan.message();
        match plan.kind {
            Kind::Cancelled => {
                let watch = calls.watch(plan.number);
                match self {
                    Self::Pipe(lane) => lane.cancel(&message, watch).await?,
                    Self::Http(lane) => lane.cancel(message, watch).await?,
                }
                Ok(Ok(()))
            }
            Kind::Gone => {
                let watch = calls.watch(plan.number);
                match self {
                    Self::Pipe(lane) => lane.leave(&message, watch).await?,
                    Self::Http(lane) => lane.leave(message, watch).await?,
                }
                Ok(Ok(()))
            }
            _ => {
                // What outlives the call is held back until its answer is here.
                let _hold = (plan.kind == Kind::Late).then(|| calls.hold(plan.number));
                let answer = match self {
                    Self::Pipe(lane) => lane.call(&message).await?,
                    Self::Http(lane) => lane.call(message).await?,
                };
                Ok(check(plan, &answer, is_bare))
            }
        }
    }
}

fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": SESSIONS,
        "capabilities": {},
        "clientInfo": {"name": "soak", "version": env!("CARGO_PKG_VERSION")},
    }})
}

fn initialized() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
}

fn cancelled(call: &Value) -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": call.get("id")}})
}
