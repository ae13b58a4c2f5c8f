//! The phase that takes most of a call, where the answer shows no details.

use std::fmt;
use std::time::Duration;

use opentelemetry::trace::{SpanId, SpanKind};

use super::wording::Name;
use crate::analysis::SpanTree;
use crate::otlp::AnyValue;
use crate::render::duration_text;

/// A phase dominates when it takes at least one part in this many of the call.
const DOMINANT_SHARE: u32 = 2;

/// A phase that takes most of the call, in an answer without details.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DominantPhase {
    /// The phase's name, as sent.
    pub name: String,
    /// What the phase took.
    pub cost: Duration,
    /// What the whole call took.
    pub call: Duration,
    /// The attribute that says over how many things the phase went, as sent.
    pub count: (String, i64),
    /// The phase.
    pub evidence: SpanId,
}

/// Something can be said of an answer without details only if a phase tells how many things it went over.
pub(super) fn dominant_phase(tree: &SpanTree) -> Option<DominantPhase> {
    let (_, server) = tree
        .walk()
        .find(|(_, node)| node.span().kind() == SpanKind::Server)?;
    if server.children().any(|phase| !phase.is_leaf()) {
        return None;
    }
    let phase = server
        .children()
        .max_by_key(|phase| phase.span().duration())?
        .span();
    let call = server
        .ancestors()
        .last()
        .unwrap_or(server)
        .span()
        .duration()?;
    let cost = phase
        .duration()
        .map(|cost| cost.min(call))
        .filter(|&cost| !cost.is_zero() && cost >= call / DOMINANT_SHARE)?;
    let count = phase
        .attributes()
        .iter()
        .find_map(|attribute| match attribute.value {
            AnyValue::Int(count) if count >= 2 && attribute.key.ends_with("count") => {
                Some((attribute.key.clone(), count))
            }
            _ => None,
        })?;
    Some(DominantPhase {
        name: phase.name().to_owned(),
        cost,
        call,
        count,
        evidence: phase.id(),
    })
}

impl fmt::Display for DominantPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = 100.0 * self.cost.as_secs_f64() / self.call.as_secs_f64();
        write!(
            f,
            "{} is the slowest phase: {} of {} ({share:.0} %), with {} = {}; \
             only detailed spans show why",
            Name(&self.name),
            duration_text(self.cost),
            duration_text(self.call),
            Name(&self.count.0),
            self.count.1,
        )
    }
}
