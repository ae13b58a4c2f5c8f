//! What many spans share, written once.

use std::collections::HashMap;

/// The resources or scopes that spans point to. Without it a page would repeat a resource on each of its spans, and the
/// sender chooses how large it is.
pub(super) struct Pool<T> {
    items: Vec<T>,
    /// By address: spans read from one entry share their resource and their scope, which outlive the pool's user.
    indices: HashMap<usize, usize>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            indices: HashMap::new(),
        }
    }
}

impl<T> Pool<T> {
    /// The place of `shared`, made an item by `make` when it is met first.
    pub(super) fn index_of<'a, S>(
        &mut self,
        shared: &'a S,
        make: impl FnOnce(&'a S) -> T,
    ) -> usize {
        let address = std::ptr::from_ref(shared).addr();
        *self.indices.entry(address).or_insert_with(|| {
            self.items.push(make(shared));
            self.items.len() - 1
        })
    }

    pub(super) fn into_items(self) -> Vec<T> {
        self.items
    }
}
