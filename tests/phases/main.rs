//! Phases: how they end, where they stand, and what their options record.

mod exits;
mod options;
mod pedantic;
mod places;

use glassbox::{Server, Tool};
use serde_json::{Value, json};
use support::wire::{Client, Running, ask};

/// The answer to a call of `T` whose client asked for every span.
async fn call<T: Tool>(name: &str) -> Value {
    let server = Server::builder("phases", "1").tool::<T>().build().unwrap();
    let running = Running::start(server).await;
    Client::stateless(&running.url)
        .call(name, json!({}), ask(true))
        .await
}
