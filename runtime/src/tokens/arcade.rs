//! Arcade keeps the tokens, and asks the users.

use std::time::{Duration, Instant};

use http::StatusCode;
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::error::TokenError;
use super::fetch;
use super::provider::{Consent, TokenProvider, TokenState};

/// How long an answer may take that nobody is waited for.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long one request may wait for the user: Arcade's maximum.
const MAX_WAIT: Duration = Duration::from_secs(59);

/// How far two such requests are apart at least, whether they waited or not.
const PAUSE: Duration = Duration::from_secs(1);

/// Tokens that [Arcade](https://www.arcade.dev) keeps (its authorization API,
/// `/v1/tools/authorize`, `/v1/auth/authorize` and `/v1/auth/status`).
///
/// Arcade asks each user once, refreshes, and hands out tokens that are good; so
/// it is asked every time, and nothing is kept here.
#[derive(Clone, Debug)]
pub struct Arcade {
    base: Url,
    key: SecretString,
    user: Option<String>,
    wanted: Wanted,
    client: Client,
}

#[derive(Clone, Debug)]
enum Wanted {
    Tool(String),
    Provider { id: String, scopes: Vec<String> },
}

impl Arcade {
    /// Where Arcade answers.
    pub const DEFAULT_URL: &'static str = "https://api.arcade.dev";

    /// Tokens for one of Arcade's tools, such as `Gmail.ListEmails`, of whoever
    /// calls. `base` is [`DEFAULT_URL`](Self::DEFAULT_URL), or where else Arcade
    /// answers; the client should follow no redirects.
    ///
    /// Arcade has to know users by the names that this server's callers have,
    /// and to make sure that nobody consents in the place of somebody else (its
    /// user verification).
    pub fn for_tool(
        base: Url,
        client: Client,
        key: impl Into<SecretString>,
        tool: impl Into<String>,
    ) -> Self {
        Self {
            base,
            key: key.into(),
            user: None,
            wanted: Wanted::Tool(tool.into()),
            client,
        }
    }

    /// Tokens of a provider that Arcade knows, such as `google`, with these
    /// scopes; otherwise as [`for_tool`](Self::for_tool).
    pub fn for_provider(
        base: Url,
        client: Client,
        key: impl Into<SecretString>,
        provider: impl Into<String>,
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            base,
            key: key.into(),
            user: None,
            wanted: Wanted::Provider {
                id: provider.into(),
                scopes: scopes.into_iter().map(Into::into).collect(),
            },
            client,
        }
    }

    /// Takes the tokens of this user, whoever calls: whoever may call the tools
    /// acts for the account.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    fn endpoint(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let base = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{base}{path}"));
        url
    }

    async fn ask(
        &self,
        request: RequestBuilder,
        timeout: Duration,
    ) -> Result<TokenState, TokenError> {
        let request = request.bearer_auth(self.key.expose_secret());
        let (status, body) = fetch::send(request, timeout).await?;
        if status != StatusCode::OK {
            return Err(TokenError::Refused(status));
        }
        let answer = serde_json::from_slice::<Answer>(body.expose_secret());
        self.state(answer.map_err(|_| TokenError::InvalidAnswer)?)
    }

    fn state(&self, answer: Answer) -> Result<TokenState, TokenError> {
        match answer.status.as_str() {
            "completed" => {
                let token = answer.context.and_then(|context| context.token);
                let token = token.ok_or(TokenError::InvalidAnswer)?;
                fetch::usable(token).map(TokenState::Ready)
            }
            "failed" => Err(TokenError::Denied),
            "pending" | "not_started" => {
                let page = answer.url.and_then(|url| Url::parse(&url).ok());
                let page = page.filter(|page| self.may_show(page));
                let url = page.ok_or(TokenError::InvalidAnswer)?;
                Ok(TokenState::ConsentRequired(Consent::new(url, answer.id)))
            }
            _ => Err(TokenError::InvalidAnswer),
        }
    }

    /// Users are sent to `https` only, unless this is a stand-in that speaks
    /// `http` itself.
    fn may_show(&self, page: &Url) -> bool {
        page.scheme() == "https" || (page.scheme() == "http" && self.base.scheme() == "http")
    }
}

/// What Arcade says of an authorization.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    id: String,
    status: String,
    url: Option<String>,
    context: Option<TokenContext>,
}

#[derive(Deserialize)]
struct TokenContext {
    token: Option<String>,
}

impl TokenProvider for Arcade {
    async fn token(&self, user: Option<&str>) -> Result<TokenState, TokenError> {
        let user = self.user.as_deref().or(user).ok_or(TokenError::NoUser)?;
        let (path, body): (_, Value) = match &self.wanted {
            Wanted::Tool(name) => (
                "/v1/tools/authorize",
                json!({"tool_name": name, "user_id": user}),
            ),
            Wanted::Provider { id, scopes } => (
                "/v1/auth/authorize",
                json!({
                    "user_id": user,
                    "auth_requirement": {
                        "provider_id": id,
                        "provider_type": "oauth2",
                        "oauth2": {"scopes": scopes},
                    },
                }),
            ),
        };
        let request = self.client.post(self.endpoint(path)).json(&body);
        self.ask(request, TIMEOUT).await
    }

    async fn wait(
        &self,
        _: Option<&str>,
        consent: &Consent,
        within: Duration,
    ) -> Result<TokenState, TokenError> {
        let started = Instant::now();
        loop {
            let left = within.saturating_sub(started.elapsed());
            let wait = left.min(MAX_WAIT);
            let mut url = self.endpoint("/v1/auth/status");
            url.query_pairs_mut()
                .append_pair("id", &consent.id)
                .append_pair("wait", &wait.as_secs().to_string());
            let pause = tokio::time::sleep(PAUSE.min(wait));
            match self.ask(self.client.get(url), wait + TIMEOUT).await? {
                TokenState::ConsentRequired(_) if wait.as_secs() > 0 => pause.await,
                state => return Ok(state),
            }
        }
    }
}
