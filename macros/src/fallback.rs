//! After a mistake: the user's item without our attributes, so that its callers still compile.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Block, FnArg, ItemFn, Macro, Path};

use crate::args::CratePath;
use crate::docs::is_doc;
use crate::phase::is_phase;
use crate::phase::tokens::{mention, without_phases};

/// The mistakes, and the function with a tool of its name that is never called.
pub(crate) fn tool(error: &syn::Error, item: &TokenStream) -> TokenStream {
    let errors = error.to_compile_error();
    let Ok(mut function) = syn::parse2::<ItemFn>(item.clone()) else {
        return quote!(#errors #item);
    };
    Strip::default().visit_item_fn_mut(&mut function);
    // A method stands in an `impl`, where no type can stand beside it.
    let tool = function
        .sig
        .receiver()
        .is_none()
        .then(|| crate::tool::codegen::placeholder(&function, &CratePath::default()));
    quote!(#errors #function #tool)
}

/// The mistakes, and the item.
pub(crate) fn phase(error: &syn::Error, item: &TokenStream) -> TokenStream {
    let errors = error.to_compile_error();
    match syn::parse2::<ItemFn>(item.clone()) {
        Ok(mut function) => {
            Strip::default().visit_item_fn_mut(&mut function);
            quote!(#errors #function)
        }
        Err(_) => quote!(#errors #item),
    }
}

/// Removes our attributes from a function: `#[phase]`, and on parameters `#[arg]` and doc comments.
#[derive(Default)]
struct Strip {
    /// What `#[phase]` was called in the block at hand.
    names: Vec<Path>,
}

impl VisitMut for Strip {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        let phases = attributes.extract_if(.., |attribute| is_phase(attribute));
        self.names.extend(phases.map(|phase| phase.path().clone()));
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        let outer = std::mem::take(&mut self.names);
        visit_mut::visit_block_mut(self, block);
        let names = std::mem::replace(&mut self.names, outer);
        block.stmts.splice(0..0, names.iter().map(mention));
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        mac.tokens = without_phases(std::mem::take(&mut mac.tokens));
    }

    fn visit_fn_arg_mut(&mut self, input: &mut FnArg) {
        let attributes = match input {
            FnArg::Receiver(receiver) => &mut receiver.attrs,
            FnArg::Typed(parameter) => &mut parameter.attrs,
        };
        attributes.retain(|attribute| !is_arg(attribute) && !is_doc(attribute));
        visit_mut::visit_fn_arg_mut(self, input);
    }

    fn visit_item_mut(&mut self, _nested: &mut syn::Item) {}
}

/// Says whether an attribute is `#[arg]`.
pub(crate) fn is_arg(attribute: &Attribute) -> bool {
    attribute.path().is_ident("arg")
}

/// The first token after attributes and visibility: what says what an item is.
pub(crate) fn keyword(item: TokenStream) -> TokenStream {
    let parse = |input: syn::parse::ParseStream<'_>| {
        input.call(Attribute::parse_outer)?;
        input.parse::<syn::Visibility>()?;
        let keyword: Option<TokenTree> = input.parse().ok();
        input.parse::<TokenStream>()?;
        Ok(keyword.to_token_stream())
    };
    syn::parse::Parser::parse2(parse, item).unwrap_or_default()
}
