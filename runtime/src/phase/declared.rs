//! What an author says of a phase before it starts.

use std::borrow::Cow;

use opentelemetry::trace::SpanKind;

use super::field::{FieldValue, Fields};
use super::link::{LinkList, Links};
use super::name::{MAX_NAME_BYTES, PhaseName};
use crate::passback::cut;

/// Name, kind, links and attributes of one phase. Made only when the phase is
/// recorded.
#[derive(Debug)]
pub struct Declared {
    pub(super) name: Cow<'static, str>,
    pub(super) kind: SpanKind,
    pub(super) links: LinkList,
    pub(super) fields: Fields,
}

impl Declared {
    pub(super) fn new(
        name: &'static str,
        undeclared: usize,
        max_value_length_bytes: usize,
    ) -> Self {
        Self {
            name: Cow::Borrowed(name),
            kind: SpanKind::Internal,
            links: LinkList::default(),
            fields: Fields::new(undeclared, max_value_length_bytes),
        }
    }

    /// Adds an attribute. A value that is not there (`None`) leaves none.
    pub fn set<V: FieldValue>(&mut self, key: &'static str, value: V) {
        self.fields.set(key, value);
    }

    /// Makes room for so many attributes.
    pub fn reserve(&mut self, count: usize) {
        self.fields.reserve(count);
    }

    /// Adds an attribute whose value is written in the program.
    pub fn set_literal(&mut self, key: &'static str, value: &'static str) {
        self.fields.push(key, value.into());
    }

    /// `name = value`: one of a few names that are written in the program.
    pub fn name<N: PhaseName>(&mut self, name: N) {
        self.name = Cow::Borrowed(name.phase_name());
    }

    /// `name = dynamic(value)`: a name made while the program runs.
    pub fn dynamic_name(&mut self, name: impl AsRef<str>) {
        let name = cut(name.as_ref(), MAX_NAME_BYTES);
        self.name = Cow::Owned(name.replace(char::is_control, " "));
    }

    /// `kind = client`.
    pub fn kind(&mut self, kind: SpanKind) {
        self.kind = kind;
    }

    /// `link = value`: spans that the phase belongs to without being below
    /// them.
    pub fn link<L: Links + ?Sized>(&mut self, links: &L) {
        links.add_to(&mut self.links);
    }
}
