//! How spans are written.

use crate::AttributeMatch;
use crate::render::CONVENTIONS;

/// How an [`Answer`](super::Answer)'s spans are written, where its own texts
/// differ from run to run or say too little.
///
/// # Examples
///
/// ```
/// use glassbox::testing::Snapshot;
///
/// let snapshot = Snapshot::new()
///     .sorted_by_name() // of work done at the same time
///     .masking("server.port") // another one in every run
///     .showing("http.*");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub(super) sorted_by_name: bool,
    shown: Vec<AttributeMatch>,
    masked: Vec<AttributeMatch>,
}

impl Snapshot {
    /// As [`Answer::tree`](super::Answer::tree) and
    /// [`Answer::exposed`](super::Answer::exposed) write.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Siblings stand in the order of their names; those of one name, in that
    /// of their texts. Default: in the order they started.
    #[must_use]
    pub fn sorted_by_name(mut self) -> Self {
        self.sorted_by_name = true;
        self
    }

    /// Trees also have these attributes of OpenTelemetry's conventions (those
    /// that begin with `http.`, `gen_ai.` and so on). Default: none of them.
    #[must_use]
    pub fn showing(mut self, attributes: impl Into<AttributeMatch>) -> Self {
        self.shown.push(attributes.into());
        self
    }

    /// `*` stands in place of these attributes' values. Default: values stand
    /// as they are.
    #[must_use]
    pub fn masking(mut self, attributes: impl Into<AttributeMatch>) -> Self {
        self.masked.push(attributes.into());
        self
    }

    /// Whether trees have an attribute.
    pub(super) fn shows(&self, scope: &str, key: &str) -> bool {
        let is_own = !CONVENTIONS.iter().any(|prefix| key.starts_with(prefix));
        is_own || self.shown.iter().any(|shown| shown.matches(scope, key))
    }

    pub(super) fn masks(&self, scope: &str, key: &str) -> bool {
        self.masked.iter().any(|masked| masked.matches(scope, key))
    }
}
