//! When to try again.

use std::time::{Duration, SystemTime};

/// The longest that a collector can have us wait. Ours: a hostile `Retry-After` must not stall a sink for ever.
pub(super) const MAX_RETRY_AFTER: Duration = Duration::from_secs(5 * 60);

/// How often to try again, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retries {
    pub(super) first: Duration,
    pub(super) longest: Duration,
    /// How long a collector that answers may fail before a batch is given up.
    pub(super) give_up_after: Duration,
}

/// Waits that double, each shortened at random by up to a half, so that many clients do not come back at once.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    retries: Retries,
}

impl Backoff {
    pub(super) fn new(retries: Retries) -> Self {
        Self {
            next: retries.first.min(retries.longest),
            retries,
        }
    }

    /// The next wait, for a random number from 0 to 1; not less than what the collector asked for.
    pub(super) fn next(&mut self, random: f64, asked: Option<Duration>) -> Duration {
        let wait = self.next.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0);
        self.next = self.next.saturating_mul(2).min(self.retries.longest);
        wait.max(asked.unwrap_or_default())
    }

    pub(super) fn reset(&mut self) {
        *self = Self::new(self.retries);
    }
}

/// Reads `Retry-After`, seconds or a date (RFC 9110, 10.2.3); never more than [`MAX_RETRY_AFTER`].
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let asked = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        value.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else {
        let date = httpdate::parse_http_date(value).ok()?;
        date.duration_since(now).unwrap_or_default()
    };
    Some(asked.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RETRIES: Retries = Retries {
        first: Duration::from_secs(1),
        longest: Duration::from_secs(5),
        give_up_after: Duration::from_secs(300),
    };

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::new(RETRIES);
        let waits: Vec<_> = (0..5).map(|_| backoff.next(0.0, None).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 5, 5]);
        backoff.reset();
        assert_eq!(backoff.next(1.0, None), Duration::from_millis(500));
    }

    #[test]
    fn what_the_collector_asks_for_only_makes_a_wait_longer() {
        let mut backoff = Backoff::new(RETRIES);
        let hour = Duration::from_secs(3600);
        assert_eq!(backoff.next(0.0, Some(hour)), hour);
        assert_eq!(
            backoff.next(0.0, Some(Duration::ZERO)),
            Duration::from_secs(2)
        );
    }

    #[test]
    fn reads_seconds_and_dates() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, seconds) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("300", Some(300)),
            ("301", Some(300)),
            ("99999999999999999999999", Some(300)),
            ("Sun, 06 Nov 1994 08:49:40 GMT", Some(3)),
            ("Sun, 06 Nov 1994 08:49:30 GMT", Some(0)),
            ("Sun, 06 Nov 9994 08:49:40 GMT", Some(300)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            let read = retry_after(value, now).map(|wait| wait.as_secs());
            assert_eq!(read, seconds, "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_value_is_bounded(value in any::<String>()) {
            if let Some(wait) = retry_after(&value, SystemTime::now()) {
                prop_assert!(wait <= MAX_RETRY_AFTER);
            }
        }
    }
}
