//! Pieces of code around a phase: what stands before, behind and inside its braces.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Block, Expr, Item, Meta, Path, Stmt, token};

use super::exits::attributes_mut;
use super::is_phase_path;
use crate::signature::hygienic;

/// Names the attribute where it stood: the import that made the name known is used, and editors find what it means.
pub(crate) fn mention(path: &Path) -> Stmt {
    let span = hygienic(path.span());
    Stmt::Item(Item::Verbatim(quote_spanned! {span=>
        #[allow(unused_imports, reason = "names an attribute that is gone from here")]
        use #path as _;
    }))
}

/// The attributes of the statement: rustc and syn attach them to its leftmost operand.
pub(crate) fn leftmost(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    match expr {
        Expr::Assign(expr) => leftmost(&mut expr.left),
        Expr::Binary(expr) => leftmost(&mut expr.left),
        Expr::Cast(expr) => leftmost(&mut expr.expr),
        other => attributes_mut(other),
    }
}

/// The tokens between the parentheses of an attribute.
pub(crate) fn arguments(attribute: &Attribute) -> syn::Result<TokenStream> {
    match &attribute.meta {
        Meta::Path(_) => Ok(TokenStream::new()),
        Meta::List(list) => Ok(list.tokens.clone()),
        Meta::NameValue(_) => Err(syn::Error::new_spanned(
            attribute,
            "the name of a phase stands in parentheses: `#[phase(\"name\")]`",
        )),
    }
}

/// An expression in braces: its own, if it is a block.
pub(crate) fn braces(expr: &Expr, place: Span) -> TokenStream {
    match expr {
        Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => {
            block.block.to_token_stream()
        }
        expr => Block {
            brace_token: token::Brace(hygienic(place)),
            stmts: vec![Stmt::Expr(expr.clone(), None)],
        }
        .into_token_stream(),
    }
}

/// Says whether the error of a call may depend on what becomes of its value, so that it is not known where the phase
/// ends: `let number: u32 = text.parse()?`. A future says what it gives; of anything else nobody knows before the
/// compiler does.
pub(crate) fn is_undecided(expr: &Expr) -> bool {
    !matches!(expr, Expr::Await(_))
}

/// `Ok`, `Err` and what else takes a value without saying the whole type.
pub(crate) fn result_constructor(callee: &Expr) -> bool {
    let Expr::Path(callee) = callee else {
        return true;
    };
    let last = callee.path.segments.last();
    last.is_some_and(|last| {
        let is_one = ["Ok", "Err", "default", "from"]
            .iter()
            .any(|name| last.ident == name);
        is_one && last.arguments.is_none()
    })
}

/// A block with the given code instead of its own.
pub(crate) fn replaced(place: Span, body: TokenStream) -> Block {
    Block {
        brace_token: token::Brace(hygienic(place)),
        stmts: vec![Stmt::Expr(Expr::Verbatim(body), None)],
    }
}

/// The same braces as ours: around an argument, the user's own would be called unnecessary.
pub(crate) fn respanned(body: TokenStream, span: Span) -> TokenStream {
    body.into_iter()
        .map(|tree| match tree {
            TokenTree::Group(braces) => {
                let mut braces = Group::new(braces.delimiter(), braces.stream());
                braces.set_span(span);
                TokenTree::Group(braces)
            }
            other => other,
        })
        .collect()
}

/// A `#[phase]` among tokens that are not ours to rewrite.
pub(crate) fn phase_in(tokens: TokenStream) -> Option<Span> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (&token, tokens.peek()) {
            (TokenTree::Punct(hash), Some(TokenTree::Group(group)))
                if hash.as_char() == '#' && names_phase(group.stream()) =>
            {
                return Some(group.span());
            }
            (TokenTree::Group(group), _) => {
                if let Some(span) = phase_in(group.stream()) {
                    return Some(span);
                }
            }
            _ => {}
        }
    }
    None
}

pub(crate) fn names_phase(attribute: TokenStream) -> bool {
    syn::parse2::<Meta>(attribute).is_ok_and(|meta| is_phase_path(meta.path()))
}

/// The tokens of a macro call without `#[phase(...)]`, which would be reported once more.
pub(crate) fn without_phases(tokens: TokenStream) -> TokenStream {
    let mut kept = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (token, tokens.peek()) {
            (TokenTree::Punct(hash), Some(TokenTree::Group(attribute)))
                if hash.as_char() == '#' && names_phase(attribute.stream()) =>
            {
                tokens.next();
            }
            (TokenTree::Group(group), _) => {
                let mut inner = Group::new(group.delimiter(), without_phases(group.stream()));
                inner.set_span(group.span());
                kept.extend([TokenTree::Group(inner)]);
            }
            (other, _) => kept.extend([other]),
        }
    }
    kept
}
