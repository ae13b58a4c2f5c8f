//! An `impl` block as decided: which of its methods are tools, every mistake reported.

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::{Attribute, Ident, ImplItem, ImplItemFn, ItemFn, ItemImpl, Meta};

use super::args::Args;
use super::{hides_tool, is_tools};
use crate::args::{CratePath, Name, Text};
use crate::diagnostics::Diagnostics;
use crate::marker::cfgs;
use crate::offer::Offer;
use crate::phase::tokens::mention;
use crate::tool::args::Args as ToolArgs;
use crate::tool::is_tool;
use crate::tool::model::Tool;
use crate::tool::name::check_prefix;
use crate::tool::parameter::borrowed;
use crate::tool::place::Place;

/// An `impl` block with tools.
pub(crate) struct Block {
    pub(crate) krate: CratePath,
    /// The block without its items.
    pub(crate) item: ItemImpl,
    /// In the order they are written.
    pub(crate) members: Vec<Member>,
    /// The name of the function that gives the tools, if the type has several blocks.
    pub(crate) set: Option<Ident>,
}

/// An item of the block.
pub(crate) enum Member {
    Tool(Box<Tool>),
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
        let krate = crate_path.unwrap_or_default();
        let prefix = prefix.and_then(|Text(prefix)| {
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
                "a block is one set of tools; write everything into the first `#[mcp_tools]`",
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
        let has_tools = items.iter().any(is_marked);
        if !has_tools {
            diagnostics.at(
                Span::call_site(),
                "this block has no tools: put `#[mcp_tool]` on its methods, or remove `#[mcp_tools]`",
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
            set: set.map(|Name(set)| set),
        };
        block.check_names(diagnostics);
        block
    }

    pub(crate) fn tools(&self) -> impl Iterator<Item = &Tool> {
        self.members.iter().filter_map(|member| match member {
            Member::Tool(tool) => Some(&**tool),
            Member::Other(_) => None,
        })
    }

    /// Methods that are there in some builds only may share a name; the server finds out.
    fn check_names(&self, diagnostics: &mut Diagnostics) {
        let mut names = Vec::new();
        for tool in self.tools() {
            if !cfgs(&tool.function.attrs).is_empty() {
                continue;
            }
            let name = tool.name.value();
            if names.contains(&name) {
                diagnostics.on(
                    &tool.name,
                    format!("two tools of this block are named `{name}`; rename one of them"),
                );
            }
            names.push(name);
        }
    }
}

fn member(item: ImplItem, place: &Place, diagnostics: &mut Diagnostics) -> Option<Member> {
    match item {
        ImplItem::Fn(mut method) => {
            check_conditional(&method.attrs, diagnostics);
            match method.attrs.iter().position(is_tool) {
                Some(mark) => {
                    let mark = method.attrs.remove(mark);
                    let tool = tool(&mark, method, place, diagnostics)?;
                    Some(Member::Tool(Box::new(tool)))
                }
                None => {
                    check_others(&method.attrs, diagnostics);
                    Some(Member::Other(Box::new(ImplItem::Fn(method))))
                }
            }
        }
        other => {
            for mark in attributes(&other).iter().filter(|mark| is_tool(mark)) {
                diagnostics.on(mark, "a tool is a method: put `#[mcp_tool]` on a `fn`");
            }
            Some(Member::Other(Box::new(other)))
        }
    }
}

/// Reports what is no method yet.
fn check_others(attributes: &[Attribute], diagnostics: &mut Diagnostics) {
    for attribute in attributes {
        if let Some(offer) = Offer::of(attribute) {
            diagnostics.on(
                attribute,
                format!(
                    "a {offer} is a free function: move it out of the block, and borrow what it needs, `value: &T`"
                ),
            );
        }
    }
}

/// A method as a tool; `mark` is its `#[mcp_tool]`.
fn tool(
    mark: &Attribute,
    method: ImplItemFn,
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> Option<Tool> {
    let args = diagnostics.keep(written(mark).and_then(ToolArgs::read));
    let ImplItemFn {
        attrs,
        vis,
        modifiers,
        sig,
        mut block,
    } = method;
    block.stmts.insert(0, mention(mark.path()));
    let function = ItemFn {
        attrs,
        vis,
        modifiers,
        sig,
        block: Box::new(block),
    };
    Tool::new(args.unwrap_or_default(), function, place, diagnostics)
}

fn written(mark: &Attribute) -> syn::Result<TokenStream> {
    match &mark.meta {
        Meta::Path(_) => Ok(TokenStream::new()),
        Meta::List(list) => Ok(list.tokens.clone()),
        Meta::NameValue(_) => Err(syn::Error::new(
            mark.span(),
            "what a tool accepts stands in parentheses: `#[mcp_tool(name = \"...\")]`",
        )),
    }
}

/// What `cfg_attr` hides would go missing.
fn check_conditional(attributes: &[Attribute], diagnostics: &mut Diagnostics) {
    for attribute in attributes.iter().filter(|attribute| hides_tool(attribute)) {
        diagnostics.on(
            attribute,
            "`#[mcp_tools]` reads the block before `cfg_attr` is decided: write `#[cfg(...)]` and `#[mcp_tool]` on a \
             method of its own",
        );
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
    attributes.any(|attribute| is_tool(attribute) || hides_tool(attribute))
}
