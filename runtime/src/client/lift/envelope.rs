//! What stands in the place of telemetry on its way through rmcp.

/// Key of the envelope that holds the text of the telemetry.
pub(super) const LIFTED_KEY: &str = "lifted";
/// Key of the envelope that says why there is no text.
pub(super) const REFUSED_KEY: &str = "refused";
/// Key of the envelope that says how many bytes the telemetry had.
pub(super) const BYTES_KEY: &str = "bytes";

/// Why telemetry was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is over the bound (SEP-2448 C04).
    TooLarge,
    /// It is not UTF-8, so it is not JSON.
    NotUtf8,
    /// The answer has more than one `otel`: it cannot be said which one counts.
    Ambiguous,
}

impl Refusal {
    pub(super) const ALL: [Self; 3] = [Self::TooLarge, Self::NotUtf8, Self::Ambiguous];

    /// The reason as one word, as it stands in the envelope.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::NotUtf8 => "not_utf8",
            Self::Ambiguous => "ambiguous",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// Writes the envelope of telemetry that was taken. The number of bytes that
/// `text` takes as a JSON string; `None`, and nothing is written, if these
/// would be more than `max`.
pub(super) fn write_lifted(text: &str, max: usize, out: &mut Vec<u8>) -> Option<usize> {
    let start = out.len();
    write_key(LIFTED_KEY, out);
    out.push(b'"');
    let text_start = out.len();
    write_escaped(text.as_bytes(), out);
    let escaped = out.len().saturating_sub(text_start);
    if escaped > max {
        out.truncate(start);
        return None;
    }
    out.push(b'"');
    write_bytes(text.len() as u64, out);
    Some(escaped)
}

/// Writes the envelope of telemetry that was not taken.
pub(super) fn write_refused(reason: Refusal, bytes: u64, out: &mut Vec<u8>) {
    write_key(REFUSED_KEY, out);
    out.push(b'"');
    out.extend_from_slice(reason.as_str().as_bytes());
    out.push(b'"');
    write_bytes(bytes, out);
}

fn write_key(key: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
}

fn write_bytes(bytes: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(format!(",\"{BYTES_KEY}\":{bytes}}}").as_bytes());
}

/// The content of a JSON string, in runs: most bytes need no escape.
fn write_escaped(mut text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len().saturating_add(text.len() / 4));
    while let Some(at) = text
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))
    {
        let (plain, rest) = text.split_at(at);
        out.extend_from_slice(plain);
        let Some((byte, rest)) = rest.split_first() else {
            return;
        };
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
        text = rest;
    }
    out.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    proptest! {
        #[test]
        fn serde_json_reads_the_very_text_back(text in "(\\PC|[\\x00-\\x20\"\\\\]){0,64}") {
            let mut out = Vec::new();
            write_lifted(&text, usize::MAX, &mut out).unwrap();
            let value: Value = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(value, json!({"lifted": text, "bytes": text.len()}));
        }
    }

    #[test]
    fn writes_nothing_over_the_bound() {
        let text = "\u{1}\"";
        for (max, fits) in [(7, false), (8, true), (9, true)] {
            let mut out = b"before".to_vec();
            let written = write_lifted(text, max, &mut out);
            assert_eq!(written, fits.then_some(8));
            assert_eq!(out == b"before", !fits);
        }
    }

    #[test]
    fn a_refusal_is_found_by_its_word() {
        for reason in Refusal::ALL {
            assert_eq!(Refusal::from_word(reason.as_str()), Some(reason));
            let mut out = Vec::new();
            write_refused(reason, 7, &mut out);
            let value: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(value, json!({"refused": reason.as_str(), "bytes": 7}));
        }
        assert_eq!(Refusal::from_word("new"), None);
    }
}
