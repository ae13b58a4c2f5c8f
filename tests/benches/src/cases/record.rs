//! Spans from their start to their end. A request has 16 of them, one after another, below its root.

use std::hint::black_box;
use std::sync::LazyLock;

use glassbox::__bench::Recorder;
use glassbox::phase;
use opentelemetry::trace::{Span as _, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span, SpanData, SpanProcessor};

use super::{Case, Work};
use crate::peers::traced;

/// Spans of a request below its root.
const SPANS: usize = 16;

pub(super) const CASES: [Case; 5] = [
    Case {
        name: "span/sdk",
        prepare: sdk,
    },
    Case {
        name: "span/collected",
        prepare: collected,
    },
    Case {
        name: "phase/tracing",
        prepare: tracing,
    },
    Case {
        name: "phase/collected",
        prepare: phases,
    },
    Case {
        name: "phase/off",
        prepare: phases_off,
    },
];

/// A processor that costs nothing.
#[derive(Debug)]
struct Ignore;

impl SpanProcessor for Ignore {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, _span: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: std::time::Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// All threads share one, as in a server.
static RECORDER: LazyLock<Recorder> = LazyLock::new(Recorder::default);

static IGNORING: LazyLock<SdkTracer> = LazyLock::new(|| {
    let provider = SdkTracerProvider::builder()
        .with_span_processor(Ignore)
        .build();
    provider.tracer("bench")
});

/// Spans of the SDK below `context`, as code that knows nothing of Glassbox makes them.
fn make(tracer: &SdkTracer, context: &Context) {
    for _ in 0..SPANS {
        let mut span = tracer.start_with_context("work", context);
        span.set_attribute(KeyValue::new("messages", 5));
        span.set_attribute(KeyValue::new("folder", "inbox"));
        span.end();
    }
}

fn sdk() -> Work {
    Box::new(|| {
        let root = IGNORING.start_with_context("root", &Context::new());
        let context = Context::new().with_span(root);
        make(&IGNORING, &context);
        context.span().end();
    })
}

fn collected() -> Work {
    Box::new(|| {
        let request = RECORDER.request();
        make(RECORDER.tracer(), request.context());
        assert_eq!(request.close(), SPANS + 1);
    })
}

fn tracing() -> Work {
    traced::subscribe(IGNORING.clone());
    Box::new(|| {
        tracing::info_span!("root").in_scope(|| {
            for _ in 0..SPANS {
                let span = tracing::info_span!("work", messages = 5, folder = "inbox");
                span.in_scope(|| black_box(()));
            }
        });
    })
}

#[phase("work", messages = 5, folder = "inbox")]
fn work() {
    black_box(());
}

fn phases() -> Work {
    Box::new(|| {
        let request = RECORDER.request();
        {
            let _guard = request.context().clone().attach();
            for _ in 0..SPANS {
                work();
            }
        }
        assert_eq!(request.close(), SPANS + 1);
    })
}

fn phases_off() -> Work {
    Box::new(|| {
        for _ in 0..SPANS {
            work();
        }
    })
}
