//! The consent page without a browser: the demo and tests press its buttons with this.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response, StatusCode};
use url::{Host, Url};

use crate::http;

const MAX_PAGE_BYTES: usize = 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(30);

/// Which button is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// Allow.
    Allow,
    /// Deny.
    Deny,
}

/// Where pressing a button led.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// To another page: the client's, with a code or an error in its query.
    Redirect(Url),
    /// To a last page, which says that all is done.
    Done,
}

/// Why nobody consented.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsentError {
    /// The page is not of this machine. Only a provider that was made for this is consented to without a person.
    #[error("{0} is not on this machine: open it in a browser, and decide yourself")]
    NotLoopback(String),
    /// An answer did not come, or was cut off.
    #[error("the consent page could not be reached: {0}")]
    Unreachable(String),
    /// The provider did not show a page with a form.
    #[error("instead of a consent page there was HTTP status {0}")]
    Refused(u16),
    /// The page has no form that can be sent.
    #[error("the page has no form that asks for consent")]
    NoForm,
}

impl From<reqwest::Error> for ConsentError {
    fn from(error: reqwest::Error) -> Self {
        // Without the URL: the query of a callback holds a code.
        Self::Unreachable(error.without_url().to_string())
    }
}

/// Consents, and calls the client back as a browser would.
///
/// # Errors
///
/// If a page is not on this machine, cannot be reached, or is not what was expected ([`ConsentError`]).
pub async fn approve(url: &str) -> Result<(), ConsentError> {
    if let Outcome::Redirect(callback) = decide(url, Decision::Allow).await? {
        let callback = loopback(callback.as_str())?;
        let answer = client(&callback)?.get(callback).send().await?;
        if answer.status().is_client_error() || answer.status().is_server_error() {
            return Err(ConsentError::Refused(answer.status().as_u16()));
        }
    }
    Ok(())
}

/// Opens a page and presses a button, and goes no further.
///
/// # Errors
///
/// As [`approve`].
pub async fn decide(url: &str, decision: Decision) -> Result<Outcome, ConsentError> {
    let url = loopback(url)?;
    let http = client(&url)?;
    let page = http.get(url.clone()).send().await?;
    if let Some(target) = redirect(&page, &url) {
        // Refused before anybody was asked: the client learns why.
        return Ok(Outcome::Redirect(target));
    }
    let cookies: Vec<String> = page
        .headers()
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok()?.split(';').next().map(str::to_owned))
        .collect();
    let html = read(page).await?;
    let form = Form::find(&html).ok_or(ConsentError::NoForm)?;
    let action = url.join(&form.action).map_err(|_| ConsentError::NoForm)?;
    let action = loopback(action.as_str())?;
    let answer = http
        .post(action.clone())
        .header(COOKIE, cookies.join("; "))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.body(decision))
        .send()
        .await?;
    match redirect(&answer, &action) {
        Some(target) => Ok(Outcome::Redirect(target)),
        None => read(answer).await.map(|_| Outcome::Done),
    }
}

fn loopback(url: &str) -> Result<Url, ConsentError> {
    let foreign =
        || ConsentError::NotLoopback(url.split('?').next().unwrap_or_default().to_owned());
    let parsed = Url::parse(url).map_err(|_| foreign())?;
    let here = match parsed.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if here { Ok(parsed) } else { Err(foreign()) }
}

fn client(url: &Url) -> Result<Client, ConsentError> {
    Ok(http::client(url).timeout(TIMEOUT).build()?)
}

fn redirect(response: &Response, base: &Url) -> Option<Url> {
    let target = response.headers().get(LOCATION)?.to_str().ok()?;
    response.status().is_redirection().then_some(())?;
    base.join(target).ok()
}

async fn read(mut page: Response) -> Result<String, ConsentError> {
    if page.status() != StatusCode::OK {
        return Err(ConsentError::Refused(page.status().as_u16()));
    }
    let body = http::body(&mut page, MAX_PAGE_BYTES).await;
    let body = body.map_err(|error| match error {
        http::BodyError::TooLarge => ConsentError::NoForm,
        http::BodyError::Lost(error) => error.into(),
    })?;
    String::from_utf8(body).map_err(|_| ConsentError::NoForm)
}

/// The one form of a page.
struct Form {
    action: String,
    hidden: Vec<(String, String)>,
}

impl Form {
    fn find(html: &str) -> Option<Self> {
        let (_, rest) = html.split_once("<form ")?;
        let (form, _) = rest.split_once("</form>")?;
        let (tag, inside) = form.split_once('>')?;
        let hidden = inside.split("<input ").skip(1);
        let hidden = hidden.filter_map(|input| {
            let (tag, _) = input.split_once('>')?;
            let is_hidden = attribute(tag, "type")? == "hidden";
            is_hidden.then_some((attribute(tag, "name")?, attribute(tag, "value")?))
        });
        Some(Self {
            action: attribute(tag, "action")?,
            hidden: hidden.collect(),
        })
    }

    fn body(&self, decision: Decision) -> String {
        let decision = match decision {
            Decision::Allow => "allow",
            Decision::Deny => "deny",
        };
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.hidden)
            .append_pair("decision", decision)
            .finish()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    let plain = value
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'");
    Some(plain.replace("&amp;", "&"))
}
