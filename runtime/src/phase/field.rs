//! What an author declares on a phase.

use std::borrow::Cow;

use opentelemetry::{KeyValue, Value};

/// Most fields a phase keeps (SEP-2448, S09); the span's own limit counts the
/// rest.
const CAPACITY: usize = 4;

/// The fields of one phase, in the order they were written.
#[derive(Debug, Default)]
pub struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    /// Adds a field. A value that is not there (`None`) leaves no field.
    pub fn set<V: FieldValue>(&mut self, key: &'static str, value: V) {
        if let Some(value) = value.to_value() {
            if self.0.is_empty() {
                self.0.reserve(CAPACITY);
            }
            self.0.push((key, value));
        }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(key, _)| *key)
    }

    pub(super) fn into_attributes(self) -> Vec<KeyValue> {
        self.0
            .into_iter()
            .map(|(key, value)| KeyValue::new(key, value))
            .collect()
    }
}

/// A value that can stand on a phase: a number, a text or a truth value.
///
/// # Privacy
///
/// Fields are public: whoever asks for spans sees them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a phase",
    label = "not a number, text or truth value",
    note = "fields are public attributes: write a number, a `bool`, a `&str` or a `String`, for example a count or a name"
)]
pub trait FieldValue {
    /// The value as an attribute, or nothing.
    fn to_value(&self) -> Option<Value>;
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl FieldValue for $integer {
            /// Numbers beyond 64 signed bits become the nearest that fits.
            fn to_value(&self) -> Option<Value> {
                let nearest = if i128::try_from(*self).is_ok_and(|value| value < 0) { i64::MIN } else { i64::MAX };
                Some(Value::I64(i64::try_from(*self).unwrap_or(nearest)))
            }
        }
    )*};
}
integers!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);

impl FieldValue for f64 {
    fn to_value(&self) -> Option<Value> {
        Some(Value::F64(*self))
    }
}

impl FieldValue for f32 {
    fn to_value(&self) -> Option<Value> {
        Some(Value::F64(f64::from(*self)))
    }
}

impl FieldValue for bool {
    fn to_value(&self) -> Option<Value> {
        Some(Value::Bool(*self))
    }
}

impl FieldValue for str {
    fn to_value(&self) -> Option<Value> {
        Some(Value::from(self.to_owned()))
    }
}

impl FieldValue for String {
    fn to_value(&self) -> Option<Value> {
        self.as_str().to_value()
    }
}

impl FieldValue for Cow<'_, str> {
    fn to_value(&self) -> Option<Value> {
        self.as_ref().to_value()
    }
}

impl<V: FieldValue> FieldValue for Option<V> {
    fn to_value(&self) -> Option<Value> {
        self.as_ref()?.to_value()
    }
}

impl<V: FieldValue + ?Sized> FieldValue for &V {
    fn to_value(&self) -> Option<Value> {
        (**self).to_value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_do_not_fit_become_the_nearest() {
        assert_eq!(7_usize.to_value(), Some(Value::I64(7)));
        assert_eq!(u64::MAX.to_value(), Some(Value::I64(i64::MAX)));
        assert_eq!(i128::MIN.to_value(), Some(Value::I64(i64::MIN)));
        assert_eq!(u128::MAX.to_value(), Some(Value::I64(i64::MAX)));
    }

    #[test]
    fn nothing_leaves_no_field() {
        let mut fields = Fields::default();
        fields.set("a", None::<u8>);
        fields.set("b", Some(&"text"));
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["b"]);
    }
}
