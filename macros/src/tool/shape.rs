//! What the standard names of types say about their values. An alias says nothing here; the server checks its schema.

use syn::{GenericArgument, Ident, PathArguments, Type};

use super::number::Number;
use crate::diagnostics::readable;
use crate::signature::peel;

/// The JSON form of a type, as far as its name tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    Integer { least: i128, greatest: i128 },
    Float,
    Text,
    List,
    Map,
    Boolean,
    Unknown,
}

impl Shape {
    pub(crate) fn of(ty: &Type) -> Self {
        let ty = peel(given(ty));
        if let Type::Array(_) = ty {
            return Self::List;
        }
        let Type::Path(path) = ty else {
            return Self::Unknown;
        };
        let Some(segment) = path.path.segments.last() else {
            return Self::Unknown;
        };
        let integer = |least: i128, greatest: i128| Self::Integer { least, greatest };
        match segment.ident.to_string().as_str() {
            "u8" => integer(0, u8::MAX.into()),
            "u16" => integer(0, u16::MAX.into()),
            "u32" => integer(0, u32::MAX.into()),
            "u64" | "usize" => integer(0, u64::MAX.into()),
            "u128" => integer(0, i128::MAX),
            "i8" => integer(i8::MIN.into(), i8::MAX.into()),
            "i16" => integer(i16::MIN.into(), i16::MAX.into()),
            "i32" => integer(i32::MIN.into(), i32::MAX.into()),
            "i64" | "isize" => integer(i64::MIN.into(), i64::MAX.into()),
            "i128" => integer(i128::MIN, i128::MAX),
            "f32" | "f64" => Self::Float,
            "String" | "char" | "PathBuf" => Self::Text,
            "Vec" | "VecDeque" | "HashSet" | "BTreeSet" => Self::List,
            "HashMap" | "BTreeMap" => Self::Map,
            "bool" => Self::Boolean,
            _ => Self::Unknown,
        }
    }
}

/// Says that a number is beyond what its type holds.
pub(crate) fn beyond(ty: &Type, what: &str, number: Number) -> Option<String> {
    let (Shape::Integer { least, greatest }, Number::Integer(value)) = (Shape::of(ty), number)
    else {
        return None;
    };
    let fits = (least..=greatest).contains(&value);
    (!fits).then(|| {
        format!(
            "the {what} {value} does not fit `{ty}`, which goes from {least} to {greatest}",
            ty = readable(ty)
        )
    })
}

/// The type of what is given: `T` of an `Option<T>`.
pub(crate) fn given(ty: &Type) -> &Type {
    option(ty).unwrap_or(ty)
}

/// The `T` of an `Option<T>`.
pub(crate) fn option(ty: &Type) -> Option<&Type> {
    let (name, inner) = generic(ty)?;
    (name == "Option").then_some(inner)
}

/// The last name of a type, and the first type it is generic over.
pub(super) fn generic(ty: &Type) -> Option<(&Ident, &Type)> {
    let Type::Path(path) = peel(ty) else {
        return None;
    };
    let segment = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    let inner = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })?;
    Some((&segment.ident, inner))
}
