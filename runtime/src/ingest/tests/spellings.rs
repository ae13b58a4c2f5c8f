//! What other encoders send.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use serde_json::json;

use super::*;

/// Accepts all of it, and passes it on as it is.
fn taken(telemetry: &str) -> Ingested {
    let ingested = read(telemetry);
    assert!(
        ingested.report().is_complete(),
        "{}: {telemetry}",
        ingested.report()
    );
    assert_eq!(ingested.payload().unwrap().to_json(), telemetry);
    ingested
}

#[test]
fn the_shape_of_the_official_example() {
    // Upper-case ids, 64-bit integers as numbers, no status, no flags, a scope with attributes; indented.
    let telemetry = r#"[
    {
      "resource": {
        "attributes": [ { "key": "service.name", "value": { "stringValue": "a.service" } } ]
      },
      "scopeSpans": [
        {
          "scope": {
            "name": "a.library", "version": "1.0.0",
            "attributes": [ { "key": "a.scope.attribute", "value": { "stringValue": "of the scope" } } ]
          },
          "spans": [
            {
              "traceId": "0AF7651916CD43DD8448EB211C80319C",
              "spanId": "EEE19B7EC3C1B174",
              "parentSpanId": "000000000000CA11",
              "name": "It's a server span",
              "startTimeUnixNano": 1544712660000000000,
              "endTimeUnixNano": 1544712661000000000,
              "kind": 2,
              "attributes": [ { "key": "an.attribute", "value": { "stringValue": "a value" } } ]
            }
          ]
        }
      ]
    }
  ]"#;
    let ingested = read(&format!("{{\n  \"resourceSpans\": {telemetry}\n}}"));
    assert_eq!(ingested.report().to_string(), "1 span received, 1 accepted");
    let entry = telemetry
        .trim_start_matches('[')
        .trim_end_matches(']')
        .trim();
    assert_eq!(ingested.payload().unwrap().resource_spans(), entry);
    assert_eq!(
        ingested.spans()[0].start_unix_nano(),
        1_544_712_660_000_000_000
    );
}

#[test]
fn every_spelling_of_a_span() {
    for span in [
        json!({"traceId": TRACE, "spanId": "00000000000000AB", "parentSpanId": "000000000000CA11"}),
        span_with(1, CALLER, "startTimeUnixNano", json!(7)),
        span_with(1, CALLER, "kind", json!("SPAN_KIND_SERVER")),
        span_with(1, CALLER, "kind", json!(77)),
        span_with(1, CALLER, "attributes", json!(null)),
        span_with(1, CALLER, "status", json!(null)),
        span_with(1, CALLER, "name", json!(null)),
        span_with(
            1,
            CALLER,
            "vendorExtension",
            json!({"deep": [null, {"a": 1}]}),
        ),
        span_with(
            1,
            CALLER,
            "attributes",
            json!([{"key": "k", "value": {}}, {"key": "k"}, {}]),
        ),
        span_with(
            1,
            CALLER,
            "attributes",
            json!([{"key": "k", "value": {"doubleValue": "NaN"}}]),
        ),
        span_with(
            1,
            CALLER,
            "attributes",
            json!([{"key": "k", "value": {"doubleValue": "-Infinity"}}]),
        ),
        span_with(
            1,
            CALLER,
            "attributes",
            json!([{"key": "k", "value": {"intValue": -3}}]),
        ),
        span_with(
            1,
            CALLER,
            "attributes",
            json!([{"key": "k", "value": {"bytesValue": "AAE="}}]),
        ),
        span_with(1, CALLER, "events", json!([{"timeUnixNano": 3}])),
        span_with(1, CALLER, "traceState", json!("a=b")),
    ] {
        taken(&answer(&[span]).to_string());
    }
}

#[test]
fn escaped_names_are_names() {
    let telemetry = answer(&[span(1, CALLER)])
        .to_string()
        .replace("spanId", r"span\u0049d");
    assert_eq!(ids(&taken(&telemetry)), [SpanId::from(1)]);
}

#[test]
fn what_opentelemetry_proto_writes() {
    let attribute = |key: &str, value: Option<Any>| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value }),
        ..KeyValue::default()
    };
    let trace_id = TraceId::from_hex(TRACE).unwrap().to_bytes().to_vec();
    let span = Span {
        trace_id: trace_id.clone(),
        span_id: vec![1; 8],
        parent_span_id: CALLER.to_be_bytes().to_vec(),
        name: "n".to_owned(),
        kind: 2,
        start_time_unix_nano: 1,
        end_time_unix_nano: 2,
        attributes: vec![
            attribute("text", Some(Any::StringValue("t".to_owned()))),
            attribute("int", Some(Any::IntValue(i64::MIN))),
            attribute("double", Some(Any::DoubleValue(0.5))),
            attribute("nan", Some(Any::DoubleValue(f64::NAN))),
            attribute("bytes", Some(Any::BytesValue(vec![0, 255]))),
            attribute(
                "list",
                Some(Any::ArrayValue(ArrayValue {
                    values: vec![AnyValue { value: None }],
                })),
            ),
            attribute("empty", None),
        ],
        events: vec![Event {
            time_unix_nano: 1,
            name: "e".to_owned(),
            ..Event::default()
        }],
        links: vec![Link {
            trace_id,
            span_id: vec![2; 8],
            ..Link::default()
        }],
        status: Some(Status {
            code: 2,
            message: "m".to_owned(),
        }),
        ..Span::default()
    };
    let bare = Span {
        status: None,
        attributes: Vec::new(),
        span_id: vec![3; 8],
        ..span.clone()
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![attribute(
                    "service.name",
                    Some(Any::StringValue("s".to_owned())),
                )],
                ..Resource::default()
            }),
            scope_spans: vec![
                ScopeSpans {
                    scope: None,
                    spans: vec![span],
                    schema_url: String::new(),
                },
                ScopeSpans {
                    scope: Some(InstrumentationScope::default()),
                    spans: vec![bare],
                    schema_url: "u".to_owned(),
                },
            ],
            schema_url: String::new(),
        }],
    };
    let ingested = taken(&serde_json::to_string(&request).unwrap());
    assert_eq!(ingested.spans().len(), 2);
}
