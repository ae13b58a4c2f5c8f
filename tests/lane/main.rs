//! Spans join answers as text, and nobody can tell but by the bytes.

mod bounds;
mod forged;
mod http;
mod lines;
mod parrot;
mod roads;
mod sessions;

use serde_json::{Value, json};

/// How telemetry begins that was written as text. As a value, its members are in
/// the order of the alphabet.
const AS_TEXT: &str = r#""traces":{"resourceSpans":[{"#;

fn call(id: u32, arguments: Value, meta: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": {"name": "say", "arguments": arguments, "_meta": meta}})
}

/// The message as the stateless protocol wants it.
fn stateless(mut message: Value) -> Value {
    let meta = message["params"]["_meta"].as_object_mut().unwrap();
    meta.insert(
        "io.modelcontextprotocol/protocolVersion".to_owned(),
        support::wire::STATELESS.into(),
    );
    meta.insert(
        "io.modelcontextprotocol/clientCapabilities".to_owned(),
        json!({}),
    );
    message
}
