//! The name of a tool, by the rules of MCP.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Ident, LitStr};

/// MCP, Tools, Tool Names: 1 to 128 characters of `A-Z`, `a-z`, `0-9`, `_`, `-` and `.`.
const MAX_CHARS: usize = 128;

/// The name as written, or that of the function.
pub(crate) fn of(written: Option<&LitStr>, function: &Ident) -> syn::Result<LitStr> {
    match written {
        Some(literal) => check(&literal.value(), literal.span()).map(|()| literal.clone()),
        None => {
            let name = function.unraw().to_string();
            let advice = "; write another one with `#[mcp_tool(name = \"...\")]`";
            check(&name, function.span())
                .map_err(|error| syn::Error::new(error.span(), format!("{error}{advice}")))
                .map(|()| LitStr::new(&name, function.span()))
        }
    }
}

fn check(name: &str, span: Span) -> syn::Result<()> {
    let error = |message: String| Err(syn::Error::new(span, message));
    if name.is_empty() {
        return error("the name of a tool is empty; MCP wants 1 to 128 characters".to_owned());
    }
    if let Some(wrong) = name
        .chars()
        .find(|&c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))
    {
        return error(format!(
            "the name of a tool cannot contain {wrong:?}; MCP allows ASCII letters, digits, `_`, `-` and `.`"
        ));
    }
    let length = name.chars().count();
    if length > MAX_CHARS {
        return error(format!(
            "the name of a tool has {length} characters; MCP allows {MAX_CHARS}"
        ));
    }
    Ok(())
}
