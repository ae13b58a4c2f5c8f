//! A tool as decided: names resolved, parameters sorted into arguments and injections, every mistake reported.

use syn::ext::IdentExt;
use syn::{ItemFn, LitStr, PatType};

use super::args::{ArgArgs, Args};
use super::argument::Argument;
use super::checks::{check_blocking, check_function};
use super::defaults::check_independent;
use super::name;
use super::parameter::Parameter;
use super::place::{Place, runtime};
use crate::args::{CratePath, Keyed, Switch};
use crate::diagnostics::Diagnostics;
use crate::docs;
use crate::input::{arg, check_unique, described, sorted};
use crate::marker::never_const;
use crate::offer::Offer;
use crate::phase::body::{self, Context, Kind};
use crate::receiver::Receiver;
use crate::signature::Returns;

/// A tool.
#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) krate: CratePath,
    /// The function without our attributes, its phases rewritten.
    pub(crate) function: ItemFn,
    pub(crate) name: LitStr,
    pub(crate) title: Option<LitStr>,
    pub(crate) description: Option<String>,
    /// Hints and options: a method of the definition, and its value.
    pub(crate) switches: Vec<(&'static str, bool)>,
    /// Runs on a thread for blocking code.
    pub(crate) blocking: bool,
    pub(crate) receiver: Receiver,
    /// What a caller needs.
    pub(crate) scopes: Vec<LitStr>,
    /// In the order of the parameters.
    pub(crate) inputs: Vec<Input>,
}

/// What becomes of a parameter.
pub(crate) type Input = crate::input::Input<Box<Argument>>;

impl Tool {
    /// Decides; what cannot be decided is reported.
    pub(crate) fn new(
        args: Args,
        mut function: ItemFn,
        place: &Place,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let Args {
            name,
            title,
            description,
            read_only,
            destructive,
            idempotent,
            open_world,
            allow_unknown_arguments,
            blocking,
            scopes,
            crate_path,
        } = args;
        if let (
            Some(Keyed {
                value: Switch(true),
                ..
            }),
            Some(Keyed {
                value: Switch(true),
                key,
            }),
        ) = (&read_only, &destructive)
        {
            diagnostics.at(
                *key,
                "a tool that only reads destroys nothing: `read_only` and `destructive` contradict each other; keep one",
            );
        }
        let switches = [
            ("read_only", read_only),
            ("destructive", destructive),
            ("idempotent", idempotent),
            ("open_world", open_world),
            ("allow_unknown_arguments", allow_unknown_arguments),
        ];
        let krate = runtime(crate_path, place, diagnostics);
        check_function(&function, Offer::Tool, place, diagnostics);
        let name = diagnostics.keep(name::of(
            name.as_ref().map(|name| &name.value.0),
            place.prefix(),
            &function.sig.ident,
        ));
        let blocking = check_blocking(blocking.as_ref(), &function.sig, diagnostics);
        let description = match description {
            Some(text) => Some(text.value.0.value()),
            None => docs::description(&function.attrs, diagnostics),
        };
        let receiver = place.receiver(&function, Offer::Tool, diagnostics);
        let inputs = inputs(&mut function, diagnostics);
        never_const(&mut function);
        let context = Context {
            kind: Kind::Function,
            asynchronous: function.sig.asyncness.is_some(),
            returns: Returns::of_function(&function.sig.output),
        };
        body::rewrite(&mut function.block, context, &krate, diagnostics);
        Some(Self {
            krate,
            function,
            name: name?,
            title: title.map(|title| title.value.0),
            description,
            switches: switches
                .into_iter()
                .filter_map(|(name, switch)| switch.map(|switch| (name, switch.value.0)))
                .collect(),
            blocking,
            receiver,
            scopes: scopes.map(|scopes| scopes.value.0).unwrap_or_default(),
            inputs,
        })
    }
}

fn inputs(function: &mut ItemFn, diagnostics: &mut Diagnostics) -> Vec<Input> {
    let inputs = sorted(function, diagnostics, input);
    check_unique(&inputs, |argument| &argument.name, diagnostics);
    check_independent(&inputs, &function.sig, diagnostics);
    inputs
}

fn input(parameter: &mut PatType, diagnostics: &mut Diagnostics) -> Option<Input> {
    let ours = described(parameter, Offer::Tool, diagnostics);
    let arg = arg(&ours, diagnostics);
    let args = arg.map(|attribute| {
        diagnostics
            .keep(ArgArgs::read(attribute))
            .unwrap_or_default()
    });
    match diagnostics.keep(Parameter::of(parameter, Offer::Tool))? {
        Parameter::Injection { name, ty } => Some(Input::undescribed(name, ty, arg, diagnostics)),
        Parameter::Argument { name, ty } => {
            let name = LitStr::new(&name.unraw().to_string(), name.span());
            let args = args.unwrap_or_default();
            let docs = match &args.description {
                Some(_) => None,
                None => docs::description(&ours, diagnostics),
            };
            Some(Input::Argument(Box::new(Argument::new(
                name,
                ty,
                docs,
                args,
                diagnostics,
            ))))
        }
    }
}
