//! Who is granted what of what they ask for.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rmcp::RoleServer;
use rmcp::service::RequestContext;

use super::counts::{Counters, PassbackCounts};
use super::rate::{Limiter, PassbackRateLimit};
use super::request::PassbackRequest;

/// How much of what a request asks for it gets.
///
/// A request that is refused is answered as if it had not asked (S01): nothing
/// is recorded, and nothing is added that would tell a stranger that there is
/// something to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the counterpart of `PassbackRequest`, which SEP-2448 closes"
)]
pub enum PassbackGrant {
    /// Nothing.
    Refuse,
    /// The root span and its direct children, also if the whole tree was asked
    /// for.
    TopLevel,
    /// Whatever is asked for.
    Detailed,
}

impl PassbackGrant {
    const fn of(self, asked: PassbackRequest) -> PassbackRequest {
        match (self, asked) {
            (Self::Refuse, _) | (_, PassbackRequest::Off) => PassbackRequest::Off,
            (Self::TopLevel, _) => PassbackRequest::TopLevel,
            (Self::Detailed, asked) => asked,
        }
    }
}

type GrantFn = Arc<dyn Fn(&RequestContext<RoleServer>) -> PassbackGrant + Send + Sync>;

/// Decides on each request that asks, and counts.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    grant: Option<GrantFn>,
    limiter: Option<Arc<Limiter>>,
    counters: Arc<Counters>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Gate")
            .field("limiter", &self.limiter)
            .finish_non_exhaustive()
    }
}

impl Gate {
    pub(crate) fn set_grant(
        &mut self,
        grant: impl Fn(&RequestContext<RoleServer>) -> PassbackGrant + Send + Sync + 'static,
    ) {
        self.grant = Some(Arc::new(grant));
    }

    pub(crate) fn set_rate_limit(&mut self, limit: PassbackRateLimit) {
        self.limiter = Some(Arc::new(Limiter::new(limit)));
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    pub(crate) fn counts(&self) -> PassbackCounts {
        self.counters.snapshot()
    }

    /// What the request gets of what it asks for. The author's functions can do
    /// the call no harm: one that panics refuses.
    pub(crate) fn decide(&self, request: &RequestContext<RoleServer>) -> PassbackRequest {
        let asked = PassbackRequest::from_meta(&request.meta);
        if asked == PassbackRequest::Off {
            return asked;
        }
        let decided = catch_unwind(AssertUnwindSafe(|| self.decide_on(asked, request)));
        decided.unwrap_or_else(|_panic| {
            self.counters.failed_grants.add(1);
            PassbackRequest::Off
        })
    }

    fn decide_on(
        &self,
        asked: PassbackRequest,
        request: &RequestContext<RoleServer>,
    ) -> PassbackRequest {
        let grant = self
            .grant
            .as_ref()
            .map_or(PassbackGrant::Detailed, |grant| grant(request));
        let granted = grant.of(asked);
        if granted == PassbackRequest::Off {
            self.counters.refused_requests.add(1);
            return granted;
        }
        match &self.limiter {
            Some(limiter) if !limiter.admits(request, &self.counters) => {
                self.counters.rate_limited_requests.add(1);
                PassbackRequest::Off
            }
            _ => granted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gets_more_than_asked_or_granted() {
        use PassbackRequest::{Detailed, Off, TopLevel};
        for (grant, asked, expected) in [
            (PassbackGrant::Refuse, Detailed, Off),
            (PassbackGrant::Refuse, TopLevel, Off),
            (PassbackGrant::TopLevel, Detailed, TopLevel),
            (PassbackGrant::TopLevel, TopLevel, TopLevel),
            (PassbackGrant::Detailed, TopLevel, TopLevel),
            (PassbackGrant::Detailed, Detailed, Detailed),
            (PassbackGrant::Detailed, Off, Off),
            (PassbackGrant::TopLevel, Off, Off),
        ] {
            assert_eq!(grant.of(asked), expected, "{grant:?} {asked:?}");
        }
    }
}
