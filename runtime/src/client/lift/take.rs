//! Telemetry, taken out of a decoded answer.

use std::io::{self, Write};

use rmcp::model::{ErrorData, MetaObject};
use serde_json::{Map, Value};

use super::envelope::{BYTES_KEY, LIFTED_KEY, REFUSED_KEY, Refusal};
use super::handle::DEFAULT_MAX_TELEMETRY_BYTES;
use crate::passback::OTEL_KEY;

const META_KEY: &str = "_meta";

/// The value of `_meta.otel`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Telemetry {
    /// Its JSON text. Lifted, it is the very text that the server sent, be it
    /// JSON or not; taken from a transport of others, it was parsed and written
    /// again.
    Text(String),
    /// It was not taken.
    Refused {
        /// Why not.
        reason: Refusal,
        /// How many bytes it had.
        bytes: u64,
    },
}

/// Takes the telemetry out of the `_meta` of a result. `_meta` is `None`
/// afterwards if it held nothing else.
#[must_use]
pub fn take(meta: &mut Option<MetaObject>) -> Option<Telemetry> {
    let members = &mut meta.as_mut()?.0;
    let otel = members.remove(OTEL_KEY)?;
    if members.is_empty() {
        *meta = None;
    }
    Some(read(otel, DEFAULT_MAX_TELEMETRY_BYTES))
}

/// Takes the telemetry out of the `data` of a JSON-RPC error. Neither `_meta`
/// nor `data` stays if it held nothing else.
#[must_use]
pub fn take_from_error(error: &mut ErrorData) -> Option<Telemetry> {
    let data = error.data.as_mut()?.as_object_mut()?;
    let meta = data.get_mut(META_KEY)?.as_object_mut()?;
    let otel = meta.remove(OTEL_KEY)?;
    if meta.is_empty() {
        data.remove(META_KEY);
    }
    if data.is_empty() {
        error.data = None;
    }
    Some(read(otel, DEFAULT_MAX_TELEMETRY_BYTES))
}

fn read(otel: Value, max_bytes: usize) -> Telemetry {
    match otel {
        Value::Object(mut members) => {
            read_envelope(&mut members).unwrap_or_else(|| write(&Value::Object(members), max_bytes))
        }
        decoded => write(&decoded, max_bytes),
    }
}

/// What a [`Lift`](super::Lift) wrote. A server can write the same to a client
/// without one, and gains nothing: its text is judged like any other.
fn read_envelope(members: &mut Map<String, Value>) -> Option<Telemetry> {
    let bytes = members.get(BYTES_KEY)?.as_u64()?;
    if members.len() != 2 {
        return None;
    }
    if let Some(Value::String(text)) = members.get_mut(LIFTED_KEY) {
        return Some(Telemetry::Text(std::mem::take(text)));
    }
    let reason = Refusal::from_word(members.get(REFUSED_KEY)?.as_str()?)?;
    Some(Telemetry::Refused { reason, bytes })
}

/// Telemetry that rmcp decoded, as text.
fn write(otel: &Value, max_bytes: usize) -> Telemetry {
    let mut text = BoundedText {
        max_bytes,
        text: Vec::new(),
        bytes: 0,
    };
    // Neither the tree nor the writer has a way to fail.
    let _ = serde_json::to_writer(&mut text, otel);
    let bytes = text.bytes;
    if bytes > max_bytes as u64 {
        return Telemetry::Refused {
            reason: Refusal::TooLarge,
            bytes,
        };
    }
    match String::from_utf8(text.text) {
        Ok(text) => Telemetry::Text(text),
        Err(_) => Telemetry::Refused {
            reason: Refusal::NotUtf8,
            bytes,
        },
    }
}

/// Keeps text up to a bound, and counts all of it.
struct BoundedText {
    max_bytes: usize,
    text: Vec<u8>,
    bytes: u64,
}

impl Write for BoundedText {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.bytes = self.bytes.saturating_add(part.len() as u64);
        if self.bytes > self.max_bytes as u64 {
            self.text = Vec::new();
        } else {
            self.text.extend_from_slice(part);
        }
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn meta(value: Value) -> Option<MetaObject> {
        serde_json::from_value(value).unwrap()
    }

    fn text(text: &str) -> Option<Telemetry> {
        Some(Telemetry::Text(text.to_owned()))
    }

    #[test]
    fn takes_what_was_lifted_and_leaves_the_rest() {
        let mut lifted = meta(json!({"otel": {"lifted": "[1e999]", "bytes": 7}, "a": 1}));
        assert_eq!(take(&mut lifted), text("[1e999]"));
        assert_eq!(lifted, meta(json!({"a": 1})));
        assert_eq!(take(&mut lifted), None);
        assert_eq!(lifted, meta(json!({"a": 1})));
    }

    #[test]
    fn a_meta_that_held_only_telemetry_goes_with_it() {
        let mut only = meta(json!({"otel": {"refused": "too_large", "bytes": 7}}));
        let refused = Telemetry::Refused {
            reason: Refusal::TooLarge,
            bytes: 7,
        };
        assert_eq!(take(&mut only), Some(refused));
        assert_eq!(only, None);

        let mut empty = meta(json!({}));
        assert_eq!(take(&mut empty), None);
        assert_eq!(empty, meta(json!({})));
        assert_eq!(take(&mut None), None);
    }

    #[test]
    fn what_rmcp_decoded_is_written_again() {
        for value in [
            json!({"traces": {"resourceSpans": []}}),
            json!({"lifted": "x"}),
            json!({"lifted": "x", "bytes": 1, "more": 1}),
            json!({"refused": "new", "bytes": 1}),
            json!([1]),
            json!(null),
        ] {
            let mut decoded = meta(json!({"otel": value}));
            assert_eq!(take(&mut decoded), text(&value.to_string()));
        }
    }

    #[test]
    fn what_rmcp_decoded_is_bounded() {
        let value = json!("four");
        for (max, fits) in [(5, false), (6, true), (7, true)] {
            let expected = if fits {
                Telemetry::Text("\"four\"".to_owned())
            } else {
                Telemetry::Refused {
                    reason: Refusal::TooLarge,
                    bytes: 6,
                }
            };
            assert_eq!(read(value.clone(), max), expected);
        }
    }

    #[test]
    fn takes_the_telemetry_of_an_error() {
        let otel = json!({"lifted": "1", "bytes": 1});
        for (data, left) in [
            (json!({"_meta": {"otel": otel}}), None),
            (
                json!({"_meta": {"otel": otel}, "why": 1}),
                Some(json!({"why": 1})),
            ),
            (
                json!({"_meta": {"otel": otel, "a": 1}}),
                Some(json!({"_meta": {"a": 1}})),
            ),
        ] {
            let mut error = ErrorData::internal_error("no", Some(data));
            assert_eq!(take_from_error(&mut error), text("1"));
            assert_eq!(error.data, left);
        }
        for data in [
            None,
            Some(json!([])),
            Some(json!({"_meta": 1})),
            Some(json!({"_meta": {}})),
        ] {
            let mut error = ErrorData::internal_error("no", data.clone());
            assert_eq!(take_from_error(&mut error), None);
            assert_eq!(error.data, data);
        }
    }
}
