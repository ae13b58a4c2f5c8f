//! What `#[phase(...)]` accepts: a name, attributes, and options.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, LitStr, Token};

use super::options::{ChosenName, ErrorRecording, KEPT, OPTIONS, Returned, Setting};
use crate::args::{CratePath, in_words};
use crate::diagnostics::Diagnostics;

/// What the user wrote.
#[derive(Debug, Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    pub(crate) chosen_name: Option<ChosenName>,
    pub(crate) fields: Vec<Field>,
    pub(crate) kind: Option<Ident>,
    pub(crate) links: Vec<Expr>,
    pub(crate) ok: Vec<Field>,
    pub(crate) err: Option<(Span, ErrorRecording)>,
    pub(crate) rounds: Option<(Span, usize)>,
    pub(crate) returns: Option<(Span, Returned)>,
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
    /// Reads the arguments, with every mistake in them.
    pub(crate) fn read(tokens: TokenStream) -> syn::Result<Self> {
        let mut diagnostics = Diagnostics::default();
        let read = |input: ParseStream<'_>| {
            let mut args = Self::default();
            let mut words = Vec::new();
            let mut position = 0;
            while !input.is_empty() {
                match entry(input).and_then(|entry| end_of_entry(input).map(|()| entry)) {
                    Ok(entry) => args.add(position, entry, &mut words, &mut diagnostics),
                    Err(mistake) => {
                        diagnostics.push(mistake);
                        skip_to_the_next(input)?;
                    }
                }
                position += 1;
            }
            Ok(args)
        };
        let args = read.parse2(tokens);
        let args = diagnostics.keep(args).unwrap_or_default();
        diagnostics.finish(args)
    }

    fn add(
        &mut self,
        position: usize,
        entry: Entry,
        words: &mut Vec<String>,
        diagnostics: &mut Diagnostics,
    ) {
        match entry {
            Entry::Name(name) if position == 0 => self.name = Some(name),
            Entry::Name(name) => {
                diagnostics.on(
                    name,
                    "a phase has one name, and it comes first: `#[phase(\"name\", key = value)]`",
                );
            }
            Entry::Field(field) => self.add_field(*field, diagnostics),
            Entry::Option(word, option) => {
                let name = word.unraw().to_string();
                let may_repeat = matches!(option, Choice::Setting(Setting::Link(_)));
                if words.contains(&name) && !may_repeat {
                    diagnostics.at(
                        word.span(),
                        format!("`{name}` is given twice; keep one of them"),
                    );
                    return;
                }
                words.push(name);
                self.set(&word, option, diagnostics);
            }
        }
    }

    fn set(&mut self, word: &Ident, option: Choice, diagnostics: &mut Diagnostics) {
        match option {
            Choice::Crate(path) => self.crate_path = Some((word.span(), path)),
            Choice::Setting(Setting::Name(name)) => {
                if self.name.is_some() {
                    diagnostics.at(
                        word.span(),
                        "the phase has a name already, in quotes; keep one of them",
                    );
                }
                self.chosen_name = Some(name);
            }
            Choice::Setting(Setting::Kind(kind)) => self.kind = Some(kind),
            Choice::Setting(Setting::Link(link)) => self.links.push(*link),
            Choice::Setting(Setting::Ok(fields)) => {
                for field in fields {
                    self.add_ok(field, diagnostics);
                }
            }
            Choice::Setting(Setting::Err(err)) => self.err = Some((word.span(), err)),
            Choice::Setting(Setting::Rounds(rounds)) => self.rounds = Some((word.span(), rounds)),
            Choice::Setting(Setting::Returns(what)) => self.returns = Some((word.span(), what)),
        }
    }

    fn add_field(&mut self, field: Field, diagnostics: &mut Diagnostics) {
        if self.knows(&field.key) {
            diagnostics.at(field.span, twice(&field.key));
        } else {
            self.fields.push(field);
        }
    }

    fn add_ok(&mut self, field: Field, diagnostics: &mut Diagnostics) {
        if self.knows(&field.key) {
            diagnostics.at(field.span, twice(&field.key));
        } else {
            self.ok.push(field);
        }
    }

    fn knows(&self, key: &str) -> bool {
        let mut fields = self.fields.iter().chain(&self.ok);
        fields.any(|field| field.key == key)
    }
}

fn twice(key: &str) -> String {
    format!("the attribute `{key}` is given twice; keep one of them")
}

enum Entry {
    Name(LitStr),
    Field(Box<Field>),
    Option(Ident, Choice),
}

/// An option of the phase, or of the attribute as a whole.
enum Choice {
    Setting(Setting),
    Crate(CratePath),
}

fn entry(input: ParseStream<'_>) -> syn::Result<Entry> {
    if input.peek(LitStr) {
        return input.parse().map(Entry::Name);
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error(
            "expected the phase's name in quotes, or an attribute such as `gmail.max_results = max_results`",
        ));
    }
    let word = input.call(Ident::parse_any)?;
    if word == "crate" {
        input.parse::<Token![=]>()?;
        let path = CratePath::written(input.call(syn::Path::parse_mod_style)?);
        return Ok(Entry::Option(word, Choice::Crate(path)));
    }
    if input.peek(Token![.]) {
        return Field::after(&word, input).map(|field| Entry::Field(Box::new(field)));
    }
    if let Some((name, advice)) = KEPT.iter().find(|(name, _)| word == name) {
        return Err(syn::Error::new(
            word.span(),
            format!("`{name}` is kept for an option of `#[phase]`; {advice}"),
        ));
    }
    if OPTIONS.iter().any(|(name, _)| word == name) {
        let setting = Setting::parse(&word, input)?;
        return Ok(Entry::Option(word, Choice::Setting(setting)));
    }
    Field::after(&word, input).map(|field| Entry::Field(Box::new(field)))
}

fn end_of_entry(input: ParseStream<'_>) -> syn::Result<()> {
    if !input.is_empty() {
        let comma = input.parse::<Token![,]>();
        comma.map_err(|error| in_words(&error))?;
    }
    Ok(())
}

/// After a mistake: what stands behind the next comma may be right.
fn skip_to_the_next(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() {
        if input.parse::<Option<Token![,]>>()?.is_some() {
            break;
        }
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
