//! What `#[arg(...)]` adds to the schema of an argument, checked against its type.

use quote::ToTokens;
use syn::{Expr, Lit, LitStr, Type};

use super::number::Number;
use super::shape::Shape;
use crate::args::{Keyed, Switch, Text, Value};
use crate::diagnostics::{Diagnostics, readable, with_article};

/// The formats that clients know and the server checks.
const FORMATS: [&str; 9] = [
    "date",
    "date-time",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "time",
    "uri",
    "uuid",
];

/// A keyword as decided.
#[derive(Debug)]
pub(crate) struct Keyword {
    pub(crate) name: Name,
    pub(crate) value: KeywordValue,
    /// Where messages about the value point.
    pub(crate) written: Expr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Minimum,
    Maximum,
    MinLength,
    MaxLength,
    Pattern,
    Format,
    MinItems,
    MaxItems,
    UniqueItems,
}

#[derive(Debug)]
pub(crate) enum KeywordValue {
    Bound(Number),
    Count(u64),
    Text(LitStr),
    Switch(bool),
}

impl Name {
    /// As users write it.
    pub(crate) fn written(self) -> &'static str {
        match self {
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::MinLength => "min_length",
            Self::MaxLength => "max_length",
            Self::Pattern => "pattern",
            Self::Format => "format",
            Self::MinItems => "min_items",
            Self::MaxItems => "max_items",
            Self::UniqueItems => "unique_items",
        }
    }

    /// As the runtime's enum has it.
    pub(crate) fn variant(self) -> &'static str {
        match self {
            Self::Minimum => "Minimum",
            Self::Maximum => "Maximum",
            Self::MinLength => "MinLength",
            Self::MaxLength => "MaxLength",
            Self::Pattern => "Pattern",
            Self::Format => "Format",
            Self::MinItems => "MinItems",
            Self::MaxItems => "MaxItems",
            Self::UniqueItems => "UniqueItems",
        }
    }

    /// Whether values of the shape have what the keyword speaks of, as far as is known.
    fn fits(self, shape: Shape) -> bool {
        match self {
            Self::Minimum | Self::Maximum => {
                matches!(shape, Shape::Integer { .. } | Shape::Float | Shape::Unknown)
            }
            Self::MinLength | Self::MaxLength | Self::Pattern | Self::Format => {
                matches!(shape, Shape::Text | Shape::Unknown)
            }
            Self::MinItems | Self::MaxItems | Self::UniqueItems => {
                matches!(shape, Shape::List | Shape::Unknown)
            }
        }
    }

    /// What the keyword speaks of, and what to write for other types.
    fn speaks_of(self, shape: Shape) -> &'static str {
        match (self, shape) {
            (Self::Minimum | Self::Maximum, Shape::Text) => {
                "bounds a number (for a text write `min_length` or `max_length`)"
            }
            (Self::Minimum | Self::Maximum, Shape::List) => {
                "bounds a number (for a list write `min_items` or `max_items`)"
            }
            (Self::Minimum | Self::Maximum, _) => "bounds a number",
            (Self::MinLength | Self::MaxLength, Shape::List) => {
                "counts the characters of a text (for a list write `min_items` or `max_items`)"
            }
            (Self::MinLength | Self::MaxLength, Shape::Integer { .. } | Shape::Float) => {
                "counts the characters of a text (for a number write `minimum` or `maximum`)"
            }
            (Self::MinLength | Self::MaxLength, _) => "counts the characters of a text",
            (Self::Pattern | Self::Format, _) => "is for texts",
            (Self::MinItems | Self::MaxItems, Shape::Text) => {
                "counts the items of a list (for a text write `min_length` or `max_length`)"
            }
            (Self::MinItems | Self::MaxItems, _) => "counts the items of a list",
            (Self::UniqueItems, _) => "is for lists",
        }
    }
}

/// Reads keywords for one argument.
pub(crate) struct Reader<'a> {
    pub(crate) name: &'a LitStr,
    pub(crate) ty: &'a Type,
    pub(crate) diagnostics: &'a mut Diagnostics,
    pub(crate) keywords: Vec<Keyword>,
}

impl Reader<'_> {
    pub(crate) fn bound(&mut self, name: Name, value: Option<Keyed<Value>>) {
        let advice = format!(
            "a bound is part of the schema, so it is a number as it stands: write `{} = 1`",
            name.written()
        );
        let Some((written, number)) = self.number(value, &advice) else {
            return;
        };
        let ty = readable(self.ty);
        match (Shape::of(self.ty), number) {
            (shape, _) if !name.fits(shape) => {
                let message = self.misfit(name, shape);
                self.diagnostics.on(written, message);
            }
            (Shape::Integer { .. }, Number::Float(_)) => self.diagnostics.on(
                written,
                format!(
                    "`{argument}` is {a_type}: write the {word} as an integer",
                    a_type = with_article(self.ty),
                    argument = self.name.value(),
                    word = name.written()
                ),
            ),
            (Shape::Integer { least, greatest }, Number::Integer(value))
                if value < least || value > greatest =>
            {
                self.diagnostics.on(
                    written,
                    format!(
                        "the {word} {value} does not fit `{ty}`, which goes from {least} to {greatest}",
                        word = name.written()
                    ),
                );
            }
            _ => self.push(name, KeywordValue::Bound(number), written),
        }
    }

    pub(crate) fn count(&mut self, name: Name, value: Option<Keyed<Value>>) {
        let advice = format!(
            "`{word}` counts, so it is a whole number as it stands: write `{word} = 1`",
            word = name.written()
        );
        let Some((written, number)) = self.number(value, &advice) else {
            return;
        };
        let shape = Shape::of(self.ty);
        if !name.fits(shape) {
            let message = self.misfit(name, shape);
            return self.diagnostics.on(written, message);
        }
        let count = match number {
            Number::Integer(count) => u64::try_from(count).ok(),
            Number::Float(_) => None,
        };
        match count {
            Some(count) => self.push(name, KeywordValue::Count(count), written),
            None => self.diagnostics.on(written, advice),
        }
    }

    pub(crate) fn pattern(&mut self, value: Option<Keyed<Text>>) {
        let Some(Text(text)) = self.text(Name::Pattern, value) else {
            return;
        };
        if let Err(error) = regex_lite::Regex::new(&text.value()) {
            return self.diagnostics.on(
                &text,
                format!(
                    "this is no regular expression that can be used: {error}; patterns are matched in linear time, \
                     without look-around, back-references and `\\p`"
                ),
            );
        }
        let written = literal(&text);
        self.push(Name::Pattern, KeywordValue::Text(text), written);
    }

    pub(crate) fn format(&mut self, value: Option<Keyed<Text>>) {
        let Some(Text(text)) = self.text(Name::Format, value) else {
            return;
        };
        if !FORMATS.contains(&text.value().as_str()) {
            return self.diagnostics.on(
                &text,
                format!(
                    "clients refuse formats they do not know; accepted are {}; for others write a `pattern`",
                    FORMATS.map(|format| format!("`{format}`")).join(", ")
                ),
            );
        }
        let written = literal(&text);
        self.push(Name::Format, KeywordValue::Text(text), written);
    }

    pub(crate) fn switch(&mut self, name: Name, value: Option<&Keyed<Switch>>) {
        let Some(&Keyed {
            key,
            value: Switch(value),
        }) = value
        else {
            return;
        };
        let shape = Shape::of(self.ty);
        if !name.fits(shape) {
            let message = self.misfit(name, shape);
            return self.diagnostics.at(key, message);
        }
        let written = Expr::Lit(syn::ExprLit {
            attrs: Vec::new(),
            lit: Lit::Bool(syn::LitBool::new(value, key)),
        });
        self.push(name, KeywordValue::Switch(value), written);
    }

    /// Reports two bounds that no value is between.
    pub(crate) fn check_order(&mut self, least: Name, greatest: Name) {
        let find = |name| self.keywords.iter().find(|keyword| keyword.name == name);
        let (Some(least), Some(greatest)) = (find(least), find(greatest)) else {
            return;
        };
        let (Some(from), Some(to)) = (least.number(), greatest.number()) else {
            return;
        };
        if to.less(from) {
            let message = format!(
                "no value fits: the {greatest} {to} is below the {least} {from}",
                greatest = greatest.name.written(),
                least = least.name.written()
            );
            let written = greatest.written.to_token_stream();
            self.diagnostics.on(written, message);
        }
    }

    fn text(&mut self, name: Name, value: Option<Keyed<Text>>) -> Option<Text> {
        let Keyed { value, .. } = value?;
        let shape = Shape::of(self.ty);
        if !name.fits(shape) {
            let message = self.misfit(name, shape);
            self.diagnostics.on(&value.0, message);
            return None;
        }
        Some(value)
    }

    fn number(&mut self, value: Option<Keyed<Value>>, advice: &str) -> Option<(Expr, Number)> {
        let Keyed { key, value } = value?;
        let Value(Some(written)) = value else {
            self.diagnostics.at(key, advice);
            return None;
        };
        match Number::of(&written) {
            Some(number) => Some((written, number)),
            None => {
                self.diagnostics.on(written, advice);
                None
            }
        }
    }

    fn misfit(&self, name: Name, shape: Shape) -> String {
        format!(
            "`{word}` {what}, and `{argument}` is {a_type}",
            word = name.written(),
            what = name.speaks_of(shape),
            argument = self.name.value(),
            a_type = with_article(self.ty)
        )
    }

    fn push(&mut self, name: Name, value: KeywordValue, written: Expr) {
        self.keywords.push(Keyword {
            name,
            value,
            written,
        });
    }
}

impl Keyword {
    /// The bound, if it is one.
    pub(crate) fn number(&self) -> Option<Number> {
        match self.value {
            KeywordValue::Bound(number) => Some(number),
            KeywordValue::Count(count) => Some(Number::Integer(count.into())),
            KeywordValue::Text(_) | KeywordValue::Switch(_) => None,
        }
    }

    /// The regular expression, if it is one.
    pub(crate) fn pattern(&self) -> Option<String> {
        match (&self.value, self.name) {
            (KeywordValue::Text(text), Name::Pattern) => Some(text.value()),
            _ => None,
        }
    }
}

fn literal(text: &LitStr) -> Expr {
    Expr::Lit(syn::ExprLit {
        attrs: Vec::new(),
        lit: Lit::Str(text.clone()),
    })
}
