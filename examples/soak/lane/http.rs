//! A client over Streamable HTTP.

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::{Failure, SESSIONS, STATELESS, cancelled, initialize, initialized};
use crate::calls::Watch;

const SESSION_ID: &str = "mcp-session-id";
const PROTOCOL_VERSION: &str = "mcp-protocol-version";

/// A client with a connection of its own.
#[derive(Debug)]
pub(crate) struct HttpLane {
    url: String,
    http: Client,
    session: Option<String>,
}

impl HttpLane {
    pub(super) fn stateless(url: &str) -> Result<Self, Failure> {
        // reqwest comes without TLS of its own here. Fails only if there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            url: url.to_owned(),
            http: Client::builder().no_proxy().build()?,
            session: None,
        })
    }

    pub(super) async fn session(url: &str) -> Result<Self, Failure> {
        let mut lane = Self::stateless(url)?;
        lane.begin_session().await?;
        Ok(lane)
    }

    async fn begin_session(&mut self) -> Result<(), Failure> {
        self.session = None;
        let response = self
            .request(&initialize())
            .send()
            .await?
            .error_for_status()?;
        let session = response.headers().get(SESSION_ID).ok_or("no session")?;
        self.session = Some(session.to_str()?.to_owned());
        response.bytes().await?;
        self.post(&initialized()).await
    }

    fn request(&self, message: &Value) -> RequestBuilder {
        let request = self
            .http
            .post(&self.url)
            .header(ACCEPT, "application/json, text/event-stream")
            .header(CONTENT_TYPE, "application/json");
        let method = message
            .get("method")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let request = match &self.session {
            Some(session) => request
                .header(SESSION_ID, session)
                .header(PROTOCOL_VERSION, SESSIONS),
            None if method == "initialize" => request,
            None => {
                let name = message
                    .pointer("/params/name")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                request
                    .header(PROTOCOL_VERSION, STATELESS)
                    .header("mcp-method", method)
                    .header("mcp-name", name)
            }
        };
        request.body(message.to_string())
    }

    async fn post(&self, message: &Value) -> Result<(), Failure> {
        self.request(message)
            .send()
            .await?
            .error_for_status()?
            .bytes()
            .await?;
        Ok(())
    }

    /// What the protocol without sessions wants with every request.
    fn complete(&self, mut message: Value) -> Value {
        let meta = message
            .pointer_mut("/params/_meta")
            .and_then(Value::as_object_mut);
        if let (None, Some(meta)) = (&self.session, meta) {
            meta.insert(
                "io.modelcontextprotocol/protocolVersion".to_owned(),
                STATELESS.into(),
            );
            meta.insert(
                "io.modelcontextprotocol/clientCapabilities".to_owned(),
                json!({}),
            );
        }
        message
    }

    pub(super) async fn call(&self, message: Value) -> Result<Value, Failure> {
        let response = self.request(&self.complete(message)).send().await?;
        let is_events = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind == "text/event-stream");
        let body = response.text().await?;
        let message = if is_events { last_event(&body) } else { &body };
        Ok(serde_json::from_str(message)?)
    }

    /// Cancels a call that is inside; without a session there is no way to, but
    /// to leave it.
    pub(super) async fn cancel(&self, message: Value, watch: Watch) -> Result<(), Failure> {
        let cancelled = cancelled(&message);
        let calling = tokio::spawn(self.request(&self.complete(message)).send());
        watch.entered.await?;
        if self.session.is_some() {
            self.post(&cancelled).await?;
        } else {
            calling.abort();
        }
        // Ready when the other end is dropped.
        let _ = watch.left.await;
        calling.abort();
        Ok(())
    }

    /// Ends the session while a call is inside, and begins another. Without a
    /// session, the connection is closed.
    pub(super) async fn leave(&mut self, message: Value, watch: Watch) -> Result<(), Failure> {
        let Some(session) = self.session.clone() else {
            return self.cancel(message, watch).await;
        };
        let calling = tokio::spawn(self.request(&message).send());
        watch.entered.await?;
        let deleted = self
            .http
            .delete(&self.url)
            .header(SESSION_ID, session)
            .send()
            .await?;
        deleted.error_for_status()?;
        calling.abort();
        self.begin_session().await
    }
}

/// The last message of an event stream.
fn last_event(events: &str) -> &str {
    let messages = events.lines().filter_map(|line| line.strip_prefix("data:"));
    messages
        .map(str::trim)
        .rfind(|message| !message.is_empty())
        .unwrap_or_default()
}
