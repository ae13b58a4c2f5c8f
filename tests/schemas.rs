//! Tools as clients see them.

use expect_test::expect_file;
use serde_json::json;
use support::transports::every_transport;

const STDIO: &str = env!("CARGO_BIN_EXE_stdio_server");

#[tokio::test]
async fn tools_are_listed_with_their_schemas() {
    for mut at in every_transport(STDIO).await {
        let answer = at.client.request("tools/list", json!({})).await;
        let mut tools = answer["result"]["tools"].clone();
        // Older protocols know objects only as structured output.
        if at.name.contains("session") {
            assert!(
                tools
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|tool| match tool.get("outputSchema") {
                        Some(schema) => schema["type"] == "object",
                        None => true,
                    })
            );
            continue;
        }
        tools.as_array_mut().unwrap().truncate(3);
        let text = serde_json::to_string_pretty(&tools).unwrap();
        expect_file!["fixtures/tools.json"].assert_eq(&format!("{text}\n"));
    }
}

#[tokio::test]
async fn resources_and_templates_are_listed() {
    for mut at in every_transport(STDIO).await {
        let answer = at.client.request("resources/list", json!({})).await;
        assert_eq!(
            answer["result"]["resources"],
            json!([{"uri": "note://1", "name": "first"}]),
            "{}",
            at.name
        );
        let answer = at
            .client
            .request("resources/templates/list", json!({}))
            .await;
        let expected = json!([{"uriTemplate": "note://{id}", "name": "note"}]);
        assert_eq!(
            answer["result"]["resourceTemplates"], expected,
            "{}",
            at.name
        );
    }
}
