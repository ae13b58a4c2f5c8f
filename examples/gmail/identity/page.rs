//! Pages for people: plain HTML, nothing in it that runs.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::secret::Digest;

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1.1rem/1.6 system-ui,sans-serif;margin:0}\
main{max-width:34rem;margin:0 auto;padding:2rem 1rem;overflow-wrap:anywhere}\
button{font:inherit;padding:.5rem 1.5rem;margin:0 1rem 1rem 0;min-height:2.75rem}\
:focus-visible{outline:3px solid;outline-offset:2px}";

/// A page. Its body is HTML: what comes from outside has to go through [`escape`].
#[derive(Debug)]
pub(crate) struct Page {
    status: StatusCode,
    title: String,
    body: String,
    form_target: Option<String>,
}

impl Page {
    pub(crate) fn new(title: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            status: StatusCode::OK,
            title: title.into(),
            body: body.into(),
            form_target: None,
        }
    }

    /// A page that says what is wrong.
    pub(crate) fn error(status: StatusCode, text: &str) -> Self {
        let body = format!("<p>{}</p>", escape(text));
        Self {
            status,
            ..Self::new("This does not work", body)
        }
    }

    /// Lets the page's form be sent, and its answer lead on to this origin (browsers check both).
    pub(crate) fn with_form(mut self, target: Option<String>) -> Self {
        // An origin has no other characters; one that ends a directive would begin another.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:/[]+".contains(&byte);
        let target = target.filter(|target| target.bytes().all(plain));
        self.form_target = Some(target.unwrap_or_default());
        self
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let title = escape(&self.title);
        let form = match self.form_target {
            Some(target) => format!("'self' {target}"),
            None => "'none'".to_owned(),
        };
        let style = Digest::of(STYLE).csp_source();
        let policy = format!(
            "default-src 'none'; style-src {style}; form-action {}; frame-ancestors 'none'; base-uri 'none'",
            form.trim_end()
        );
        let headers = [
            (header::CONTENT_SECURITY_POLICY, policy.as_str()),
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-store"),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <h1>{title}</h1>\n{}\n</main>\n</body>\n</html>\n",
            self.body
        );
        (self.status, headers, Html(html)).into_response()
    }
}

/// Text as it may stand in HTML, also between quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
