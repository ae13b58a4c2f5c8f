//! The model: questions to an OpenAI-compatible chat-completions API, with tools.
//!
//! With `OPENAI_API_KEY` or `OPENAI_BASE_URL` it is a real one. Without them a [`scripted`] one answers on a loopback
//! socket of this process, over the same API, so that there is one code path and nothing to set up.
//!
//! What is said to the model and by it is in no span.
//!
//! ```text
//! options     which model, where           error       why it did not answer
//! completion  its answer, read leniently   scripted    the model that is none
//! transport   one exchange, within bounds
//! ```

mod completion;
mod error;
mod options;
pub mod scripted;
mod transport;

use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionRequestMessage, ChatCompletionTools, CreateChatCompletionRequest, ReasoningEffort,
};
use opentelemetry::trace::{SpanKind, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use url::Url;

use self::completion::Completion;
use self::scripted::ScriptedModel;
use crate::semconv::{
    CHAT, GEN_AI_OPERATION_NAME, GEN_AI_PROVIDER_NAME, GEN_AI_REQUEST_MODEL, GEN_AI_RESPONSE_MODEL,
    GEN_AI_USAGE_INPUT_TOKENS, GEN_AI_USAGE_OUTPUT_TOKENS, SERVER_ADDRESS, SERVER_PORT,
};
use crate::telemetry::{Telemetry, fail};

pub use self::completion::{FunctionCall, ToolCall, Turn, Usage};
pub use self::error::ModelError;
pub use self::options::{ApiKey, DEFAULT_BASE_URL, DEFAULT_MODEL, ModelOptions, OptionsError};

/// Characters of the model's own name, as spans repeat it.
const MAX_NAME_CHARS: usize = 100;

/// A model that can be asked.
#[derive(Debug)]
pub struct Model {
    client: async_openai::Client<OpenAIConfig>,
    name: String,
    effort: Option<ReasoningEffort>,
    provider: &'static str,
    base: Url,
    telemetry: Telemetry,
    /// Answers as long as it is kept.
    _scripted: Option<ScriptedModel>,
}

impl Model {
    /// The model of these options, whose answers are recorded in `telemetry`. Starts the scripted one.
    ///
    /// # Errors
    ///
    /// [`ModelError::Script`] if there is no socket for the scripted model, [`ModelError::Failed`] if there is no HTTP
    /// client to be had.
    pub async fn new(options: &ModelOptions, telemetry: &Telemetry) -> Result<Self, ModelError> {
        let (scripted, provider, base, key, name, effort) = match options {
            ModelOptions::Scripted => {
                let scripted = ScriptedModel::start().await.map_err(ModelError::Script)?;
                let base = scripted.url().clone();
                let name = scripted::NAME;
                (Some(scripted), name, base, None, name, None)
            }
            ModelOptions::Api {
                base,
                key,
                model,
                effort,
            } => (
                None,
                "openai",
                base.clone(),
                key.as_ref(),
                model.as_str(),
                effort.clone(),
            ),
        };
        let key = key.map_or("", ApiKey::expose);
        // Every field is set: the defaults would come from further variables.
        let config = OpenAIConfig::new()
            .with_api_base(base.as_str().trim_end_matches('/'))
            .with_api_key(key)
            .with_org_id("")
            .with_project_id("");
        let http = transport::client(&base)?;
        let service = transport::service(http.clone(), &base, key);
        Ok(Self {
            client: async_openai::Client::build(http, config).with_http_service(service),
            name: name.to_owned(),
            effort,
            provider,
            base,
            telemetry: telemetry.clone(),
            _scripted: scripted,
        })
    }

    /// The name under which the model is asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks for the next turn of a conversation, below the span of `parent`.
    ///
    /// # Errors
    ///
    /// [`ModelError`], of which the span says the kind.
    pub async fn chat(
        &self,
        parent: &Context,
        messages: &[ChatCompletionRequestMessage],
        tools: &[ChatCompletionTools],
    ) -> Result<Turn, ModelError> {
        let context = self.start_span(parent);
        let request = CreateChatCompletionRequest {
            model: self.name.clone(),
            messages: messages.to_vec(),
            // The API refuses an empty list.
            tools: (!tools.is_empty()).then(|| tools.to_vec()),
            reasoning_effort: self.effort.clone(),
            ..Default::default()
        };
        let chat = self.client.chat();
        let answer = chat.create_byot::<_, Completion>(request).await;
        let turn = answer
            .map_err(|error| ModelError::from_client(error, &self.base))
            .and_then(|completion| completion.into_turn(&self.base));
        end_span(&context, &turn);
        turn
    }

    /// The span of a question, named and attributed by the GenAI conventions of OpenTelemetry.
    fn start_span(&self, parent: &Context) -> Context {
        let tracer = self.telemetry.tracer();
        let mut attributes = vec![
            KeyValue::new(GEN_AI_OPERATION_NAME, CHAT),
            KeyValue::new(GEN_AI_PROVIDER_NAME, self.provider),
            KeyValue::new(GEN_AI_REQUEST_MODEL, self.name.clone()),
        ];
        attributes.extend(server_attributes(&self.base));
        let span = tracer
            .span_builder(format!("{CHAT} {}", self.name))
            .with_kind(SpanKind::Client)
            .with_attributes(attributes)
            .start_with_context(&tracer, parent);
        parent.with_span(span)
    }
}

fn end_span(context: &Context, turn: &Result<Turn, ModelError>) {
    let span = context.span();
    match turn {
        Ok(turn) => {
            let name = turn.model.iter().map(|name| {
                let name: String = name.chars().take(MAX_NAME_CHARS).collect();
                KeyValue::new(GEN_AI_RESPONSE_MODEL, name)
            });
            let usage = turn.usage.iter().flat_map(|usage| {
                [
                    (GEN_AI_USAGE_INPUT_TOKENS, usage.input_tokens),
                    (GEN_AI_USAGE_OUTPUT_TOKENS, usage.output_tokens),
                ]
                .map(|(key, tokens)| KeyValue::new(key, i64::from(tokens)))
            });
            span.set_attributes(name.chain(usage));
        }
        Err(error) => fail(context, error.error_type()),
    }
    span.end();
}

/// Which server a CLIENT span is about.
fn server_attributes(url: &Url) -> impl Iterator<Item = KeyValue> {
    let address = url
        .host_str()
        .map(|host| KeyValue::new(SERVER_ADDRESS, host.to_owned()));
    let port = url
        .port_or_known_default()
        .map(|port| KeyValue::new(SERVER_PORT, i64::from(port)));
    address.into_iter().chain(port)
}
