//! The two ends of the way that spans take to their answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::Extensions;

#[cfg(any(feature = "http-server", feature = "stdio"))]
use super::splice::Splice;
use super::waiting::Waiting;

/// The end in the request, where the spans enter.
#[derive(Clone, Debug)]
pub(crate) struct Lane(Arc<Slot>);

/// The end in the transport, where they leave, as long as the answer can come
/// this way. What waits is dropped with it.
#[derive(Debug)]
pub(crate) struct Exit(Arc<Slot>);

#[derive(Debug)]
struct Slot {
    state: Mutex<State>,
    /// Whether the answer announces capabilities.
    announces: AtomicBool,
}

#[derive(Debug)]
enum State {
    Open,
    Waiting(Box<Waiting>),
    Closed,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    /// The lane of a request, which is taken out of it: what the request is
    /// handed to from here on has none.
    pub(crate) fn take(extensions: &mut Extensions) -> Option<Self> {
        if let Some(parts) = extensions.get_mut::<::http::request::Parts>() {
            return parts.extensions.remove();
        }
        extensions.remove()
    }

    /// Whether the answer can still come to the other end.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(*self.0.state(), State::Closed)
    }

    /// Leaves spans for the answer. They are given up if that can no longer come
    /// to the other end, and so is what was left before.
    pub(crate) fn fill(&self, waiting: Waiting) {
        let given_up = match &mut *self.0.state() {
            State::Closed => Some(waiting),
            state => match std::mem::replace(state, State::Waiting(Box::new(waiting))) {
                State::Waiting(before) => Some(*before),
                State::Open | State::Closed => None,
            },
        };
        if let Some(waiting) = given_up {
            waiting.give_up();
        }
    }

    /// Says that the answer to this request announces capabilities, if it is one
    /// that came over HTTP.
    pub(crate) fn announce(extensions: &Extensions) {
        let parts = extensions.get::<::http::request::Parts>();
        if let Some(lane) = parts.and_then(|parts| parts.extensions.get::<Self>()) {
            lane.0.announces.store(true, Ordering::Release);
        }
    }
}

#[cfg(any(feature = "http-server", feature = "stdio"))]
impl Exit {
    /// Both ends of a new way.
    pub(crate) fn new() -> (Lane, Self) {
        let slot = Arc::new(Slot {
            state: Mutex::new(State::Open),
            announces: AtomicBool::new(false),
        });
        (Lane(Arc::clone(&slot)), Self(slot))
    }

    /// Whether spans wait for their answer.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(*self.0.state(), State::Waiting(_))
    }

    /// Where the spans that wait for the message go in it; `None` if it is not
    /// the one they wait for, which stays as it is.
    pub(crate) fn join(&self, message: &[u8]) -> Option<Splice> {
        let mut state = self.0.state();
        let State::Waiting(waiting) = &*state else {
            return None;
        };
        let member = waiting.find(message)?;
        let State::Waiting(waiting) = std::mem::replace(&mut *state, State::Open) else {
            return None;
        };
        drop(state);
        Some(waiting.join(message, member))
    }
}

#[cfg(feature = "http-server")]
impl Exit {
    /// Whether the answer announces capabilities.
    pub(crate) fn announces(&self) -> bool {
        self.0.announces.load(Ordering::Acquire)
    }
}

#[cfg(feature = "stdio")]
impl Exit {
    /// Whether nothing waits, and nobody is left who could change that.
    pub(crate) fn is_deserted(&self) -> bool {
        Arc::strong_count(&self.0) == 1 && !self.is_waiting()
    }
}

impl Drop for Exit {
    fn drop(&mut self) {
        let state = std::mem::replace(&mut *self.0.state(), State::Closed);
        if let State::Waiting(waiting) = state {
            waiting.give_up();
        }
    }
}
