//! A tool as decided: names resolved, parameters sorted into arguments and injections, every mistake reported.

use syn::ext::IdentExt;
use syn::{Attribute, FnArg, GenericParam, ItemFn, LitStr, PatType, ReturnType, Safety, Type};

use super::args::{ArgArgs, Args};
use super::argument::Argument;
use super::name;
use super::parameter::{Parameter, check_returned};
use super::scopes::Scopes;
use crate::args::{CratePath, Keyed, Switch, Text};
use crate::diagnostics::Diagnostics;
use crate::docs::{self, is_doc};
use crate::fallback::is_arg;
use crate::phase::body::{self, Context, Kind};
use crate::phase::function::TOOL_AND_PHASE;
use crate::phase::is_phase;
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
    pub(crate) hints: Vec<(&'static str, bool)>,
    pub(crate) scopes: Vec<LitStr>,
    /// In the order of the parameters.
    pub(crate) inputs: Vec<Input>,
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
        let hints = [
            ("read_only", read_only),
            ("destructive", destructive),
            ("idempotent", idempotent),
            ("open_world", open_world),
        ];
        let krate = crate_path.unwrap_or_default();
        check_function(&function, diagnostics);
        let name = diagnostics.keep(name::of(
            name.as_ref().map(|Text(name)| name),
            &function.sig.ident,
        ));
        let description = match description {
            Some(Text(text)) => Some(text.value()),
            None => docs::description(&function.attrs, diagnostics),
        };
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
            title: title.map(|Text(title)| title),
            description,
            hints: hints
                .into_iter()
                .filter_map(|(hint, switch)| switch.map(|switch| (hint, switch.value.0)))
                .collect(),
            scopes: scopes.map(|Scopes(scopes)| scopes).unwrap_or_default(),
            inputs,
        })
    }
}

fn check_function(function: &ItemFn, diagnostics: &mut Diagnostics) {
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
    for parameter in &sig.generics.params {
        match parameter {
            GenericParam::Lifetime(_) => {}
            GenericParam::Type(ty) => diagnostics.on(
                &ty.ident,
                format!(
                    "a tool is called by its name, without type arguments; write a concrete type instead of `{}`",
                    ty.ident
                ),
            ),
            GenericParam::Const(constant) => diagnostics.on(
                &constant.ident,
                format!(
                    "a tool is called by its name, without const arguments; write a concrete value instead of `{}`",
                    constant.ident
                ),
            ),
        }
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        diagnostics.keep(check_returned(ty));
    }
    for attribute in function
        .attrs
        .iter()
        .filter(|attribute| is_phase(attribute))
    {
        diagnostics.on(attribute, TOOL_AND_PHASE);
    }
    for attribute in &function.attrs {
        if attribute
            .path()
            .segments
            .last()
            .is_some_and(|segment| segment.ident == "mcp_tool")
        {
            diagnostics.on(
                attribute,
                "a function is one tool; remove the second `#[mcp_tool]`",
            );
        }
    }
}

/// Sorts the parameters, and takes what describes them out of the function.
fn inputs(function: &mut ItemFn, diagnostics: &mut Diagnostics) -> Vec<Input> {
    let mut inputs: Vec<Input> = Vec::new();
    for parameter in &mut function.sig.inputs {
        match parameter {
            FnArg::Receiver(receiver) => diagnostics.on(
                receiver.self_token,
                "a tool is a free function: take what it works with as `&T`, which the server injects",
            ),
            FnArg::Typed(parameter) => {
                if let Some(input) = input(parameter, diagnostics) {
                    check_unique(&input, &inputs, diagnostics);
                    inputs.push(input);
                }
            }
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
