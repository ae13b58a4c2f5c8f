//! Attributes and their values.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::bounded::Bounded;
use super::lenient;
use super::object::from_objects;

const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);

/// One attribute of a span, event, link, scope or resource, as sent: its text is not safe to print.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct Attribute {
    /// The key.
    #[serde(default, deserialize_with = "lenient::text")]
    pub key: String,
    /// The value.
    #[serde(default)]
    pub value: AnyValue,
}

/// The value of an attribute (OTLP, `AnyValue`).
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(clippy::exhaustive_enums, reason = "the set is closed by OTLP")]
pub enum AnyValue {
    /// No value, which OTLP allows.
    #[default]
    Empty,
    /// Text.
    String(String),
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A double, possibly not finite.
    Double(f64),
    /// Values in order.
    Array(Vec<Self>),
    /// Values by key, in the order sent.
    Map(Vec<Attribute>),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl AnyValue {
    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number of an integer.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }
}

impl fmt::Display for AnyValue {
    /// Writes scalars as they are, lists as `[a, b]`, maps as `{k: v}`, and of bytes only how many. Not safe to print.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::String(text) => f.write_str(text),
            Self::Bool(value) => value.fmt(f),
            Self::Int(number) => number.fmt(f),
            Self::Double(number) => number.fmt(f),
            Self::Array(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{value}")?;
                }
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                for (index, entry) in entries.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{}: {}", entry.key, entry.value)?;
                }
                f.write_str("}")
            }
            Self::Bytes(bytes) => write!(f, "({} bytes)", bytes.len()),
        }
    }
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Values {
    #[serde(default)]
    values: Bounded<AnyValue>,
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Entries {
    #[serde(default)]
    values: Bounded<Attribute>,
}

/// A value is whole or not there: nobody could see that the end of a list is missing.
fn whole<T, E: Error>(list: Bounded<T>) -> Result<Vec<T>, E> {
    match list.excess {
        0 => Ok(list.items),
        _ => Err(E::custom("a list that is too long")),
    }
}

/// The members that one of may be there.
#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
struct Members {
    string_value: Option<String>,
    bool_value: Option<bool>,
    #[serde(default, deserialize_with = "lenient::optional_signed")]
    int_value: Option<i64>,
    #[serde(default, deserialize_with = "lenient::optional_double")]
    double_value: Option<f64>,
    array_value: Option<Values>,
    kvlist_value: Option<Entries>,
    bytes_value: Option<String>,
}

from_objects!(Attribute, Values, Entries, Members);

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(members) = <Option<Members>>::deserialize(deserializer)? else {
            return Ok(Self::Empty);
        };
        let array = members
            .array_value
            .map(|list| whole::<_, D::Error>(list.values));
        let map = members
            .kvlist_value
            .map(|list| whole::<_, D::Error>(list.values));
        let bytes = members.bytes_value.map(|text| {
            let decoded = STANDARD.decode(&text).or_else(|_| URL_SAFE.decode(&text));
            decoded.map_err(|_| D::Error::custom("bytes that are not base64"))
        });
        let mut values = [
            members.string_value.map(Self::String),
            members.bool_value.map(Self::Bool),
            members.int_value.map(Self::Int),
            members.double_value.map(Self::Double),
            array.transpose()?.map(Self::Array),
            map.transpose()?.map(Self::Map),
            bytes.transpose()?.map(Self::Bytes),
        ]
        .into_iter()
        .flatten();
        let value = values.next().unwrap_or_default();
        match values.next() {
            None => Ok(value),
            Some(_) => Err(D::Error::custom("a value of two types at once")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(json: &Value) -> Option<AnyValue> {
        AnyValue::deserialize(json).ok()
    }

    #[test]
    fn reads_every_type() {
        for (json, expected) in [
            (json!({"stringValue": "a"}), AnyValue::String("a".into())),
            (json!({"boolValue": true}), AnyValue::Bool(true)),
            (json!({"intValue": "3"}), AnyValue::Int(3)),
            (json!({"intValue": 3}), AnyValue::Int(3)),
            (json!({"doubleValue": 3}), AnyValue::Double(3.0)),
            (
                json!({"doubleValue": "Infinity"}),
                AnyValue::Double(f64::INFINITY),
            ),
            (
                json!({"arrayValue": {"values": [{"intValue": 1}, {}]}}),
                AnyValue::Array(vec![AnyValue::Int(1), AnyValue::Empty]),
            ),
            (json!({"arrayValue": {}}), AnyValue::Array(Vec::new())),
            (
                json!({"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": false}}]}}),
                AnyValue::Map(vec![Attribute {
                    key: "k".into(),
                    value: AnyValue::Bool(false),
                }]),
            ),
            (
                json!({"bytesValue": "+/8="}),
                AnyValue::Bytes(vec![0xfb, 0xff]),
            ),
            (
                json!({"bytesValue": "-_8"}),
                AnyValue::Bytes(vec![0xfb, 0xff]),
            ),
            (json!({}), AnyValue::Empty),
            (json!(null), AnyValue::Empty),
            (json!({"newValue": {"deep": []}}), AnyValue::Empty),
            (
                json!({"stringValue": null, "intValue": "1"}),
                AnyValue::Int(1),
            ),
        ] {
            assert_eq!(read(&json), Some(expected), "{json}");
        }
    }

    #[test]
    fn is_shown_in_a_line() {
        let json = json!({"arrayValue": {"values": [
            {"intValue": 1}, {"stringValue": "a"}, {"bytesValue": "AAA="},
            {"kvlistValue": {"values": [{"key": "k", "value": {"doubleValue": 0.5}}, {"key": "e"}]}},
        ]}});
        assert_eq!(
            read(&json).unwrap().to_string(),
            "[1, a, (2 bytes), {k: 0.5, e: }]"
        );
    }

    #[test]
    fn refuses_what_no_encoder_writes() {
        for json in [
            json!({"stringValue": 3}),
            json!({"boolValue": "true"}),
            json!({"intValue": "x"}),
            json!({"arrayValue": []}),
            json!({"bytesValue": "?"}),
            json!({"stringValue": "a", "intValue": 1}),
            json!("a"),
            json!({"arrayValue": {"values": vec![json!({}); 1025]}}),
        ] {
            assert_eq!(read(&json), None, "{json}");
        }
    }
}
