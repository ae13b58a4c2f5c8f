//! After a mistake: the user's item without our attributes, so that its callers still compile.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Block, Expr, FnArg, ImplItem, ItemFn, ItemImpl, Macro, Path};

use crate::args::CratePath;
use crate::docs::is_doc;
use crate::offer::Offer;
use crate::phase::is_phase;
use crate::phase::tokens::{mention, without_phases};
use crate::tool::associated::is_associated;
use crate::tool::parameter::borrowed;
use crate::tools::args::Args;
use crate::tools::{hidden, is_tools};

/// The mistakes, and the function with a type of its name that is never called.
pub(crate) fn function(offer: Offer, error: &syn::Error, item: &TokenStream) -> TokenStream {
    let errors = error.to_compile_error();
    let Ok(mut function) = syn::parse2::<ItemFn>(item.clone()) else {
        return quote!(#errors #item);
    };
    // What else it was to be would bring a type of the same name.
    let others: Vec<_> = function
        .attrs
        .extract_if(.., |attribute| Offer::of(attribute).is_some())
        .collect();
    let mut strip = Strip::default();
    strip.visit_item_fn_mut(&mut function);
    let others = others.iter().map(Attribute::path);
    let mentions = others.chain(&strip.names).map(mention);
    function.block.stmts.splice(0..0, mentions);
    // In an `impl` no type can stand beside it.
    let placeholder = (!is_associated(&function))
        .then(|| crate::marker::placeholder(offer, &function, &CratePath::default()));
    quote!(#errors #function #placeholder)
}

/// The mistakes, and the block with a set of its type that is empty.
pub(crate) fn tools(error: &syn::Error, args: &TokenStream, item: &TokenStream) -> TokenStream {
    let errors = error.to_compile_error();
    let Ok(mut block) = syn::parse2::<ItemImpl>(item.clone()) else {
        return quote!(#errors #item);
    };
    block.attrs.retain(|attribute| !is_tools(attribute));
    block.items.iter_mut().for_each(strip_method);
    let args = Args::read(args.clone()).unwrap_or_default();
    let set = args.set.map(|set| set.value.0);
    let krate = args.crate_path.map(|path| path.value).unwrap_or_default();
    // A server cannot keep what borrows.
    let tools = borrowed(&block.self_ty)
        .is_none()
        .then(|| crate::tools::codegen::placeholder(&block, &krate, set.as_ref()));
    quote!(#errors #block #tools)
}

/// Removes our attributes from an item of a block, if it was to be offered.
fn strip_method(item: &mut ImplItem) {
    let attributes = match item {
        ImplItem::Const(item) => &mut item.attrs,
        ImplItem::Fn(item) => &mut item.attrs,
        ImplItem::Type(item) => &mut item.attrs,
        ImplItem::Macro(item) => &mut item.attrs,
        _ => return,
    };
    let is_ours =
        |attribute: &mut Attribute| Offer::of(attribute).or_else(|| hidden(attribute)).is_some();
    let marks: Vec<_> = attributes.extract_if(.., is_ours).collect();
    if let (ImplItem::Fn(method), false) = (item, marks.is_empty()) {
        let mut strip = Strip::default();
        strip.visit_impl_item_fn_mut(method);
        let marks = marks.iter().filter(|mark| Offer::of(mark).is_some());
        let names = marks.map(Attribute::path).chain(&strip.names);
        let mentions = names.map(mention);
        method.block.stmts.splice(0..0, mentions);
    }
}

/// The mistakes, and the item.
pub(crate) fn phase(error: &syn::Error, item: &TokenStream) -> TokenStream {
    let errors = error.to_compile_error();
    match syn::parse2::<ItemFn>(item.clone()) {
        Ok(mut function) => {
            Strip::default().visit_item_fn_mut(&mut function);
            quote!(#errors #function)
        }
        // An expression takes its value from the last thing in it.
        Err(_) if syn::parse2::<Expr>(item.clone()).is_ok() => quote!({ #errors #item }),
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
        attributes.retain(|attribute| {
            !is_arg(attribute) && !is_doc(attribute) && !is_of_a_field(attribute)
        });
        visit_mut::visit_fn_arg_mut(self, input);
    }

    fn visit_item_mut(&mut self, _nested: &mut syn::Item) {}
}

/// Says whether an attribute is `#[arg]`.
pub(crate) fn is_arg(attribute: &Attribute) -> bool {
    attribute.path().is_ident("arg")
}

/// Says whether an attribute describes fields of structs, and so cannot stand on a parameter.
pub(crate) fn is_of_a_field(attribute: &Attribute) -> bool {
    let of_fields = ["garde", "schemars", "serde", "validate"];
    of_fields.iter().any(|name| attribute.path().is_ident(name))
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
