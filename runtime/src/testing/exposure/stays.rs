//! What stays: the difference between what was recorded and what leaves.

use std::borrow::Cow;

use opentelemetry::trace::{SpanId, Status};
use opentelemetry_sdk::trace::SpanData;
use serde_json::Value;

use crate::analysis::{AnyValue, Span, SpanTree};
use crate::passback::{Kept, PassbackRequest, Seen, Witnessed};
use crate::render::printable;
use crate::testing::snapshot::Snapshot;
use crate::testing::tree::position;

const NOT_ASKED: &str = "everything: the request did not ask for spans\n";
const REFUSED: &str = "everything: the request was refused (`passback_grant`, \
    `passback_rate_limit`), or the server gives no spans of this method, or none at all\n";
const NO_PLACE: &str = "everything: the answer has no place for spans (`data` of a JSON-RPC error, \
    or `_meta.otel` of the server's own, is no object), or no room (`PassbackLimits`)\n";
const UNSEARCHED: &str = "everything: the request has more secrets than can be searched for \
    (`redact`, and credentials in headers)\n";

/// What was recorded and is not in `traces`, by names.
pub(super) fn write(
    traces: Option<&Value>,
    asked: PassbackRequest,
    seen: &Seen,
    snapshot: &Snapshot,
) -> String {
    let Some(traces) = traces else {
        return match (asked, seen.ended.is_empty()) {
            (PassbackRequest::Off, _) => NOT_ASKED,
            (_, true) => REFUSED,
            (_, false) => NO_PLACE,
        }
        .to_owned();
    };
    if seen.is_unsearched {
        return UNSEARCHED.to_owned();
    }
    let left = SpanTree::from_otlp(traces).unwrap_or_default();
    let mut recorded: Vec<_> = seen.ended.iter().collect();
    recorded.sort_by_key(|one| position(&seen.started, one.span.span_context.span_id()));
    let mut stays = Stays::default();
    for witnessed in recorded {
        match left.find(witnessed.span.span_context.span_id()) {
            Some(node) => stays.of_span(witnessed, node.span()),
            None => stays.whole(witnessed),
        }
    }
    let unended = seen.started.iter().filter(|id| !has_ended(seen, **id));
    stays.many(
        unended.count(),
        "span",
        "that had not ended with the request",
    );
    stays.finish(snapshot)
}

fn has_ended(seen: &Seen, id: SpanId) -> bool {
    let ids = seen.ended.iter().map(|one| one.span.span_context.span_id());
    ids.into_iter().any(|ended| ended == id)
}

/// Lines, each with how often it was written.
#[derive(Default)]
struct Stays(Vec<(String, usize)>);

impl Stays {
    fn push(&mut self, line: String) {
        match self.0.iter_mut().find(|(known, _)| *known == line) {
            Some((_, times)) => *times += 1,
            None => self.0.push((line, 1)),
        }
    }

    fn many(&mut self, count: usize, what: &str, why: &str) {
        match count {
            0 => {}
            1 => self.push(format!("1 {what} {why}")),
            count => self.push(format!("{count} {what}s {why}")),
        }
    }

    /// A span that does not leave at all.
    fn whole(&mut self, witnessed: &Witnessed) {
        let why = match witnessed.kept {
            Kept::Offered => "over a limit, or not connected to the root",
            Kept::NotAsked => "not asked for, as it is below the top level",
            Kept::Merged => "merged into its parent by a rule",
            Kept::Hidden => "hidden by a rule",
        };
        self.push(format!("span {}: {why}", witnessed.span.name));
    }

    /// What stays of a span that leaves.
    fn of_span(&mut self, witnessed: &Witnessed, left: &Span) {
        let span = &witnessed.span;
        let of = left.name();
        if span.name != left.name() {
            self.push(format!("{of}: another name, set by other code"));
        }
        self.attributes(witnessed, left);
        self.status(&span.status, left);
        for event in span.events.iter() {
            self.push(format!("{of}: event {}", event.name));
        }
        for _ in span.links.iter() {
            self.push(format!("{of}: link"));
        }
        for attribute in span.instrumentation_scope.attributes() {
            let scope = span.instrumentation_scope.name();
            self.push(format!("scope {scope}: attribute {}", attribute.key));
        }
        self.excess(span, of);
    }

    fn attributes(&mut self, witnessed: &Witnessed, left: &Span) {
        let mut seen = Vec::new();
        for recorded in &witnessed.span.attributes {
            let key = recorded.key.as_str();
            if seen.contains(&key) {
                continue;
            }
            seen.push(key);
            let of = left.name();
            match left.attribute(key) {
                None if witnessed.ruled.contains(&recorded.key) => {
                    self.push(format!("{of}: attribute {key}, withheld by a rule"));
                }
                None => self.push(format!("{of}: attribute {key}, not declared")),
                Some(value) if *value != AnyValue::from(&recorded.value) => {
                    self.push(format!("{of}: value of {key}, another one leaves"));
                }
                Some(_) => {}
            }
        }
    }

    fn status(&mut self, recorded: &Status, left: &Span) {
        let of = left.name();
        match (recorded, left.status()) {
            (Status::Error { description }, Status::Error { description: left })
                if *description != left =>
            {
                self.push(format!("{of}: status message"));
            }
            (Status::Error { .. }, Status::Unset | Status::Ok) => {
                self.push(format!("{of}: status ERROR, set by other code"));
            }
            _ => {}
        }
    }

    /// What the recorder itself did not take.
    fn excess(&mut self, span: &SpanData, of: &str) {
        for (count, what) in [
            (span.dropped_attributes_count, "attribute"),
            (span.events.dropped_count, "event"),
            (span.links.dropped_count, "link"),
        ] {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            self.many(count, &format!("{what} of {of}"), "over the limit");
        }
    }

    fn finish(mut self, snapshot: &Snapshot) -> String {
        if snapshot.sorted_by_name {
            self.0.sort();
        }
        if self.0.is_empty() {
            return "nothing\n".to_owned();
        }
        let line = |(line, times): &(String, usize)| {
            let line = printable(line.trim_end());
            match times {
                1 => [line, Cow::Borrowed("\n")].concat(),
                times => format!("{line} ({times} times)\n"),
            }
        };
        self.0.iter().map(line).collect()
    }
}
