//! A Gmail that runs anywhere: the part of the Gmail REST API v1 that the example calls, on a real socket.
//!
//! It answers `users.getProfile`, `users.messages.list`, `users.messages.get` and `users.messages.send` with Google's
//! field names and error bodies, asks for a bearer token, and takes about as long as Gmail does. The mailbox
//! ([`mailbox`]) has fixed contents; mail sent to it shows up in it. What it does not do: threads, drafts, attachments,
//! labels beyond those of its mailbox, `OR` and brackets in searches.

mod api;
mod error;
pub mod mailbox;
mod parameters;
mod search;

use std::future::IntoFuture as _;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::mailbox::Mailbox;

/// The bearer token that a simulator expects unless told otherwise.
pub const SIMULATED_TOKEN: &str = "simulated-access-token";

/// How a simulator behaves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SimulatorConfig {
    /// The bearer token that calls have to carry (default [`SIMULATED_TOKEN`]).
    pub access_token: String,
    /// Factor on the latencies (default 1: about Gmail's; 0 for tests).
    pub latency: f64,
    /// The HTTP status that every call fails with (default: none).
    pub fail: Option<u16>,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self {
            access_token: SIMULATED_TOKEN.to_owned(),
            latency: 1.0,
            fail: None,
        }
    }
}

impl SimulatorConfig {
    /// Sets the factor on the latencies.
    #[must_use]
    pub fn with_latency(mut self, factor: f64) -> Self {
        self.latency = factor;
        self
    }

    /// Sets the HTTP status that every call fails with.
    #[must_use]
    pub fn with_fail(mut self, status: Option<u16>) -> Self {
        self.fail = status;
        self
    }

    /// Sets the bearer token that calls have to carry.
    #[must_use]
    pub fn with_access_token(mut self, token: impl Into<String>) -> Self {
        self.access_token = token.into();
        self
    }
}

/// A running simulator on a free port of the loopback interface. It stops when dropped.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<io::Result<()>>,
}

impl Simulator {
    /// Starts a simulator.
    ///
    /// # Errors
    ///
    /// If the loopback interface has no free port.
    pub async fn start(config: SimulatorConfig) -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            config,
            mailbox: Mutex::new(Mailbox::default()),
        });
        let task =
            tokio::spawn(axum::serve(listener, api::router(Arc::clone(&shared))).into_future());
        Ok(Self {
            address,
            shared,
            task,
        })
    }

    /// The base URL, in the place of `https://gmail.googleapis.com`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The mailbox as it is now.
    #[must_use]
    pub fn mailbox(&self) -> Mailbox {
        self.shared.mailbox().clone()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the handlers share.
#[derive(Debug)]
struct Shared {
    config: SimulatorConfig,
    mailbox: Mutex<Mailbox>,
}

impl Shared {
    /// The mailbox stays usable after a panic elsewhere: each change to it is a single push.
    fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits as long as Gmail would.
    async fn wait(&self, latency: Duration) {
        let factor = self.config.latency;
        if factor > 0.0 && factor.is_finite() {
            tokio::time::sleep(latency.mul_f64(factor.min(1000.0))).await;
        }
    }
}
