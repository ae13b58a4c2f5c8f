//! Where tokens come from.

use std::time::Duration;

use secrecy::SecretString;
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
