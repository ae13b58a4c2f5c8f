//! One way to ask.

use std::fmt;

use serde_json::{Value, json};

use super::deeds::uri;
use super::setup::{Host, Serving};
use crate::wire::{SESSIONS, STATELESS};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `tools/call`.
    Tool,
    /// `resources/read`.
    Resource,
    /// `prompts/get`.
    Prompt,
}

impl Method {
    /// The JSON-RPC method.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tool => "tools/call",
            Self::Resource => "resources/read",
            Self::Prompt => "prompts/get",
        }
    }

    /// Parameters that ask for a deed.
    #[must_use]
    pub fn params(self, deed: &str, value: &str) -> Value {
        match self {
            Self::Tool | Self::Prompt => json!({"name": deed, "arguments": {"value": value}}),
            Self::Resource => json!({"uri": uri(deed, value)}),
        }
    }
}

/// How a server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transport {
    /// Streamable HTTP, or stdio.
    pub is_http: bool,
    /// Requests of protocol 2026-07-28, or a session of an older one.
    pub is_stateless: bool,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::new(true, true),
        Self::new(true, false),
        Self::new(false, true),
        Self::new(false, false),
    ];

    const fn new(is_http: bool, is_stateless: bool) -> Self {
        Self {
            is_http,
            is_stateless,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.is_http { "HTTP, " } else { "stdio, " })?;
        formatter.write_str(if self.is_stateless {
            "stateless"
        } else {
            "session"
        })
    }
}

/// A client, what it asks for, and of which server.
#[derive(Debug)]
pub struct Case {
    /// Who is asked.
    pub host: Host,
    /// What is asked for.
    pub method: Method,
    /// On which way.
    pub transport: Transport,
    /// The client, and the server where it runs in this process.
    pub serving: Serving,
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, host, transport) = (self.method.name(), self.host, self.transport);
        write!(formatter, "{method} of {host} over {transport}")
    }
}

impl Case {
    pub(super) fn new(host: Host, transport: Transport, serving: Serving) -> Self {
        Self {
            host,
            method: Method::Tool,
            transport,
            serving,
        }
    }

    /// Asks for a deed; gives the whole JSON-RPC answer.
    pub async fn ask(&mut self, deed: &str, value: &str, meta: Value) -> Value {
        let mut params = self.method.params(deed, value);
        params["_meta"] = meta;
        self.request(self.method.name(), params).await
    }

    /// Sends any request.
    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        self.serving.client.request(method, params).await
    }

    /// The name of the root span of a deed.
    #[must_use]
    pub fn root(&self, deed: &str) -> String {
        match self.method {
            Method::Tool | Method::Prompt => format!("{} {deed}", self.method.name()),
            Method::Resource => self.method.name().to_owned(),
        }
    }

    /// The tree of a deed: its root, and lines below it.
    #[must_use]
    pub fn tree(&self, deed: &str, below: &[&str]) -> String {
        self.failed_tree(deed, None, below)
    }

    /// The tree of a deed that failed: its root with an error class.
    #[must_use]
    pub fn failed_tree(&self, deed: &str, class: Option<&str>, below: &[&str]) -> String {
        let failure = class.map_or_else(String::new, |class| format!(" ERROR {class}"));
        let below: String = below.iter().map(|line| format!("  {line}\n")).collect();
        format!("{} SERVER{failure}\n{below}", self.root(deed))
    }

    /// The class of a failure that a tool tells in its result, and that is a JSON-RPC error of all else.
    #[must_use]
    pub fn told(&self) -> &'static str {
        if self.method == Method::Tool {
            "tool_error"
        } else {
            "-32603"
        }
    }

    /// What a deed has given, if it has not failed.
    #[must_use]
    pub fn text<'a>(&self, answer: &'a Value) -> &'a str {
        let place = match self.method {
            Method::Tool => "/result/content/0/text",
            Method::Resource => "/result/contents/0/text",
            Method::Prompt => "/result/messages/0/content/text",
        };
        let text = answer.pointer(place).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("no text in {answer:#}"))
    }

    /// The protocol that is spoken.
    #[must_use]
    pub const fn protocol(&self) -> &'static str {
        if self.transport.is_stateless {
            STATELESS
        } else {
            SESSIONS
        }
    }
}
