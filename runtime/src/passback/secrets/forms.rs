//! How a secret may be written.

use std::borrow::Cow;
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 3986 has encoded: all but the unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The secret as it is, escaped in JSON, percent-encoded and in Base64. Most
/// tokens need no escapes; work and allocations for those are spared.
pub(super) fn forms(secret: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([secret.to_owned()]);
    if let Cow::Owned(json) = in_json(secret) {
        forms.insert(json);
    }
    if let Cow::Owned(percent) = Cow::from(utf8_percent_encode(secret, RESERVED)) {
        forms.insert(lower_case_escapes(&percent));
        forms.insert(percent);
    }
    for bytes_before in 0..3 {
        let standard = base64_inside(secret, bytes_before);
        if standard.contains(['+', '/']) {
            forms.insert(standard.replace('+', "-").replace('/', "_"));
        }
        forms.insert(standard);
    }
    forms
}

/// The text between the quotes of a JSON string; borrowed if it needs no escapes.
pub(super) fn in_json(text: &str) -> Cow<'_, str> {
    let is_escaped = |byte: u8| matches!(byte, b'"' | b'\\') || byte.is_ascii_control();
    if !text.bytes().any(is_escaped) {
        return Cow::Borrowed(text);
    }
    let json = serde_json::to_string(text).unwrap_or_default();
    let inside = json
        .strip_prefix('"')
        .and_then(|json| json.strip_suffix('"'));
    Cow::Owned(inside.unwrap_or(text).to_owned())
}

fn lower_case_escapes(percent: &str) -> String {
    let mut digits = 0;
    percent
        .chars()
        .map(|character| {
            if character == '%' {
                digits = 2;
            } else if digits > 0 {
                digits -= 1;
                return character.to_ascii_lowercase();
            }
            character
        })
        .collect()
}

/// The characters of the secret's Base64 that are the same whatever stands
/// around it, where so many bytes stand before it (modulo 3).
fn base64_inside(secret: &str, bytes_before: usize) -> String {
    let mut bytes = vec![0; bytes_before];
    bytes.extend_from_slice(secret.as_bytes());
    let start = (bytes_before * 8).div_ceil(6);
    let end = bytes.len() * 8 / 6;
    let encoded = STANDARD_NO_PAD.encode(bytes);
    encoded.get(start..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plain_secret_has_few_forms() {
        let forms = forms("hunter2");
        let expected: BTreeSet<_> = ["hunter2", "aHVudGVyM", "h1bnRlcj", "odW50ZXIy"]
            .map(str::to_owned)
            .into();
        assert_eq!(forms, expected);
    }

    #[test]
    fn escapes_are_written_in_both_cases() {
        let forms = forms("a/\"b\"+c");
        for form in ["a/\\\"b\\\"+c", "a%2F%22b%22%2Bc", "a%2f%22b%22%2bc"] {
            assert!(forms.contains(form), "{forms:?}");
        }
    }

    proptest! {
        #[test]
        fn a_form_is_in_whatever_is_encoded_around_the_secret(
            secret in "\\PC{6,40}", before in ".{0,9}", after in ".{0,9}",
        ) {
            let forms = forms(&secret);
            let all = format!("{before}{secret}{after}");
            for text in [
                all.clone(),
                serde_json::to_string(&all).unwrap(),
                utf8_percent_encode(&all, RESERVED).to_string(),
                STANDARD.encode(&all),
                URL_SAFE.encode(&all),
            ] {
                prop_assert!(forms.iter().any(|form| text.contains(form)), "{text}");
            }
            let shortest = forms.iter().map(String::len).min();
            prop_assert!(shortest >= Some(6));
        }
    }
}
