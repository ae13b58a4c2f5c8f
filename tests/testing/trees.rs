//! Spans as a tree.

use expect_test::expect;
use glassbox::testing::{self, Snapshot};
use glassbox::{PassbackLimits, PassbackPolicy};
use serde_json::json;

use crate::shop::{self, server};

#[tokio::test]
async fn siblings_stand_in_the_order_they_started_or_of_their_names() {
    let call = testing::call(&server(), "fan_out", json!({"parts": ["b", "a", "c"]})).await;
    expect![[r"
        tools/call fan_out SERVER
        ├─ part part.name=b
        ├─ part part.name=a
        └─ part part.name=c
    "]]
    .assert_eq(&call.tree());
    expect![[r"
        tools/call fan_out SERVER
        ├─ part part.name=a
        ├─ part part.name=b
        └─ part part.name=c
    "]]
    .assert_eq(&call.tree_as(&Snapshot::new().sorted_by_name()));
}

#[tokio::test]
async fn conventions_are_shown_and_values_masked_where_asked() {
    let call = testing::call(&server(), "total", json!({"lines": [1]})).await;
    let snapshot = Snapshot::new()
        .showing("mcp.*")
        .showing("jsonrpc.request.id")
        .masking("mcp.protocol.version")
        .masking("order.*")
        .masking("rpc.*");
    expect![[r"
        tools/call total SERVER mcp.method.name=tools/call jsonrpc.request.id=1 mcp.protocol.version=*
        ├─ load order.lines=*
        └─ add
    "]]
    .assert_eq(&call.tree_as(&snapshot));
    let exposed = call.exposed_as(&snapshot).to_string();
    assert!(exposed.contains("mcp.protocol.version = *\n"), "{exposed}");
    assert!(exposed.contains("order.lines = *\n"), "{exposed}");
}

#[tokio::test]
async fn spans_of_all_depths_failures_and_what_is_missing_are_in_the_tree() {
    let (builder, provider) = shop::builder();
    let mut limits = PassbackLimits::default();
    limits.max_spans = 4;
    let server = shop::build((builder.passback_limits(limits), provider));
    let call = testing::call(&server, "careless", json!({})).await;
    expect![[r"
        tools/call careless SERVER ERROR tool_error
        └─ untidy ERROR unknown_customer customer.id=7 note=a b
           ├─ query
           └─ query
        (6 more held back)
    "]]
    .assert_eq(&call.tree());
}

#[tokio::test]
async fn every_text_can_stand_in_a_snapshot() {
    let (builder, provider) = shop::builder();
    let policy = PassbackPolicy::default()
        .with_error_texts(true)
        .publish("*");
    let server = shop::build((builder.passback_policy(policy), provider));
    for (tool, arguments) in [
        ("careless", json!({})),
        (
            "fan_out",
            json!({"parts": ["line\nbreak ", "\u{1b}[31m", ""]}),
        ),
        ("nothing", json!({})),
    ] {
        let call = testing::call(&server, tool, arguments).await;
        for text in [call.tree(), call.exposed().to_string()] {
            assert!(text.ends_with('\n'), "{text}");
            for line in text.lines() {
                assert_eq!(line.trim_end(), line);
                assert!(
                    !line.is_empty() && !line.contains(char::is_control),
                    "{line:?}"
                );
            }
        }
    }
}
