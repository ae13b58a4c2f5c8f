//! One owned parameter of a tool.

use std::any::Any;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::de::value::Error as ValueError;
use serde::{Deserializer, Serialize, forward_to_deserialize_any};
use serde_json::Value;

use super::keyword::Keyword;

/// A type that can be an argument of a tool: it can be read from JSON and
/// describes itself as a schema.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a tool",
    label = "has no JSON form and schema",
    note = "derive `serde::Deserialize` and `schemars::JsonSchema` for it, or write `&{Self}` to have it injected by the server"
)]
pub trait ArgumentType: DeserializeOwned + JsonSchema + 'static {}

impl<T: DeserializeOwned + JsonSchema + 'static> ArgumentType for T {}

/// The value of an argument that is left out, or why it cannot be written as
/// JSON.
pub type DefaultValue = Result<Value, serde_json::Error>;

/// A type that can have a default or an example: both are in the schema.
#[diagnostic::on_unimplemented(
    message = "a default or an example is a part of the schema, and `{Self}` cannot be written as JSON",
    label = "cannot be written as JSON",
    note = "derive `serde::Serialize` for it, or write `Option<{Self}>` without a default"
)]
pub trait ShownType: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> ShownType for T {}

/// Writes the value of `#[arg(default = ..)]` as JSON.
///
/// # Errors
///
/// If the type's `Serialize` fails; the server then does not build.
pub fn default_value<T: ShownType>(value: T) -> DefaultValue {
    serde_json::to_value(value)
}

/// A type that a text in quotes can be a default or an example of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made of a text in quotes",
    label = "this text is no `{Self}`",
    note = "write a value of that type, such as a variant of an enum, or implement `From<&'static str>` for it"
)]
pub trait FromQuoted: From<&'static str> {}

#[diagnostic::do_not_recommend]
impl<T: From<&'static str>> FromQuoted for T {}

/// Makes the value of `#[arg(default = "..")]`.
#[must_use]
pub fn from_quoted<T: FromQuoted>(text: &'static str) -> T {
    T::from(text)
}

/// One owned parameter of a tool, as its author wrote it.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    pub(crate) name: &'static str,
    pub(crate) description: Option<&'static str>,
    pub(crate) default: Option<fn() -> DefaultValue>,
    pub(crate) examples: &'static [fn() -> DefaultValue],
    pub(crate) keywords: &'static [Keyword],
    /// Whether it is deprecated, and why.
    pub(crate) deprecated: Option<&'static str>,
    /// Whether the fields of the type are the arguments.
    pub(crate) flattened: bool,
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
    read: fn(&Value, &mut dyn Any) -> Result<(), Misfit>,
    left_out: fn(&mut dyn Any) -> Result<(), ValueError>,
}

impl Argument {
    /// A required argument, or an optional one if `T` is an `Option`.
    #[must_use]
    pub const fn new<T: ArgumentType>(name: &'static str) -> Self {
        Self {
            name,
            description: None,
            default: None,
            examples: &[],
            keywords: &[],
            deprecated: None,
            flattened: false,
            schema: SchemaGenerator::subschema_for::<T>,
            read: |value, place| read::<T>(value).map(|value| put(value, place)),
            left_out: |place| T::deserialize(LeftOut).map(|value| put(value, place)),
        }
    }

    /// Sets the description for the model.
    #[must_use]
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// Sets the value if the argument is left out.
    #[must_use]
    pub const fn default(mut self, default: fn() -> DefaultValue) -> Self {
        self.default = Some(default);
        self
    }

    /// Sets values that show the model what is meant.
    #[must_use]
    pub const fn examples(mut self, examples: &'static [fn() -> DefaultValue]) -> Self {
        self.examples = examples;
        self
    }

    /// Sets what the schema requires beyond the type.
    #[must_use]
    pub const fn keywords(mut self, keywords: &'static [Keyword]) -> Self {
        self.keywords = keywords;
        self
    }

    /// Asks models not to use the argument; the reason may be empty.
    #[must_use]
    pub const fn deprecated(mut self, reason: &'static str) -> Self {
        self.deprecated = Some(reason);
        self
    }

    /// Makes the fields of the type arguments of the tool.
    #[must_use]
    pub const fn flattened(mut self) -> Self {
        self.flattened = true;
        self
    }

    /// Reads a value, which the schema has accepted before: what is left is what a schema cannot say.
    ///
    /// `T` is the type of the argument. It has no bounds here, so that what it lacks is said once, by [`Self::new`].
    pub(crate) fn read<T: 'static>(&self, value: &Value) -> Result<Option<T>, Misfit> {
        let mut place = None;
        (self.read)(value, &mut place).map(|()| place)
    }

    /// What the type makes of an argument that is left out, if it is an `Option`.
    pub(crate) fn left_out<T: 'static>(&self) -> Result<Option<T>, ValueError> {
        let mut place = None;
        (self.left_out)(&mut place).map(|()| place)
    }

    /// Whether a value can be read as the type.
    pub(crate) fn accepts(&self, value: &Value) -> Result<(), Misfit> {
        (self.read)(value, &mut ())
    }

    /// Whether the type has a value for "left out", as `Option` does.
    pub(crate) fn is_optional(&self) -> bool {
        (self.left_out)(&mut ()).is_ok()
    }
}

fn put<T: 'static>(value: T, place: &mut dyn Any) {
    if let Some(place) = place.downcast_mut() {
        *place = Some(value);
    }
}

/// Why a value cannot be read as a type, and where in it.
#[derive(Debug)]
pub(crate) struct Misfit {
    /// `lines[2].price`; empty for the value itself.
    pub(crate) path: String,
    pub(crate) reason: String,
}

fn read<T: ArgumentType>(value: &Value) -> Result<T, Misfit> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        Misfit {
            path: if path == "." { String::new() } else { path },
            reason: error.into_inner().to_string(),
        }
    })
}

/// What a type makes of an argument that is left out: `Option` has a value for
/// it, other types do not. As serde's derive treats a missing field.
struct LeftOut;

impl<'de> Deserializer<'de> for LeftOut {
    type Error = ValueError;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, _: V) -> Result<V::Value, ValueError> {
        Err(serde::de::Error::custom("is required"))
    }

    fn deserialize_option<V: serde::de::Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Alias = Option<u8>;

    #[test]
    fn options_are_optional_through_aliases() {
        assert!(Argument::new::<Alias>("a").is_optional());
        assert!(Argument::new::<Option<Value>>("a").is_optional());
        assert!(!Argument::new::<u8>("a").is_optional());
        assert!(!Argument::new::<String>("a").is_optional());
        assert!(!Argument::new::<Value>("a").is_optional());
    }
}
