//! A tool as decided: names resolved, parameters sorted into arguments and injections, every mistake reported.

use syn::ext::IdentExt;
use syn::{Attribute, FnArg, ItemFn, LitStr, PatType, Type};

use super::args::{ArgArgs, Args};
use super::argument::Argument;
use super::checks::check_function;
use super::name;
use super::parameter::Parameter;
use crate::args::{CratePath, Keyed, Switch};
use crate::diagnostics::Diagnostics;
use crate::docs::{self, is_doc};
use crate::fallback::is_arg;
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

/// Where a tool is written.
#[derive(Debug)]
pub(crate) enum Place {
    /// In a module, as a free function.
    Module,
    /// In an `impl` block with `#[mcp_tools]`, which says some things for all.
    Impl {
        krate: CratePath,
        prefix: Option<LitStr>,
    },
}

/// What becomes of a parameter.
#[derive(Debug)]
pub(crate) enum Input {
    Argument(Box<Argument>),
    Injection { parameter: LitStr, ty: Box<Type> },
}

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
        check_function(&function, place, diagnostics);
        let name = diagnostics.keep(name::of(
            name.as_ref().map(|name| &name.value.0),
            place.prefix(),
            &function.sig.ident,
        ));
        let blocking = blocking.filter(|blocking| blocking.value.0);
        if let (Some(blocking), Some(_)) = (&blocking, &function.sig.asyncness) {
            diagnostics.at(
                blocking.key,
                "`blocking` is for a `fn` that holds up its thread, and an `async fn` waits without: remove `async`, or \
                 `blocking`",
            );
        }
        let description = match description {
            Some(text) => Some(text.value.0.value()),
            None => docs::description(&function.attrs, diagnostics),
        };
        let receiver = place.receiver(&function, diagnostics);
        let inputs = inputs(&mut function, diagnostics);
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
            blocking: blocking.is_some(),
            receiver,
            scopes: scopes.map(|scopes| scopes.value.0).unwrap_or_default(),
            inputs,
        })
    }
}

impl Place {
    fn prefix(&self) -> Option<&LitStr> {
        match self {
            Self::Module => None,
            Self::Impl { prefix, .. } => prefix.as_ref(),
        }
    }

    fn receiver(&self, function: &ItemFn, diagnostics: &mut Diagnostics) -> Receiver {
        match self {
            Self::Module => {
                Receiver::refuse(
                    &function.sig,
                    "a tool with `self` is a method of what the server injects: put `#[mcp_tools]` on its `impl` block",
                    diagnostics,
                );
                Receiver::None
            }
            Self::Impl { .. } => Receiver::of(&function.sig, diagnostics),
        }
    }
}

fn runtime(
    written: Option<Keyed<CratePath>>,
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> CratePath {
    match (place, written) {
        (Place::Module, written) => written.map(|written| written.value).unwrap_or_default(),
        (Place::Impl { krate, .. }, None) => krate.clone(),
        (Place::Impl { krate, .. }, Some(written)) => {
            diagnostics.at(
                written.key,
                "the runtime is the same for all of the block: write `crate = path` on `#[mcp_tools]`",
            );
            krate.clone()
        }
    }
}

/// Sorts the parameters, and takes what describes them out of the function.
fn inputs(function: &mut ItemFn, diagnostics: &mut Diagnostics) -> Vec<Input> {
    let mut inputs: Vec<Input> = Vec::new();
    for parameter in &mut function.sig.inputs {
        if let FnArg::Typed(parameter) = parameter
            && let Some(input) = input(parameter, diagnostics)
        {
            check_unique(&input, &inputs, diagnostics);
            inputs.push(input);
        }
    }
    inputs
}

fn input(parameter: &mut PatType, diagnostics: &mut Diagnostics) -> Option<Input> {
    let ours: Vec<Attribute> = parameter
        .attrs
        .extract_if(.., |attribute| is_arg(attribute) || is_doc(attribute))
        .collect();
    for attribute in &parameter.attrs {
        if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
            diagnostics.on(
                attribute,
                "the arguments of a tool are the same in every build; put `#[cfg]` on the function instead",
            );
        }
    }
    let mut written = ours.iter().filter(|attribute| is_arg(attribute));
    let arg = written.next();
    for another in written {
        diagnostics.on(
            another,
            "an argument has one `#[arg(...)]`; write everything into the first",
        );
    }
    let args = arg.map(|attribute| {
        diagnostics
            .keep(ArgArgs::read(attribute))
            .unwrap_or_default()
    });
    match diagnostics.keep(Parameter::of(parameter))? {
        Parameter::Injection { name, ty } => {
            if let Some(arg) = arg {
                diagnostics.on(
                    arg,
                    format!(
                        "`{name}` is injected by the server and not an argument; remove `#[arg]`, or take it by value"
                    ),
                );
            }
            let parameter = LitStr::new(&name.unraw().to_string(), name.span());
            Some(Input::Injection {
                parameter,
                ty: Box::new(ty.clone()),
            })
        }
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

fn check_unique(input: &Input, others: &[Input], diagnostics: &mut Diagnostics) {
    let Input::Argument(argument) = input else {
        return;
    };
    let taken = others
        .iter()
        .any(|other| matches!(other, Input::Argument(other) if other.name == argument.name));
    if taken {
        diagnostics.on(
            &argument.name,
            format!(
                "two arguments are called `{name}`; rename one of them",
                name = argument.name.value()
            ),
        );
    }
}
