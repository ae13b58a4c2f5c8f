//! A phase as decided: its name and attributes, and in which form its code runs.

use proc_macro2::{Span, TokenStream};
use syn::{Expr, LitStr};

use super::args::{Args, Field};
use super::exits::Exits;
use crate::diagnostics::Diagnostics;
use crate::signature::Returns;

/// The longest name of a phase: names are meant to be read, and to be few.
pub(crate) const MAX_NAME_BYTES: usize = 128;

/// What a span is made of.
#[derive(Debug)]
pub(crate) struct Phase {
    pub(crate) name: LitStr,
    pub(crate) fields: Vec<Field>,
    /// Where generated tokens claim to stand.
    pub(crate) place: Span,
}

impl Phase {
    /// Checks name and fields; `default_name` stands in for a name left out.
    pub(crate) fn new(
        args: Args,
        place: Span,
        default_name: Option<LitStr>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let Args {
            name,
            fields,
            crate_path: _,
        } = args;
        for field in &fields {
            check_value(&field.value, diagnostics);
        }
        let Some(name) = name.or(default_name) else {
            diagnostics.at(
                place,
                "a phase inside a function needs a name, which becomes the span's name: `#[phase(\"auth.validate\")]`",
            );
            return None;
        };
        check_name(&name, diagnostics);
        Some(Self {
            name,
            fields,
            place,
        })
    }
}

fn check_name(name: &LitStr, diagnostics: &mut Diagnostics) {
    let text = name.value();
    if text.trim().is_empty() {
        diagnostics.on(
            name,
            "the name of a phase is empty; write what it does, as in `\"auth.validate\"`",
        );
    } else if text.chars().any(char::is_control) {
        diagnostics.on(
            name,
            "the name of a phase is one line of text; remove the control characters",
        );
    } else if text.len() > MAX_NAME_BYTES {
        diagnostics.on(
            name,
            format!(
                "the name of a phase is at most {MAX_NAME_BYTES} bytes, and this one has {length}; what differs from \
                 call to call belongs in an attribute",
                length = text.len()
            ),
        );
    }
}

fn check_value(value: &Expr, diagnostics: &mut Diagnostics) {
    let exits = Exits::of(value);
    if exits.question.is_some() || exits.awaits || !exits.leaves.is_empty() {
        diagnostics.on(
            value,
            "an attribute's value is evaluated only when somebody looks, so it cannot wait or leave the function: bind \
             it with `let` before the phase",
        );
    }
}

/// Code that runs under a phase.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) asynchronous: bool,
    /// Takes what it uses: the body of a whole function.
    pub(crate) owning: bool,
    /// What the code is pinned to, so that a mismatch is reported inside of it.
    pub(crate) pinned: Option<TokenStream>,
    pub(crate) outcome: Outcome,
    /// The code in its braces.
    pub(crate) body: TokenStream,
}

/// What the phase says about how it ended, beyond that it ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    /// With a value.
    Value,
    /// Whatever the value says: an `Err` or a `None` is a failure.
    Observed,
}

impl Outcome {
    /// Looks at what is returned, if there is something to see.
    pub(crate) fn of(returns: &Returns) -> Self {
        if returns.is_telling() {
            Self::Observed
        } else {
            Self::Value
        }
    }
}
