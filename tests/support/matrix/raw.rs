//! What a server sends, as bytes.

use serde_json::Value;

use crate::wire::{Client, request_over_http};

/// Sends one message and gives all that comes back for it, as it came: over HTTP the status, the headers that do not
/// tell the time, and the body; over stdio every line up to the answer.
pub async fn exchange(client: &mut Client, message: &Value) -> String {
    match client {
        Client::Http { url, session, http } => {
            let request = request_over_http(http, url, session.as_deref(), message);
            let response = request.send().await.unwrap();
            let mut text = format!("{}\n", response.status());
            for (name, value) in response.headers() {
                if name != "date" && name != "mcp-session-id" {
                    text.push_str(&format!("{name}: {}\n", value.to_str().unwrap()));
                }
            }
            text + "\n" + &response.text().await.unwrap()
        }
        Client::Stdio { .. } => {
            client.post(message).await;
            let mut text = String::new();
            loop {
                let line = client.next_line().await;
                text = text + &line + "\n";
                let answer: Value = serde_json::from_str(&line).unwrap();
                if answer.get("id") == message.get("id") {
                    return text;
                }
            }
        }
    }
}
