//! Whatever a span holds: our text, read by `opentelemetry-proto`, is what that
//! makes of the same span.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use proptest::prelude::*;

use super::frame::by_scope;
use super::otlp::SpanWriter;

/// Any text: what JSON escapes, controls, what only looks like an end of line,
/// and characters beyond the first plane.
fn text() -> impl Strategy<Value = String> {
    "(\\PC|[\\x00-\\x22\\\\\u{7f}\u{85}\u{2028}\u{2029}\u{feff}é\u{1f980}\u{10ffff}]){0,24}"
}

fn texts() -> impl Strategy<Value = Vec<StringValue>> {
    prop::collection::vec(text().prop_map(StringValue::from), 0..3)
}

/// Finite: `opentelemetry-proto` does not read OTLP's "NaN".
fn double() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |value| value.is_finite())
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::I64),
        double().prop_map(Value::F64),
        text().prop_map(Value::from),
        texts().prop_map(|values| Value::Array(Array::String(values))),
        prop::collection::vec(any::<bool>(), 0..3).prop_map(|all| Value::Array(Array::Bool(all))),
        prop::collection::vec(any::<i64>(), 0..3).prop_map(|all| Value::Array(Array::I64(all))),
        prop::collection::vec(double(), 0..3).prop_map(|all| Value::Array(Array::F64(all))),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let attribute = (text(), value()).prop_map(|(key, value)| KeyValue::new(key, value));
    prop::collection::vec(attribute, 0..4)
}

fn trace_state() -> impl Strategy<Value = TraceState> {
    let member = ("[a-z][a-z0-9_*/-]{0,8}", "[ -+--<>-~]{0,8}[!-+--<>-~]");
    prop::collection::btree_map(member.0, member.1, 0..3)
        .prop_map(|members| TraceState::from_key_value(members).unwrap_or_default())
}

fn span_context() -> impl Strategy<Value = SpanContext> {
    let ids = (any::<u128>(), any::<u64>());
    (ids, any::<u8>(), any::<bool>(), trace_state()).prop_map(
        |((trace, span), flags, is_remote, state)| {
            let flags = TraceFlags::new(flags);
            SpanContext::new(
                TraceId::from(trace),
                SpanId::from(span),
                flags,
                is_remote,
                state,
            )
        },
    )
}

/// Any time that OTLP can say, the first and the last of them too.
fn time() -> impl Strategy<Value = SystemTime> {
    prop_oneof![Just(0), Just(u64::MAX), any::<u64>()]
        .prop_map(|nanos| SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos))
}

fn events() -> impl Strategy<Value = SpanEvents> {
    let event = (text(), time(), attributes(), 0_u32..3);
    let event = event
        .prop_map(|(name, time, attributes, dropped)| Event::new(name, time, attributes, dropped));
    (prop::collection::vec(event, 0..3), 0_u32..3).prop_map(|(made, dropped)| {
        let mut events = SpanEvents::default();
        (events.events, events.dropped_count) = (made, dropped);
        events
    })
}

fn links() -> impl Strategy<Value = SpanLinks> {
    let link = (span_context(), attributes(), 0_u32..3);
    let link =
        link.prop_map(|(context, attributes, dropped)| Link::new(context, attributes, dropped));
    (prop::collection::vec(link, 0..3), 0_u32..3).prop_map(|(made, dropped)| {
        let mut links = SpanLinks::default();
        (links.links, links.dropped_count) = (made, dropped);
        links
    })
}

fn scope() -> impl Strategy<Value = InstrumentationScope> {
    let optional = || prop::option::of(text());
    (text(), optional(), optional(), attributes()).prop_map(|(name, version, url, attributes)| {
        let mut scope = InstrumentationScope::builder(name).with_attributes(attributes);
        if let Some(version) = version {
            scope = scope.with_version(version);
        }
        if let Some(url) = url {
            scope = scope.with_schema_url(url);
        }
        scope.build()
    })
}

fn kind() -> impl Strategy<Value = SpanKind> {
    prop::sample::select(vec![
        SpanKind::Internal,
        SpanKind::Server,
        SpanKind::Client,
        SpanKind::Producer,
        SpanKind::Consumer,
    ])
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Unset),
        Just(Status::Ok),
        text().prop_map(Status::error),
    ]
}

fn span() -> impl Strategy<Value = SpanData> {
    let place = (span_context(), any::<Option<u64>>(), any::<bool>(), kind());
    let times = (time(), time());
    let lists = (attributes(), any::<u32>(), events(), links());
    (place, text(), times, lists, status(), scope()).prop_map(
        |(place, name, times, lists, status, instrumentation_scope)| {
            let (span_context, parent, parent_span_is_remote, span_kind) = place;
            let (start_time, end_time) = times;
            let (attributes, dropped_attributes_count, events, links) = lists;
            SpanData {
                span_context,
                parent_span_id: parent.map_or(SpanId::INVALID, SpanId::from),
                parent_span_is_remote,
                span_kind,
                name: name.into(),
                start_time,
                end_time,
                attributes,
                dropped_attributes_count,
                events,
                links,
                status,
                instrumentation_scope,
            }
        },
    )
}

fn resource() -> impl Strategy<Value = Resource> {
    (attributes(), prop::option::of("https://[a-z]{1,9}")).prop_map(|(attributes, url)| {
        let resource = Resource::builder_empty();
        match url {
            Some(url) => resource.with_schema_url(attributes, url).build(),
            None => resource.with_attributes(attributes).build(),
        }
    })
}

proptest! {
    #[test]
    fn our_text_reads_as_the_official_messages(
        spans in prop::collection::vec(span(), 1..3), resource in resource(),
    ) {
        let scopes = by_scope(spans.iter().map(|span| (&span.instrumentation_scope, span)));
        let mut writer = SpanWriter::new(usize::MAX);
        writer.traces(&resource, &scopes, 0, |writer, span| {
            writer.write(*span);
        });
        let text = writer.into_json();

        let ours: ExportTraceServiceRequest = serde_json::from_slice(&text).unwrap();
        let resource = ResourceAttributesWithSchema::from(&resource);
        let theirs = group_spans_by_resource_and_scope(spans, &resource);
        let mut ours = ours.resource_spans;
        // An unset status is left out, and read as absent.
        let scopes = ours.iter_mut().flat_map(|entry| &mut entry.scope_spans);
        for span in scopes.flat_map(|scope| &mut scope.spans) {
            span.status.get_or_insert_default();
        }
        prop_assert_eq!(ours, theirs);
    }
}
