//! The process's own spans, on the same way.

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::Forwarder;
use crate::otlp::OtlpPayload;
use crate::passback::frame::by_scope;
use crate::passback::otlp::SpanWriter;

/// The most bytes of own spans in one payload, if they can be parted. Ours: a refused payload takes no more with it.
const MAX_PAYLOAD_BYTES: usize = 256 * 1024;

/// Forwards the process's own spans under its own resource (SEP-2448 C05), beside those of the servers it calls.
///
/// Made by [`Forwarder::exporter`], for a span processor of the OpenTelemetry SDK. It only queues: waiting, retrying and
/// the flush at the end are the forwarder's, so shut the tracer provider down first, then the forwarder.
#[derive(Debug)]
pub struct ForwardExporter {
    forwarder: Forwarder,
    resource: Resource,
}

impl ForwardExporter {
    pub(super) fn new(forwarder: Forwarder) -> Self {
        Self {
            forwarder,
            resource: Resource::builder().build(),
        }
    }
}

impl SpanExporter for ForwardExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for payload in payloads(&self.resource, &batch) {
            self.forwarder.forward(payload);
        }
        match self.forwarder.is_open() {
            true => Ok(()),
            false => Err(OTelSdkError::AlreadyShutdown),
        }
    }

    /// Has what waits sent at once; does not wait for it.
    fn force_flush(&self) -> OTelSdkResult {
        self.forwarder.hurry();
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.clone();
    }
}

/// All spans, in as few payloads as the bound allows.
fn payloads(resource: &Resource, batch: &[SpanData]) -> Vec<OtlpPayload> {
    let mut writer = SpanWriter::new(usize::MAX);
    let written: Vec<_> = batch
        .iter()
        .map(|span| (&span.instrumentation_scope, writer.write(span)))
        .collect();
    let text = writer.into_json();
    let mut payloads = Vec::new();
    let mut rest = written.as_slice();
    while !rest.is_empty() {
        let mut bytes = 0_usize;
        let count = rest
            .iter()
            .take_while(|(_, range)| {
                bytes = bytes.saturating_add(range.len());
                bytes <= MAX_PAYLOAD_BYTES
            })
            .count()
            .max(1);
        let (part, after) = rest.split_at(count.min(rest.len()));
        let spans = part.iter().map(|(scope, range)| {
            let span = text.get(range.clone()).unwrap_or_default();
            (*scope, span)
        });
        payloads.push(OtlpPayload::new(entry(resource, spans), part.len()));
        rest = after;
    }
    payloads
}

/// One entry of `resourceSpans`, from spans that are JSON already.
fn entry<'a>(
    resource: &Resource,
    spans: impl Iterator<Item = (&'a InstrumentationScope, &'a [u8])>,
) -> String {
    let mut writer = SpanWriter::new(usize::MAX);
    writer.resource_spans(resource, &by_scope(spans), |writer, span| writer.push(span));
    // JSON is UTF-8.
    String::from_utf8(writer.into_json()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use opentelemetry::KeyValue;
    use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Memory(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for Memory {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().unwrap().extend(batch);
            Ok(())
        }
    }

    fn spans(count: usize, value: &str) -> Vec<SpanData> {
        let memory = Memory::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(memory.clone())
            .build();
        for index in 0..count {
            let scope = if index % 2 == 0 { "even" } else { "odd" };
            let mut span = provider.tracer(scope).start(format!("span {index}"));
            span.set_attribute(KeyValue::new("value", value.to_owned()));
            span.end();
        }
        memory.0.lock().unwrap().clone()
    }

    #[test]
    fn writes_spans_whole_under_the_resource_and_their_scopes() {
        let long = "x".repeat(5000);
        let resource = Resource::builder_empty().with_service_name("agent").build();
        let payloads = payloads(&resource, &spans(3, &long));
        let [payload] = payloads.as_slice() else {
            panic!("{}", payloads.len())
        };
        let request: ExportTraceServiceRequest = serde_json::from_str(&payload.to_json()).unwrap();
        let entry = &request.resource_spans[0];
        assert!(format!("{:?}", entry.resource).contains("agent"));
        let scopes: Vec<_> = entry
            .scope_spans
            .iter()
            .map(|scope| {
                (
                    scope.scope.as_ref().unwrap().name.as_str(),
                    scope.spans.len(),
                )
            })
            .collect();
        assert_eq!(scopes, [("even", 2), ("odd", 1)]);
        assert!(format!("{:?}", entry.scope_spans[0].spans[0]).contains(&long));
        assert_eq!(payload.span_count(), 3);
    }

    #[test]
    fn parts_spans_by_size() {
        for (count, length, expected) in [
            (0, 0, vec![]),
            (2, MAX_PAYLOAD_BYTES, vec![1, 1]),
            (5, MAX_PAYLOAD_BYTES / 3, vec![2, 2, 1]),
            (40, 10, vec![40]),
        ] {
            let payloads = payloads(
                &Resource::builder_empty().build(),
                &spans(count, &"x".repeat(length)),
            );
            let counts: Vec<_> = payloads.iter().map(OtlpPayload::span_count).collect();
            assert_eq!(counts, expected);
        }
    }
}
