//! One argument of a tool: what is said of it, checked against each other and against its type.

use syn::{Lit, LitStr, Type};

use super::args::ArgArgs;
use super::flatten::check_flattened;
use super::keyword::{Keyword, Name, Reader};
use super::number::Number;
use super::shape::{self, Shape};
use super::value::DefaultValue;
use crate::args::{Keyed, Reason};
use crate::diagnostics::{Diagnostics, readable, with_article};

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
        if let Some(advice) = value.and_then(|value| self.of_another_kind(value, what)) {
            diagnostics.push(advice);
            return;
        }
        match value {
            Some(DefaultValue::Value(expr)) => {
                let Some(number) = Number::of(expr) else {
                    return;
                };
                if let Some(message) = shape::beyond(&self.ty, what, number) {
                    return diagnostics.on(expr, message);
                }
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

    /// A literal of another kind than the type, with what to write.
    fn of_another_kind(&self, value: &DefaultValue, what: &str) -> Option<syn::Error> {
        let name = self.name.value();
        let a_type = with_article(&self.ty);
        let literal = value.literal()?;
        if what == "default"
            && let Some(inner) = shape::option(&self.ty)
        {
            let inner = readable(inner);
            return Some(syn::Error::new_spanned(
                literal,
                format!(
                    "what has a default is never missing: write `{name}: {inner}`, or leave the default out"
                ),
            ));
        }
        let advice = match (Shape::of(&self.ty), &literal) {
            (Shape::Integer { .. } | Shape::Float | Shape::Boolean, Lit::Str(_)) => {
                format!("`{name}` is {a_type}: write the {what} without quotes")
            }
            (Shape::Integer { .. }, Lit::Float(_)) => {
                format!("`{name}` is {a_type}: write the {what} as an integer")
            }
            (Shape::Text, Lit::Int(_) | Lit::Float(_) | Lit::Bool(_)) => {
                format!("`{name}` is {a_type}, a text: write the {what} in quotes")
            }
            _ => return None,
        };
        Some(syn::Error::new_spanned(literal, advice))
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
