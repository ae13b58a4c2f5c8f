//! What status and headers of a response say, before its body is read.

use ::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use ::http::{HeaderMap, StatusCode};
use reqwest::Response;
use rmcp::transport::common::http_header::{
    EVENT_STREAM_MIME_TYPE, HEADER_SESSION_ID, JSON_MIME_TYPE,
};
use rmcp::transport::streamable_http_client::{
    AuthRequiredError, HttpStatusError, InsufficientScopeError, StreamableHttpError,
};

use super::Error;

/// What the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Events,
    Other,
}

/// The error of a 401 or 403 with a challenge.
pub(super) fn check_challenge(response: &Response) -> Result<(), Error> {
    let status = response.status();
    let is_challenge = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    let Some(header) = response
        .headers()
        .get(WWW_AUTHENTICATE)
        .filter(|_| is_challenge)
    else {
        return Ok(());
    };
    let Ok(challenge) = header.to_str() else {
        return Err(StreamableHttpError::UnexpectedServerResponse(
            "invalid www-authenticate header value".into(),
        ));
    };
    if status == StatusCode::UNAUTHORIZED {
        return Err(StreamableHttpError::AuthRequired(AuthRequiredError::new(
            challenge.to_owned(),
        )));
    }
    Err(StreamableHttpError::InsufficientScope(
        InsufficientScopeError::new(challenge.to_owned(), scope(challenge)),
    ))
}

/// The value of `scope=` in a challenge, quoted or not.
fn scope(challenge: &str) -> Option<String> {
    const KEY: &str = "scope=";
    let at = challenge.to_ascii_lowercase().find(KEY)?;
    let value = challenge.get(at.saturating_add(KEY.len())..)?;
    if let Some(quoted) = value.strip_prefix('"') {
        return quoted.split_once('"').map(|(scope, _)| scope.to_owned());
    }
    let end = |c: char| c == ',' || c == ';' || c.is_whitespace();
    let scope = value.split(end).next()?;
    (!scope.is_empty()).then(|| scope.to_owned())
}

/// The error of a 429 or 5xx, without a body.
pub(super) fn status_error(status: StatusCode, headers: &HeaderMap) -> Option<HttpStatusError> {
    if status != StatusCode::TOO_MANY_REQUESTS && !status.is_server_error() {
        return None;
    }
    let retry_after = headers
        .get(RETRY_AFTER)
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
        .map(str::to_owned);
    // Longer values than rmcp keeps are dropped there.
    Some(HttpStatusError::new(status.as_u16(), retry_after))
}

pub(super) fn session_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(HEADER_SESSION_ID)?.to_str().ok()?;
    Some(value.to_owned())
}

pub(super) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

pub(super) fn media(content_type: Option<&str>) -> Media {
    let essence = content_type
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim_matches([' ', '\t']);
    if essence.eq_ignore_ascii_case(JSON_MIME_TYPE) {
        Media::Json
    } else if essence.eq_ignore_ascii_case(EVENT_STREAM_MIME_TYPE) {
        Media::Events
    } else {
        Media::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_scope_of_a_challenge() {
        for (challenge, expected) in [
            (r#"Bearer error="e", scope="a b", x="y""#, Some("a b")),
            ("Bearer Scope=a:b, x=y", Some("a:b")),
            ("Bearer scope=a;b", Some("a")),
            ("Bearer scope=", None),
            (r#"Bearer scope="a"#, None),
            ("Bearer", None),
        ] {
            assert_eq!(scope(challenge).as_deref(), expected, "{challenge}");
        }
    }

    #[test]
    fn compares_media_types_without_case_and_parameters() {
        for (value, expected) in [
            (Some("Application/JSON; charset=utf-8"), Media::Json),
            (Some(" text/event-stream "), Media::Events),
            (Some("application/jsonx"), Media::Other),
            (None, Media::Other),
        ] {
            assert_eq!(media(value), expected);
        }
    }
}
