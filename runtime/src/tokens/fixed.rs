//! One token for everybody.

use secrecy::SecretString;

use super::error::TokenError;
use super::provider::{TokenProvider, TokenState};

/// A token that was given to the process, such as in its environment.
///
/// It is the same for every user: whoever may call the tools acts for the
/// account that it belongs to.
#[derive(Clone, Debug)]
pub struct FixedToken(SecretString);

impl FixedToken {
    /// Hands out this token.
    #[must_use]
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self(token.into())
    }
}

impl TokenProvider for FixedToken {
    async fn token(&self, _: Option<&str>) -> Result<TokenState, TokenError> {
        Ok(TokenState::Ready(self.0.clone()))
    }
}
