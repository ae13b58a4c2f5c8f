//! The spans of one request, encoded, and what of them joins the answer.

use std::ops::Range;
use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::Resource;

use super::bucket::Collected;
use super::counts::Counters;
use super::fit::{Sizes, Standing, fit};
use super::limits::PassbackLimits;
use super::otlp::{SpanWriter, assemble, scope_bytes};
use super::request::PassbackRequest;
use super::secrets::Net;
use super::selection::select;

/// The spans of one request on their way into its answer: encoded, but not yet
/// bounded by the room that the answer leaves.
///
/// They take little more memory than they will in the answer.
#[derive(Debug)]
pub(crate) struct Passback {
    /// The spans as text, one after another.
    text: String,
    spans: Vec<Encoded>,
    scopes: Vec<InstrumentationScope>,
    /// Spans that were asked for and are not in `spans`.
    missing: usize,
    /// Secrets that were replaced in `text`.
    redacted: usize,
    max_spans: usize,
    max_bytes: usize,
    described: Described,
}

/// One span of the text.
#[derive(Debug)]
struct Encoded {
    range: Range<usize>,
    scope: usize,
    standing: Standing,
}

/// What goes with the spans of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    /// Who made them.
    pub(crate) resource: Resource,
    /// What must not be in them.
    pub(crate) net: Net,
    /// Where it is counted what was held back.
    pub(crate) counters: Arc<Counters>,
}

impl Passback {
    /// Selects and encodes what a request has left behind.
    pub(crate) fn encode(
        collected: Collected,
        root: SpanId,
        request: PassbackRequest,
        limits: &PassbackLimits,
        described: Described,
    ) -> Self {
        let (selected, disconnected) = select(collected.spans, root, request);
        let mut writer = SpanWriter::new(limits.max_value_length_bytes).with_net(&described.net);
        let mut scopes: Vec<InstrumentationScope> = Vec::new();
        let mut spans = Vec::with_capacity(selected.len());
        for selected in &selected {
            let of = selected.span.scope();
            let scope = scopes.iter().position(|known| known == of);
            let scope = scope.unwrap_or_else(|| {
                scopes.push(of.clone());
                scopes.len() - 1
            });
            spans.push(Encoded {
                range: writer.write(&selected.span),
                scope,
                standing: Standing::of(selected),
            });
        }
        let redacted = writer.redacted();
        let mut text = writer.into_text();
        // It may wait, together with many others.
        text.shrink_to_fit();
        Self {
            text,
            spans,
            scopes,
            missing: disconnected + collected.dropped_spans,
            redacted,
            max_spans: limits.max_spans,
            max_bytes: limits.max_total_bytes,
            described,
        }
    }

    /// Says that spans were recorded, and shows none of them: for a request with
    /// more secrets than can be looked for.
    pub(crate) fn unsearched(
        collected: &Collected,
        limits: &PassbackLimits,
        counters: Arc<Counters>,
    ) -> Self {
        counters.unsearched_requests.add(1);
        Self {
            text: String::new(),
            spans: Vec::new(),
            scopes: Vec::new(),
            missing: collected.spans.len() + collected.dropped_spans,
            redacted: 0,
            max_spans: limits.max_spans,
            max_bytes: limits.max_total_bytes,
            described: Described {
                resource: Resource::builder_empty().build(),
                net: Net::default(),
                counters,
            },
        }
    }

    /// How many spans were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.spans.len() + self.missing
    }

    /// The value of `_meta.otel.traces` for an answer that has `room_bytes`
    /// bytes left. Nothing if there is no room even for the counts.
    pub(crate) fn assemble(self, room_bytes: usize) -> Option<String> {
        let max_bytes = self.max_bytes.min(room_bytes);
        let (text, dropped, redacted) = self
            .all_within(max_bytes)
            .unwrap_or_else(|| self.some_within(max_bytes));
        let counters = &self.described.counters;
        counters.dropped_spans.add(dropped);
        counters.redacted_secrets.add(self.redacted + redacted);
        if text.len() > max_bytes {
            counters.omitted_answers.add(1);
            return None;
        }
        Some(text)
    }

    /// Counts what is never going to be part of an answer, because that went
    /// another way than was thought.
    pub(crate) fn give_up(self) {
        let counters = &self.described.counters;
        counters.dropped_spans.add(self.asked());
        counters.omitted_answers.add(1);
    }

    /// The text with all spans, if it is within the bounds; and what was dropped
    /// and redacted.
    fn all_within(&self, max_bytes: usize) -> Option<(String, usize, usize)> {
        if self.spans.len() > self.max_spans || self.text.len() > max_bytes {
            return None;
        }
        let (text, redacted) = self.text_of(self.spans.iter(), self.missing);
        (text.len() <= max_bytes).then_some((text, self.missing, redacted))
    }

    /// The text with as many spans as the bounds allow; and what was dropped and
    /// redacted.
    fn some_within(&self, max_bytes: usize) -> (String, usize, usize) {
        let Described { resource, net, .. } = &self.described;
        let scopes = self.scopes.iter();
        let sizes = Sizes {
            spans: (self
                .spans
                .iter()
                .map(|span| (span.range.len() + 1, span.scope)))
            .collect(),
            scopes: scopes.map(|scope| scope_bytes(scope, net)).collect(),
        };
        let standings: Vec<_> = self.spans.iter().map(|span| span.standing).collect();
        let budget = max_bytes.saturating_sub(frame_bytes(resource, net));
        let keep = fit(&standings, &sizes, self.max_spans, budget);
        let held_back = keep.iter().filter(|kept| !**kept).count();
        let kept = self.spans.iter().zip(&keep).filter(|(_, kept)| **kept);
        let dropped = held_back + self.missing;
        let (text, redacted) = self.text_of(kept.map(|(span, _)| span), dropped);
        (text, dropped, redacted)
    }

    fn text_of<'a>(
        &'a self,
        spans: impl Iterator<Item = &'a Encoded>,
        dropped: usize,
    ) -> (String, usize) {
        let parts = spans.filter_map(|span| {
            let scope = self.scopes.get(span.scope)?;
            Some((scope, self.text.get(span.range.clone())?))
        });
        assemble(
            &self.described.resource,
            parts,
            dropped,
            &self.described.net,
        )
    }
}

/// Bytes of telemetry without any span or scope, at most.
fn frame_bytes(resource: &Resource, net: &Net) -> usize {
    let scope = InstrumentationScope::default();
    let (text, _) = assemble(resource, [(&scope, "")], usize::MAX, net);
    text.len().saturating_sub(scope_bytes(&scope, net)) + 1
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::Status;
    use opentelemetry::{Array, KeyValue, StringValue};
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
    use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
    use opentelemetry_sdk::trace::SpanData;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::bucket::tests::span;
    use super::super::finished::Finished;
    use super::*;

    fn described(counters: &Arc<Counters>) -> Described {
        Described {
            resource: resource(),
            net: Net::default(),
            counters: Arc::clone(counters),
        }
    }

    fn resource() -> Resource {
        Resource::builder_empty().with_service_name("shop").build()
    }

    fn build(spans: Vec<SpanData>, dropped_spans: usize, limits: PassbackLimits) -> String {
        build_within(spans, dropped_spans, limits, usize::MAX).unwrap()
    }

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn build_within(
        spans: Vec<SpanData>,
        dropped_spans: usize,
        limits: PassbackLimits,
        room_bytes: usize,
    ) -> Option<String> {
        let described = described(&Arc::default());
        let collected = Collected {
            spans: spans.into_iter().map(Finished::from).collect(),
            dropped_spans,
        };
        let (root, request) = (SpanId::from(1), PassbackRequest::Detailed);
        Passback::encode(collected, root, request, &limits, described).assemble(room_bytes)
    }

    #[test]
    fn writes_otlp_json() {
        let mut root = span(1, 7, "root");
        root.parent_span_is_remote = true;
        root.attributes.push(KeyValue::new("yes", true));
        root.attributes.push(KeyValue::new("number", 5_i64));
        root.attributes.push(KeyValue::new("half", 0.5));
        root.attributes
            .push(KeyValue::new("text", "a \"quoted\" line\n"));
        root.dropped_attributes_count = 1;
        root.status = Status::error("why");
        let spans = vec![root, span(2, 1, "child")];
        let text = build(spans, 0, PassbackLimits::default());
        assert_eq!(
            value(&text),
            json!({
                "resourceSpans": [{
                    "resource": {"attributes": [
                        {"key": "service.name", "value": {"stringValue": "shop"}},
                    ]},
                    "scopeSpans": [{
                        "scope": {"name": ""},
                        "spans": [
                            {
                                "traceId": "00000000000000000000000000000001",
                                "spanId": "0000000000000001",
                                "parentSpanId": "0000000000000007",
                                "flags": 0x300,
                                "name": "root",
                                "kind": 1,
                                "startTimeUnixNano": "1700000000001000000",
                                "endTimeUnixNano": "1700000000002000000",
                                "attributes": [
                                    {"key": "yes", "value": {"boolValue": true}},
                                    {"key": "number", "value": {"intValue": "5"}},
                                    {"key": "half", "value": {"doubleValue": 0.5}},
                                    {"key": "text", "value": {"stringValue": "a \"quoted\" line\n"}},
                                ],
                                "droppedAttributesCount": 1,
                                "status": {"code": 2, "message": "why"},
                            },
                            {
                                "traceId": "00000000000000000000000000000001",
                                "spanId": "0000000000000002",
                                "parentSpanId": "0000000000000001",
                                "flags": 0x100,
                                "name": "child",
                                "kind": 1,
                                "startTimeUnixNano": "1700000000002000000",
                                "endTimeUnixNano": "1700000000003000000",
                            },
                        ],
                    }],
                }],
                "truncated": false,
                "droppedSpanCount": 0,
            })
        );
    }

    #[test]
    fn non_finite_numbers_are_strings() {
        let mut root = span(1, 0, "root");
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -0.0] {
            root.attributes.push(KeyValue::new("key", value));
        }
        let text = build(vec![root], 0, PassbackLimits::default());
        for expected in ["\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "1e300", "-0.0"] {
            assert!(
                text.contains(&format!("{{\"doubleValue\":{expected}}}")),
                "{text}"
            );
        }
    }

    #[test]
    fn says_how_many_spans_were_held_back() {
        let spans: Vec<_> = (1..=4)
            .map(|id| span(id, u64::from(id > 1), "work"))
            .collect();
        let limits = PassbackLimits {
            max_spans: 3,
            ..PassbackLimits::default()
        };
        let value = value(&build(spans, 2, limits));
        assert_eq!(value["truncated"], true);
        assert_eq!(value["droppedSpanCount"], 3);
    }

    #[test]
    fn the_bounds_on_bytes_hold_for_the_whole_text() {
        let spans: Vec<_> = (1..=50)
            .map(|id| span(id, u64::from(id > 1), "work"))
            .collect();
        let all = build(spans.clone(), 0, PassbackLimits::default()).len();
        for max_bytes in (0..100).chain([300, 1_000, 5_000, all - 1, all]) {
            let limits = PassbackLimits {
                max_total_bytes: max_bytes,
                ..PassbackLimits::default()
            };
            let by_total = build_within(spans.clone(), 0, limits, usize::MAX);
            let by_room = build_within(spans.clone(), 0, PassbackLimits::default(), max_bytes);
            let texts = [by_total, by_room];
            assert_eq!(texts[0], texts[1]);
            let counts = r#"{"resourceSpans":[],"truncated":true,"droppedSpanCount":50}"#;
            assert_eq!(texts[0].is_some(), max_bytes >= counts.len());
            assert!(texts.iter().flatten().all(|text| text.len() <= max_bytes));
            if max_bytes < 300 {
                assert!(texts[0].as_ref().is_none_or(|text| text == counts));
            }
        }
    }

    #[test]
    fn what_is_not_sent_is_counted() {
        let counters = Arc::default();
        for room_bytes in [0, 100] {
            let collected = Collected {
                spans: vec![span(1, 0, "root").into()],
                dropped_spans: 4,
            };
            let (root, request) = (SpanId::from(1), PassbackRequest::Detailed);
            let limits = PassbackLimits::default();
            let described = described(&counters);
            Passback::encode(collected, root, request, &limits, described).assemble(room_bytes);
        }
        let counts = counters.snapshot();
        assert_eq!((counts.dropped_spans, counts.omitted_answers), (10, 1));
    }

    #[test]
    fn a_known_secret_leaves_nowhere() {
        use super::super::secrets::Secrets;
        use opentelemetry::{InstrumentationScope, Key};
        let mut root = span(1, 0, "");
        root.name = "call of hunter2".into();
        root.status = Status::error("no such key: hunter2");
        root.instrumentation_scope = InstrumentationScope::builder("scope-hunter2").build();
        let strings = vec![StringValue::from("hunter2"), "plain".into()];
        root.attributes = vec![
            KeyValue::new("key", "it is \"hunter2\""),
            KeyValue::new(Key::new("hunter2.key"), 1),
            KeyValue::new(
                "strings",
                opentelemetry::Value::Array(Array::String(strings)),
            ),
            KeyValue::new("number", 271_828_182),
            KeyValue::new(
                "numbers",
                opentelemetry::Value::Array(Array::I64(vec![271_828_182])),
            ),
            KeyValue::new(
                "doubles",
                opentelemetry::Value::Array(Array::F64(vec![2.345_678])),
            ),
            KeyValue::new("base64", "dXNlcjpodW50ZXIyOg=="),
            KeyValue::new("cut", format!("{}hunter2", "x".repeat(1_020))),
        ];
        let resource = Resource::builder_empty()
            .with_service_name("shop-hunter2")
            .build();
        let secrets = Secrets::new(["hunter2", "271828182", "2.345678"]).unwrap();
        let counters = Arc::<Counters>::default();
        let described = Described {
            resource,
            net: Net::new(&secrets, []),
            counters: Arc::clone(&counters),
        };
        let collected = Collected {
            spans: vec![root.into()],
            dropped_spans: 0,
        };
        let (root, request) = (SpanId::from(1), PassbackRequest::Detailed);
        let limits = PassbackLimits::default();
        let passback = Passback::encode(collected, root, request, &limits, described);
        let text = passback.assemble(usize::MAX).unwrap();
        for secret in ["hunter2", "271828182", "2.345678", "odW50ZXIy", "hunt"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        assert_eq!(text.matches("[redacted]").count(), 11);
        assert_eq!(
            counters.snapshot().redacted_secrets,
            12,
            "of one it was cut away again"
        );
    }

    fn any_span() -> impl Strategy<Value = SpanData> {
        let value = prop_oneof![
            any::<bool>().prop_map(opentelemetry::Value::Bool),
            any::<i64>().prop_map(opentelemetry::Value::I64),
            (-1e9..1e9).prop_map(opentelemetry::Value::F64),
            ".{0,20}".prop_map(|text| opentelemetry::Value::String(text.into())),
            prop::collection::vec(".{0,5}", 0..3).prop_map(|items| {
                let items: Vec<StringValue> = items.into_iter().map(Into::into).collect();
                opentelemetry::Value::Array(Array::String(items))
            }),
            prop::collection::vec(any::<i64>(), 0..3)
                .prop_map(|items| opentelemetry::Value::Array(Array::I64(items))),
        ];
        let status = prop_oneof![
            Just(Status::Unset),
            Just(Status::Ok),
            ".{0,9}".prop_map(Status::error)
        ];
        (
            prop::collection::vec(value, 0..5),
            status,
            ".{0,20}",
            0_u32..3,
        )
            .prop_map(|(values, status, name, dropped)| {
                let mut span = span(1, 7, "");
                span.name = name.into();
                span.attributes = values
                    .into_iter()
                    .map(|value| KeyValue::new("key", value))
                    .collect();
                span.status = status;
                span.dropped_attributes_count = dropped;
                span
            })
    }

    proptest! {
        /// Our text, read by `opentelemetry-proto`, is what it makes of the same span.
        #[test]
        fn reads_as_the_official_messages(span in any_span()) {
            let ours: ExportTraceServiceRequest =
                serde_json::from_str(&build(vec![span.clone()], 0, PassbackLimits::default())).unwrap();
            let resource = ResourceAttributesWithSchema::from(&resource());
            let theirs = group_spans_by_resource_and_scope(vec![span], &resource);
            let mut ours = ours.resource_spans;
            // An unset status is left out, and read as absent.
            let status = &mut ours[0].scope_spans[0].spans[0].status;
            status.get_or_insert_default();
            prop_assert_eq!(ours, theirs);
        }
    }
}
