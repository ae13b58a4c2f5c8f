//! What the page's script draws: every text made for display, every time a number on the page's axis.

use std::collections::HashMap;
use std::time::Duration;

use opentelemetry::trace::{SpanId, Status};
use serde::Serialize;

use super::display::{name_text, text};
use crate::analysis::{AnyValue, Attribute, Finding, Node, Span, SpanTree};
use crate::render::duration::duration_text;
use crate::render::json;
use crate::render::label::{Label, kind_text};
use crate::render::pool::Pool;
use crate::render::timeline::{Axis, Place};

/// The most bytes of attributes, events, links, resources and scopes that a page holds. Ours: a page that a browser opens
/// at once and a mail takes along; spans beyond say how much of them is not there.
pub const MAX_DETAIL_BYTES: usize = 8 * 1024 * 1024;
/// The most findings on a page, most costly first. Ours: beyond, nobody reads them.
pub const MAX_FINDINGS: usize = 50;

/// The most bytes of names and of other text on spans' lines, until which they stand as they are; beyond they are cut at
/// [`MAX_SHORT_CHARS`]. Ours: 400 bytes on each of 10,000 lines, far more than honest names take.
const MAX_LINES_BYTES: usize = 4 * 1024 * 1024;
/// Characters of a text on a line when there is little room.
const MAX_SHORT_CHARS: usize = 24;
/// Characters of a line's notes.
const MAX_NOTES_CHARS: usize = 120;
/// What a text costs beyond its bytes: quotes, commas, and its place in a list.
const TEXT_OVERHEAD: usize = 8;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageData {
    /// Nanoseconds.
    length: u64,
    pub(super) services: Vec<String>,
    pub(super) spans: Vec<SpanData>,
    pub(super) findings: Vec<FindingData>,
    pub(super) more_findings: usize,
    resources: Vec<Group>,
    scopes: Vec<Group>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SpanData {
    pub(super) depth: usize,
    pub(super) name: String,
    kind: &'static str,
    /// An index.
    pub(super) service: Option<usize>,
    pub(super) duration: String,
    pub(super) place: PlaceData,
    /// How long it ran while none of its children did.
    self_time: Option<String>,
    /// Its stretches of the critical path: nanoseconds from the start of the axis.
    critical: Vec<(u64, u64)>,
    /// When it starts, in words.
    starts: Option<String>,
    /// In words, so that an error shows without colour.
    pub(super) error: Option<String>,
    message: Option<String>,
    pub(super) notes: String,
    trace_id: String,
    span_id: String,
    parent_id: Option<String>,
    attributes: Vec<Pair>,
    events: Vec<EventData>,
    links: Vec<LinkData>,
    /// Attributes, events and links that are not on the page.
    left_out: usize,
    resource: usize,
    scope: usize,
}

/// Key and value. A list of pairs, because keys are the sender's and an object of the script's has keys of its own.
type Pair = (String, String);

/// Nanoseconds from the start of the axis.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum PlaceData {
    Unknown,
    Before,
    After,
    Within(u64, u64),
}

#[derive(Serialize)]
struct EventData {
    name: String,
    at: Option<String>,
    /// Nanoseconds from the start of the axis, if it is within it.
    time: Option<u64>,
    attributes: Vec<Pair>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkData {
    trace_id: String,
    span_id: String,
    attributes: Vec<Pair>,
}

/// A resource or a scope.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    name: String,
    attributes: Vec<Pair>,
    left_out: usize,
}

#[derive(Serialize)]
pub(super) struct FindingData {
    pub(super) title: &'static str,
    cost: Option<String>,
    /// Without the title.
    pub(super) sentence: String,
    /// Indices of spans.
    evidence: Vec<usize>,
}

impl PageData {
    pub(super) fn of(tree: &SpanTree, findings: &[Finding]) -> Self {
        let mut reader = Reader {
            axis: Axis::of(tree),
            budget: Budget {
                left: MAX_DETAIL_BYTES,
                left_out: 0,
            },
            lines: Lines {
                left: MAX_LINES_BYTES,
            },
            services: Vec::new(),
            indices: HashMap::new(),
            resources: Pool::default(),
            scopes: Pool::default(),
            critical: HashMap::new(),
        };
        for segment in tree.critical_path() {
            let ends = [segment.start_unix_nano(), segment.end_unix_nano()];
            if let [Some(start), Some(end)] = ends.map(|time| reader.time(time)) {
                let of_span = reader.critical.entry(address(segment.node().span()));
                of_span.or_default().push((start, end));
            }
        }
        let spans: Vec<_> = tree
            .walk()
            .map(|(depth, node)| reader.span(depth, node))
            .collect();
        let mut rows = HashMap::new();
        for (row, (_, node)) in tree.walk().enumerate() {
            rows.entry(node.span().id()).or_insert(row);
        }
        Self {
            length: reader.axis.length(),
            services: reader.services,
            spans,
            findings: findings
                .iter()
                .take(MAX_FINDINGS)
                .map(|finding| FindingData::of(finding, &rows))
                .collect(),
            more_findings: findings.len().saturating_sub(MAX_FINDINGS),
            resources: reader.resources.into_items(),
            scopes: reader.scopes.into_items(),
        }
    }
}

impl FindingData {
    fn of(finding: &Finding, rows: &HashMap<SpanId, usize>) -> Self {
        let evidence = finding.evidence().iter();
        let sentence = finding.to_string();
        let titled = sentence.strip_prefix(finding.title());
        let rest = titled.and_then(|rest| rest.strip_prefix(": "));
        Self {
            title: finding.title(),
            cost: finding.cost().map(duration_text),
            sentence: text(rest.unwrap_or(&sentence)),
            evidence: evidence.filter_map(|id| rows.get(id).copied()).collect(),
        }
    }
}

struct Reader<'a> {
    axis: Axis,
    budget: Budget,
    lines: Lines,
    services: Vec<String>,
    indices: HashMap<&'a str, usize>,
    resources: Pool<Group>,
    scopes: Pool<Group>,
    /// By the address of the span.
    critical: HashMap<usize, Vec<(u64, u64)>>,
}

fn address(span: &Span) -> usize {
    std::ptr::from_ref(span).addr()
}

impl<'a> Reader<'a> {
    fn span(&mut self, depth: usize, node: Node<'a>) -> SpanData {
        let span = node.span();
        let label = Label::of(node);
        let left_before = self.budget.left_out;
        let attributes = self.budget.pairs(span.attributes());
        let events = self.events(span);
        let links = self.links(span);
        let left_out = self.budget.left_out - left_before;
        SpanData {
            depth,
            name: self.lines.fit(name_text(span.name())),
            kind: kind_text(&span.kind()),
            service: span.service().map(|service| self.service(service)),
            duration: span
                .duration()
                .map_or_else(|| "–".to_owned(), duration_text),
            place: match self.axis.place(span) {
                Place::Unknown => PlaceData::Unknown,
                Place::Before => PlaceData::Before,
                Place::After => PlaceData::After,
                Place::Within { start, end, .. } => PlaceData::Within(start, end),
            },
            self_time: node.self_time().map(duration_text),
            critical: self.critical.remove(&address(span)).unwrap_or_default(),
            starts: self.offset(span.start_unix_nano()),
            error: label
                .error
                .as_deref()
                .map(|error| self.lines.fit(name_text(error))),
            message: match span.status() {
                Status::Error { description } if !description.is_empty() => {
                    self.budget.take(text(&description))
                }
                _ => None,
            },
            notes: self
                .lines
                .fit(start_of(&label.notes.join(" "), MAX_NOTES_CHARS)),
            trace_id: span.trace_id().to_string(),
            span_id: span.id().to_string(),
            parent_id: span.parent_id().map(|id| id.to_string()),
            attributes,
            events,
            links,
            left_out,
            resource: self.resources.index_of(span.resource(), |resource| {
                self.budget.group(String::new(), resource.attributes())
            }),
            scope: self.scopes.index_of(span.scope(), |scope| {
                let name = format!("{} {}", scope.name(), scope.version());
                self.budget.group(text(name.trim()), scope.attributes())
            }),
        }
    }

    fn service(&mut self, service: &'a str) -> usize {
        if let Some(&index) = self.indices.get(service) {
            return index;
        }
        let name = self.lines.fit(name_text(service));
        self.services.push(name);
        let index = self.services.len() - 1;
        self.indices.insert(service, index);
        index
    }

    fn events(&mut self, span: &Span) -> Vec<EventData> {
        let mut events = Vec::new();
        for event in span.events() {
            let Some(name) = self.budget.take(name_text(event.name())) else {
                continue;
            };
            events.push(EventData {
                name,
                at: self.offset(event.time_unix_nano()),
                time: self.time(event.time_unix_nano()),
                attributes: self.budget.pairs(event.attributes()),
            });
        }
        events
    }

    fn links(&mut self, span: &Span) -> Vec<LinkData> {
        let mut links = Vec::new();
        for link in span.links() {
            let Some(trace_id) = self.budget.take(link.trace_id().to_string()) else {
                continue;
            };
            links.push(LinkData {
                trace_id,
                span_id: link.span_id().to_string(),
                attributes: self.budget.pairs(link.attributes()),
            });
        }
        links
    }

    /// A moment on the axis, if it is within it.
    fn time(&self, unix_nano: u64) -> Option<u64> {
        let time = u64::try_from(self.axis.offset(unix_nano)?).ok()?;
        (time <= self.axis.length()).then_some(time)
    }

    /// `at 455 ms`, or how long before the call.
    fn offset(&self, unix_nano: u64) -> Option<String> {
        let offset = self.axis.offset(unix_nano)?;
        let length = u64::try_from(offset.unsigned_abs()).unwrap_or(u64::MAX);
        let length = duration_text(Duration::from_nanos(length));
        Some(if offset < 0 {
            format!("{length} before the call")
        } else {
            format!("at {length}")
        })
    }
}

/// What is left of [`MAX_LINES_BYTES`].
struct Lines {
    left: usize,
}

impl Lines {
    /// A text on a span's line, shorter when all of them together are long.
    fn fit(&mut self, text: String) -> String {
        match self.left.checked_sub(written_bytes(&text)) {
            Some(left) => {
                self.left = left;
                text
            }
            None => start_of(&text, MAX_SHORT_CHARS),
        }
    }
}

/// What is left of [`MAX_DETAIL_BYTES`], and how many things it had no room for.
struct Budget {
    left: usize,
    left_out: usize,
}

impl Budget {
    fn take(&mut self, text: String) -> Option<String> {
        self.spend(written_bytes(&text)).then_some(text)
    }

    fn spend(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes.saturating_add(TEXT_OVERHEAD)) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.left_out += 1;
                false
            }
        }
    }

    fn pairs(&mut self, attributes: &[Attribute]) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for attribute in attributes {
            let pair = (name_text(&attribute.key), value_text(&attribute.value));
            if self.spend(written_bytes(&pair.0) + written_bytes(&pair.1)) {
                pairs.push(pair);
            }
        }
        pairs
    }

    fn group(&mut self, name: String, attributes: &[Attribute]) -> Group {
        let left_before = self.left_out;
        let name = self.take(name).unwrap_or_default();
        let attributes = self.pairs(attributes);
        Group {
            name,
            attributes,
            left_out: self.left_out - left_before,
        }
    }
}

/// What a text takes in the page's JSON, where markup is five bytes longer.
fn written_bytes(text: &str) -> usize {
    let longer = text.bytes().map(|byte| match byte {
        b'<' | b'>' | b'&' => 5,
        b'"' | b'\\' | b'\n' => 1,
        _ => 0,
    });
    text.len() + longer.sum::<usize>()
}

/// Scalars as they are, lists and maps as JSON over several lines, and of bytes how many.
fn value_text(value: &AnyValue) -> String {
    match value {
        AnyValue::String(string) => text(string),
        AnyValue::Array(_) | AnyValue::Map(_) => {
            text(&serde_json::to_string_pretty(&json::value(value)).unwrap_or_default())
        }
        AnyValue::Empty
        | AnyValue::Bool(_)
        | AnyValue::Int(_)
        | AnyValue::Double(_)
        | AnyValue::Bytes(_) => text(&value.to_string()),
    }
}

fn start_of(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::analysis::findings;
    use crate::analysis::fixture::{gmail_client, gmail_detailed};

    fn data(payloads: &[&Value]) -> Value {
        let tree = SpanTree::from_payloads(payloads.iter().copied()).unwrap();
        serde_json::to_value(PageData::of(&tree, &findings(&tree))).unwrap()
    }

    #[test]
    fn findings_point_to_rows() {
        let data = data(&[&gmail_client(), &gmail_detailed()]);
        assert_eq!(data["findings"][0]["evidence"], json!([6, 7, 8]));
        assert_eq!(
            data["services"],
            json!(["mcp-gmail-agent", "mcp-gmail-server"])
        );
        assert_eq!(
            data["spans"][6]["place"],
            json!({"within": [456_000_000, 976_000_000]})
        );
        assert_eq!(data["spans"][6]["starts"], "at 456 ms");
        assert_eq!(data["spans"][5]["notes"], "gmail.fetch_count=3");
        assert_eq!(
            data["spans"][0]["critical"],
            json!([[0, 2_000_000], [2_055_000_000, 2_060_000_000]])
        );
        let sentence = data["findings"][0]["sentence"].as_str().unwrap();
        assert!(
            sentence.starts_with("gmail.fetch_details makes"),
            "{sentence}"
        );
    }

    #[test]
    fn what_does_not_fit_on_the_page_is_counted() {
        let mut budget = Budget {
            left: 2 * (2 + TEXT_OVERHEAD),
            left_out: 0,
        };
        let attributes: Vec<Attribute> = (0..4)
            .map(|index| Attribute {
                key: index.to_string(),
                value: AnyValue::Int(index),
            })
            .collect();
        assert_eq!(budget.pairs(&attributes[..1]).len(), 1);
        assert_eq!(
            (budget.pairs(&attributes[..1]).len(), budget.left_out),
            (1, 0)
        );
        assert_eq!(
            (budget.pairs(&attributes[..1]).len(), budget.left_out),
            (0, 1)
        );
        assert_eq!(budget.group(String::new(), &attributes).left_out, 5);
    }

    #[test]
    fn what_stands_on_lines_is_shorter_when_there_is_much_of_it() {
        for (left, whole) in [(99, false), (100, true), (101, true)] {
            let shown = Lines { left }.fit("x".repeat(100));
            let short = "x".repeat(MAX_SHORT_CHARS) + "…";
            assert_eq!(shown, if whole { "x".repeat(100) } else { short });
        }
    }

    #[test]
    fn long_names_on_every_line_make_no_page_that_nobody_can_open() {
        let long = "<".repeat(250);
        let entry = |id: usize| {
            let attribute =
                |key: &str, value: String| json!({"key": key, "value": {"stringValue": value}});
            json!({
                "resource": {"attributes": [attribute("service.name", format!("{id}{long}"))]},
                "scopeSpans": [{"spans": [{
                    "spanId": format!("{:016x}", id + 1),
                    "name": long,
                    "attributes": [attribute("error.type", long.clone())],
                    "status": {"code": 2},
                }]}],
            })
        };
        let entries: Vec<_> = (0..crate::analysis::MAX_SPANS).map(entry).collect();
        let tree = SpanTree::from_otlp(&json!({"resourceSpans": entries})).unwrap();
        assert_eq!(tree.len(), crate::analysis::MAX_SPANS);
        let page = crate::render::html(&tree, &[], &crate::render::HtmlOptions::default());
        assert!(page.len() < 24 * 1024 * 1024, "{}", page.len());
    }

    #[test]
    fn a_page_stays_within_its_bound_and_says_what_is_not_there() {
        let attribute = json!({"key": "k", "value": {"stringValue": "<".repeat(5_000)}});
        let spans: Vec<_> = (1..=2)
            .map(|id| json!({"spanId": format!("{id:016x}"), "attributes": vec![&attribute; 400]}))
            .collect();
        let tree =
            SpanTree::from_otlp(&json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}))
                .unwrap();
        let data = PageData::of(&tree, &[]);
        let written = crate::render::escape::json_for_script(&data).len();
        assert!(written < MAX_DETAIL_BYTES + 2_000, "{written}");
        let shown: usize = data.spans.iter().map(|span| span.attributes.len()).sum();
        let left_out: usize = data.spans.iter().map(|span| span.left_out).sum();
        assert!(shown > 300 && left_out > 300);
        assert_eq!(shown + left_out, 800);
    }

    #[test]
    fn values_read_as_their_types_do() {
        for (value, shown) in [
            (AnyValue::Empty, ""),
            (AnyValue::Int(3), "3"),
            (AnyValue::Bytes(vec![1, 2]), "(2 bytes)"),
            (AnyValue::Double(f64::NAN), "NaN"),
            (
                AnyValue::Array(vec![
                    AnyValue::Bool(true),
                    AnyValue::String("\u{202e}".into()),
                ]),
                "[\n  true,\n  \"�\"\n]",
            ),
        ] {
            assert_eq!(value_text(&value), shown);
        }
    }
}
