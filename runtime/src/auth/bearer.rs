//! The access token in a request.

use http::header::{AUTHORIZATION, HeaderMap};
use http::request::Parts;
use url::form_urlencoded;

/// Bytes of a token, at most. Larger ones are refused unread; 16 KiB is what
/// most HTTP servers take for all headers together.
pub(super) const MAX_TOKEN_BYTES: usize = 16 * 1024;

const SCHEME: &str = "bearer";
const QUERY_PARAMETER: &str = "access_token";

/// Why a request has no token to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoToken {
    /// None is there: the client may not know that it needs one.
    Missing,
    /// It is in the wrong place, or there is more than one (RFC 6750, section
    /// 2; MCP, Access Token Usage).
    InvalidRequest,
    /// It cannot be a token (RFC 6750, section 2.1).
    Malformed,
}

/// The one token of a request, from the `Authorization` header.
pub(super) fn token(parts: &Parts) -> Result<&str, NoToken> {
    if in_query(parts) {
        return Err(NoToken::InvalidRequest);
    }
    in_header(&parts.headers)
}

fn in_query(parts: &Parts) -> bool {
    let query = parts.uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(key, _)| key == QUERY_PARAMETER)
}

fn in_header(headers: &HeaderMap) -> Result<&str, NoToken> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(NoToken::Missing)?;
    if values.next().is_some() {
        return Err(NoToken::InvalidRequest);
    }
    let value = value.to_str().map_err(|_| NoToken::Malformed)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return Err(NoToken::Missing);
    }
    let token = token.trim_matches(' ');
    if token.is_empty() {
        return Err(NoToken::InvalidRequest);
    }
    if token.len() > MAX_TOKEN_BYTES || !is_token68(token) {
        return Err(NoToken::Malformed);
    }
    Ok(token)
}

/// RFC 9110, section 11.2.
fn is_token68(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty()
        && body.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
        })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn token_of(uri: &str, headers: &[&str]) -> Result<String, NoToken> {
        let mut request = Request::builder().uri(uri);
        for header in headers {
            request = request.header(AUTHORIZATION, *header);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        token(&parts).map(str::to_owned)
    }

    #[test]
    fn takes_one_token_from_the_header_only() {
        let longest = "a".repeat(MAX_TOKEN_BYTES);
        let header = |token: &str| format!("Bearer {token}");
        for (uri, headers, expected) in [
            ("/mcp", vec!["Bearer abc.def-_~+/=="], Ok("abc.def-_~+/==")),
            ("/mcp", vec!["bEaReR   abc "], Ok("abc")),
            ("/mcp?x=access_token", vec!["Bearer abc"], Ok("abc")),
            ("/mcp", vec![&header(&longest)], Ok(longest.as_str())),
            (
                "/mcp",
                vec![&header(&format!("{longest}a"))],
                Err(NoToken::Malformed),
            ),
            ("/mcp", vec![], Err(NoToken::Missing)),
            ("/mcp", vec!["Basic YTpi"], Err(NoToken::Missing)),
            ("/mcp", vec![""], Err(NoToken::Missing)),
            ("/mcp", vec!["Bearer"], Err(NoToken::InvalidRequest)),
            ("/mcp", vec!["Bearer  "], Err(NoToken::InvalidRequest)),
            ("/mcp", vec!["Bearer a b"], Err(NoToken::Malformed)),
            ("/mcp", vec!["Bearer a,b"], Err(NoToken::Malformed)),
            ("/mcp", vec!["Bearer =="], Err(NoToken::Malformed)),
            ("/mcp", vec!["Bearer a=b"], Err(NoToken::Malformed)),
            (
                "/mcp",
                vec!["Bearer a", "Bearer a"],
                Err(NoToken::InvalidRequest),
            ),
            (
                "/mcp",
                vec!["Basic a", "Bearer a"],
                Err(NoToken::InvalidRequest),
            ),
            (
                "/mcp?access_token=abc",
                vec![],
                Err(NoToken::InvalidRequest),
            ),
            (
                "/mcp?a=b&access%5Ftoken=abc",
                vec!["Bearer abc"],
                Err(NoToken::InvalidRequest),
            ),
        ] {
            let expected = expected.map(str::to_owned);
            assert_eq!(token_of(uri, &headers), expected, "{uri} {headers:?}");
        }
    }
}
