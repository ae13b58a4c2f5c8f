//! What the author of a tool wrote, as one constant.

use std::sync::Arc;

use rmcp::model::{JsonObject, ToolAnnotations};

use super::argument::Argument;
use super::injection::Injection;

/// The schema of what a tool returns, if it returns structured content.
pub type OutputSchema = Option<Arc<JsonObject>>;

/// A tool as its author wrote it.
#[derive(Clone, Copy, Debug)]
pub struct ToolDefinition {
    pub(crate) name: &'static str,
    pub(crate) title: Option<&'static str>,
    pub(crate) description: Option<&'static str>,
    pub(crate) arguments: &'static [Argument],
    pub(crate) injections: &'static [Injection],
    pub(crate) scopes: &'static [&'static str],
    pub(crate) output: Option<fn() -> OutputSchema>,
    pub(crate) allow_unknown_arguments: bool,
    read_only: Option<bool>,
    destructive: Option<bool>,
    idempotent: Option<bool>,
    open_world: Option<bool>,
}

impl ToolDefinition {
    /// A tool with a name and nothing else.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            title: None,
            description: None,
            arguments: &[],
            injections: &[],
            scopes: &[],
            output: None,
            allow_unknown_arguments: false,
            read_only: None,
            destructive: None,
            idempotent: None,
            open_world: None,
        }
    }

    /// Sets the title for people.
    #[must_use]
    pub const fn title(mut self, title: &'static str) -> Self {
        self.title = Some(title);
        self
    }

    /// Sets the description for the model.
    #[must_use]
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// Sets the hint that the tool changes nothing.
    #[must_use]
    pub const fn read_only(mut self, hint: bool) -> Self {
        self.read_only = Some(hint);
        self
    }

    /// Sets the hint that the tool may destroy something.
    #[must_use]
    pub const fn destructive(mut self, hint: bool) -> Self {
        self.destructive = Some(hint);
        self
    }

    /// Sets the hint that calling again changes nothing more.
    #[must_use]
    pub const fn idempotent(mut self, hint: bool) -> Self {
        self.idempotent = Some(hint);
        self
    }

    /// Sets the hint that the tool reaches out to an open world.
    #[must_use]
    pub const fn open_world(mut self, hint: bool) -> Self {
        self.open_world = Some(hint);
        self
    }

    /// Sets the owned parameters, in order.
    #[must_use]
    pub const fn arguments(mut self, arguments: &'static [Argument]) -> Self {
        self.arguments = arguments;
        self
    }

    /// Sets the borrowed parameters, in order.
    #[must_use]
    pub const fn injections(mut self, injections: &'static [Injection]) -> Self {
        self.injections = injections;
        self
    }

    /// Sets the scopes that a caller needs, all of them.
    #[must_use]
    pub const fn scopes(mut self, scopes: &'static [&'static str]) -> Self {
        self.scopes = scopes;
        self
    }

    /// Sets the schema of what the function returns.
    #[must_use]
    pub const fn output(mut self, schema: fn() -> OutputSchema) -> Self {
        self.output = Some(schema);
        self
    }

    /// Takes calls with arguments that the tool does not have, which it does not see.
    #[must_use]
    pub const fn allow_unknown_arguments(mut self, allow: bool) -> Self {
        self.allow_unknown_arguments = allow;
        self
    }

    /// The hints as MCP annotations, if any was given.
    pub(crate) fn annotations(&self) -> Option<ToolAnnotations> {
        let hints = [
            self.read_only,
            self.destructive,
            self.idempotent,
            self.open_world,
        ];
        hints.iter().any(Option::is_some).then(|| {
            let [read_only, destructive, idempotent, open_world] = hints;
            ToolAnnotations::from_raw(None, read_only, destructive, idempotent, open_world)
        })
    }
}
