//! Tools on and off while the server runs.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rmcp::RoleServer;
use rmcp::service::{Peer, SubscriptionContext};
use tokio::sync::watch;

use super::error::BuildError;
use crate::instrument::SessionEnd;

/// Enables and disables the tools of one server while it runs.
///
/// A disabled tool is not listed, and a call of it is answered as that of an
/// unknown tool; calls in flight end as they would. Clients that have
/// initialized a session get `notifications/tools/list_changed`, and so do those
/// of protocol 2026-07-28 that listen for it (`subscriptions/listen`). Changes
/// in quick succession may come as one notification.
///
/// Cheap to clone; clones are the same switch. Tools borrow it as
/// `&ToolSwitch`, if it is injected.
///
/// # Examples
///
/// ```
/// use glassbox::{Server, ToolError, ToolSet, ToolSwitch, mcp_tool};
///
/// /// Deletes everything.
/// #[mcp_tool(destructive)]
/// fn delete_all() {}
///
/// /// Shows the tools that delete.
/// #[mcp_tool]
/// fn unlock(switch: &ToolSwitch) -> Result<(), ToolError> {
///     Ok(switch.enable(["delete_all"])?)
/// }
///
/// # fn build() -> Result<(), Box<dyn std::error::Error>> {
/// let switch = ToolSwitch::new();
/// let server = Server::builder("shelf", "1.0.0")
///     .tool_switch(&switch)
///     .inject(switch.clone())
///     .tool::<unlock>()
///     .tools(ToolSet::new().tool::<delete_all>().disabled())
///     .build()?;
/// assert!(!switch.is_enabled("delete_all")?);
/// assert!(switch.enable(["delete_al"]).is_err());
/// # Ok(())
/// # }
/// # build().unwrap();
/// ```
#[derive(Clone)]
pub struct ToolSwitch(Arc<State>);

struct State {
    /// Name by name, in the order of the server's tools. It is all that a
    /// switch knows of its server, which may hold the switch itself.
    tools: OnceLock<Vec<(String, AtomicBool)>>,
    changes: watch::Sender<()>,
}

/// Why a tool was not switched. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ToolSwitchError {
    /// The switch is not, or not yet, that of a server.
    #[error(
        "the tool switch belongs to no server yet; give it to one, `.tool_switch(&switch)`, and build that first"
    )]
    NoServer,
    /// The server has no such tool.
    #[error("there is no tool `{tool}`; this server has: {known}", known = known.join(", "))]
    UnknownTool {
        /// The name that is not there.
        tool: String,
        /// Those that are.
        known: Vec<String>,
    },
}

impl ToolSwitch {
    /// A switch for one server: [`ServerBuilder::tool_switch`](crate::ServerBuilder::tool_switch).
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(State {
            tools: OnceLock::new(),
            changes: watch::Sender::new(()),
        }))
    }

    /// Enables tools by name; those that are enabled stay so. For all of a set
    /// keep its [`names`](crate::ToolSet::names).
    ///
    /// # Errors
    ///
    /// If one of the names is unknown, or the switch is not that of a server.
    pub fn enable(
        &self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<(), ToolSwitchError> {
        self.set(names, true)
    }

    /// Disables tools by name; those that are disabled stay so.
    ///
    /// # Errors
    ///
    /// As [`enable`](Self::enable).
    pub fn disable(
        &self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<(), ToolSwitchError> {
        self.set(names, false)
    }

    /// Whether a tool is enabled.
    ///
    /// # Errors
    ///
    /// As [`enable`](Self::enable).
    pub fn is_enabled(&self, name: &str) -> Result<bool, ToolSwitchError> {
        Ok(self.tool(name)?.load(Ordering::Acquire))
    }

    /// Sessions and subscriptions that are told of changes right now.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.0.changes.receiver_count()
    }

    fn set(
        &self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
        enabled: bool,
    ) -> Result<(), ToolSwitchError> {
        let found: Result<Vec<&AtomicBool>, _> = names
            .into_iter()
            .map(|name| self.tool(name.as_ref()))
            .collect();
        let mut has_changed = false;
        for tool in found? {
            has_changed |= tool.swap(enabled, Ordering::AcqRel) != enabled;
        }
        if has_changed {
            self.0.changes.send_replace(());
        }
        Ok(())
    }

    fn tool(&self, name: &str) -> Result<&AtomicBool, ToolSwitchError> {
        let tools = self.0.tools.get().ok_or(ToolSwitchError::NoServer)?;
        let found = tools.iter().find(|(tool, _)| tool == name);
        found
            .map(|(_, enabled)| enabled)
            .ok_or_else(|| ToolSwitchError::UnknownTool {
                tool: name.to_owned(),
                known: tools.iter().map(|(tool, _)| tool.clone()).collect(),
            })
    }

    /// Takes the names of the server's tools, and how they start.
    pub(super) fn serve(&self, tools: Vec<(String, bool)>) -> Result<(), BuildError> {
        let tools = tools
            .into_iter()
            .map(|(name, enabled)| (name, AtomicBool::new(enabled)));
        let taken = self.0.tools.set(tools.collect());
        taken.map_err(|_| BuildError::SwitchInUse)
    }

    /// Whether the tool at `index` of the server is enabled.
    pub(super) fn allows(&self, index: usize) -> bool {
        let tools = self.0.tools.get();
        tools
            .and_then(|tools| tools.get(index))
            .is_some_and(|(_, enabled)| enabled.load(Ordering::Acquire))
    }

    /// Tells the client of a session of every change, until the session ends.
    /// A client that is slow to read holds up this task only, and is told once
    /// of all that changed meanwhile.
    pub(super) fn tell(
        &self,
        peer: Peer<RoleServer>,
        session: SessionEnd,
    ) -> impl Future<Output = ()> + Send + use<> {
        let mut changes = self.0.changes.subscribe();
        let telling = async move {
            while changes.changed().await.is_ok() {
                if peer.notify_tool_list_changed().await.is_err() {
                    break;
                }
            }
        };
        async move {
            tokio::select! {
                () = telling => {}
                () = session.ended() => {}
            }
        }
    }

    /// Tells a subscriber of every change that it listens for, until it is done.
    pub(super) async fn tell_subscriber(&self, subscription: &SubscriptionContext) {
        let mut changes = self.0.changes.subscribe();
        let telling = async {
            if subscription.accepted().tools_list_changed != Some(true) {
                return subscription.cancelled().await;
            }
            while changes.changed().await.is_ok() {
                if subscription
                    .sink()
                    .notify_tool_list_changed()
                    .await
                    .is_err()
                {
                    break;
                }
            }
        };
        tokio::select! {
            () = telling => {}
            () = subscription.cancelled() => {}
        }
    }
}

impl Default for ToolSwitch {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ToolSwitch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tools = self.0.tools.get().into_iter().flatten();
        formatter
            .debug_map()
            .entries(tools.map(|(name, enabled)| (name, enabled)))
            .finish()
    }
}
