//! Whether an answer is right: the result, and exactly its own spans.

use std::collections::HashSet;

use serde_json::Value;

use crate::plan::{Ask, Kind, Plan};
use crate::tools::{FLOOD_PHASES, LATE_TASKS, NUMBER};

/// Spans in an answer, at most: what the server allows unless it is told otherwise.
const MAX_SPANS: u64 = 256;
const SERVER: u64 = 2;

/// Checks an answer; `Err` says what is wrong with it.
pub(crate) fn check(plan: &Plan, answer: &Value, is_bare: bool) -> Result<(), String> {
    if answer.get("id").and_then(Value::as_u64) != Some(plan.number) {
        return Err("is the answer to another call".to_owned());
    }
    check_result(plan, answer)?;
    let places = ["/result/_meta/otel/traces", "/error/data/_meta/otel/traces"];
    let traces = places.iter().find_map(|place| answer.pointer(place));
    match (plan.ask, traces) {
        (Ask::Nothing, None) => Ok(()),
        _ if is_bare => Ok(()),
        (Ask::Nothing, Some(_)) => Err("has spans that were not asked for".to_owned()),
        (_, None) => Err("has no spans".to_owned()),
        (_, Some(traces)) => check_traces(plan, traces),
    }
}

fn check_result(plan: &Plan, answer: &Value) -> Result<(), String> {
    let is_error = answer.pointer("/result/isError") == Some(&Value::Bool(true));
    let is_right = match plan.kind {
        Kind::ToolError | Kind::Panic => is_error,
        Kind::ProtocolError => answer.get("error").is_some(),
        _ => {
            let text = answer
                .pointer("/result/content/0/text")
                .and_then(Value::as_str);
            !is_error && text == Some(plan.number.to_string().as_str())
        }
    };
    if is_right {
        Ok(())
    } else {
        Err(format!("has the wrong result: {}", excerpt(answer)))
    }
}

fn check_traces(plan: &Plan, traces: &Value) -> Result<(), String> {
    let spans: Vec<Span<'_>> = list(traces, "resourceSpans")
        .flat_map(|resource| list(resource, "scopeSpans"))
        .flat_map(|scope| list(scope, "spans"))
        .map(Span)
        .collect();
    let number = plan.number.to_string();
    let (roots, phases): (Vec<&Span<'_>>, Vec<&Span<'_>>) =
        spans.iter().partition(|span| span.kind() == Some(SERVER));
    let [root] = roots[..] else {
        return Err(format!("has {} roots", roots.len()));
    };
    let root_name = format!("tools/call {}", plan.kind.tool());
    if root.text("name") != root_name {
        return Err(format!("has the root {:?}", root.text("name")));
    }
    if root.attribute("jsonrpc.request.id") != Some(&number) {
        return Err("has the root of another call".to_owned());
    }
    if let Some((trace, parent)) = &plan.parent
        && (root.text("traceId") != trace || root.text("parentSpanId") != parent)
    {
        return Err("has a root that is not below its caller".to_owned());
    }
    if let Some(foreign) = phases
        .iter()
        .find(|span| span.attribute(NUMBER) != Some(&number))
    {
        return Err(format!(
            "has a span of another call: {}",
            excerpt(foreign.0)
        ));
    }
    let ids: HashSet<_> = spans.iter().map(|span| span.text("spanId")).collect();
    if ids.len() != spans.len() {
        return Err("has a span twice".to_owned());
    }
    let is_lost = |span: &&&Span<'_>| {
        !ids.contains(span.text("parentSpanId")) || span.text("traceId") != root.text("traceId")
    };
    if let Some(lost) = phases.iter().find(is_lost) {
        return Err(format!(
            "has a span outside of its tree: {}",
            excerpt(lost.0)
        ));
    }

    let (expected, dropped) = expected(plan);
    let mut names: Vec<_> = phases.iter().map(|span| span.text("name")).collect();
    names.sort_unstable();
    if names != expected {
        return Err(format!("has the phases {names:?} and not {expected:?}"));
    }
    if traces.get("droppedSpanCount").and_then(Value::as_u64) != Some(dropped) {
        return Err(format!(
            "says that {:?} spans were left out, and not {dropped}",
            traces.get("droppedSpanCount")
        ));
    }
    if traces.get("truncated").and_then(Value::as_bool) != Some(dropped > 0) {
        return Err("does not say whether spans were left out".to_owned());
    }
    Ok(())
}

/// The names of the phases in the answer, sorted, and how many were left out.
fn expected(plan: &Plan) -> (Vec<&'static str>, u64) {
    match (plan.kind, plan.ask) {
        (Kind::Ok | Kind::Hostile, Ask::Detailed) => (vec!["first", "second", "step", "step"], 0),
        (Kind::Ok | Kind::Hostile, _) => (vec!["first", "second"], 0),
        (Kind::ToolError, _) => (vec!["attempt"], 0),
        (Kind::ProtocolError, _) => (vec!["try"], 0),
        (Kind::Panic, _) => (vec!["fuse"], 0),
        (Kind::Cancelled | Kind::Gone, _) => (vec!["waiting"], 0),
        (Kind::Late, _) => (Vec::new(), LATE_TASKS),
        (Kind::Flood, _) => {
            let kept = usize::try_from(MAX_SPANS - 1).unwrap_or_default();
            (vec!["step"; kept], FLOOD_PHASES + 1 - MAX_SPANS)
        }
    }
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// A span as it is in an answer.
#[derive(Debug, Clone, Copy)]
struct Span<'a>(&'a Value);

impl<'a> Span<'a> {
    fn text(&self, key: &str) -> &'a str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn kind(&self) -> Option<u64> {
        self.0.get("kind").and_then(Value::as_u64)
    }

    /// An attribute that is a text or a number.
    fn attribute(&self, key: &str) -> Option<&'a String> {
        let found = list(self.0, "attributes")
            .find(|attribute| attribute.get("key").is_some_and(|found| found == key))?;
        match found.get("value")?.as_object()?.values().next()? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

fn excerpt(value: &Value) -> String {
    value.to_string().chars().take(400).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn span(id: &str, parent: &str, name: &str, kind: u64, key: &str) -> Value {
        json!({"traceId": "t", "spanId": id, "parentSpanId": parent, "name": name, "kind": kind,
            "attributes": [{"key": key, "value": {"intValue": "7"}}]})
    }

    fn answer(spans: &[Value]) -> Value {
        json!({"id": 7, "result": {"isError": true, "_meta": {"otel": {"traces": {
            "resourceSpans": [{"scopeSpans": [{"spans": spans}]}], "truncated": false, "droppedSpanCount": 0,
        }}}}})
    }

    fn plan(ask: Ask) -> Plan {
        Plan {
            number: 7,
            kind: Kind::ToolError,
            ask,
            parent: None,
            meta: Value::Null,
        }
    }

    #[test]
    fn tells_right_answers_from_wrong_ones() {
        let root = span("1", "", "tools/call fail", SERVER, "jsonrpc.request.id");
        let phase = span("2", "1", "attempt", 1, NUMBER);
        let right = answer(&[root.clone(), phase.clone()]);
        assert_eq!(check(&plan(Ask::Top), &right, false), Ok(()));
        check(&plan(Ask::Nothing), &right, false).unwrap_err();

        let mut others = phase.clone();
        others["attributes"][0]["value"]["intValue"] = "8".into();
        let mut lost = phase.clone();
        lost["parentSpanId"] = "9".into();
        for wrong in [
            vec![root.clone()],
            vec![phase.clone()],
            vec![root.clone(), others],
            vec![root.clone(), lost],
            vec![root.clone(), phase.clone(), phase.clone()],
            vec![root.clone(), root.clone(), phase.clone()],
        ] {
            check(&plan(Ask::Top), &answer(&wrong), false).unwrap_err();
        }

        let mut dropped = right.clone();
        dropped["result"]["_meta"]["otel"]["traces"]["droppedSpanCount"] = 1.into();
        check(&plan(Ask::Top), &dropped, false).unwrap_err();
        let mut result = right;
        result["result"]["isError"] = false.into();
        check(&plan(Ask::Top), &result, false).unwrap_err();
    }
}
