//! A mutex that outlives panics, and whose interleavings can be explored.

use std::sync::{MutexGuard, PoisonError};

/// A [`std::sync::Mutex`] without poison: what it guards is never left half
/// changed. In a model (`passback::models`), every lock is a point where
/// another thread may run instead.
#[derive(Debug, Default)]
pub(super) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(super) fn lock(&self) -> MutexGuard<'_, T> {
        #[cfg(test)]
        if let Some(guard) = model::lock(&self.0) {
            return guard;
        }
        self.lock_within()
    }

    /// Locks while another lock is held, and never the other way round. In a
    /// model nobody else runs at this point: what they could do here they can do
    /// before the other lock is taken, as they need only this one for it.
    pub(super) fn lock_within(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Exploration of interleavings: threads of a model take turns on one thread
/// of the system, and change at locks only. That is where they can meet, since
/// whatever they share is behind one.
#[cfg(test)]
pub(super) mod model {
    use std::cell::Cell;
    use std::sync::{Mutex, MutexGuard, TryLockError};

    use shuttle::Runner;
    use shuttle::scheduler::DfsScheduler;

    thread_local! {
        static EXPLORES: Cell<bool> = const { Cell::new(false) };
    }

    /// Runs `model` once for every interleaving of its threads; gives their
    /// number.
    pub(in crate::passback) fn explore(model: impl Fn() + Send + Sync + 'static) -> usize {
        EXPLORES.set(true);
        let scheduler = DfsScheduler::new(None, false);
        let explored = Runner::new(scheduler, shuttle::Config::new()).run(model);
        EXPLORES.set(false);
        explored
    }

    /// Lets others run, then takes the lock as soon as it is free.
    pub(super) fn lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
        if !EXPLORES.get() {
            return None;
        }
        loop {
            shuttle::thread::yield_now();
            match mutex.try_lock() {
                Ok(guard) => return Some(guard),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
    }
}
