//! A method that is offered: a tool, a resource or a prompt.

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::{Attribute, ImplItemFn, ItemFn, LitStr, Meta};

use crate::diagnostics::Diagnostics;
use crate::input::owns;
use crate::offer::Offer;
use crate::phase::tokens::mention;
use crate::prompt::args::Args as PromptArgs;
use crate::prompt::codegen as prompt;
use crate::prompt::model::Prompt;
use crate::resource::args as resource_args;
use crate::resource::codegen as resource;
use crate::resource::model::Resource;
use crate::tool::args::Args as ToolArgs;
use crate::tool::model::Tool;
use crate::tool::place::Place;
use crate::tool::{call, definition};

/// A method that is offered.
#[derive(Debug)]
pub(crate) enum Method {
    Tool(Tool),
    Resource(Resource),
    Prompt(Prompt),
}

impl Method {
    /// Decides; `mark` is what says what the method is offered as.
    pub(crate) fn new(
        offer: Offer,
        mark: &Attribute,
        method: ImplItemFn,
        place: &Place,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let written = diagnostics.keep(written(offer, mark));
        let function = function(mark, method);
        match offer {
            Offer::Tool => {
                let args = written.and_then(|written| diagnostics.keep(ToolArgs::read(written)));
                let args = args.unwrap_or_default();
                Tool::new(args, function, place, diagnostics).map(Self::Tool)
            }
            Offer::Resource => {
                let (uri, args) = written
                    .map(|written| resource_args::read(written, name_of(mark), diagnostics))
                    .unwrap_or_default();
                let resource = Resource::new(uri.as_ref(), args, function, place, diagnostics);
                resource.map(Self::Resource)
            }
            Offer::Prompt => {
                let args = written.and_then(|written| diagnostics.keep(PromptArgs::read(written)));
                let args = args.unwrap_or_default();
                let prompt = Prompt::new(args, function, place, diagnostics);
                Some(Self::Prompt(prompt))
            }
        }
    }

    pub(crate) fn offer(&self) -> Offer {
        match self {
            Self::Tool(_) => Offer::Tool,
            Self::Resource(_) => Offer::Resource,
            Self::Prompt(_) => Offer::Prompt,
        }
    }

    /// The method itself, its phases rewritten.
    pub(crate) fn function(&self) -> &ItemFn {
        match self {
            Self::Tool(tool) => &tool.function,
            Self::Resource(resource) => &resource.function,
            Self::Prompt(prompt) => &prompt.function,
        }
    }

    /// What clients ask for, which there is once: a name, or a URI.
    pub(crate) fn key(&self) -> &LitStr {
        match self {
            Self::Tool(tool) => &tool.name,
            Self::Resource(resource) => &resource.uri,
            Self::Prompt(prompt) => &prompt.name,
        }
    }

    /// Says whether any of its parameters is owned.
    pub(crate) fn owns(&self) -> bool {
        match self {
            Self::Tool(tool) => owns(&tool.inputs),
            Self::Resource(resource) => owns(&resource.inputs),
            Self::Prompt(prompt) => owns(&prompt.inputs),
        }
    }

    /// The definition as one constant expression.
    pub(crate) fn definition(&self) -> TokenStream {
        match self {
            Self::Tool(tool) => definition::definition(tool),
            Self::Resource(resource) => resource::definition(resource),
            Self::Prompt(prompt) => prompt::definition(prompt),
        }
    }

    /// The answer to a request. `path` is the method.
    pub(crate) fn answer(&self, path: &TokenStream) -> TokenStream {
        match self {
            Self::Tool(tool) => call::future(tool, path),
            Self::Resource(resource) => resource::answer(resource, path),
            Self::Prompt(prompt) => prompt::answer(prompt, path),
        }
    }
}

/// The method as a function, which names its mark.
fn function(mark: &Attribute, method: ImplItemFn) -> ItemFn {
    let ImplItemFn {
        attrs,
        vis,
        modifiers,
        sig,
        mut block,
    } = method;
    block.stmts.insert(0, mention(mark.path()));
    ItemFn {
        attrs,
        vis,
        modifiers,
        sig,
        block: Box::new(block),
    }
}

/// Where the name of a mark stands.
fn name_of(mark: &Attribute) -> Span {
    let last = mark.path().segments.last();
    last.map_or_else(|| mark.span(), |segment| segment.ident.span())
}

/// What stands in the parentheses of a mark.
fn written(offer: Offer, mark: &Attribute) -> syn::Result<TokenStream> {
    match (&mark.meta, offer) {
        (Meta::Path(_), _) => Ok(TokenStream::new()),
        (Meta::List(list), _) => Ok(list.tokens.clone()),
        (Meta::NameValue(_), Offer::Tool | Offer::Prompt) => Err(syn::Error::new_spanned(
            mark,
            format!(
                "what a {offer} accepts stands in parentheses: `#[{name}(name = \"...\")]`",
                name = offer.attribute()
            ),
        )),
        (Meta::NameValue(_), Offer::Resource) => Err(syn::Error::new_spanned(
            mark,
            format!(
                "the URI of a resource stands in parentheses: `{written}`",
                written = offer.written()
            ),
        )),
    }
}
