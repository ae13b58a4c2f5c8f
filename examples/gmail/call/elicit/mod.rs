//! Pages that the server asks the user to visit before a call can go on.
//!
//! The client offers URL elicitation (`elicitation.url`), and nothing else that a server could ask for. The page is shown
//! in full, and who asks for it; a browser opens it only if the user says so (MCP, Elicitation, Safe URL Handling).
//!
//! ```text
//! rounds   a call, made again until it can go on        pages   what the user is shown
//! ```

mod pages;
mod rounds;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationCapability,
    Implementation, UrlElicitationCapability,
};
use rmcp::service::RequestContext;
use rmcp::{ClientHandler, ErrorData, RoleClient};
use url::Url;

use self::pages::{MAX_PAGES, Pages, Shown};
use self::rounds::Rounds;
use crate::sign_in::SignIn;
use crate::telemetry::SERVICE_NAME;

/// Why a call did not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ElicitError {
    /// The user does not want to visit the page, or it is none that a person should be sent to.
    #[error("the call cannot go on without the page that the server asked to visit")]
    Declined,
    /// Nobody did there what the call needs.
    #[error(
        "nobody allowed within {} s what the call needs; what is allowed later counts for the next call",
        .0.as_secs()
    )]
    TimedOut(Duration),
    /// The server wants to know something that nobody can tell it.
    #[error("the server asks for something that this agent has not offered")]
    NotOffered,
    /// There is no end of it.
    #[error("the server asks for more than {MAX_PAGES} pages")]
    TooManyPages,
}

/// The client's side of a connection: what it offers, and who shows pages.
#[derive(Clone)]
pub(super) struct Handler(Option<Arc<Pages>>);

impl Handler {
    /// Shows pages as `sign_in` does; without it, it does not offer to.
    pub(super) fn new(server: &Url, sign_in: Option<&SignIn>) -> Self {
        Self(sign_in.map(|sign_in| Arc::new(Pages::new(server.clone(), sign_in.clone()))))
    }

    /// The rounds of one call.
    pub(super) fn rounds(&self) -> Rounds {
        Rounds::new(self.0.clone())
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler(..)")
    }
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        if self.0.is_some() {
            let url = UrlElicitationCapability::default();
            capabilities.elicitation = Some(ElicitationCapability::default().with_url(url));
        }
        let version = env!("CARGO_PKG_VERSION");
        ClientConfig::new(capabilities, Implementation::new(SERVICE_NAME, version))
    }

    /// A server that asks while the call runs waits by itself for what is done on the page.
    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let action = match (&request, &self.0) {
            (ElicitRequestParams::UrlElicitationParams { message, url, .. }, Some(pages)) => {
                pages.show(message, url).await.unwrap_or(Shown::Declined)
            }
            _ => Shown::Declined,
        };
        Ok(ElicitResult::new(action.action()))
    }
}
