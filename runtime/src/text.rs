//! Values that are text on the wire: variables of a resource's URI, arguments
//! of a prompt.

use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use crate::tool::shortened;

/// Most characters of what an error says, which may repeat the text whole.
const MAX_REASON_CHARACTERS: usize = 300;

/// A type that can be read from text: `String`, and whatever has [`FromStr`]
/// with an error that can be shown.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from text",
    label = "is not read from text",
    note = "write `String`, implement `std::str::FromStr` for it with an error that is `Display`, or write `&{Self}` to have it injected by the server"
)]
pub trait FromText: Sized + 'static {
    /// Reads the text.
    ///
    /// # Errors
    ///
    /// Why it cannot be read, in the words of the type.
    fn from_text(text: &str) -> Result<Self, String>;
}

#[diagnostic::do_not_recommend]
impl<T: FromStr<Err: Display> + 'static> FromText for T {
    fn from_text(text: &str) -> Result<Self, String> {
        let reason = |error: T::Err| shortened(&error.to_string(), MAX_REASON_CHARACTERS);
        text.parse().map_err(reason)
    }
}

/// The type of a parameter, before it is known whether it is an `Option`.
///
/// On `TextProbe<Option<T>>` the inherent method wins, on all else the trait's.
#[derive(Debug)]
pub struct TextProbe<T>(PhantomData<fn() -> T>);

impl<T> TextProbe<T> {
    /// The type `T`.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for TextProbe<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> TextProbe<Option<T>> {
    /// What may be left out.
    #[must_use]
    pub const fn kind(self) -> Optional<T> {
        Optional(PhantomData)
    }
}

/// A type that is not an `Option`.
pub trait ViaRequired<T> {
    /// What has to be given.
    fn kind(self) -> Required<T>;
}

impl<T> ViaRequired<T> for TextProbe<T> {
    fn kind(self) -> Required<T> {
        Required(PhantomData)
    }
}

/// A text that may be left out.
#[derive(Debug)]
pub struct Optional<T>(PhantomData<fn() -> T>);

/// A text that has to be given.
#[derive(Debug)]
pub struct Required<T>(PhantomData<fn() -> T>);

/// Whether there has to be a text for a parameter.
pub trait TextKind {
    /// The parameter's type.
    type Value;

    /// The value if there is no text, if the type has one.
    fn left_out() -> Option<Self::Value>;
}

impl<T> TextKind for Required<T> {
    type Value = T;

    fn left_out() -> Option<T> {
        None
    }
}

impl<T> TextKind for Optional<T> {
    type Value = Option<T>;

    fn left_out() -> Option<Option<T>> {
        Some(None)
    }
}

/// How the value of a parameter comes from a text.
pub trait ReadText: TextKind {
    /// Reads the text.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    fn read(text: &str) -> Result<Self::Value, String>;
}

impl<T: FromText> ReadText for Required<T> {
    fn read(text: &str) -> Result<T, String> {
        T::from_text(text)
    }
}

impl<T: FromText> ReadText for Optional<T> {
    fn read(text: &str) -> Result<Option<T>, String> {
        T::from_text(text).map(Some)
    }
}
