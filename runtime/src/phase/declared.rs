//! What an author says of a phase before it starts.

use std::borrow::Cow;

use opentelemetry::trace::SpanKind;
use opentelemetry::{KeyValue, Value};

use super::field::FieldValue;
use super::link::{LinkList, Links};
use super::name::{MAX_NAME_BYTES, PhaseName};
use crate::passback::{LONGEST_CHARACTER_BYTES, NewSpan, cut};

/// Name, kind, links and attributes of one phase. Made only when the phase is
/// recorded. How many attributes the span keeps, and counts, is the span's own
/// bound (S09).
#[derive(Debug)]
pub struct Declared {
    span: NewSpan,
    /// Attributes that are added to the author's.
    undeclared: usize,
    /// A character more than the span keeps, which so sees what is too long.
    max_value_length_bytes: usize,
}

impl Declared {
    #[inline]
    pub(super) fn new(
        name: &'static str,
        undeclared: usize,
        max_value_length_bytes: usize,
    ) -> Self {
        Self {
            span: NewSpan::new(name, SpanKind::Internal),
            undeclared,
            max_value_length_bytes: max_value_length_bytes.saturating_add(LONGEST_CHARACTER_BYTES),
        }
    }

    /// Adds an attribute. A value that is not there (`None`) leaves none.
    pub fn set<V: FieldValue>(&mut self, key: &'static str, value: V) {
        if let Some(value) = value.to_value(self.max_value_length_bytes) {
            self.push(key, value);
        }
    }

    /// Makes room for so many attributes, and for what is added to them: all of
    /// it stays until the request has ended.
    pub fn reserve(&mut self, count: usize) {
        let room = count.saturating_add(self.undeclared);
        let declared = &mut self.span.declared;
        if declared.capacity() == 0 {
            *declared = Vec::with_capacity(room);
        } else {
            declared.reserve_exact(room);
        }
    }

    /// Adds an attribute whose value is written in the program.
    pub fn set_literal(&mut self, key: &'static str, value: &'static str) {
        self.push(key, value.into());
    }

    fn push(&mut self, key: &'static str, value: Value) {
        self.span.declared.push(KeyValue::new(key, value));
    }

    /// `name = value`: one of a few names that are written in the program.
    pub fn name<N: PhaseName>(&mut self, name: N) {
        self.span.name = Cow::Borrowed(name.phase_name());
    }

    /// `name = dynamic(value)`: a name made while the program runs.
    pub fn dynamic_name(&mut self, name: impl AsRef<str>) {
        let name = cut(name.as_ref(), MAX_NAME_BYTES);
        self.span.name = Cow::Owned(name.replace(char::is_control, " "));
    }

    /// `kind = client`.
    pub fn kind(&mut self, kind: SpanKind) {
        self.span.kind = kind;
    }

    /// `link = value`: spans that the phase belongs to without being below
    /// them.
    pub fn link<L: Links + ?Sized>(&mut self, links: &L) {
        let mut list = LinkList(std::mem::take(&mut self.span.links));
        links.add_to(&mut list);
        self.span.links = list.0;
    }

    /// The span, with room for what is added to its attributes.
    pub(super) fn span_mut(&mut self) -> &mut NewSpan {
        if self.span.declared.capacity() == 0 {
            self.reserve(0);
        }
        &mut self.span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_no_attribute() {
        let mut declared = Declared::new("work", 0, 9);
        declared.set("a", None::<u8>);
        declared.set("b", Some(&"text"));
        assert_eq!(declared.span_mut().declared, [KeyValue::new("b", "text")]);
    }
}
