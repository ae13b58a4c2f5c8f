//! Forms of tools: methods, sets, tools that come and go, tools that block.

mod blocking;
mod listening;
mod methods;
mod sets;
mod switch;
mod switch_all;

use serde_json::{Value, json};

fn call(id: u32, tool: &str, arguments: Value, meta: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": {"name": tool, "arguments": arguments, "_meta": meta}})
}

/// The names in an answer to `tools/list`.
fn names(answer: &Value) -> Vec<&str> {
    let tools = answer["result"]["tools"].as_array();
    let tools = tools.unwrap_or_else(|| panic!("no tools in {answer:#}"));
    let names = tools.iter().map(|tool| tool["name"].as_str().unwrap());
    names.collect()
}

async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}
