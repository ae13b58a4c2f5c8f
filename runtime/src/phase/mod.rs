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

use std::time::SystemTime;

use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, ContextGuard, KeyValue, StringValue};

pub use fallible::Fallible;
pub use field::{FieldValue, Fields};
pub use future::PhaseFuture;
pub use outcome::{ErrorType, Outcome, OutcomeProbe, ViaAnything, ViaResult};

use crate::passback::{ObservedSpan, Scope};
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
            let mut declared = Fields::new(scope.max_value_length_bytes());
            fields(&mut declared);
            let mut attributes = declared.into_attributes();
            add_undeclared(&mut attributes, name, scope);
            let span = ObservedSpan::start(
                scope,
                name,
                SpanKind::Internal,
                None,
                attributes,
                Vec::new(),
                context,
            );
            Some(PhaseSpan(span))
        }))
    }

    /// Records a phase under the current span of `context` that is over, and
    /// worked.
    pub(crate) fn record(
        context: &Context,
        name: &'static str,
        start: SystemTime,
        end: SystemTime,
    ) {
        let Some(scope) = context.get::<Scope>() else {
            return;
        };
        let mut attributes = Vec::new();
        add_undeclared(&mut attributes, name, scope);
        ObservedSpan::start(
            scope,
            name,
            SpanKind::Internal,
            Some(start),
            attributes,
            Vec::new(),
            context,
        )
        .end_at(end);
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
            let _guard = span.attach();
            body()
        };
        span.end(outcome(&value));
        value
    }
}

/// Adds what the conventions say of a phase, where the author says nothing.
fn add_undeclared(attributes: &mut Vec<KeyValue>, name: &'static str, scope: &Scope) {
    let mut add = |key: &'static str, value: StringValue| {
        if attributes
            .iter()
            .all(|declared| declared.key.as_str() != key)
        {
            attributes.push(KeyValue::new(key, value));
        }
    };
    if scope.has_reference_profile() {
        add(semconv::GEN_AI_SYSTEM, semconv::MCP.into());
        add(semconv::GEN_AI_OPERATION_NAME, semconv::EXECUTE_TOOL.into());
        add(semconv::GEN_AI_TOOL_NAME, name.into());
    } else if let Some(tool) = scope.tool_name() {
        add(semconv::GEN_AI_TOOL_NAME, tool.clone());
    }
}

/// The span of a phase, which ends exactly once.
#[derive(Debug)]
struct PhaseSpan(ObservedSpan);

impl PhaseSpan {
    /// Makes the phase the current span of this thread.
    fn attach(&self) -> ContextGuard {
        self.0.context().clone().attach()
    }

    fn end(&mut self, outcome: Outcome) {
        if self.0.has_ended() {
            return;
        }
        if let Some(error_type) = outcome.error_type() {
            self.0.fail(error_type, "");
        }
        self.0.end();
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
