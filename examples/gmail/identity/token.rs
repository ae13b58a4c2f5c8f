//! Access tokens: JWTs as RFC 9068 profiles them.

use std::time::Duration;

use jsonwebtoken::Header;
use serde::Serialize;

use super::error::OAuthError;
use super::secret::{Digest, NoEntropy, random};
use super::state::{Access, Family, Shared};
use super::store::Full;
use super::{USER, USER_EMAIL};

/// The client of a token that was made for a test.
const NO_CLIENT: &str = "none";

/// A token could not be issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The token could not be signed.
    #[error("the token could not be signed: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
    /// The system has no random numbers.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The provider is full.
    #[error(
        "the identity provider holds as many tokens as it can; wait until some expire, or set a larger capacity"
    )]
    Full,
}

impl From<Full> for TokenError {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

impl From<TokenError> for OAuthError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Full => Self::full(),
            TokenError::Signing(_) | TokenError::NoEntropy(_) => Self::server_error(),
        }
    }
}

/// What an access token says.
#[derive(Clone, Serialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    sub: String,
    email: String,
    pub(super) client_id: String,
    scope: String,
    iat: u64,
    nbf: u64,
    exp: u64,
    jti: String,
}

/// For whom a token is.
pub(super) struct Audience<'a> {
    pub(super) subject: &'a str,
    pub(super) client_id: &'a str,
    pub(super) resource: &'a str,
    pub(super) scope: String,
}

impl Shared {
    /// Signs a token, and remembers it as one of its family.
    pub(super) fn issue(
        &self,
        audience: Audience<'_>,
        family: Family,
        lifetime: Duration,
    ) -> Result<String, TokenError> {
        let now = self.now();
        let expires = now.saturating_add(lifetime);
        let email = match audience.subject {
            USER => USER_EMAIL.to_owned(),
            other => format!("{other}@example.com"),
        };
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: audience.resource.to_owned(),
            sub: audience.subject.to_owned(),
            email,
            client_id: audience.client_id.to_owned(),
            scope: audience.scope,
            iat: now.as_secs(),
            nbf: now.as_secs(),
            exp: expires.as_secs(),
            jti: random()?,
        };
        let token = self.sign(&claims, expires)?;
        let mut state = self.state();
        let access = Access { claims, family };
        state
            .access
            .insert(Digest::of(&token), access, now, expires)?;
        state.counts.issued += 1;
        Ok(token)
    }

    fn sign(&self, claims: &Claims, expires: Duration) -> Result<String, TokenError> {
        let mut keys = self.keys();
        let key = keys.sign_until(expires);
        let mut header = Header::new(key.algorithm);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(key.id.clone());
        Ok(jsonwebtoken::encode(&header, claims, &key.encoding)?)
    }

    pub(super) fn token_for(
        &self,
        subject: &str,
        audience: &str,
        scopes: &[&str],
        lifetime: Duration,
    ) -> Result<String, TokenError> {
        let now = self.now();
        let family = {
            let mut state = self.state();
            let family = state.new_family();
            state.keep(family, now, now.saturating_add(lifetime))?;
            family
        };
        let audience = Audience {
            subject,
            client_id: NO_CLIENT,
            resource: audience,
            scope: scopes.join(" "),
        };
        self.issue(audience, family, lifetime)
    }
}
