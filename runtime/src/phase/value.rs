//! What `ok(...)` and `err = text` see of a phase's value.

use std::fmt::{self, Display, Write};

use super::outcome::MAX_VALUE_LENGTH_BYTES;

/// Finds the value that `ok(...)` looks at: an inherent method if there is a
/// `Result`, which has one only if it is `Ok`; [`ViaWhole`] for anything else.
#[derive(Debug)]
pub struct ValueProbe<'a, T>(&'a T);

impl<'a, T> ValueProbe<'a, T> {
    /// Looks at `value`.
    #[must_use]
    pub const fn new(value: &'a T) -> Self {
        Self(value)
    }
}

impl<'a, T, E> ValueProbe<'a, Result<T, E>> {
    /// The value of an `Ok`.
    #[must_use]
    pub const fn ok(&self) -> Option<&'a T> {
        match self.0 {
            Ok(value) => Some(value),
            Err(_) => None,
        }
    }
}

/// Anything but a `Result`.
pub trait ViaWhole<'a, T> {
    /// The value itself.
    fn ok(&self) -> Option<&'a T>;
}

impl<'a, T> ViaWhole<'a, T> for &ValueProbe<'a, T> {
    fn ok(&self) -> Option<&'a T> {
        Some(self.0)
    }
}

/// A `Result` whose error has words, as `err = text` needs it.
#[diagnostic::on_unimplemented(
    message = "`err = text` needs a `Result` whose error implements `Display`, and this phase ends with `{Self}`",
    label = "its error has no words",
    note = "implement `Display` for the error, or remove `err = text`: `error.type` says the class of the error"
)]
pub trait ErrorText {
    /// Writes the words of the error, if it is one.
    ///
    /// # Errors
    ///
    /// `text` is full, or the error fails to say what it is.
    fn write_error(&self, text: &mut dyn Write) -> fmt::Result;
}

impl<T, E: Display> ErrorText for Result<T, E> {
    fn write_error(&self, text: &mut dyn Write) -> fmt::Result {
        match self {
            Ok(_) => Ok(()),
            Err(error) => write!(text, "{error}"),
        }
    }
}

/// The words of the error, cut where they become too long. An error that fails
/// to say what it is says what it could.
#[must_use]
pub fn error_text(value: &impl ErrorText) -> String {
    let mut text = Bounded(String::new());
    // Full, or the error's own `Display` failed: what is there is kept.
    let _ = value.write_error(&mut text);
    text.0
}

struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let left = MAX_VALUE_LENGTH_BYTES - self.0.len();
        let taken = crate::passback::cut(more, left);
        self.0.push_str(taken);
        if taken.len() < more.len() {
            return Err(fmt::Error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Talkative;

    impl Display for Talkative {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            for _ in 0..MAX_VALUE_LENGTH_BYTES {
                formatter.write_str("word ")?;
            }
            Ok(())
        }
    }

    struct Silent;

    impl Display for Silent {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("so far")?;
            Err(fmt::Error)
        }
    }

    #[test]
    fn words_of_an_error_are_bounded() {
        let text = error_text(&Err::<(), _>(Talkative));
        assert_eq!(text.len(), MAX_VALUE_LENGTH_BYTES);
    }

    #[test]
    fn an_error_that_cannot_be_written_does_no_harm() {
        assert_eq!(error_text(&Err::<(), _>(Silent)), "so far");
        assert_eq!(error_text(&Ok::<_, Silent>(1)), "");
    }
}
