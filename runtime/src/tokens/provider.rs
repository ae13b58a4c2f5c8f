//! Where tokens come from, and how tools get them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::error::TokenError;

/// Gives tools the tokens they need for another service.
///
/// # Examples
///
/// ```
/// use glassbox::tokens::{SecretString, TokenError, TokenProvider, TokenState};
///
/// # struct Store;
/// # impl Store { async fn find(&self, _: &str) -> Option<String> { None } }
/// struct Vault(Store);
///
/// impl TokenProvider for Vault {
///     async fn token(&self, user: Option<&str>) -> Result<TokenState, TokenError> {
///         let user = user.ok_or(TokenError::Denied)?;
///         let token = self.0.find(user).await.ok_or(TokenError::Revoked)?;
///         Ok(TokenState::Ready(SecretString::from(token)))
///     }
/// }
/// ```
pub trait TokenProvider: Send + Sync + 'static {
    /// The token of `user`, or of the one account there is.
    ///
    /// # Errors
    ///
    /// Why there is none. A user who has not been asked is none of these, but
    /// [`TokenState::ConsentRequired`].
    fn token(
        &self,
        user: Option<&str>,
    ) -> impl Future<Output = Result<TokenState, TokenError>> + Send;

    /// Waits until the user has visited the page, for at most `within`. The
    /// default does not wait: it asks again.
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token); [`TokenError::Denied`] if the user does not
    /// want to.
    fn wait(
        &self,
        user: Option<&str>,
        consent: &Consent,
        within: Duration,
    ) -> impl Future<Output = Result<TokenState, TokenError>> + Send {
        let _ = (consent, within);
        self.token(user)
    }
}

/// How far a token is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TokenState {
    /// Here it is.
    Ready(SecretString),
    /// The user has to allow it first.
    ConsentRequired(Consent),
}

/// A page that the user has to visit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Consent {
    /// The page.
    pub url: Url,
    /// What the provider calls it.
    pub id: String,
}

impl Consent {
    /// A page, and the provider's name for what it is about.
    #[must_use]
    pub fn new(url: Url, id: impl Into<String>) -> Self {
        Self { url, id: id.into() }
    }
}

/// A token provider, for tools: inject it, and borrow it as `&Tokens`.
#[derive(Clone)]
pub struct Tokens(Arc<dyn Erased>);

impl Tokens {
    /// Tokens of this provider.
    pub fn new(provider: impl TokenProvider) -> Self {
        Self(Arc::new(provider))
    }

    /// The token of `user`, or of the one account there is. From then on it is
    /// looked for in everything that leaves of the request's spans.
    ///
    /// # Errors
    ///
    /// As [`TokenProvider::token`]; [`TokenError::ConsentRequired`] with the
    /// page if the user has not allowed it yet.
    pub async fn get(&self, user: Option<&str>) -> Result<SecretString, TokenError> {
        match self.0.token(user).await? {
            TokenState::Ready(token) => Ok(held_back(token)),
            TokenState::ConsentRequired(consent) => Err(TokenError::ConsentRequired(consent.url)),
        }
    }

    /// How far the token of `user` is.
    ///
    /// # Errors
    ///
    /// As [`TokenProvider::token`].
    pub async fn state(&self, user: Option<&str>) -> Result<TokenState, TokenError> {
        self.0.token(user).await.map(seen)
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
        self.0.wait(user, consent, within).await.map(seen)
    }
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
