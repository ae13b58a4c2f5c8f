//! Credentials among the headers of a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

/// Headers that carry a scheme and credentials (RFC 9110, 11.6.2 and 11.7.2).
const AUTHORIZATIONS: [&str; 2] = ["authorization", "proxy-authorization"];

/// Headers whose whole value is a key. No RFC names them; gateways and clients
/// do.
const KEYS: [&str; 6] = [
    "api-key",
    "x-access-token",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-goog-api-key",
];

/// Bytes that a cookie's value has at least to count as a secret (ours): what
/// the 64 bits of a session id take in hex, the least that OWASP asks for.
/// Shorter ones are words, such as `theme=darkmode`.
const MIN_COOKIE_LENGTH_BYTES: usize = 16;

/// What stands behind the scheme in `Authorization` and `Proxy-Authorization`,
/// the password of `Basic` credentials (RFC 7617), the values of cookies (RFC
/// 6265) and keys.
pub(super) fn credentials(headers: &HeaderMap) -> Vec<String> {
    let mut found = Vec::new();
    for value in values(headers, &AUTHORIZATIONS) {
        authorization(value, &mut found);
    }
    for value in values(headers, &["cookie"]) {
        found.extend(cookies(value).map(str::to_owned));
    }
    for value in values(headers, &KEYS) {
        found.push(value.to_owned());
    }
    found
}

/// All values of these headers that are text.
fn values<'a>(headers: &'a HeaderMap, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let all = names.iter().flat_map(|name| headers.get_all(*name));
    all.filter_map(|value| std::str::from_utf8(value.as_bytes()).ok())
        .map(str::trim)
}

fn authorization(value: &str, found: &mut Vec<String>) {
    let (scheme, credentials) = value.split_once(' ').unwrap_or(("", value));
    let credentials = credentials.trim();
    if scheme.eq_ignore_ascii_case("basic")
        && let Ok(decoded) = STANDARD.decode(credentials)
        && let Ok(decoded) = String::from_utf8(decoded)
        && let Some((_user, password)) = decoded.split_once(':')
    {
        found.push(password.to_owned());
    }
    found.push(credentials.to_owned());
}

fn cookies(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .map(|(_name, value)| value.trim().trim_matches('"'))
        .filter(|value| value.len() >= MIN_COOKIE_LENGTH_BYTES)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn found(name: &'static str, value: &str) -> Vec<String> {
        let mut headers = HeaderMap::new();
        headers.append(name, HeaderValue::from_str(value).unwrap());
        credentials(&headers)
    }

    #[test]
    fn credentials_stand_behind_their_scheme() {
        for header in ["authorization", "proxy-authorization"] {
            assert_eq!(found(header, "Bearer  canary-token"), ["canary-token"]);
            assert_eq!(found(header, "without-scheme"), ["without-scheme"]);
            let basic = STANDARD.encode("user:open sesame");
            assert_eq!(
                found(header, &format!("basic {basic}")),
                ["open sesame", &basic]
            );
        }
    }

    #[test]
    fn cookies_count_if_they_are_long_enough_for_a_session() {
        let least = "x".repeat(MIN_COOKIE_LENGTH_BYTES);
        let short = "y".repeat(MIN_COOKIE_LENGTH_BYTES - 1);
        let value = format!("sid={least}; theme={short}; q=\"{least}z\"; odd");
        assert_eq!(
            found("cookie", &value),
            [least.clone(), format!("{least}z")]
        );
    }

    #[test]
    fn keys_are_whole_values_and_other_headers_are_none() {
        for header in KEYS {
            assert_eq!(found(header, " canary key "), ["canary key"]);
        }
        for header in ["mcp-session-id", "user-agent", "x-customer"] {
            assert_eq!(found(header, "canary key"), [""; 0]);
        }
    }
}
