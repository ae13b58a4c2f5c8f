//! The finished spans of a request, and which of them makes room first.

use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

use opentelemetry::trace::SpanId;
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

use super::place::Place;
use super::policy::Fate;

/// Least bytes of OTLP JSON that a span takes without names and attributes.
const MIN_SPAN_BYTES: usize = 180;

/// Least bytes of OTLP JSON that an attribute takes beside key and text.
const MIN_ATTRIBUTE_BYTES: usize = 20;

/// Least bytes of OTLP JSON that an element of an array takes beside its text.
const MIN_ELEMENT_BYTES: usize = 16;

/// Finished spans, in the order in which they make room.
#[derive(Debug, Default)]
pub(super) struct Kept {
    spans: BTreeMap<Rank, SpanData>,
    ranks: HashMap<SpanId, Rank>,
    /// At most what the spans take in the answer.
    bytes: usize,
    /// Spans that were ever inserted.
    inserted: usize,
}

/// In which order spans make room: the greatest goes first. Failed spans,
/// their ancestors and the root go last; of all others the deepest first, and
/// of one depth the youngest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    is_ordinary: bool,
    depth: u32,
    start: SystemTime,
    /// Tells spans apart that started at the same time.
    number: usize,
}

impl Kept {
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Bytes of OTLP JSON that the spans take at least.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn insert(&mut self, span: SpanData, depth: u32, is_failed: bool) {
        let rank = Rank {
            is_ordinary: !is_failed && depth > 0,
            depth,
            start: span.start_time,
            number: self.inserted,
        };
        self.inserted += 1;
        self.bytes += least_bytes(&span);
        self.ranks.insert(span.span_context.span_id(), rank);
        self.spans.insert(rank, span);
    }

    /// Where a span stands that is kept.
    pub(super) fn place(&self, span: SpanId) -> Option<Place> {
        let rank = self.ranks.get(&span)?;
        Some(Place {
            depth: rank.depth,
            fate: Fate::Publish,
            parent: self.spans.get(rank)?.parent_span_id,
        })
    }

    /// Lets a span go last, because one below it has failed. Gives its parent
    /// if that has changed something.
    pub(super) fn promote(&mut self, span: SpanId) -> Option<SpanId> {
        let rank = self.ranks.get_mut(&span).filter(|rank| rank.is_ordinary)?;
        let kept = self.spans.remove(rank)?;
        rank.is_ordinary = false;
        let parent = kept.parent_span_id;
        self.spans.insert(*rank, kept);
        Some(parent)
    }

    /// Drops the span that goes first; `false` if there is none.
    pub(super) fn make_room(&mut self) -> bool {
        let Some((_, span)) = self.spans.pop_last() else {
            return false;
        };
        self.bytes -= least_bytes(&span);
        self.ranks.remove(&span.span_context.span_id());
        true
    }

    pub(super) fn into_spans(self) -> Vec<SpanData> {
        self.spans.into_values().collect()
    }
}

/// Bytes that a span takes in the answer at least: texts are written as they
/// are or longer.
fn least_bytes(span: &SpanData) -> usize {
    let attributes = span.attributes.iter().map(least_attribute_bytes);
    let error_text = match &span.status {
        opentelemetry::trace::Status::Error { description } => description.len(),
        opentelemetry::trace::Status::Unset | opentelemetry::trace::Status::Ok => 0,
    };
    MIN_SPAN_BYTES + span.name.len() + error_text + attributes.sum::<usize>()
}

fn least_attribute_bytes(attribute: &KeyValue) -> usize {
    let value = match &attribute.value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::Bool(values)) => MIN_ELEMENT_BYTES * values.len(),
        Value::Array(Array::I64(values)) => MIN_ELEMENT_BYTES * values.len(),
        Value::Array(Array::F64(values)) => MIN_ELEMENT_BYTES * values.len(),
        Value::Array(Array::String(values)) => values
            .iter()
            .map(|text| MIN_ELEMENT_BYTES + text.as_str().len())
            .sum(),
        _ => 0,
    };
    MIN_ATTRIBUTE_BYTES + attribute.key.as_str().len() + value
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::Status;
    use opentelemetry::{Key, StringValue};

    use super::super::bucket::tests::span;
    use super::super::otlp::SpanWriter;
    use super::*;

    #[test]
    fn no_span_takes_less_than_is_counted() {
        let arrays = [
            Array::Bool(vec![true; 9]),
            Array::I64(vec![0; 9]),
            Array::F64(vec![0.0; 9]),
            Array::String(vec![StringValue::from(""), "text".into()]),
        ];
        let mut values: Vec<Value> = arrays.into_iter().map(Value::Array).collect();
        values.extend([true.into(), 0.into(), 0.0.into(), "".into(), "text".into()]);
        let mut one = span(1, 0, "");
        assert!(least_bytes(&one) <= SpanWriter::new(99).write(&one).len());
        for value in values {
            one.attributes.push(KeyValue::new(Key::new(""), value));
            let written = SpanWriter::new(99).write(&one).len();
            assert!(least_bytes(&one) <= written, "{one:?}");
        }
        one.status = Status::error("why");
        assert!(least_bytes(&one) <= SpanWriter::new(99).write(&one).len());
    }

    #[test]
    fn what_goes_first_is_ordinary_deep_and_young() {
        let mut kept = Kept::default();
        for (id, depth, is_failed) in [
            (1, 0, false),
            (2, 1, false),
            (3, 1, false),
            (4, 2, true),
            (5, 2, false),
            (6, 3, true),
        ] {
            kept.insert(span(id, 1, "work"), depth, is_failed);
        }
        assert_eq!(kept.promote(SpanId::from(3)), Some(SpanId::from(1)));
        assert_eq!(kept.promote(SpanId::from(3)), None);
        let mut order = Vec::new();
        loop {
            let before: Vec<_> = kept.ranks.keys().copied().collect();
            if !kept.make_room() {
                break;
            }
            let gone = before.iter().find(|id| !kept.ranks.contains_key(id));
            order.push(u64::from_be_bytes(gone.unwrap().to_bytes()));
        }
        assert_eq!(order, [5, 2, 6, 4, 3, 1]);
        assert_eq!((kept.len(), kept.bytes()), (0, 0));
    }
}
