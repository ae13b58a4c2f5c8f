//! One argument of a tool: what is said of it, checked against each other and against its type.

use proc_macro2::Span;
use syn::{Expr, ExprLit, Lit, LitStr, Type};

use super::args::ArgArgs;
use super::keyword::{Keyword, Name, Reader};
use super::number::Number;
use super::shape;
use crate::args::{Keyed, Reason, Switch, Value};
use crate::diagnostics::{Diagnostics, readable};

/// An argument as decided.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) name: LitStr,
    pub(crate) ty: Type,
    pub(crate) description: Option<String>,
    pub(crate) default: Option<DefaultValue>,
    pub(crate) example: Option<DefaultValue>,
    pub(crate) keywords: Vec<Keyword>,
    /// Why not to use it; may be empty.
    pub(crate) deprecated: Option<String>,
    /// Whether the fields of the type are the arguments.
    pub(crate) flattened: bool,
}

/// What stands in for an argument that is left out, or shows what is meant.
#[derive(Debug)]
pub(crate) enum DefaultValue {
    /// `Default::default()`
    OfType(Span),
    /// A string literal, converted into the type.
    Text(LitStr),
    /// Of the argument's own type.
    Value(Box<Expr>),
}

impl Argument {
    pub(crate) fn new(
        name: LitStr,
        ty: &Type,
        docs: Option<String>,
        args: ArgArgs,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let flattened = check_flattened(&name, ty, &args, diagnostics);
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
            flatten: _,
        } = args;
        let name = rename.map_or(name, |Keyed { value, .. }| value.0);
        if name.value().trim().is_empty() {
            diagnostics.on(
                &name,
                "the name of an argument is empty; leave `rename` out, or write a name",
            );
        }
        let mut reader = Reader {
            name: &name,
            ty,
            diagnostics,
            keywords: Vec::new(),
        };
        reader.bound(Name::Minimum, minimum);
        reader.bound(Name::Maximum, maximum);
        reader.count(Name::MinLength, min_length);
        reader.count(Name::MaxLength, max_length);
        reader.pattern(pattern);
        reader.format(format);
        reader.count(Name::MinItems, min_items);
        reader.count(Name::MaxItems, max_items);
        reader.switch(Name::UniqueItems, unique_items.as_ref());
        reader.check_order(Name::Minimum, Name::Maximum);
        reader.check_order(Name::MinLength, Name::MaxLength);
        reader.check_order(Name::MinItems, Name::MaxItems);
        let keywords = reader.keywords;
        let argument = Self {
            ty: ty.clone(),
            description: description
                .map(|Keyed { value, .. }| value.0.value())
                .or(docs.filter(|_| !flattened)),
            default: default.map(DefaultValue::new),
            example: example.and_then(|example| DefaultValue::example(example, diagnostics)),
            keywords,
            deprecated: deprecated.map(|Keyed { value, .. }| match value {
                Reason(Some(reason)) => reason.value(),
                Reason(None) => String::new(),
            }),
            flattened,
            name,
        };
        argument.check_value(argument.default.as_ref(), "default", diagnostics);
        argument.check_value(argument.example.as_ref(), "example", diagnostics);
        argument
    }

    /// Checks a value that is a literal against what else is written.
    fn check_value(&self, value: Option<&DefaultValue>, what: &str, diagnostics: &mut Diagnostics) {
        match value {
            Some(DefaultValue::Value(expr)) => {
                let Some(number) = Number::of(expr) else {
                    return;
                };
                let range = self.bound(Name::Minimum).zip(self.bound(Name::Maximum));
                if range.is_some_and(|(minimum, maximum)| maximum.less(minimum)) {
                    return;
                }
                if let Some(minimum) = self
                    .bound(Name::Minimum)
                    .filter(|bound| number.less(*bound))
                {
                    diagnostics.on(
                        expr,
                        format!("the {what} {number} is below the minimum {minimum}"),
                    );
                }
                if let Some(maximum) = self.bound(Name::Maximum).filter(|bound| bound.less(number))
                {
                    diagnostics.on(
                        expr,
                        format!("the {what} {number} is above the maximum {maximum}"),
                    );
                }
            }
            Some(DefaultValue::Text(text)) => self.check_text(text, what, diagnostics),
            Some(DefaultValue::OfType(_)) | None => {}
        }
    }

    fn check_text(&self, text: &LitStr, what: &str, diagnostics: &mut Diagnostics) {
        let value = text.value();
        let length = i128::try_from(value.chars().count()).unwrap_or(i128::MAX);
        let length = Number::Integer(length);
        if let Some(least) = self
            .bound(Name::MinLength)
            .filter(|bound| length.less(*bound))
        {
            diagnostics.on(
                text,
                format!("the {what} has {length} characters, fewer than the min_length {least}"),
            );
        }
        if let Some(most) = self
            .bound(Name::MaxLength)
            .filter(|bound| bound.less(length))
        {
            diagnostics.on(
                text,
                format!("the {what} has {length} characters, more than the max_length {most}"),
            );
        }
        let pattern = self.keywords.iter().find_map(Keyword::pattern);
        if let Some(pattern) = pattern
            && regex_lite::Regex::new(&pattern).is_ok_and(|regex| !regex.is_match(&value))
        {
            diagnostics.on(
                text,
                format!("the {what} does not match the pattern `{pattern}`"),
            );
        }
    }

    fn bound(&self, name: Name) -> Option<Number> {
        let mut keywords = self.keywords.iter();
        keywords.find(|keyword| keyword.name == name)?.number()
    }
}

impl DefaultValue {
    pub(crate) fn new(value: Keyed<Value>) -> Self {
        match value.value.0 {
            None => Self::OfType(value.key),
            Some(Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            })) => Self::Text(text),
            Some(value) => Self::Value(Box::new(value)),
        }
    }

    fn example(value: Keyed<Value>, diagnostics: &mut Diagnostics) -> Option<Self> {
        if value.value.0.is_none() {
            diagnostics.at(
                value.key,
                "an example is a value that shows what is meant: write `example = ...`",
            );
            return None;
        }
        Some(Self::new(value))
    }
}

/// Whether the fields are the arguments; reports whatever else is said of an argument that there is not.
fn check_flattened(
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
    } else if shape::Shape::of(ty) != shape::Shape::Unknown {
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
