//! Verifiers of the author's own, whatever they do.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;

use super::counts::Counters;
use super::identity::Identity;
use super::jwt::SharedVerifier;
use super::verifier::{TokenError, TokenVerifier};

/// Takes a panic, and an answer that does not come, for a token that cannot be
/// checked: nobody gets in by them, and the next request is checked as usual.
pub(super) struct Guarded {
    verifier: SharedVerifier,
    timeout: Duration,
    counters: Arc<Counters>,
}

impl Guarded {
    pub(super) fn new(
        verifier: SharedVerifier,
        timeout: Duration,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            verifier,
            timeout,
            counters,
        }
    }
}

impl TokenVerifier for Guarded {
    async fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        let checking = AssertUnwindSafe(async { self.verifier.verify(token).await });
        match tokio::time::timeout(self.timeout, checking.catch_unwind()).await {
            Ok(Ok(verified)) => verified,
            // What it says may be the token.
            Ok(Err(_panic)) => {
                self.counters.verifier_panics.increment();
                tracing::error!("the token verifier panicked; the request is refused");
                Err(TokenError::Unavailable)
            }
            Err(_) => {
                self.counters.verifier_timeouts.increment();
                tracing::warn!(timeout = ?self.timeout, "the token verifier takes too long; the request is refused");
                Err(TokenError::Unavailable)
            }
        }
    }
}
