//! The first run, the next ones, and tokens that end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gmail_example::identity::consent::Decision;
use gmail_example::sign_in::SignIn;
use serde_json::json;

use crate::support::{World, decide, follow};

#[tokio::test]
async fn the_first_run_registers_and_signs_in_and_the_next_one_knows_it() {
    let world = World::start().await;
    let sign_in = world.sign_in();
    let observed = world.run(&sign_in).await.unwrap();
    // The spans were lifted below the sign-in.
    assert!(observed.report.is_complete(), "{}", observed.report);
    assert!(!observed.server_spans.is_empty());
    assert_eq!(world.visits(), 1);
    world.run(&sign_in).await.unwrap();
    assert_eq!(world.visits(), 1);
    assert_eq!(world.notices(), [""; 0]);
}

#[tokio::test]
async fn without_a_cache_every_run_signs_in() {
    let world = World::start().await;
    let mut sign_in = world.sign_in();
    sign_in.cache = None;
    world.run(&sign_in).await.unwrap();
    world.run(&sign_in).await.unwrap();
    assert_eq!(world.visits(), 2);
    assert!(!world.directory.path().join("sign-ins").exists());
}

#[tokio::test]
async fn a_token_that_the_server_calls_expired_is_refreshed_without_the_user() {
    let world = World::start().await;
    let sign_in = world.sign_in();
    world.run(&sign_in).await.unwrap();
    let before = world.kept();
    world.identity.advance_clock(Duration::from_secs(11 * 60));
    world.run(&sign_in).await.unwrap();
    assert_eq!(world.visits(), 1);
    for token in ["access_token", "refresh_token"] {
        let pointer = format!("/credentials/token_response/{token}");
        assert_ne!(world.kept().pointer(&pointer), before.pointer(&pointer));
    }
}

#[tokio::test]
async fn a_token_that_is_known_to_be_expired_is_refreshed_before_it_is_used() {
    let world = World::start().await;
    let sign_in = world.sign_in();
    world.run(&sign_in).await.unwrap();
    let mut kept = world.kept();
    *kept.pointer_mut("/credentials/token_received_at").unwrap() = json!(0);
    std::fs::write(world.file(), kept.to_string()).unwrap();
    world.run(&sign_in).await.unwrap();
    assert_eq!(world.visits(), 1);
    assert_ne!(world.kept(), kept);
}

#[tokio::test]
async fn a_sign_in_that_was_revoked_asks_again() {
    let world = World::start().await;
    let sign_in = world.sign_in();
    world.run(&sign_in).await.unwrap();
    world.identity.revoke_all();
    world.run(&sign_in).await.unwrap();
    assert_eq!(world.visits(), 2);
    world.run(&sign_in).await.unwrap();
    assert_eq!(world.visits(), 2);
}

#[tokio::test]
async fn a_sign_in_that_is_revoked_during_a_run_asks_again_and_the_call_goes_on() {
    let world = World::start().await;
    let connected = world.connect(&world.sign_in()).await.unwrap();
    connected.call().await.result.unwrap();
    world.identity.revoke_all();
    let observed = connected.call().await;
    observed.result.unwrap();
    assert!(!observed.server_spans.is_empty());
    assert_eq!(world.visits(), 2);
}

#[tokio::test]
async fn without_a_way_to_sign_in_the_agent_says_what_is_asked_for() {
    let world = World::start().await;
    let telemetry = gmail_example::telemetry::Telemetry::new();
    let connecting = gmail_example::call::McpClient::connect(&world.url, None, &telemetry, None);
    let error = connecting.await.unwrap_err().to_string();
    assert_eq!(
        error,
        format!("the server at {} asks for a sign-in", world.url)
    );
}

#[tokio::test]
async fn nothing_secret_is_shown_or_recorded() {
    let world = World::start().await;
    let sign_in: SignIn = world.sign_in();
    let connected = world.connect(&sign_in).await.unwrap();
    let observed = connected.call().await;
    world.identity.revoke_all();
    let again = connected.call().await;
    let kept = world.kept();
    let token = |name: &str| {
        let pointer = format!("/credentials/token_response/{name}");
        kept.pointer(&pointer).unwrap().as_str().unwrap().to_owned()
    };
    let own_spans = connected.telemetry.spans(observed.trace_id);
    let shown = format!(
        "{:?} {:?} {sign_in:?} {:?} {own_spans:?} {observed:?} {again:?}",
        world.notices(),
        connected.client,
        world.identity,
    );
    for secret in [token("access_token"), token("refresh_token")] {
        assert!(secret.len() > 20);
        assert!(!shown.contains(&secret));
    }
}

#[tokio::test]
async fn a_tool_that_needs_more_asks_the_user_for_it_and_the_call_goes_on() {
    let world = World::start().await;
    let pages = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&pages);
    let sign_in = world.sign_in_with(move |page| {
        let scope = page.query_pairs().find(|(key, _)| key == "scope").unwrap();
        seen.lock().unwrap().push(scope.1.into_owned());
        async move { follow(&decide(&page, Decision::Allow).await).await }
    });
    let connected = world.connect(&sign_in).await.unwrap();
    connected.call().await.result.unwrap();
    // No more than the first call needs.
    assert_eq!(*pages.lock().unwrap(), ["gmail.readonly"]);
    let observed = connected.send().await;
    assert_ne!(observed.result.unwrap().is_error, Some(true));
    assert!(!observed.server_spans.is_empty());
    assert_eq!(
        *pages.lock().unwrap(),
        ["gmail.readonly", "gmail.readonly gmail.send"]
    );
    assert_eq!(
        world.notices(),
        ["This needs more than the sign-in allows: gmail.send. Signing in again."]
    );
    // The larger one is kept, for this run and the next.
    connected.call().await.result.unwrap();
    let next = world.connect(&sign_in).await.unwrap();
    next.send().await.result.unwrap();
    assert_eq!(world.visits(), 2);
}

#[tokio::test]
async fn who_does_not_allow_more_keeps_what_there_was() {
    let world = World::start().await;
    let sign_in = world.sign_in_with(|page| async move {
        let decision = match page.as_str().contains("gmail.send") {
            true => Decision::Deny,
            false => Decision::Allow,
        };
        follow(&decide(&page, decision).await).await;
    });
    let connected = world.connect(&sign_in).await.unwrap();
    let refused = connected.send().await.result.unwrap_err();
    assert_eq!(refused.to_string(), "access was denied on the page");
    connected.call().await.result.unwrap();
    assert_eq!(world.visits(), 2);
}
