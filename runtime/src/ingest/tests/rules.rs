//! The client rules of SEP-2448 that ingest keeps, by their numbers.

use serde_json::json;

use super::*;
use crate::ingest::{IngestLimits, RejectReason};

#[test]
fn c01_an_answer_without_spans_is_normal() {
    for telemetry in ["{}", r#"{"otel":{}}"#, r#"{"resourceSpans":[]}"#] {
        let ingested = read(telemetry);
        assert!(ingested.payload().is_none() && ingested.report().is_complete());
        assert_eq!(ingested.report().to_string(), "no spans returned");
    }
}

#[test]
fn c03_an_entry_goes_on_byte_for_byte() {
    let spans = format!(
        "{} ,\n {}",
        span_with(2, 1, "vendor", json!({"new": 1.50})),
        span_with(1, CALLER, "name", json!("\u{202e}\u{1b}[31m"))
    );
    let telemetry = answer_text(&spans).replace("\"l\"", "\"l\" , \"later\":[ ]");
    let ingested = read(&telemetry);
    assert_eq!(ingested.payload().unwrap().to_json(), telemetry);
    assert_eq!(ids(&ingested), [1, 2].map(SpanId::from));
}

#[test]
fn c03_of_an_entry_that_loses_spans_each_part_goes_on_byte_for_byte() {
    let (kept, lost) = (span(1, CALLER).to_string(), span(2, 99).to_string());
    let kept = kept.replacen(':', " : ", 1);
    let telemetry = format!(
        r#"{{"resourceSpans":[{{"later":1,"schemaUrl":"r","scopeSpans":[{{"spans":[{lost}]}},{{"schemaUrl":"s","spans":[{lost}, {kept}],"scope":{{ "name" :"l"}}}}],"resource": {resource}}},{{"resource":{resource},"scopeSpans":[{{"spans":[{lost}]}}]}}]}}"#,
        resource = resource("s"),
    );
    let ingested = read(&telemetry);
    let expected = format!(
        r#"{{"resource":{},"scopeSpans":[{{"scope":{{ "name" :"l"}},"spans":[{kept}],"schemaUrl":"s"}}],"schemaUrl":"r"}}"#,
        resource("s")
    );
    let payload = ingested.payload().unwrap();
    assert_eq!(payload.resource_spans(), expected);
    assert_eq!(payload.span_count(), 1);
}

#[test]
fn c03_a_cached_answer_is_not_ingested_twice() {
    let telemetry = answer(&[span(1, CALLER), span(2, 1)]).to_string();
    let ingest = Ingest::new();
    assert_eq!(
        ingest.read(&telemetry, &caller(CALLER)).report().accepted(),
        2
    );
    let again = ingest.clone().read(&telemetry, &caller(CALLER));
    assert_eq!(
        again.report().to_string(),
        "2 spans received, 0 accepted, 2 rejected: 2 received before"
    );
    // Replayed under a new call, which is what a cache does.
    let under_another = ingest.read(&telemetry, &caller(77));
    assert_eq!(
        under_another
            .report()
            .rejected(RejectReason::AlreadyIngested),
        2
    );
    assert!(under_another.payload().is_none() && under_another.spans().is_empty());
}

#[test]
fn c03_two_readers_of_one_answer_accept_each_span_once() {
    let spans: Vec<_> = (1..200)
        .map(|id| span(id, if id == 1 { CALLER } else { id / 2 }))
        .collect();
    let telemetry = answer(&spans).to_string();
    let ingest = Ingest::new();
    let accepted: usize = std::thread::scope(|scope| {
        let read = || ingest.read(&telemetry, &caller(CALLER)).report().accepted();
        let readers: Vec<_> = (0..4).map(|_| scope.spawn(read)).collect();
        readers
            .into_iter()
            .map(|reader| reader.join().unwrap())
            .sum()
    });
    assert_eq!(accepted, 199);
}

#[test]
fn c04_what_exceeds_a_bound_is_discarded() {
    let telemetry = answer(&[span(2, 1), span(1, CALLER)]).to_string();
    let ingest = Ingest::new().with_limits(IngestLimits::new().with_max_spans(1));
    let ingested = ingest.read(&telemetry, &caller(CALLER));
    assert_eq!(
        ingested.report().to_string(),
        "2 spans received, 1 accepted, 1 rejected: 1 over the limit of spans"
    );
    assert_eq!(ids(&ingested), [SpanId::from(1)]);
}

#[test]
fn c05_every_entry_keeps_its_own_resource() {
    let telemetry =
        json!({"resourceSpans": [entry("a", &[span(1, CALLER)]), entry("b", &[span(2, 1)])]});
    let ingested = read(&telemetry.to_string());
    let services: Vec<_> = ingested
        .spans()
        .iter()
        .map(|span| span.service().unwrap())
        .collect();
    assert_eq!(services, ["a", "b"]);
    assert_eq!(ingested.payload().unwrap().to_json(), telemetry.to_string());
}

#[test]
fn c05_without_a_service_name_nobody_knows_whose_spans_they_are() {
    for resource in [
        json!(null),
        json!({}),
        resource(""),
        json!({"attributes": [{"key": "service.name", "value": {"intValue": "1"}}]}),
        json!({"attributes": [text_attribute("host.name", "h")]}),
    ] {
        let mut telemetry = json!({"resourceSpans": [entry("a", &[span(1, CALLER)]), entry("b", &[span(2, 1), span(3, CALLER)])]});
        telemetry["resourceSpans"][0]["resource"] = resource;
        assert_eq!(
            line(&telemetry),
            "3 spans received, 1 accepted, 2 rejected: 1 below a rejected span or on a cycle, 1 without a service name"
        );
    }
}

#[test]
fn c05_an_identity_that_others_may_read_otherwise_is_none() {
    let twice = json!({"attributes": [text_attribute("service.name", "a"), text_attribute("service.name", "b")]});
    let mut ill = resource("a");
    ill["droppedAttributesCount"] = json!("x");
    for resource in [twice, ill, json!([]), json!({"attributes": [3]})] {
        let mut telemetry = answer(&[span(1, CALLER)]);
        telemetry["resourceSpans"][0]["resource"] = resource;
        assert_eq!(
            line(&telemetry),
            "1 span received, 0 accepted, 1 rejected: 1 malformed"
        );
    }
}

#[test]
fn c06_what_fails_the_lineage_is_rejected_with_its_reason() {
    let foreign = span_with(2, CALLER, "traceId", json!("f".repeat(32)));
    let telemetry = answer(&[
        span(1, CALLER),
        foreign,
        span(3, 99),
        span(4, 0),
        span(CALLER, 1),
        span(1, CALLER),
        span(5, 3),
        span(6, 6),
    ]);
    let ingested = read(&telemetry.to_string());
    let rejections: Vec<_> = ingested
        .report()
        .rejections()
        .map(|(reason, spans)| (reason.as_str(), spans))
        .collect();
    assert_eq!(
        rejections,
        [
            ("foreign_trace", 1),
            ("foreign_parent", 2),
            ("own_id", 1),
            ("duplicate_id", 1),
            ("disconnected", 2)
        ]
    );
    assert_eq!(ids(&ingested), [SpanId::from(1)]);
}

#[test]
fn c06_a_span_without_ids_is_nobodys() {
    let mut without = span(1, CALLER);
    without.as_object_mut().unwrap().remove("spanId");
    let telemetry = answer(&[
        without,
        span(0, CALLER),
        span_with(3, CALLER, "traceId", json!("0".repeat(32))),
        span_with(4, CALLER, "traceId", json!(null)),
    ]);
    assert_eq!(
        line(&telemetry),
        "4 spans received, 0 accepted, 4 rejected: 4 without ids"
    );
}

#[test]
fn c06_a_gateway_may_be_the_parent_if_the_caller_says_so() {
    let ingest = Ingest::new().with_reparented(true);
    ingest.remember_own(&caller(0xb0b));
    let telemetry = answer(&[
        span(1, 99),
        span(2, 1),
        span(3, CALLER),
        span(4, 0xb0b),
        span(5, 0),
    ]);
    let ingested = ingest.read(&telemetry.to_string(), &caller(CALLER));
    assert_eq!(
        ingested.report().to_string(),
        "5 spans received, 3 accepted (1 under a span unknown to the caller), 2 rejected: 2 not under the caller's span"
    );
    assert_eq!(ingested.report().reparented(), 1);
}

#[test]
fn c06_the_span_of_an_earlier_call_stays_the_callers() {
    for reparented in [false, true] {
        let ingest = Ingest::new().with_reparented(reparented);
        let _ = ingest.read("{}", &caller(7));
        let telemetry = answer(&[span(7, CALLER), span(8, 7)]).to_string();
        let ingested = ingest.read(&telemetry, &caller(CALLER));
        let report = ingested.report();
        assert_eq!(report.rejected(RejectReason::OwnId), 1, "{report}");
        assert_eq!(report.accepted(), 0, "{report}");
    }
}

#[test]
fn c06_two_callers_in_one_trace_never_accept_each_others_answer() {
    let (ours, theirs) = (
        answer(&[span(1, 10), span(2, 1)]),
        answer(&[span(3, 20), span(4, 3)]),
    );
    for reparented in [false, true] {
        let ingest = Ingest::new().with_reparented(reparented);
        ingest.remember_own(&caller(10));
        ingest.remember_own(&caller(20));
        for (answer, wrong, right) in [(&ours, 20, 10), (&theirs, 10, 20)] {
            let text = answer.to_string();
            let report = ingest.read(&text, &caller(wrong)).report().clone();
            assert_eq!(
                (
                    report.accepted(),
                    report.rejected(RejectReason::ForeignParent)
                ),
                (0, 1)
            );
            assert_eq!(ingest.read(&text, &caller(right)).report().accepted(), 2);
        }
    }
}

#[test]
fn c06_the_callers_own_ids_outlive_a_flood_of_others() {
    let ingest = Ingest::new().with_limits(IngestLimits::new().with_max_remembered_ids(3));
    ingest.remember_own(&caller(0xb0b));
    let spans: Vec<_> = (1..=9).map(|id| span(id, CALLER)).collect();
    assert_eq!(
        ingest
            .read(&answer(&spans).to_string(), &caller(CALLER))
            .report()
            .accepted(),
        9
    );
    assert_eq!(ingest.forgotten(), (0, 6));
    let claim = answer(&[span(0xb0b, CALLER)]).to_string();
    assert_eq!(
        ingest
            .read(&claim, &caller(CALLER))
            .report()
            .rejected(RejectReason::OwnId),
        1
    );
}

#[test]
fn c08_a_bad_span_costs_itself_and_what_is_below_it() {
    let bad = span_with(2, 1, "name", json!(3));
    let telemetry = answer(&[span(1, CALLER), bad, span(3, 2), span(4, 1)]);
    assert_eq!(
        line(&telemetry),
        "4 spans received, 2 accepted, 2 rejected: 1 malformed, 1 below a rejected span or on a cycle"
    );
}

#[test]
fn c08_text_that_only_a_skipping_parser_takes_is_malformed() {
    let good = span(1, CALLER).to_string();
    for member in [
        r#""x":"\ud800""#,
        r#""x":1e999"#,
        r#""\ud800":1"#,
        r#""name":"again""#,
        r#""trace_id":"0af7651916cd43dd8448eb211c80319c""#,
        r#""x":{"SpanId":1}"#,
        r#""attributes":[{"key":"k","value":{"stringValue":"a","string_value":"b"}}]"#,
        r#""attributes":[{"key":"k","value":{"stringValue":"\udfff"}}]"#,
        r#""attributes":[{"key":"k","value":{"doubleValue":1e999}}]"#,
        r#""attributes":[{"key":"k","key":"l"}]"#,
        r#""spanId":"0000000000000002""#,
    ] {
        let bad = span(2, 1)
            .to_string()
            .replacen('{', &format!("{{{member},"), 1);
        let ingested = read(&answer_text(&format!("{good},{bad}")));
        assert_eq!(
            ingested.report().to_string(),
            "2 spans received, 1 accepted, 1 rejected: 1 malformed",
            "{member}"
        );
        assert!(ingested.payload().unwrap().to_json().contains(&good));
        assert!(!ingested.payload().unwrap().to_json().contains(&bad));
    }
}

#[test]
fn c08_what_stands_beside_the_spans_is_checked_or_left_out() {
    let good = answer(&[span(1, CALLER)]).to_string();
    for member in [
        r#""x":"\ud800""#,
        r#""x":1e999"#,
        r#""scope_spans":[{}]"#,
        r#""instrumentationLibrarySpans":[]"#,
    ] {
        let telemetry = good.replacen("{\"resource\"", &format!("{{{member},\"resource\""), 1);
        assert_eq!(
            read(&telemetry).payload().unwrap().to_json(),
            good,
            "{member}"
        );
    }
    for (part, bad) in [
        (r#""scope":{"name":"l"}"#, r#""scope":3"#),
        (
            r#""scope":{"name":"l"}"#,
            r#""scope":{"name":"l","x":"\ud800"}"#,
        ),
        (r#""scope":{"name":"l"}"#, r#""schemaUrl":3"#),
        (r#""resource":{"#, r#""schemaUrl":[],"resource":{"#),
        (r#""resource":{"#, r#""resource":{"x":1e999,"#),
    ] {
        let ingested = read(&good.replacen(part, bad, 1));
        let expected = "1 span received, 0 accepted, 1 rejected: 1 malformed";
        assert_eq!(ingested.report().to_string(), expected, "{bad}");
    }
    // An empty scope of the wrong type would be in the way of the whole request.
    let telemetry = good.replacen("\"scopeSpans\":[", "\"scopeSpans\":[{\"scope\":3},", 1);
    assert_eq!(read(&telemetry).payload().unwrap().to_json(), good);
}

#[test]
fn c08_what_cannot_be_read_is_refused_and_said_so() {
    for telemetry in [
        "",
        "nonsense",
        "[]",
        r#"{"resourceSpans":7}"#,
        r#"{"resourceSpans":[}"#,
    ] {
        let ingested = read(telemetry);
        let expected = format!("{} bytes refused unread: malformed", telemetry.len());
        assert_eq!(ingested.report().to_string(), expected);
    }
    let telemetry =
        json!({"resourceSpans": [7, {"scopeSpans": {}}, entry("s", &[span(1, CALLER)])]});
    assert_eq!(
        line(&telemetry),
        "1 span received, 1 accepted; 18 bytes refused unread: malformed"
    );
}

#[test]
fn c08_the_report_says_nothing_that_the_server_wrote() {
    let secret = "\u{1b}]0;planted\u{7}";
    let telemetry = answer(&[
        span_with(1, CALLER, "name", json!({secret: secret})),
        span_with(2, CALLER, "traceId", json!(secret)),
    ]);
    let report = format!("{:?}", read(&telemetry.to_string()).report());
    assert!(!report.contains("planted"));
}

#[test]
fn c09_times_are_the_servers_and_stay_so() {
    let mut skewed = span(1, CALLER);
    skewed["startTimeUnixNano"] = json!("18446744073709551615");
    skewed["endTimeUnixNano"] = json!(5);
    let telemetry = answer(&[skewed]);
    let ingested = read(&telemetry.to_string());
    assert_eq!(ingested.payload().unwrap().to_json(), telemetry.to_string());
    assert_eq!(ingested.spans()[0].start_unix_nano(), u64::MAX);
    assert_eq!(ingested.spans()[0].end_unix_nano(), 5);
}
