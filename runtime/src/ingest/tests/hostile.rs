//! Whatever is sent: accepted or rejected, and what is accepted is what everybody else reads.

use std::collections::HashSet;
use std::sync::LazyLock;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngAlgorithm;
use serde_json::json;

use super::*;

/// A valid tree: for each span, which of those before it is its parent, and in which of three entries it stands.
fn trees() -> impl Strategy<Value = Vec<(Index, usize)>> {
    proptest::collection::vec((any::<Index>(), 0..3_usize), 1..6)
}

/// Spans by entry, children possibly before their parents.
fn build(tree: &[(Index, usize)]) -> Vec<Vec<Value>> {
    let mut entries = vec![Vec::new(); 3];
    for (position, (parent, in_entry)) in tree.iter().enumerate() {
        let id = position as u64 + 1;
        let parent = match position {
            0 => CALLER,
            _ => parent.index(position) as u64 + 1,
        };
        let mut span = span(id, parent);
        span["attributes"] =
            json!([text_attribute("k", "v"), {"key": "n", "value": {"intValue": "1"}}]);
        span["events"] = json!([{"timeUnixNano": "1", "name": "e", "attributes": [{"key": "b", "value": {"boolValue": true}}]}]);
        span["status"] = json!({"code": 1});
        entries[*in_entry].insert(0, span);
    }
    entries
}

fn envelope(entries: &[Vec<Value>]) -> Value {
    let entries = entries.iter().filter(|spans| !spans.is_empty());
    json!({"resourceSpans": entries.map(|spans| entry("s", spans)).collect::<Vec<_>>()})
}

/// One thing done to an answer; indices say to what.
#[derive(Debug, Clone)]
enum Mutation {
    Retype(Index, Index, Index),
    Remove(Index, Index),
    Id(Index, u64),
    Parent(Index, u64),
    Trace(Index),
    Repeat(Index),
    Nest(Index, usize),
    Resource(Index, Index),
    Text(Index, Index),
    Flip(Index, u8),
    Cut(Index, usize),
}

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    use Mutation::*;
    let at = any::<Index>;
    let mutation = prop_oneof![
        (at(), at(), at()).prop_map(|(span, member, junk)| Retype(span, member, junk)),
        (at(), at()).prop_map(|(span, member)| Remove(span, member)),
        (at(), prop_oneof![0..10_u64, Just(CALLER)]).prop_map(|(span, id)| Id(span, id)),
        (at(), prop_oneof![0..12_u64, Just(CALLER)]).prop_map(|(span, id)| Parent(span, id)),
        at().prop_map(Trace),
        at().prop_map(Repeat),
        (at(), 0..60_usize).prop_map(|(span, levels)| Nest(span, levels)),
        (at(), at()).prop_map(|(entry, junk)| Resource(entry, junk)),
        (at(), at()).prop_map(|(span, text)| Text(span, text)),
        (at(), any::<u8>()).prop_map(|(byte, to)| Flip(byte, to)),
        (at(), 1..40_usize).prop_map(|(byte, bytes)| Cut(byte, bytes)),
    ];
    proptest::collection::vec(mutation, 1..5)
}

static JUNK: LazyLock<Vec<Value>> = LazyLock::new(|| {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(7),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("\u{0}é\u{202e}"),
        json!([]),
        json!({}),
        json!([[]]),
        json!([null]),
        json!([{}]),
        json!({"key": {}}),
        json!("ffffffffffffffff"),
        json!("n".repeat(3000)),
    ]
});

/// Members that stand in no `Value`: written in place of a span's opening brace.
const TEXTS: [&str; 9] = [
    r#"{"name":"twice","#,
    r#"{"spanId":"00000000000000ff","#,
    r#"{"trace_id":"ffffffffffffffffffffffffffffffff","#,
    r#"{"ParentSpanId":"00000000000000ff","#,
    r#"{"vendor":"\ud800","#,
    r#"{"vendor":1e999,"#,
    r#"{"vendor":99999999999999999999999999999999999999999999,"#,
    r#"{"vendor":1,"vendor":2,"#,
    DEEP,
];

/// Replaced by an array in 10,000 others.
const DEEP: &str = "{\"vendor\":deep,";

fn hostile(tree: &[(Index, usize)], mutations: &[Mutation]) -> String {
    let mut entries = build(tree);
    let mut texts = Vec::new();
    let mut resources = Vec::new();
    let mut edits = Vec::new();
    for mutation in mutations {
        let flat: Vec<_> = entries
            .iter()
            .enumerate()
            .flat_map(|(e, spans)| (0..spans.len()).map(move |s| (e, s)))
            .collect();
        let place = |index: &Index| flat[index.index(flat.len())];
        let mut set = |index: &Index, name: &str, value: Value| {
            let (e, s) = place(index);
            entries[e][s][name] = value;
        };
        match mutation {
            Mutation::Id(span, id) => set(span, "spanId", json!(format!("{id:016x}"))),
            Mutation::Parent(span, id) => set(span, "parentSpanId", json!(format!("{id:016X}"))),
            Mutation::Trace(span) => set(span, "traceId", json!("f".repeat(32))),
            Mutation::Nest(span, levels) => {
                let value = (0..*levels).fold(
                    json!({}),
                    |value, _| json!({"arrayValue": {"values": [value]}}),
                );
                set(span, "attributes", json!([{"key": "deep", "value": value}]));
            }
            Mutation::Text(span, text) => {
                let text = TEXTS[text.index(TEXTS.len())];
                set(span, "@", json!(texts.len()));
                texts.push(text);
            }
            Mutation::Retype(span, member, value) => {
                let (e, s) = place(span);
                let members = entries[e][s].as_object_mut().unwrap();
                let name = members
                    .keys()
                    .nth(member.index(members.len()))
                    .unwrap()
                    .clone();
                members.insert(name, JUNK[value.index(JUNK.len())].clone());
            }
            Mutation::Remove(span, member) => {
                let (e, s) = place(span);
                let members = entries[e][s].as_object_mut().unwrap();
                let name = members
                    .keys()
                    .nth(member.index(members.len()))
                    .unwrap()
                    .clone();
                members.remove(&name);
                if members.is_empty() {
                    members.insert("kind".to_owned(), json!(1));
                }
            }
            Mutation::Repeat(span) => {
                let (e, s) = place(span);
                let again = entries[e][s].clone();
                entries[e].push(again);
            }
            Mutation::Resource(entry, value) => resources.push((entry, value)),
            Mutation::Flip(..) | Mutation::Cut(..) => edits.push(mutation),
        }
    }
    let mut telemetry = envelope(&entries);
    let written = telemetry["resourceSpans"].as_array_mut().unwrap();
    for (entry, value) in resources {
        let entry = entry.index(written.len());
        written[entry]["resource"]["attributes"] = JUNK[value.index(JUNK.len())].clone();
    }
    let mut text = telemetry.to_string();
    for (number, replacement) in texts.iter().enumerate() {
        text = text.replace(&format!("{{\"@\":{number},"), replacement);
    }
    if text.contains(":deep,") {
        let deep = format!(":{}{},", "[".repeat(10_000), "]".repeat(10_000));
        text = text.replace(":deep,", &deep);
    }
    let mut bytes = text.into_bytes();
    for edit in edits {
        match edit {
            Mutation::Flip(at, to) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes[at] = *to;
            }
            Mutation::Cut(at, count) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes.drain(at..(at + count).min(bytes.len()));
            }
            _ => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How many spans a reader that builds a tree of everything sees. `None` if it sees none, or refuses the text.
fn count(telemetry: &str) -> Option<usize> {
    let telemetry: Value = serde_json::from_str(telemetry).ok()?;
    let mut spans = 0;
    for entry in telemetry.get("resourceSpans")?.as_array()? {
        for scope in entry.get("scopeSpans")?.as_array()? {
            spans += scope.get("spans")?.as_array()?.len();
        }
    }
    Some(spans)
}

/// What the JSON mapping obliges a reader to take and opentelemetry-proto does not: `null` for a default, an attribute
/// without a key, and a list without values.
fn as_written_by_protobuf(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            let mut members: serde_json::Map<_, _> = members
                .map(|(name, value)| (name, as_written_by_protobuf(value)))
                .collect();
            if let Some(Value::Array(attributes)) = members.get_mut("attributes") {
                for attribute in attributes.iter_mut().filter_map(Value::as_object_mut) {
                    attribute.entry("key").or_insert_with(|| json!(""));
                }
            }
            for name in ["arrayValue", "kvlistValue"] {
                if let Some(Value::Object(list)) = members.get_mut(name) {
                    list.entry("values").or_insert_with(|| json!([]));
                }
            }
            Value::Object(members)
        }
        Value::Array(elements) => elements.into_iter().map(as_written_by_protobuf).collect(),
        value => value,
    }
}

fn check(telemetry: &str, ingested: &Ingested) -> Result<(), TestCaseError> {
    let report = ingested.report();
    if report.refusals().next().is_none()
        && let Some(sent) = count(telemetry)
    {
        prop_assert_eq!(report.received(), sent);
    }
    prop_assert!(
        report.received() > 0
            || report.refusals().next().is_some()
            || count(telemetry).unwrap_or(0) == 0
    );
    prop_assert_eq!(ingested.spans().len(), report.accepted());
    let mut connected = HashSet::from([SpanId::from(CALLER)]);
    for span in ingested.spans() {
        prop_assert_eq!(span.trace_id().to_string(), TRACE);
        prop_assert!(connected.contains(&span.parent_id().unwrap()));
        prop_assert!(connected.insert(span.id()));
        prop_assert!(span.service().is_some_and(|name| !name.is_empty()));
    }
    let Some(payload) = ingested.payload() else {
        prop_assert_eq!(report.accepted(), 0);
        return Ok(());
    };
    prop_assert_eq!(payload.span_count(), report.accepted());
    let json = payload.to_json();
    let request: ExportTraceServiceRequest = serde_json::from_str(&json).unwrap_or_else(|_| {
        let value = serde_json::from_str(&json).unwrap();
        serde_json::from_value(as_written_by_protobuf(value)).unwrap()
    });
    let entries = request.resource_spans.into_iter();
    let received: HashSet<_> = entries
        .flat_map(|entry| entry.scope_spans)
        .flat_map(|scope| scope.spans)
        .map(|span| (span.trace_id, span.span_id, span.parent_span_id, span.name))
        .collect();
    let accepted: HashSet<_> = ingested
        .spans()
        .iter()
        .map(|span| {
            let parent = span.parent_id().unwrap().to_bytes().to_vec();
            (
                span.trace_id().to_bytes().to_vec(),
                span.id().to_bytes().to_vec(),
                parent,
                span.name().to_owned(),
            )
        })
        .collect();
    prop_assert_eq!(received, accepted);
    Ok(())
}

proptest! {
    #[test]
    fn a_valid_tree_is_accepted_whole_and_goes_on_as_it_is(tree in trees()) {
        let telemetry = envelope(&build(&tree)).to_string();
        let ingested = read(&telemetry);
        prop_assert!(ingested.report().is_complete(), "{}", ingested.report());
        prop_assert_eq!(ingested.spans().len(), tree.len());
        prop_assert_eq!(ingested.payload().unwrap().to_json(), telemetry.clone());
        check(&telemetry, &ingested)?;
    }
}

proptest! {
    // The default generator of random numbers takes most of an unoptimized run.
    #![proptest_config(ProptestConfig {
        cases: 10_000,
        rng_algorithm: RngAlgorithm::XorShift,
        ..ProptestConfig::default()
    })]
    #[test]
    fn of_10_000_hostile_answers_nothing_is_accepted_that_is_not_sound(tree in trees(), mutations in mutations()) {
        let telemetry = hostile(&tree, &mutations);
        check(&telemetry, &read(&telemetry))?;
    }
}
