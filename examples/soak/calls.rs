//! What the clients know of their calls inside the server, so that nobody has to guess and wait.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// The calls that are being watched, by number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    watched: Mutex<HashMap<u64, Ends>>,
    held: Mutex<HashMap<u64, CancellationToken>>,
    inside: AtomicUsize,
    late: AtomicUsize,
}

/// The server's ends of a [`Watch`].
#[derive(Debug)]
struct Ends {
    entered: oneshot::Sender<()>,
    left: oneshot::Sender<()>,
}

/// Sees a call enter its tool and leave it.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Ready when the call is inside.
    pub(crate) entered: oneshot::Receiver<()>,
    /// Ready when the tool has ended or was dropped.
    pub(crate) left: oneshot::Receiver<()>,
}

/// A call is inside as long as this lives.
#[derive(Debug)]
pub(crate) struct Inside {
    calls: Calls,
    /// Tells the watch when it is dropped.
    _left: Option<oneshot::Sender<()>>,
}

/// Work that outlives its call is held back as long as this lives.
#[derive(Debug)]
pub(crate) struct Hold {
    calls: Calls,
    number: u64,
}

/// Work that has outlived its call, as long as this lives.
#[derive(Debug)]
pub(crate) struct Late(Calls);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Calls {
    /// Watches a call that is about to be made.
    pub(crate) fn watch(&self, number: u64) -> Watch {
        let (entered, entering) = oneshot::channel();
        let (left, leaving) = oneshot::channel();
        lock(&self.0.watched).insert(number, Ends { entered, left });
        Watch {
            entered: entering,
            left: leaving,
        }
    }

    /// Says that a call is inside.
    pub(crate) fn enter(&self, number: u64) -> Inside {
        self.0.inside.fetch_add(1, Ordering::Relaxed);
        let ends = lock(&self.0.watched).remove(&number);
        let left = ends.map(|ends| {
            // A client that is gone already does not care.
            let _ = ends.entered.send(());
            ends.left
        });
        Inside {
            calls: self.clone(),
            _left: left,
        }
    }

    /// Holds back what a call that is about to be made leaves behind.
    pub(crate) fn hold(&self, number: u64) -> Hold {
        lock(&self.0.held).insert(number, CancellationToken::new());
        Hold {
            calls: self.clone(),
            number,
        }
    }

    /// What the work that a call leaves behind waits for.
    pub(crate) fn gate(&self, number: u64) -> CancellationToken {
        lock(&self.0.held).get(&number).cloned().unwrap_or_default()
    }

    /// Says that work has begun that will outlive its call.
    pub(crate) fn outlive(&self) -> Late {
        self.0.late.fetch_add(1, Ordering::Relaxed);
        Late(self.clone())
    }

    /// How many calls are inside and wait to be ended.
    pub(crate) fn inside(&self) -> usize {
        self.0.inside.load(Ordering::Relaxed)
    }

    /// How many tasks are being held back.
    pub(crate) fn late(&self) -> usize {
        self.0.late.load(Ordering::Relaxed)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.calls.0.inside.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(gate) = lock(&self.calls.0.held).remove(&self.number) {
            gate.cancel();
        }
    }
}

impl Drop for Late {
    fn drop(&mut self) {
        self.0.0.late.fetch_sub(1, Ordering::Relaxed);
    }
}
