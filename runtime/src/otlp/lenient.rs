//! Scalars as the protobuf JSON mapping spells them: each in several ways, and `null` for the default.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A scalar in any of JSON's forms.
enum Scalar<'de> {
    Null,
    Bool,
    Unsigned(u64),
    Signed(i64),
    Double(f64),
    Text(Cow<'de, str>),
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Unsigned(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Signed(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Double(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(A::Error::custom("an array where a scalar belongs"))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(A::Error::custom("an object where a scalar belongs"))
    }
}

/// A string; `null` is the empty one.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Scalar::deserialize(deserializer)? {
        Scalar::Null => Ok(String::new()),
        Scalar::Text(text) => Ok(text.into_owned()),
        _ => Err(D::Error::custom("not a string")),
    }
}

/// An unsigned integer: a number, or its digits in a string; `null` is 0.
pub(super) fn unsigned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let integer = integer::<D>(Scalar::deserialize(deserializer)?)?;
    u64::try_from(integer).map_err(|_| D::Error::custom("an unsigned integer out of range"))
}

/// An unsigned integer of 32 bits.
pub(super) fn unsigned_32<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    u32::try_from(unsigned(deserializer)?)
        .map_err(|_| D::Error::custom("an unsigned integer out of range"))
}

/// A signed integer, if there is one.
pub(super) fn optional_signed<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    match Scalar::deserialize(deserializer)? {
        Scalar::Null => Ok(None),
        scalar => match i64::try_from(integer::<D>(scalar)?) {
            Ok(integer) => Ok(Some(integer)),
            Err(_) => Err(D::Error::custom("an integer out of range")),
        },
    }
}

/// A double, if there is one: a number, or a number, `NaN` or `Infinity` in a string.
pub(super) fn optional_double<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<f64>, D::Error> {
    #[expect(clippy::cast_precision_loss, reason = "what the JSON mapping does")]
    match Scalar::deserialize(deserializer)? {
        Scalar::Null => Ok(None),
        Scalar::Unsigned(number) => Ok(Some(number as f64)),
        Scalar::Signed(number) => Ok(Some(number as f64)),
        Scalar::Double(number) => Ok(Some(number)),
        Scalar::Text(text) => double(&text)
            .map(Some)
            .ok_or_else(|| D::Error::custom("not a double")),
        Scalar::Bool => Err(D::Error::custom("not a double")),
    }
}

/// An enum: its number, or its name, of those given. A number that is not known is kept, as protobuf does; `null` is 0.
pub(super) fn enumeration<'de, D: Deserializer<'de>>(
    deserializer: D,
    names: &[(&str, u64)],
) -> Result<u64, D::Error> {
    let number = match Scalar::deserialize(deserializer)? {
        Scalar::Text(name) if name.starts_with(|first: char| first.is_ascii_alphabetic()) => names
            .iter()
            .find(|(known, _)| *known == name)
            .map(|&(_, number)| number)
            .ok_or_else(|| D::Error::custom("an unknown name of an enum"))?,
        scalar => {
            // Enums are open, and 32 bits wide; a negative number means nothing to us.
            let number = i32::try_from(integer::<D>(scalar)?)
                .map_err(|_| D::Error::custom("an enum out of range"))?;
            u64::try_from(number).unwrap_or(u64::MAX)
        }
    };
    Ok(number)
}

fn integer<'de, D: Deserializer<'de>>(scalar: Scalar<'_>) -> Result<i128, D::Error> {
    let not_an_integer = || D::Error::custom("not an integer");
    match scalar {
        Scalar::Null => Ok(0),
        Scalar::Unsigned(number) => Ok(number.into()),
        Scalar::Signed(number) => Ok(number.into()),
        Scalar::Double(number) => integral(number).ok_or_else(not_an_integer),
        Scalar::Text(text) => is_json_number(&text)
            .then(|| text.parse().ok().or_else(|| integral(text.parse().ok()?)))
            .flatten()
            .ok_or_else(not_an_integer),
        Scalar::Bool => Err(not_an_integer()),
    }
}

/// `1e3` and `5.0` are integers, too (protobuf JSON mapping, 64-bit integers).
fn integral(number: f64) -> Option<i128> {
    #[expect(clippy::cast_possible_truncation, reason = "integral and in range")]
    (number.fract() == 0.0 && number.abs() < 1e20).then_some(number as i128)
}

fn double(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        text if is_json_number(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// Rules out what Rust's parsers would take beyond JSON: `inf`, `+1`, `1_0`.
fn is_json_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn takes_integers_in_every_spelling_of_the_mapping() {
        for (json, expected) in [
            (json!(5), Some(5)),
            (json!("5"), Some(5)),
            (json!("18446744073709551615"), Some(u64::MAX)),
            (json!(1e3), Some(1000)),
            (json!("1e3"), Some(1000)),
            (json!(7.0), Some(7)),
            (json!(null), Some(0)),
            (json!(-1), None),
            (json!("+1"), None),
            (json!("18446744073709551616"), None),
            (json!(1.5), None),
            (json!(""), None),
            (json!(" 5"), None),
            (json!(true), None),
            (json!([5]), None),
        ] {
            assert_eq!(unsigned(&json).ok(), expected, "{json}");
        }
        assert_eq!(
            optional_signed(&json!("-9223372036854775808")).unwrap(),
            Some(i64::MIN)
        );
    }

    #[test]
    fn takes_doubles_in_every_spelling_of_the_mapping() {
        for (json, expected) in [
            (json!(1.5), Some(1.5)),
            (json!(2), Some(2.0)),
            (json!("1.5"), Some(1.5)),
            (json!("-Infinity"), Some(f64::NEG_INFINITY)),
            (json!("inf"), None),
            (json!("1e999"), None),
            (json!({}), None),
        ] {
            assert_eq!(optional_double(&json).ok().flatten(), expected, "{json}");
        }
        assert!(optional_double(&json!("NaN")).unwrap().unwrap().is_nan());
    }

    #[test]
    fn takes_enums_by_number_and_by_name() {
        let names = [("A", 1), ("B", 2)];
        for (json, expected) in [
            (json!(2), Some(2)),
            (json!("B"), Some(2)),
            (json!(77), Some(77)),
            (json!(-1), Some(u64::MAX)),
            (json!(null), Some(0)),
            (json!(2_147_483_648_u64), None),
            (json!("C"), None),
            (json!(true), None),
        ] {
            assert_eq!(enumeration(&json, &names).ok(), expected, "{json}");
        }
    }
}
