//! How often a caller gets spans.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::service::RequestContext;
use tokio::time::Instant;

use super::counts::Counters;

type CallerFn = Arc<dyn Fn(&RequestContext<RoleServer>) -> Option<String> + Send + Sync>;

/// How many requests with spans a caller may make in a time.
///
/// A request over its rate is answered as if it had not asked. Recording and
/// encoding cost the server more than the call itself may; this bounds what a
/// stranger can make it spend.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use glassbox::PassbackRateLimit;
///
/// // 60 at once, and one more each second.
/// let limit = PassbackRateLimit::new(60, Duration::from_secs(60)).with_caller(|request| {
///     let parts = request.extensions.get::<http::request::Parts>()?;
///     Some(parts.headers.get("x-customer")?.to_str().ok()?.to_owned())
/// });
/// ```
#[derive(Clone)]
pub struct PassbackRateLimit {
    requests: u32,
    period: Duration,
    caller: Option<CallerFn>,
    max_callers: usize,
}

impl PassbackRateLimit {
    /// Callers remembered unless set otherwise: some ten thousand bytes.
    pub const DEFAULT_MAX_CALLERS: usize = 1024;

    /// At most `requests` with spans in any `period`, refilled evenly. All
    /// callers share them unless [`with_caller`](Self::with_caller) tells them
    /// apart. Of 0 requests none gets spans.
    #[must_use]
    pub const fn new(requests: u32, period: Duration) -> Self {
        Self {
            requests,
            period,
            caller: None,
            max_callers: Self::DEFAULT_MAX_CALLERS,
        }
    }

    /// Tells callers apart by a name. Those without one (`None`) share what one
    /// caller has. Only a keyed hash of the name is kept.
    ///
    /// Take what the caller cannot choose: an identity that was verified, not a
    /// header that anybody can set, nor a session id, of which anybody can have
    /// many.
    #[must_use]
    pub fn with_caller(
        mut self,
        caller: impl Fn(&RequestContext<RoleServer>) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.caller = Some(Arc::new(caller));
        self
    }

    /// Sets how many callers are remembered, at least 1. Default: 1,024.
    /// Beyond it the caller that has used least of its rate is forgotten, and
    /// begins anew; if it was not entirely idle, this is counted
    /// ([`PassbackCounts::evicted_callers`](crate::PassbackCounts::evicted_callers)).
    #[must_use]
    pub const fn with_max_callers(mut self, max_callers: usize) -> Self {
        self.max_callers = max_callers;
        self
    }
}

impl fmt::Debug for PassbackRateLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PassbackRateLimit")
            .field("requests", &self.requests)
            .field("period", &self.period)
            .field("max_callers", &self.max_callers)
            .finish_non_exhaustive()
    }
}

/// The rates of all callers, by the generic cell rate algorithm: of each, only
/// the time at which it will have its whole rate again.
pub(super) struct Limiter {
    limit: PassbackRateLimit,
    hasher: RandomState,
    idle_at: Mutex<HashMap<u64, Instant>>,
}

impl fmt::Debug for Limiter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.limit.fmt(formatter)
    }
}

impl Limiter {
    pub(super) fn new(limit: PassbackRateLimit) -> Self {
        Self {
            limit,
            hasher: RandomState::new(),
            idle_at: Mutex::default(),
        }
    }

    /// Whether the caller is within its rate; if so, it has used some.
    pub(super) fn admits(&self, request: &RequestContext<RoleServer>, counters: &Counters) -> bool {
        let name = self
            .limit
            .caller
            .as_ref()
            .and_then(|caller| caller(request));
        self.admits_caller(name.as_deref(), counters)
    }

    fn admits_caller(&self, name: Option<&str>, counters: &Counters) -> bool {
        let Some(interval) = self.limit.period.checked_div(self.limit.requests) else {
            return false;
        };
        let now = Instant::now();
        let caller = self.hasher.hash_one(name);
        let mut idle_at = self.idle_at.lock().unwrap_or_else(PoisonError::into_inner);
        let from = idle_at.get(&caller).map_or(now, |at| (*at).max(now));
        let Some(next) = from.checked_add(interval) else {
            return false;
        };
        if next.duration_since(now) > self.limit.period {
            return false;
        }
        if !idle_at.contains_key(&caller) && idle_at.len() >= self.limit.max_callers.max(1) {
            make_room(&mut idle_at, now, counters);
        }
        idle_at.insert(caller, next);
        true
    }
}

/// Forgets callers that are idle, which changes nothing; or, if there are
/// none, the one that will be soonest.
fn make_room(idle_at: &mut HashMap<u64, Instant>, now: Instant, counters: &Counters) {
    let full = idle_at.len();
    idle_at.retain(|_, at| *at > now);
    if idle_at.len() < full {
        return;
    }
    let soonest = idle_at.iter().min_by_key(|(_, at)| **at);
    if let Some(caller) = soonest.map(|(caller, _)| *caller) {
        idle_at.remove(&caller);
        counters.evicted_callers.add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(60);

    fn limiter(requests: u32, max_callers: usize) -> Limiter {
        Limiter::new(PassbackRateLimit::new(requests, PERIOD).with_max_callers(max_callers))
    }

    fn admitted(limiter: &Limiter, name: &str, requests: usize) -> usize {
        let counters = Counters::default();
        (0..requests)
            .filter(|_| limiter.admits_caller(Some(name), &counters))
            .count()
    }

    #[tokio::test(start_paused = true)]
    async fn admits_up_to_the_rate_and_refills_evenly() {
        let limiter = limiter(3, 9);
        for (asked, expected) in [(2, 2), (1, 1), (1, 0)] {
            assert_eq!(admitted(&limiter, "a", asked), expected);
        }
        assert_eq!(admitted(&limiter, "b", 9), 3, "each caller has its own");
        tokio::time::advance(PERIOD / 3).await;
        assert_eq!(admitted(&limiter, "a", 9), 1);
        tokio::time::advance(PERIOD * 9).await;
        assert_eq!(
            admitted(&limiter, "a", 9),
            3,
            "no more than the rate is saved up"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_table_is_bounded_and_evictions_are_counted() {
        for (callers, evicted) in [(2, 0), (3, 0), (4, 1)] {
            let limiter = limiter(5, 3);
            let counters = Counters::default();
            for caller in 0..callers {
                assert!(limiter.admits_caller(Some(&caller.to_string()), &counters));
            }
            assert_eq!(counters.snapshot().evicted_callers, evicted);
            assert_eq!(limiter.idle_at.lock().unwrap().len(), callers.min(3));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn idle_callers_make_room_without_loss() {
        let limiter = limiter(1, 2);
        assert_eq!(admitted(&limiter, "a", 2), 1);
        assert_eq!(admitted(&limiter, "b", 2), 1);
        tokio::time::advance(PERIOD).await;
        let counters = Counters::default();
        assert!(limiter.admits_caller(Some("c"), &counters));
        assert_eq!(counters.snapshot().evicted_callers, 0);
        assert_eq!(limiter.idle_at.lock().unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn callers_without_a_name_share_one_rate() {
        let limiter = limiter(1, 9);
        let counters = Counters::default();
        assert!(limiter.admits_caller(None, &counters));
        assert!(!limiter.admits_caller(None, &counters));
        assert_eq!(admitted(&limiter, "", 2), 1, "an empty name is a name");
    }

    #[test]
    fn a_rate_of_nothing_admits_nothing() {
        assert_eq!(admitted(&limiter(0, 9), "a", 3), 0);
        let forever = Limiter::new(PassbackRateLimit::new(1, Duration::MAX));
        assert_eq!(admitted(&forever, "a", 3), 0, "more time than there is");
    }
}
