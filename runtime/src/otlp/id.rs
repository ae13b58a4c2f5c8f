//! Trace and span ids: hex strings in either case (OTLP/JSON).

use opentelemetry::trace::{SpanId, TraceId};
use serde::de::{Deserializer, Error};

use super::lenient;

/// A trace id of 32 hex digits. Missing, `null` and the empty string are no id, which is all zero.
pub(super) fn trace_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TraceId, D::Error> {
    let text = lenient::text(deserializer)?;
    match hex::<32>(&text) {
        Some(id) => Ok(TraceId::from(id)),
        None if text.is_empty() => Ok(TraceId::INVALID),
        None => Err(D::Error::custom("a trace id that is not 32 hex digits")),
    }
}

/// A span id of 16 hex digits. Missing, `null` and the empty string are no id, which is all zero.
pub(super) fn span_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SpanId, D::Error> {
    let text = lenient::text(deserializer)?;
    match hex::<16>(&text).and_then(|id| u64::try_from(id).ok()) {
        Some(id) => Ok(SpanId::from(id)),
        None if text.is_empty() => Ok(SpanId::INVALID),
        None => Err(D::Error::custom("a span id that is not 16 hex digits")),
    }
}

/// Exactly `LENGTH` hex digits; `from_hex` of the ids' own types would take fewer, and a sign.
fn hex<const LENGTH: usize>(text: &str) -> Option<u128> {
    let digits = text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits
        .then(|| u128::from_str_radix(text, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn takes_hex_digits_in_either_case() {
        for text in ["b7ad6b7169203331", "B7AD6B7169203331", "B7ad6B7169203331"] {
            let id = span_id(&json!(text)).unwrap();
            assert_eq!(id.to_string(), "b7ad6b7169203331");
        }
        let id = trace_id(&json!("0AF7651916CD43DD8448EB211C80319C")).unwrap();
        assert_eq!(id.to_string(), "0af7651916cd43dd8448eb211c80319c");
    }

    #[test]
    fn nothing_is_no_id() {
        for nothing in [json!(null), json!(""), json!("0000000000000000")] {
            assert_eq!(span_id(&nothing).unwrap(), SpanId::INVALID);
        }
    }

    #[test]
    fn refuses_anything_else() {
        for text in [
            "b7ad",
            "0x7ad6b716920333",
            "+7ad6b7169203331",
            "b7ad6b7169203331b7",
            "b7ad6b716920333é",
            // Base64, as the plain protobuf JSON mapping would have it.
            "t61rcWkgMzE=",
        ] {
            assert!(span_id(&json!(text)).is_err(), "{text}");
        }
        assert!(span_id(&json!(7)).is_err());
    }
}
