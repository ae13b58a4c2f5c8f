//! How long calls and sessions take, as metrics.

use std::sync::OnceLock;
use std::time::Instant;

use opentelemetry::metrics::{Histogram, MeterProvider};
use opentelemetry::{KeyValue, Value};
use rmcp::model::ProtocolVersion;
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use super::answer::Answer;
use super::operation::transport;
use crate::passback::own_scope;
use crate::semconv;

/// Bounds of the histograms' buckets in seconds (OpenTelemetry, MCP metrics).
const BOUNDS: [f64; 14] = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
];

/// The instruments of one server.
#[derive(Debug)]
pub(super) struct Metrics {
    operation: Histogram<f64>,
    session: Histogram<f64>,
}

impl Metrics {
    pub(super) fn new(provider: &dyn MeterProvider) -> Self {
        let meter = provider.meter_with_scope(own_scope().clone());
        let histogram = |name, description| {
            meter
                .f64_histogram(name)
                .with_description(description)
                .with_unit("s")
                .with_boundaries(BOUNDS.to_vec())
                .build()
        };
        Self {
            operation: histogram(
                semconv::MCP_SERVER_OPERATION_DURATION,
                "MCP request duration as observed on the receiver",
            ),
            session: histogram(
                semconv::MCP_SERVER_SESSION_DURATION,
                "The duration of the MCP session as observed on the MCP server",
            ),
        }
    }

    /// Begins to measure a call.
    pub(super) fn operation(
        &self,
        method: &'static str,
        request: &RequestContext<RoleServer>,
    ) -> OperationTimer {
        let mut attributes = of_connection(request);
        attributes.push(KeyValue::new(semconv::MCP_METHOD_NAME, method));
        OperationTimer(Some(Timer {
            started: Instant::now(),
            histogram: self.operation.clone(),
            attributes,
        }))
    }

    /// Begins to measure the session that `initialize` is about to open.
    pub(super) fn session(&self, request: &RequestContext<RoleServer>) -> Timer {
        let mut attributes = of_connection(request);
        // It is what the answer says.
        attributes.retain(|attribute| attribute.key.as_str() != semconv::MCP_PROTOCOL_VERSION);
        Timer {
            started: Instant::now(),
            histogram: self.session.clone(),
            attributes,
        }
    }
}

/// A session that is being measured; counts when the server lets go of it.
#[derive(Debug, Default)]
pub(super) struct SessionTimer(OnceLock<Timer>);

impl SessionTimer {
    /// Begins, once, with what `initialize` has agreed on. A session that it
    /// refused ends here, with an error.
    pub(super) fn begin(&self, mut timer: Timer, agreed: Result<&ProtocolVersion, &ErrorData>) {
        match agreed {
            Ok(version) => {
                timer.attributes.extend(protocol(version));
                self.0.get_or_init(|| timer);
            }
            Err(error) => timer.record(&[error_type(error.code.0.to_string())]),
        }
    }
}

impl Drop for SessionTimer {
    fn drop(&mut self) {
        let Some(timer) = self.0.get() else { return };
        if std::thread::panicking() {
            timer.record(&[error_type(semconv::ERROR_PANIC)]);
        } else {
            timer.record(&[]);
        }
    }
}

/// What was called, if the server knows it; a caller's inventions would be of
/// any number.
#[derive(Debug)]
pub(super) enum Target {
    /// A tool.
    Tool(String),
    /// A prompt.
    Prompt(String),
}

impl Target {
    fn into_attributes(self) -> Vec<KeyValue> {
        match self {
            Self::Tool(name) => vec![
                KeyValue::new(semconv::GEN_AI_TOOL_NAME, name),
                KeyValue::new(semconv::GEN_AI_OPERATION_NAME, semconv::EXECUTE_TOOL),
            ],
            Self::Prompt(name) => vec![KeyValue::new(semconv::GEN_AI_PROMPT_NAME, name)],
        }
    }
}

/// A call that is being measured; dropped before its end, it was cancelled.
#[derive(Debug)]
pub(super) struct OperationTimer(Option<Timer>);

impl OperationTimer {
    /// Ends the measurement.
    pub(super) fn end<A: Answer>(mut self, result: &Result<A, ErrorData>, known: Option<Target>) {
        let mut more = known.map(Target::into_attributes).unwrap_or_default();
        match result {
            Err(error) => {
                let code = error.code.0.to_string();
                if !semconv::CALLER_FAULTS.contains(&error.code.0) {
                    more.push(error_type(code.clone()));
                }
                more.push(KeyValue::new(semconv::RPC_RESPONSE_STATUS_CODE, code));
            }
            Ok(answer) if answer.is_error() => {
                more.push(error_type(semconv::ERROR_TOOL));
            }
            Ok(_) => {}
        }
        if let Some(timer) = self.0.take() {
            timer.record(&more);
        }
    }
}

impl Drop for OperationTimer {
    fn drop(&mut self) {
        if let Some(timer) = self.0.take() {
            let class = if std::thread::panicking() {
                semconv::ERROR_PANIC
            } else {
                semconv::ERROR_CANCELLED
            };
            timer.record(&[error_type(class)]);
        }
    }
}

/// What is being measured since when.
#[derive(Debug)]
pub(super) struct Timer {
    started: Instant,
    histogram: Histogram<f64>,
    attributes: Vec<KeyValue>,
}

impl Timer {
    fn record(&self, more: &[KeyValue]) {
        let attributes = [&self.attributes, more].concat();
        self.histogram
            .record(self.started.elapsed().as_secs_f64(), &attributes);
    }
}

/// Transport and protocol: few values, whatever a caller sends.
fn of_connection(request: &RequestContext<RoleServer>) -> Vec<KeyValue> {
    let mut attributes: Vec<_> = transport(request).collect();
    attributes.extend(
        request
            .protocol_version()
            .and_then(|version| protocol(&version)),
    );
    attributes
}

fn error_type(class: impl Into<Value>) -> KeyValue {
    KeyValue::new(semconv::ERROR_TYPE, class)
}

fn protocol(version: &ProtocolVersion) -> Option<KeyValue> {
    ProtocolVersion::KNOWN_VERSIONS
        .contains(version)
        .then(|| KeyValue::new(semconv::MCP_PROTOCOL_VERSION, version.to_string()))
}
