//! Answers whose telemetry is hostile. The name of the tool that is called
//! says which.

use glassbox::client::lift::Refusal;
use rmcp::model::CallToolResult;

/// One answer.
pub(crate) struct Answer {
    pub(crate) name: &'static str,
    /// What stands for the `_meta` of the result or of the error's data, with
    /// `TELEMETRY` for the text below.
    members: String,
    pub(crate) telemetry: String,
    pub(crate) expected: Expected,
    pub(crate) left_out: u64,
    pub(crate) is_error: bool,
}

/// What becomes of the telemetry.
#[derive(Clone, Copy)]
pub(crate) enum Expected {
    Text,
    Refused(Refusal),
}

/// The text of a result.
pub(crate) fn result_text(result: &CallToolResult) -> Option<&str> {
    Some(result.content.first()?.as_text()?.text.as_str())
}

impl Answer {
    fn text(name: &'static str, telemetry: impl Into<String>) -> Self {
        Self {
            name,
            members: r#""_meta":{"otel":TELEMETRY}"#.to_owned(),
            telemetry: telemetry.into(),
            expected: Expected::Text,
            left_out: 0,
            is_error: false,
        }
    }

    fn instead(name: &'static str, meta: &str) -> Self {
        Self {
            members: r#""_meta":TELEMETRY"#.to_owned(),
            ..Self::text(name, meta)
        }
    }

    fn beside(name: &'static str, junk: &str) -> Self {
        Self {
            members: format!(r#""_meta":{{"junk":{junk},"otel":TELEMETRY}}"#),
            left_out: 1,
            ..Self::text(name, "[]")
        }
    }

    /// The message, for the request of this id.
    pub(crate) fn message(&self, id: &str) -> String {
        let members = self.members.replace("TELEMETRY", &self.telemetry);
        if self.is_error {
            format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32000,"message":"the error","data":{{{members}}}}}}}"#
            )
        } else {
            format!(
                r#"{{"jsonrpc":"2.0","id":{id},"result":{{{members},"content":[{{"type":"text","text":"the result"}}],"isError":false}}}}"#
            )
        }
    }
}

fn nested(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

/// An attribute with so many levels of arrays, in OTLP's spelling.
fn attribute(levels: usize) -> String {
    format!(
        r#"{{"key":"a","value":{}{{}}{}}}"#,
        r#"{"arrayValue":{"values":["#.repeat(levels),
        "]}}".repeat(levels)
    )
}

fn spans(count: usize, span: &str) -> String {
    let spans = vec![span; count].join(",");
    format!(r#"{{"traces":{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}}}"#)
}

/// All answers.
pub(crate) fn answers() -> Vec<Answer> {
    let small = r#"{"traces":{"resourceSpans":[]}}"#;
    let span = r#"{"traceId":"0af7651916cd43dd8448eb211c80319c","name":"\"a\\b\"","kind":2}"#;
    let large = spans(50_000, &format!(r#"{{"name":"{}"}}"#, "x".repeat(1_000)));
    vec![
        Answer::text("small", small),
        Answer {
            expected: Expected::Refused(Refusal::TooLarge),
            ..Answer::text("50 MB", large)
        },
        Answer::text("200,000 spans", spans(200_000, span)),
        Answer::text("nested 60 levels", attribute(60)),
        Answer::text("nested 10,000 levels", attribute(10_000)),
        Answer::text("a million brackets", nested(1_000_000)),
        Answer::text("a lone surrogate", r#"["\ud800"]"#),
        Answer::text("a number out of range", "[1e999]"),
        Answer::text("an integer of 5,000 digits", "7".repeat(5_000)),
        Answer::text("not JSON", "[nul, 01, }"),
        Answer::beside("deep junk beside it", &nested(10_000)),
        Answer::beside(
            "much junk beside it",
            &format!("\"{}\"", "x".repeat(1_000_000)),
        ),
        Answer::beside("a surrogate beside it", r#""\udfff""#),
        Answer::instead("an array for _meta", r#"[{"otel":1}]"#),
        Answer::instead("a string for _meta", "\"otel\""),
        Answer {
            members: r#""_meta":{"otel":1},"_meta":{"otel":2}"#.to_owned(),
            telemetry: r#"1{"otel":2}"#.to_owned(),
            expected: Expected::Refused(Refusal::Ambiguous),
            ..Answer::text("two _meta", "")
        },
        Answer {
            members: r#""_meta":{"otel":1,"otel":22}"#.to_owned(),
            telemetry: "122".to_owned(),
            expected: Expected::Refused(Refusal::Ambiguous),
            ..Answer::text("two otel", "")
        },
        Answer {
            is_error: true,
            ..Answer::text("an error", r#"["\ud800"]"#)
        },
    ]
}
