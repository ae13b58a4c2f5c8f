//! A chat completion, as much of it as the agent needs.
//!
//! The client crate's own type refuses what other providers write in fields that nobody here reads (`service_tier`,
//! `finish_reason`), so the answer is read into this one.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::Url;

use super::error::ModelError;

#[derive(Debug, Deserialize)]
pub(super) struct Completion {
    #[serde(default)]
    model: Option<String>,
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    message: Message,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<ToolCall>>,
}

/// What the model says, or what it wants to be called.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Turn {
    /// The model that answered, as it calls itself.
    pub model: Option<String>,
    /// The answer, if there is one; never empty.
    pub content: Option<String>,
    /// Why the model will not answer, if so.
    pub refusal: Option<String>,
    /// What is to be called first.
    pub tool_calls: Vec<ToolCall>,
    /// Whether the answer ends where the model was out of room, not where it was done.
    pub is_cut: bool,
    /// What the turn took.
    pub usage: Option<Usage>,
}

/// A call that the model wants to be made. Nothing of it has been checked.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ToolCall {
    /// The call's id, which its answer has to repeat.
    #[serde(default)]
    pub id: String,
    /// The function.
    pub function: FunctionCall,
}

/// A function and what it is called with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct FunctionCall {
    /// The function's name.
    pub name: String,
    /// The arguments as text, which should be a JSON object.
    #[serde(default, deserialize_with = "text_or_json")]
    pub arguments: String,
}

/// Tokens of a turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// What the model read.
    #[serde(default, rename = "prompt_tokens")]
    pub input_tokens: u32,
    /// What the model wrote.
    #[serde(default, rename = "completion_tokens")]
    pub output_tokens: u32,
}

impl Usage {
    /// What two turns took.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
        }
    }
}

impl Completion {
    /// The first choice: one is all that was asked for.
    pub(super) fn into_turn(self, base: &Url) -> Result<Turn, ModelError> {
        let Choice {
            message,
            finish_reason,
        } = self
            .choices
            .into_iter()
            .next()
            .ok_or(ModelError::Invalid { base: base.clone() })?;
        let written = |text: &String| !text.trim().is_empty();
        Ok(Turn {
            model: self.model,
            content: message.content.filter(written),
            refusal: message.refusal.filter(written),
            tool_calls: message.tool_calls.unwrap_or_default(),
            is_cut: finish_reason.as_deref() == Some("length"),
            usage: self.usage,
        })
    }
}

/// Some providers write arguments as JSON instead of as a text with JSON in it.
fn text_or_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        json => json.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn turn(completion: Value) -> Result<Turn, ModelError> {
        let completion: Completion = serde_json::from_value(completion).unwrap();
        completion.into_turn(&Url::parse("http://a.example").unwrap())
    }

    #[test]
    fn what_other_providers_write_is_read() {
        let function = json!({"name": "f", "arguments": {"a": 1}});
        let message =
            json!({"role": "assistant", "content": " ", "tool_calls": [{"function": function}]});
        let turn = turn(json!({
            "choices": [{"message": message, "finish_reason": "eos"}], "service_tier": "on_demand",
            "usage": {"prompt_tokens": 7, "queue_time": 0.1},
        }))
        .unwrap();
        assert_eq!(
            (turn.content, turn.refusal, turn.is_cut),
            (None, None, false)
        );
        assert_eq!(turn.usage.unwrap().input_tokens, 7);
        assert_eq!(
            turn.tool_calls.first().unwrap().function.arguments,
            r#"{"a":1}"#
        );
    }

    #[test]
    fn an_answer_without_a_choice_is_none() {
        assert!(matches!(
            turn(json!({"choices": []})),
            Err(ModelError::Invalid { .. })
        ));
    }
}
