//! Tools, resources and prompts on and off while the server runs.
//!
//! ```text
//! ToolSwitch       what is enabled and disabled                    mod.rs
//! ToolSwitchError  why nothing was switched                        error.rs
//! State            what is enabled, and how often that has changed state.rs
//! tell             clients that are told                           tell.rs
//! ```

mod error;
mod state;
mod tell;

use std::fmt;
use std::sync::Arc;

pub use self::error::ToolSwitchError;
use self::state::State;
use super::error::BuildError;
use crate::tool::{Offer, ToolSet};

/// Enables and disables the tools of one server while it runs, and its resources
/// and prompts.
///
/// What is disabled is not listed, and a request for it is answered as if there
/// were no such thing; calls in flight end as they would. A disabled resource
/// keeps its URIs: no other one is read in its place. Clients that have
/// initialized a session get `notifications/tools/list_changed`, and the same of
/// `resources` and `prompts`; so do those of protocol 2026-07-28 that listen for
/// it (`subscriptions/listen`). Changes in quick succession may come as one
/// notification.
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

impl ToolSwitch {
    /// A switch for one server: [`ServerBuilder::tool_switch`](crate::ServerBuilder::tool_switch).
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(State::new()))
    }

    /// Enables tools by name; those that are enabled stay so.
    ///
    /// # Errors
    ///
    /// If one of the names is unknown, or the switch is not that of a server.
    pub fn enable(
        &self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<(), ToolSwitchError> {
        self.set(Offer::Tool, names, true)
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
        self.set(Offer::Tool, names, false)
    }

    /// Whether a tool is enabled.
    ///
    /// # Errors
    ///
    /// As [`enable`](Self::enable).
    pub fn is_enabled(&self, name: &str) -> Result<bool, ToolSwitchError> {
        self.0.is_enabled(Offer::Tool, name)
    }

    /// Enables resources by URI, or by template as it is listed; those that are
    /// enabled stay so. What a [`ResourceProvider`](crate::ResourceProvider) has
    /// cannot be switched.
    ///
    /// # Errors
    ///
    /// If one of the URIs is unknown, or the switch is not that of a server.
    pub fn enable_resources(
        &self,
        uris: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<(), ToolSwitchError> {
        self.set(Offer::Resource, uris, true)
    }

    /// Disables resources by URI, or by template as it is listed; those that are
    /// disabled stay so.
    ///
    /// # Errors
    ///
    /// As [`enable_resources`](Self::enable_resources).
    pub fn disable_resources(
        &self,
        uris: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<(), ToolSwitchError> {
        self.set(Offer::Resource, uris, false)
    }

    /// Whether a resource is enabled.
    ///
    /// # Errors
    ///
    /// As [`enable_resources`](Self::enable_resources).
    pub fn is_resource_enabled(&self, uri: &str) -> Result<bool, ToolSwitchError> {
        self.0.is_enabled(Offer::Resource, uri)
    }

    /// Enables prompts by name; those that are enabled stay so.
    ///
    /// # Errors
    ///
    /// If one of the names is unknown, or the switch is not that of a server.
    pub fn enable_prompts(
        &self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<(), ToolSwitchError> {
        self.set(Offer::Prompt, names, true)
    }

    /// Disables prompts by name; those that are disabled stay so.
    ///
    /// # Errors
    ///
    /// As [`enable_prompts`](Self::enable_prompts).
    pub fn disable_prompts(
        &self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<(), ToolSwitchError> {
        self.set(Offer::Prompt, names, false)
    }

    /// Whether a prompt is enabled.
    ///
    /// # Errors
    ///
    /// As [`enable_prompts`](Self::enable_prompts).
    pub fn is_prompt_enabled(&self, name: &str) -> Result<bool, ToolSwitchError> {
        self.0.is_enabled(Offer::Prompt, name)
    }

    /// Enables all of a set: its tools, resources and prompts, by the names and
    /// URIs that they have in it. Keep a clone of what the server took.
    ///
    /// # Errors
    ///
    /// If the server has not all of it, or the switch is not that of a server.
    ///
    /// # Examples
    ///
    /// ```
    /// use glassbox::{Server, ToolSet, ToolSwitch, mcp_resource, mcp_tool, mcp_tools};
    ///
    /// struct Vault;
    ///
    /// #[mcp_tools]
    /// impl Vault {
    ///     /// Opens the vault.
    ///     #[mcp_tool]
    ///     fn open(&self) {}
    ///
    ///     /// What is in it.
    ///     #[mcp_resource("vault://contents")]
    ///     fn contents(&self) -> &'static str {
    ///         "gold"
    ///     }
    /// }
    ///
    /// # fn build() -> Result<(), Box<dyn std::error::Error>> {
    /// let switch = ToolSwitch::new();
    /// let vault = ToolSet::of(Vault).disabled();
    /// let server = Server::builder("bank", "1.0.0")
    ///     .tool_switch(&switch)
    ///     .tools(vault.clone())
    ///     .build()?;
    /// switch.enable_set(&vault)?;
    /// assert!(switch.is_resource_enabled("vault://contents")?);
    /// # Ok(())
    /// # }
    /// # build().unwrap();
    /// ```
    pub fn enable_set(&self, set: &ToolSet) -> Result<(), ToolSwitchError> {
        self.set_all(set, true)
    }

    /// Disables all of a set.
    ///
    /// # Errors
    ///
    /// As [`enable_set`](Self::enable_set).
    pub fn disable_set(&self, set: &ToolSet) -> Result<(), ToolSwitchError> {
        self.set_all(set, false)
    }

    /// Sessions and subscriptions that are told of changes right now.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.0.changes.receiver_count()
    }

    fn set(
        &self,
        offer: Offer,
        keys: impl IntoIterator<Item = impl AsRef<str>>,
        enabled: bool,
    ) -> Result<(), ToolSwitchError> {
        let items = keys.into_iter().map(|key| (offer, key));
        self.0.set(items, enabled)
    }

    fn set_all(&self, set: &ToolSet, enabled: bool) -> Result<(), ToolSwitchError> {
        let items = set.items().map(|item| (item.offer, item.key));
        self.0.set(items, enabled)
    }

    /// Takes what the server offers, and how it starts.
    pub(super) fn serve(&self, set: &ToolSet) -> Result<(), BuildError> {
        self.0.serve(set)
    }

    /// Whether the one at `index` among those of the server is enabled.
    pub(super) fn allows(&self, offer: Offer, index: usize) -> bool {
        self.0.allows(offer, index)
    }
}

impl Default for ToolSwitch {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ToolSwitch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = self.0.items().map(|(_, key, enabled)| (key, enabled));
        formatter.debug_map().entries(items).finish()
    }
}
