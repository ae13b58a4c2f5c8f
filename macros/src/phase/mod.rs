//! `#[phase(...)]`: a span around a function, or around a statement inside of one.
//!
//! The stages, in order: [`args`] is what was written ([`options`] among it), [`model`] what was decided, [`codegen`]
//! the tokens. [`body`] finds the phases inside a function; [`forms`] chooses how each runs from how its code can be left
//! ([`exits`]). Three kinds of code have forms of their own: [`rounds`] of loops, closures and `async` blocks, which run
//! [`later`], and what a function has [`returned`] to go on after it.

pub(crate) mod args;
pub(crate) mod body;
pub(crate) mod codegen;
pub(crate) mod exits;
pub(crate) mod forms;
pub(crate) mod function;
mod later;
pub(crate) mod model;
pub(crate) mod options;
pub(crate) mod returned;
mod rounds;
pub(crate) mod tokens;

use proc_macro2::TokenStream;
use syn::{Attribute, Path};

use self::args::Args;
use self::function::PhaseFunction;
use crate::diagnostics::Diagnostics;

/// Expands the attribute of a function.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut diagnostics = Diagnostics::default();
    let args = diagnostics.keep(Args::read(args));
    let function = diagnostics.keep(function::parse(item));
    let Some(function) = function else {
        return diagnostics.finish(TokenStream::new());
    };
    let function = PhaseFunction::new(args, function, &mut diagnostics);
    diagnostics
        .finish(())
        .map(|()| function.map(PhaseFunction::into_tokens).unwrap_or_default())
}

/// Says whether an attribute is `#[phase]`, under whatever path.
pub(crate) fn is_phase(attribute: &Attribute) -> bool {
    is_phase_path(attribute.path())
}

pub(crate) fn is_phase_path(path: &Path) -> bool {
    path.segments
        .last()
        .is_some_and(|segment| segment.ident == "phase")
}
