//! Lists that are worked through while they are read, so that what is of no use takes no memory.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

/// What takes the elements of a list one by one.
pub(super) trait Collect<'de>: Default {
    type Element: Deserialize<'de>;

    fn take(&mut self, element: Self::Element);
}

/// Reads a list; `null` is the empty one, as the JSON mapping has it.
pub(super) fn collect<'de, D, C>(deserializer: D) -> Result<C, D::Error>
where
    D: Deserializer<'de>,
    C: Collect<'de>,
{
    deserializer.deserialize_any(CollectVisitor(PhantomData))
}

struct CollectVisitor<C>(PhantomData<C>);

impl<'de, C: Collect<'de>> Visitor<'de> for CollectVisitor<C> {
    type Value = C;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E>(self) -> Result<C, E> {
        Ok(C::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<C, A::Error> {
        let mut collected = C::default();
        while let Some(element) = elements.next_element()? {
            collected.take(element);
        }
        Ok(collected)
    }
}
