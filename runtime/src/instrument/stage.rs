//! A stage that was over before its request had a span.

use std::time::SystemTime;

use rmcp::RoleServer;
use rmcp::service::RequestContext;

/// A stage of a request that ran before the request was read, such as the check
/// of its token: with the request's extensions it comes to the SERVER span,
/// whose first child it becomes (S12).
#[derive(Clone, Copy, Debug)]
pub(crate) struct EarlierStage {
    pub(super) name: &'static str,
    pub(super) start: SystemTime,
    pub(super) end: SystemTime,
}

impl EarlierStage {
    /// What ran before `request` was read, if anything did.
    pub(super) fn of(request: &RequestContext<RoleServer>) -> Option<Self> {
        let parts = request.extensions.get::<http::request::Parts>()?;
        parts.extensions.get().copied()
    }
}

/// An [`EarlierStage`] that has not ended.
#[cfg(feature = "auth")]
#[derive(Debug)]
pub(crate) struct StageTimer {
    name: &'static str,
    start: SystemTime,
    clock: std::time::Instant,
}

#[cfg(feature = "auth")]
impl StageTimer {
    pub(crate) fn start(name: &'static str) -> Self {
        Self {
            name,
            start: SystemTime::now(),
            clock: std::time::Instant::now(),
        }
    }

    /// Ends the stage; not before its start, even if the clock was set back.
    pub(crate) fn end(self) -> EarlierStage {
        EarlierStage {
            name: self.name,
            start: self.start,
            end: self.start + self.clock.elapsed(),
        }
    }
}
