//! Reads keywords, and reports those that do not fit their argument or each other.

use quote::ToTokens;
use syn::{Expr, Lit, LitStr, Type};

use super::{Keyword, KeywordValue, Name};
use crate::args::{Keyed, Switch, Text, Value};
use crate::diagnostics::{Diagnostics, with_article};
use crate::tool::number::Number;
use crate::tool::shape::{self, Shape};

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
            _ => match shape::beyond(self.ty, name.written(), number) {
                Some(message) => self.diagnostics.on(written, message),
                None => self.push(name, KeywordValue::Bound(number), written),
            },
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

fn literal(text: &LitStr) -> Expr {
    Expr::Lit(syn::ExprLit {
        attrs: Vec::new(),
        lit: Lit::Str(text.clone()),
    })
}
