//! Clients that are told when what they were shown has changed.

use rmcp::RoleServer;
use rmcp::service::{Peer, SubscriptionContext};
use tokio::sync::watch;

use super::ToolSwitch;
use super::state::Changes;
use crate::instrument::SessionEnd;
use crate::tool::Offer;

/// Who is told.
trait Listener {
    /// Tells of one change; `false` once nobody listens.
    async fn tell(&self, offer: Offer) -> bool;
}

impl Listener for Peer<RoleServer> {
    async fn tell(&self, offer: Offer) -> bool {
        let told = match offer {
            Offer::Tool => self.notify_tool_list_changed().await,
            Offer::Resource => self.notify_resource_list_changed().await,
            Offer::Prompt => self.notify_prompt_list_changed().await,
        };
        told.is_ok()
    }
}

impl Listener for SubscriptionContext {
    async fn tell(&self, offer: Offer) -> bool {
        if !listens(self, offer) {
            return true;
        }
        let sink = self.sink();
        let told = match offer {
            Offer::Tool => sink.notify_tool_list_changed().await,
            Offer::Resource => sink.notify_resource_list_changed().await,
            Offer::Prompt => sink.notify_prompt_list_changed().await,
        };
        told.is_ok()
    }
}

fn listens(subscription: &SubscriptionContext, offer: Offer) -> bool {
    let accepted = subscription.accepted();
    let accepted = match offer {
        Offer::Tool => accepted.tools_list_changed,
        Offer::Resource => accepted.resources_list_changed,
        Offer::Prompt => accepted.prompts_list_changed,
    };
    accepted == Some(true)
}

/// Tells of each change, until nobody listens.
async fn tell_all(mut changes: watch::Receiver<Changes>, listener: &impl Listener) {
    let mut told = *changes.borrow_and_update();
    while changes.changed().await.is_ok() {
        let now = *changes.borrow_and_update();
        for offer in Offer::ALL {
            if now.of(offer) != told.of(offer) && !listener.tell(offer).await {
                return;
            }
        }
        told = now;
    }
}

impl ToolSwitch {
    /// Tells the client of a session of every change, until the session ends.
    /// A client that is slow to read holds up this task only, and is told once
    /// of all that changed meanwhile.
    pub(in crate::server) fn tell(
        &self,
        peer: Peer<RoleServer>,
        session: SessionEnd,
    ) -> impl Future<Output = ()> + Send + use<> {
        let changes = self.0.changes.subscribe();
        async move {
            tokio::select! {
                () = tell_all(changes, &peer) => {}
                () = session.ended() => {}
            }
        }
    }

    /// Tells a subscriber of every change that it listens for, until it is done.
    pub(in crate::server) async fn tell_subscriber(&self, subscription: &SubscriptionContext) {
        let changes = self.0.changes.subscribe();
        tokio::select! {
            () = tell_all(changes, subscription) => {}
            () = subscription.cancelled() => {}
        }
    }
}
