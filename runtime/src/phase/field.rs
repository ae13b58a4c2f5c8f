//! What an author declares on a phase.

use std::borrow::Cow;

use opentelemetry::Value;

use crate::passback::cut;

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
    /// The value as an attribute, or nothing. Texts are cut to
    /// `max_length_bytes`.
    fn to_value(&self, max_length_bytes: usize) -> Option<Value>;
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl FieldValue for $integer {
            /// Numbers beyond 64 signed bits become the nearest that fits.
            fn to_value(&self, _: usize) -> Option<Value> {
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
    fn to_value(&self, _: usize) -> Option<Value> {
        Some(Value::F64(*self))
    }
}

impl FieldValue for f32 {
    fn to_value(&self, _: usize) -> Option<Value> {
        Some(Value::F64(f64::from(*self)))
    }
}

impl FieldValue for bool {
    fn to_value(&self, _: usize) -> Option<Value> {
        Some(Value::Bool(*self))
    }
}

impl FieldValue for str {
    fn to_value(&self, max_length_bytes: usize) -> Option<Value> {
        Some(Value::from(cut(self, max_length_bytes).to_owned()))
    }
}

impl FieldValue for String {
    fn to_value(&self, max_length_bytes: usize) -> Option<Value> {
        self.as_str().to_value(max_length_bytes)
    }
}

impl FieldValue for Cow<'_, str> {
    fn to_value(&self, max_length_bytes: usize) -> Option<Value> {
        self.as_ref().to_value(max_length_bytes)
    }
}

impl<V: FieldValue> FieldValue for Option<V> {
    fn to_value(&self, max_length_bytes: usize) -> Option<Value> {
        self.as_ref()?.to_value(max_length_bytes)
    }
}

impl<V: FieldValue + ?Sized> FieldValue for &V {
    fn to_value(&self, max_length_bytes: usize) -> Option<Value> {
        (**self).to_value(max_length_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_do_not_fit_become_the_nearest() {
        assert_eq!(7_usize.to_value(9), Some(Value::I64(7)));
        assert_eq!(u64::MAX.to_value(9), Some(Value::I64(i64::MAX)));
        assert_eq!(i128::MIN.to_value(9), Some(Value::I64(i64::MIN)));
        assert_eq!(u128::MAX.to_value(9), Some(Value::I64(i64::MAX)));
    }

    #[test]
    fn texts_are_cut_where_they_are_recorded() {
        assert_eq!("0123456789".to_value(9), Some(Value::from("012345678")));
    }
}
