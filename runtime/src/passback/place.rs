//! Where a span stands in its request.

use opentelemetry::trace::SpanId;

use super::policy::Fate;

/// A span's place in the answer's tree, decided when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Distance from the root, merged spans above it not counted.
    pub(super) depth: u32,
    /// What becomes of it.
    pub(super) fate: Fate,
    /// Its parent in the answer: the nearest span above it that is not merged.
    pub(super) parent: SpanId,
}

impl Place {
    /// The root, which is neither merged nor hidden.
    pub(super) const fn root(parent: SpanId) -> Self {
        Self {
            depth: 0,
            fate: Fate::Publish,
            parent,
        }
    }

    /// A span below `parent`, which stands at `above`.
    pub(super) fn below(parent: SpanId, above: Self, fate: Fate) -> Self {
        match above.fate {
            Fate::Publish => Self {
                depth: above.depth.saturating_add(1),
                fate,
                parent,
            },
            Fate::Merge => Self { fate, ..above },
            Fate::Hide => Self {
                depth: above.depth.saturating_add(1),
                fate: Fate::Hide,
                parent,
            },
        }
    }
}
