//! URLs without what they may keep secret.

use reqwest::Url;

/// What stands in the place of a value (OpenTelemetry, `url.full`).
const REDACTED: &str = "REDACTED";

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
    if url.query().is_some() {
        let names: Vec<_> = url
            .query_pairs()
            .map(|(name, _)| name.into_owned())
            .collect();
        redacted
            .query_pairs_mut()
            .clear()
            .extend_pairs(names.into_iter().map(|name| (name, REDACTED)));
    }
    redacted.into()
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
    fn a_query_without_names_goes_as_well() {
        let url = redacted(&Url::parse("https://a.example/x?secret").unwrap());
        assert!(!url.contains("=secret"), "{url}");
    }
}
