//! One request for a prompt, as generated code sees it.

use std::any::Any;

use rmcp::model::{GetPromptResult, JsonObject};
use serde_json::Value;

use super::definition::PromptDefinition;
use crate::text::ReadText;
use crate::tool::{CallError, CallFuture, Provided, Receiver, Taken, shown};

/// Most mistakes that are told one by one; the rest is counted.
const MAX_TOLD_MISTAKES: usize = 20;

/// The messages of a prompt in the making.
pub type PromptFuture = CallFuture<GetPromptResult>;

/// How a prompt is made.
pub type GetPrompt = fn(PromptCall) -> PromptFuture;

/// One request for a prompt.
#[derive(Debug)]
pub struct PromptCall {
    pub(super) definition: PromptDefinition,
    given: JsonObject,
    receiver: Receiver,
    provided: Provided,
}

impl PromptCall {
    pub(crate) fn new(
        definition: PromptDefinition,
        given: Option<JsonObject>,
        receiver: Receiver,
        provided: Provided,
    ) -> Self {
        Self {
            definition,
            given: given.unwrap_or_default(),
            receiver,
            provided,
        }
    }

    /// The arguments, to be taken one by one.
    #[must_use]
    pub fn arguments(&self) -> PromptArguments<'_> {
        let names = self.definition.arguments.iter().map(|known| known.name);
        let names: Vec<&str> = names.collect();
        let unknown = self
            .given
            .keys()
            .filter(|name| !names.contains(&name.as_str()));
        let accepted = match names.as_slice() {
            [] => "this prompt has none".to_owned(),
            names => format!("accepted are: {}", names.join(", ")),
        };
        let mistake = |name: &String| {
            let name = crate::tool::shortened(name, 80);
            format!("argument `{name}` is unknown; {accepted}")
        };
        let more = unknown.clone().count().saturating_sub(MAX_TOLD_MISTAKES);
        PromptArguments {
            mistakes: unknown.take(MAX_TOLD_MISTAKES).map(mistake).collect(),
            more,
            names,
            given: &self.given,
        }
    }

    /// What a method borrows as `&self`.
    ///
    /// # Errors
    ///
    /// If the prompt is no method of `T`; a set makes sure that it is.
    pub fn receiver<T: Any>(&self) -> Result<&T, CallError> {
        self.receiver.get()
    }

    /// What the server provides for a parameter `&T`.
    ///
    /// # Errors
    ///
    /// If nothing was injected; a server that was built has checked that.
    pub fn injected<T: Any>(&self) -> Result<&T, CallError> {
        self.provided.get()
    }
}

/// The arguments of one request. Mistakes are collected, so that the client sees
/// all of them at once.
#[derive(Debug)]
pub struct PromptArguments<'a> {
    names: Vec<&'static str>,
    given: &'a JsonObject,
    mistakes: Vec<String>,
    more: usize,
}

impl PromptArguments<'_> {
    /// Takes the argument with this index in the prompt's definition.
    pub fn take<K: ReadText>(&mut self, index: usize, kind: K) -> Taken<K::Value> {
        self.take_or(index, kind, K::left_out)
    }

    /// The same, with a value if it is left out.
    pub fn take_or<K: ReadText>(
        &mut self,
        index: usize,
        _: K,
        left_out: impl FnOnce() -> Option<K::Value>,
    ) -> Taken<K::Value> {
        let Some(name) = self.names.get(index) else {
            return Taken(None);
        };
        let taken = match self.given.get(*name) {
            None | Some(Value::Null) => left_out().ok_or_else(|| "is required".to_owned()),
            Some(Value::String(text)) => {
                K::read(text).map_err(|reason| format!("does not fit: {reason}"))
            }
            Some(other) => Err(format!("must be a string ({} was given)", shown(other))),
        };
        match taken {
            Ok(value) => Taken(Some(value)),
            Err(reason) => {
                self.mistakes.push(format!("argument `{name}` {reason}"));
                Taken(None)
            }
        }
    }

    /// Ends the taking.
    ///
    /// # Errors
    ///
    /// If an argument is missing, unknown or does not fit.
    pub fn finish(mut self) -> Result<(), CallError> {
        if self.mistakes.is_empty() {
            return Ok(());
        }
        if self.more > 0 {
            self.mistakes.push(format!("and {} more", self.more));
        }
        Err(CallError::InvalidArguments(self.mistakes.join("\n")))
    }
}
