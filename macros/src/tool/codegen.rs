//! A tool as tokens: the function, a type of its name, and data about it.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, ItemFn, ReturnType, Visibility};

use super::argument::{Argument, Bound, DefaultValue, Number};
use super::model::{Input, Tool};
use crate::args::CratePath;
use crate::signature::{hygienic, local};

/// Everything a tool expands to.
pub(crate) fn tool(tool: &Tool) -> TokenStream {
    let function = &tool.function;
    let marker = marker(function);
    let cfgs = cfgs(function);
    let definition = definition(tool);
    let call = call(tool);
    let implementation =
        implementation(&tool.krate, &function.sig.ident, &cfgs, &definition, &call);
    let lints = lints(tool);
    quote!(#lints #function #marker #implementation)
}

/// What clippy would say of a signature that we ask for.
fn lints(tool: &Tool) -> Option<TokenStream> {
    let owns = tool
        .inputs
        .iter()
        .any(|input| matches!(input, Input::Argument(_)));
    let span = hygienic(tool.function.sig.ident.span());
    owns.then(|| {
        quote_spanned! {span=>
            #[allow(clippy::needless_pass_by_value, reason = "owned parameters are arguments")]
        }
    })
}

/// A tool of the function's name that says nothing: after a mistake, so that whoever names the tool still compiles.
pub(crate) fn placeholder(function: &ItemFn, krate: &CratePath) -> TokenStream {
    let marker = marker(function);
    let ident = &function.sig.ident;
    let name = ident.unraw().to_string();
    let span = hygienic(ident.span());
    let private = krate.private(span);
    let definition = quote_spanned!(span=> #private::ToolDefinition::new(#name));
    let call = local("call", ident.span());
    let body = quote_spanned!(span=> fn call(#call: &#private::ToolCall) -> #private::ToolFuture<'_> {
        let _ = #call;
        #private::unreached()
    });
    let implementation = implementation(krate, ident, &cfgs(function), &definition, &body);
    quote!(#marker #implementation)
}

/// The type that stands for the tool. It has no values, and lives where types live, beside the function.
fn marker(function: &ItemFn) -> TokenStream {
    let ItemFn { vis, sig, .. } = function;
    let ident = &sig.ident;
    let span = hygienic(ident.span());
    let cfgs = cfgs(function);
    let doc = format!(
        "The tool `{name}`: a server offers it with `.tool::<{name}>()`.",
        name = ident.unraw()
    );
    let vis = match vis {
        Visibility::Inherited => TokenStream::new(),
        vis => vis.to_token_stream(),
    };
    quote_spanned! {span=>
        #(#cfgs)*
        #[doc = #doc]
        #[allow(non_camel_case_types, clippy::exhaustive_enums, reason = "the type is named after its function")]
        #[derive(::core::fmt::Debug)]
        #vis enum #ident {}
    }
}

fn cfgs(function: &ItemFn) -> Vec<&Attribute> {
    function
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect()
}

fn implementation(
    krate: &CratePath,
    ident: &Ident,
    cfgs: &[&Attribute],
    definition: &TokenStream,
    call: &TokenStream,
) -> TokenStream {
    let span = hygienic(ident.span());
    let path = krate.at(span);
    let private = krate.private(span);
    quote_spanned! {span=>
        #(#cfgs)*
        impl #path::Tool for #ident {
            const DEFINITION: #private::ToolDefinition = #definition;

            #call
        }
    }
}

/// The definition as one constant expression.
fn definition(tool: &Tool) -> TokenStream {
    let span = hygienic(tool.function.sig.ident.span());
    let private = tool.krate.private(span);
    let name = &tool.name;
    let title = tool.title.iter();
    let description = tool.description.iter();
    let hints = tool.hints.iter().map(|(hint, value)| {
        let hint = Ident::new(hint, span);
        quote_spanned!(span=> .#hint(#value))
    });
    let scopes = list(
        span,
        "scopes",
        tool.scopes.iter().map(ToTokens::to_token_stream),
    );
    let arguments = list(
        span,
        "arguments",
        tool.inputs.iter().filter_map(|input| match input {
            Input::Argument(argument) => Some(self::argument(&tool.krate, argument)),
            Input::Injection { .. } => None,
        }),
    );
    let injections = list(
        span,
        "injections",
        tool.inputs.iter().filter_map(|input| match input {
            Input::Injection { parameter, ty } => {
                let span = hygienic(ty.span());
                Some(quote_spanned!(span=> #private::Injection::of::<#ty>(#parameter)))
            }
            Input::Argument(_) => None,
        }),
    );
    let output = match &tool.function.sig.output {
        ReturnType::Default => TokenStream::new(),
        ReturnType::Type(_, ty) => {
            let span = hygienic(ty.span());
            let private = tool.krate.private(span);
            // Functions instead of a macro of the runtime, whose tokens would hide the user's type in messages.
            quote_spanned! {span=>
                .output(|| {
                    #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                    use #private::ViaValue as _;
                    #private::schema_of(#private::OutputProbe::<#ty>::new().value())
                })
            }
        }
    };
    quote_spanned! {span=>
        #private::ToolDefinition::new(#name)
            #(.title(#title))*
            #(.description(#description))*
            #(#hints)*
            #scopes
            #arguments
            #injections
            #output
    }
}

fn list(span: Span, method: &str, items: impl Iterator<Item = TokenStream>) -> TokenStream {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return TokenStream::new();
    }
    let method = Ident::new(method, span);
    quote_spanned!(span=> .#method(&[#(#items),*]))
}

fn argument(krate: &CratePath, argument: &Argument) -> TokenStream {
    let Argument {
        name,
        ty,
        description,
        default,
        minimum,
        maximum,
    } = argument;
    let span = hygienic(ty.span());
    let private = krate.private(span);
    let description = description.iter();
    let default = default.iter().map(|default| {
        let value = default_value(default, ty);
        quote_spanned!(span=> .default(|| #private::default_value::<#ty>(#value)))
    });
    let minimum = minimum.iter().map(|bound| self::bound(krate, bound));
    let maximum = maximum.iter().map(|bound| self::bound(krate, bound));
    quote_spanned! {span=>
        #private::Argument::new::<#ty>(#name)
            #(.description(#description))*
            #(#default)*
            #(.minimum(#minimum))*
            #(.maximum(#maximum))*
    }
}

fn default_value(default: &DefaultValue, ty: &syn::Type) -> TokenStream {
    match default {
        DefaultValue::OfType(key) => {
            let span = hygienic(*key);
            quote_spanned!(span=> ::core::default::Default::default())
        }
        DefaultValue::Text(text) => {
            let span = hygienic(text.span());
            quote_spanned!(span=> ::core::convert::Into::<#ty>::into(#text))
        }
        DefaultValue::Value(value) => value.to_token_stream(),
    }
}

fn bound(krate: &CratePath, bound: &Bound) -> TokenStream {
    let span = hygienic(bound.written.span());
    let private = krate.private(span);
    let (kind, negative, mut magnitude) = match bound.number {
        Number::Integer(value) => (
            Ident::new("Integer", span),
            value.is_negative(),
            Literal::u128_unsuffixed(value.unsigned_abs()),
        ),
        Number::Float(value) => (
            Ident::new("Float", span),
            value.is_sign_negative(),
            Literal::f64_unsuffixed(value.abs()),
        ),
    };
    magnitude.set_span(span);
    let sign = negative.then(|| syn::Token![-](span));
    quote_spanned!(span=> #private::Bound::#kind(#sign #magnitude))
}

/// Takes the arguments in the order of the parameters, all before the first complaint, and calls the function.
fn call(tool: &Tool) -> TokenStream {
    let sig = &tool.function.sig;
    let ident = &sig.ident;
    let span = hygienic(ident.span());
    let private = tool.krate.private(span);
    let call = local("call", ident.span());
    let arguments = local("arguments", ident.span());
    let mut takes = Vec::new();
    let mut inputs = Vec::new();
    for input in &tool.inputs {
        match input {
            Input::Argument(argument) => {
                let span = hygienic(argument.ty.span());
                let ty = &argument.ty;
                let position = Literal::usize_unsuffixed(takes.len());
                let taken = local(&format!("argument_{}", takes.len()), argument.name.span());
                takes.push(quote_spanned!(span=> let #taken = #arguments.take::<#ty>(#position);));
                inputs.push(quote_spanned!(span=> #taken.value()?));
            }
            Input::Injection { ty, .. } => {
                let span = hygienic(ty.span());
                inputs.push(quote_spanned!(span=> #call.injected::<#ty>()?));
            }
        }
    }
    let wait = sig.asyncness.map(|_| quote_spanned!(span=> .await));
    let returned = quote_spanned!(span=> #ident(#(#inputs),*) #wait);
    let reply = reply(&tool.krate, &sig.output, span, &returned);
    let mutability = (!takes.is_empty()).then(|| syn::Token![mut](span));
    quote_spanned! {span=>
        fn call(#call: &#private::ToolCall) -> #private::ToolFuture<'_> {
            ::std::boxed::Box::pin(async move {
                let #mutability #arguments = #call.arguments();
                #(#takes)*
                #arguments.finish()?;
                #reply
            })
        }
    }
}

/// The answer from what the function returned, pointing at its type.
fn reply(
    krate: &CratePath,
    output: &ReturnType,
    ident: Span,
    returned: &TokenStream,
) -> TokenStream {
    let span = match output {
        ReturnType::Default => ident,
        ReturnType::Type(_, ty) => hygienic(ty.span()),
    };
    let private = krate.private(span);
    quote_spanned! {span=>
        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
        use #private::SplitValue as _;
        #private::reply_with(#private::ReturnProbe::new(#returned).split())
    }
}
