//! Expansions as text, and mistakes as text with the place they point at.

mod documented;
mod examples;
mod methods_expansions;
mod methods_mistakes;
mod newcomers;
mod once;
mod phase_expansions;
mod phase_mistakes;
mod prompt_mistakes;
mod resource_mistakes;
mod tables;
mod tool_expansions;
mod tool_mistakes;
mod tools_expansions;
mod tools_mistakes;

use proc_macro2::{TokenStream, TokenTree};

use crate::offer::Offer;

/// Expands an item whose first attribute is one of ours.
fn run(source: &str) -> (TokenStream, TokenStream, syn::Result<TokenStream>) {
    let tokens: TokenStream = source.parse().expect(source);
    let mut trees = tokens.into_iter();
    assert_eq!(
        trees.next().unwrap().to_string(),
        "#",
        "the source starts with our attribute"
    );
    let Some(TokenTree::Group(attribute)) = trees.next() else {
        panic!("the source starts with our attribute")
    };
    let mut attribute = attribute.stream().into_iter();
    let name = attribute.next().unwrap().to_string();
    let args = match attribute.next() {
        Some(TokenTree::Group(args)) => args.stream(),
        _ => TokenStream::new(),
    };
    let item: TokenStream = trees.collect();
    let result = match name.as_str() {
        "mcp_tool" => crate::tool::expand(args.clone(), item.clone()),
        "mcp_tools" => crate::tools::expand(args.clone(), item.clone()),
        "mcp_resource" => crate::resource::expand(args.clone(), item.clone()),
        "mcp_prompt" => crate::prompt::expand(args.clone(), item.clone()),
        "phase" => crate::phase::expand(args.clone(), item.clone()),
        other => panic!("no macro of ours: {other}"),
    };
    (args, item, result)
}

fn print(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens).unwrap())
}

/// The expansion, formatted.
fn expand(source: &str) -> String {
    print(run(source).2.unwrap())
}

/// Every mistake: the message, and under it the source it points at.
fn mistakes(source: &str) -> String {
    let error = run(source).2.expect_err("a mistake");
    error
        .into_iter()
        .map(|error| {
            let place = error.span().source_text().unwrap_or_default();
            format!("{error}\n  at `{place}`\n")
        })
        .collect()
}

/// What is left of the item after a mistake, without the mistake.
fn fallback(source: &str) -> String {
    let (args, item, result) = run(source);
    let error = result.expect_err("a mistake");
    let tokens = match source {
        source if source.starts_with("#[mcp_tools") => crate::fallback::tools(&error, &args, &item),
        source if source.starts_with("#[mcp_tool") => {
            crate::fallback::function(Offer::Tool, &error, &item)
        }
        source if source.starts_with("#[mcp_resource") => {
            crate::fallback::function(Offer::Resource, &error, &item)
        }
        source if source.starts_with("#[mcp_prompt") => {
            crate::fallback::function(Offer::Prompt, &error, &item)
        }
        _ => crate::fallback::phase(&error, &item),
    };
    let mut file: syn::File = syn::parse2(tokens).unwrap();
    file.items
        .retain(|item| !matches!(item, syn::Item::Macro(_)));
    prettyplease::unparse(&file)
}
