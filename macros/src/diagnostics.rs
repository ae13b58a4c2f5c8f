//! Collects mistakes, so that all those of one item come out in one compilation.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Path;

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics {
    error: Option<syn::Error>,
}

impl Diagnostics {
    /// Reports a mistake at `span`.
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Reports a mistake at all of `tokens`.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds mistakes found elsewhere.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.error {
            Some(all) => all.combine(error),
            None => self.error = Some(error),
        }
    }

    /// Keeps the mistakes of a result, and gives the value if there are none.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Gives `value` if nothing was reported, else every mistake.
    pub(crate) fn finish<T>(self, value: T) -> syn::Result<T> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(value),
        }
    }
}

/// Puts darling's findings into our words, each at its own span; `keys` are those of the arguments that were read.
///
/// darling has no public form of an error other than its text. The wordings are covered by tests, so that a change in
/// darling is noticed. An unknown or repeated argument is reported at its key: darling points at the whole argument,
/// which is its first token on stable Rust, and all of it on nightly.
pub(crate) fn from_darling(error: darling::Error, keys: &[Path]) -> syn::Error {
    let mut diagnostics = Diagnostics::default();
    let mut told = Vec::new();
    for error in error.flatten() {
        // darling appends where in the arguments it was, which the span says already; its conversion leaves that out.
        let error = syn::Error::from(error);
        let text = error.to_string();
        let key = wrong_key(&text).and_then(|(name, kept)| {
            let before = told.iter().filter(|told| *told == name).count();
            told.push(name.to_owned());
            let mut same = keys.iter().filter(|key| readable(key) == name);
            same.nth(kept + before)?.segments.first()
        });
        let span = key.map_or_else(|| error.span(), |key| key.ident.span());
        diagnostics.at(span, reword(&text));
    }
    match diagnostics.finish(()) {
        Err(error) => error,
        Ok(()) => syn::Error::new(Span::call_site(), "these arguments cannot be read"),
    }
}

/// The key that is wrong in itself, and how many of that name are right.
fn wrong_key(text: &str) -> Option<(&str, usize)> {
    let (rest, kept) = match text.strip_prefix("Duplicate field ") {
        Some(rest) => (rest, 1),
        None => (text.strip_prefix("Unknown field: ")?, 0),
    };
    Some((rest.strip_prefix('`')?.split_once('`')?.0, kept))
}

fn reword(text: &str) -> String {
    let Some((kind, rest)) = text.split_once(": ") else {
        return match text.strip_prefix("Duplicate field ") {
            Some(name) => format!("{name} is given twice; keep one of them"),
            None => text.to_owned(),
        };
    };
    if kind != "Unknown field" {
        return text.to_owned();
    }
    if let Some((name, suggestion)) = rest.split_once(". Did you mean ") {
        return format!("unknown argument {name}; did you mean {suggestion}");
    }
    match rest.split_once(". Available values: ") {
        Some((name, names)) => format!("unknown argument {name}; accepted are {names}"),
        None => format!("unknown argument {rest}"),
    }
}

/// A type in a sentence, behind its article: "an `Option<String>`", "a `u8`".
pub(crate) fn with_article(ty: &syn::Type) -> String {
    let ty = readable(ty);
    // `f64` is said with a vowel, `usize` is not.
    let is_vowel = ty.starts_with(['a', 'e', 'f', 'i', 'o', 'A', 'E', 'I', 'O']);
    let article = if is_vowel { "an" } else { "a" };
    format!("{article} `{ty}`")
}

/// Prints a type for a message as a person would write it: `Option<String>`.
pub(crate) fn readable(tokens: impl ToTokens) -> String {
    fn write(stream: TokenStream, text: &mut String) {
        for token in stream {
            match token {
                proc_macro2::TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                        proc_macro2::Delimiter::Bracket => ("[", "]"),
                        proc_macro2::Delimiter::Brace => ("{ ", " }"),
                        proc_macro2::Delimiter::None => ("", ""),
                    };
                    text.push_str(open);
                    write(group.stream(), text);
                    text.push_str(close);
                }
                proc_macro2::TokenTree::Punct(punct) => match punct.as_char() {
                    ',' | ';' => {
                        text.push(punct.as_char());
                        text.push(' ');
                    }
                    '+' | '=' => {
                        text.push(' ');
                        text.push(punct.as_char());
                        text.push(' ');
                    }
                    other => text.push(other),
                },
                word => {
                    if text.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
                        text.push(' ');
                    }
                    text.push_str(&word.to_string());
                }
            }
        }
    }
    let mut text = String::new();
    write(tokens.to_token_stream(), &mut text);
    text
}
