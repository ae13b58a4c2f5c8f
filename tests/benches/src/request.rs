//! Calls as they are sent.

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::peers::work;

/// The protocol without sessions.
pub const STATELESS: &str = "2026-07-28";

/// The last protocol that has sessions.
pub const SESSIONS: &str = "2025-11-25";

/// The span that every call is part of.
pub const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ask {
    /// No spans
    Off,
    /// The root and what is right below it
    Top,
    /// All spans
    Detailed,
}

impl Ask {
    /// What it is called in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Top => "top level",
            Self::Detailed => "detailed",
        }
    }

    /// Spans that have to come back from a call that makes so many.
    #[must_use]
    pub fn expected(self, spans: u32) -> usize {
        let spans = match self {
            Self::Off => 0,
            Self::Top => spans.min(5),
            Self::Detailed => spans,
        };
        usize::try_from(spans).unwrap()
    }
}

/// A call of a tool that makes so many spans: one, or six and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Spans that are made.
    pub spans: u32,
    /// What is asked for.
    pub ask: Ask,
}

impl Call {
    /// The tool.
    #[must_use]
    pub const fn tool(self) -> &'static str {
        if self.spans == 1 {
            "ping"
        } else {
            "list_emails"
        }
    }

    /// `_meta` of the call.
    #[must_use]
    pub fn meta(self) -> Value {
        let mut meta = json!({
            "traceparent": TRACEPARENT,
            "io.modelcontextprotocol/protocolVersion": STATELESS,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        if self.ask != Ask::Off {
            meta["otel"] =
                json!({"traces": {"request": true, "detailed": self.ask == Ask::Detailed}});
        }
        meta
    }

    /// The call as a message.
    #[must_use]
    pub fn message(self, id: u64) -> Value {
        let arguments = match self.spans {
            1 => json!({}),
            spans => json!({"messages": work::messages(spans)}),
        };
        let params = json!({"name": self.tool(), "arguments": arguments, "_meta": self.meta()});
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
    }
}

/// Spans in an answer, which has to be a result.
#[must_use]
pub fn returned_spans(answer: &Value) -> usize {
    let result = &answer["result"];
    assert!(result["content"].is_array(), "no result: {answer}");
    let resources = result["_meta"]["otel"]["traces"]["resourceSpans"].as_array();
    let scopes = resources.into_iter().flatten().flat_map(|resource| {
        let scopes = resource["scopeSpans"].as_array();
        scopes.into_iter().flatten()
    });
    scopes
        .map(|scope| scope["spans"].as_array().map_or(0, Vec::len))
        .sum()
}
