//! The name of a tool, by the rules of MCP.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Ident, LitStr};

/// MCP, Tools, Tool Names: 1 to 128 characters of `A-Z`, `a-z`, `0-9`, `_`, `-` and `.`.
const MAX_CHARS: usize = 128;

/// The name as written, or that of the function, behind the prefix of the block.
pub(crate) fn of(
    written: Option<&LitStr>,
    prefix: Option<&LitStr>,
    function: &Ident,
) -> syn::Result<LitStr> {
    let name = match written {
        Some(literal) => check(&literal.value(), literal.span()).map(|()| literal.clone()),
        None => {
            let name = function.unraw().to_string();
            let advice = "; write another one with `#[mcp_tool(name = \"...\")]`";
            check(&name, function.span())
                .map_err(|error| syn::Error::new(error.span(), format!("{error}{advice}")))
                .map(|()| LitStr::new(&name, function.span()))
        }
    }?;
    let Some(prefix) = prefix else {
        return Ok(name);
    };
    let prefixed = format!("{}{}", prefix.value(), name.value());
    check(&prefixed, name.span())
        .map_err(|error| syn::Error::new(error.span(), format!("with its prefix, {error}")))?;
    Ok(LitStr::new(&prefixed, name.span()))
}

/// Checks what stands before the names of a block.
pub(crate) fn check_prefix(prefix: &LitStr) -> syn::Result<()> {
    let text = prefix.value();
    if text.is_empty() {
        return Err(syn::Error::new(
            prefix.span(),
            "the prefix is empty; leave it out, or write one, as in `prefix = \"gmail_\"`",
        ));
    }
    check(&text, prefix.span())
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
