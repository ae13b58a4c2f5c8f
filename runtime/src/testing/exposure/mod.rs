//! What leaves, and what stays.

mod leaves;
mod stays;

use std::fmt;

use serde_json::Value;

use super::snapshot::Snapshot;
use crate::passback::{PassbackRequest, Seen};

/// All that leaves with an answer beside its result, and what stays of what
/// was recorded: two lists, as text.
///
/// What leaves is read from the answer itself, every member of it, so that
/// nothing can be missing. What stays is told by names alone, without values:
/// such a text ends up in a repository. Alike spans that follow one another
/// stand once, with their number.
///
/// Spans that other tracer providers record never come near an answer, and are
/// in neither list; nor is the result, which is the tool's own business.
///
/// ```text
/// leaves
///   resource
///     service.name = "orders"
///     service.version = "1.0.0"
///   scope glassbox 0.1.0
///   each span: ids, flags, start, end
///   span tools/call total SERVER
///     gen_ai.operation.name = "execute_tool"
///     droppedAttributesCount = 1
///     span load
///       order.lines = 2
///   droppedSpanCount = 1
///   truncated = true
/// stays
///   span query: hidden by a rule
///   tools/call total: attribute user.id, not declared
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    leaves: String,
    stays: String,
}

impl Exposure {
    /// What leaves, one thing on a line.
    #[must_use]
    pub fn leaves(&self) -> &str {
        &self.leaves
    }

    /// What stays, one thing on a line.
    #[must_use]
    pub fn stays(&self) -> &str {
        &self.stays
    }
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (heading, lines) in [("leaves", &self.leaves), ("stays", &self.stays)] {
            writeln!(f, "{heading}")?;
            for line in lines.lines() {
                writeln!(f, "  {line}")?;
            }
        }
        Ok(())
    }
}

/// What of the spans in `seen` leaves as `traces`.
pub(super) fn expose(
    traces: Option<&Value>,
    asked: PassbackRequest,
    seen: &Seen,
    snapshot: &Snapshot,
) -> Exposure {
    Exposure {
        leaves: traces.map_or_else(
            || "nothing\n".to_owned(),
            |traces| leaves::write(traces, &seen.started, snapshot),
        ),
        stays: stays::write(traces, asked, seen, snapshot),
    }
}
