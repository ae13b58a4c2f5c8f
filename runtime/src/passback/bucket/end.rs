//! How a span of a request ends.

use std::sync::MutexGuard;
use std::time::SystemTime;

use opentelemetry::trace::{SpanId, Status};
use opentelemetry_sdk::trace::SpanData;

use super::{Bucket, MAX_LEFT_OUT_SPANS, State};
use crate::passback::counts::count;
use crate::passback::policy::{Fate, Others, recorded_by};
use crate::passback::scope::OWN_SCOPE;
use crate::passback::slots::SlotKey;
use crate::passback::value::shorten_text;

impl Bucket {
    /// Ends a span that the SDK has not seen, and says which; none if the request
    /// has ended, and has counted it as open, or the span has ended before.
    pub(in crate::passback) fn end_recorded(
        &self,
        key: SlotKey,
        end: SystemTime,
    ) -> Option<SpanId> {
        let mut state = self.state.lock();
        let span = state.slots.end(key)?;
        let id = span.id;
        span.end_time = end;
        let attribute_count = span.notes.attribute_count;
        let mut private = span.take_private();
        let mut others = Others {
            scope: OWN_SCOPE,
            recorded_count: usize::try_from(attribute_count)
                .unwrap_or(usize::MAX)
                .min(self.limits.max_attributes()),
            all_count: attribute_count,
            attributes: &mut private.attributes,
            status: &private.status,
        };
        self.finish(state, key, &mut others).then_some(id)
    }

    /// Ends a span that the SDK has made, and takes what leaves out of it.
    pub(in crate::passback) fn end_by_sdk(&self, key: SlotKey, data: &mut SpanData) {
        let mut state = self.state.lock();
        let State {
            slots, last_scope, ..
        } = &mut *state;
        // Not there: the request has ended, and has counted it as open.
        let Some(span) = slots.end(key) else {
            return;
        };
        #[cfg(feature = "testing")]
        if let Some(witness) = &self.witness {
            witness.ended(span.place, self.max_depth, data, &self.policy);
        }
        // Of our own spans nobody else says that they have failed.
        if !span.notes.is_ours && matches!(data.status, Status::Error { .. }) {
            span.has_failed = true;
        }
        if !span.notes.stays {
            span.take_frame(data);
            if !span.notes.is_ours {
                let max_bytes = self.limits.max_value_length_bytes;
                span.name = std::mem::take(&mut data.name);
                let was_cut = shorten_text(&mut span.name, max_bytes);
                self.counters.count_cut(was_cut);
                span.recorded_by = recorded_by(&data.instrumentation_scope, max_bytes, last_scope);
            }
        }
        let recorded_count = data.attributes.len();
        let mut others = Others {
            scope: data.instrumentation_scope.name(),
            recorded_count,
            // What the SDK had no room for counts as well, except where it is
            // public and so leaves after all.
            all_count: count(recorded_count).saturating_add(data.dropped_attributes_count),
            attributes: &mut data.attributes,
            status: &data.status,
        };
        self.finish(state, key, &mut others);
    }

    /// Keeps what may leave of a span that has ended; `false` if the request has
    /// ended.
    fn finish<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        key: SlotKey,
        others: &mut Others<'_>,
    ) -> bool {
        let Some(span) = state.slots.ending_mut(key) else {
            return false;
        };
        if span.notes.stays {
            self.leave_out(&mut state, key);
            return true;
        }
        if self.policy.has_attribute_rules() {
            let declared = std::mem::take(&mut span.attributes);
            // Not under the lock: the policy runs the author's functions.
            drop(state);
            let attributes = std::mem::take(&mut *others.attributes);
            let (scope, counters) = (others.scope, &self.counters);
            let admitted = self.policy.admit_all(scope, declared, attributes, counters);
            state = self.state.lock();
            // Not there: the request has ended, and has counted it as open.
            let Some(span) = state.slots.ending_mut(key) else {
                return false;
            };
            span.attributes = admitted;
        }
        if let Some(span) = state.slots.ending_mut(key) {
            self.policy
                .settle(span, others, &self.limits, &self.counters);
        }
        self.keep(&mut state, key);
        true
    }

    /// Keeps a span, at the cost of others if the bucket is full.
    fn keep(&self, state: &mut State, key: SlotKey) {
        let State { slots, dropped, .. } = state;
        slots.keep(key);
        while slots.kept() > self.limits.max_spans.max(1)
            || slots.bytes() > self.limits.max_total_bytes
        {
            if !slots.make_room() {
                break;
            }
            *dropped += 1;
        }
    }

    /// Ends a span that stays, and counts it if it was asked for.
    fn leave_out(&self, state: &mut State, key: SlotKey) {
        let Some((span, place)) = state.slots.leave_out(key) else {
            return;
        };
        if place.fate != Fate::Publish && state.left_out.len() < MAX_LEFT_OUT_SPANS {
            state.left_out.insert(span, place);
        }
        if place.depth > self.max_depth {
            return;
        }
        state.dropped += 1;
        match place.fate {
            Fate::Merge => self.counters.merged_spans.add(1),
            Fate::Hide => self.counters.hidden_spans.add(1),
            Fate::Publish => {}
        }
    }
}
