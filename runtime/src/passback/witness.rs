//! All that a request recorded, also what stays: shown to a test in this
//! process, and to nobody else.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::Key;
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::SpanData;

use super::place::Place;
use super::policy::{Fate, PassbackPolicy};

/// Sees the spans of one request as they were recorded. Put into a request's
/// extensions, where no client can put anything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness(Arc<Mutex<Seen>>);

/// What a [`Witness`] has seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Collected spans, in the order they started.
    pub(crate) started: Vec<SpanId>,
    /// Those of them that ended, in the order they did.
    pub(crate) ended: Vec<Witnessed>,
    /// Whether none leaves, as there are more secrets than can be looked for.
    pub(crate) is_unsearched: bool,
}

/// One span as it was recorded, before anything was held back.
#[derive(Debug)]
pub(crate) struct Witnessed {
    pub(crate) span: SpanData,
    pub(crate) kept: Kept,
    /// Keys that a rule of the policy is about.
    pub(crate) ruled: Vec<Key>,
}

/// What was decided about a span as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It leaves, unless a limit is in the way.
    Offered,
    /// It is deeper below the root than was asked for.
    NotAsked,
    /// A rule merges it into its parent.
    Merged,
    /// A rule hides it, or a span above it.
    Hidden,
}

impl Witness {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn started(&self, span: SpanId) {
        self.seen().started.push(span);
    }

    pub(super) fn ended(
        &self,
        place: Place,
        max_depth: u32,
        span: &SpanData,
        policy: &PassbackPolicy,
    ) {
        let kept = match place.fate {
            Fate::Hide => Kept::Hidden,
            Fate::Merge => Kept::Merged,
            Fate::Publish if place.depth > max_depth => Kept::NotAsked,
            Fate::Publish => Kept::Offered,
        };
        let scope = span.instrumentation_scope.name();
        let keys = span.attributes.iter().map(|attribute| &attribute.key);
        let ruled = keys.filter(|key| policy.has_rule_for(scope, key.as_str()));
        let ruled = ruled.cloned().collect();
        self.seen().ended.push(Witnessed {
            span: span.clone(),
            kept,
            ruled,
        });
    }

    /// Notes that no span leaves: there are more secrets than can be looked for.
    pub(super) fn unsearched(&self) {
        self.seen().is_unsearched = true;
    }

    /// Everything so far.
    pub(crate) fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen())
    }
}
