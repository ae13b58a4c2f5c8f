//! The process's own spans in the model of OTLP, so that they stand in one tree with what servers returned.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::Resource as SdkResource;
use opentelemetry_sdk::trace::SpanData;

use super::any_value::{AnyValue, Attribute};
use super::bounded::Bounded;
use super::resource::{Resource, Scope};
use super::span::{Event, Link, Span, SpanFields, StatusFields};

impl Span {
    /// A span that the SDK of this process recorded, under the process's own resource.
    #[must_use]
    pub fn from_sdk(span: &SpanData, resource: &SdkResource) -> Self {
        let scope = &span.instrumentation_scope;
        let events = span.events.iter().map(|event| Event {
            time_unix_nano: unix_nano(event.timestamp),
            name: event.name.to_string(),
            attributes: attributes(&event.attributes),
            dropped_attributes_count: event.dropped_attributes_count,
        });
        let links = span.links.iter().map(|link| Link {
            trace_id: link.span_context.trace_id(),
            span_id: link.span_context.span_id(),
            trace_state: link.span_context.trace_state().header(),
            attributes: attributes(&link.attributes),
            dropped_attributes_count: link.dropped_attributes_count,
            flags: u32::from(link.span_context.trace_flags().to_u8()),
        });
        Self {
            resource: Arc::new(Resource {
                attributes: whole(resource.iter().map(|(key, value)| Attribute {
                    key: key.to_string(),
                    value: value.into(),
                })),
                dropped_attributes_count: 0,
            }),
            scope: Arc::new(Scope {
                name: scope.name().to_owned(),
                version: scope.version().unwrap_or_default().to_owned(),
                attributes: whole(scope.attributes().map(Attribute::from)),
                dropped_attributes_count: 0,
            }),
            fields: SpanFields {
                trace_id: span.span_context.trace_id(),
                span_id: span.span_context.span_id(),
                trace_state: span.span_context.trace_state().header(),
                parent_span_id: span.parent_span_id,
                flags: u32::from(span.span_context.trace_flags().to_u8()),
                name: span.name.to_string(),
                kind: kind(&span.span_kind),
                start_time_unix_nano: unix_nano(span.start_time),
                end_time_unix_nano: unix_nano(span.end_time),
                attributes: attributes(&span.attributes),
                dropped_attributes_count: span.dropped_attributes_count,
                events: whole(events),
                dropped_events_count: span.events.dropped_count,
                links: whole(links),
                dropped_links_count: span.links.dropped_count,
                status: Some(status(&span.status)),
            },
        }
    }
}

/// Nanoseconds since 1970; 0 before, which OTLP reads as unknown.
pub(crate) fn unix_nano(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) fn kind(kind: &SpanKind) -> u64 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

pub(crate) fn status(status: &Status) -> StatusFields {
    let (code, message) = match status {
        Status::Unset => (0, ""),
        Status::Ok => (1, ""),
        Status::Error { description } => (2, description.as_ref()),
    };
    StatusFields {
        code,
        message: message.to_owned(),
    }
}

pub(crate) fn attributes(attributes: &[KeyValue]) -> Bounded<Attribute> {
    whole(attributes.iter().map(Attribute::from))
}

fn whole<T>(items: impl Iterator<Item = T>) -> Bounded<T> {
    Bounded {
        items: items.collect(),
        excess: 0,
    }
}

impl From<&KeyValue> for Attribute {
    fn from(attribute: &KeyValue) -> Self {
        Self {
            key: attribute.key.to_string(),
            value: (&attribute.value).into(),
        }
    }
}

impl From<&Value> for AnyValue {
    fn from(value: &Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::I64(number) => Self::Int(*number),
            Value::F64(number) => Self::Double(*number),
            Value::String(text) => Self::String(text.to_string()),
            Value::Array(Array::Bool(values)) => array(values, |&value| Self::Bool(value)),
            Value::Array(Array::I64(values)) => array(values, |&value| Self::Int(value)),
            Value::Array(Array::F64(values)) => array(values, |&value| Self::Double(value)),
            Value::Array(Array::String(values)) => {
                array(values, |value| Self::String(value.to_string()))
            }
            // The SDK may get types that are not known here: their text says more than nothing.
            other => Self::String(other.to_string()),
        }
    }
}

fn array<T>(values: &[T], element: impl Fn(&T) -> AnyValue) -> AnyValue {
    AnyValue::Array(values.iter().map(element).collect())
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};

    use super::*;

    #[test]
    fn says_what_the_sdk_recorded() {
        let exporter = InMemorySpanExporter::default();
        let resource = SdkResource::builder_empty()
            .with_service_name("caller")
            .build();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_simple_exporter(exporter.clone())
            .build();
        let tracer = provider.tracer("scope");
        let mut span = tracer
            .span_builder("call")
            .with_kind(SpanKind::Client)
            .with_attributes([KeyValue::new("n", 3)])
            .start(&tracer);
        span.add_event("moment", vec![KeyValue::new("b", true)]);
        span.set_status(Status::error("why"));
        span.end();

        let spans = exporter.get_finished_spans().unwrap();
        let span = Span::from_sdk(&spans[0], &resource);
        assert_eq!(span.id(), spans[0].span_context.span_id());
        assert_eq!((span.name(), span.kind()), ("call", SpanKind::Client));
        assert_eq!(span.service(), Some("caller"));
        assert_eq!(span.scope().name(), "scope");
        assert_eq!(span.attribute("n"), Some(&AnyValue::Int(3)));
        assert_eq!(span.events()[0].name(), "moment");
        assert_eq!(span.status(), Status::error("why"));
        assert!(span.is_timed());
    }
}
