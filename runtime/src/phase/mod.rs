//! Phases: spans of the author's own naming around parts of a tool.
//!
//! `#[phase]` writes [`Phase::start`] and one of its two ways to run. A phase
//! records only inside a request whose caller asked for spans; everywhere else
//! (nobody asked, a unit test) it is a look at a thread-local and nothing more.
//!
//! A phase ends on every exit and says which: a value, an `Err`
//! (`error.type`, status), a panic, or cancellation.

mod boxed;
mod declared;
mod fallible;
mod field;
mod future;
mod link;
mod name;
mod outcome;
mod rounds;
mod stream;
mod value;

use std::time::SystemTime;

use futures_util::Stream;
use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, ContextGuard, KeyValue, StringValue};

pub use boxed::Boxed;
pub use declared::Declared;
pub use fallible::Fallible;
pub use field::FieldValue;
pub use future::PhaseFuture;
pub use link::{LinkList, Links};
pub use name::PhaseName;
pub use outcome::{ErrorType, Outcome, OutcomeProbe, ViaAnything, ViaResult};
pub use rounds::Rounds;
pub use stream::PhaseStream;
pub use value::{ErrorText, ValueProbe, ViaWhole, error_text};

use crate::guarded::guarded;
use crate::passback::{NewSpan, ObservedSpan, Scope};
use crate::semconv;

/// A phase that has started, or nothing if nobody asked.
#[derive(Debug)]
pub struct Phase(Option<PhaseSpan>);

impl Phase {
    /// Starts a phase under the current span.
    ///
    /// `declare` runs only when the phase is recorded: not below the depth that
    /// was asked for, unless the spans are exported as well.
    #[inline]
    pub fn start(name: &'static str, declare: impl FnOnce(&mut Declared)) -> Self {
        match Scope::current() {
            None => Self(None),
            Some(scope) => Self::start_in(scope, name, declare),
        }
    }

    /// Not inlined, so that a phase that nobody asked for costs next to nothing.
    #[inline(never)]
    fn start_in(scope: Scope, name: &'static str, declare: impl FnOnce(&mut Declared)) -> Self {
        let span = ObservedSpan::current_too_deep(&scope).unwrap_or_else(|| {
            let room = undeclared(&scope);
            let mut declared = Declared::new(name, room, scope.max_value_length_bytes());
            guarded("what declares the fields of a phase", || {
                declare(&mut declared)
            });
            let new = declared.span_mut();
            add_undeclared(&mut new.declared, || new.name.clone().into(), &scope);
            ObservedSpan::current_recorded(scope, new)
        });
        Self(Some(PhaseSpan(span)))
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
        let describe = || {
            let mut declared = Vec::with_capacity(undeclared(scope));
            add_undeclared(&mut declared, || name.into(), scope);
            NewSpan {
                start_time: Some(start),
                declared,
                ..NewSpan::new(name, SpanKind::Internal)
            }
        };
        ObservedSpan::start(scope, context, describe).end_at(end);
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
        span.end(looked(|| outcome(&value)));
        value
    }

    /// Runs `body`, then what it returns, as the phase.
    pub fn run_future<F, O>(self, body: impl FnOnce() -> F, outcome: O) -> PhaseFuture<F, O>
    where
        F: Future,
        O: FnOnce(&F::Output) -> Outcome,
    {
        let future = self.within(body);
        self.run(future, outcome)
    }

    /// Runs `body`, then the stream it returns, as the phase. `outcome` looks
    /// at each item.
    pub fn run_stream<S, O>(self, body: impl FnOnce() -> S, outcome: O) -> PhaseStream<S, O>
    where
        S: Stream,
        O: FnMut(&S::Item) -> Outcome,
    {
        let stream = self.within(body);
        PhaseStream::new(self.0, stream, outcome)
    }

    /// Runs `body`, then the boxed future or stream it returns, as the phase.
    /// Nobody asked: the box is the one that `body` made.
    pub fn run_boxed<'a, B, O>(self, body: impl FnOnce() -> B, outcome: O) -> B
    where
        B: Boxed<'a>,
        O: FnMut(&B::Value) -> Outcome + Send + Sync + 'a,
    {
        let boxed = self.within(body);
        match self {
            Self(None) => boxed,
            recorded => boxed.under(recorded, outcome),
        }
    }

    fn within<T>(&self, body: impl FnOnce() -> T) -> T {
        let _guard = self.0.as_ref().map(PhaseSpan::attach);
        body()
    }
}

/// How many attributes [`add_undeclared`] adds at most.
fn undeclared(scope: &Scope) -> usize {
    if scope.has_reference_profile() {
        3
    } else {
        usize::from(scope.tool_name().is_some())
    }
}

/// Adds what the conventions say of a phase, where the author says nothing.
fn add_undeclared(
    attributes: &mut Vec<KeyValue>,
    name: impl FnOnce() -> StringValue,
    scope: &Scope,
) {
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
        add(semconv::GEN_AI_TOOL_NAME, name());
    } else if let Some(tool) = scope.tool_name() {
        add(semconv::GEN_AI_TOOL_NAME, tool.clone());
    }
}

/// What code of the author's says of the value of a phase.
fn looked(outcome: impl FnOnce() -> Outcome) -> Outcome {
    guarded("what looks at the value of a phase", outcome).unwrap_or(Outcome::value())
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
        if !outcome.says_nothing() {
            self.note(outcome);
        }
        self.0.end();
    }

    fn note(&mut self, outcome: Outcome) {
        for (key, value) in outcome.values {
            self.0.set(key, value);
        }
        if let Some(error_type) = outcome.error_type {
            self.0.fail(error_type, outcome.text);
        }
    }
}

impl Drop for PhaseSpan {
    /// Ends a phase that was left without a value: by a panic, or because its
    /// future was dropped.
    fn drop(&mut self) {
        if !self.0.has_ended() {
            self.end(if std::thread::panicking() {
                Outcome::panic()
            } else {
                Outcome::cancelled()
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use opentelemetry::trace::{SpanId, TracerProvider as _};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;
    use crate::passback::{Bucket, PassbackLimits, ScopeGuard, SpanCollector, Subject};

    #[test]
    fn what_is_declared_may_have_phases_of_its_own() {
        for collector in [SpanCollector::new(), SpanCollector::alone()] {
            let provider = SdkTracerProvider::builder()
                .with_span_processor(collector.clone())
                .build();
            let limits = PassbackLimits::default();
            let bucket = Bucket::new(Arc::default(), Arc::default(), limits, u32::MAX);
            let (tracer, parent) = (provider.tracer("test"), SpanId::INVALID);
            let guard = ScopeGuard::open(tracer, collector, bucket, parent, Subject::default());
            let outside = Context::new().with_value(guard.scope().clone());
            let _current = outside.attach();
            let inner = || Phase::start("inner", |_| ()).run_sync(|| 1, |_| Outcome::value());
            let root = Phase::start("root", |_| ());
            root.run_sync(
                || {
                    let outer = Phase::start("outer", |declared| declared.set("key", inner()));
                    outer.run_sync(|| (), |()| Outcome::value());
                },
                |()| Outcome::value(),
            );
            assert_eq!(guard.close().spans.len(), 3);
        }
    }
}
