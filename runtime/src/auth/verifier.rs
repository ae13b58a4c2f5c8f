//! Tokens into identities.

use std::pin::Pin;

use super::identity::Identity;

/// Decides whether an access token is valid, and whose it is.
///
/// JWTs are checked without one of these. Implement it for opaque tokens; for
/// introspection (RFC 7662) there is [`Introspection`](super::Introspection).
///
/// A verifier has to check that the token was issued for this server (RFC
/// 8707): one for another resource is [`TokenError::WrongAudience`].
///
/// # Examples
///
/// ```
/// use glassbox::auth::{Identity, TokenError, TokenVerifier};
///
/// struct OneKey(String);
///
/// impl TokenVerifier for OneKey {
///     async fn verify(&self, token: &str) -> Result<Identity, TokenError> {
/// #       fn same(_: &str, _: &str) -> bool { true }
///         // `same` takes as long for a wrong token as for the right one.
///         if same(token, &self.0) {
///             Ok(Identity::new("owner").with_scopes(["files.read"]))
///         } else {
///             Err(TokenError::Inactive)
///         }
///     }
/// }
/// ```
pub trait TokenVerifier: Send + Sync + 'static {
    /// Checks `token`.
    ///
    /// # Errors
    ///
    /// Why the token is not accepted. The client does not learn it: all reasons
    /// but [`TokenError::Unavailable`] look the same from outside.
    fn verify(&self, token: &str) -> impl Future<Output = Result<Identity, TokenError>> + Send;
}

/// Why a token is not accepted: for counters and the server's log, not for the
/// client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is not a token of the expected form.
    #[error("the token is malformed")]
    Malformed,
    /// It is signed with an algorithm that is not accepted, or not with the
    /// one its key is for.
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    /// It comes from somebody this server does not trust.
    #[error("the token is from another issuer")]
    UnknownIssuer,
    /// Its issuer has no such key.
    #[error("the token is signed with a key its issuer does not have")]
    UnknownKey,
    /// Its signature does not fit.
    #[error("the token's signature is wrong")]
    Signature,
    /// It was valid once.
    #[error("the token has expired")]
    Expired,
    /// It will be valid later.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// It is for another resource (RFC 8707).
    #[error("the token is for another resource")]
    WrongAudience,
    /// A claim is missing that has to be there.
    #[error("the token lacks a claim")]
    MissingClaim,
    /// The authorization server says that it is not valid (RFC 7662).
    #[error("the token is not active")]
    Inactive,
    /// It could not be checked: the authorization server does not answer. The
    /// client is told to try again later.
    #[error("the token cannot be checked now")]
    Unavailable,
}

type Verified<'a> = Pin<Box<dyn Future<Output = Result<Identity, TokenError>> + Send + 'a>>;

/// [`TokenVerifier`] without its type.
pub(super) trait DynVerifier: Send + Sync {
    fn verify<'a>(&'a self, token: &'a str) -> Verified<'a>;
}

impl<V: TokenVerifier> DynVerifier for V {
    fn verify<'a>(&'a self, token: &'a str) -> Verified<'a> {
        Box::pin(TokenVerifier::verify(self, token))
    }
}
