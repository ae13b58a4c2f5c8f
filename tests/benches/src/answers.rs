//! A server that answers every call with the same 15 spans, as cheaply as can be: only ids are new, so that a client
//! that looks at them accepts them.

use std::ops::Range;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};

use crate::peers::Peer;
use crate::pipe::{Pipe, line};
use crate::request::{Ask, Call, TRACEPARENT};

/// Spans of each answer.
pub const SPANS: u32 = 15;

const ID: &str = "\"id\":";
const PARENT: &str = "\"traceparent\":\"00-";
const TRACE_ID: Range<usize> = 3..35;
const PARENT_ID: Range<usize> = 36..52;
/// The part of a span id that tells calls apart.
const CALL_BYTES: usize = 8;

const INITIALIZED: &str = r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"mail","version":"1"}}"#;

/// The answer of a real server, and where its ids stand.
#[derive(Debug)]
pub struct Answers {
    /// The result, with a line's end.
    result: Vec<u8>,
    trace_ids: Vec<usize>,
    parents: Vec<usize>,
    spans: Vec<usize>,
    calls: u32,
}

impl Answers {
    /// Asks a real server.
    #[must_use]
    pub fn record() -> Self {
        let call = Call {
            spans: SPANS,
            ask: Ask::Detailed,
        };
        let mut pipe = Pipe::open(Peer::Glassbox);
        let answer = String::from_utf8(pipe.exchange(&line(call, 1)).to_vec()).unwrap();
        let value: Value = serde_json::from_str(&answer).unwrap();
        let result = format!("{}}}\n", value["result"]);
        let at = |part: &str| {
            let found = result.match_indices(part);
            found.map(|(at, _)| at).collect::<Vec<_>>()
        };
        let scope =
            &value["result"]["_meta"]["otel"]["traces"]["resourceSpans"][0]["scopeSpans"][0];
        let spans = scope["spans"].as_array().unwrap();
        let spans = spans
            .iter()
            .flat_map(|span| at(span["spanId"].as_str().unwrap()));
        Self {
            trace_ids: at(&TRACEPARENT[TRACE_ID]),
            parents: at(&TRACEPARENT[PARENT_ID]),
            spans: spans.collect(),
            result: result.into_bytes(),
            calls: 0,
        }
    }

    /// Serves one client until it hangs up.
    pub async fn serve(mut self, stream: DuplexStream) {
        let (read, mut write) = tokio::io::split(stream);
        let mut lines = BufReader::new(read).lines();
        while let Ok(Some(request)) = lines.next_line().await {
            let Some(id) = number_after(&request, ID) else {
                continue;
            };
            let head = format!("{{\"jsonrpc\":\"2.0\",{ID}{id},");
            let body = if request.contains("\"tools/call\"") {
                self.renew(&request);
                [head.as_bytes(), b"\"result\":", &self.result].concat()
            } else if request.contains("\"initialize\"") {
                format!("{head}\"result\":{INITIALIZED}}}\n").into_bytes()
            } else {
                let error = r#""error":{"code":-32601,"message":"method not found"}"#;
                format!("{head}{error}}}\n").into_bytes()
            };
            if write.write_all(&body).await.is_err() {
                return;
            }
        }
    }

    /// Writes the ids that the answer to `request` has to have.
    fn renew(&mut self, request: &str) {
        self.calls += 1;
        let call = format!("{:0width$x}", self.calls, width = CALL_BYTES);
        for at in &self.spans {
            self.result[*at..*at + CALL_BYTES].copy_from_slice(call.as_bytes());
        }
        let Some(start) = request.find(PARENT) else {
            return;
        };
        let parent = &request[start + PARENT.len() - TRACE_ID.start..];
        for (places, id) in [
            (&self.trace_ids, &parent[TRACE_ID]),
            (&self.parents, &parent[PARENT_ID]),
        ] {
            for at in places {
                self.result[*at..*at + id.len()].copy_from_slice(id.as_bytes());
            }
        }
    }
}

fn number_after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = &text[text.find(key)? + key.len()..];
    let end = rest.find(|character: char| !character.is_ascii_digit())?;
    Some(&rest[..end])
}
