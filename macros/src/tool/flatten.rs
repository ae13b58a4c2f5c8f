//! `#[arg(flatten)]`: the fields of a struct are the arguments, and the parameter is none.

use proc_macro2::Span;
use syn::{LitStr, Type};

use super::args::ArgArgs;
use super::shape::{self, Shape};
use crate::args::{Keyed, Switch};
use crate::diagnostics::{Diagnostics, readable};

/// Whether the fields are the arguments; reports whatever else is said of an argument that there is not.
pub(crate) fn check_flattened(
    name: &LitStr,
    ty: &Type,
    args: &ArgArgs,
    diagnostics: &mut Diagnostics,
) -> bool {
    let ArgArgs {
        default,
        example,
        minimum,
        maximum,
        min_length,
        max_length,
        pattern,
        format,
        min_items,
        max_items,
        unique_items,
        rename,
        description,
        deprecated,
        flatten,
    } = args;
    if !matches!(
        flatten,
        Some(Keyed {
            value: Switch(true),
            ..
        })
    ) {
        return false;
    }
    let others = [
        ("default", key(default)),
        ("example", key(example)),
        ("minimum", key(minimum)),
        ("maximum", key(maximum)),
        ("min_length", key(min_length)),
        ("max_length", key(max_length)),
        ("pattern", key(pattern)),
        ("format", key(format)),
        ("min_items", key(min_items)),
        ("max_items", key(max_items)),
        ("unique_items", key(unique_items)),
        ("rename", key(rename)),
        ("description", key(description)),
        ("deprecated", key(deprecated)),
    ];
    for (word, key) in others {
        if let Some(key) = key {
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

fn key<T>(argument: &Option<Keyed<T>>) -> Option<Span> {
    argument.as_ref().map(|argument| argument.key)
}
