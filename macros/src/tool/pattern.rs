//! The name of a parameter, which is what its pattern is.

use syn::{Ident, Pat, PatTupleStruct, PatType, Type};

use super::shape;
use crate::diagnostics::readable;
use crate::offer::Offer;

/// The name, if the pattern is nothing else.
pub(super) fn name(parameter: &PatType, offer: Offer) -> syn::Result<&Ident> {
    let instead = match &*parameter.pat {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            return Ok(&pattern.ident);
        }
        Pat::Wild(_) => {
            "write `name: Type`; if the body does not use it, write `let _ = name;` there"
        }
        Pat::TupleStruct(pattern) => {
            extracted(pattern, &parameter.ty, offer)?;
            "write `name: Type`, and take it apart in the body"
        }
        _ => "write `name: Type`, and take it apart in the body",
    };
    Err(syn::Error::new_spanned(
        &parameter.pat,
        format!(
            "a parameter of a {offer} needs a name, which is the {value}'s name: {instead}",
            value = offer.value()
        ),
    ))
}

/// Refuses `Parameters(params): Parameters<Params>` of rmcp and `State(db): State<Db>` of axum.
fn extracted(pattern: &PatTupleStruct, ty: &Type, offer: Offer) -> syn::Result<()> {
    let Some((extractor, (_, ty))) = pattern.path.segments.last().zip(shape::generic(ty)) else {
        return Ok(());
    };
    let name = match pattern.elems.first() {
        Some(Pat::Ident(name)) => name.ident.to_string(),
        _ => "name".to_owned(),
    };
    let ty = readable(ty);
    let advice = match (extractor.ident.to_string().as_str(), offer) {
        ("Parameters" | "Json", Offer::Tool) => format!(
            "write each argument as a parameter, or `#[arg(flatten)] {name}: {ty}` where the arguments are the fields of a \
             struct"
        ),
        ("State" | "Extension", _) => {
            format!("what the server injects is borrowed: write `{name}: &{ty}`")
        }
        _ => return Ok(()),
    };
    Err(syn::Error::new_spanned(
        pattern,
        format!(
            "nothing has to be taken out of `{extractor}` here; {advice}",
            extractor = extractor.ident
        ),
    ))
}
