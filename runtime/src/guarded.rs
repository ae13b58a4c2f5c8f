//! Code of the author's that tells of calls, and must not harm them.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `code`; nothing if it panics, which is logged. What the panic says goes
/// where panics go in this process.
pub(crate) fn guarded<T>(whose: &str, code: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(code)).ok();
    if done.is_none() {
        tracing::error!("{whose} has panicked; the call goes on without it");
    }
    done
}
