//! What the Gmail server would send to whoever asks, as a text that is reviewed like code.
//!
//! If one of these tests fails, something else leaves the server than before. Look at the difference; if it may leave,
//! `UPDATE_EXPECT=1 cargo test -p glassbox-examples --test exposure` writes it down.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use expect_test::expect;
use glassbox::Server;
use glassbox::testing::{self, Exposure};
use gmail_example::client::{AccessToken, Gmail};
use gmail_example::simulator::{SIMULATED_TOKEN, Simulator, SimulatorConfig};
use serde_json::json;

async fn server(token: &str) -> (Simulator, Server) {
    let simulator = Simulator::start(SimulatorConfig::default().with_latency(0.0))
        .await
        .unwrap();
    let gmail = Gmail::new(&simulator.url(), AccessToken::new(token)).unwrap();
    (simulator, gmail_example::server::server(gmail).unwrap())
}

/// A release changes versions; that is no news here.
fn text(exposure: &Exposure) -> String {
    let version = env!("CARGO_PKG_VERSION");
    exposure.to_string().replace(version, "(version)")
}

#[tokio::test]
async fn of_a_list_of_emails_no_mail_no_query_and_no_address_leaves() {
    let (_simulator, server) = server(SIMULATED_TOKEN).await;
    let arguments = json!({"query": "is:unread from:grace", "max_results": 3});
    let call = testing::call(&server, "list_emails", arguments).await;
    assert_eq!(call.result().unwrap().is_error, Some(false));
    expect![[""]].assert_eq(&text(&call.exposed()));
}

#[tokio::test]
async fn of_a_refused_call_the_class_of_the_failure_leaves_and_not_its_text() {
    let (_simulator, server) = server("stale").await;
    let call = testing::call(&server, "list_emails", json!({})).await;
    assert_eq!(call.result().unwrap().is_error, Some(true));
    expect![[""]].assert_eq(&call.tree());
    let stays = call.exposed().stays().to_owned();
    expect![[""]].assert_eq(&stays);
}
