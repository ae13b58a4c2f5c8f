//! How a person gets to a page.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use url::Url;

use super::SignInError;
use crate::http::is_loopback;
use crate::screen;

/// Who opens the page.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Visit {
    /// The user's browser. The URL is shown as well, for where there is none.
    #[default]
    Browser,
    /// The user, to whom the URL is shown.
    Print,
    /// Something else, such as a test, or the demo, which consents by itself.
    With(Visitor),
}

type Visiting = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Something that opens pages.
#[derive(Clone)]
pub struct Visitor(Arc<dyn Fn(Url) -> Visiting + Send + Sync>);

impl Visitor {
    /// Opens pages with this function. What it returns as an error ends the sign-in.
    pub fn new<V>(visit: impl Fn(Url) -> V + Send + Sync + 'static) -> Self
    where
        V: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self(Arc::new(move |url| Box::pin(visit(url))))
    }
}

impl Visitor {
    /// Opens a page, in a task of its own: it may want to read the last page.
    pub(crate) async fn visit(&self, page: Url) -> Result<(), String> {
        match tokio::spawn((self.0)(page)).await {
            Ok(visited) => visited,
            Err(_) => Err("it panicked".to_owned()),
        }
    }
}

impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Visitor(..)")
    }
}

impl Visit {
    /// Gets the user to the page. Ends with an error, or not at all: who has been sent there comes back elsewhere.
    pub(super) async fn go(&self, url: &Url, notice: &Notice) -> SignInError {
        let failed = match self {
            Self::Print => {
                notice.say(&format!("To sign in, open this page: {url}"));
                None
            }
            Self::Browser => {
                notice.say(&format!(
                    "Signing in with your browser. If it does not open: {url}"
                ));
                // That it has not started is no failure: the URL stands above.
                let _ = open::that_detached(url.as_str());
                None
            }
            Self::With(visitor) => visitor.visit(url.clone()).await.err(),
        };
        match failed {
            Some(reason) => SignInError::NotOpened(reason),
            None => std::future::pending().await,
        }
    }
}

/// Only pages that a browser may be sent to: `https`, or for a server on this machine `http` on this machine. The URL comes
/// from the server: on some systems opening one of another kind starts programs, and what listens here is none of its
/// business if it is elsewhere.
///
/// Nor one with a user name: `https://accounts.example.com@evil.example/` looks like another.
pub(crate) fn safe_page(page: &str, server: &Url) -> Result<Url, SignInError> {
    let page = Url::parse(page).map_err(|_| SignInError::UnsafePage)?;
    if !page.username().is_empty() || page.password().is_some() {
        return Err(SignInError::UnsafePage);
    }
    let is_here = is_loopback(&page);
    match page.scheme() {
        "https" if !is_here || is_loopback(server) => Ok(page),
        "http" if is_here && is_loopback(server) => Ok(page),
        _ => Err(SignInError::UnsafePage),
    }
}

type Say = dyn Fn(&str) + Send + Sync;

/// Where a sign-in says what goes on: to standard error, unless somebody else listens.
#[derive(Clone, Default)]
pub struct Notice(Option<Arc<Say>>);

impl Notice {
    /// Says it to this function.
    pub fn new(say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(say)))
    }

    pub(crate) fn say(&self, text: &str) {
        match &self.0 {
            Some(say) => say(text),
            None => screen::notice(text),
        }
    }
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notice(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_pages_are_opened() {
        let here = "http://127.0.0.1:8000/mcp";
        let away = "https://mcp.example.com/mcp";
        for (page, safe_from_here, safe_from_away) in [
            ("https://auth.example.com/authorize?a=b", true, true),
            ("http://127.0.0.1:80/authorize", true, false),
            ("http://[::1]/authorize", true, false),
            ("http://localhost/authorize", true, false),
            ("https://localhost/authorize", true, false),
            ("http://auth.example.com/authorize", false, false),
            ("https://auth.example.com@evil.example/", false, false),
            ("https://:secret@auth.example.com/", false, false),
            ("http://localhost.example.com/authorize", false, false),
            ("file:///etc/passwd", false, false),
            ("javascript:alert(1)", false, false),
            ("--help", false, false),
            ("", false, false),
        ] {
            let is_safe = |server: &str| safe_page(page, &server.parse().unwrap()).is_ok();
            assert_eq!(is_safe(here), safe_from_here, "{page}");
            assert_eq!(is_safe(away), safe_from_away, "{page}");
        }
    }
}
