//! Functions of `impl` blocks, as far as they show: the attribute of a function does not see what the function stands in.

use syn::visit::{self, Visit};
use syn::{Ident, Item, ItemFn, Macro};

use crate::diagnostics::Diagnostics;
use crate::offer::Offer;

/// Reports `Self`, which no free function has.
pub(crate) fn check_free(function: &ItemFn, offer: Offer, diagnostics: &mut Diagnostics) {
    if function.sig.receiver().is_none()
        && let Some(own) = own_type(function)
    {
        diagnostics.on(
            own,
            format!(
                "a {offer} with `Self` stands in an `impl` block: put `#[mcp_tools]` on the block"
            ),
        );
    }
}

/// Says whether a function stands in a block, where no type can stand beside it.
pub(crate) fn is_associated(function: &ItemFn) -> bool {
    function.sig.receiver().is_some() || own_type(function).is_some()
}

/// The first `Self` of a function.
fn own_type(function: &ItemFn) -> Option<Ident> {
    struct Find(Option<Ident>);
    impl Visit<'_> for Find {
        fn visit_ident(&mut self, ident: &Ident) {
            if self.0.is_none() && ident == "Self" {
                self.0 = Some(ident.clone());
            }
        }
        // Items inside have a `Self` of their own, and so may what a macro makes.
        fn visit_item(&mut self, _item: &Item) {}
        fn visit_macro(&mut self, _macro: &Macro) {}
    }
    let mut find = Find(None);
    visit::visit_signature(&mut find, &function.sig);
    visit::visit_block(&mut find, &function.block);
    find.0
}
