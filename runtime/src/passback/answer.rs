//! The spans of one request, encoded, and what of them joins the answer.

use std::ops::Range;
use std::sync::Arc;

use opentelemetry::trace::SpanId;
use opentelemetry_sdk::Resource;

use super::bucket::Collected;
use super::counts::Counters;
use super::fit::{Sizes, Standing, fit};
use super::frame::{Around, MAX_EMPTY_BYTES, by_scope};
use super::limits::PassbackLimits;
use super::otlp::{SpanView, SpanWriter};
use super::request::PassbackRequest;
use super::secrets::Net;
use super::selection::{Selected, select};

/// The spans of one request on their way into its answer: encoded, but not yet
/// bounded by the room that the answer leaves.
///
/// They take little more memory than they will in the answer. If all of them
/// have room, the text is what joins it.
#[derive(Debug)]
pub(crate) struct Passback {
    /// The value of `_meta.otel.traces`, with all spans.
    text: Vec<u8>,
    /// Parents first.
    spans: Vec<Encoded>,
    scopes: Vec<EncodedScope>,
    resource: Around,
    /// Spans that were asked for and are not in `spans`.
    missing: usize,
    /// Secrets that were replaced in `text`.
    redacted: usize,
    max_spans: usize,
    max_bytes: usize,
    counters: Arc<Counters>,
}

/// One span of the text.
#[derive(Debug)]
struct Encoded {
    range: Range<usize>,
    standing: Standing,
}

impl Encoded {
    fn before_writing(selected: &Selected<'_>) -> Self {
        Self {
            range: 0..0,
            standing: Standing::of(selected),
        }
    }
}

/// One scope of the text.
#[derive(Debug)]
struct EncodedScope {
    around: Around,
    /// Which spans are of it, in the order of the text.
    spans: Vec<usize>,
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
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what was collected takes no memory once it is encoded"
    )]
    pub(crate) fn encode(
        collected: Collected,
        root: SpanId,
        request: PassbackRequest,
        limits: &PassbackLimits,
        described: Described,
    ) -> Self {
        let Described {
            resource,
            net,
            counters,
        } = described;
        let (selected, disconnected) = select(&collected.spans, root, request);
        let missing = disconnected + collected.dropped_spans;
        let scopes = by_scope(
            selected
                .iter()
                .zip(0..)
                .map(|(one, at)| (one.span.scope(), at)),
        );
        let mut spans: Vec<_> = selected.iter().map(Encoded::before_writing).collect();
        let mut writer = SpanWriter::new(limits.max_value_length_bytes)
            .with_net(&net)
            .with_room_for(selected.len());
        let frame = loop {
            let frame = writer.traces(&resource, &scopes, missing, |writer, at: &usize| {
                if let (Some(encoded), Some(one)) = (spans.get_mut(*at), selected.get(*at)) {
                    encoded.range = writer.write(SpanView::of(one.span, &collected.trace));
                }
            });
            if !writer.begins_again() {
                break frame;
            }
        };
        let redacted = writer.redacted();
        let mut text = writer.into_json();
        // It may wait, together with many others.
        text.shrink_to_fit();
        let scopes = frame.scopes.into_iter().zip(scopes);
        Self {
            text,
            spans,
            scopes: scopes
                .map(|(around, (_, spans))| EncodedScope { around, spans })
                .collect(),
            resource: frame.resource,
            missing,
            redacted,
            max_spans: limits.max_spans,
            max_bytes: limits.max_total_bytes,
            counters,
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
        let missing = collected.spans.len() + collected.dropped_spans;
        let mut writer = SpanWriter::new(0);
        writer.open();
        writer.close(missing);
        Self {
            text: writer.into_json(),
            spans: Vec::new(),
            scopes: Vec::new(),
            resource: Around::default(),
            missing,
            redacted: 0,
            max_spans: limits.max_spans,
            max_bytes: limits.max_total_bytes,
            counters,
        }
    }

    /// How many spans were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.spans.len() + self.missing
    }

    /// The value of `_meta.otel.traces`, JSON, for an answer that has
    /// `room_bytes` bytes left. Nothing if there is no room even for the counts.
    pub(crate) fn assemble(self, room_bytes: usize) -> Option<Vec<u8>> {
        let max_bytes = self.max_bytes.min(room_bytes);
        self.counters.redacted_secrets.add(self.redacted);
        let (text, dropped) = if self.fits_whole(max_bytes) {
            (self.text, self.missing)
        } else {
            self.some_within(max_bytes)
        };
        self.counters.dropped_spans.add(dropped);
        if text.len() > max_bytes {
            self.counters.omitted_answers.add(1);
            return None;
        }
        Some(text)
    }

    /// Counts what is never going to be part of an answer, because that went
    /// another way than was thought.
    pub(crate) fn give_up(self) {
        self.counters.dropped_spans.add(self.asked());
        self.counters.omitted_answers.add(1);
    }

    fn fits_whole(&self, max_bytes: usize) -> bool {
        self.spans.len() <= self.max_spans && self.text.len() <= max_bytes
    }

    /// The text with as many spans as the bounds allow; and how many are not in
    /// it.
    fn some_within(&self, max_bytes: usize) -> (Vec<u8>, usize) {
        let standings: Vec<_> = self.spans.iter().map(|span| span.standing).collect();
        let budget = max_bytes.saturating_sub(MAX_EMPTY_BYTES + self.resource.bytes());
        let keep = fit(&standings, &self.sizes(), self.max_spans, budget);
        let held_back = keep.iter().filter(|kept| !**kept).count();
        let dropped = held_back + self.missing;
        (self.text_of(&keep, dropped), dropped)
    }

    /// What the parts of the text take, each with a comma.
    fn sizes(&self) -> Sizes {
        let mut spans: Vec<_> = (self.spans.iter())
            .map(|span| (span.range.len() + 1, 0))
            .collect();
        for (scope, at) in self.scopes.iter().zip(0..) {
            for span in &scope.spans {
                if let Some((_, of)) = spans.get_mut(*span) {
                    *of = at;
                }
            }
        }
        let scopes = self.scopes.iter().map(|scope| scope.around.bytes() + 1);
        Sizes {
            spans,
            scopes: scopes.collect(),
        }
    }

    /// The text with those spans that are kept, put together from its parts.
    fn text_of(&self, keep: &[bool], dropped: usize) -> Vec<u8> {
        let part = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        let is_kept = |span: &&usize| keep.get(**span).is_some_and(|kept| *kept);
        let scopes: Vec<_> = (self.scopes.iter())
            .map(|scope| {
                let spans = scope.spans.iter().filter(is_kept);
                let spans = spans.filter_map(|span| self.spans.get(*span));
                (&scope.around, spans.collect::<Vec<_>>())
            })
            .filter(|(_, spans)| !spans.is_empty())
            .collect();
        let mut writer = SpanWriter::new(0);
        writer.open();
        if !scopes.is_empty() {
            writer.push(part(&self.resource.before));
            writer.items(&scopes, |writer, (around, spans)| {
                writer.push(part(&around.before));
                writer.items(spans, |writer, span| writer.push(part(&span.range)));
                writer.push(part(&around.after));
            });
            writer.push(part(&self.resource.after));
        }
        writer.close(dropped);
        writer.into_json()
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::Status;
    use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue};
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
    use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
    use opentelemetry_sdk::trace::SpanData;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::bucket::tests::span;
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
            dropped_spans,
            ..spans.into_iter().collect()
        };
        let (root, request) = (SpanId::from(1), PassbackRequest::Detailed);
        let passback = Passback::encode(collected, root, request, &limits, described);
        let text = passback.assemble(room_bytes)?;
        Some(String::from_utf8(text).unwrap())
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

    /// Spans of three scopes, of which two are equal; the last has everything
    /// that a scope can have.
    fn of_scopes() -> Vec<SpanData> {
        let plain = |name| InstrumentationScope::builder(name).build();
        let full = InstrumentationScope::builder("full")
            .with_version("1")
            .with_schema_url("https://example.com/scope")
            .with_attributes([KeyValue::new("key", "value")]);
        let scopes = [plain("a"), full.build(), plain("a"), plain("b")];
        let spans = (1..).zip(scopes).map(|(id, scope)| {
            let mut span = span(id, u64::from(id > 1), "work");
            span.instrumentation_scope = scope;
            span
        });
        spans.collect()
    }

    #[test]
    fn spans_are_grouped_by_scope() {
        let value = value(&build(of_scopes(), 0, PassbackLimits::default()));
        let scopes = value.pointer("/resourceSpans/0/scopeSpans").unwrap();
        let scopes = scopes.as_array().unwrap().iter().map(|scope| {
            let spans = scope["spans"].as_array().unwrap();
            let ids = spans.iter().map(|span| span["spanId"].as_str().unwrap());
            let ids: Vec<_> = ids.map(|id| id.trim_start_matches('0')).collect();
            (scope["scope"]["name"].as_str().unwrap(), ids.join(" "))
        });
        let expected = [("a", "1 3"), ("full", "2"), ("b", "4")];
        assert!(scopes.eq(expected.map(|(name, ids)| (name, ids.to_owned()))));
    }

    #[test]
    fn what_is_left_is_as_if_the_others_had_never_been() {
        for kept in 0..=4 {
            let limits = PassbackLimits {
                max_spans: kept,
                ..PassbackLimits::default()
            };
            let some = build(of_scopes(), 0, limits);
            let alone = of_scopes().into_iter().take(kept).collect();
            let alone = build(alone, 4 - kept, PassbackLimits::default());
            assert_eq!(some, alone);
        }
    }

    #[test]
    fn what_is_not_sent_is_counted() {
        let counters = Arc::default();
        for room_bytes in [0, 100] {
            let collected = Collected {
                dropped_spans: 4,
                ..Collected::from_iter([span(1, 0, "root")])
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
        use opentelemetry::Key;
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
        let collected = Collected::from_iter([root]);
        let (root, request) = (SpanId::from(1), PassbackRequest::Detailed);
        let limits = PassbackLimits::default();
        let passback = Passback::encode(collected, root, request, &limits, described);
        let text = String::from_utf8(passback.assemble(usize::MAX).unwrap()).unwrap();
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

    #[test]
    fn a_secret_that_is_like_the_format_changes_nothing() {
        use super::super::secrets::Secrets;
        let counters = Arc::<Counters>::default();
        let secrets = Secrets::new(["startTimeUnixNano", "\":\"work\",\""]).unwrap();
        let [with, without] = [Net::new(&secrets, []), Net::default()].map(|net| {
            let described = Described {
                net,
                ..described(&counters)
            };
            let collected = Collected::from_iter([span(1, 0, "work")]);
            let (root, request) = (SpanId::from(1), PassbackRequest::Detailed);
            let limits = PassbackLimits::default();
            let passback = Passback::encode(collected, root, request, &limits, described);
            passback.assemble(usize::MAX).unwrap()
        });
        assert_eq!(with, without);
        assert_eq!(counters.snapshot().redacted_secrets, 0);
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
        let status = prop_oneof![Just(Status::Unset), ".{0,9}".prop_map(Status::error)];
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
