//! What cannot be a tool, whatever its parameters are.

use syn::{GenericParam, ItemFn, ReturnType, Safety};

use super::is_tool;
use super::model::Place;
use super::parameter::check_returned;
use crate::diagnostics::Diagnostics;
use crate::phase::function::TOOL_AND_PHASE;
use crate::phase::is_phase;
use crate::phase::options::Returned;
use crate::phase::returned::Follows;

const BOXED_FUTURE: &str = "a tool that waits is an `async fn`: write one; where `#[async_trait]` makes this of it, put \
                            `#[mcp_tools]` above `#[async_trait]`";

/// Checks the function itself; parameters are looked at one by one elsewhere.
pub(super) fn check_function(function: &ItemFn, place: &Place, diagnostics: &mut Diagnostics) {
    let sig = &function.sig;
    if let Some(constness) = &sig.constness {
        diagnostics.on(constness, "a tool cannot be a `const fn`; remove `const`");
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        diagnostics.on(
            unsafety,
            "a tool is called by whoever reaches the server, so it cannot be `unsafe`; remove it, and check in the body \
             what it relies on",
        );
    }
    if let Some(abi) = &sig.abi {
        diagnostics.on(abi, "a tool is called by Rust only; remove `extern`");
    }
    if let Some(variadic) = &sig.variadic {
        diagnostics.on(
            variadic,
            "a tool names its arguments; take a list as `values: Vec<T>`",
        );
    }
    let instead = match place {
        Place::Module => "; or make it a method of a generic `#[mcp_tools] impl`",
        Place::Impl { .. } => "; or move the parameter to the `impl` block",
    };
    for parameter in &sig.generics.params {
        match parameter {
            GenericParam::Lifetime(_) => {}
            GenericParam::Type(ty) => diagnostics.on(
                &ty.ident,
                format!(
                    "a tool is called by its name, without type arguments: write a concrete type instead of `{}`{instead}",
                    ty.ident
                ),
            ),
            GenericParam::Const(constant) => diagnostics.on(
                &constant.ident,
                format!(
                    "a tool is called by its name, without const arguments: write a concrete value instead of `{}`{instead}",
                    constant.ident
                ),
            ),
        }
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        let follows = Follows::of(&sig.output, None);
        if follows.is_some_and(|follows| follows.boxed && follows.what == Returned::Future) {
            diagnostics.on(ty, BOXED_FUTURE);
        } else {
            diagnostics.keep(check_returned(ty)).unwrap_or_default();
        }
    }
    for attribute in function
        .attrs
        .iter()
        .filter(|attribute| is_phase(attribute))
    {
        diagnostics.on(attribute, TOOL_AND_PHASE);
    }
    for attribute in &function.attrs {
        if is_tool(attribute) {
            diagnostics.on(
                attribute,
                "a function is one tool; remove the second `#[mcp_tool]`",
            );
        }
    }
}
