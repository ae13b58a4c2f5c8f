//! A tree and its findings as JSON for other programs.

use opentelemetry::trace::Status;
use serde::Serialize;
use serde_json::{Map, Number, Value};

use super::escape::json_text;
use super::label::kind_text;
use super::pool::Pool;
use super::timeline::Axis;
use crate::analysis::{AnyValue, Attribute, Finding, Node, SpanTree};

/// The number of the shape that [`json`] writes; it changes when a member changes its meaning or goes.
pub const JSON_VERSION: u32 = 1;

/// Writes a tree and its findings as JSON, on one line.
///
/// Spans are a flat list in the order of [`SpanTree::walk`], each with its depth, so that no depth is too deep for a
/// reader. Text is as sent; what a terminal would act on is written as `\uXXXX`.
///
/// | member | what it is |
/// |---|---|
/// | `version` | [`JSON_VERSION`] |
/// | `spans[]` | see below |
/// | `findings[]` | `title`, `sentence`, `costNano` (a number, or `null`), and the span ids it rests on: `evidence` |
/// | `criticalPath[]` | what decided when the longest root ended, in order of time: `spanId`, `startOffsetNano`, `durationNano` |
/// | `resources[]`, `scopes[]` | what spans point to by index; `attributes`, and for a scope `name` and `version` |
/// | `skipped` | how many spans could not be taken ([`SpanTree::skipped`]) |
///
/// Of a span:
///
/// | member | what it is |
/// |---|---|
/// | `depth` | 0 for a root |
/// | `traceId`, `spanId`, `parentSpanId` | hex; no parent is `null` |
/// | `name`, `kind`, `service` | the kind as `SERVER`, `CLIENT`, `INTERNAL`, `PRODUCER` or `CONSUMER`; no service is `null` |
/// | `startTimeUnixNano`, `endTimeUnixNano` | the producer's clock, decimal *strings* as in OTLP; `"0"` is unknown |
/// | `startOffsetNano`, `durationNano` | *numbers*; the offset is from the start of the earliest root, and negative before it; `null` without times |
/// | `selfNano` | a *number*: how long it ran while none of its children did; `null` without times |
/// | `status`, `statusMessage`, `error` | `UNSET`, `OK` or `ERROR`; whether it is the last |
/// | `attributes` | an object: scalars, arrays and objects as they are, bytes as base64, doubles JSON has no number for as `"NaN"` and the like. Of several attributes with one key the first counts |
/// | `events[]` | `timeUnixNano` (a string), `name`, `attributes` |
/// | `links[]` | `traceId`, `spanId`, `attributes` |
/// | `resource`, `scope` | indices |
///
/// ```
/// use glassbox::analysis::{SpanTree, findings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tree = SpanTree::from_otlp(&serde_json::json!({"resourceSpans": []}))?;
/// assert_eq!(
///     glassbox::render::json(&tree, &findings(&tree)),
///     r#"{"version":1,"spans":[],"findings":[],"criticalPath":[],"resources":[],"scopes":[],"skipped":0}"#
/// );
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn json(tree: &SpanTree, findings: &[Finding]) -> String {
    let mut document = Document::default();
    let axis = Axis::of(tree);
    for (depth, node) in tree.walk() {
        document.add(depth, node, &axis);
    }
    json_text(&Written {
        version: JSON_VERSION,
        spans: document.spans,
        findings: findings.iter().map(FindingJson::of).collect(),
        critical_path: tree
            .critical_path()
            .iter()
            .map(|segment| SegmentJson {
                span_id: segment.node().span().id().to_string(),
                start_offset_nano: axis.offset(segment.start_unix_nano()),
                duration_nano: segment
                    .end_unix_nano()
                    .saturating_sub(segment.start_unix_nano()),
            })
            .collect(),
        resources: document.resources.into_items(),
        scopes: document.scopes.into_items(),
        skipped: tree.skipped(),
    })
}

#[derive(Default)]
struct Document<'a> {
    spans: Vec<SpanJson<'a>>,
    resources: Pool<ResourceJson>,
    scopes: Pool<ScopeJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    version: u32,
    spans: Vec<SpanJson<'a>>,
    findings: Vec<FindingJson>,
    critical_path: Vec<SegmentJson>,
    resources: Vec<ResourceJson>,
    scopes: Vec<ScopeJson<'a>>,
    skipped: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpanJson<'a> {
    depth: usize,
    trace_id: String,
    span_id: String,
    parent_span_id: Option<String>,
    name: &'a str,
    kind: &'static str,
    service: Option<&'a str>,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    start_offset_nano: Option<i128>,
    duration_nano: Option<u64>,
    self_nano: Option<u128>,
    status: &'static str,
    status_message: String,
    error: bool,
    attributes: Map<String, Value>,
    events: Vec<EventJson<'a>>,
    links: Vec<LinkJson>,
    resource: usize,
    scope: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventJson<'a> {
    time_unix_nano: String,
    name: &'a str,
    attributes: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkJson {
    trace_id: String,
    span_id: String,
    attributes: Map<String, Value>,
}

#[derive(Serialize)]
struct ResourceJson {
    attributes: Map<String, Value>,
}

#[derive(Serialize)]
struct ScopeJson<'a> {
    name: &'a str,
    version: &'a str,
    attributes: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FindingJson {
    title: &'static str,
    sentence: String,
    cost_nano: Option<u128>,
    evidence: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SegmentJson {
    span_id: String,
    start_offset_nano: Option<i128>,
    duration_nano: u64,
}

impl FindingJson {
    fn of(finding: &Finding) -> Self {
        Self {
            title: finding.title(),
            sentence: finding.to_string(),
            cost_nano: finding.cost().map(|cost| cost.as_nanos()),
            evidence: finding.evidence().iter().map(ToString::to_string).collect(),
        }
    }
}

impl<'a> Document<'a> {
    fn add(&mut self, depth: usize, node: Node<'a>, axis: &Axis) {
        let span = node.span();
        let status = span.status();
        self.spans.push(SpanJson {
            depth,
            trace_id: span.trace_id().to_string(),
            span_id: span.id().to_string(),
            parent_span_id: span.parent_id().map(|id| id.to_string()),
            name: span.name(),
            kind: kind_text(&span.kind()),
            service: span.service(),
            start_time_unix_nano: span.start_unix_nano().to_string(),
            end_time_unix_nano: span.end_unix_nano().to_string(),
            start_offset_nano: axis.offset(span.start_unix_nano()),
            duration_nano: span
                .is_timed()
                .then(|| span.end_unix_nano().abs_diff(span.start_unix_nano())),
            self_nano: node.self_time().map(|time| time.as_nanos()),
            status: match status {
                Status::Unset => "UNSET",
                Status::Ok => "OK",
                Status::Error { .. } => "ERROR",
            },
            status_message: match status {
                Status::Error { description } => description.into_owned(),
                Status::Unset | Status::Ok => String::new(),
            },
            error: span.is_error(),
            attributes: object(span.attributes()),
            events: span
                .events()
                .iter()
                .map(|event| EventJson {
                    time_unix_nano: event.time_unix_nano().to_string(),
                    name: event.name(),
                    attributes: object(event.attributes()),
                })
                .collect(),
            links: span
                .links()
                .iter()
                .map(|link| LinkJson {
                    trace_id: link.trace_id().to_string(),
                    span_id: link.span_id().to_string(),
                    attributes: object(link.attributes()),
                })
                .collect(),
            resource: self
                .resources
                .index_of(span.resource(), |resource| ResourceJson {
                    attributes: object(resource.attributes()),
                }),
            scope: self.scopes.index_of(span.scope(), |scope| ScopeJson {
                name: scope.name(),
                version: scope.version(),
                attributes: object(scope.attributes()),
            }),
        });
    }
}

/// The first of several attributes with one key counts, as in [`Span::attribute`](crate::analysis::Span::attribute).
fn object(attributes: &[Attribute]) -> Map<String, Value> {
    let mut object = Map::new();
    for attribute in attributes {
        object
            .entry(attribute.key.as_str())
            .or_insert_with(|| value(&attribute.value));
    }
    object
}

/// A value as plain JSON. Recurses as deep as the value, which its reader has bounded.
pub(super) fn value(any: &AnyValue) -> Value {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    match any {
        AnyValue::Empty => Value::Null,
        AnyValue::String(text) => Value::String(text.clone()),
        AnyValue::Bool(flag) => Value::Bool(*flag),
        AnyValue::Int(number) => Value::from(*number),
        AnyValue::Double(number) => Number::from_f64(*number).map_or_else(
            || Value::String(non_finite(*number).to_owned()),
            Value::Number,
        ),
        AnyValue::Array(values) => values.iter().map(value).collect(),
        AnyValue::Map(entries) => Value::Object(object(entries)),
        AnyValue::Bytes(bytes) => Value::String(STANDARD.encode(bytes)),
    }
}

/// As the protobuf JSON mapping spells them.
fn non_finite(number: f64) -> &'static str {
    match number {
        number if number.is_nan() => "NaN",
        number if number > 0.0 => "Infinity",
        _ => "-Infinity",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::{from_str, json as object};

    use super::*;
    use crate::analysis::fixture::{gmail_client, gmail_detailed, payload};
    use crate::analysis::{MAX_SPANS, findings};

    fn written(payloads: &[&Value]) -> Value {
        let tree = SpanTree::from_payloads(payloads.iter().copied()).unwrap();
        from_str(&json(&tree, &findings(&tree))).unwrap()
    }

    #[test]
    fn keeps_the_walks_order_and_depth() {
        let json = written(&[&gmail_client(), &gmail_detailed()]);
        let outline: Vec<_> = json["spans"]
            .as_array()
            .unwrap()
            .iter()
            .map(|span| {
                format!(
                    "{} {} {} {}",
                    span["depth"], span["name"], span["startOffsetNano"], span["durationNano"]
                )
            })
            .collect();
        expect![[r#"
            0 "tools/call list_emails" 0 2060000000
            1 "tools/call list_emails" 2000000 2053000000
            2 "auth.validate" 3000000 50000000
            2 "gmail.list_messages" 53000000 402000000
            3 "GET /gmail/v1/users/me/messages" 54000000 400000000
            2 "gmail.fetch_details" 455000000 1595000000
            3 "GET /gmail/v1/users/me/messages/{id}" 456000000 520000000
            3 "GET /gmail/v1/users/me/messages/{id}" 977000000 510000000
            3 "GET /gmail/v1/users/me/messages/{id}" 1488000000 530000000
            2 "format_response" 2050000000 5000000"#]]
        .assert_eq(&outline.join("\n"));
        assert_eq!(
            json["findings"][0]["evidence"],
            object!(["0000000000000008", "0000000000000009", "000000000000000a"])
        );
        assert_eq!(json["findings"][0]["title"], "N+1");
        assert!(json["findings"][0]["costNano"].is_u64());
        assert_eq!(json["spans"][0]["selfNano"], 7_000_000);
        let path = json["criticalPath"].as_array().unwrap();
        let durations = path
            .iter()
            .map(|segment| segment["durationNano"].as_u64().unwrap());
        assert_eq!(
            Some(durations.sum()),
            json["spans"][0]["durationNano"].as_u64()
        );
        assert_eq!(json["resources"].as_array().unwrap().len(), 2);
        assert_eq!(json["scopes"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn writes_all_of_a_span() {
        let json = written(&[&object!({"resourceSpans": [{
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
            "scopeSpans": [{"scope": {"name": "lib", "version": "1"}, "spans": [{
                "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
                "parentSpanId": "00f067aa0ba902b7", "name": "n", "kind": 2,
                "startTimeUnixNano": "5", "endTimeUnixNano": "9007199254740999",
                "status": {"code": 2, "message": "broken"},
                "attributes": [
                    {"key": "a", "value": {"intValue": "9007199254740993"}},
                    {"key": "a", "value": {"boolValue": true}},
                    {"key": "b", "value": {"doubleValue": "-Infinity"}},
                    {"key": "c", "value": {"bytesValue": "AAEC"}},
                    {"key": "d", "value": {"kvlistValue": {"values": [{"key": "__proto__", "value": {"arrayValue": {"values": [{}, {"doubleValue": 0.5}]}}}]}}},
                ],
                "events": [{"timeUnixNano": "6", "name": "e"}],
                "links": [{"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "00f067aa0ba902b7"}],
            }]}],
        }]})]);
        expect![[r#"
            {
              "attributes": {
                "a": 9007199254740993,
                "b": "-Infinity",
                "c": "AAEC",
                "d": {
                  "__proto__": [
                    null,
                    0.5
                  ]
                }
              },
              "depth": 0,
              "durationNano": 9007199254740994,
              "endTimeUnixNano": "9007199254740999",
              "error": true,
              "events": [
                {
                  "attributes": {},
                  "name": "e",
                  "timeUnixNano": "6"
                }
              ],
              "kind": "SERVER",
              "links": [
                {
                  "attributes": {},
                  "spanId": "00f067aa0ba902b7",
                  "traceId": "0af7651916cd43dd8448eb211c80319c"
                }
              ],
              "name": "n",
              "parentSpanId": "00f067aa0ba902b7",
              "resource": 0,
              "scope": 0,
              "selfNano": 9007199254740994,
              "service": "shop",
              "spanId": "b7ad6b7169203331",
              "startOffsetNano": 0,
              "startTimeUnixNano": "5",
              "status": "ERROR",
              "statusMessage": "broken",
              "traceId": "0af7651916cd43dd8448eb211c80319c"
            }"#]]
        .assert_eq(&serde_json::to_string_pretty(&json["spans"][0]).unwrap());
    }

    #[test]
    fn says_null_where_times_are_missing() {
        let json = written(&[
            &object!({"resourceSpans": [{"scopeSpans": [{"spans": [{"spanId": "b7ad6b7169203331"}]}]}]}),
        ]);
        let span = &json["spans"][0];
        for member in ["startOffsetNano", "durationNano", "parentSpanId", "service"] {
            assert_eq!(span[member], Value::Null, "{member}");
        }
    }

    #[test]
    fn a_span_before_the_call_has_a_negative_offset() {
        let json = written(&[
            &payload("s", &[(1, 0, 2, "root", 10, 20, &[])]),
            &payload("s", &[(2, 1, 1, "skewed", 3, 4, &[])]),
        ]);
        assert_eq!(json["spans"][1]["startOffsetNano"], -7_000_000);
    }

    #[test]
    fn takes_a_chain_as_deep_as_the_bound() {
        let spans: Vec<_> = (1..=MAX_SPANS)
            .map(|id| object!({"spanId": format!("{id:016x}"), "parentSpanId": format!("{:016x}", id - 1)}))
            .collect();
        let json = written(&[&object!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})]);
        assert_eq!(json["spans"][MAX_SPANS - 1]["depth"], MAX_SPANS - 1);
    }
}
