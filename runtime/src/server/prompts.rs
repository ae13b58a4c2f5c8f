//! The prompts of a server, checked, by name.

use std::fmt;

use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptsCapability};

use super::error::{BuildError, check_injections, check_scopes};
use super::handler::{Request, Shows};
use super::switch::ToolSwitch;
use crate::prompt::PromptCall;
use crate::tool::{CallError, Injections, Offer, Provided, RegisteredPrompt};

/// The prompts of one server.
pub(super) struct Prompts {
    /// In the order they were registered.
    prompts: Vec<RegisteredPrompt>,
    switch: Option<ToolSwitch>,
}

impl Prompts {
    /// Checks that each prompt can be reached, and gets what it borrows.
    pub(super) fn build(
        prompts: Vec<RegisteredPrompt>,
        injections: &Injections,
        switch: Option<ToolSwitch>,
    ) -> Result<Self, BuildError> {
        for (index, prompt) in prompts.iter().enumerate() {
            let item = || format!("prompt `{}`", prompt.name);
            check_injections(prompt.definition.injections, injections, item)?;
            check_scopes(prompt.definition.scopes, item)?;
            let mut before = prompts.iter().take(index);
            if let Some(first) = before.find(|first| first.name == prompt.name) {
                return Err(BuildError::DuplicatePrompt {
                    prompt: prompt.name.clone().into_owned(),
                    first: first.origin.clone().into_owned(),
                    second: prompt.origin.clone().into_owned(),
                });
            }
        }
        Ok(Self { prompts, switch })
    }

    /// What is announced: nothing without prompts.
    pub(super) fn capability(&self) -> Option<PromptsCapability> {
        let mut capability = PromptsCapability::default();
        capability.list_changed = self.switch.is_some().then_some(true);
        (!self.prompts.is_empty()).then_some(capability)
    }

    /// What each prompt needs, of those that need anything.
    #[cfg(feature = "auth")]
    pub(super) fn scoped(&self) -> impl Iterator<Item = (String, &'static [&'static str])> {
        let prompts = self.prompts.iter();
        let scoped = prompts.filter(|prompt| !prompt.definition.scopes.is_empty());
        scoped.map(|prompt| (prompt.name.to_string(), prompt.definition.scopes))
    }

    /// The prompt of that name, if it is enabled.
    pub(super) fn get(&self, name: &str) -> Option<&RegisteredPrompt> {
        self.enabled().find(|prompt| prompt.name == name)
    }

    /// The prompts that are enabled, in order.
    fn enabled(&self) -> impl Iterator<Item = &RegisteredPrompt> {
        let prompts = self.prompts.iter().enumerate();
        let switch = self.switch.as_ref();
        prompts.filter_map(move |(index, prompt)| {
            let is_enabled = switch.is_none_or(|switch| switch.allows(Offer::Prompt, index));
            is_enabled.then_some(prompt)
        })
    }

    /// The prompts that are enabled and shown.
    pub(super) fn list(&self, request: &Request, shows: impl Shows) -> Vec<Prompt> {
        let shown = self
            .enabled()
            .filter(|prompt| shows(request, prompt.definition.scopes));
        let listed = shown.map(|prompt| prompt.definition.listed(&prompt.name));
        listed.collect()
    }

    /// Makes the messages of a prompt.
    pub(super) async fn make(
        prompt: &RegisteredPrompt,
        arguments: Option<JsonObject>,
        provided: Provided,
    ) -> Result<GetPromptResult, ErrorData> {
        let call = PromptCall::new(
            prompt.definition,
            arguments,
            prompt.receiver.clone(),
            provided,
        );
        let invalid = |mistakes| ErrorData::invalid_params(mistakes, None);
        let messages = (prompt.get)(call).await;
        messages.map_err(|error: CallError| error.into_error(invalid))
    }

    /// The answer to a request for what is not there.
    pub(super) fn unknown(&self, request: &Request, shows: impl Shows) -> ErrorData {
        let names: Vec<&str> = self
            .enabled()
            .filter(|prompt| shows(request, prompt.definition.scopes))
            .map(|prompt| prompt.name.as_ref())
            .collect();
        let message = match names.as_slice() {
            [] => "this server has no prompts".to_owned(),
            names => format!(
                "there is no such prompt; this server has: {}",
                names.join(", ")
            ),
        };
        ErrorData::invalid_params(message, None)
    }
}

impl fmt::Debug for Prompts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.prompts.iter().map(|prompt| &prompt.name);
        formatter.debug_set().entries(names).finish()
    }
}
