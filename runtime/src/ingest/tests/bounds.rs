//! Every bound, one below it, at it, and one above.

use serde_json::json;

use super::*;
use crate::ingest::{IngestLimits, RejectReason};

/// What becomes of one span under limits: `None` if it is accepted.
fn verdict(limits: IngestLimits, span: &Value) -> Option<RejectReason> {
    verdict_of(limits, &answer(std::slice::from_ref(span)).to_string())
}

fn verdict_of(limits: IngestLimits, telemetry: &str) -> Option<RejectReason> {
    let ingested = Ingest::new()
        .with_limits(limits)
        .read(telemetry, &caller(CALLER));
    let report = ingested.report();
    assert_eq!(
        ingested.payload().map_or(0, |payload| payload.span_count()),
        report.accepted()
    );
    assert_eq!(ingested.spans().len(), report.accepted());
    report
        .rejections()
        .chain(report.refusals())
        .next()
        .map(|(reason, _)| reason)
}

#[test]
fn bytes() {
    let telemetry = answer(&[span(1, CALLER)]).to_string();
    for (max, expected) in [
        (telemetry.len() + 1, None),
        (telemetry.len(), None),
        (telemetry.len() - 1, Some(RejectReason::TooLarge)),
    ] {
        assert_eq!(
            verdict_of(IngestLimits::new().with_max_bytes(max), &telemetry),
            expected
        );
    }
}

#[test]
fn spans() {
    let spans: Vec<_> = (1..=5)
        .map(|id| span(id, if id == 1 { CALLER } else { id - 1 }))
        .collect();
    let telemetry = answer(&spans).to_string();
    for (max, accepted) in [(4, 4), (5, 5), (6, 5)] {
        let ingest = Ingest::new().with_limits(IngestLimits::new().with_max_spans(max));
        let ingested = ingest.read(&telemetry, &caller(CALLER));
        assert_eq!(ingested.report().accepted(), accepted);
        assert_eq!(
            ingested.report().rejected(RejectReason::TooManySpans),
            5 - accepted
        );
    }
}

#[test]
fn attributes_events_and_links() {
    let limits = IngestLimits::new()
        .with_max_attributes(3)
        .with_max_events(4)
        .with_max_links(5);
    let attributes = |count: usize| json!(vec![text_attribute("k", "v"); count]);
    let of_event = |count| json!([{"name": "e", "attributes": attributes(count)}]);
    let of_link = |count| json!([{"attributes": attributes(count)}]);
    let plain = |count: usize| json!(vec![json!({}); count]);
    for excess in [0, 1, 2] {
        let expected = (excess == 2).then_some(RejectReason::Oversized);
        for span in [
            span_with(1, CALLER, "attributes", attributes(2 + excess)),
            span_with(1, CALLER, "events", of_event(2 + excess)),
            span_with(1, CALLER, "links", of_link(2 + excess)),
            span_with(1, CALLER, "events", plain(3 + excess)),
            span_with(1, CALLER, "links", plain(4 + excess)),
        ] {
            assert_eq!(verdict(limits, &span), expected, "{span}");
        }
        let mut telemetry = answer(&[span(1, CALLER)]);
        let more = telemetry["resourceSpans"][0]["resource"]["attributes"]
            .as_array_mut()
            .unwrap();
        more.extend(vec![text_attribute("k", "v"); 1 + excess]);
        assert_eq!(verdict_of(limits, &telemetry.to_string()), expected);
        let mut telemetry = answer(&[span(1, CALLER)]);
        telemetry["resourceSpans"][0]["scopeSpans"][0]["scope"]["attributes"] =
            attributes(2 + excess);
        assert_eq!(verdict_of(limits, &telemetry.to_string()), expected);
    }
}

#[test]
fn lists_end_at_the_readers_own_bound() {
    let limits = IngestLimits::new().with_max_attributes(usize::MAX);
    for (count, expected) in [
        (1023, None),
        (1024, None),
        (1025, Some(RejectReason::Oversized)),
    ] {
        let attributes = json!(vec![text_attribute("k", "v"); count]);
        assert_eq!(
            verdict(limits, &span_with(1, CALLER, "attributes", attributes)),
            expected
        );
    }
}

/// A value of so many arrays in each other, as an attribute: 3 levels each, below 4 of the span and its attribute.
fn nested_arrays(levels: usize) -> Value {
    let value = (0..levels).fold(
        json!({}),
        |value, _| json!({"arrayValue": {"values": [value]}}),
    );
    json!([{"key": "k", "value": value}])
}

#[test]
fn nesting() {
    for (max, expected) in [(17, None), (16, None), (15, Some(RejectReason::TooDeep))] {
        let limits = IngestLimits::new().with_max_nesting(max);
        let deep = span_with(1, CALLER, "attributes", nested_arrays(4));
        assert_eq!(verdict(limits, &deep), expected, "{max}");
    }
}

#[test]
fn nesting_goes_as_far_as_receivers_parsers_go() {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    for (levels, expected) in [(115, None), (116, None), (117, Some(RejectReason::TooDeep))] {
        let deep = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        // Four levels of the attribute's, so that 120 are full.
        let span =
            span(1, CALLER)
                .to_string()
                .replacen('{', &format!("{{\"vendor\":[[[{deep}]]],"), 1);
        let limits = IngestLimits::new().with_max_nesting(usize::MAX);
        assert_eq!(
            verdict_of(limits, &answer_text(&span)),
            expected,
            "{levels}"
        );
    }
    // 38 arrays in another, in a span and in the attribute of a link.
    for (name, levels) in [("attributes", 38), ("links", 38)] {
        let attributes = nested_arrays(levels);
        let value = if name == "links" {
            json!([{"attributes": attributes, "traceId": TRACE, "spanId": "00f067aa0ba902b7"}])
        } else {
            attributes
        };
        let ingested = read(&answer(&[span_with(1, CALLER, name, value)]).to_string());
        let json = ingested.payload().unwrap().to_json();
        assert!(serde_json::from_str::<ExportTraceServiceRequest>(&json).is_ok());
    }
}

#[test]
fn what_is_nested_beyond_all_measure_costs_itself_alone() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let spans = format!(
        "{},{}",
        span(1, CALLER),
        span(2, 1)
            .to_string()
            .replacen('{', &format!("{{\"x\":{deep},"), 1)
    );
    let ingested = read(&answer_text(&spans));
    assert_eq!(
        ingested.report().to_string(),
        "2 spans received, 1 accepted, 1 rejected: 1 nested too deeply"
    );
}

#[test]
fn strings() {
    let named = |bytes: usize| span_with(1, CALLER, "name", json!("n".repeat(bytes)));
    let limits = IngestLimits::new().with_max_string_bytes(50);
    assert_eq!(verdict(limits, &named(49)), None);
    assert_eq!(verdict(limits, &named(50)), None);
    assert_eq!(verdict(limits, &named(51)), Some(RejectReason::Oversized));
}

#[test]
fn a_valid_answer_is_always_taken() {
    // 240,000 bytes of one string; 256 spans of 128 attributes, events and links.
    let one_string =
        answer(&[span_with(1, CALLER, "name", json!("n".repeat(239_500)))]).to_string();
    let mut full = span(1, CALLER);
    full["attributes"] = json!(vec![text_attribute("k", "v"); 128]);
    full["events"] = json!(vec![json!({"name": "e"}); 128]);
    full["links"] = json!(vec![
        json!({"traceId": TRACE, "spanId": "00f067aa0ba902b7"});
        128
    ]);
    let spans: Vec<_> = (1..=256_u64)
        .map(|id| {
            let mut span = full.clone();
            span["spanId"] = json!(format!("{id:016x}"));
            span
        })
        .collect();
    for telemetry in [one_string, answer(&spans).to_string()] {
        let ingested = read(&telemetry);
        assert!(ingested.report().is_complete(), "{}", ingested.report());
        assert_eq!(ingested.payload().unwrap().to_json(), telemetry);
    }
}

#[test]
fn an_answer_refused_before_is_reported() {
    let ingested = Ingest::new().refuse(RejectReason::TooLarge, 52_428_800);
    assert_eq!(
        ingested.report().to_string(),
        "52428800 bytes refused unread: too large"
    );
    assert!(ingested.payload().is_none());
}

#[test]
fn objects_of_a_whole_answer() {
    // A span, its attribute, the value and the list: four objects beside the empty ones.
    let of = |id: u64, objects: usize| {
        let values = vec![json!({}); objects - 4];
        let value = json!({"arrayValue": {"values": values}});
        span_with(
            id,
            CALLER,
            "attributes",
            json!([{"key": "k", "value": value}]),
        )
    };
    // Three for the resource, one for the scope.
    const BESIDE: usize = 4;
    let limits = IngestLimits::new().with_max_bytes(1024 * 1024);
    for (last, accepted) in [
        (1023 - BESIDE, 64),
        (1024 - BESIDE, 64),
        (1025 - BESIDE, 63),
    ] {
        let mut spans: Vec<_> = (1..=63).map(|id| of(id, 1024)).collect();
        spans.push(of(64, last));
        // In strings they cost nothing, and show that there is a budget at all.
        spans[0]["name"] = json!("{".repeat(1000));
        let ingest = Ingest::new().with_limits(limits);
        let ingested = ingest.read(&answer(&spans).to_string(), &caller(CALLER));
        let report = ingested.report();
        assert_eq!(report.accepted(), accepted, "{report}");
        assert_eq!(report.rejected(RejectReason::Oversized), 64 - accepted);
    }
}

#[test]
fn a_full_answer_of_small_attributes_has_objects_to_spare() {
    let attribute = r#"{"key":"a","value":{"intValue":"1"}},"#;
    let attributes = attribute.repeat(250);
    let attributes = attributes.trim_end_matches(',');
    let mut spans = String::new();
    for id in 1.. {
        let span = format!(
            r#"{{"traceId":"{TRACE}","spanId":"{id:016x}","parentSpanId":"{CALLER:016x}","name":"n","attributes":[{attributes}]}},"#
        );
        if spans.len() + span.len() + 1000 > IngestLimits::DEFAULT_MAX_BYTES {
            break;
        }
        spans.push_str(&span);
    }
    let ingested = read(&answer_text(spans.trim_end_matches(',')));
    assert!(ingested.report().is_complete(), "{}", ingested.report());
}
