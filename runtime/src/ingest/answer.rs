//! Where the spans are in what the caller has of an answer.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::otlp::Envelope;

/// `_meta.otel.traces`, its spans still text.
#[derive(Debug, Default)]
pub(super) struct Answer<'a> {
    pub(super) envelope: Envelope<'a>,
    pub(super) truncated: bool,
    pub(super) dropped_span_count: u64,
}

/// `_meta`, `_meta.otel` or `_meta.otel.traces`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Level<'a> {
    #[serde(borrow)]
    otel: Option<&'a RawValue>,
    #[serde(borrow)]
    traces: Option<&'a RawValue>,
    #[serde(borrow, default)]
    resource_spans: Envelope<'a>,
    #[serde(borrow)]
    truncated: Option<&'a RawValue>,
    #[serde(borrow)]
    dropped_span_count: Option<&'a RawValue>,
}

impl<'a> Answer<'a> {
    /// Finds the spans, whichever level of `_meta` the text is. `None` if it is none of them.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        // `null` for `_meta.otel` says the same as none, as it does at every other level.
        if text.trim_ascii() == "null" {
            return Some(Self::default());
        }
        let mut level = Level::parse(text)?;
        if let Some(otel) = level.otel {
            level = Level::parse(otel.get())?;
        }
        if let Some(traces) = level.traces {
            level = Level::parse(traces.get())?;
        }
        Some(Self {
            envelope: level.resource_spans,
            truncated: level.truncated.is_some_and(|json| json.get() == "true"),
            dropped_span_count: level
                .dropped_span_count
                .and_then(|json| json.get().trim_matches('"').parse().ok())
                .unwrap_or_default(),
        })
    }
}

impl<'a> Level<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        // serde's derived reader would take an array of members in order, too.
        let is_object = text.trim_start().starts_with('{');
        is_object.then(|| serde_json::from_str(text).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPANS: &str = r#"[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"}]}]}]"#;

    #[test]
    fn finds_the_spans_at_every_level() {
        let traces =
            format!(r#"{{"resourceSpans":{SPANS},"truncated":true,"droppedSpanCount":3}}"#);
        let otel = format!(r#" {{"traces":{traces},"new":[]}}"#);
        let meta = format!(r#"{{"io.example/other":"x","otel":{otel}}}"#);
        for text in [&traces, &otel, &meta] {
            let answer = Answer::parse(text).unwrap();
            assert_eq!(answer.envelope.entries.len(), 1, "{text}");
            assert!(answer.truncated);
            assert_eq!(answer.dropped_span_count, 3);
        }
    }

    #[test]
    fn an_answer_without_spans_is_normal() {
        for text in [
            "{}",
            r#"{"otel":{}}"#,
            r#"{"otel":null,"x":1}"#,
            r#"{"traces":{}}"#,
            r#"{"resourceSpans":null}"#,
            " null\n",
        ] {
            let answer = Answer::parse(text).unwrap();
            assert!(answer.envelope.entries.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_the_server_says_of_itself_is_read_leniently() {
        for (json, expected) in [
            (r#"{"truncated":false,"droppedSpanCount":"7"}"#, (false, 7)),
            (r#"{"truncated":"yes","droppedSpanCount":-1}"#, (false, 0)),
            (r#"{"truncated":[],"droppedSpanCount":1e9}"#, (false, 0)),
            (r#"{"truncated":null,"droppedSpanCount":{}}"#, (false, 0)),
        ] {
            let answer = Answer::parse(json).unwrap();
            assert_eq!(
                (answer.truncated, answer.dropped_span_count),
                expected,
                "{json}"
            );
        }
    }

    #[test]
    fn anything_else_cannot_be_read() {
        for text in [
            "",
            "[]",
            "3",
            "{",
            r#"{"otel":3}"#,
            r#"{"otel":{"traces":[]}}"#,
            r#"{"resourceSpans":{}}"#,
            r#"{"otel":{},"otel":{}}"#,
        ] {
            assert!(Answer::parse(text).is_none(), "{text}");
        }
    }
}
