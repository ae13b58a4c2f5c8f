//! What `#[mcp_resource(...)]` accepts.
#![expect(
    clippy::unreachable,
    reason = "darling's derive writes it where a field was filled in just before"
)]

use darling::FromMeta;
use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, Lit, LitStr, Meta, Token};

use crate::args::{CratePath, Keyed, Switch, Text, Value, accepted, read_accepted};
use crate::diagnostics::Diagnostics;
use crate::tool::scopes::Scopes;

accepted! {
/// `#[mcp_resource("...", ...)]` as written, but for the URI.
#[derive(Debug, Default, FromMeta)]
pub(crate) struct Args {
    pub(crate) name: Option<Keyed<Text>>,
    pub(crate) title: Option<Keyed<Text>>,
    pub(crate) description: Option<Keyed<Text>>,
    pub(crate) mime_type: Option<Keyed<Text>>,
    pub(crate) size: Option<Keyed<Value>>,
    pub(crate) audience: Option<Keyed<Audience>>,
    pub(crate) priority: Option<Keyed<Value>>,
    pub(crate) blocking: Option<Keyed<Switch>>,
    pub(crate) scopes: Option<Keyed<Scopes>>,
    #[darling(rename = "crate")]
    pub(crate) crate_path: Option<Keyed<CratePath>>,
}
}

/// `audience(user, assistant)`: names of roles in the runtime.
#[derive(Debug, Clone)]
pub(crate) struct Audience(pub(crate) Vec<Ident>);

const AUDIENCE: &str =
    "the audience are roles: write `audience(user)`, `audience(assistant)`, or both";

impl FromMeta for Audience {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let mistake = || darling::Error::custom(AUDIENCE);
        let Meta::List(list) = item else {
            return Err(mistake().with_span(item));
        };
        let parser = Punctuated::<Ident, Token![,]>::parse_terminated;
        let written = list.parse_args_with(parser);
        let written = written.map_err(|_| mistake().with_span(item))?;
        if written.is_empty() {
            return Err(mistake().with_span(item));
        }
        let mut roles = Vec::new();
        for role in written {
            let name = match role.to_string().as_str() {
                "user" => "User",
                "assistant" => "Assistant",
                _ => return Err(mistake().with_span(&role)),
            };
            roles.push(Ident::new(name, role.span()));
        }
        Ok(Self(roles))
    }
}

/// The URI, which stands first, and all else; every mistake is reported, and where nothing is written, at `mark`.
pub(crate) fn read(
    tokens: TokenStream,
    mark: Span,
    diagnostics: &mut Diagnostics,
) -> (Option<LitStr>, Args) {
    let missing = "a resource has a URI, or a template of URIs: write it first, as in `#[mcp_resource(\"notes://{id}\")]`";
    let tokens = match keyed.parse2(tokens.clone()) {
        Ok((key, rest)) => {
            diagnostics.on(
                key,
                "the URI stands first, without a key: `#[mcp_resource(\"notes://{id}\")]`",
            );
            rest
        }
        Err(_) => tokens,
    };
    let (first, rest) = match split.parse2(tokens.clone()) {
        Ok((first, rest)) => (first, rest),
        Err(error) => {
            diagnostics.push(error);
            return (None, Args::default());
        }
    };
    let uri = match first {
        Some(Lit::Str(uri)) => Some(uri),
        Some(other) => {
            diagnostics.on(
                other,
                "the URI is a string: write it first, as in `#[mcp_resource(\"notes://{id}\")]`",
            );
            None
        }
        None => {
            if let Ok(name) = constant.parse2(tokens.clone()) {
                diagnostics.on(
                    &name,
                    format!(
                        "the URI is read where it is written, and what `{name}` is cannot be known there: write the text \
                         itself, as in `#[mcp_resource(\"notes://{{id}}\")]`"
                    ),
                );
                return (None, Args::default());
            }
            let place = tokens.into_iter().next().map(|token| token.span());
            diagnostics.at(place.unwrap_or(mark), missing);
            None
        }
    };
    let args = diagnostics.keep(read_accepted(rest, Args::NAMES));
    (uri, args.unwrap_or_default())
}

/// `uri = "..."`, and what is there without the key.
fn keyed(input: ParseStream<'_>) -> syn::Result<(Ident, TokenStream)> {
    let key: Ident = input.parse()?;
    if !matches!(
        key.to_string().as_str(),
        "uri" | "uri_template" | "template"
    ) {
        return Err(input.error("another key"));
    }
    input.parse::<Token![=]>()?;
    Ok((key, input.parse()?))
}

/// The name of a constant where the URI should be.
fn constant(input: ParseStream<'_>) -> syn::Result<Ident> {
    let name: Ident = input.parse()?;
    let is_constant = !name.to_string().contains(char::is_lowercase);
    if is_constant && (input.is_empty() || input.peek(Token![,])) {
        input.parse::<TokenStream>()?;
        return Ok(name);
    }
    Err(input.error("no constant"))
}

fn split(input: ParseStream<'_>) -> syn::Result<(Option<Lit>, TokenStream)> {
    let first: Option<Lit> = if input.peek(Lit) {
        Some(input.parse()?)
    } else {
        None
    };
    if first.is_some() && !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    Ok((first, input.parse()?))
}
