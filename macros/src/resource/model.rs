//! A resource as decided: its URI taken apart, a parameter for each variable, every mistake reported.

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, FnArg, Ident, ItemFn, Lit, LitStr, Pat, PatType, ReturnType, Type};

use super::args::Args;
use super::template::{self, Part};
use crate::args::{CratePath, Keyed, Value};
use crate::diagnostics::Diagnostics;
use crate::docs;
use crate::fallback::is_arg;
use crate::input::{described, sorted};
use crate::marker::never_const;
use crate::offer::Offer;
use crate::phase::body::{self, Context, Kind};
use crate::receiver::Receiver;
use crate::signature::Returns;
use crate::tool::checks::{check_blocking, check_function};
use crate::tool::parameter::Parameter;
use crate::tool::place::{Place, runtime};

/// A resource, or a template of resources.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) krate: CratePath,
    /// The function without our attributes, its phases rewritten.
    pub(crate) function: ItemFn,
    pub(crate) uri: LitStr,
    pub(crate) parts: Vec<Part>,
    pub(crate) name: LitStr,
    pub(crate) title: Option<LitStr>,
    pub(crate) description: Option<String>,
    pub(crate) mime_type: Option<LitStr>,
    pub(crate) size_bytes: Option<u64>,
    pub(crate) audience: Vec<Ident>,
    pub(crate) priority: Option<f32>,
    pub(crate) blocking: bool,
    pub(crate) receiver: Receiver,
    pub(crate) scopes: Vec<LitStr>,
    /// In the order of the parameters.
    pub(crate) inputs: Vec<Input>,
}

/// A variable of the template as a parameter.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// Which of the template's variables it is.
    pub(crate) index: usize,
}

pub(crate) type Input = crate::input::Input<Variable>;

impl Resource {
    /// Decides; what cannot be decided is reported.
    pub(crate) fn new(
        uri: Option<&LitStr>,
        args: Args,
        mut function: ItemFn,
        place: &Place,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let Args {
            name,
            title,
            description,
            mime_type,
            size,
            audience,
            priority,
            blocking,
            scopes,
            crate_path,
        } = args;
        let krate = runtime(crate_path, place, diagnostics);
        check_function(&function, Offer::Resource, place, diagnostics);
        if let ReturnType::Default = function.sig.output {
            diagnostics.on(
                &function.sig.ident,
                "a resource returns its contents: write `-> String`, `-> Vec<u8>`, or a type with `Serialize`",
            );
        }
        let parts = uri.and_then(|uri| template::parse(uri, diagnostics));
        let name = name.map(|name| name.value.0);
        if let Some(name) = name.as_ref().filter(|name| name.value().trim().is_empty()) {
            diagnostics.on(
                name,
                "the name of a resource is empty; leave `name` out, or write a name",
            );
        }
        let mime_type = mime_type.map(|mime_type| mime_type.value.0);
        if let Some(mime_type) = &mime_type {
            check_mime_type(mime_type, diagnostics);
        }
        let is_template = parts
            .as_ref()
            .is_some_and(|parts| parts.iter().any(|part| part.variable().is_some()));
        let size_bytes = size.and_then(|size| read_size(&size, is_template, diagnostics));
        let priority = priority.and_then(|priority| read_priority(&priority, diagnostics));
        let blocking = check_blocking(blocking.as_ref(), &function.sig, diagnostics);
        let description = match description {
            Some(text) => Some(text.value.0.value()),
            None => docs::description(&function.attrs, diagnostics),
        };
        let receiver = place.receiver(&function, Offer::Resource, diagnostics);
        let inputs = inputs(&mut function, parts.as_deref(), diagnostics);
        if let (Some(uri), Some(parts)) = (uri, &parts) {
            check_covered(uri, parts, &function, diagnostics);
        }
        never_const(&mut function);
        let context = Context {
            kind: Kind::Function,
            asynchronous: function.sig.asyncness.is_some(),
            returns: Returns::of_function(&function.sig.output),
        };
        body::rewrite(&mut function.block, context, &krate, diagnostics);
        let ident = &function.sig.ident;
        Some(Self {
            krate,
            uri: uri?.clone(),
            parts: parts?,
            name: name.unwrap_or_else(|| LitStr::new(&ident.unraw().to_string(), ident.span())),
            title: title.map(|title| title.value.0),
            description,
            mime_type,
            size_bytes,
            audience: audience
                .map(|audience| audience.value.0)
                .unwrap_or_default(),
            priority,
            blocking,
            receiver,
            scopes: scopes.map(|scopes| scopes.value.0).unwrap_or_default(),
            inputs,
            function,
        })
    }
}

fn inputs(
    function: &mut ItemFn,
    parts: Option<&[Part]>,
    diagnostics: &mut Diagnostics,
) -> Vec<Input> {
    sorted(function, diagnostics, |parameter, diagnostics| {
        input(parameter, parts, diagnostics)
    })
}

fn input(
    parameter: &mut PatType,
    parts: Option<&[Part]>,
    diagnostics: &mut Diagnostics,
) -> Option<Input> {
    let ours = described(parameter, Offer::Resource, diagnostics);
    for arg in ours.iter().filter(|attribute| is_arg(attribute)) {
        diagnostics.on(
            arg,
            "a variable is described by the template alone; remove `#[arg]`",
        );
    }
    match diagnostics.keep(Parameter::of(parameter, Offer::Resource))? {
        Parameter::Injection { name, ty } => Some(Input::injection(name, ty)),
        Parameter::Argument { name, ty } => {
            let wanted = name.unraw().to_string();
            let mut variables = parts?.iter().filter_map(Part::variable);
            let Some(index) = variables.position(|variable| variable == wanted) else {
                diagnostics.on(
                    name,
                    format!(
                        "`{wanted}` is no variable of the URI: write `{{{wanted}}}` where it stands in the URI, or borrow \
                         it, `{wanted}: &T`, to have it injected by the server"
                    ),
                );
                return None;
            };
            Some(Input::Argument(Variable {
                name: name.clone(),
                ty: ty.clone(),
                index,
            }))
        }
    }
}

/// Reports variables that no parameter takes, whatever else is wrong with the parameters.
fn check_covered(uri: &LitStr, parts: &[Part], function: &ItemFn, diagnostics: &mut Diagnostics) {
    let parameters = function.sig.inputs.iter();
    let names = parameters.filter_map(|input| match input {
        FnArg::Typed(parameter) => match &*parameter.pat {
            Pat::Ident(name) => Some(name.ident.unraw().to_string()),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    });
    let names: Vec<String> = names.collect();
    for variable in parts.iter().filter_map(Part::variable) {
        if !names.iter().any(|name| name == variable) {
            diagnostics.on(
                uri,
                format!(
                    "no parameter takes `{{{variable}}}`: add `{variable}: String`, or remove it from the URI"
                ),
            );
        }
    }
}

fn check_mime_type(mime_type: &LitStr, diagnostics: &mut Diagnostics) {
    let text = mime_type.value();
    let essence = text.split(';').next().unwrap_or_default().trim();
    let is_token = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c))
    };
    let is_right = essence
        .split_once('/')
        .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
    if !is_right {
        diagnostics.on(
            mime_type,
            format!(
                "{text:?} is no MIME type; write a type and a subtype, as in \"text/markdown\""
            ),
        );
    }
}

fn read_size(size: &Keyed<Value>, is_template: bool, diagnostics: &mut Diagnostics) -> Option<u64> {
    if is_template {
        diagnostics.at(
            size.key,
            "a template stands for many resources, each of its own size; remove `size`",
        );
        return None;
    }
    let size_bytes = match &size.value.0 {
        Some(Expr::Lit(ExprLit {
            lit: Lit::Int(bytes),
            ..
        })) => bytes.base10_parse().ok(),
        _ => None,
    };
    if size_bytes.is_none() {
        let place = size.value.0.as_ref().map_or(size.key, Spanned::span);
        diagnostics.at(place, "the size is a number of bytes: write `size = 1024`");
    }
    size_bytes
}

fn read_priority(priority: &Keyed<Value>, diagnostics: &mut Diagnostics) -> Option<f32> {
    let number: Option<f32> = match &priority.value.0 {
        Some(Expr::Lit(ExprLit {
            lit: Lit::Float(number),
            ..
        })) => number.base10_parse().ok(),
        Some(Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        })) => number.base10_parse().ok(),
        _ => None,
    };
    let number = number.filter(|number| (0.0..=1.0).contains(number));
    if number.is_none() {
        let place = priority
            .value
            .0
            .as_ref()
            .map_or(priority.key, Spanned::span);
        diagnostics.at(
            place,
            "the priority is from 0, which is optional, to 1, which is required: write `priority = 0.5`",
        );
    }
    number
}
