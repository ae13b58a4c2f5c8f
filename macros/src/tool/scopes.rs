//! What callers need: `scopes("files.read", "files.write")`.

use darling::FromMeta;
use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, LitStr, Meta, Token};

const ADVICE: &str =
    "`scopes` is a list of strings: write `scopes(\"files.read\", \"files.write\")`";

/// The scopes, each once, in the order they are written.
#[derive(Debug)]
pub(crate) struct Scopes(pub(crate) Vec<LitStr>);

impl FromMeta for Scopes {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        match item {
            Meta::List(list) => read(item, list.tokens.clone()),
            other => Err(mistake(other, ADVICE)),
        }
    }
}

fn mistake(at: &impl Spanned, message: impl std::fmt::Display) -> darling::Error {
    darling::Error::custom(message).with_span(at)
}

fn read(item: &Meta, tokens: TokenStream) -> darling::Result<Scopes> {
    let written = Punctuated::<Expr, Token![,]>::parse_terminated
        .parse2(tokens)
        .map_err(|_| mistake(item, ADVICE))?;
    if written.is_empty() {
        return Err(mistake(item, ADVICE));
    }
    let mut errors = darling::Error::accumulator();
    let mut scopes: Vec<LitStr> = Vec::new();
    for expression in &written {
        if let Some(scope) = errors.handle(scope(expression)) {
            if scopes.iter().any(|other| other.value() == scope.value()) {
                errors.push(mistake(
                    &scope,
                    format!("the scope `{}` is there twice; keep one", scope.value()),
                ));
            }
            scopes.push(scope);
        }
    }
    errors.finish_with(Scopes(scopes))
}

/// A scope as RFC 6749, section 3.3, has it.
fn scope(expression: &Expr) -> darling::Result<LitStr> {
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = expression
    else {
        return Err(mistake(expression, ADVICE));
    };
    let value = text.value();
    let is_scope = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    if value.contains(' ') {
        return Err(mistake(
            text,
            "a scope has no spaces; write each as a string of its own: `scopes(\"a\", \"b\")`",
        ));
    }
    if value.is_empty() || !value.bytes().all(is_scope) {
        return Err(mistake(
            text,
            "a scope is printable ASCII without quotes and backslashes, such as `files.read` (RFC 6749, section 3.3)",
        ));
    }
    Ok(text.clone())
}
