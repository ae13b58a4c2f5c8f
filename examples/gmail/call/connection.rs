//! A connection to an MCP server, with or without a token.

use std::time::Duration;

use glassbox::client::Lift;
use glassbox::client::lift::LiftingHttpClient;
use rmcp::RoleClient;
use rmcp::model::ProtocolVersion;
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, ClientServiceExt as _, RunningService,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::AuthClient;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpClientTransportConfig,
};
use url::Url;

use super::elicit::Handler;
use super::error::{CallError, connect_error};
use crate::client::root_cause;
use crate::sign_in::{SignIn, SignInError};

/// How long the server may take to introduce itself.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) type Service = RunningService<RoleClient, Handler>;

/// Connects, and signs in if the server asks for that and it is known how.
pub(super) async fn connect(
    url: &Url,
    lift: &Lift,
    sign_in: Option<&SignIn>,
) -> Result<(Service, Option<SignedIn>), CallError> {
    // No connection is used twice: one whose last answer was not read to its end stalls the next by 40 ms.
    let http = crate::http::client(url).pool_max_idle_per_host(0).build();
    let http = http.map_err(|error| CallError::Unreachable {
        url: url.clone(),
        reason: root_cause(&error),
    })?;
    let http = lift.http_client(http);
    let handler = Handler::new(url, sign_in);
    let refused = match serve(url, http.clone(), &handler).await {
        Ok(service) => return Ok((service, None)),
        Err(refused) => refused,
    };
    let (Some(sign_in), Some(challenge)) = (sign_in, refused.challenge()) else {
        return Err(refused.into_error(url));
    };
    let mut signed_in = SignedIn::resume(url, http, sign_in, challenge).await?;
    if !signed_in.is_new {
        let refused = match serve(url, signed_in.auth.clone(), &handler).await {
            Ok(service) => return Ok((service, Some(signed_in))),
            Err(refused) => refused,
        };
        let Some(challenge) = refused.challenge() else {
            return Err(refused.into_error(url));
        };
        signed_in.renew(challenge).await?;
    }
    match serve(url, signed_in.auth.clone(), &handler).await {
        Ok(service) => Ok((service, Some(signed_in))),
        Err(refused) if refused.challenge().is_some() => Err(SignInError::StillRefused.into()),
        Err(refused) => Err(refused.into_error(url)),
    }
}

/// A sign-in that requests carry.
pub(super) struct SignedIn {
    url: Url,
    sign_in: SignIn,
    auth: AuthClient<LiftingHttpClient>,
    /// Whether the user was asked just now.
    is_new: bool,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignedIn(..)")
    }
}

impl SignedIn {
    async fn resume(
        url: &Url,
        http: LiftingHttpClient,
        sign_in: &SignIn,
        challenge: &str,
    ) -> Result<Self, SignInError> {
        let (manager, is_new) = sign_in.resume(url, challenge).await?;
        Ok(Self {
            url: url.clone(),
            sign_in: sign_in.clone(),
            auth: AuthClient::new(http, manager),
            is_new,
        })
    }

    /// Signs in anew: the requests that follow carry the new token.
    pub(super) async fn renew(&mut self, challenge: &str) -> Result<(), SignInError> {
        let granted = self
            .auth
            .auth_manager
            .lock()
            .await
            .get_current_scopes()
            .await;
        let manager = self.sign_in.renew(&self.url, challenge, granted).await?;
        *self.auth.auth_manager.lock().await = manager;
        self.is_new = true;
        Ok(())
    }
}

/// Why a server does not talk to us.
enum Refused {
    Error(Box<ClientInitializeError>),
    TimedOut,
}

impl Refused {
    /// What the server wants to see first (`WWW-Authenticate`).
    fn challenge(&self) -> Option<&str> {
        match self {
            Self::Error(error) => error.auth_challenge(),
            Self::TimedOut => None,
        }
    }

    fn into_error(self, url: &Url) -> CallError {
        match self {
            Self::Error(error) => connect_error(url, *error),
            Self::TimedOut => CallError::Unreachable {
                url: url.clone(),
                reason: format!("no answer within {} s", CONNECT_TIMEOUT.as_secs()),
            },
        }
    }
}

async fn serve<C>(url: &Url, http: C, handler: &Handler) -> Result<Service, Refused>
where
    C: StreamableHttpClient + Send + Sync + 'static,
{
    let config = StreamableHttpClientTransportConfig::with_uri(url.as_str());
    // Requests that stand for themselves (2026-07-28), or a session, if the server knows nothing else.
    let modern = ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    };
    let serve = |lifecycle| {
        let (http, config) = (http.clone(), config.clone());
        let transport = StreamableHttpClientTransport::with_client(http, config);
        handler.clone().serve_with_lifecycle(transport, lifecycle)
    };
    let connecting = async {
        match serve(modern).await {
            // Servers of older protocols refuse what they do not know in more ways than rmcp takes for that.
            Err(error) if error.auth_challenge().is_none() => {
                serve(ClientLifecycleMode::Initialize).await
            }
            connected => connected,
        }
    };
    match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(Ok(service)) => Ok(service),
        Ok(Err(error)) => Err(Refused::Error(Box::new(error))),
        Err(_) => Err(Refused::TimedOut),
    }
}
