//! What comes out of the scan, for messages written by hand and by proptest.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::client::lift::meta::MAX_KEPT_BYTES;

const BOUND: usize = 1_000;

fn lift_in(chunks: impl IntoIterator<Item = Vec<u8>>) -> (Vec<u8>, Findings) {
    let mut lifter = Lifter::new(BOUND);
    let mut out = Vec::new();
    for chunk in chunks {
        lifter.feed(&chunk, &mut out);
    }
    let findings = lifter.finish(&mut out);
    (out, findings)
}

/// Lifts byte by byte, and checks that the pieces do not matter.
fn lift(message: impl AsRef<[u8]>) -> (Vec<u8>, Findings) {
    let message = message.as_ref();
    let lifted = lift_in([message.to_vec()]);
    for size in [1, 2, 3, 7] {
        assert_eq!(lift_in(message.chunks(size).map(<[u8]>::to_vec)), lifted);
    }
    lifted
}

fn lift_text(message: impl AsRef<[u8]>) -> (String, Findings) {
    let (out, findings) = lift(message);
    (String::from_utf8(out).unwrap(), findings)
}

fn found(lifted: u64, left_out: u64) -> Findings {
    Findings {
        lifted,
        left_out,
        ..Findings::default()
    }
}

#[test]
fn telemetry_becomes_one_string_and_all_else_stays_as_it_is() {
    let (out, findings) = lift_text(
        r#" {"jsonrpc": "2.0", "id":1 , "result" : {"content":[{"_meta":{"otel":1}}] , "_meta" : { "a" : [1, 2] , "otel" : {"traces" : ["\"\\"]} , "b":{} } , "isError":false} } "#,
    );
    assert_eq!(
        out,
        r#" {"jsonrpc": "2.0", "id":1 , "result" : {"content":[{"_meta":{"otel":1}}]  , "isError":false,"_meta":{"otel":{"lifted":"{\"traces\" : [\"\\\"\\\\\"]}","bytes":21},"a":[1, 2],"b":{}}} } "#
    );
    assert_eq!(findings, found(1, 0));
}

#[test]
fn telemetry_of_an_error_is_in_its_data() {
    let (out, _) = lift_text(
        r#"{"error":{"code":-1,"_meta":{"otel":1},"data":{"why":"no","_meta":{"otel":[]}},"message":"m"}}"#,
    );
    assert_eq!(
        out,
        r#"{"error":{"code":-1,"_meta":{"otel":1},"data":{"why":"no","_meta":{"otel":{"lifted":"[]","bytes":2}}},"message":"m"}}"#
    );
}

#[test]
fn what_is_not_the_telemetry_of_an_answer_passes_byte_for_byte() {
    for message in [
        r#"{"method":"m","params":{"_meta":{"otel":[1e999]}}}"#,
        r#"{"result":[{"_meta":{"otel":1}}]}"#,
        r#"{"result":{"structuredContent":{"_meta":{"otel":1},"otel":2}}}"#,
        r#"{"result":{"otel":{"_meta":{"otel":1}}}}"#,
        r#"{"result":{"data":{"_meta":{"otel":1}}}}"#,
        r#"{"error":{"data":[{"_meta":{"otel":1}}]}}"#,
        r#"{"_meta":{"otel":1}}"#,
        r#"[{"result":{"_meta":{"otel":1}}}]"#,
        r#"{"result":{}}"#,
        r#"{"result":{ , }}"#,
        r#"{"result":{,"a" 1}}"#,
        r#"{"result":{"a":1,,"b":2,}}"#,
        r#"{"result":{"a":}}"#,
        r#"{"result":]{"_meta":{"otel":1}}"#,
        r#"{"result":{"_meta" 1}}"#,
        r#"{"result":{"_met"#,
        r#"{"result":{"a":1,"_meta":"#,
        r#"{"result":{"a":1, "_meta"  "#,
        "{}}}}",
        "",
        "  ",
        "null",
        "<html>",
        "\u{feff}{\"id\":1}",
    ] {
        let (out, findings) = lift_text(message);
        assert_eq!(out, message);
        assert_eq!(findings, Findings::default(), "{message}");
    }
    for message in [&b"\xff\xfe{"[..], b"{\"result\":{\"\xff\":\"\xff\"}}"] {
        assert_eq!(lift(message).0, message);
    }
}

#[test]
fn keys_are_compared_as_json_means_them() {
    let (out, findings) =
        lift_text(r#"{"\u0072esult":{"_m\u0065ta":{"ot\u0065l":1,"\u006ftel2":2}}}"#);
    assert_eq!(
        out,
        r#"{"\u0072esult":{"_meta":{"otel":{"lifted":"1","bytes":1},"\u006ftel2":2}}}"#
    );
    assert_eq!(findings, found(1, 0));
}

#[test]
fn every_type_of_telemetry_is_text() {
    for value in [
        "null",
        "true",
        "-0",
        "1e999",
        r#""\ud800""#,
        "[[]]",
        "{}",
        "[}",
        "nul",
        "",
    ] {
        let (out, findings) = lift(format!(r#"{{"result":{{"_meta":{{"otel":{value}}}}}}}"#));
        let out: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            out.pointer("/result/_meta/otel"),
            Some(&json!({"lifted": value, "bytes": value.len()})),
        );
        assert_eq!(findings, found(1, 0));
    }
}

#[test]
fn telemetry_is_bounded() {
    for (length, fits) in [(BOUND - 1, true), (BOUND, true), (BOUND + 1, false)] {
        let value = "7".repeat(length);
        let (out, findings) = lift(format!(r#"{{"result":{{"_meta":{{"otel":{value}}}}}}}"#));
        let out: Value = serde_json::from_slice(&out).unwrap();
        let expected = if fits {
            json!({"lifted": value, "bytes": length})
        } else {
            json!({"refused": "too_large", "bytes": length})
        };
        assert_eq!(out.pointer("/result/_meta/otel"), Some(&expected));
        assert_eq!(
            (findings.lifted, findings.too_large),
            if fits { (1, 0) } else { (0, 1) }
        );
    }
}

#[test]
fn telemetry_that_is_no_text_is_refused() {
    let (out, findings) = lift(b"{\"result\":{\"_meta\":{\"otel\":\"\xff\"}}}");
    assert_eq!(
        out,
        br#"{"result":{"_meta":{"otel":{"refused":"not_utf8","bytes":3}}}}"#
    );
    assert_eq!(findings.not_utf8, 1);
}

#[test]
fn telemetry_given_twice_is_refused() {
    let (out, findings) =
        lift_text(r#"{"result":{"_meta":{"otel":1,"a":1,"\u006ftel":22}},"error":{}}"#);
    assert_eq!(
        out,
        r#"{"result":{"_meta":{"otel":{"refused":"ambiguous","bytes":3},"a":1}},"error":{}}"#
    );
    assert_eq!(findings.ambiguous, 1);

    let (out, findings) =
        lift_text(r#"{"result":{"_meta":{"otel":1}},"error":{"data":{"_meta":{"otel":2}}}}"#);
    assert_eq!(
        out,
        r#"{"result":{"_meta":{"otel":{"lifted":"1","bytes":1}}},"error":{"data":{"_meta":{"otel":{"refused":"ambiguous","bytes":1}}}}}"#
    );
    assert_eq!((findings.lifted, findings.ambiguous), (1, 1));
}

#[test]
fn a_meta_that_is_no_object_counts_as_telemetry() {
    for value in ["[]", "[{}]", r#""}\"""#, "1", "true"] {
        for (message, expected) in [
            (r#"{"_meta":V}"#, "{M}"),
            (r#"{"_meta":V,"a":1}"#, r#"{"a":1,M}"#),
            (r#"{ "_meta" : V , "a":1}"#, r#"{   "a":1,M}"#),
            (r#"{"a":1,"_meta":V}"#, r#"{"a":1,M}"#),
            (r#"{"a":1 , "_meta" : V }"#, r#"{"a":1  ,M}"#),
            (r#"{"a":1,"_meta":V,"b":2}"#, r#"{"a":1,"b":2,M}"#),
        ] {
            let message = format!(r#"{{"result":{}}}"#, message.replace('V', value));
            let (out, findings) = lift_text(&message);
            let text = serde_json::to_string(value).unwrap();
            let bytes = value.len();
            let meta = format!(r#""_meta":{{"otel":{{"lifted":{text},"bytes":{bytes}}}}}"#);
            let expected = format!(r#"{{"result":{}}}"#, expected.replace('M', &meta));
            assert_eq!(out, expected, "{message}");
            assert_eq!(findings, found(1, 0));
        }
    }
}

#[test]
fn a_meta_of_null_is_none() {
    let (out, findings) = lift_text(r#"{"result":{"a":1,"_meta":null}}"#);
    assert_eq!(out, r#"{"result":{"a":1}}"#);
    assert_eq!(findings, found(0, 0));
}

#[test]
fn of_two_metas_with_telemetry_none_counts() {
    let lifted = |text: &str| json!({"lifted": text, "bytes": text.len()});
    let ambiguous = |bytes| json!({"refused": "ambiguous", "bytes": bytes});
    for (message, expected) in [
        (r#"{"_meta":{},"_meta":null}"#, json!({"_meta": {}})),
        (
            r#"{"_meta":null,"_meta":{"otel":1}}"#,
            json!({"_meta": {"otel": lifted("1")}}),
        ),
        (
            r#"{"_meta":{},"_meta":{}}"#,
            json!({"_meta": {"otel": lifted("{}")}}),
        ),
        (
            r#"{"_meta":[],"_meta":{}}"#,
            json!({"_meta": {"otel": ambiguous(4)}}),
        ),
        (
            r#"{"_meta":[],"_meta":1,"a":2}"#,
            json!({"a": 2, "_meta": {"otel": ambiguous(3)}}),
        ),
        (
            r#"{"_meta":{"otel":7},"_meta":{"otel":8}}"#,
            json!({"_meta": {"otel": ambiguous(11)}}),
        ),
        (
            r#"{"_meta":{"a":1},"b":2,"_m\u0065ta":{"otel":1},"c":3}"#,
            json!({"_meta": {"a": 1, "otel": lifted(r#"{"otel":1}"#)}, "b": 2, "c": 3}),
        ),
    ] {
        let (out, findings) = lift(format!(r#"{{"result":{message}}}"#));
        let out: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(out, json!({"result": expected}), "{message}");
        assert_eq!(findings.left_out, 0);
    }
}

#[test]
fn what_is_not_json_in_meta_does_not_become_json() {
    for message in [
        r#"{"result":{"a":1,"_meta":{5}}}"#,
        r#"{"result":{"a":1,"_meta":{"b":2 ]}}}"#,
        r#"{"result":{"a":1,"_meta":{"b" 1}}}"#,
        r#"{"result":{"a":1,"_meta":{5}"#,
    ] {
        let (out, _) = lift_text(message);
        assert!(serde_json::from_str::<Value>(&out).is_err(), "{out}");
    }
}

#[test]
fn members_rmcp_could_not_decode_are_left_out() {
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    for (member, stays) in [
        (r#""a":"\ud83d\ude00""#.to_owned(), true),
        (r#""a":"\ud800""#.to_owned(), false),
        (r#""\ud800":1"#.to_owned(), false),
        (r#""a":1e308"#.to_owned(), true),
        (r#""a":1e999"#.to_owned(), false),
        (format!(r#""a":{}"#, "1".repeat(5_000)), false),
        (r#""a":nul"#.to_owned(), false),
        (r#""a":"#.to_owned(), false),
        (r#""a":[1,]"#.to_owned(), false),
        (format!(r#""a":{}"#, deep(63)), true),
        (format!(r#""a":{}"#, deep(64)), true),
        (format!(r#""a":{}"#, deep(65)), false),
        (format!(r#""a":{}"#, deep(100_000)), false),
    ] {
        for message in [
            format!(r#"{{"result":{{"_meta":{{{member},"b":1}}}}}}"#),
            format!(r#"{{"result":{{"_meta":{{"b":1,{member}}}}}}}"#),
        ] {
            let (out, findings) = lift(&message);
            let out: Value = serde_json::from_slice(&out).unwrap();
            let meta = out.pointer("/result/_meta").unwrap().as_object().unwrap();
            assert_eq!(meta.get("b"), Some(&json!(1)));
            assert_eq!(meta.len(), if stays { 2 } else { 1 }, "{member:.40}");
            assert_eq!(findings.left_out, u64::from(!stays));
        }
    }
}

#[test]
fn members_are_bounded_together() {
    // Key and value of "b" take four bytes.
    for (length, stays) in [(-1_isize, true), (0, true), (1, false)] {
        let length = MAX_KEPT_BYTES.checked_add_signed(length - 9).unwrap();
        let member = format!(r#""a":"{}""#, "x".repeat(length));
        let (out, findings) = lift(format!(r#"{{"result":{{"_meta":{{"b":1,{member}}}}}}}"#));
        assert_eq!(findings.left_out, u64::from(!stays));
        assert_eq!(out.len() > MAX_KEPT_BYTES, stays);
    }
    let key = "k".repeat(MAX_KEPT_BYTES);
    let (out, findings) = lift_text(format!(r#"{{"result":{{"_meta":{{"{key}":1}}}}}}"#));
    assert_eq!(out, r#"{"result":{"_meta":{}}}"#);
    assert_eq!(findings, found(0, 1));
}

#[test]
fn a_million_brackets_need_no_stack() {
    let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
    let message = format!(r#"{{"result":{{"_meta":{{"otel":{deep},"junk":{deep}}},"a":1}}}}"#);
    let (out, findings) = lift_text(message);
    assert_eq!(
        out,
        r#"{"result":{"a":1,"_meta":{"otel":{"refused":"too_large","bytes":2000000}}}}"#
    );
    assert_eq!((findings.too_large, findings.left_out), (1, 1));
}

#[test]
fn holds_little_however_long_keys_and_whitespace_are() {
    let mut lifter = Lifter::new(BOUND);
    let mut out = Vec::new();
    lifter.feed(br#"{"result":{"a":1,"#, &mut out);
    for _ in 0..1_000 {
        lifter.feed(&[b' '; 1_000], &mut out);
        assert!(lifter.held.len() <= MAX_HELD);
    }
    lifter.feed(b"\"", &mut out);
    for _ in 0..1_000 {
        lifter.feed(&[b'_'; 1_000], &mut out);
        assert!(lifter.held.len() <= MAX_HELD + 6 * Key::MAX_NAME);
    }
    lifter.feed(br#"":1}}"#, &mut out);
    lifter.finish(&mut out);
    assert!(serde_json::from_slice::<Value>(&out).is_ok());
}

#[test]
fn notices_the_advertisement_that_rmcp_drops() {
    let seen = |message: &str| lift_text(message).1.march_advertisements;
    let capability = r#"{"result":{"capabilities":{"tools":{},"serverExecutionTelemetry":{"version":"2026-03-01"}}}}"#;
    assert_eq!(seen(capability), 1);
    assert_eq!(lift_text(capability).0, capability);
    assert_eq!(
        seen(r#"{"result":{"capabilities":{"extensions":{"serverExecutionTelemetry":{}}}}}"#),
        0
    );
    assert_eq!(seen(r#"{"result":{"serverExecutionTelemetry":{}}}"#), 0);
}

/// Any JSON, with the names that matter in every place.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "(\\PC|[\"\\\\{}\\[\\],:\u{0}\n ]){0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 64, 5, |inner| {
        let key = prop_oneof![
            6 => prop::sample::select(vec![
                "result", "error", "data", "_meta", "otel", "capabilities",
                "serverExecutionTelemetry", "traces",
            ]).prop_map(str::to_owned),
            1 => "(\\PC|[\"\\\\]){0,6}",
        ];
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            4 => prop::collection::btree_map(key, inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn message() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => json(),
        2 => json().prop_map(|value| json!({"id": 1, "result": {"_meta": {"otel": value.clone(), "a": value}}})),
        1 => (json(), json()).prop_map(|(a, b)| json!({"id": 1, "result": a, "error": {"data": b}})),
    ]
}

/// The members of `_meta` at `pointer`, as the story of this module has them.
fn expect(message: &mut Value, pointer: &str, has_telemetry: &mut bool) {
    let Some(parent) = message.pointer_mut(pointer).and_then(Value::as_object_mut) else {
        return;
    };
    let Some(meta) = parent.get_mut(META_KEY) else {
        return;
    };
    if meta.is_null() {
        parent.remove(META_KEY);
        return;
    }
    if !meta.is_object() {
        *meta = json!({OTEL_KEY: meta});
    }
    let meta = meta.as_object_mut().unwrap();
    if let Some(otel) = meta.get_mut(OTEL_KEY) {
        let text = otel.to_string();
        *otel = if *has_telemetry {
            json!({"refused": "ambiguous", "bytes": text.len()})
        } else if text.len() > BOUND {
            json!({"refused": "too_large", "bytes": text.len()})
        } else {
            json!({"lifted": text, "bytes": text.len()})
        };
        *has_telemetry = true;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_json_means_the_same_but_for_the_meta_of_the_answer(message in message()) {
        let (out, _) = lift(message.to_string());
        let mut expected = message;
        let mut has_telemetry = false;
        // serde_json writes the members in the order of their names.
        expect(&mut expected, "/error/data", &mut has_telemetry);
        expect(&mut expected, "/result", &mut has_telemetry);
        prop_assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), expected);
    }

    #[test]
    fn pieces_never_matter(
        text in "(\\{|\\}|\\[|\\]|,|:| |\"|\\\\|\"result\":\\{|\"_meta\"|\"otel\":|1e9|\"a\"|\\\\u0065|\\x00){0,40}",
        sizes in prop::collection::vec(1_usize..9, 1..9),
    ) {
        let whole = lift_in([text.clone().into_bytes()]);
        let mut rest = text.as_bytes();
        let mut chunks = Vec::new();
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, more) = rest.split_at(rest.len().min(*size));
            chunks.push(chunk.to_vec());
            rest = more;
        }
        prop_assert_eq!(lift_in(chunks), whole);
    }

    #[test]
    fn junk_never_panics_and_never_grows_much(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut message = br#"{"result":{"_meta":{"otel":"#.to_vec();
        message.extend(bytes);
        let (out, _) = lift(&message);
        prop_assert!(out.len() <= 6 * message.len() + 100);
    }
}
