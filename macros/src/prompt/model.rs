//! A prompt as decided: parameters sorted into arguments and injections, every mistake reported.

use syn::ext::IdentExt;
use syn::{Ident, ItemFn, LitStr, PatType, ReturnType, Type};

use super::args::{ArgArgs, Args};
use crate::args::CratePath;
use crate::diagnostics::Diagnostics;
use crate::docs;
use crate::input::{arg, check_unique, described, sorted};
use crate::marker::never_const;
use crate::offer::Offer;
use crate::phase::body::{self, Context, Kind};
use crate::receiver::Receiver;
use crate::signature::Returns;
use crate::tool::checks::{check_blocking, check_function};
use crate::tool::parameter::Parameter;
use crate::tool::place::{Place, runtime};
use crate::tool::value::DefaultValue;

/// A prompt.
#[derive(Debug)]
pub(crate) struct Prompt {
    pub(crate) krate: CratePath,
    /// The function without our attributes, its phases rewritten.
    pub(crate) function: ItemFn,
    pub(crate) name: LitStr,
    pub(crate) title: Option<LitStr>,
    pub(crate) description: Option<String>,
    pub(crate) blocking: bool,
    pub(crate) receiver: Receiver,
    pub(crate) scopes: Vec<LitStr>,
    /// In the order of the parameters.
    pub(crate) inputs: Vec<Input>,
}

/// An argument of a prompt.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) name: LitStr,
    pub(crate) ty: Type,
    pub(crate) title: Option<LitStr>,
    pub(crate) description: Option<String>,
    pub(crate) default: Option<DefaultValue>,
}

pub(crate) type Input = crate::input::Input<Argument>;

impl Prompt {
    /// Decides; what cannot be decided is reported.
    pub(crate) fn new(
        args: Args,
        mut function: ItemFn,
        place: &Place,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let Args {
            name,
            title,
            description,
            blocking,
            scopes,
            crate_path,
        } = args;
        let krate = runtime(crate_path, place, diagnostics);
        check_function(&function, Offer::Prompt, place, diagnostics);
        if let ReturnType::Default = function.sig.output {
            diagnostics.on(
                &function.sig.ident,
                "a prompt returns its messages: write `-> String`, `-> Vec<PromptMessage>`, or `-> GetPromptResult`",
            );
        }
        let name = name.map(|name| name.value.0);
        if let Some(name) = name.as_ref().filter(|name| name.value().trim().is_empty()) {
            diagnostics.on(
                name,
                "the name of a prompt is empty; leave `name` out, or write a name",
            );
        }
        let blocking = check_blocking(blocking.as_ref(), &function.sig, diagnostics);
        let description = match description {
            Some(text) => Some(text.value.0.value()),
            None => docs::description(&function.attrs, diagnostics),
        };
        let receiver = place.receiver(&function, Offer::Prompt, diagnostics);
        let inputs = inputs(&mut function, diagnostics);
        never_const(&mut function);
        let context = Context {
            kind: Kind::Function,
            asynchronous: function.sig.asyncness.is_some(),
            returns: Returns::of_function(&function.sig.output),
        };
        body::rewrite(&mut function.block, context, &krate, diagnostics);
        let name = name.unwrap_or_else(|| text_of(&function.sig.ident));
        Self {
            krate,
            name: match place.prefix() {
                Some(prefix) => {
                    LitStr::new(&format!("{}{}", prefix.value(), name.value()), name.span())
                }
                None => name,
            },
            title: title.map(|title| title.value.0),
            description,
            blocking,
            receiver,
            scopes: scopes.map(|scopes| scopes.value.0).unwrap_or_default(),
            inputs,
            function,
        }
    }
}

fn text_of(ident: &Ident) -> LitStr {
    LitStr::new(&ident.unraw().to_string(), ident.span())
}

fn inputs(function: &mut ItemFn, diagnostics: &mut Diagnostics) -> Vec<Input> {
    let inputs = sorted(function, diagnostics, input);
    check_unique(&inputs, |argument| &argument.name, diagnostics);
    inputs
}

fn input(parameter: &mut PatType, diagnostics: &mut Diagnostics) -> Option<Input> {
    let ours = described(parameter, Offer::Prompt, diagnostics);
    let arg = arg(&ours, diagnostics);
    let args = arg.map(|arg| diagnostics.keep(ArgArgs::read(arg)).unwrap_or_default());
    match diagnostics.keep(Parameter::of(parameter, Offer::Prompt))? {
        Parameter::Injection { name, ty } => Some(Input::undescribed(name, ty, arg, diagnostics)),
        Parameter::Argument { name, ty } => {
            let ArgArgs {
                default,
                rename,
                title,
                description,
            } = args.unwrap_or_default();
            let name = rename.map_or_else(|| text_of(name), |rename| rename.value.0);
            if name.value().trim().is_empty() {
                diagnostics.on(
                    &name,
                    "the name of an argument is empty; leave `rename` out, or write a name",
                );
            }
            let description = match description {
                Some(text) => Some(text.value.0.value()),
                None => docs::description(&ours, diagnostics),
            };
            Some(Input::Argument(Argument {
                name,
                ty: ty.clone(),
                title: title.map(|title| title.value.0),
                description,
                default: default.map(DefaultValue::new),
            }))
        }
    }
}
