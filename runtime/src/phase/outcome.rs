//! How a phase ended.

use opentelemetry::Value;

use super::field::FieldValue;
use crate::semconv;

/// The most bytes that are copied of a value's text, whatever the limits of
/// the request allow after that. Ours.
pub(super) const MAX_VALUE_LENGTH_BYTES: usize = 65_536;

/// What a phase's last look at its value says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    pub(super) error_type: Option<&'static str>,
    /// The error's own words, for those whom the policy lets read them.
    pub(super) text: String,
    /// Attributes taken from the value.
    pub(super) values: Vec<(&'static str, Value)>,
}

impl Outcome {
    /// The phase ended with a value.
    #[must_use]
    pub const fn value() -> Self {
        Self {
            error_type: None,
            text: String::new(),
            values: Vec::new(),
        }
    }

    /// The phase ended with an error of the given class.
    #[must_use]
    pub const fn error(error_type: &'static str) -> Self {
        Self {
            error_type: Some(error_type),
            text: String::new(),
            values: Vec::new(),
        }
    }

    /// Adds the words of the error, if it is one.
    #[must_use]
    pub fn with_text(mut self, text: String) -> Self {
        self.text = text;
        self
    }

    /// Adds an attribute that `look` takes from the value, if there is one.
    #[must_use]
    pub fn with_value<'a, T: ?Sized, V: FieldValue>(
        mut self,
        key: &'static str,
        value: Option<&'a T>,
        look: impl FnOnce(&'a T) -> V,
    ) -> Self {
        let value = value.and_then(|value| look(value).to_value(MAX_VALUE_LENGTH_BYTES));
        self.values.extend(value.map(|value| (key, value)));
        self
    }

    pub(super) const fn panic() -> Self {
        Self::error(semconv::ERROR_PANIC)
    }

    pub(super) const fn cancelled() -> Self {
        Self::error(semconv::ERROR_CANCELLED)
    }

    /// Whether there is nothing to note: a value, as with most phases.
    pub(super) const fn says_nothing(&self) -> bool {
        self.error_type.is_none() && self.values.is_empty()
    }

    pub(super) const fn is_error(&self) -> bool {
        self.error_type.is_some()
    }
}

/// An error that names its class in public.
///
/// The class is `error.type` of a phase that ended with the error: a short
/// word of low cardinality, such as `timeout` or `not_found`. Errors without
/// it are `_OTHER`: not even the name of a type leaves by itself.
///
/// # Examples
///
/// ```
/// use glassbox::ErrorType;
///
/// enum GmailError {
///     TimedOut,
///     Refused,
/// }
///
/// impl ErrorType for GmailError {
///     fn error_type(&self) -> &'static str {
///         match self {
///             Self::TimedOut => "timeout",
///             Self::Refused => "refused",
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the compiler cannot tell the error type of this phase's `?` in time",
    label = "`{Self}` is found out too late",
    note = "name the type where it is chosen, for example `.parse::<u8>()?` or, at the end, `Ok::<_, {Self}>(value)`; or implement `glassbox::ErrorType` for it, if it is yours"
)]
pub trait ErrorType {
    /// The class of this error, a constant word.
    fn error_type(&self) -> &'static str;
}

/// Finds out what `outcome!` looks at: an inherent method if it is a `Result`
/// whose error declares its class, [`ViaResult`] if it is another `Result`,
/// [`ViaAnything`] if it is none (`None` is an answer, not an error). Aliases
/// are seen through, because the compiler decides.
#[derive(Debug)]
pub struct OutcomeProbe<'a, T>(&'a T);

impl<'a, T> OutcomeProbe<'a, T> {
    /// Looks at `value`.
    #[must_use]
    pub const fn new(value: &'a T) -> Self {
        Self(value)
    }
}

impl<T, E: ErrorType> OutcomeProbe<'_, Result<T, E>> {
    /// The declared class of the error, if there is one.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.0 {
            Ok(_) => Outcome::value(),
            Err(error) => Outcome::error(error.error_type()),
        }
    }
}

/// A `Result`.
pub trait ViaResult {
    /// Whether there is a value.
    fn outcome(&self) -> Outcome;
}

impl<T, E> ViaResult for OutcomeProbe<'_, Result<T, E>> {
    fn outcome(&self) -> Outcome {
        if self.0.is_ok() {
            Outcome::value()
        } else {
            Outcome::error(semconv::ERROR_OTHER)
        }
    }
}

/// Anything else: a value.
pub trait ViaAnything {
    /// A value.
    fn outcome(&self) -> Outcome;
}

impl<T> ViaAnything for &OutcomeProbe<'_, T> {
    fn outcome(&self) -> Outcome {
        Outcome::value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::__private::outcome;

    struct Declared;

    impl ErrorType for Declared {
        fn error_type(&self) -> &'static str {
            "declared"
        }
    }

    type Alias<T> = Result<T, std::fmt::Error>;

    #[test]
    fn sees_results_through_aliases() {
        assert_eq!(
            outcome!(&Err::<u8, _>(Declared)),
            Outcome::error("declared")
        );
        assert_eq!(outcome!(&Ok::<u8, Declared>(1)), Outcome::value());
        let alias: Alias<u8> = Err(std::fmt::Error);
        assert_eq!(outcome!(&alias), Outcome::error("_OTHER"));
        assert_eq!(outcome!(&None::<u8>), Outcome::value());
        assert_eq!(outcome!(&"text"), Outcome::value());
    }
}
