//! `#[arg(flatten)]`: the fields of a struct are the arguments, and the parameter is none.

use syn::{LitStr, Type};

use super::args::ArgArgs;
use super::shape::{self, Shape};
use crate::diagnostics::{Diagnostics, readable};

/// Whether the fields are the arguments; reports whatever else is said of an argument that there is not.
pub(crate) fn check_flattened(
    name: &LitStr,
    ty: &Type,
    args: &ArgArgs,
    diagnostics: &mut Diagnostics,
) -> bool {
    let flatten = args.flatten.as_ref();
    if flatten.is_none_or(|flatten| !flatten.value.0) {
        return false;
    }
    for (word, key) in args.given().filter(|(word, _)| *word != "flatten") {
        diagnostics.at(
            key,
            format!(
                "with `flatten` the fields of `{ty}` are the arguments, and `{name}` is none: write `{word}` for a \
                 field, or remove `flatten`",
                ty = readable(ty),
                name = name.value()
            ),
        );
    }
    if let Some(inner) = shape::option(ty) {
        diagnostics.on(
            ty,
            format!(
                "the fields of an `Option` cannot be arguments: write `{inner}`, and make its fields optional",
                inner = readable(inner)
            ),
        );
    } else if Shape::of(ty) != Shape::Unknown {
        diagnostics.on(
            ty,
            format!(
                "`{ty}` has no fields to flatten: write a struct, or remove `flatten`",
                ty = readable(ty)
            ),
        );
    }
    true
}
