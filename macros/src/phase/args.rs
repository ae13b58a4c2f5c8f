//! What `#[phase(...)]` accepts: a name, fields, and on functions `crate = path`.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Token};

use crate::args::CratePath;
use crate::diagnostics::Diagnostics;

/// Words without a dot that are, or may become, options; an attribute of such a name needs a namespace.
const RESERVED: [&str; 8] = [
    "name", "fields", "kind", "ok", "err", "link", "limit", "level",
];

/// What the user wrote.
#[derive(Debug, Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    pub(crate) fields: Vec<Field>,
    pub(crate) crate_path: Option<(Span, CratePath)>,
}

/// `key.with.dots = value`.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) key: String,
    pub(crate) span: Span,
    pub(crate) value: Expr,
}

impl Args {
    pub(crate) fn read(tokens: TokenStream) -> syn::Result<Self> {
        let entries = Punctuated::<Entry, Token![,]>::parse_terminated.parse2(tokens)?;
        let mut args = Self::default();
        let mut diagnostics = Diagnostics::default();
        for (position, entry) in entries.into_iter().enumerate() {
            args.add(position, entry, &mut diagnostics);
        }
        diagnostics.finish(args)
    }

    fn add(&mut self, position: usize, entry: Entry, diagnostics: &mut Diagnostics) {
        match entry {
            Entry::Name(name) if position == 0 => self.name = Some(name),
            Entry::Name(name) => {
                diagnostics.on(
                    name,
                    "a phase has one name, and it comes first: `#[phase(\"name\", key = value)]`",
                );
            }
            Entry::Crate(span, path) => {
                if self.crate_path.is_some() {
                    diagnostics.at(span, "`crate` is given twice; keep one of them");
                }
                self.crate_path = Some((span, path));
            }
            Entry::Field(field) => {
                if RESERVED.contains(&field.key.as_str()) {
                    diagnostics.at(field.span, reserved(&field.key));
                } else if self.fields.iter().any(|other| other.key == field.key) {
                    diagnostics.at(
                        field.span,
                        format!(
                            "the attribute `{key}` is given twice; keep one of them",
                            key = field.key
                        ),
                    );
                } else {
                    self.fields.push(*field);
                }
            }
        }
    }
}

fn reserved(key: &str) -> String {
    if key == "name" {
        return "the name of a phase comes first and without a key: `#[phase(\"auth.validate\")]`; an attribute needs a \
                namespace, as in `user.name = ...`"
            .to_owned();
    }
    format!(
        "`{key}` is kept for an option of `#[phase]`; give the attribute a namespace, as in `app.{key} = ...`"
    )
}

enum Entry {
    Name(LitStr),
    Field(Box<Field>),
    Crate(Span, CratePath),
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Name);
        }
        if !input.peek(Ident::peek_any) {
            return Err(input.error(
                "expected the phase's name in quotes, or an attribute such as `gmail.max_results = max_results`",
            ));
        }
        let first = input.call(Ident::parse_any)?;
        let span = first.span();
        if first == "crate" {
            input.parse::<Token![=]>()?;
            return Ok(Self::Crate(
                span,
                CratePath::written(input.call(syn::Path::parse_mod_style)?),
            ));
        }
        let mut key = first.unraw().to_string();
        while input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            key.push('.');
            key.push_str(&input.call(Ident::parse_any)?.unraw().to_string());
        }
        if !input.peek(Token![=]) {
            return Err(syn::Error::new(
                span,
                format!(
                    "an attribute of a phase needs a value: write `{key} = ...`; a name stands in quotes, `\"{key}\"`"
                ),
            ));
        }
        input.parse::<Token![=]>()?;
        Ok(Self::Field(Box::new(Field {
            key,
            span,
            value: input.parse()?,
        })))
    }
}
