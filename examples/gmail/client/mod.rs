//! A client of the Gmail REST API v1, for the three things that the example's tools do.

mod error;
mod mail;
mod message;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use glassbox::ToolContext;
use glassbox::http_client::{TracingMiddleware, UrlTemplate};
use glassbox::tokens::{ExposeSecret as _, FixedToken, SecretString, Tokens};
use reqwest::Method;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, RequestBuilder};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use self::error::{MAX_BODY_BYTES, TIMEOUT, refusal};
use self::mail::rfc2822;
use self::message::Message;
use crate::http::BodyError;

pub use self::error::GmailError;
pub(crate) use self::error::{chain, root_cause};
pub use self::message::{Email, MessageId, Page, Sent};

/// Where the real Gmail answers.
pub const GMAIL_API: &str = "https://gmail.googleapis.com";

/// Pages that are followed for one list; Gmail may answer with empty ones.
const MAX_PAGES: usize = 20;
/// `maxResults` of one page, at most.
const MAX_PAGE: usize = 500;

/// The label of what is in the inbox, as users.messages.list takes it in `labelIds`.
const INBOX: &str = "INBOX";

const PROFILE: &str = "/gmail/v1/users/me/profile";
const MESSAGES: &str = "/gmail/v1/users/me/messages";
const MESSAGE: &str = "/gmail/v1/users/me/messages/{id}";
const SEND: &str = "/gmail/v1/users/me/messages/send";

/// An OAuth access token. Its `Debug` does not show it.
#[derive(Clone)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// Takes a token as it stands after `Bearer`.
    #[must_use]
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self(token.into())
    }

    /// Whether the token can stand in an `Authorization` header: visible ASCII, without spaces.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let token = self.0.expose_secret();
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

/// A Gmail account.
#[derive(Clone)]
pub struct Gmail {
    http: ClientWithMiddleware,
    base: Url,
    tokens: Tokens,
}

impl fmt::Debug for Gmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gmail")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

impl Gmail {
    /// A client of the account that `token` belongs to, at `base` (the real one: [`GMAIL_API`]).
    ///
    /// # Errors
    ///
    /// [`GmailError::InvalidBase`] if `base` is no `http` or `https` URL.
    pub fn new(base: &str, token: AccessToken) -> Result<Self, GmailError> {
        Self::with_tokens(base, Tokens::new(FixedToken::new(token.0)))
    }

    /// A client of the account whose tokens these are.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_tokens(base: &str, tokens: Tokens) -> Result<Self, GmailError> {
        let invalid = || GmailError::InvalidBase(base.to_owned());
        let base = Url::parse(base).map_err(|_| invalid())?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(invalid());
        }
        let client = crate::http::client(&base)
            .timeout(TIMEOUT)
            .build()
            .map_err(|_| invalid())?;
        let http = ClientBuilder::new(client)
            .with(TracingMiddleware::new())
            .build();
        Ok(Self { http, base, tokens })
    }

    /// Gets the access token of whoever calls, checks it by asking Gmail whose it is, and gives it out.
    ///
    /// # Errors
    ///
    /// [`GmailError`]; a wrong or expired token is [`GmailError::Refused`] with 401.
    pub async fn token(&self, context: &ToolContext) -> Result<AccessToken, GmailError> {
        self.checked(self.tokens.get(context).await?).await
    }

    /// The same of `user`, or of the one account there is.
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token).
    pub async fn token_for(&self, user: Option<&str>) -> Result<AccessToken, GmailError> {
        self.checked(self.tokens.get_for(user).await?).await
    }

    async fn checked(&self, token: SecretString) -> Result<AccessToken, GmailError> {
        /// What tells that somebody is known by this token.
        #[derive(Deserialize)]
        struct Profile {
            #[serde(rename = "emailAddress")]
            _email_address: String,
        }
        let token = AccessToken::new(token);
        let request = self.request(Method::GET, PROFILE, PROFILE, &token)?;
        self.answer::<Profile>(request, "profile").await?;
        Ok(token)
    }

    /// The newest `max` messages of the inbox that fit a search, over as many pages as it takes.
    ///
    /// # Errors
    ///
    /// [`GmailError`] of the first page that fails.
    pub async fn list_messages(
        &self,
        token: &AccessToken,
        max: u32,
        query: &str,
    ) -> Result<Vec<MessageId>, GmailError> {
        let max = max as usize;
        let mut ids = Vec::new();
        let mut page_token = None;
        for _ in 0..MAX_PAGES {
            let page = self
                .page(
                    token,
                    max - ids.len(),
                    &[("labelIds", INBOX), ("q", query)],
                    page_token.as_deref(),
                )
                .await?;
            ids.extend(page.messages.into_iter().take(max - ids.len()));
            page_token = page.next_page_token;
            if page_token.is_none() || ids.len() == max {
                break;
            }
        }
        Ok(ids)
    }

    /// One page of all messages, newest first.
    ///
    /// # Errors
    ///
    /// [`GmailError`]; a page token that Gmail did not give is [`GmailError::Refused`] with 400.
    pub async fn list_page(
        &self,
        token: &AccessToken,
        size: usize,
        page_token: Option<&str>,
    ) -> Result<Page, GmailError> {
        self.page(token, size, &[], page_token).await
    }

    /// One page of the messages that `restrictions` leave; empty ones restrict nothing.
    async fn page(
        &self,
        token: &AccessToken,
        size: usize,
        restrictions: &[(&str, &str)],
        page_token: Option<&str>,
    ) -> Result<Page, GmailError> {
        let size = size.min(MAX_PAGE).to_string();
        let mut parameters = vec![("maxResults", size.as_str())];
        let given = restrictions
            .iter()
            .filter(|(_, value)| !value.trim().is_empty());
        parameters.extend(given);
        parameters.extend(page_token.map(|token| ("pageToken", token)));
        let request = self
            .request(Method::GET, MESSAGES, MESSAGES, token)?
            .query(&parameters);
        self.answer(request, "list of messages").await
    }

    /// The headers and the snippet of one message.
    ///
    /// # Errors
    ///
    /// [`GmailError`]; an unknown id is [`GmailError::Refused`] with 404.
    pub async fn message(&self, token: &AccessToken, id: &MessageId) -> Result<Email, GmailError> {
        let parameters = [
            ("format", "metadata"),
            ("metadataHeaders", "From"),
            ("metadataHeaders", "To"),
            ("metadataHeaders", "Subject"),
            ("metadataHeaders", "Date"),
        ];
        let path = MESSAGE.replace("{id}", id.checked()?);
        let request = self
            .request(Method::GET, &path, MESSAGE, token)?
            .query(&parameters);
        let message: Message = self.answer(request, "message").await?;
        Ok(message.into())
    }

    /// Sends a mail as plain text.
    ///
    /// # Errors
    ///
    /// [`GmailError::InvalidRecipient`] and [`GmailError::InvalidSubject`] before anything is sent, otherwise
    /// [`GmailError`].
    pub async fn send(
        &self,
        token: &AccessToken,
        to: &str,
        subject: &str,
        body: &str,
    ) -> Result<Sent, GmailError> {
        #[derive(Serialize)]
        struct Raw {
            raw: String,
        }
        let raw = URL_SAFE_NO_PAD.encode(rfc2822(to, subject, body)?);
        let request = self
            .request(Method::POST, SEND, SEND, token)?
            .json(&Raw { raw });
        self.answer(request, "sent message").await
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        template: &'static str,
        token: &AccessToken,
    ) -> Result<RequestBuilder, GmailError> {
        let url = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| GmailError::InvalidBase(url))?;
        Ok(self
            .http
            .request(method, url)
            .bearer_auth(token.0.expose_secret())
            .with_extension(UrlTemplate(template)))
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        expected: &'static str,
    ) -> Result<T, GmailError> {
        let mut response = request.send().await.map_err(|error| self.failure(error))?;
        let status = response.status();
        let body = crate::http::body(&mut response, MAX_BODY_BYTES).await;
        let body = body.map_err(|error| match error {
            BodyError::TooLarge => GmailError::TooLarge,
            BodyError::Lost(error) => self.failure(error.into()),
        })?;
        if !status.is_success() {
            return Err(refusal(status, &body));
        }
        serde_json::from_slice(&body).map_err(|_| GmailError::InvalidBody { expected })
    }

    fn failure(&self, error: reqwest_middleware::Error) -> GmailError {
        match error {
            reqwest_middleware::Error::Reqwest(error) if error.is_timeout() => GmailError::TimedOut,
            reqwest_middleware::Error::Reqwest(error) if error.is_connect() => {
                let base = self.base.origin().ascii_serialization();
                GmailError::Unreachable {
                    base,
                    source: error.without_url(),
                }
            }
            reqwest_middleware::Error::Reqwest(error) => {
                GmailError::Broken(root_cause(&error.without_url()))
            }
            reqwest_middleware::Error::Middleware(error) => GmailError::Broken(error.to_string()),
        }
    }
}
