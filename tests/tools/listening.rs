//! rmcp's own client hears of changes, in both lifecycles.

use std::sync::Arc;
use std::time::Duration;

use glassbox::ToolSwitch;
use rmcp::model::{ProtocolVersion, ServerNotification, SubscriptionFilter};
use rmcp::service::{ClientLifecycleMode, NotificationContext, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, ClientServiceExt as _, RoleClient};
use support::wire::Running;
use tokio::sync::Notify;

use crate::switch::builder;
use crate::{switch_all, until};

/// Hears of changes.
#[derive(Clone, Default)]
struct Hearing(Arc<Notify>);

impl ClientHandler for Hearing {
    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.0.notify_one();
    }
}

async fn connect(
    url: &str,
    hearing: Hearing,
    lifecycle: ClientLifecycleMode,
) -> RunningService<RoleClient, Hearing> {
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let http = support::http::client();
    let transport = StreamableHttpClientTransport::with_client(http, config);
    let connected = hearing.serve_with_lifecycle(transport, lifecycle);
    connected.await.unwrap()
}

#[tokio::test]
async fn over_http_with_a_session() {
    let switch = ToolSwitch::new();
    let running = Running::start(builder(&switch).build().unwrap()).await;
    let hearing = Hearing::default();
    let lifecycle = ClientLifecycleMode::Initialize;
    let client = connect(&running.url, hearing.clone(), lifecycle).await;
    until(|| switch.listeners() == 1).await;
    // The client opens its stream when it likes; what is sent before is lost on HTTP.
    let mut enable = true;
    loop {
        match enable {
            true => switch.enable(["admin_wipe"]).unwrap(),
            false => switch.disable(["admin_wipe"]).unwrap(),
        }
        let heard = tokio::time::timeout(Duration::from_millis(50), hearing.0.notified());
        if heard.await.is_ok() {
            break;
        }
        enable = !enable;
    }
    let listed = client.list_all_tools().await.unwrap().len();
    assert_eq!(listed, if enable { 3 } else { 2 });
    client.cancel().await.unwrap();
    until(|| switch.listeners() == 0).await;
}

#[tokio::test]
async fn over_http_without_one_by_listening() {
    let switch = ToolSwitch::new();
    let running = Running::start(builder(&switch).build().unwrap()).await;
    let lifecycle = ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    };
    let client = connect(&running.url, Hearing::default(), lifecycle).await;
    let filter = SubscriptionFilter::builder()
        .tools_list_changed()
        .resources_list_changed()
        .build();
    let mut subscription = client.listen(filter).await.unwrap();
    let accepted = subscription.acknowledged();
    assert_eq!(accepted.tools_list_changed, Some(true));
    assert_eq!(accepted.resources_list_changed, None);
    until(|| switch.listeners() == 1).await;
    switch.enable(["admin_wipe"]).unwrap();
    let told = subscription.next().await.unwrap();
    let is_change = matches!(
        told,
        Some(ServerNotification::ToolListChangedNotification(_))
    );
    assert!(is_change, "{told:?}");
    drop(subscription);
    until(|| switch.listeners() == 0).await;
}

#[tokio::test]
async fn over_http_without_one_only_to_what_was_asked_for() {
    let switch = ToolSwitch::new();
    let running = Running::start(switch_all::builder(&switch).build().unwrap()).await;
    let lifecycle = ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    };
    let client = connect(&running.url, Hearing::default(), lifecycle).await;
    let filter = SubscriptionFilter::builder()
        .resources_list_changed()
        .prompts_list_changed()
        .build();
    let mut subscription = client.listen(filter).await.unwrap();
    let accepted = subscription.acknowledged();
    assert_eq!(accepted.tools_list_changed, None);
    assert_eq!(accepted.resources_list_changed, Some(true));
    assert_eq!(accepted.prompts_list_changed, Some(true));
    until(|| switch.listeners() == 1).await;
    switch.enable_set(&switch_all::vault()).unwrap();
    for _ in 0..2 {
        match subscription.next().await.unwrap().unwrap() {
            ServerNotification::ResourceListChangedNotification(_)
            | ServerNotification::PromptListChangedNotification(_) => {}
            other => panic!("nobody listens to {other:?}"),
        }
    }
    let listed = client.list_all_resources().await.unwrap();
    assert_eq!(listed[0].uri, "vault://gold");
}
