//! The tools of a server, built and checked, by name.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model::ToolsCapability;

use super::error::{BuildError, check_injections, check_scopes};
use super::switch::ToolSwitch;
use crate::tool::{BuiltTool, Injections, Offer, Receiver, RegisteredTool, check_name};

/// The tools of one server.
pub(super) struct Tools {
    /// In the order they were registered.
    tools: Vec<OfferedTool>,
    indices: HashMap<String, usize>,
    switch: Option<ToolSwitch>,
}

/// A tool, and the `self` it has if it is a method.
pub(super) struct OfferedTool {
    pub(super) built: Arc<BuiltTool>,
    pub(super) receiver: Receiver,
}

impl Tools {
    /// Builds every tool.
    pub(super) fn build(
        tools: Vec<RegisteredTool>,
        injections: &Injections,
        switch: Option<ToolSwitch>,
    ) -> Result<Self, BuildError> {
        let indices = indices(&tools)?;
        let mut built = Vec::with_capacity(tools.len());
        for tool in tools {
            built.push(OfferedTool::new(tool, injections)?);
        }
        Ok(Self {
            tools: built,
            indices,
            switch,
        })
    }

    /// What is announced: nothing without tools.
    pub(super) fn capability(&self) -> Option<ToolsCapability> {
        let mut capability = ToolsCapability::default();
        capability.list_changed = self.switch.is_some().then_some(true);
        (!self.tools.is_empty()).then_some(capability)
    }

    /// The tool of that name, if it is enabled.
    pub(super) fn get(&self, name: &str) -> Option<&OfferedTool> {
        let index = *self.indices.get(name)?;
        self.tools.get(index).filter(|_| self.is_enabled(index))
    }

    /// The tools that are enabled, in order.
    pub(super) fn enabled(&self) -> impl Iterator<Item = &OfferedTool> {
        let tools = self.tools.iter().enumerate();
        tools.filter_map(|(index, tool)| self.is_enabled(index).then_some(tool))
    }

    fn is_enabled(&self, index: usize) -> bool {
        let switch = self.switch.as_ref();
        switch.is_none_or(|switch| switch.allows(Offer::Tool, index))
    }

    /// What each tool needs, of those that need anything.
    #[cfg(feature = "auth")]
    pub(super) fn scoped(&self) -> impl Iterator<Item = (String, &'static [&'static str])> {
        let scoped = self
            .tools
            .iter()
            .filter(|tool| !tool.built.scopes.is_empty());
        scoped.map(|tool| (tool.built.model.name.to_string(), tool.built.scopes))
    }

    /// The answer to a call of what is not among `shown`.
    pub(super) fn unknown<'a>(shown: impl Iterator<Item = &'a OfferedTool>) -> ErrorData {
        let names: Vec<&str> = shown.map(|tool| tool.built.model.name.as_ref()).collect();
        let message = format!(
            "there is no such tool; this server has: {}",
            names.join(", ")
        );
        ErrorData::invalid_params(message, None)
    }
}

impl fmt::Debug for Tools {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.tools.iter().map(|tool| &tool.built.model.name);
        formatter.debug_set().entries(names).finish()
    }
}

impl OfferedTool {
    fn new(tool: RegisteredTool, injections: &Injections) -> Result<Self, BuildError> {
        let item = || format!("tool `{}`", tool.name);
        check_injections(tool.definition.injections, injections, item)?;
        check_scopes(tool.definition.scopes, item)?;
        let built = BuiltTool::new(&tool.name, &tool.definition, tool.call)?;
        Ok(Self {
            built: Arc::new(built),
            receiver: tool.receiver,
        })
    }
}

/// Where each name is; refuses names that are there twice, or that MCP does not
/// allow.
fn indices(tools: &[RegisteredTool]) -> Result<HashMap<String, usize>, BuildError> {
    let mut indices = HashMap::with_capacity(tools.len());
    for (index, tool) in tools.iter().enumerate() {
        let name = || tool.name.clone().into_owned();
        check_name(&tool.name).map_err(|reason| BuildError::ToolName {
            tool: name(),
            origin: tool.origin.clone().into_owned(),
            reason,
        })?;
        if let Some(first) = indices.insert(name(), index) {
            let first = tools.get(first).map(|tool| tool.origin.clone());
            return Err(BuildError::DuplicateTool {
                tool: name(),
                first: first.unwrap_or_default().into_owned(),
                second: tool.origin.clone().into_owned(),
            });
        }
    }
    Ok(indices)
}
