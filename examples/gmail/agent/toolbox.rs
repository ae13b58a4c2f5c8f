//! The server's tools, as the model may use them.
//!
//! What the model wants to send is checked against the tool's input schema before it is sent: the answer to a mistake is
//! a message that says what to correct, and it costs no call.

use std::collections::HashMap;

use async_openai::types::chat::{ChatCompletionTool, ChatCompletionTools, FunctionObject};
use jsonschema::Validator;
use rmcp::model::{JsonObject, Tool};
use serde_json::Value;

use crate::model::FunctionCall;

/// Tools that are offered to the model. The chat-completions API takes no more.
pub(crate) const MAX_TOOLS: usize = 128;
/// Bytes of an input schema. Ours: the model reads every one of them, every turn.
const MAX_SCHEMA_BYTES: usize = 32 << 10;
/// Characters of a description. The chat-completions API takes no more.
const MAX_DESCRIPTION_CHARS: usize = 1_024;
/// Characters of a function's name. The chat-completions API takes no more.
const MAX_NAME_CHARS: usize = 64;
/// Violations of a schema that are told at once, and characters of each. Ours: enough to correct a call.
const MAX_VIOLATIONS: usize = 5;
const MAX_VIOLATION_CHARS: usize = 200;

/// Tools that the model may call.
#[derive(Debug)]
pub(super) struct Toolbox {
    validators: HashMap<String, Validator>,
    functions: Vec<ChatCompletionTools>,
    left_out: usize,
}

impl Toolbox {
    /// The tools that can be offered. One is left out if its name is taken or would not be accepted by the
    /// chat-completions API, or if its schema is too large or cannot be checked (nothing it refers to is fetched).
    pub(super) fn new(tools: Vec<Tool>) -> Self {
        let mut toolbox = Self {
            validators: HashMap::new(),
            functions: Vec::new(),
            left_out: 0,
        };
        for tool in tools {
            match validator(&tool) {
                Some(validator)
                    if toolbox.functions.len() < MAX_TOOLS
                        && !toolbox.validators.contains_key(&*tool.name) =>
                {
                    toolbox.validators.insert(tool.name.to_string(), validator);
                    toolbox.functions.push(function(tool));
                }
                _ => toolbox.left_out += 1,
            }
        }
        toolbox
    }

    /// The tools as the model is told of them.
    pub(super) fn functions(&self) -> &[ChatCompletionTools] {
        &self.functions
    }

    /// How many of the server's tools the model is not told of.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }

    /// The arguments of a call, if there is such a tool and they are what it takes; else what is to be corrected.
    pub(super) fn check(&self, call: &FunctionCall) -> Result<JsonObject, String> {
        let Some(validator) = self.validators.get(&call.name) else {
            return Err("there is no such tool".to_owned());
        };
        // Some models write nothing where there is nothing to say.
        let text = match call.arguments.trim() {
            "" => "{}",
            text => text,
        };
        let arguments: Value = serde_json::from_str(text)
            .map_err(|error| format!("the arguments are not valid JSON: {error}"))?;
        let violations: Vec<_> = validator
            .iter_errors(&arguments)
            .take(MAX_VIOLATIONS)
            .map(|violation| {
                let at = violation.instance_path().as_str().trim_start_matches('/');
                let at = if at.is_empty() {
                    String::new()
                } else {
                    format!("{at}: ")
                };
                let violation = format!("{at}{violation}");
                violation
                    .chars()
                    .take(MAX_VIOLATION_CHARS)
                    .collect::<String>()
            })
            .collect();
        match arguments {
            Value::Object(arguments) if violations.is_empty() => Ok(arguments),
            _ if violations.is_empty() => Err("the arguments are not a JSON object".to_owned()),
            _ => Err(format!(
                "the arguments do not fit the input schema: {}",
                violations.join("; ")
            )),
        }
    }
}

fn validator(tool: &Tool) -> Option<Validator> {
    let is_name = !tool.name.is_empty()
        && tool.name.len() <= MAX_NAME_CHARS
        && tool
            .name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let schema = Value::from(JsonObject::clone(&tool.input_schema));
    (is_name && schema.to_string().len() <= MAX_SCHEMA_BYTES)
        .then(|| jsonschema::validator_for(&schema).ok())
        .flatten()
}

fn function(tool: Tool) -> ChatCompletionTools {
    let description = tool.description.or_else(|| tool.title.map(Into::into));
    ChatCompletionTools::Function(ChatCompletionTool {
        function: FunctionObject {
            name: tool.name.into_owned(),
            description: description.map(|text| text.chars().take(MAX_DESCRIPTION_CHARS).collect()),
            parameters: Some(Value::from(JsonObject::clone(&tool.input_schema))),
            strict: None,
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(name: &str, schema: &Value) -> Tool {
        let schema = schema.as_object().unwrap().clone();
        Tool::new(name.to_owned(), "What it does", schema)
    }

    fn list_emails() -> Tool {
        let max_results = json!({"type": "integer", "minimum": 1, "maximum": 20});
        let properties = json!({"max_results": max_results, "query": {"type": "string"}});
        tool(
            "list_emails",
            &json!({"type": "object", "properties": properties, "additionalProperties": false}),
        )
    }

    fn check(name: &str, arguments: &str) -> Result<Value, String> {
        let call = json!({"name": name, "arguments": arguments});
        let call = serde_json::from_value(call).unwrap();
        Toolbox::new(vec![list_emails()])
            .check(&call)
            .map(Value::from)
    }

    #[test]
    fn arguments_that_fit_pass() {
        for (arguments, expected) in [
            (r#"{"max_results": 20}"#, json!({"max_results": 20})),
            ("{}", json!({})),
            ("  ", json!({})),
        ] {
            assert_eq!(check("list_emails", arguments), Ok(expected), "{arguments}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told_in_words_that_help_to_correct_it() {
        let schema = "the arguments do not fit the input schema";
        for (name, arguments, expected) in [
            ("delete_emails", "{}", "there is no such tool".to_owned()),
            (
                "list_emails",
                "{max_results: 3}",
                "the arguments are not valid JSON: key must be a string at line 1 column 2"
                    .to_owned(),
            ),
            (
                "list_emails",
                "[]",
                format!(r#"{schema}: [] is not of type "object""#),
            ),
            (
                "list_emails",
                r#"{"max_results": 21, "query": 1}"#,
                format!(
                    r#"{schema}: max_results: 21 is greater than the maximum of 20; query: 1 is not of type "string""#
                ),
            ),
        ] {
            assert_eq!(check(name, arguments), Err(expected), "{arguments}");
        }
    }

    #[test]
    fn what_is_told_has_a_bound() {
        let property = |index: usize| (format!("p{index}"), json!({"type": "integer"}));
        let properties: JsonObject = (0..=MAX_VIOLATIONS).map(property).collect();
        let toolbox = Toolbox::new(vec![tool("t", &json!({"properties": properties}))]);
        let told = |count: usize, length: usize| {
            let wrong = (0..count).map(|index| (format!("p{index}"), "x".repeat(length).into()));
            let arguments = Value::Object(wrong.collect()).to_string();
            let call = json!({"name": "t", "arguments": arguments});
            toolbox
                .check(&serde_json::from_value(call).unwrap())
                .unwrap_err()
        };
        for (count, expected) in [
            (MAX_VIOLATIONS - 1, MAX_VIOLATIONS - 1),
            (MAX_VIOLATIONS, MAX_VIOLATIONS),
            (MAX_VIOLATIONS + 1, MAX_VIOLATIONS),
        ] {
            assert_eq!(told(count, 1).matches("is not of type").count(), expected);
        }
        let prefix = "the arguments do not fit the input schema: ".len();
        assert_eq!(told(1, 100_000).len(), prefix + MAX_VIOLATION_CHARS);
    }

    #[test]
    fn tools_that_cannot_be_offered_are_left_out_and_counted() {
        let long = "x".repeat(MAX_NAME_CHARS);
        let schema = |bytes: usize| {
            let frame = json!({"title": ""}).to_string().len();
            json!({"title": "x".repeat(bytes - frame)})
        };
        for (offered, left_out, tool) in [
            (1, 0, tool(&long, &json!({}))),
            (0, 1, tool(&format!("{long}x"), &json!({}))),
            (0, 1, tool("", &json!({}))),
            (0, 1, tool("a.b", &json!({}))),
            (1, 0, tool("t", &schema(MAX_SCHEMA_BYTES - 1))),
            (1, 0, tool("t", &schema(MAX_SCHEMA_BYTES))),
            (0, 1, tool("t", &schema(MAX_SCHEMA_BYTES + 1))),
            (0, 1, tool("t", &json!({"type": "nonsense"}))),
            (
                0,
                1,
                tool("t", &json!({"$ref": "http://127.0.0.1:1/schema.json"})),
            ),
            (0, 1, tool("t", &json!({"$ref": "file:///etc/passwd"}))),
        ] {
            let shown = format!("{:.80}", tool.name);
            let toolbox = Toolbox::new(vec![tool]);
            assert_eq!(
                (toolbox.functions.len(), toolbox.left_out()),
                (offered, left_out),
                "{shown}"
            );
        }
        let same = Toolbox::new(vec![list_emails(), list_emails()]);
        assert_eq!((same.functions.len(), same.left_out()), (1, 1));
        for (count, left_out) in [(MAX_TOOLS - 1, 0), (MAX_TOOLS, 0), (MAX_TOOLS + 1, 1)] {
            let tools = (0..count).map(|index| tool(&format!("t{index}"), &json!({})));
            assert_eq!(Toolbox::new(tools.collect()).left_out(), left_out);
        }
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let own = json!({"$ref": "#"});
        let mutual = json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}});
        for schema in [own, mutual] {
            let toolbox = Toolbox::new(vec![tool("t", &schema)]);
            let call = serde_json::from_value(json!({"name": "t", "arguments": "{}"}));
            let _ = toolbox.check(&call.unwrap());
        }
    }
}
