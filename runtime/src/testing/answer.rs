//! What comes back.

use rmcp::ErrorData;
use rmcp::model::{ServerNotification, ServerResult};
use serde_json::{Value, json};

use super::exposure::{self, Exposure};
use super::snapshot::Snapshot;
use super::tree;
use super::wire::Received;
use crate::analysis::SpanTree;
use crate::passback::{OTEL_KEY, PassbackRequest, Seen, TRACES_KEY};

/// What a client gets, and what it does not get.
///
/// Texts are made to be compared: no ids, no times, no space at the end of a
/// line, a line break at the end of the last.
#[derive(Debug)]
pub struct Answer<R> {
    result: Result<R, NoResult>,
    json: Value,
    notifications: Vec<ServerNotification>,
    asked: PassbackRequest,
    seen: Seen,
}

/// Why an answer has no result of the type that was expected.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoResult {
    /// The server answered with a JSON-RPC error.
    #[error("JSON-RPC error {}: {}", .0.code.0, .0.message)]
    Error(ErrorData),
    /// The server asks for input, or has made a task of the request;
    /// [`Answer::json`] has its answer.
    #[error("the answer is a result of another kind; `Answer::json` has it")]
    OtherKind,
    /// The request cannot be sent as it was described.
    #[error("the request cannot be sent: {0}")]
    Invalid(String),
    /// The server dropped the request.
    #[error("the server dropped the request without an answer")]
    Unanswered,
}

impl<R> Answer<R> {
    pub(super) fn new(
        received: Received,
        asked: PassbackRequest,
        seen: Seen,
        result: fn(ServerResult) -> Option<R>,
    ) -> Self {
        let json = match &received.result {
            Ok(result) => json!({"result": result}),
            Err(NoResult::Error(error)) => json!({"error": error}),
            Err(_) => Value::Null,
        };
        let result = received
            .result
            .and_then(|received| result(received).ok_or(NoResult::OtherKind));
        Self {
            result,
            json,
            notifications: received.notifications,
            asked,
            seen,
        }
    }

    /// The result. A tool that failed has one, with `is_error`.
    ///
    /// # Errors
    ///
    /// If there is none, such as of a tool that does not exist.
    pub fn result(&self) -> Result<&R, NoResult> {
        self.result.as_ref().map_err(Clone::clone)
    }

    /// The JSON-RPC error, if that is the answer.
    #[must_use]
    pub fn error(&self) -> Option<&ErrorData> {
        match &self.result {
            Err(NoResult::Error(error)) => Some(error),
            _ => None,
        }
    }

    /// The answer as it goes on the wire: an object with `result` or `error`.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// The answer's `_meta`, which telemetry is in: that of the result, or of
    /// the error's `data`.
    #[must_use]
    pub fn meta(&self) -> Option<&Value> {
        let result = self.json.pointer("/result/_meta");
        result.or_else(|| self.json.pointer("/error/data/_meta"))
    }

    /// The spans as OTLP JSON, with `truncated` and `droppedSpanCount`.
    #[must_use]
    pub fn traces(&self) -> Option<&Value> {
        self.meta()?.get(OTEL_KEY)?.get(TRACES_KEY)
    }

    /// What the server told meanwhile, such as progress, in order.
    #[must_use]
    pub fn notifications(&self) -> &[ServerNotification] {
        &self.notifications
    }

    /// The spans, for a closer look: at times, or for
    /// [findings](crate::analysis::findings).
    #[must_use]
    pub fn span_tree(&self) -> SpanTree {
        let tree = self.traces().map(SpanTree::from_otlp);
        tree.and_then(Result::ok).unwrap_or_default()
    }

    /// The spans that the client gets, one on a line: name, kind unless it is
    /// internal, `ERROR` and `error.type` if it failed, and attributes that are
    /// not of OpenTelemetry's conventions.
    ///
    /// Siblings stand in the order they started. Of spans that start at the
    /// same time on several threads that is not always the same; see
    /// [`Snapshot::sorted_by_name`].
    ///
    /// ```text
    /// tools/call list_emails SERVER ERROR 503
    /// ├─ auth.validate
    /// └─ gmail.list_messages ERROR 503 gmail.max_results=5
    ///    └─ GET /messages CLIENT ERROR 503
    /// ```
    #[must_use]
    pub fn tree(&self) -> String {
        self.tree_as(&Snapshot::new())
    }

    /// [`tree`](Self::tree), written another way.
    #[must_use]
    pub fn tree_as(&self, snapshot: &Snapshot) -> String {
        let dropped = self
            .traces()
            .and_then(|traces| traces.get("droppedSpanCount"));
        let dropped = dropped.and_then(Value::as_u64).unwrap_or_default();
        tree::write(&self.span_tree(), dropped, &self.seen.started, snapshot)
    }

    /// All that leaves with the answer beside the result itself, and what of
    /// the recorded spans stays: for a person to review, and for a snapshot
    /// that fails when something more leaves.
    #[must_use]
    pub fn exposed(&self) -> Exposure {
        self.exposed_as(&Snapshot::new())
    }

    /// [`exposed`](Self::exposed), written another way.
    #[must_use]
    pub fn exposed_as(&self, snapshot: &Snapshot) -> Exposure {
        exposure::expose(self.traces(), self.asked, &self.seen, snapshot)
    }
}
