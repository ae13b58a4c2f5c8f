//! The prompts of a server, checked, by name.

use std::fmt;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model::{GetPromptRequestParams, GetPromptResult, Prompt, PromptsCapability};

use super::error::{BuildError, check_injections};
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
            let mut before = prompts.iter().take(index);
            if let Some(first) = before.find(|first| first.name == prompt.name) {
                return Err(BuildError::DuplicatePrompt {
                    prompt: prompt.name.clone().into_owned(),
                    first: first.origin.to_owned(),
                    second: prompt.origin.to_owned(),
                });
            }
        }
        Ok(Self(prompts))
    }

    /// What is announced: nothing without prompts.
    pub(super) fn capability(&self) -> Option<PromptsCapability> {
        (!self.0.is_empty()).then(PromptsCapability::default)
    }

    pub(super) fn list(&self) -> Vec<Prompt> {
        let prompts = self.0.iter();
        let listed = prompts.map(|prompt| prompt.definition.listed(&prompt.name));
        listed.collect()
    }

    /// Makes the messages of a prompt.
    pub(super) async fn get(
        &self,
        params: GetPromptRequestParams,
        injections: Arc<Injections>,
        context: ToolContext,
    ) -> Result<GetPromptResult, ErrorData> {
        let found = self.0.iter().find(|prompt| prompt.name == params.name);
        let prompt = found.ok_or_else(|| self.unknown())?;
        let provided = Provided::new(injections, context);
        let call = PromptCall::new(prompt.definition, params.arguments, provided);
        let invalid = |mistakes| ErrorData::invalid_params(mistakes, None);
        let messages = (prompt.get)(call).await;
        messages.map_err(|error: CallError| error.into_error(invalid))
    }

    fn unknown(&self) -> ErrorData {
        let names: Vec<&str> = self.0.iter().map(|prompt| prompt.name.as_ref()).collect();
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
