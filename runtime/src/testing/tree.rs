//! Spans as a tree of names.

use std::fmt::Write as _;

use opentelemetry::trace::{SpanId, SpanKind};

use super::snapshot::Snapshot;
use crate::analysis::{Node, SpanTree};
use crate::render::{kind_text, printable};
use crate::semconv::ERROR_TYPE;

/// What stands for a tree without spans.
const NO_SPANS: &str = "(no spans)\n";

/// The spans of `tree`, which `dropped` spans are missing from. `started` are
/// their ids in the order they started.
pub(super) fn write(
    tree: &SpanTree,
    dropped: u64,
    started: &[SpanId],
    snapshot: &Snapshot,
) -> String {
    let mut text = String::new();
    for node in tree.roots() {
        let (line, below) = block(node, started, snapshot);
        text.push_str(&line);
        text.push_str(&below);
    }
    if text.is_empty() {
        text.push_str(NO_SPANS);
    }
    if dropped > 0 {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "({dropped} more held back)");
    }
    text
}

/// A span's line, and those of the spans below it.
fn block(node: Node<'_>, started: &[SpanId], snapshot: &Snapshot) -> (String, String) {
    let mut children: Vec<_> = node
        .children()
        .map(|child| {
            let (line, below) = block(child, started, snapshot);
            (child, line, below)
        })
        .collect();
    if snapshot.sorted_by_name {
        children.sort_by(|(left, a, b), (right, c, d)| {
            (left.span().name(), a, b).cmp(&(right.span().name(), c, d))
        });
    } else {
        children.sort_by_key(|(child, ..)| position(started, child.span().id()));
    }
    let count = children.len();
    let mut text = String::new();
    for (index, (_, line, below)) in children.into_iter().enumerate() {
        let (own, guide) = match index + 1 == count {
            true => ("└─ ", "   "),
            false => ("├─ ", "│  "),
        };
        text.push_str(own);
        text.push_str(&line);
        for line in below.lines() {
            let _ = writeln!(text, "{guide}{line}");
        }
    }
    (line(node, snapshot), text)
}

/// When a span started, among all spans.
pub(super) fn position(started: &[SpanId], span: SpanId) -> usize {
    let position = started.iter().position(|&started| started == span);
    position.unwrap_or(usize::MAX)
}

fn line(node: Node<'_>, snapshot: &Snapshot) -> String {
    let span = node.span();
    let mut text = span.name().to_owned();
    if span.kind() != SpanKind::Internal {
        let _ = write!(text, " {}", kind_text(&span.kind()));
    }
    if span.is_error() {
        text.push_str(" ERROR");
        if let Some(class) = span.attribute(ERROR_TYPE) {
            let _ = write!(text, " {class}");
        }
    }
    let scope = span.scope().name();
    for attribute in span.attributes() {
        let key = attribute.key.as_str();
        if snapshot.masks(scope, key) && snapshot.shows(scope, key) {
            let _ = write!(text, " {key}=*");
        } else if snapshot.shows(scope, key) {
            let _ = write!(text, " {key}={}", attribute.value);
        }
    }
    format!("{}\n", printable(text.trim_end()))
}
