//! The spans of each request, told apart by their ids.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::Context;
use opentelemetry::trace::{Span as _, SpanId, TraceContextExt as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

/// A span processor that keeps finished spans until their request has ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collector(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The root of every open span.
    roots: HashMap<SpanId, SpanId>,
    finished: HashMap<SpanId, Vec<SpanData>>,
}

impl Collector {
    /// Keeps the spans below `root` from here on, and `root`.
    pub(crate) fn open(&self, root: SpanId) {
        let mut state = self.state();
        state.roots.insert(root, root);
        state.finished.insert(root, Vec::new());
    }

    /// The spans below `root`, and `root`.
    pub(crate) fn close(&self, root: SpanId) -> Vec<SpanData> {
        self.state().finished.remove(&root).unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SpanProcessor for Collector {
    fn on_start(&self, span: &mut Span, context: &Context) {
        let parent = context.span().span_context().span_id();
        let mut state = self.state();
        if let Some(root) = state.roots.get(&parent).copied() {
            state.roots.insert(span.span_context().span_id(), root);
        }
    }

    fn on_end(&self, span: SpanData) {
        let mut state = self.state();
        if let Some(root) = state.roots.remove(&span.span_context.span_id())
            && let Some(finished) = state.finished.get_mut(&root)
        {
            finished.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: std::time::Duration) -> OTelSdkResult {
        Ok(())
    }
}
