//! Opaque tokens: asking the authorization server (RFC 7662).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use url::Url;
use url::form_urlencoded::{self, byte_serialize};

use super::error::AuthError;
use super::fetch;
use super::identity::Identity;
use super::jwt::scopes;
use super::verifier::{TokenError, TokenVerifier};

/// Asks the authorization server about every token, for tokens that only it
/// can read.
///
/// What it says is not kept: a token that is revoked is refused from the next
/// request on, and every request costs one more.
///
/// # Examples
///
/// ```
/// use glassbox::auth::{Auth, Introspection};
///
/// # // The examples build reqwest without a provider for TLS, and all members of a workspace share one build.
/// # let _ = rustls::crypto::ring::default_provider().install_default();
/// # fn protect(secret: String) -> Result<Auth, glassbox::auth::AuthError> {
/// let resource = "https://mcp.example.com/mcp";
/// let introspection = Introspection::new("https://auth.example.com/introspect", "mcp", secret, resource)?;
/// Ok(Auth::new(resource)
///     .authorization_server("https://auth.example.com")
///     .verifier(introspection))
/// # }
/// # protect("s3cret".to_owned()).unwrap();
/// ```
pub struct Introspection {
    endpoint: Url,
    client_id: String,
    client_secret: SecretString,
    /// Names of the server in tokens.
    resource: Vec<String>,
    client: Client,
    timeout: Duration,
}

impl Introspection {
    /// How long an answer may take: 5 s.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

    /// Asks `endpoint`, as the client that the authorization server knows under
    /// these credentials (HTTP Basic; RFC 6749, section 2.3.1). Tokens have to
    /// be for `resource`.
    ///
    /// # Errors
    ///
    /// If the endpoint is not a URL of scheme https (or http on this machine),
    /// or no HTTP client can be made.
    pub fn new(
        endpoint: &str,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
        resource: impl AsRef<str>,
    ) -> Result<Self, AuthError> {
        Ok(Self {
            endpoint: super::options::safe_url(endpoint)?,
            client_id: client_id.into(),
            client_secret: client_secret.into().into(),
            resource: super::options::names(resource.as_ref()),
            client: fetch::client()?,
            timeout: Self::DEFAULT_TIMEOUT,
        })
    }

    /// Sets how long an answer may take. Default:
    /// [`DEFAULT_TIMEOUT`](Self::DEFAULT_TIMEOUT).
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the HTTP client, for TLS or a proxy of your own. It should follow
    /// no redirects.
    #[must_use]
    pub fn with_http_client(mut self, client: Client) -> Self {
        self.client = client;
        self
    }

    fn credentials(&self) -> Option<HeaderValue> {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let secret = SecretString::from(format!(
            "{}:{}",
            encoded(&self.client_id),
            encoded(self.client_secret.expose_secret())
        ));
        let basic = format!("Basic {}", STANDARD.encode(secret.expose_secret()));
        let mut value = HeaderValue::try_from(basic).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    async fn ask(&self, token: &str) -> Option<Map<String, Value>> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token)
            .append_pair("token_type_hint", "access_token")
            .finish();
        let request = self
            .client
            .post(self.endpoint.clone())
            .header(AUTHORIZATION, self.credentials()?)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .timeout(self.timeout)
            .body(body);
        let mut response = request.send().await.ok()?;
        if response.status() != StatusCode::OK {
            tracing::warn!(status = %response.status(), "the introspection endpoint refuses to answer");
            return None;
        }
        let answer = fetch::bounded(&mut response).await.ok()?;
        serde_json::from_slice(&answer).ok()
    }
}

impl TokenVerifier for Introspection {
    async fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        let claims = self.ask(token).await.ok_or(TokenError::Unavailable)?;
        if claims.get("active") != Some(&Value::Bool(true)) {
            return Err(TokenError::Inactive);
        }
        let is_ours = |audience: &Value| self.resource.iter().any(|own| audience == own);
        let for_us = match claims.get("aud") {
            Some(Value::Array(audiences)) => audiences.iter().any(is_ours),
            Some(audience) => is_ours(audience),
            None => false,
        };
        if !for_us {
            return Err(TokenError::WrongAudience);
        }
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let subject = text("sub").filter(|subject| !subject.is_empty());
        let mut identity =
            Identity::new(subject.ok_or(TokenError::MissingClaim)?).with_scopes(scopes(&claims));
        if let Some(issuer) = text("iss") {
            identity = identity.with_issuer(issuer);
        }
        Ok(identity.with_claims(claims))
    }
}

impl fmt::Debug for Introspection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Introspection")
            .field("endpoint", &self.endpoint.as_str())
            .finish_non_exhaustive()
    }
}
