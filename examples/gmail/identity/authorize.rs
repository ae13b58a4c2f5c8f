//! `/authorize`: asks the user for consent, and sends the answer to the client.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use super::USER_EMAIL;
use super::clients::Client;
use super::error::OAuthError;
use super::page::{Page, escape};
use super::parameters::{Parameters, is_form};
use super::secret::{Digest, random};
use super::state::{Code, Consent, Grant, Shared};

const MAX_QUERY_BYTES: usize = 8 * 1024;
/// How long a page waits for its answer.
const CONSENT_LIFETIME: Duration = Duration::from_secs(600);
/// What binds a form to the browser that it was shown in.
const COOKIE: &str = "identity-browser";
/// The length of [`random`].
const COOKIE_BYTES: usize = 43;

/// Why no consent is asked for.
enum Refusal {
    /// Nobody is known to whom the user could be sent: the user reads it (RFC 6749, section 4.1.2.1).
    Shown(StatusCode, &'static str),
    /// The client reads it.
    Sent {
        redirect_uri: String,
        state: Option<String>,
        error: OAuthError,
    },
}

pub(super) async fn ask(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    match request(&shared, query.as_deref().unwrap_or_default()).await {
        Ok((client, grant, challenge, state)) => {
            show(&shared, &headers, &client, grant, challenge, state)
        }
        Err(refusal) => {
            shared.state().counts.refused += 1;
            match refusal {
                Refusal::Shown(status, text) => Page::error(status, text).into_response(),
                Refusal::Sent {
                    redirect_uri,
                    state,
                    error,
                } => shared.send_error(&redirect_uri, state.as_deref(), &error),
            }
        }
    }
}

type Request = (Client, Grant, String, Option<String>);

/// Reads an authorization request, client and redirect URI first.
async fn request(shared: &Shared, query: &str) -> Result<Request, Refusal> {
    let shown = |text| Refusal::Shown(StatusCode::BAD_REQUEST, text);
    if query.len() > MAX_QUERY_BYTES {
        let text = "The request is too long.";
        return Err(Refusal::Shown(StatusCode::URI_TOO_LONG, text));
    }
    let parameters = Parameters::parse(query.as_bytes())
        .map_err(|_| shown("The request has a parameter twice."))?;
    let id = parameters.get("client_id").ok_or_else(|| {
        shown("The request does not say which program it comes from (client_id).")
    })?;
    let client = shared.client(id).await.ok_or_else(|| {
        shown("The program (client_id) is unknown here. It has to register, or to show its metadata document.")
    })?;
    let redirect_uri = parameters
        .get("redirect_uri")
        .filter(|uri| client.may_redirect_to(uri))
        .ok_or_else(|| {
            shown("The address for the answer (redirect_uri) is missing, or not one that the program registered.")
        })?;

    let state = parameters.get("state").map(str::to_owned);
    match wanted(shared, &client, redirect_uri, &parameters) {
        Ok((grant, challenge)) => Ok((client, grant, challenge, state)),
        Err(error) => Err(Refusal::Sent {
            redirect_uri: redirect_uri.to_owned(),
            state,
            error,
        }),
    }
}

/// What the client wants, and its PKCE challenge.
fn wanted(
    shared: &Shared,
    client: &Client,
    redirect_uri: &str,
    parameters: &Parameters,
) -> Result<(Grant, String), OAuthError> {
    match parameters.get("response_type") {
        Some("code") => {}
        Some(_) => {
            return Err(OAuthError::new(
                "unsupported_response_type",
                "response_type has to be code",
            ));
        }
        None => return Err(OAuthError::invalid_request("response_type is missing")),
    }
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(OAuthError::invalid_request(
            "code_challenge_method has to be S256",
        ));
    }
    let challenge = parameters
        .get("code_challenge")
        .filter(|it| it.len() == 43 && it.bytes().all(is_base64url))
        .ok_or(OAuthError::invalid_request(
            "code_challenge has to be the base64url of a SHA-256",
        ))?;
    let resource = parameters
        .get("resource")
        .ok_or(OAuthError::invalid_target("resource is missing"))?;
    let known = &shared.config.resources;
    if !is_resource(resource) || !(known.is_empty() || known.iter().any(|it| it == resource)) {
        return Err(OAuthError::invalid_target(
            "resource is none that tokens are issued for",
        ));
    }
    let scopes = match parameters.get("scope") {
        Some(scope) => shared.scopes(scope).ok_or(OAuthError::invalid_scope())?,
        None => shared.config.scopes.clone(),
    };
    let grant = Grant {
        client_id: client.id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        scopes,
        resource: resource.to_owned(),
        refreshes: client.refreshes,
    };
    Ok((grant, challenge.to_owned()))
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// An absolute URI without a fragment (RFC 8707, section 2).
fn is_resource(resource: &str) -> bool {
    Url::parse(resource).is_ok_and(|url| url.fragment().is_none())
}

/// Shows the page, and remembers what it asks.
fn show(
    shared: &Shared,
    headers: &HeaderMap,
    client: &Client,
    grant: Grant,
    challenge: String,
    state: Option<String>,
) -> Response {
    let (Ok(token), Ok(new_browser)) = (random(), random()) else {
        let text = "The system has no random numbers.";
        return Page::error(StatusCode::INTERNAL_SERVER_ERROR, text).into_response();
    };
    let browser = browser(headers).map_or(new_browser, str::to_owned);
    let action = shared.endpoint("/authorize");
    let page = page(client, &grant, &action, &token);
    let consent = Consent {
        grant,
        challenge,
        state,
        browser: Digest::of(&browser),
    };
    let now = shared.now();
    let mut remembered = shared.state();
    let expires = now.saturating_add(CONSENT_LIFETIME);
    if remembered
        .consents
        .insert(Digest::of(&token), consent, now, expires)
        .is_err()
    {
        remembered.counts.over_capacity += 1;
        let text = "Too many requests wait for an answer. Try again in some minutes.";
        return Page::error(StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    }
    // Lax: the browser comes from the client's page, and still has to be the one it was.
    let path = &shared.config.path;
    let cookie = format!("{COOKIE}={browser}; Path={path}/authorize; HttpOnly; SameSite=Lax");
    ([(header::SET_COOKIE, cookie)], page).into_response()
}

fn page(client: &Client, grant: &Grant, action: &str, token: &str) -> Page {
    let name = escape(client.name.as_deref().unwrap_or("A program without a name"));
    let scopes: String = grant
        .scopes
        .iter()
        .map(|scope| format!("<li><code>{}</code></li>\n", escape(scope)))
        .collect();
    let resource = escape(&grant.resource);
    let target = Url::parse(&grant.redirect_uri).ok();
    let origin = target.map(|url| match url.scheme() {
        "http" | "https" => url.origin().ascii_serialization(),
        scheme => format!("{scheme}:"),
    });
    let leads_to = escape(origin.as_deref().unwrap_or_default());
    let id = escape(&client.id);
    let action = escape(action);
    let token = escape(token);
    let body = format!(
        "<p><strong><bdi>{name}</bdi></strong> wants to act for <strong>{USER_EMAIL}</strong> \
         at <code>{resource}</code>. It asks for:</p>\n<ul>\n{scopes}</ul>\n\
         <p>The name is what the program calls itself; nobody has checked it. Its id is <code>{id}</code>, \
         and the answer goes to <code>{leads_to}</code>.</p>\n\
         <form method=\"post\" action=\"{action}\">\n\
         <input type=\"hidden\" name=\"csrf_token\" value=\"{token}\">\n\
         <button name=\"decision\" value=\"allow\">Allow</button>\n\
         <button name=\"decision\" value=\"deny\">Deny</button>\n</form>"
    );
    Page::new("Allow access?", body).with_form(origin)
}

/// What the browser was called when it last saw a page.
fn browser(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value)
        .filter(|value| value.len() == COOKIE_BYTES && value.bytes().all(is_base64url))
}

/// The user has decided.
pub(super) async fn decide(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match decision(&shared, &headers, &body) {
        Ok(response) => response,
        Err((status, text)) => {
            shared.state().counts.refused += 1;
            Page::error(status, text).into_response()
        }
    }
}

fn decision(
    shared: &Shared,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, (StatusCode, &'static str)> {
    let unreadable = (StatusCode::BAD_REQUEST, "The form could not be read.");
    if !is_form(headers) {
        return Err(unreadable);
    }
    let form = Parameters::parse(body).map_err(|_| unreadable)?;
    let allowed = match form.get("decision") {
        Some("allow") => true,
        Some("deny") => false,
        _ => return Err(unreadable),
    };
    let forbidden = (
        StatusCode::FORBIDDEN,
        "The answer does not belong to a page that was shown in this browser, or comes too late. Start again.",
    );
    let token = Digest::of(form.get("csrf_token").ok_or(forbidden)?);
    let browser = Digest::of(browser(headers).ok_or(forbidden)?);
    let now = shared.now();
    let mut state = shared.state();
    // A form that comes from elsewhere leaves the page as it is.
    if state
        .consents
        .get(&token, now)
        .is_none_or(|consent| consent.browser != browser)
    {
        return Err(forbidden);
    }
    let consent = state.consents.remove(&token).ok_or(forbidden)?;
    drop(state);
    Ok(shared.answer(consent, allowed))
}

impl Shared {
    /// Sends the user back to the client: with a code, or with the reason why there is none.
    fn answer(&self, consent: Consent, allowed: bool) -> Response {
        let redirect_uri = consent.grant.redirect_uri.clone();
        let answer = consent.state.clone();
        match self.code(consent, allowed) {
            Ok(code) => self.send(&redirect_uri, answer.as_deref(), &[("code", &code)]),
            Err(error) => self.send_error(&redirect_uri, answer.as_deref(), &error),
        }
    }

    fn code(&self, consent: Consent, allowed: bool) -> Result<String, OAuthError> {
        if !allowed {
            return Err(OAuthError::new("access_denied", "the user said no"));
        }
        let code = random().map_err(|_| OAuthError::server_error())?;
        let now = self.now();
        let expires = now.saturating_add(self.config.code_lifetime);
        let granted = Code {
            grant: consent.grant,
            challenge: consent.challenge,
            used_for: None,
        };
        let mut state = self.state();
        let kept = state.codes.insert(Digest::of(&code), granted, now, expires);
        kept.map_err(|_| {
            state.counts.over_capacity += 1;
            OAuthError::full()
        })?;
        Ok(code)
    }

    fn send_error(&self, redirect_uri: &str, state: Option<&str>, error: &OAuthError) -> Response {
        let parameters = [
            ("error", error.code),
            ("error_description", error.description),
        ];
        self.send(redirect_uri, state, &parameters)
    }

    /// An answer to the client, by way of the browser, with the issuer in it (RFC 9207).
    fn send(
        &self,
        redirect_uri: &str,
        state: Option<&str>,
        parameters: &[(&str, &str)],
    ) -> Response {
        let Ok(mut url) = Url::parse(redirect_uri) else {
            let text = "The address for the answer is none.";
            return Page::error(StatusCode::BAD_REQUEST, text).into_response();
        };
        url.query_pairs_mut()
            .extend_pairs(parameters)
            .extend_pairs(state.map(|state| ("state", state)))
            .append_pair("iss", &self.issuer);
        // 303: whatever the method was, the next request is a GET, and has no body (RFC 9700, section 4.12).
        let headers = [
            (header::LOCATION, url.as_str()),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        (StatusCode::SEE_OTHER, headers).into_response()
    }
}
