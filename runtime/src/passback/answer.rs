//! What joins the answer.

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::Resource;
use rmcp::ErrorData;
use rmcp::model::{JsonObject, MetaObject};
use serde_json::Value;

use super::bucket::Collected;
use super::counts::Counters;
use super::fit::{Sizes, fit};
use super::limits::PassbackLimits;
use super::otlp::{SpanWriter, assemble, scope_bytes};
use super::request::{OTEL_KEY, PassbackRequest, TRACES_KEY};
use super::secrets::Net;
use super::selection::select;

const META_KEY: &str = "_meta";

/// The spans of one request as the value of `_meta.otel.traces`.
#[derive(Debug)]
pub(crate) struct Passback {
    text: String,
}

/// What goes with the spans of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Described<'a> {
    /// Who made them.
    pub(crate) resource: &'a Resource,
    /// What must not be in them.
    pub(crate) net: &'a Net,
    /// Where it is counted what was held back.
    pub(crate) counters: &'a Counters,
}

impl Passback {
    /// Selects, bounds and encodes what a request has left behind, for an
    /// answer that has `room_bytes` bytes left. Nothing if there is no room even
    /// for the counts.
    pub(crate) fn build(
        collected: Collected,
        root: SpanId,
        request: PassbackRequest,
        limits: &PassbackLimits,
        room_bytes: usize,
        described: Described<'_>,
    ) -> Option<Self> {
        let Described {
            resource,
            net,
            counters,
        } = described;
        let max_bytes = limits.max_total_bytes.min(room_bytes);
        let (spans, disconnected) = select(collected.spans, root, request);
        let mut writer = SpanWriter::new(limits.max_value_length_bytes).with_net(net);
        let mut scopes: Vec<&InstrumentationScope> = Vec::new();
        let mut sizes = Sizes::default();
        let mut ranges = Vec::with_capacity(spans.len());
        for selected in &spans {
            let scope = &selected.span.instrumentation_scope;
            let index = scopes.iter().position(|known| *known == scope);
            let index = index.unwrap_or_else(|| {
                scopes.push(scope);
                sizes.scopes.push(scope_bytes(scope, net));
                scopes.len() - 1
            });
            let range = writer.write(&selected.span);
            sizes.spans.push((range.len() + 1, index));
            ranges.push(range);
        }
        let frame_bytes = frame_bytes(resource, net);
        let budget = max_bytes.saturating_sub(frame_bytes);
        let keep = fit(&spans, &sizes, limits.max_spans, budget);

        let held_back = keep.iter().filter(|kept| !**kept).count();
        let kept = spans.iter().zip(ranges).zip(keep).filter(|(_, kept)| *kept);
        let parts = kept.map(|((selected, range), _)| {
            (
                &selected.span.instrumentation_scope,
                writer.text().get(range).unwrap_or_default(),
            )
        });
        let dropped = held_back + disconnected + collected.dropped_spans;
        let (text, redacted) = assemble(resource, parts, dropped, net);
        counters.dropped_spans.add(dropped);
        counters.redacted_secrets.add(writer.redacted() + redacted);
        Self::within(text, max_bytes, counters)
    }

    /// Says that spans were recorded, and shows none of them: for a request with
    /// more secrets than can be looked for.
    pub(crate) fn unsearched(
        collected: &Collected,
        limits: &PassbackLimits,
        room_bytes: usize,
        counters: &Counters,
    ) -> Option<Self> {
        counters.unsearched_requests.add(1);
        let dropped = collected.spans.len() + collected.dropped_spans;
        counters.dropped_spans.add(dropped);
        let nobody = Resource::builder_empty().build();
        let (text, _) = assemble(&nobody, [], dropped, &Net::default());
        Self::within(text, limits.max_total_bytes.min(room_bytes), counters)
    }

    /// The text, if there is room for it.
    fn within(text: String, max_bytes: usize, counters: &Counters) -> Option<Self> {
        if text.len() > max_bytes {
            counters.omitted_answers.add(1);
            return None;
        }
        Some(Self { text })
    }

    #[cfg(any(test, feature = "bench-internals"))]
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// The telemetry as a value, for answers that are built from values.
    fn into_value(self) -> Option<Value> {
        serde_json::from_str(&self.text).ok()
    }
}

/// Bytes of telemetry without any span or scope, at most.
fn frame_bytes(resource: &Resource, net: &Net) -> usize {
    let scope = InstrumentationScope::default();
    let (text, _) = assemble(resource, [(&scope, "")], usize::MAX, net);
    text.len().saturating_sub(scope_bytes(&scope, net)) + 1
}

/// Puts the telemetry under `_meta.otel.traces` of a result. What the result's
/// author put into `_meta` stays.
pub(crate) fn attach_to_meta(passback: Passback, meta: &mut Option<MetaObject>) {
    attach(passback, meta.get_or_insert_default());
}

/// Puts the telemetry under `error.data._meta.otel.traces`, the only place of
/// a JSON-RPC error where it survives. Data that is not an object stays alone.
pub(crate) fn attach_to_error(passback: Passback, error: &mut ErrorData) {
    let data = error
        .data
        .get_or_insert_with(|| Value::Object(JsonObject::new()));
    if let Some(data) = data.as_object_mut()
        && let Some(meta) = object_at(data, META_KEY)
    {
        attach(passback, meta);
    }
}

fn attach(passback: Passback, meta: &mut JsonObject) {
    if let Some(value) = passback.into_value()
        && let Some(otel) = object_at(meta, OTEL_KEY)
    {
        otel.insert(TRACES_KEY.to_owned(), value);
    }
}

/// The object under `key`, made if there is nothing; `None` if there is
/// something else.
fn object_at<'a>(object: &'a mut JsonObject, key: &str) -> Option<&'a mut JsonObject> {
    object
        .entry(key)
        .or_insert_with(|| Value::Object(JsonObject::new()))
        .as_object_mut()
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
    use serde_json::json;

    use super::super::bucket::tests::span;
    use super::*;

    fn resource() -> Resource {
        Resource::builder_empty().with_service_name("shop").build()
    }

    fn build(spans: Vec<SpanData>, dropped_spans: usize, limits: PassbackLimits) -> Passback {
        build_within(spans, dropped_spans, limits, usize::MAX).unwrap()
    }

    fn build_within(
        spans: Vec<SpanData>,
        dropped_spans: usize,
        limits: PassbackLimits,
        room_bytes: usize,
    ) -> Option<Passback> {
        let described = Described {
            resource: &resource(),
            net: &Net::default(),
            counters: &Counters::default(),
        };
        let collected = Collected {
            spans,
            dropped_spans,
        };
        let (root, request) = (SpanId::from(1), PassbackRequest::Detailed);
        Passback::build(collected, root, request, &limits, room_bytes, described)
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
        let value = build(
            vec![root, span(2, 1, "child")],
            0,
            PassbackLimits::default(),
        )
        .into_value();
        assert_eq!(
            value.unwrap(),
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
        let text = build(vec![root], 0, PassbackLimits::default()).text;
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
        let value = build(spans, 2, limits).into_value().unwrap();
        assert_eq!(value["truncated"], true);
        assert_eq!(value["droppedSpanCount"], 3);
    }

    #[test]
    fn the_bounds_on_bytes_hold_for_the_whole_text() {
        let spans: Vec<_> = (1..=50)
            .map(|id| span(id, u64::from(id > 1), "work"))
            .collect();
        let all = build(spans.clone(), 0, PassbackLimits::default())
            .text
            .len();
        for max_bytes in (0..100).chain([300, 1_000, 5_000, all - 1, all]) {
            let limits = PassbackLimits {
                max_total_bytes: max_bytes,
                ..PassbackLimits::default()
            };
            let by_total = build_within(spans.clone(), 0, limits, usize::MAX);
            let by_room = build_within(spans.clone(), 0, PassbackLimits::default(), max_bytes);
            let texts = [by_total, by_room].map(|passback| passback.map(|passback| passback.text));
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
        let counters = Counters::default();
        let described = Described {
            resource: &resource(),
            net: &Net::default(),
            counters: &counters,
        };
        for room_bytes in [0, 100] {
            let collected = Collected {
                spans: vec![span(1, 0, "root")],
                dropped_spans: 4,
            };
            let (root, request) = (SpanId::from(1), PassbackRequest::Detailed);
            let limits = PassbackLimits::default();
            Passback::build(collected, root, request, &limits, room_bytes, described);
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
        let counters = Counters::default();
        let described = Described {
            resource: &resource,
            net: &Net::new(&secrets, []),
            counters: &counters,
        };
        let collected = Collected {
            spans: vec![root],
            dropped_spans: 0,
        };
        let (root, request) = (SpanId::from(1), PassbackRequest::Detailed);
        let limits = PassbackLimits::default();
        let passback = Passback::build(collected, root, request, &limits, usize::MAX, described);
        let passback = passback.unwrap();
        for secret in ["hunter2", "271828182", "2.345678", "odW50ZXIy", "hunt"] {
            assert!(
                !passback.text.contains(secret),
                "{secret}: {}",
                passback.text
            );
        }
        assert_eq!(passback.text.matches("[redacted]").count(), 11);
        assert_eq!(
            counters.snapshot().redacted_secrets,
            12,
            "of one it was cut away again"
        );
    }

    #[test]
    fn what_the_author_put_into_meta_stays() {
        let passback = || build(vec![span(1, 0, "root")], 0, PassbackLimits::default());
        let mut meta = Some(MetaObject(
            json!({"a": 1, "otel": {"b": 2}})
                .as_object()
                .cloned()
                .unwrap(),
        ));
        attach_to_meta(passback(), &mut meta);
        let meta = meta.unwrap();
        assert_eq!((&meta["a"], &meta["otel"]["b"]), (&json!(1), &json!(2)));
        assert!(meta["otel"]["traces"]["resourceSpans"].is_array());

        let mut odd = Some(MetaObject(
            json!({"otel": "mine"}).as_object().cloned().unwrap(),
        ));
        attach_to_meta(passback(), &mut odd);
        assert_eq!(odd.unwrap()["otel"], "mine");
    }

    #[test]
    fn errors_carry_spans_in_their_data() {
        let passback = || build(vec![span(1, 0, "root")], 0, PassbackLimits::default());
        let mut error = ErrorData::invalid_params("no", None);
        attach_to_error(passback(), &mut error);
        let path = "/_meta/otel/traces/resourceSpans/0";
        assert!(error.data.unwrap().pointer(path).is_some());

        let mut error = ErrorData::invalid_params("no", Some(json!({"hint": "yes"})));
        attach_to_error(passback(), &mut error);
        let data = error.data.unwrap();
        assert_eq!(data["hint"], "yes");
        assert!(data.pointer(path).is_some());

        let mut error = ErrorData::invalid_params("no", Some(json!("text")));
        attach_to_error(passback(), &mut error);
        assert_eq!(error.data.unwrap(), "text");
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
                serde_json::from_str(&build(vec![span.clone()], 0, PassbackLimits::default()).text).unwrap();
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
