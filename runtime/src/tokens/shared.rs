//! How tools get tokens.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use super::consent::Asking;
use super::error::TokenError;
use super::provider::{Consent, TokenProvider, TokenState};
use crate::ToolContext;
use crate::phase::{Outcome, Phase};

/// How long a call waits for a user who is on the way to the page. Ours: many
/// clients and proxies give up a request after a minute.
const CONSENT_WAIT: Duration = Duration::from_secs(45);
/// After how long the provider is asked anew meanwhile: what the user allows may
/// count for more than the page that was waited for.
const ROUND: Duration = Duration::from_secs(10);
/// How far two questions are apart at least.
const PAUSE: Duration = Duration::from_millis(500);
/// Phase in which the user is waited for.
const CONSENT: &str = "auth.consent";

/// A token provider, for tools: inject it, and borrow it as `&Tokens`.
#[derive(Clone)]
pub struct Tokens {
    provider: Arc<dyn Erased>,
    consent_wait: Duration,
}

impl Tokens {
    /// Tokens of this provider.
    pub fn new(provider: impl TokenProvider) -> Self {
        Self {
            provider: Arc::new(provider),
            consent_wait: CONSENT_WAIT,
        }
    }

    /// Sets how long a call waits for a user who has agreed to visit the page
    /// (default 45 s: many clients and proxies give up a request after a minute).
    #[must_use]
    pub fn with_consent_wait(mut self, consent_wait: Duration) -> Self {
        self.consent_wait = consent_wait;
        self
    }

    /// The token of whoever calls ([`Identity::name`](crate::auth::Identity::name)),
    /// or of the one account there is. From then on it is looked for in
    /// everything that leaves of the request's spans.
    ///
    /// If the user has not allowed it yet, fail with the error, in whatever
    /// words: the server then answers with the page, as the client can take it.
    /// The call comes again when the user has agreed to visit the page, and this
    /// waits for them, as the phase `auth.consent`.
    ///
    /// With several authorization servers a name has to mean the same person at
    /// all of them.
    ///
    /// # Errors
    ///
    /// As [`TokenProvider::token`]; [`TokenError::ConsentRequired`] with the
    /// page if the user has not allowed it yet.
    pub async fn get(&self, context: &ToolContext) -> Result<SecretString, TokenError> {
        let user = caller(context);
        let mut consent = match self.state(user).await? {
            TokenState::Ready(token) => return Ok(token),
            TokenState::ConsentRequired(consent) => consent,
        };
        let asking = Asking::of(context.request());
        if asking.is_some_and(|asking| asking.take_accepted(&consent)) {
            match self.consented(user, consent).await? {
                TokenState::Ready(token) => return Ok(token),
                TokenState::ConsentRequired(newer) => consent = newer,
            }
        }
        if let Some(asking) = asking {
            asking.ask(&consent.url);
        }
        Err(TokenError::ConsentRequired(consent.url))
    }

    /// The token of `user`, or of the one account there is, where there is no
    /// request, or it does not say whose token is wanted.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get). The page is shown to nobody but you.
    pub async fn get_for(&self, user: Option<&str>) -> Result<SecretString, TokenError> {
        match self.state(user).await? {
            TokenState::Ready(token) => Ok(token),
            TokenState::ConsentRequired(consent) => Err(TokenError::ConsentRequired(consent.url)),
        }
    }

    /// How far the token of `user` is.
    ///
    /// # Errors
    ///
    /// As [`TokenProvider::token`].
    pub async fn state(&self, user: Option<&str>) -> Result<TokenState, TokenError> {
        self.provider.token(user).await.map(seen)
    }

    /// Waits for the user, for at most `within`.
    ///
    /// # Errors
    ///
    /// As [`TokenProvider::wait`].
    pub async fn wait(
        &self,
        user: Option<&str>,
        consent: &Consent,
        within: Duration,
    ) -> Result<TokenState, TokenError> {
        self.provider.wait(user, consent, within).await.map(seen)
    }

    /// Waits for a user who is on the way.
    async fn consented(
        &self,
        user: Option<&str>,
        mut consent: Consent,
    ) -> Result<TokenState, TokenError> {
        let deadline = Instant::now() + self.consent_wait;
        let waiting = async {
            loop {
                let left = deadline.saturating_duration_since(Instant::now());
                let pause = tokio::time::sleep(PAUSE.min(left));
                if let ready @ TokenState::Ready(_) =
                    self.wait(user, &consent, left.min(ROUND)).await?
                {
                    return Ok(ready);
                }
                match self.state(user).await? {
                    TokenState::ConsentRequired(newer) if !left.is_zero() => consent = newer,
                    state => return Ok(state),
                }
                pause.await;
            }
        };
        let outcome = |state: &Result<TokenState, TokenError>| match state {
            Ok(TokenState::Ready(_)) => Outcome::value(),
            Ok(TokenState::ConsentRequired(_)) => Outcome::error("consent_required"),
            Err(error) => Outcome::error(error.kind()),
        };
        Phase::start(CONSENT, |_| {}).run(waiting, outcome).await
    }
}

#[cfg(feature = "auth")]
fn caller(context: &ToolContext) -> Option<&str> {
    context.identity().map(crate::auth::Identity::name)
}

#[cfg(not(feature = "auth"))]
fn caller(_: &ToolContext) -> Option<&str> {
    None
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tokens(..)")
    }
}

fn seen(state: TokenState) -> TokenState {
    match state {
        TokenState::Ready(token) => TokenState::Ready(held_back(token)),
        other => other,
    }
}

fn held_back(token: SecretString) -> SecretString {
    // Too short a token, or one too many, is said by the counters: see `redact`.
    crate::redact(token.expose_secret()).ok();
    token
}

type Waiting<'a> = Pin<Box<dyn Future<Output = Result<TokenState, TokenError>> + Send + 'a>>;

/// A provider of any type.
trait Erased: Send + Sync {
    fn token<'a>(&'a self, user: Option<&'a str>) -> Waiting<'a>;
    fn wait<'a>(
        &'a self,
        user: Option<&'a str>,
        consent: &'a Consent,
        within: Duration,
    ) -> Waiting<'a>;
}

impl<P: TokenProvider> Erased for P {
    fn token<'a>(&'a self, user: Option<&'a str>) -> Waiting<'a> {
        Box::pin(TokenProvider::token(self, user))
    }

    fn wait<'a>(
        &'a self,
        user: Option<&'a str>,
        consent: &'a Consent,
        within: Duration,
    ) -> Waiting<'a> {
        Box::pin(TokenProvider::wait(self, user, consent, within))
    }
}
