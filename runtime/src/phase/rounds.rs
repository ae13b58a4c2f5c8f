//! Phases of a loop: one span for each round, up to a bound.

use super::{Declared, Phase};
use crate::passback::Scope;
use opentelemetry::Context;

/// Counts the rounds of one run of a loop.
///
/// Rounds over the bound run without a span. They are counted in
/// `droppedSpanCount`, and in
/// [`PassbackCounts::unrecorded_rounds`](crate::PassbackCounts::unrecorded_rounds).
#[derive(Debug)]
pub struct Rounds {
    left: usize,
}

impl Rounds {
    /// Records `max` rounds at most.
    #[must_use]
    pub const fn up_to(max: usize) -> Self {
        Self { left: max }
    }

    /// Starts the next round.
    pub fn start(&mut self, name: &'static str, declare: impl FnOnce(&mut Declared)) -> Phase {
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            return Phase::start(name, declare);
        }
        Context::map_current(|context| {
            if let Some(scope) = context.get::<Scope>() {
                scope.skip_below(context);
            }
        });
        Phase(None)
    }
}
