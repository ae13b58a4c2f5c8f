//! What a call brought back.

use opentelemetry::trace::SpanContext;
use rmcp::service::ServiceError;

use crate::analysis::SpanTree;
use crate::ingest::{IngestReport, Ingested};
use crate::otlp::{OtlpPayload, Span};

/// What a call brought back: its result, as the server sent it, and beside it the spans that were accepted.
#[derive(Debug)]
pub struct Outcome<T> {
    result: Result<T, ServiceError>,
    client_span: Span,
    span_context: SpanContext,
    ingested: Ingested,
}

impl<T> Outcome<T> {
    pub(super) fn new(
        result: Result<T, ServiceError>,
        client_span: Span,
        span_context: SpanContext,
        ingested: Ingested,
    ) -> Self {
        Self {
            result,
            client_span,
            span_context,
            ingested,
        }
    }

    pub(super) fn and_then<U>(
        self,
        convert: impl FnOnce(T) -> Result<U, ServiceError>,
    ) -> Outcome<U> {
        Outcome {
            result: self.result.and_then(convert),
            client_span: self.client_span,
            span_context: self.span_context,
            ingested: self.ingested,
        }
    }

    /// The result. Only the telemetry has been taken out of its `_meta`.
    ///
    /// # Errors
    ///
    /// rmcp's error. Spans may have come with it: they are in [`payload`](Self::payload) all the same (SEP-2448 S15).
    pub fn result(&self) -> Result<&T, &ServiceError> {
        self.result.as_ref()
    }

    /// The result alone.
    ///
    /// # Errors
    ///
    /// As [`result`](Self::result).
    pub fn into_result(self) -> Result<T, ServiceError> {
        self.result
    }

    /// The accepted spans, verbatim and ready to be forwarded; `None` if there are none.
    #[must_use]
    pub fn payload(&self) -> Option<&OtlpPayload> {
        self.ingested.payload()
    }

    /// The accepted spans, read.
    #[must_use]
    pub fn server_spans(&self) -> &[Span] {
        self.ingested.spans()
    }

    /// What was received, accepted and refused.
    #[must_use]
    pub fn report(&self) -> &IngestReport {
        self.ingested.report()
    }

    /// The CLIENT span of the call, as it was recorded.
    #[must_use]
    pub fn client_span(&self) -> &Span {
        &self.client_span
    }

    /// The CLIENT span's context: what `traceparent` carried (SEP-2448 C02).
    #[must_use]
    pub fn span_context(&self) -> &SpanContext {
        &self.span_context
    }

    /// The CLIENT span with the server's spans below it.
    #[must_use]
    pub fn tree(&self) -> SpanTree {
        let own = std::iter::once(&self.client_span);
        SpanTree::from_spans(own.chain(self.server_spans()).cloned())
    }
}
