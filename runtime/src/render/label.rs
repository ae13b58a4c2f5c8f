//! What a line says about its span: guides, name, error and notes, made printable.

use std::borrow::Cow;

use opentelemetry::trace::SpanKind;
use opentelemetry_semantic_conventions::attribute::ERROR_TYPE;

use super::printable::{char_width, printable, width};
use crate::analysis::{AnyValue, Node, Span};

/// Characters of a text that are looked at: no line is longer, and the sender chooses the length.
const MAX_CHARS: usize = 512;
/// Longer texts are no notes.
const MAX_NOTE_BYTES: usize = 512;

/// Attributes of the conventions, which say less than the span's own name and kind.
pub(crate) const CONVENTIONS: [&str; 12] = [
    "client.",
    "error.",
    "gen_ai.",
    "http.",
    "jsonrpc.",
    "mcp.",
    "network.",
    "otel.",
    "rpc.",
    "server.",
    "url.",
    "user_agent.",
];

/// The box-drawing guides left of the names.
#[derive(Default)]
pub(super) struct Guides {
    /// For every level above the current one, whether its last child has been written.
    ended: Vec<bool>,
}

impl Guides {
    pub(super) fn next(&mut self, depth: usize, node: Node<'_>) -> Vec<&'static str> {
        self.ended.truncate(depth);
        let last = node.is_last();
        // Roots stand at the margin and need no guides below them.
        let above = self
            .ended
            .iter()
            .skip(1)
            .map(|&ended| if ended { "   " } else { "│  " });
        let own = (depth > 0).then_some(if last { "└─ " } else { "├─ " });
        let guide = above.chain(own).collect();
        self.ended.push(last);
        guide
    }
}

/// What a line says about its span, made printable.
pub(super) struct Label {
    pub(super) name: String,
    pub(super) error: Option<String>,
    pub(super) notes: Vec<String>,
}

impl Label {
    pub(super) fn of(node: Node<'_>) -> Self {
        let span = node.span();
        let name = match printable(start(span.name())) {
            name if name.is_empty() => "(unnamed)".to_owned(),
            name => name.into_owned(),
        };
        Self {
            name,
            error: error(span),
            notes: notes(node),
        }
    }

    pub(super) fn width(&self) -> usize {
        let error = self.error.as_deref().map_or(0, |error| 1 + width(error));
        let notes: usize = self.notes.iter().map(|note| 1 + width(note)).sum();
        width(&self.name) + error + notes
    }
}

fn start(text: &str) -> &str {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => text.get(..end).unwrap_or_default(),
        None => text,
    }
}

/// In words, so that an error shows without colour: `ERROR 500`.
fn error(span: &Span) -> Option<String> {
    let what = span.text_attribute(ERROR_TYPE).unwrap_or_default();
    span.is_error().then(|| {
        format!("ERROR {}", printable(start(what)))
            .trim_end()
            .to_owned()
    })
}

/// The kind and service where they change, and what the author declared on a phase.
fn notes(node: Node<'_>) -> Vec<String> {
    let span = node.span();
    let from_elsewhere = node
        .parent()
        .is_none_or(|parent| parent.span().service() != span.service());
    if from_elsewhere && span.service().is_some() {
        return [Some(kind_text(&span.kind())), span.service()]
            .into_iter()
            .flatten()
            .map(|note| printable(start(note)).into_owned())
            .collect();
    }
    if span.kind() != SpanKind::Internal {
        return Vec::new();
    }
    let declared = span.attributes().iter().filter(|attribute| {
        let key = attribute.key.as_str();
        !CONVENTIONS.iter().any(|prefix| key.starts_with(prefix))
            && match &attribute.value {
                AnyValue::String(text) => text.len() <= MAX_NOTE_BYTES,
                AnyValue::Bool(_) | AnyValue::Int(_) | AnyValue::Double(_) => true,
                AnyValue::Empty | AnyValue::Array(_) | AnyValue::Map(_) | AnyValue::Bytes(_) => {
                    false
                }
            }
    });
    declared
        .map(|attribute| {
            let note = format!("{}={}", start(&attribute.key), attribute.value);
            printable(&note).into_owned()
        })
        .collect()
}

/// A kind as people and other programs read it.
pub(crate) fn kind_text(kind: &SpanKind) -> &'static str {
    match kind {
        SpanKind::Server => "SERVER",
        SpanKind::Client => "CLIENT",
        SpanKind::Producer => "PRODUCER",
        SpanKind::Consumer => "CONSUMER",
        SpanKind::Internal => "INTERNAL",
    }
}

/// A name within `room` columns: a path loses its front (`GET …/messages/{id}`), all else its end.
pub(super) fn fit_name(name: &str, room: usize) -> Cow<'_, str> {
    if width(name) <= room {
        return Cow::Borrowed(name);
    }
    let short_path = name.split_once(" /").and_then(|(method, path)| {
        let tails = path.match_indices('/').filter_map(|(at, _)| path.get(at..));
        tails
            .map(|tail| format!("{method} …{tail}"))
            .find(|short| width(short) <= room)
    });
    Cow::Owned(short_path.unwrap_or_else(|| truncated(name, room)))
}

fn truncated(text: &str, room: usize) -> String {
    let Some(mut left) = room.checked_sub(1) else {
        return String::new();
    };
    let kept = text.chars().take_while(|&character| {
        let fits = char_width(character) <= left;
        left = left.saturating_sub(char_width(character));
        fits
    });
    kept.chain(['…']).collect()
}
