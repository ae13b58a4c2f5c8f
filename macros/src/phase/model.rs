//! A phase as decided: its name and attributes, and in which form its code runs.

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, LitStr, Path};

use super::args::{Args, Field};
use super::exits::Exits;
use super::options::{ChosenName, ErrorRecording};
use crate::diagnostics::Diagnostics;
use crate::signature::Returns;

/// The longest name of a phase: names are meant to be read, and to be few.
pub(crate) const MAX_NAME_BYTES: usize = 128;

/// What a span is made of.
#[derive(Debug)]
pub(crate) struct Phase {
    pub(crate) name: Name,
    pub(crate) fields: Vec<Field>,
    pub(crate) kind: Option<Ident>,
    pub(crate) links: Vec<Expr>,
    /// Attributes from the value.
    pub(crate) ok: Vec<Field>,
    pub(crate) err: Option<(Span, ErrorRecording)>,
    /// What the attribute was called, if it is not the one that is being expanded.
    pub(crate) attribute: Option<Path>,
    /// Where generated tokens claim to stand.
    pub(crate) place: Span,
}

/// A span's name.
#[derive(Debug)]
pub(crate) enum Name {
    Literal(LitStr),
    Chosen(ChosenName),
}

impl Phase {
    /// Checks what was written; `default_name` stands in for a name left out. What belongs to loops and functions only
    /// has been taken out of `args` where it fits.
    pub(crate) fn new(
        args: Args,
        place: Span,
        default_name: Option<LitStr>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let Args {
            name,
            chosen_name,
            fields,
            kind,
            links,
            ok,
            err,
            rounds,
            returns,
            crate_path: _,
        } = args;
        if let Some((span, _)) = rounds {
            diagnostics.at(
                span,
                "`rounds` gives each round of a loop a span, and this is no loop: put the phase on a `for`, `while` or \
                 `loop`, or remove `rounds`",
            );
        }
        if let Some((span, _)) = returns {
            diagnostics.at(
                span,
                "`returns` tells what a function returns, if its type does not: it stands on functions without `async`; \
                 remove it here",
            );
        }
        fields
            .iter()
            .map(|field| &field.value)
            .chain(&links)
            .for_each(|value| check_value(value, diagnostics));
        let name = match (name, chosen_name) {
            (_, Some(name)) => {
                let (ChosenName::Fixed(value) | ChosenName::Dynamic(value)) = &name;
                check_value(value, diagnostics);
                Name::Chosen(name)
            }
            (name, None) => {
                let Some(name) = name.or(default_name) else {
                    diagnostics.at(
                        place,
                        "a phase inside a function needs a name, which becomes the span's name: `#[phase(\"auth.validate\")]`",
                    );
                    return None;
                };
                check_name(&name, diagnostics);
                Name::Literal(name)
            }
        };
        Some(Self {
            name,
            fields,
            kind,
            links,
            ok,
            err,
            attribute: None,
            place,
        })
    }

    /// Remembers the path of an attribute inside a function.
    pub(crate) fn named_by(self, attribute: &Path) -> Self {
        Self {
            attribute: Some(attribute.clone()),
            ..self
        }
    }

    /// Whether and how the phase looks at a value that `seen` is known of.
    pub(crate) fn recording(&self, seen: Outcome) -> ErrorRecording {
        match (self.err, seen) {
            (Some((_, chosen)), _) => chosen,
            (None, Outcome::Observed) => ErrorRecording::Type,
            (None, Outcome::Value) => ErrorRecording::None,
        }
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
    /// What starts the phase, if it is not `Phase::start`.
    pub(crate) starter: Option<TokenStream>,
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
