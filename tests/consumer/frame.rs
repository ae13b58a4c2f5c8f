//! Answers, put together as text: what is sent is exactly what is written here.

use serde_json::Value;
use support::answerer::caller;

/// The answer's result, up to its `_meta`.
pub(crate) const RESULT: &str = r#""result":{"content":[{"type":"text","text":"done"}],"#;
/// Who the server says it is.
pub(crate) const RESOURCE: &str =
    r#"{"attributes":[{"key":"service.name","value":{"stringValue":"theirs"}}]}"#;

/// The call that is answered.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) trace: String,
    pub(crate) caller: String,
}

impl Call {
    pub(crate) fn of(request: &Value) -> Self {
        let (trace, caller) = caller(request);
        Self { trace, caller }
    }

    /// A span right below the caller's.
    pub(crate) fn top(&self, id: u64, more: &str) -> String {
        self.span(id, &self.caller, more)
    }

    /// A span below another one of the answer.
    pub(crate) fn below(&self, id: u64, parent: u64, more: &str) -> String {
        self.span(id, &hex(parent), more)
    }

    /// A span of half a second; `more` are members, each after a comma.
    pub(crate) fn span(&self, id: u64, parent: &str, more: &str) -> String {
        format!(
            r#"{{"traceId":"{}","spanId":"{}","parentSpanId":"{parent}","startTimeUnixNano":"1000000000","endTimeUnixNano":"1500000000"{more}}}"#,
            self.trace,
            hex(id)
        )
    }
}

pub(crate) fn hex(id: u64) -> String {
    format!("{id:016x}")
}

/// A `resourceSpans` entry around what stands in `spans`.
pub(crate) fn entry(spans: &str) -> String {
    entry_of(RESOURCE, spans)
}

pub(crate) fn entry_of(resource: &str, spans: &str) -> String {
    format!(r#"{{"resource":{resource},"scopeSpans":[{{"spans":[{spans}]}}]}}"#)
}

/// A result with these entries of `resourceSpans`.
pub(crate) fn result_of(entries: &str) -> String {
    result_with_meta(&format!(
        r#"{{"otel":{{"traces":{{"resourceSpans":[{entries}]}}}}}}"#
    ))
}

pub(crate) fn result_with_meta(meta: &str) -> String {
    format!("{RESULT}\"_meta\":{meta}}}")
}

/// A result with so many spans, written one by one.
pub(crate) fn result_with_spans(
    count: usize,
    span: impl Fn(u64) -> String + Send + 'static,
) -> impl Iterator<Item = String> + Send {
    let frame = result_of(&entry("@"));
    let (head, tail) = frame.split_once('@').expect("a frame");
    let spans = (1..).take(count).map(move |id| {
        let comma = if id == 1 { "" } else { "," };
        format!("{comma}{}", span(id))
    });
    std::iter::once(head.to_owned())
        .chain(spans)
        .chain(std::iter::once(tail.to_owned()))
}
