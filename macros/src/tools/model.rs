//! An `impl` block as decided: which of its methods are offered, every mistake reported.

use proc_macro2::Span;
use syn::{Attribute, Ident, ImplItem, ItemImpl};

use super::args::Args;
use super::method::Method;
use super::{hidden, is_tools};
use crate::args::{CratePath, Text};
use crate::diagnostics::Diagnostics;
use crate::marker::cfgs;
use crate::offer::Offer;
use crate::resource::template::Part;
use crate::tool::name::check_prefix;
use crate::tool::parameter::borrowed;
use crate::tool::place::Place;

/// An `impl` block whose methods are offered.
pub(crate) struct Block {
    pub(crate) krate: CratePath,
    /// The block without its items.
    pub(crate) item: ItemImpl,
    /// In the order they are written.
    pub(crate) members: Vec<Member>,
    /// The name of the function that gives the set, if the type has several blocks.
    pub(crate) set: Option<Ident>,
}

/// An item of the block.
pub(crate) enum Member {
    Method(Box<Method>),
    /// Left as it is.
    Other(Box<ImplItem>),
}

impl Block {
    pub(crate) fn new(args: Args, mut item: ItemImpl, diagnostics: &mut Diagnostics) -> Self {
        let Args {
            prefix,
            set,
            crate_path,
        } = args;
        let krate = crate_path.map(|path| path.value).unwrap_or_default();
        let prefix = prefix.and_then(|prefix| {
            let Text(prefix) = prefix.value;
            let checked = diagnostics.keep(check_prefix(&prefix));
            checked.map(|()| prefix)
        });
        let place = Place::Impl {
            krate: krate.clone(),
            prefix,
        };
        for another in item.attrs.iter().filter(|attribute| is_tools(attribute)) {
            diagnostics.on(
                another,
                "a block is one set; write everything into the first `#[mcp_tools]`",
            );
        }
        if let Some(lifetime) = borrowed(&item.self_ty) {
            diagnostics.on(
                &lifetime,
                format!(
                    "the server keeps the value for as long as it runs: write a type that owns its data, without \
                     `{lifetime}`"
                ),
            );
        }
        let items = std::mem::take(&mut item.items);
        if !items.iter().any(is_marked) {
            diagnostics.at(
                Span::call_site(),
                "this block offers nothing: put `#[mcp_tool]`, `#[mcp_resource(\"...\")]` or `#[mcp_prompt]` on its \
                 methods, or remove `#[mcp_tools]`",
            );
        }
        let members = items
            .into_iter()
            .filter_map(|item| member(item, &place, diagnostics))
            .collect();
        let block = Self {
            krate,
            item,
            members,
            set: set.map(|set| set.value.0),
        };
        block.check_keys(diagnostics);
        block
    }

    pub(crate) fn methods(&self) -> impl Iterator<Item = &Method> {
        self.members.iter().filter_map(|member| match member {
            Member::Method(method) => Some(&**method),
            Member::Other(_) => None,
        })
    }

    /// Methods that are there in some builds only may share a name; the server finds out.
    fn check_keys(&self, diagnostics: &mut Diagnostics) {
        let mut before: Vec<&Method> = Vec::new();
        for method in self.methods() {
            if !cfgs(&method.function().attrs).is_empty() {
                continue;
            }
            let first = before.iter().find(|other| is_same(other, method));
            if let Some(first) = first {
                diagnostics.on(method.key(), said_twice(first, method));
            }
            before.push(method);
        }
    }
}

/// Says whether a client that asks for one method could mean the other.
fn is_same(one: &Method, other: &Method) -> bool {
    match (one, other) {
        (Method::Resource(one), Method::Resource(other)) => {
            one.parts.len() == other.parts.len()
                && one.parts.iter().zip(&other.parts).all(|pair| match pair {
                    (Part::Segment(_), Part::Segment(_)) | (Part::Rest(_), Part::Rest(_)) => true,
                    (one, other) => one == other,
                })
        }
        _ => one.offer() == other.offer() && one.key() == other.key(),
    }
}

fn said_twice(first: &Method, second: &Method) -> String {
    let (first, key) = (first.key().value(), second.key().value());
    match second.offer() {
        Offer::Resource if first == key => {
            format!("two resources of this block have the URI `{key}`; change one of them")
        }
        Offer::Resource => format!(
            "`{key}` has the same URIs as `{first}`, which stands before it; change one of them"
        ),
        offer => format!("two {offer}s of this block are named `{key}`; rename one of them"),
    }
}

fn member(item: ImplItem, place: &Place, diagnostics: &mut Diagnostics) -> Option<Member> {
    match item {
        ImplItem::Fn(mut method) => {
            check_conditional(&method.attrs, diagnostics);
            let mut offers = method.attrs.iter().map(Offer::of).enumerate();
            match offers.find_map(|(index, offer)| offer.map(|offer| (index, offer))) {
                Some((index, offer)) => {
                    let mark = method.attrs.remove(index);
                    let method = Method::new(offer, &mark, method, place, diagnostics)?;
                    Some(Member::Method(Box::new(method)))
                }
                None => Some(Member::Other(Box::new(ImplItem::Fn(method)))),
            }
        }
        other => {
            for mark in attributes(&other) {
                if let Some(offer) = Offer::of(mark) {
                    diagnostics.on(
                        mark,
                        format!(
                            "a {offer} is a method: put `{written}` on a `fn`",
                            written = offer.written()
                        ),
                    );
                }
            }
            Some(Member::Other(Box::new(other)))
        }
    }
}

/// What `cfg_attr` hides would go missing.
fn check_conditional(attributes: &[Attribute], diagnostics: &mut Diagnostics) {
    for attribute in attributes {
        if let Some(offer) = hidden(attribute) {
            diagnostics.on(
                attribute,
                format!(
                    "`#[mcp_tools]` reads the block before `cfg_attr` is decided: write `#[cfg(...)]` and `{written}` on \
                     a method of its own",
                    written = offer.written()
                ),
            );
        }
    }
}

fn attributes(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Type(item) => &item.attrs,
        ImplItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

fn is_marked(item: &ImplItem) -> bool {
    let mut attributes = attributes(item).iter();
    attributes.any(|attribute| Offer::of(attribute).or_else(|| hidden(attribute)).is_some())
}
