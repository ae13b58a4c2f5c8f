//! Phases: spans of the author's own naming around parts of a tool.
//!
//! `#[phase]` writes [`Phase::start`] and one of its two ways to run. A phase
//! records only inside a request whose caller asked for spans; everywhere else
//! (nobody asked, a unit test) it is a look at a thread-local and nothing more.
//!
//! A phase ends on every exit and says which: a value, an `Err`
//! (`error.type`, status), a panic, or cancellation.

mod fallible;
mod field;
mod future;
mod outcome;

use opentelemetry::trace::{SpanBuilder, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};

pub use fallible::Fallible;
pub use field::{FieldValue, Fields};
pub use future::PhaseFuture;
pub use outcome::{ErrorType, Outcome, OutcomeProbe, ViaAnything, ViaResult};

use crate::passback::Scope;
use crate::semconv;

/// A phase that has started, or nothing if nobody asked.
#[derive(Debug)]
pub struct Phase(Option<PhaseSpan>);

impl Phase {
    /// Starts a phase under the current span.
    ///
    /// `fields` runs only when the phase is recorded.
    pub fn start(name: &'static str, fields: impl FnOnce(&mut Fields)) -> Self {
        Self(Context::map_current(|context| {
            let scope = context.get::<Scope>()?;
            let mut declared = Fields::default();
            fields(&mut declared);
            scope.declare(declared.keys());
            let mut attributes = declared.into_attributes();
            attributes.extend(scope.tool_attribute());
            let builder = SpanBuilder::from_name(name).with_attributes(attributes);
            let span = scope.tracer().build_with_context(builder, context);
            Some(PhaseSpan {
                context: context.with_span(span),
                ended: false,
            })
        }))
    }

    /// Runs `future` as the phase. `outcome` looks at its value.
    pub fn run<F, O>(self, future: F, outcome: O) -> PhaseFuture<F, O>
    where
        F: Future,
        O: FnOnce(&F::Output) -> Outcome,
    {
        PhaseFuture::new(self.0, future, outcome)
    }

    /// Runs `body` as the phase. `outcome` looks at its value.
    pub fn run_sync<T>(self, body: impl FnOnce() -> T, outcome: impl FnOnce(&T) -> Outcome) -> T {
        let Some(mut span) = self.0 else {
            return body();
        };
        let value = {
            let _guard = span.context.clone().attach();
            body()
        };
        span.end(outcome(&value));
        value
    }
}

/// The span of a phase, which ends exactly once.
#[derive(Debug)]
struct PhaseSpan {
    context: Context,
    ended: bool,
}

impl PhaseSpan {
    fn end(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let span = self.context.span();
        if let Some(error_type) = outcome.error_type() {
            span.set_attribute(KeyValue::new(semconv::ERROR_TYPE, error_type));
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

impl Drop for PhaseSpan {
    /// Ends a phase that was left without a value: by a panic, or because its
    /// future was dropped.
    fn drop(&mut self) {
        let panicking = std::thread::panicking();
        self.end(if panicking {
            Outcome::panic()
        } else {
            Outcome::cancelled()
        });
    }
}
