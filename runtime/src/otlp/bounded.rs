//! Lists that keep their first elements and count the rest.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

/// The most attributes, events, links or array elements that are read of one list. Ours: eight times what SEP-2448 has
/// servers send (S09), and little enough that a list of empty elements costs no memory worth mentioning.
pub const MAX_ELEMENTS: usize = 1024;

/// The first elements of a list, and how many there were beyond. `null` is the empty list, as the JSON mapping has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bounded<T, const MAX: usize = MAX_ELEMENTS> {
    pub(crate) items: Vec<T>,
    pub(crate) excess: usize,
}

impl<T, const MAX: usize> Default for Bounded<T, MAX> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            excess: 0,
        }
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Bounded<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BoundedVisitor(PhantomData))
    }
}

struct BoundedVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for BoundedVisitor<T, MAX> {
    type Value = Bounded<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Bounded::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut bounded = Bounded::default();
        while bounded.items.len() < MAX {
            match elements.next_element()? {
                Some(element) => bounded.items.push(element),
                None => return Ok(bounded),
            }
        }
        while elements.next_element::<IgnoredAny>()?.is_some() {
            bounded.excess += 1;
        }
        Ok(bounded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> (usize, usize) {
        let list: Bounded<u8, 3> = serde_json::from_str(json).unwrap();
        (list.items.len(), list.excess)
    }

    #[test]
    fn keeps_as_many_as_its_bound_and_counts_the_rest() {
        assert_eq!(read("[1,2]"), (2, 0));
        assert_eq!(read("[1,2,3]"), (3, 0));
        assert_eq!(read("[1,2,3,4]"), (3, 1));
        assert_eq!(read("[1,2,3,{\"any\":[]},null]"), (3, 2));
        assert_eq!(read("null"), (0, 0));
    }

    #[test]
    fn is_no_list_of_something_else() {
        for json in ["{}", "3", "\"x\"", "[\"x\"]"] {
            assert!(
                serde_json::from_str::<Bounded<u8, 3>>(json).is_err(),
                "{json}"
            );
        }
    }
}
