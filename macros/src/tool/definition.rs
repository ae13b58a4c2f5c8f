//! What the author of a tool wrote, as one constant.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, ReturnType};

use super::argument::Argument;
use super::keyword::{Keyword, KeywordValue};
use super::model::{Input, Tool};
use super::number::Number;
use super::shape::given;
use super::value::DefaultValue;
use crate::args::CratePath;
use crate::input::{injections, list};
use crate::signature::hygienic;

/// The definition as one constant expression.
pub(crate) fn definition(tool: &Tool) -> TokenStream {
    let span = hygienic(tool.function.sig.ident.span());
    let private = tool.krate.private(span);
    let name = &tool.name;
    let title = tool.title.iter();
    let description = tool.description.iter();
    let switches = tool.switches.iter().map(|(name, value)| {
        let name = Ident::new(name, span);
        quote_spanned!(span=> .#name(#value))
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
    let injections = injections(&tool.krate, span, &tool.inputs);
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
            #(#switches)*
            #scopes
            #arguments
            #injections
            #output
    }
}

fn argument(krate: &CratePath, argument: &Argument) -> TokenStream {
    let Argument {
        name,
        ty,
        description,
        default,
        example,
        keywords,
        deprecated,
        flattened,
    } = argument;
    let span = hygienic(ty.span());
    let private = krate.private(span);
    let description = description.iter();
    let default = default.iter().map(|default| {
        let value = default_value(krate, default);
        quote_spanned!(span=> .default(|| #private::default_value::<#ty>(#value)))
    });
    let example = example.iter().map(|example| {
        let ty = given(ty);
        let value = default_value(krate, example);
        quote_spanned!(span=> .examples(&[|| #private::default_value::<#ty>(#value)]))
    });
    let keywords = keywords.iter().map(|keyword| keyword_value(krate, keyword));
    let keywords = list(span, "keywords", keywords);
    let deprecated = deprecated.iter();
    let flattened = flattened.then(|| quote_spanned!(span=> .flattened()));
    quote_spanned! {span=>
        #private::Argument::new::<#ty>(#name)
            #(.description(#description))*
            #(#default)*
            #(#example)*
            #keywords
            #(.deprecated(#deprecated))*
            #flattened
    }
}

/// A keyword as data of the runtime.
fn keyword_value(krate: &CratePath, keyword: &Keyword) -> TokenStream {
    let span = hygienic(keyword.written.span());
    let private = krate.private(span);
    let name = Ident::new(keyword.name.variant(), span);
    let value = match &keyword.value {
        KeywordValue::Bound(number) => bound(krate, *number, span),
        KeywordValue::Count(count) => {
            let mut count = Literal::u64_unsuffixed(*count);
            count.set_span(span);
            count.to_token_stream()
        }
        KeywordValue::Text(text) => text.to_token_stream(),
        KeywordValue::Switch(value) => quote_spanned!(span=> #value),
    };
    quote_spanned!(span=> #private::Keyword::#name(#value))
}

pub(crate) fn default_value(krate: &CratePath, default: &DefaultValue) -> TokenStream {
    match default {
        DefaultValue::OfType(key) => {
            let span = hygienic(*key);
            quote_spanned!(span=> ::core::default::Default::default())
        }
        DefaultValue::Text(text) => {
            let span = hygienic(text.span());
            let private = krate.private(span);
            quote_spanned!(span=> #private::from_quoted(#text))
        }
        DefaultValue::Value(value) => value.to_token_stream(),
    }
}

fn bound(krate: &CratePath, number: Number, span: Span) -> TokenStream {
    let private = krate.private(span);
    let (kind, negative, mut magnitude) = match number {
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
