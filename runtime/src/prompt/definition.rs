//! What the author of a prompt wrote, as one constant.

use rmcp::model::{Prompt as PromptModel, PromptArgument as ArgumentModel};

use crate::text::TextKind;
use crate::tool::Injection;

/// A prompt as its author wrote it.
#[derive(Clone, Copy, Debug)]
pub struct PromptDefinition {
    pub(crate) name: &'static str,
    title: Option<&'static str>,
    pub(super) description: Option<&'static str>,
    pub(super) arguments: &'static [PromptArgument],
    pub(crate) scopes: &'static [&'static str],
    pub(crate) injections: &'static [Injection],
}

impl PromptDefinition {
    /// A prompt with a name and nothing else.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            title: None,
            description: None,
            arguments: &[],
            scopes: &[],
            injections: &[],
        }
    }

    /// Sets the title for people.
    #[must_use]
    pub const fn title(mut self, title: &'static str) -> Self {
        self.title = Some(title);
        self
    }

    /// Sets the description for people.
    #[must_use]
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// Sets the owned parameters, in order.
    #[must_use]
    pub const fn arguments(mut self, arguments: &'static [PromptArgument]) -> Self {
        self.arguments = arguments;
        self
    }

    /// Sets the scopes that a caller needs, all of them.
    #[must_use]
    pub const fn scopes(mut self, scopes: &'static [&'static str]) -> Self {
        self.scopes = scopes;
        self
    }

    /// Sets the borrowed parameters, in order.
    #[must_use]
    pub const fn injections(mut self, injections: &'static [Injection]) -> Self {
        self.injections = injections;
        self
    }

    /// What `prompts/list` says of it, under a name that may have a prefix.
    pub(crate) fn listed(&self, name: &str) -> PromptModel {
        let arguments = self.arguments.iter().map(PromptArgument::listed).collect();
        let arguments = (!self.arguments.is_empty()).then_some(arguments);
        let mut model = PromptModel::new(name, self.description, arguments);
        model.title = self.title.map(Into::into);
        model
    }
}

/// One owned parameter of a prompt, as its author wrote it.
#[derive(Clone, Copy, Debug)]
pub struct PromptArgument {
    pub(super) name: &'static str,
    title: Option<&'static str>,
    description: Option<&'static str>,
    is_required: fn() -> bool,
}

impl PromptArgument {
    /// An argument, and whether it has to be given.
    #[must_use]
    pub const fn new(name: &'static str, is_required: fn() -> bool) -> Self {
        Self {
            name,
            title: None,
            description: None,
            is_required,
        }
    }

    /// Sets the title for people.
    #[must_use]
    pub const fn title(mut self, title: &'static str) -> Self {
        self.title = Some(title);
        self
    }

    /// Sets the description for people.
    #[must_use]
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    fn listed(&self) -> ArgumentModel {
        let mut model = ArgumentModel::new(self.name).with_required((self.is_required)());
        model.title = self.title.map(Into::into);
        model.description = self.description.map(Into::into);
        model
    }
}

/// Whether a text of this kind has to be given.
#[must_use]
pub fn is_required<K: TextKind>(_: K) -> bool {
    K::left_out().is_none()
}
