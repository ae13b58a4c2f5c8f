//! Return types that `?` can leave with.

/// A return type of a function in which a phase uses `?`.
///
/// A block with `?` inside becomes a block of its own, whose error is the
/// function's: `Of<T>` is the function's return type with another value.
#[diagnostic::on_unimplemented(
    message = "a phase with `?` inside needs a function that returns `Result` or `Option`",
    label = "`?` cannot leave the phase towards `{Self}`",
    note = "return a `Result`, or handle the error inside the phase"
)]
pub trait Fallible {
    /// This type, with `T` in the place of its value.
    type Of<T>;

    /// `Ok(value)` or `Some(value)`.
    fn from_value<T>(value: T) -> Self::Of<T>;
}

impl<U, E> Fallible for Result<U, E> {
    type Of<T> = Result<T, E>;

    fn from_value<T>(value: T) -> Self::Of<T> {
        Ok(value)
    }
}

impl<U> Fallible for Option<U> {
    type Of<T> = Option<T>;

    fn from_value<T>(value: T) -> Self::Of<T> {
        Some(value)
    }
}
