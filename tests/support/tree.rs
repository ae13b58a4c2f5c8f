//! Returned spans as text: names, nesting, kinds, failures. No ids, no times.

use std::collections::BTreeMap;

use serde_json::Value;

/// The traces that an answer carries (`_meta.otel.traces` of a result, or of
/// an error's data).
#[must_use]
pub fn traces(answer: &Value) -> &Value {
    let places = ["/result/_meta/otel/traces", "/error/data/_meta/otel/traces"];
    let found = places.iter().find_map(|place| answer.pointer(place));
    found.unwrap_or_else(|| panic!("no traces in {answer:#}"))
}

/// The text of a tool's result. (Older protocols have no structured content
/// that is not an object.)
#[must_use]
pub fn text(answer: &Value) -> &str {
    let text = answer
        .pointer("/result/content/0/text")
        .and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("no text in {answer:#}"))
}

/// All spans of an answer.
#[must_use]
pub fn spans(answer: &Value) -> Vec<&Value> {
    let resources = traces(answer)["resourceSpans"]
        .as_array()
        .expect("resourceSpans is a list");
    let scopes = resources
        .iter()
        .flat_map(|resource| resource["scopeSpans"].as_array().expect("scopeSpans"));
    scopes
        .flat_map(|scope| scope["spans"].as_array().expect("spans"))
        .collect()
}

/// The one span of this name.
#[must_use]
pub fn span<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let found: Vec<_> = spans(answer)
        .into_iter()
        .filter(|span| span["name"] == name)
        .collect();
    assert_eq!(found.len(), 1, "spans named {name} in {answer:#}");
    found[0]
}

/// Attributes of a span, values without their type.
#[must_use]
pub fn attributes(span: &Value) -> BTreeMap<String, String> {
    let attributes = span["attributes"].as_array().cloned().unwrap_or_default();
    attributes
        .iter()
        .map(|attribute| {
            let value = attribute["value"]
                .as_object()
                .and_then(|value| value.values().next());
            let value = value.map(|value| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            });
            (
                attribute["key"].as_str().expect("key").to_owned(),
                value.unwrap_or_default(),
            )
        })
        .collect()
}

/// The tree of an answer, children in the order they started.
#[must_use]
pub fn tree(answer: &Value) -> String {
    let spans = spans(answer);
    let ids: Vec<_> = spans
        .iter()
        .map(|span| span["spanId"].as_str().expect("spanId"))
        .collect();
    let is_root = |span: &&Value| !ids.contains(&span["parentSpanId"].as_str().unwrap_or_default());
    let mut text = String::new();
    for root in spans.iter().filter(|span| is_root(span)) {
        write(root, &spans, 0, &mut text);
    }
    text
}

fn write(span: &Value, spans: &[&Value], depth: usize, text: &mut String) {
    let kind = ["", "", " SERVER", " CLIENT"]
        [usize::try_from(span["kind"].as_u64().expect("kind")).unwrap()];
    let failed = if span["status"]["code"] == 2 {
        " ERROR"
    } else {
        ""
    };
    let error_type = attributes(span)
        .remove("error.type")
        .map(|class| format!(" {class}"))
        .unwrap_or_default();
    let name = span["name"].as_str().expect("name");
    text.push_str(&format!(
        "{}{name}{kind}{failed}{error_type}\n",
        "  ".repeat(depth)
    ));
    let start = |span: &&&Value| {
        span["startTimeUnixNano"]
            .as_str()
            .expect("start")
            .parse::<u64>()
            .unwrap()
    };
    let mut children: Vec<_> = spans
        .iter()
        .filter(|child| child["parentSpanId"] == span["spanId"])
        .collect();
    children.sort_by_key(start);
    for child in children {
        write(child, spans, depth + 1, text);
    }
}
