//! What the server says to whom.

use std::time::Duration;

use gmail_example::identity::consent::{self, Decision};
use rmcp::model::{ReadResourceRequestParams, ReadResourceResponse};
use rmcp::service::ServiceError;
use serde_json::json;

use crate::support::{Asked, Kind, MODERN, World, asks_for_spans};

const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(60);

async fn decide(page: &str, decision: Decision) {
    consent::decide(page, decision).await.unwrap();
}

/// The spans are there, and nothing of the page is in them.
fn assert_spans_without(spans: &str, page: &str) {
    assert!(spans.contains("auth.gmail_token"), "{spans}");
    let (_, flow) = page.rsplit_once('=').unwrap();
    assert!(flow.len() > 10 && !spans.contains(flow), "{spans}");
}

#[tokio::test]
async fn each_client_gets_the_page_as_it_can_take_it_and_calls_again() {
    for is_http in [true, false] {
        for is_modern in [true, false] {
            for takes_pages in [true, false] {
                let kind = Kind {
                    is_http,
                    is_modern,
                    takes_pages,
                };
                let world = World::start(LONG).await;
                let client = world.client(kind).await;
                let mut responses = None;
                let page = match (takes_pages, is_modern) {
                    (true, true) => {
                        let asked = client.asked(None).await;
                        assert_spans_without(&asked.meta, &asked.page);
                        responses = asked.response("accept");
                        asked.page
                    }
                    (true, false) => {
                        let Err(ServiceError::McpError(error)) = client.call(None).await else {
                            panic!("{kind:?}");
                        };
                        assert_eq!(error.code.0, -32042);
                        let data = error.data.unwrap();
                        let asked = &data["elicitations"][0];
                        assert_eq!(asked["mode"], "url");
                        assert!(asked["elicitationId"].as_str().unwrap().len() > 16);
                        let page = asked["url"].as_str().unwrap().to_owned();
                        assert!(!error.message.contains(&page));
                        assert_spans_without(&data["_meta"].to_string(), &page);
                        page
                    }
                    (false, _) => {
                        let text = client.error(None).await;
                        let page = text.split(' ').find(|word| word.starts_with("http://"));
                        page.unwrap().to_owned()
                    }
                };
                assert!(page.starts_with(&world.arcade.url()), "{kind:?}: {page}");
                decide(&page, Decision::Allow).await;
                client.succeeds(responses).await;
            }
        }
    }
}

#[tokio::test]
async fn who_has_agreed_to_visit_the_page_is_waited_for() {
    let world = World::start(LONG).await;
    let client = world.client(MODERN).await;
    let asked = client.asked(None).await;
    let (meta, ()) = tokio::join!(client.succeeds(asked.response("accept")), async {
        tokio::time::sleep(SHORT).await;
        decide(&asked.page, Decision::Allow).await;
    });
    assert!(meta.to_string().contains("auth.consent"), "{meta}");
}

#[tokio::test]
async fn who_does_not_come_in_time_is_asked_again() {
    let world = World::start(SHORT).await;
    let client = world.client(MODERN).await;
    let asked = client.asked(None).await;
    let again = client.asked(asked.response("accept")).await;
    assert_eq!((&again.page, &again.key), (&asked.page, &asked.key));
    assert!(again.meta.contains("consent_required"), "{}", again.meta);
}

#[tokio::test]
async fn a_word_of_the_client_opens_nothing() {
    let world = World::start(LONG).await;
    let client = world.client(MODERN).await;
    for made_up in [
        json!({"consent:https://arcade.example": {"action": "accept"}}),
        json!({"consent": {"action": "accept", "content": {"token": "mine"}}}),
        json!({"other": {"action": "decline"}}),
        json!({"other": null}),
    ] {
        client.asked(Some(made_up)).await;
    }
}

#[tokio::test]
async fn who_declines_is_not_acted_for() {
    let world = World::start(LONG).await;
    let client = world.client(MODERN).await;
    let asked = client.asked(None).await;
    // Somebody else may have allowed it.
    decide(&asked.page, Decision::Allow).await;
    for action in ["decline", "cancel", "made-up"] {
        let text = client.error(asked.response(action)).await;
        assert_eq!(
            text,
            "access was not granted; ask the user whether to try again"
        );
    }
    client.succeeds(asked.response("accept")).await;
}

#[tokio::test]
async fn who_denies_on_the_page_is_not_asked_at_once_again() {
    let world = World::start(LONG).await;
    let client = world.client(MODERN).await;
    let asked = client.asked(None).await;
    let (text, ()) = tokio::join!(client.error(asked.response("accept")), async {
        tokio::time::sleep(SHORT).await;
        decide(&asked.page, Decision::Deny).await;
    });
    assert!(text.contains("access was not granted"), "{text}");
}

#[tokio::test]
async fn resources_ask_as_tools_do() {
    let world = World::start(LONG).await;
    let read = |peer: &rmcp::service::Peer<rmcp::RoleClient>| {
        let peer = peer.clone();
        async move {
            let mut params = ReadResourceRequestParams::new("gmail://messages/1");
            params.meta = Some(asks_for_spans());
            peer.read_resource_once(params).await
        }
    };
    let client = world.client(MODERN).await;
    let Ok(ReadResourceResponse::InputRequired(result)) = read(client.peer()).await else {
        panic!("no input is required");
    };
    let page = Asked::of(result).page;
    let without = world
        .client(Kind {
            takes_pages: false,
            ..MODERN
        })
        .await;
    let Err(ServiceError::McpError(error)) = read(without.peer()).await else {
        panic!("no error");
    };
    // Clients put messages into spans.
    assert!(!error.message.contains("http"), "{}", error.message);
    assert_eq!(error.data.unwrap()["url"], page);
}
