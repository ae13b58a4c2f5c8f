//! The prompts of a server, checked, by name.

use std::fmt;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model::{GetPromptRequestParams, GetPromptResult, Prompt, PromptsCapability};

use super::error::{BuildError, check_injections, check_scopes};
use super::handler::{Request, Shows};
use crate::prompt::PromptCall;
use crate::tool::{CallError, Injections, Provided, RegisteredPrompt, ToolContext};

/// The prompts of one server, in the order they were registered.
pub(super) struct Prompts(Vec<RegisteredPrompt>);

impl Prompts {
    /// Checks that each prompt can be reached, and gets what it borrows.
    pub(super) fn build(
        prompts: Vec<RegisteredPrompt>,
        injections: &Injections,
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
        Ok(Self(prompts))
    }

    /// What is announced: nothing without prompts.
    pub(super) fn capability(&self) -> Option<PromptsCapability> {
        (!self.0.is_empty()).then(PromptsCapability::default)
    }

    /// What each prompt needs, of those that need anything.
    #[cfg(feature = "auth")]
    pub(super) fn scoped(&self) -> impl Iterator<Item = (String, &'static [&'static str])> {
        let prompts = self.0.iter();
        let scoped = prompts.filter(|prompt| !prompt.definition.scopes.is_empty());
        scoped.map(|prompt| (prompt.name.to_string(), prompt.definition.scopes))
    }

    /// What the prompt of that name needs.
    #[cfg(feature = "auth")]
    pub(super) fn scopes(&self, name: &str) -> &'static [&'static str] {
        self.get(name)
            .map_or(&[], |prompt| prompt.definition.scopes)
    }

    fn get(&self, name: &str) -> Option<&RegisteredPrompt> {
        self.0.iter().find(|prompt| prompt.name == name)
    }

    /// The prompts that are shown.
    pub(super) fn list(&self, request: &Request, shows: impl Shows) -> Vec<Prompt> {
        let prompts = self.0.iter();
        let shown = prompts.filter(|prompt| shows(request, prompt.definition.scopes));
        let listed = shown.map(|prompt| prompt.definition.listed(&prompt.name));
        listed.collect()
    }

    /// Makes the messages of a prompt.
    pub(super) async fn make(
        &self,
        params: GetPromptRequestParams,
        injections: Arc<Injections>,
        context: ToolContext,
        shows: impl Shows,
    ) -> Result<GetPromptResult, ErrorData> {
        let found = self.get(&params.name);
        let prompt = found.ok_or_else(|| self.unknown(context.request(), shows))?;
        let provided = Provided::new(injections, context);
        let call = PromptCall::new(
            prompt.definition,
            params.arguments,
            prompt.receiver.clone(),
            provided,
        );
        let invalid = |mistakes| ErrorData::invalid_params(mistakes, None);
        let messages = (prompt.get)(call).await;
        messages.map_err(|error: CallError| error.into_error(invalid))
    }

    fn unknown(&self, request: &Request, shows: impl Shows) -> ErrorData {
        let prompts = self.0.iter();
        let names: Vec<&str> = prompts
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
        let names = self.0.iter().map(|prompt| &prompt.name);
        formatter.debug_set().entries(names).finish()
    }
}
