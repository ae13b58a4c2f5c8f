//! URIs without credentials.

use std::borrow::Cow;

/// What stands in the place of a value (OpenTelemetry, `url.full`).
pub(crate) const REDACTED: &str = "REDACTED";
/// Query parameters whose values open doors (OpenTelemetry, `url.full`).
const SIGNATURES: [&str; 4] = ["AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature"];

/// `uri` without user names and passwords, also of URIs inside of it, and
/// without the values of signatures.
///
/// Nothing else changes: unlike the URL of an outgoing request, whose template
/// tells what it is about, the URI of an MCP resource is the one name it has,
/// its query included. It need not be a URL, so it is not parsed as one.
pub(crate) fn without_credentials(uri: &str) -> Cow<'_, str> {
    if !uri.contains("//") && !uri.contains('=') {
        return Cow::Borrowed(uri);
    }
    let mut written = String::with_capacity(uri.len());
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once("//") {
        let is_authority = before.is_empty() && written.is_empty() || before.ends_with(':');
        written.push_str(before);
        written.push_str("//");
        rest = after;
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        let at = after.get(..end).and_then(|authority| authority.rfind('@'));
        if let Some(host) = at.filter(|_| is_authority).and_then(|at| after.get(at..)) {
            written.push_str(REDACTED);
            written.push(':');
            written.push_str(REDACTED);
            rest = host;
        }
    }
    written.push_str(rest);
    let Some((path, query)) = written.split_once('?') else {
        return Cow::Owned(written);
    };
    let (query, fragment) = match query.find('#') {
        Some(at) => query.split_at(at),
        None => (query, ""),
    };
    let parameters: Vec<_> = query.split('&').map(without_signature).collect();
    Cow::Owned(format!("{path}?{}{fragment}", parameters.join("&")))
}

fn without_signature(parameter: &str) -> Cow<'_, str> {
    match parameter.split_once('=') {
        Some((name, _)) if SIGNATURES.contains(&name) => format!("{name}={REDACTED}").into(),
        _ => parameter.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_the_uri_of_a_resource_go_and_nothing_else() {
        for (uri, expected) in [
            ("", ""),
            ("memo", "memo"),
            ("memo:a@b", "memo:a@b"),
            ("file:///home/me@work/x", "file:///home/me@work/x"),
            ("memo://host/a//b@c", "memo://host/a//b@c"),
            ("db://host:5432/t?id=1#r", "db://host:5432/t?id=1#r"),
            (
                "db://me:pw@host/t?id=1",
                "db://REDACTED:REDACTED@host/t?id=1",
            ),
            ("db://token@host", "db://REDACTED:REDACTED@host"),
            ("db://me:p@w@host/t", "db://REDACTED:REDACTED@host/t"),
            ("//me:pw@host/t", "//REDACTED:REDACTED@host/t"),
            (
                "jdbc:db://me:pw@host/t",
                "jdbc:db://REDACTED:REDACTED@host/t",
            ),
            (
                "proxy://a/?of=http://me:pw@b/&n=1",
                "proxy://a/?of=http://REDACTED:REDACTED@b/&n=1",
            ),
            ("db://me:pä@höst?x", "db://REDACTED:REDACTED@höst?x"),
            ("db://me@", "db://REDACTED:REDACTED@"),
            (
                "https://a/x?id=1&sig=secret&Signature=s#sig=not",
                "https://a/x?id=1&sig=REDACTED&Signature=REDACTED#sig=not",
            ),
            ("memo:x?AWSAccessKeyId=k", "memo:x?AWSAccessKeyId=REDACTED"),
        ] {
            assert_eq!(without_credentials(uri), expected);
        }
    }
}
