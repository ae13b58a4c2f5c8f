//! What a server offers.

use std::fmt;

/// What a server offers a function or method as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    Tool,
    Resource,
    Prompt,
}

impl Offer {
    pub(crate) const ALL: [Self; 3] = [Self::Tool, Self::Resource, Self::Prompt];
}

/// Something in a set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'a> {
    pub(crate) offer: Offer,
    /// What clients ask for: a name, or a URI.
    pub(crate) key: &'a str,
    pub(crate) starts_disabled: bool,
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.offer {
            Offer::Tool => "tool",
            Offer::Resource => "resource",
            Offer::Prompt => "prompt",
        };
        write!(formatter, "{word} `{key}`", key = self.key)
    }
}
