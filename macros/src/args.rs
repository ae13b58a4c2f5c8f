//! What arguments of all our attributes have in common: values that know where they were written, and `crate = path`.

use darling::FromMeta;
use darling::ast::NestedMeta;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident, Lit, LitStr, Meta, Path};

use crate::diagnostics::{Diagnostics, from_darling};

/// Reads `name, name = value, ...` into `T`, with every mistake in it; `names` are accepted.
fn read<T: FromMeta>(arguments: TokenStream, names: &[&str]) -> syn::Result<T> {
    let list = NestedMeta::parse_meta_list(arguments).map_err(|error| in_words(&error))?;
    let mut errors = darling::Error::accumulator();
    for item in &list {
        if let NestedMeta::Lit(literal) = item {
            errors.push(
                darling::Error::custom(format!(
                    "a value needs its key: write `{} = {}`",
                    likely_key(literal, names),
                    literal.to_token_stream()
                ))
                .with_span(literal),
            );
        }
    }
    let keyed: Vec<NestedMeta> = list
        .into_iter()
        .filter(|item| !matches!(item, NestedMeta::Lit(_)))
        .collect();
    let keys: Vec<Path> = keyed
        .iter()
        .filter_map(|item| match item {
            NestedMeta::Meta(item) => Some(item.path().clone()),
            NestedMeta::NameValueInvalidExpr(item) => Some(item.path.clone()),
            NestedMeta::Lit(_) => None,
        })
        .collect();
    let value = errors.handle(T::from_list(&keyed));
    let checked = errors
        .finish()
        .map_err(|error| in_words(&from_darling(error, &keys)));
    checked.and_then(|()| {
        value.ok_or_else(|| syn::Error::new(Span::call_site(), "these arguments cannot be read"))
    })
}

/// What the parser found, in words about what to write.
pub(crate) fn in_words(error: &syn::Error) -> syn::Error {
    let mut diagnostics = Diagnostics::default();
    for error in error.clone() {
        diagnostics.push(one_in_words(error));
    }
    diagnostics
        .finish(())
        .err()
        .unwrap_or_else(|| error.clone())
}

fn one_in_words(error: syn::Error) -> syn::Error {
    let text = error.to_string();
    let advice = match text.as_str() {
        "expected `,`" => "write `key = value`, and a comma before the next key",
        "expected identifier or literal" => "a key stands here: write `key`, or `key = value`",
        "expected an expression" | "unexpected end of input, expected an expression" => {
            "a value stands behind `=`: write a literal, or an expression"
        }
        _ => return error,
    };
    syn::Error::new(error.span(), advice)
}

/// What a value without its key is likely to be: sentences describe, words name.
fn likely_key<'a>(literal: &Lit, names: &[&'a str]) -> &'a str {
    let wanted: &[&str] = match literal {
        Lit::Str(text) if text.value().contains(char::is_whitespace) => &["description"],
        Lit::Str(_) => &["name", "prefix", "description"],
        _ => &["default"],
    };
    let mut known = wanted
        .iter()
        .filter_map(|wanted| names.iter().find(|name| *name == wanted));
    known.next().or(names.first()).copied().unwrap_or("name")
}

/// Makes the struct that the parser fills, and the list of what it accepts, of one list; with `impl given` behind it also
/// the list of what is written.
///
/// The struct goes through as it stands: darling names its variables at the spans of types, which nightly compilers join
/// over their tokens, and a bracket of this macro among them would put the variable out of sight.
macro_rules! accepted {
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $rename:literal) => { $rename };
    (@names $($(#[darling(rename = $rename:literal)])? pub(crate) $field:ident: $option:ident<$keyed:ident<$value:ident>>,)*) => {
        &[$($crate::args::accepted!(@name $field $($rename)?)),*]
    };
    (@given $name:ident $($(#[darling(rename = $rename:literal)])? pub(crate) $field:ident: $option:ident<$keyed:ident<$value:ident>>,)*) => {
        impl $name {
            /// What is written, with the place of its key.
            pub(crate) fn given(&self) -> impl Iterator<Item = (&'static str, proc_macro2::Span)> {
                let keys = [$((
                    $crate::args::accepted!(@name $field $($rename)?),
                    self.$field.as_ref().map(|given| given.key),
                )),*];
                keys.into_iter().filter_map(|(name, key)| Some((name, key?)))
            }
        }
    };
    (
        $(#[$attribute:meta])*
        pub(crate) struct $name:ident { $($fields:tt)* }
        impl given
    ) => {
        $crate::args::accepted! {
            $(#[$attribute])*
            pub(crate) struct $name { $($fields)* }
        }
        $crate::args::accepted! { @given $name $($fields)* }
    };
    (
        $(#[$attribute:meta])*
        pub(crate) struct $name:ident { $($fields:tt)* }
    ) => {
        $(#[$attribute])*
        pub(crate) struct $name { $($fields)* }

        impl $name {
            /// What is accepted, in the order of the documentation.
            pub(crate) const NAMES: &[&str] = $crate::args::accepted!(@names $($fields)*);
        }
    };
}
pub(crate) use accepted;

/// Reads `name, name = value, ...` into `T`, with every mistake in it, and says what is accepted where an argument is not.
pub(crate) fn read_accepted<T: FromMeta>(arguments: TokenStream, names: &[&str]) -> syn::Result<T> {
    read(arguments, names).map_err(|error| with_accepted(&error, names))
}

/// Adds what is accepted to mistakes that darling has no suggestion for; it lists short lists only.
fn with_accepted(error: &syn::Error, names: &[&str]) -> syn::Error {
    let accepted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let accepted = accepted.join(", ");
    let mut diagnostics = Diagnostics::default();
    for error in error.clone() {
        let text = error.to_string();
        if let Some(advice) = elsewhere(&text, names) {
            diagnostics.at(error.span(), format!("{text}; {advice}"));
        } else if text.starts_with("unknown argument") && !text.contains("; ") {
            diagnostics.at(error.span(), format!("{text}; accepted are {accepted}"));
        } else {
            diagnostics.push(error);
        }
    }
    diagnostics
        .finish(())
        .err()
        .unwrap_or_else(|| error.clone())
}

/// How to write what has a key in other crates and none here; `names` tell which attribute it is.
fn elsewhere(text: &str, names: &[&str]) -> Option<&'static str> {
    let key = text.strip_prefix("unknown argument `")?.strip_suffix('`')?;
    let of = |name| names.contains(&name);
    match key {
        "optional" | "required" | "nullable" if of("minimum") => {
            Some("an argument may be left out if its type is an `Option`, or with `default`")
        }
        "enum" | "choices" | "values" | "one_of" if of("minimum") => {
            Some("an argument takes the values of its type: write an `enum` of them")
        }
        "type" if of("minimum") => Some("an argument has the type of its parameter"),
        "annotations" if of("read_only") => Some(
            "hints stand by themselves: write `read_only`, `destructive`, `idempotent` or `open_world`",
        ),
        "input_schema" | "output_schema" if of("read_only") => {
            Some("schemas come from the types of the parameters, and from the return type")
        }
        _ => None,
    }
}

/// A value, and where its key stands.
#[derive(Debug, Clone)]
pub(crate) struct Keyed<T> {
    pub(crate) key: Span,
    pub(crate) value: T,
}

impl<T: FromMeta> FromMeta for Keyed<T> {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        Ok(Self {
            key: item.path().span(),
            value: T::from_meta(item)?,
        })
    }
}

fn key(item: &Meta) -> String {
    crate::diagnostics::readable(item.path())
}

fn mistake<T>(at: &impl Spanned, message: String) -> darling::Result<T> {
    Err(darling::Error::custom(message).with_span(at))
}

/// Says whether people or models read what stands behind the key.
fn is_prose(key: &str) -> bool {
    matches!(key, "title" | "description")
}

/// `key = "text"`.
#[derive(Debug, Clone)]
pub(crate) struct Text(pub(crate) LitStr);

impl FromMeta for Text {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let key = key(item);
        let advice = format!("`{key}` is a string: write `{key} = \"...\"`");
        match item {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(literal) => match &literal.lit {
                    Lit::Str(text) if is_prose(&key) && text.value().trim().is_empty() => mistake(
                        text,
                        format!("the {key} is empty; leave it out, or write one"),
                    ),
                    Lit::Str(text) => Ok(Self(text.clone())),
                    other => mistake(other, advice),
                },
                other => mistake(other, advice),
            },
            other => mistake(other, advice),
        }
    }
}

/// `key = name`.
#[derive(Debug, Clone)]
pub(crate) struct Name(pub(crate) Ident);

impl FromMeta for Name {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let key = key(item);
        let advice = format!("`{key}` is a name: write `{key} = my_{key}`");
        match item {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Path(path) if path.qself.is_none() => match path.path.get_ident() {
                    Some(name) => Ok(Self(name.clone())),
                    None => mistake(path, advice),
                },
                other => mistake(other, advice),
            },
            other => mistake(other, advice),
        }
    }
}

/// `key`, `key = true` or `key = false`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Switch(pub(crate) bool);

impl FromMeta for Switch {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let key = key(item);
        let advice = format!("`{key}` is a switch: write `{key}`, or `{key} = false`");
        match item {
            Meta::Path(_) => Ok(Self(true)),
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(literal) => match &literal.lit {
                    Lit::Bool(value) => Ok(Self(value.value)),
                    other => mistake(other, advice),
                },
                other => mistake(other, advice),
            },
            other @ Meta::List(_) => mistake(other, advice),
        }
    }
}

/// `key` or `key = "reason"`.
#[derive(Debug, Clone)]
pub(crate) struct Reason(pub(crate) Option<LitStr>);

impl FromMeta for Reason {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let key = key(item);
        let advice = format!("write `{key}`, or say why: `{key} = \"...\"`");
        match item {
            Meta::Path(_) => Ok(Self(None)),
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(literal) => match &literal.lit {
                    Lit::Str(text) => Ok(Self(Some(text.clone()))),
                    other => mistake(other, advice),
                },
                other => mistake(other, advice),
            },
            other @ Meta::List(_) => mistake(other, advice),
        }
    }
}

/// `key` or `key = expression`.
#[derive(Debug, Clone)]
pub(crate) struct Value(pub(crate) Option<Expr>);

impl FromMeta for Value {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let key = key(item);
        match item {
            Meta::Path(_) => Ok(Self(None)),
            Meta::NameValue(pair) => Ok(Self(Some(pair.value.clone()))),
            Meta::List(list) => mistake(list, format!("write `{key}`, or `{key} = value`")),
        }
    }
}

/// Where the runtime is found: `::glassbox`, or `crate = path` for facades that re-export it.
#[derive(Debug, Clone, Default)]
pub(crate) struct CratePath(Option<Path>);

impl CratePath {
    pub(crate) fn written(path: Path) -> Self {
        Self(Some(path))
    }

    /// The path, as if it stood at `span`: a message about what is built from it then points there.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        match &self.0 {
            Some(path) => located(path.to_token_stream(), span),
            None => quote_spanned!(span=> ::glassbox),
        }
    }

    /// What generated code may call, and nothing else.
    pub(crate) fn private(&self, span: Span) -> TokenStream {
        let path = self.at(span);
        quote_spanned!(span=> #path::__private)
    }
}

/// The user's tokens, meaning what they mean where they were written.
fn located(tokens: TokenStream, place: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(token.span().located_at(place));
            token
        })
        .collect()
}

impl FromMeta for CratePath {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let advice =
            "`crate` is the path of the Glassbox crate: write `crate = my_facade::glassbox`";
        match item {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Path(path) if path.qself.is_none() => Ok(Self::written(path.path.clone())),
                other => mistake(other, advice.to_owned()),
            },
            other => mistake(other, advice.to_owned()),
        }
    }
}
