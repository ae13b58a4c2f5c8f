//! A crate of a user: an older edition, no other crate of ours, and every lint that people turn on.
//!
//! It compiles without a warning, and `cargo clippy` has nothing to say. Tools, resources, prompts and phases stand in it in
//! all their forms, beside attributes of other crates.

pub mod attributes;
pub mod offers;
pub mod phases;
pub mod tools;

use attributes::{Audit, Ledger};
use glassbox::{BuildError, Server};
use tools::Shop;

/// A server with everything in it.
///
/// # Errors
///
/// If something contradicts itself, which a test rules out.
pub fn server() -> Result<Server, BuildError> {
    Server::builder("shop", "1.0.0")
        .inject(Shop::new(9))
        .inject(Audit)
        .tool::<tools::ping>()
        .tool::<tools::sell>()
        .tool::<tools::checksum>()
        .tools(Shop::new(7))
        .tools(Ledger)
        .tool::<attributes::traced_below>()
        .tool::<attributes::traced_above>()
        .tool::<attributes::old>()
        .tool::<phases::everywhere>()
        .resource::<offers::about>()
        .resource::<offers::order>()
        .prompt::<offers::ask>()
        .build()
}

#[cfg(test)]
mod tests {
    use glassbox::testing;
    use serde_json::{json, Value};

    /// What the call says, and the tree of its spans.
    async fn call(name: &str, arguments: Value) -> String {
        let server = crate::server().unwrap();
        let call = testing::call(&server, name, arguments).await;
        assert_ne!(call.result().unwrap().is_error, Some(true), "{call:?}");
        call.tree()
    }

    #[tokio::test]
    async fn tools_have_their_spans() {
        let order = json!({"item": {"name": "tea"}, "label": "a"});
        assert_eq!(
            call("sell", order).await,
            "tools/call sell SERVER\n\
             ├─ shop.check shop.count=5\n\
             ├─ shop.wait\n\
             └─ shop.last\n"
        );
        assert_eq!(call("ping", json!({})).await, "tools/call ping SERVER\n");
        assert_eq!(
            call("shop_count", json!({"more": 1})).await,
            "tools/call shop_count SERVER\n└─ shop.count\n"
        );
    }

    #[tokio::test]
    async fn phases_stand_everywhere() {
        assert_eq!(
            call("everywhere", json!({"numbers": [1, 2, 3]})).await,
            "tools/call everywhere SERVER\n\
             ├─ all.sum\n\
             │  ├─ all.round app.number=1\n\
             │  │  └─ step\n\
             │  ├─ all.round app.number=2\n\
             │  └─ all.round app.number=3\n\
             │     └─ step\n\
             ├─ all.closure\n\
             ├─ all.block CLIENT\n\
             │  └─ step\n\
             ├─ all.arm\n\
             └─ all.last\n   \
                └─ step\n"
        );
    }

    #[tokio::test]
    async fn attributes_of_others_stand_above_and_below() {
        for name in ["traced_below", "traced_above", "ledger_get"] {
            assert_eq!(
                call(name, json!({"number": 1})).await,
                format!("tools/call {name} SERVER\n└─ attributes.step\n")
            );
        }
        let tree = call("old", json!({"number": 1})).await;
        assert_eq!(tree, "tools/call old SERVER\n");
    }
}
