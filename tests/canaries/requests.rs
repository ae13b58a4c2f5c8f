//! What the client sends, with a secret in every place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use support::wire::{SESSIONS, STATELESS, ask};

use crate::places::{canary, canary_number};

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

/// Messages in the order they are sent.
pub fn messages(has_session: bool) -> Vec<Value> {
    let mut all = Vec::new();
    if has_session {
        all.push(json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": SESSIONS,
            "capabilities": {},
            "clientInfo": {"name": canary("client: name"), "version": canary("client: version")},
        }}));
        all.push(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    }
    let mut request = |method: &str, params: Value| {
        all.push(self::request(all.len(), method, params, !has_session));
    };
    request("tools/call", work());
    for tool in ["leave", "fail", "refuse", "explode"] {
        request("tools/call", json!({"name": tool, "arguments": {}}));
    }
    request("tools/call", misfit());
    let unknown = json!({
        "name": canary("tool that is unknown: name"),
        "arguments": {"text": canary("tool that is unknown: argument")},
    });
    request("tools/call", unknown);
    request("resources/read", json!({"uri": uri()}));
    let prompt = json!({
        "name": canary("prompt: name"),
        "arguments": {"text": canary("prompt: argument")},
    });
    request("prompts/get", prompt);
    let unknown = json!({"text": canary("method that is unknown: parameter")});
    request("unknown/method", unknown);
    let junk = canary("traceparent that is none");
    let junk = json!({"name": "leave", "arguments": {}, "_meta": {"traceparent": junk}});
    request("tools/call", junk);
    all
}

fn work() -> Value {
    json!({
        "name": "work",
        "arguments": {
            "text": canary("argument: text"),
            "number": canary_number(),
            "within": {canary("argument: key within"): canary("argument: value within")},
        },
        "_meta": {
            canary("_meta: key"): canary("_meta: value"),
            "progressToken": canary("_meta.progressToken"),
            "tracestate": format!("vendor={}", canary("tracestate")),
            "baggage": format!("{}={}", canary("baggage: key"), canary("baggage: value")),
        },
    })
}

/// Arguments that do not fit.
fn misfit() -> Value {
    json!({"name": "work", "arguments": {
        "text": "",
        "within": {},
        "number": canary("argument that does not fit: value"),
        canary("argument that is unknown: name"): canary("argument that is unknown: value"),
    }})
}

fn uri() -> String {
    let [path, query, user] = [
        "resource: path",
        "resource: query",
        "resource: user and password",
    ]
    .map(canary);
    format!("file://me:{user}@host/{path}?key={query}")
}

fn request(number: usize, method: &str, mut params: Value, is_stateless: bool) -> Value {
    let is_work = params["arguments"]["number"].is_u64();
    let id = if is_work {
        canary("request id").into()
    } else {
        Value::from(number)
    };
    let meta = &mut params["_meta"];
    if meta.get("traceparent").is_none() {
        meta["traceparent"] = TRACEPARENT.into();
    }
    meta["otel"] = ask(true)["otel"].clone();
    if is_work {
        meta["otel"][canary("_meta.otel: key")] = true.into();
    }
    if is_stateless {
        meta["io.modelcontextprotocol/protocolVersion"] = STATELESS.into();
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    }
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

/// Headers of a message over HTTP.
pub fn headers(message: &Value) -> Vec<(&'static str, String)> {
    let authorization = if message["params"]["name"] == "leave" {
        let password = canary("header: Authorization, password of Basic");
        format!("Basic {}", STANDARD.encode(format!("user:{password}")))
    } else {
        format!("Bearer {}", canary("header: Authorization, Bearer"))
    };
    let proxy = canary("header: Proxy-Authorization");
    let cookie = canary("header: Cookie");
    vec![
        ("authorization", authorization),
        ("proxy-authorization", format!("Bearer {proxy}")),
        ("cookie", format!("theme=dark; sid={cookie}")),
        ("x-api-key", canary("header: X-API-Key")),
        ("x-custom", canary("header: custom")),
        ("user-agent", canary("header: user agent")),
        ("x-caller", canary("header: caller of the rate limit")),
        ("x-customer", canary("header: customer of the grant")),
        ("traceparent", canary("header: traceparent")),
        ("baggage", format!("key={}", canary("header: baggage"))),
        ("mcp-param-key", canary("header: Mcp-Param-*")),
    ]
}
