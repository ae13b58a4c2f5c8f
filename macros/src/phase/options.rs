//! The options of `#[phase]`: one list, and how the value of each is read.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, Lit, LitInt, LitStr, Token, parenthesized, token};

use super::args::Field;
use crate::args::in_words;

/// Every option: its word, and how it is written. Parser and messages use the list; the tables in the documentation
/// are compared with it.
pub(crate) const OPTIONS: [(&str, &str); 8] = [
    ("name", "name = expression"),
    ("kind", "kind = client"),
    ("link", "link = span_context"),
    ("ok", "ok(key = |value| ...)"),
    ("err", "err = text"),
    ("rounds", "rounds = 100"),
    ("returns", "returns = future"),
    ("crate", "crate = path"),
];

/// Words that may become options, and what is written instead today.
pub(crate) const KEPT: [(&str, &str); 6] = [
    ("skip", "nothing is recorded that is not named: remove it"),
    (
        "skip_all",
        "nothing is recorded that is not named: remove it",
    ),
    (
        "ret",
        "what a phase returns is recorded by name: `ok(app.rows = |value| value.len())`",
    ),
    (
        "fields",
        "attributes stand for themselves: `#[phase(\"name\", app.key = value)]`",
    ),
    (
        "limit",
        "the bound of a loop's phases is `rounds = 100`; an attribute needs a namespace, as in `app.limit = ...`",
    ),
    (
        "level",
        "a phase has no level; an attribute needs a namespace, as in `app.level = ...`",
    ),
];

/// Spans that a loop makes, unless the author says how many.
pub(crate) const DEFAULT_ROUNDS: usize = 100;

const KINDS: [(&str, &str); 5] = [
    ("internal", "Internal"),
    ("client", "Client"),
    ("server", "Server"),
    ("producer", "Producer"),
    ("consumer", "Consumer"),
];

/// `name = ...`, if it is not the literal.
#[derive(Debug)]
pub(crate) enum ChosenName {
    /// Out of a fixed set, by its type.
    Fixed(Box<Expr>),
    /// `dynamic(...)`.
    Dynamic(Box<Expr>),
}

/// `err = ...`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorRecording {
    /// The value is not looked at.
    None,
    /// `error.type`.
    Type,
    /// `error.type`, and the error's words as the status message.
    Text,
}

/// `returns = ...`: what a function returns that goes on after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returned {
    Future,
    Stream,
}

/// An option with its value.
#[derive(Debug)]
pub(crate) enum Setting {
    Name(ChosenName),
    Kind(Ident),
    Link(Box<Expr>),
    Ok(Vec<Field>),
    Err(ErrorRecording),
    Rounds(usize),
    Returns(Returned),
}

impl Setting {
    /// Reads what follows the word of an option.
    pub(crate) fn parse(word: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        match word.unraw().to_string().as_str() {
            "name" => {
                value(word, input)?;
                name(word, input).map(Self::Name)
            }
            "kind" => {
                value(word, input)?;
                kind(input).map(Self::Kind)
            }
            "link" => {
                value(word, input)?;
                input.parse().map(Self::Link)
            }
            "ok" => ok(word, input).map(Self::Ok),
            "err" => {
                value(word, input)?;
                let choices = [
                    ("none", ErrorRecording::None),
                    ("type", ErrorRecording::Type),
                    ("text", ErrorRecording::Text),
                ];
                choice("a way to record errors", choices, input).map(Self::Err)
            }
            "returns" => {
                value(word, input)?;
                let choices = [("future", Returned::Future), ("stream", Returned::Stream)];
                choice("something a phase can follow", choices, input).map(Self::Returns)
            }
            _ => rounds(input).map(Self::Rounds),
        }
    }
}

fn value(word: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if input.parse::<Option<Token![=]>>()?.is_some() {
        return Ok(());
    }
    let written = OPTIONS.iter().find(|(name, _)| word.unraw() == name);
    let written = written.map_or("", |(_, written)| written);
    Err(syn::Error::new(
        word.span(),
        format!("`{word}` needs a value: write `{written}`"),
    ))
}

fn name(word: &Ident, input: ParseStream<'_>) -> syn::Result<ChosenName> {
    if input.peek(Ident) && input.peek2(token::Paren) {
        let ahead = input.fork();
        let callee: Ident = ahead.parse()?;
        let content;
        parenthesized!(content in ahead);
        if callee == "dynamic" && (ahead.is_empty() || ahead.peek(Token![,])) {
            syn::parse::discouraged::Speculative::advance_to(input, &ahead);
            return content.parse().map(ChosenName::Dynamic);
        }
    }
    let name: Expr = input.parse()?;
    match &name {
        Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)) => Err(syn::Error::new(
            word.span(),
            "the name of a phase comes first and without a key: `#[phase(\"auth.validate\")]`; `name = ...` chooses among \
             several; an attribute needs a namespace, as in `user.name = ...`",
        )),
        _ => Ok(ChosenName::Fixed(Box::new(name))),
    }
}

fn kind(input: ParseStream<'_>) -> syn::Result<Ident> {
    let span = input.span();
    let kinds = KINDS.map(|(word, variant)| (word, Ident::new(variant, span)));
    choice("a kind of span", kinds, input)
}

/// One of a few words.
fn choice<T, const N: usize>(
    what: &str,
    choices: [(&str, T); N],
    input: ParseStream<'_>,
) -> syn::Result<T> {
    let words = choices
        .iter()
        .map(|(word, _)| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let span = input.span();
    let given = input.call(Ident::parse_any).map_err(|_| {
        let quoted = input.fork().parse().map(|text: LitStr| text.value());
        let known = |quoted: &String| choices.iter().any(|(word, _)| quoted == word);
        syn::Error::new(
            span,
            match quoted.ok().filter(known) {
                Some(word) => format!("{what} is a word without quotes: write `{word}`"),
                None => format!("accepted here are {words}"),
            },
        )
    })?;
    choices
        .into_iter()
        .find(|(word, _)| given == word)
        .map(|(_, choice)| choice)
        .ok_or_else(|| {
            syn::Error::new(
                span,
                format!("`{given}` is not {what}; accepted are {words}"),
            )
        })
}

fn ok(word: &Ident, input: ParseStream<'_>) -> syn::Result<Vec<Field>> {
    let written =
        "`ok` takes attributes from the value: write `ok(app.rows = |value| value.len())`";
    if !input.peek(token::Paren) {
        return Err(syn::Error::new(word.span(), written));
    }
    let content;
    parenthesized!(content in input);
    let fields = Punctuated::<Field, Token![,]>::parse_terminated(&content)?;
    if fields.is_empty() {
        return Err(syn::Error::new(word.span(), written));
    }
    Ok(fields.into_iter().collect())
}

fn rounds(input: ParseStream<'_>) -> syn::Result<usize> {
    if input.parse::<Option<Token![=]>>()?.is_none() {
        return Ok(DEFAULT_ROUNDS);
    }
    let wanted =
        "`rounds` is how many rounds get a span, a whole number from 1 on, as in `rounds = 100`";
    let span = input.span();
    let number: Expr = input.parse()?;
    let number = match &number {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => LitInt::base10_parse::<usize>(number).ok(),
            _ => None,
        },
        _ => None,
    };
    number
        .filter(|number| *number > 0)
        .ok_or_else(|| syn::Error::new(span, wanted))
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let first = input.call(Ident::parse_any)?;
        Self::after(&first, input)
    }
}

impl Field {
    /// Reads `.with.dots = value` after the first word of the key.
    pub(crate) fn after(first: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let span: Span = first.span();
        let mut key = first.unraw().to_string();
        while input.parse::<Option<Token![.]>>()?.is_some() {
            key.push('.');
            key.push_str(&input.call(Ident::parse_any)?.unraw().to_string());
        }
        if input.peek(Token![!]) {
            return Err(syn::Error::new(
                span,
                format!(
                    "the name of a phase is the same at every call: write it in quotes; one that is made at run time may \
                     carry data and says so, `name = dynamic({key}!(..))`"
                ),
            ));
        }
        if input.parse::<Option<Token![=]>>()?.is_none() {
            return Err(syn::Error::new(
                span,
                format!(
                    "an attribute of a phase needs a value: write `{key} = ...`; a name stands in quotes, `\"{key}\"`{meant}",
                    meant = meant(&key)
                ),
            ));
        }
        if let Some(sigil) = input.parse::<Option<Token![%]>>()? {
            let advice = "values are numbers, texts and truth values as they are: leave out the `%`, and write \
                          `value.to_string()` for what is none of these";
            return Err(syn::Error::new_spanned(sigil, advice));
        }
        if let Some(sigil) = input.parse::<Option<Token![?]>>()? {
            let advice = "values are numbers, texts and truth values as they are: leave out the `?`; `format!(\"{value:?}\")` \
                          would make everything in the value public";
            return Err(syn::Error::new_spanned(sigil, advice));
        }
        let value = input.parse().map_err(|error| in_words(&error))?;
        Ok(Self { key, span, value })
    }
}

/// The option that a word is a slip of.
fn meant(word: &str) -> String {
    let near = |(name, _): &&(&str, &str)| strsim::osa_distance(name, word) <= 2;
    OPTIONS
        .iter()
        .filter(|(name, _)| name.len() > 3)
        .find(near)
        .map(|(name, written)| format!("; if you mean the option `{name}`, write `{written}`"))
        .unwrap_or_default()
}
