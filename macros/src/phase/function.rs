//! A phase around a whole function.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::{Block, Expr, ExprAsync, ItemFn, LitStr, ReturnType, Stmt, TraitItemFn, Type};

use super::args::Args;
use super::body::{self, Context, Kind};
use super::codegen;
use super::is_phase;
use super::model::{Outcome, Phase, Run};
use crate::args::CratePath;
use crate::diagnostics::Diagnostics;
use crate::fallback::keyword;
use crate::signature::{Returns, boxed_future_output};

const PLACES: &str = "a phase stands on a function or a method with a body, or inside it on a `let`, an expression or a block";

const UNMARKED: &str = "a phase inside a function is read by the attribute of the function: put `#[phase]` or `#[mcp_tool]` \
                        on the function as well";

/// Reads the item the attribute stands on.
pub(crate) fn parse(item: TokenStream) -> syn::Result<ItemFn> {
    let error = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => return Ok(function),
        Err(error) => error,
    };
    if let Ok(declaration) = syn::parse2::<TraitItemFn>(item.clone()) {
        return Err(syn::Error::new(
            declaration.sig.ident.span(),
            format!(
                "`{name}` has no body that could be a phase; put `#[phase]` on the functions that implement it",
                name = declaration.sig.ident
            ),
        ));
    }
    match syn::parse2::<syn::Item>(item.clone()) {
        Ok(syn::Item::Fn(_)) => Err(error),
        Ok(_) => Err(syn::Error::new_spanned(keyword(item), PLACES)),
        Err(_) if Block::parse_within.parse2(item).is_ok() => {
            Err(syn::Error::new(Span::call_site(), UNMARKED))
        }
        Err(_) => Err(error),
    }
}

/// A function and its phase, as decided.
pub(crate) struct PhaseFunction {
    krate: CratePath,
    phase: Phase,
    function: ItemFn,
    returns: Returns,
}

impl PhaseFunction {
    /// Checks function and arguments, and rewrites the phases inside.
    pub(crate) fn new(
        args: Option<Args>,
        mut function: ItemFn,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let mut args = args.unwrap_or_default();
        let krate = args
            .crate_path
            .take()
            .map(|(_, path)| path)
            .unwrap_or_default();
        check(&function, diagnostics);
        let name = &function.sig.ident;
        let default_name = LitStr::new(&name.unraw().to_string(), name.span());
        let phase = Phase::new(args, name.span(), Some(default_name), diagnostics);
        let mut context = Context {
            kind: Kind::Function,
            asynchronous: function.sig.asyncness.is_some(),
            returns: Returns::of_function(&function.sig.output),
        };
        match boxed_future(&mut function) {
            Some((output, future)) => {
                context.asynchronous = true;
                context.returns = Returns::Written(Box::new(output));
                body::rewrite(&mut future.block, context.clone(), &krate, diagnostics);
            }
            None => body::rewrite(&mut function.block, context.clone(), &krate, diagnostics),
        }
        let returns = context.returns;
        Some(Self {
            krate,
            phase: phase?,
            function,
            returns,
        })
    }

    /// The function with its body under the phase.
    pub(crate) fn into_tokens(mut self) -> TokenStream {
        let run = |asynchronous, block: &Block| {
            let pinned = self.returns.pinned().map(ToTokens::into_token_stream);
            // A closure that gives nothing needs no type: what it ends with is checked where the function ends.
            let pinned = pinned.filter(|_| asynchronous || !matches!(self.returns, Returns::Unit));
            let outcome = Outcome::of(&self.returns);
            let run = Run {
                asynchronous,
                owning: true,
                pinned,
                outcome,
                body: block.to_token_stream(),
            };
            codegen::run(&self.krate, &self.phase, &run)
        };
        match boxed_future(&mut self.function) {
            Some((_, future)) => future.block = replaced(&future.block, run(true, &future.block)),
            None => {
                let body = run(self.function.sig.asyncness.is_some(), &self.function.block);
                *self.function.block = replaced(&self.function.block, body);
            }
        }
        self.function.into_token_stream()
    }
}

fn replaced(block: &Block, body: TokenStream) -> Block {
    Block {
        brace_token: block.brace_token,
        stmts: vec![Stmt::Expr(Expr::Verbatim(body), None)],
    }
}

fn check(function: &ItemFn, diagnostics: &mut Diagnostics) {
    if let Some(constness) = &function.sig.constness {
        diagnostics.on(
            constness,
            "a phase cannot be a `const fn`; remove `const` or `#[phase]`",
        );
    }
    for attribute in &function.attrs {
        if is_phase(attribute) {
            diagnostics.on(
                attribute,
                "a function is one phase; for a phase within a phase, put `#[phase]` on a block inside",
            );
        }
        if attribute
            .path()
            .segments
            .last()
            .is_some_and(|segment| segment.ident == "mcp_tool")
        {
            diagnostics.on(attribute, TOOL_AND_PHASE);
        }
    }
}

/// A tool and a phase on the same function.
pub(crate) const TOOL_AND_PHASE: &str = "a tool has a span of its own already; remove `#[phase]`, and put phases on what happens inside";

/// The future that a function boxes as its last act, which is what `async_trait` makes of an `async fn`.
fn boxed_future(function: &mut ItemFn) -> Option<(Type, &mut ExprAsync)> {
    if function.sig.asyncness.is_some() {
        return None;
    }
    let ReturnType::Type(_, ty) = &function.sig.output else {
        return None;
    };
    let output = boxed_future_output(ty)?.clone();
    let Stmt::Expr(Expr::Call(call), None) = function.block.stmts.last_mut()? else {
        return None;
    };
    let Expr::Path(callee) = &*call.func else {
        return None;
    };
    let mut segments = callee.path.segments.iter().rev();
    let is_pin = segments
        .next()
        .is_some_and(|segment| segment.ident == "pin")
        && segments
            .next()
            .is_some_and(|segment| segment.ident == "Box");
    match call.args.first_mut() {
        Some(Expr::Async(future)) if is_pin => Some((output, future)),
        _ => None,
    }
}
