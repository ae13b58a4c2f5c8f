//! URLs without what they may keep secret.

use reqwest::Url;

use crate::uri::REDACTED;

/// The URL without credentials, query values and fragment. Names of query
/// parameters stay.
pub(super) fn redacted(url: &Url) -> String {
    let mut redacted = url.clone();
    redacted.set_fragment(None);
    if !url.username().is_empty() || url.password().is_some() {
        // Fails only for URLs that cannot have credentials.
        let _ = redacted.set_username(REDACTED);
        let _ = redacted.set_password(Some(REDACTED));
    }
    if let Some(query) = url.query() {
        let parameters: Vec<_> = query.split('&').map(redacted_parameter).collect();
        redacted.set_query(Some(&parameters.join("&")));
    }
    redacted.into()
}

/// `name=value` without its value; what has no name may itself be the secret.
fn redacted_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, _)) => format!("{name}={REDACTED}"),
        None if parameter.is_empty() => String::new(),
        None => REDACTED.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_query_values_and_fragments_go() {
        for (url, expected) in [
            ("https://a.example/x", "https://a.example/x"),
            (
                "https://me:pw@a.example:8443/x",
                "https://REDACTED:REDACTED@a.example:8443/x",
            ),
            (
                "https://token@a.example/",
                "https://REDACTED:REDACTED@a.example/",
            ),
            (
                "https://a.example/x?q=private&key=1#frag",
                "https://a.example/x?q=REDACTED&key=REDACTED",
            ),
            (
                "https://a.example/x?q=a&q=b",
                "https://a.example/x?q=REDACTED&q=REDACTED",
            ),
            ("https://a.example/x?", "https://a.example/x?"),
        ] {
            assert_eq!(redacted(&Url::parse(url).unwrap()), expected);
        }
    }

    #[test]
    fn a_parameter_without_a_name_goes_whole() {
        let url = Url::parse("https://a.example/x?secret&a=secret&%20b=c").unwrap();
        assert_eq!(
            redacted(&url),
            "https://a.example/x?REDACTED&a=REDACTED&%20b=REDACTED"
        );
    }
}
