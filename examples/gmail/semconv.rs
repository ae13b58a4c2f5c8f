//! The attribute keys of the agent's spans, as the OpenTelemetry GenAI and MCP conventions spell them.
//!
//! Those of GenAI and MCP have moved to a repository of their own (`open-telemetry/semantic-conventions-genai`) that has
//! no crate yet.

pub(crate) use opentelemetry_semantic_conventions::attribute::{
    ERROR_TYPE, SERVER_ADDRESS, SERVER_PORT,
};

pub(crate) const GEN_AI_AGENT_NAME: &str = "gen_ai.agent.name";
pub(crate) const GEN_AI_OPERATION_NAME: &str = "gen_ai.operation.name";
pub(crate) const GEN_AI_PROVIDER_NAME: &str = "gen_ai.provider.name";
pub(crate) const GEN_AI_REQUEST_MODEL: &str = "gen_ai.request.model";
pub(crate) const GEN_AI_RESPONSE_MODEL: &str = "gen_ai.response.model";
pub(crate) const GEN_AI_USAGE_INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
pub(crate) const GEN_AI_USAGE_OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";

/// `gen_ai.operation.name` of a run of the agent.
pub(crate) const INVOKE_AGENT: &str = "invoke_agent";
/// `gen_ai.operation.name` of a question to the model.
pub(crate) const CHAT: &str = "chat";
/// `error.type` of a tool call that answered `isError: true`.
pub(crate) const ERROR_TOOL: &str = "tool_error";
