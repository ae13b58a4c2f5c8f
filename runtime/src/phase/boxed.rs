//! Phases around futures and streams that come in a box.

use std::pin::Pin;

use futures_util::Stream;

use super::outcome::Outcome;
use super::{Phase, PhaseFuture, PhaseStream};

/// A boxed future or stream that can be put under a phase: what it is, the
/// compiler finds out, also behind an alias.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no boxed future or stream, so the phase cannot follow it",
    label = "not a `Pin<Box<dyn Future<..>>>` or `Pin<Box<dyn Stream<..>>>`",
    note = "return `impl Future<..>` or `impl Stream<..>`, or box it; or remove `returns = ...`, so that the phase is the call itself"
)]
pub trait Boxed<'a>: Sized {
    /// What the phase looks at: the value, or each item.
    type Value;

    /// This, under a phase.
    #[must_use]
    fn under<O>(self, phase: Phase, outcome: O) -> Self
    where
        O: FnMut(&Self::Value) -> Outcome + Send + Sync + 'a;
}

macro_rules! boxed {
    ($($trait:ident::$value:ident, $phase:ident: $($auto:ident)*;)*) => {$(
        impl<'a, T: 'a> Boxed<'a> for Pin<Box<dyn $trait<$value = T> $(+ $auto)* + 'a>> {
            type Value = T;

            fn under<O>(self, phase: Phase, outcome: O) -> Self
            where
                O: FnMut(&T) -> Outcome + Send + Sync + 'a,
            {
                Box::pin($phase::new(phase.0, self, outcome))
            }
        }
    )*};
}
boxed! {
    Future::Output, PhaseFuture:;
    Future::Output, PhaseFuture: Send;
    Future::Output, PhaseFuture: Send Sync;
    Stream::Item, PhaseStream:;
    Stream::Item, PhaseStream: Send;
    Stream::Item, PhaseStream: Send Sync;
}
