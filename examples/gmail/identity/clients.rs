//! Who asks for tokens: clients, and where answers to them may go.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::ACCEPT;
use serde::Deserialize;
use tokio::sync::Semaphore;
use url::{Host, Url};

use super::state::Shared;
use crate::http;

const MAX_URI_BYTES: usize = 2048;
const MAX_NAME_CHARS: usize = 100;
const MAX_REDIRECT_URIS: usize = 10;
/// The bounds on the document behind a client's URL, and how long it is believed.
const MAX_DOCUMENT_BYTES: usize = 16 * 1024;
const DOCUMENT_TIMEOUT: Duration = Duration::from_secs(5);
const DOCUMENT_LIFETIME: Duration = Duration::from_secs(300);
/// How many documents are fetched at the same time; who comes on top is refused.
const MAX_FETCHES: usize = 8;

/// A client, however it became known.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) redirect_uris: Vec<String>,
    /// Whether it wants refresh tokens.
    pub(super) refreshes: bool,
}

/// What a client says about itself, in a registration or a document (RFC 7591, section 2).
#[derive(Debug, Deserialize)]
pub(super) struct ClientMetadata {
    client_id: Option<String>,
    #[serde(default)]
    pub(super) redirect_uris: Vec<String>,
    pub(super) client_name: Option<String>,
    pub(super) grant_types: Option<Vec<String>>,
    pub(super) response_types: Option<Vec<String>>,
    pub(super) token_endpoint_auth_method: Option<String>,
    client_secret: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) application_type: Option<String>,
}

/// What is wrong with a client's metadata: an error code of RFC 7591 and a description.
pub(super) type Flaw = (&'static str, &'static str);

const METADATA: &str = "invalid_client_metadata";
const REDIRECT: &str = "invalid_redirect_uri";

impl ClientMetadata {
    /// The client with this metadata.
    pub(super) fn client(&self, id: String) -> Result<Client, Flaw> {
        if self.redirect_uris.is_empty() || self.redirect_uris.len() > MAX_REDIRECT_URIS {
            return Err((REDIRECT, "redirect_uris has to hold 1 to 10 URIs"));
        }
        for uri in &self.redirect_uris {
            check_redirect_uri(uri).map_err(|flaw| (REDIRECT, flaw))?;
        }
        let name = self.client_name.as_deref().unwrap_or_default();
        if name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
            return Err((METADATA, "client_name is too long, or not one line"));
        }
        if self
            .token_endpoint_auth_method
            .as_deref()
            .is_some_and(|it| it != "none")
        {
            return Err((
                METADATA,
                "clients are public: token_endpoint_auth_method has to be none",
            ));
        }
        if self.client_secret.is_some() {
            return Err((METADATA, "clients are public: they have no secret"));
        }
        let only = |values: &Option<Vec<String>>, known: &[&str]| {
            let mut values = values.iter().flatten();
            values.all(|value| known.contains(&value.as_str()))
        };
        if !only(&self.grant_types, &["authorization_code", "refresh_token"]) {
            return Err((
                METADATA,
                "grant_types can hold authorization_code and refresh_token",
            ));
        }
        if !only(&self.response_types, &["code"]) {
            return Err((METADATA, "response_types can hold code"));
        }
        let refreshes = self
            .grant_types
            .iter()
            .flatten()
            .any(|it| it == "refresh_token");
        Ok(Client {
            id,
            name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            redirect_uris: self.redirect_uris.clone(),
            refreshes,
        })
    }
}

impl Client {
    pub(super) fn configured(id: &str, redirect_uris: &[String]) -> Self {
        Self {
            id: id.to_owned(),
            name: None,
            redirect_uris: redirect_uris.to_vec(),
            refreshes: true,
        }
    }

    /// Whether answers may go there: to exactly a URI that the client named, or to another port of this machine
    /// (RFC 8252, section 7.3).
    pub(super) fn may_redirect_to(&self, uri: &str) -> bool {
        let without_port = |uri: &str| {
            let mut url = Url::parse(uri).ok()?;
            let local = url.scheme() == "http" && is_loopback(&url);
            (local && url.set_port(None).is_ok()).then_some(url)
        };
        if check_redirect_uri(uri).is_err() {
            return false;
        }
        let asked = without_port(uri);
        self.redirect_uris
            .iter()
            .any(|known| known == uri || (asked.is_some() && without_port(known) == asked))
    }
}

/// Whether a URI can be one that answers go to.
fn check_redirect_uri(uri: &str) -> Result<(), &'static str> {
    if uri.len() > MAX_URI_BYTES || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a redirect URI is too long, or has characters that URIs do not have");
    }
    let url = Url::parse(uri).map_err(|_| "a redirect URI is none; write it with its scheme")?;
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err("a redirect URI has a fragment or a user name");
    }
    // What a browser would run has no dot in its scheme.
    match url.scheme() {
        "https" if has_plain_host(&url) => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" | "https" => {
            Err("http is for 127.0.0.1, [::1] and localhost; others need https and a plain host")
        }
        scheme if scheme.contains('.') => Ok(()),
        _ => Err("a scheme of one's own is a domain name backwards, such as com.example.app"),
    }
}

/// A host that cannot be mistaken for a part of a header.
fn has_plain_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What fetches the documents of clients whose id is an URL.
#[derive(Debug)]
pub(super) struct Documents {
    fetches: Arc<Semaphore>,
}

impl Documents {
    pub(super) fn new() -> Self {
        Self {
            fetches: Arc::new(Semaphore::new(MAX_FETCHES)),
        }
    }

    /// Reads the document at the URL that is the client's id. None: there is none, or not one of that client.
    async fn fetch(&self, id: &str) -> Option<Client> {
        let url = document_url(id)?;
        let _permit = self.fetches.try_acquire().ok()?;
        let http = http::client(&url).timeout(DOCUMENT_TIMEOUT).build().ok()?;
        let request = http.get(url).header(ACCEPT, "application/json");
        let mut response = request.send().await.ok()?;
        if response.status() != reqwest::StatusCode::OK {
            return None;
        }
        let body = http::body(&mut response, MAX_DOCUMENT_BYTES).await.ok()?;
        let metadata: ClientMetadata = serde_json::from_slice(&body).ok()?;
        if metadata.client_id.as_deref() != Some(id) {
            return None;
        }
        metadata.client(id.to_owned()).ok()
    }
}

/// The URL of a document, if a client's id is one: https (or http on this machine), with a path, and written as URLs are
/// written, so that one document has one id (draft-ietf-oauth-client-id-metadata-document).
fn document_url(id: &str) -> Option<Url> {
    if id.len() > MAX_URI_BYTES {
        return None;
    }
    let url = Url::parse(id).ok()?;
    let here = is_loopback(&url);
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && here);
    let public = match url.host()? {
        Host::Domain(_) => true,
        // Addresses inside of a network are nobody's public document.
        Host::Ipv4(address) => here || !(address.is_private() || address.is_link_local()),
        Host::Ipv6(_) => here,
    };
    let plain = url.as_str() == id
        && url.path() != "/"
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (scheme && public && plain).then_some(url)
}

impl Shared {
    /// The client with this id, from memory or from its document.
    pub(super) async fn client(&self, id: &str) -> Option<Client> {
        let now = self.now();
        let known = self.state().clients.get(id, now).cloned();
        if known.is_some() {
            return known;
        }
        let client = self.documents.fetch(id).await?;
        let expires = now.saturating_add(DOCUMENT_LIFETIME);
        let mut state = self.state();
        let kept = state
            .clients
            .insert(id.to_owned(), client.clone(), now, expires);
        if kept.is_err() {
            state.counts.over_capacity += 1;
        }
        Some(client)
    }
}
