//! What leaves, read from the answer.

use opentelemetry::trace::SpanId;
use serde_json::{Map, Value};

use crate::render::printable;
use crate::testing::snapshot::Snapshot;
use crate::testing::tree::position;

/// The scope of spans that Glassbox makes, which need not be told on each.
const OWN_SCOPE: &str = env!("CARGO_PKG_NAME");
const INDENT: &str = "  ";

/// Members of a span that every span has, and that differ in every run.
const FRAME: [&str; 6] = [
    "traceId",
    "spanId",
    "parentSpanId",
    "flags",
    "startTimeUnixNano",
    "endTimeUnixNano",
];
/// Members of a link that differ in every run.
const LINK_FRAME: [&str; 3] = ["traceId", "spanId", "flags"];
const KINDS: [&str; 6] = [
    "UNSPECIFIED",
    "",
    "SERVER",
    "CLIENT",
    "PRODUCER",
    "CONSUMER",
];

/// The telemetry of an answer, member by member.
pub(super) fn write(traces: &Value, started: &[SpanId], snapshot: &Snapshot) -> String {
    let mut lines = Lines::default();
    let mut spans = Vec::new();
    for resource in list(traces, "resourceSpans") {
        lines.push("resource");
        lines.nested(object(resource.get("resource"), "", &[], snapshot));
        for scope in list(resource, "scopeSpans") {
            let described = scope.get("scope");
            let name = text(described, "name");
            let version = text(described, "version");
            lines.push(format!("scope {name} {version}"));
            lines.nested(object(described, "", &["name", "version"], snapshot));
            lines.nested(object(Some(scope), "", &["scope", "spans"], snapshot));
            spans.extend(list(scope, "spans").map(|span| Found { span, scope: name }));
        }
        lines.extend(object(
            Some(resource),
            "",
            &["resource", "scopeSpans"],
            snapshot,
        ));
    }
    if !spans.is_empty() {
        lines.push("each span: ids, flags, start, end");
    }
    let tree = Tree {
        spans,
        started,
        snapshot,
    };
    let is_root = |found: &Found<'_>| {
        let parent = text(Some(found.span), "parentSpanId");
        !tree
            .spans
            .iter()
            .any(|one| text(Some(one.span), "spanId") == parent)
    };
    lines.extend(tree.blocks(is_root));
    lines.extend(object(Some(traces), "", &["resourceSpans"], snapshot));
    lines.finish()
}

/// A span and the name of its scope.
#[derive(Clone, Copy)]
struct Found<'a> {
    span: &'a Value,
    scope: &'a str,
}

struct Tree<'a> {
    spans: Vec<Found<'a>>,
    started: &'a [SpanId],
    snapshot: &'a Snapshot,
}

impl<'a> Tree<'a> {
    /// The spans that `belongs` chooses with all below them, alike neighbours
    /// once.
    fn blocks(&self, belongs: impl Fn(&Found<'a>) -> bool) -> Lines {
        let chosen = self.spans.iter().filter(|found| belongs(found));
        let mut blocks: Vec<_> = chosen
            .map(|found| (self.start(found), self.heading(found), self.body(found)))
            .collect();
        if self.snapshot.sorted_by_name {
            blocks.sort_by(|(_, a, b), (_, c, d)| (a, &b.0).cmp(&(c, &d.0)));
        } else {
            blocks.sort_by_key(|(start, ..)| *start);
        }
        let mut lines = Lines::default();
        let alike = blocks.chunk_by(|(_, a, b), (_, c, d)| (a, &b.0) == (c, &d.0));
        for group in alike {
            let Some((_, heading, body)) = group.first() else {
                continue;
            };
            lines.push(match group.len() {
                1 => heading.clone(),
                times => format!("{heading} ({times} times)"),
            });
            lines.nested(body.clone());
        }
        lines
    }

    fn start(&self, found: &Found<'_>) -> usize {
        let id = SpanId::from_hex(text(Some(found.span), "spanId"));
        id.map_or(usize::MAX, |id| position(self.started, id))
    }

    fn heading(&self, found: &Found<'_>) -> String {
        let kind = found.span.get("kind").and_then(Value::as_u64);
        let kind = kind.and_then(|kind| KINDS.get(usize::try_from(kind).ok()?));
        let heading = format!(
            "span {} {}",
            text(Some(found.span), "name"),
            kind.unwrap_or(&"")
        );
        let heading = heading.trim_end();
        match found.scope {
            OWN_SCOPE => heading.to_owned(),
            scope => format!("{heading}, scope {scope}"),
        }
    }

    fn body(&self, found: &Found<'a>) -> Lines {
        let mut known = vec!["name", "kind", "status", "events", "links"];
        known.extend(FRAME);
        let (span, scope) = (found.span, found.scope);
        let mut lines = Lines::default();
        if let Some(status) = span.get("status") {
            let code = match status.get("code").and_then(Value::as_u64) {
                Some(2) => "ERROR".to_owned(),
                Some(1) => "OK".to_owned(),
                code => code.unwrap_or_default().to_string(),
            };
            let message = status.get("message").map(Value::to_string);
            lines.push(format!("status {code} {}", message.unwrap_or_default()));
        }
        lines.extend(object(Some(span), scope, &known, self.snapshot));
        for event in list(span, "events") {
            lines.push(format!(
                "event {}, with its time",
                text(Some(event), "name")
            ));
            let known = ["name", "timeUnixNano"];
            lines.nested(object(Some(event), scope, &known, self.snapshot));
        }
        for link in list(span, "links") {
            lines.push("link, with its ids and flags");
            lines.nested(object(Some(link), scope, &LINK_FRAME, self.snapshot));
        }
        let id = text(Some(span), "spanId");
        lines.extend(self.blocks(|one| text(Some(one.span), "parentSpanId") == id));
        lines
    }
}

/// The members of an object except `known` ones: attributes by their keys (those
/// of a resource have no order), then all others.
fn object(value: Option<&Value>, scope: &str, known: &[&str], snapshot: &Snapshot) -> Lines {
    let mut lines = Lines::default();
    let Some(members) = value.and_then(Value::as_object) else {
        return lines;
    };
    let attributes = value
        .into_iter()
        .flat_map(|value| list(value, "attributes"));
    let mut attributes: Vec<_> = attributes.collect();
    attributes.sort_by_key(|attribute| text(Some(attribute), "key"));
    for attribute in attributes {
        let key = text(Some(attribute), "key");
        let shown = match snapshot.masks(scope, key) {
            true => "*".to_owned(),
            false => attribute.get("value").map(any_value).unwrap_or_default(),
        };
        lines.push(format!("{key} = {shown}"));
    }
    for (member, value) in members {
        if member != "attributes" && !known.contains(&member.as_str()) {
            lines.push(format!("{member} = {value}"));
        }
    }
    lines
}

/// An `AnyValue` as JSON, without the name of its type where JSON tells it.
fn any_value(value: &Value) -> String {
    let only = |members: &Map<String, Value>| match members.iter().next() {
        Some((kind, value)) if members.len() == 1 => match (kind.as_str(), value) {
            ("intValue", Value::String(number)) => Some(number.clone()),
            ("stringValue" | "boolValue" | "doubleValue", value) => Some(value.to_string()),
            _ => None,
        },
        _ => None,
    };
    let scalar = value.as_object().and_then(only);
    scalar.unwrap_or_else(|| value.to_string())
}

fn list<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value
        .get(member)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn text<'a>(value: Option<&'a Value>, member: &str) -> &'a str {
    let text = value.and_then(|value| value.get(member));
    text.and_then(Value::as_str).unwrap_or_default()
}

/// Lines of text, without space at their ends.
#[derive(Clone, Debug, Default)]
struct Lines(Vec<String>);

impl Lines {
    fn push(&mut self, line: impl AsRef<str>) {
        let line = printable(line.as_ref().trim_end()).into_owned();
        self.0.push(line);
    }

    fn extend(&mut self, lines: Self) {
        self.0.extend(lines.0);
    }

    fn nested(&mut self, lines: Self) {
        let indented = lines.0.into_iter().map(|line| format!("{INDENT}{line}"));
        self.0.extend(indented);
    }

    fn finish(self) -> String {
        self.0.iter().flat_map(|line| [line, "\n"]).collect()
    }
}
