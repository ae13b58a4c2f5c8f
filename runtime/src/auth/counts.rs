//! What became of requests, counted.

use std::sync::atomic::{AtomicU64, Ordering};

use super::bearer::NoToken;
use super::verifier::TokenError;

/// What became of the requests to a protected server, since it started. For
/// the server's own metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthCounts {
    /// Requests whose token is valid and has the scopes that every request
    /// needs.
    pub accepted: u64,
    /// Those of them whose token had been found valid before, so that its
    /// signature was not checked again.
    pub remembered_tokens: u64,
    /// Valid tokens that were forgotten to make room for others; their
    /// signature is checked again.
    pub forgotten_tokens: u64,
    /// Requests without a token.
    pub missing: u64,
    /// Requests with a token in the URL, or with more than one.
    pub invalid_requests: u64,
    /// Tokens that are too long or no tokens.
    pub malformed: u64,
    /// Tokens signed with an algorithm that is not accepted.
    pub algorithm: u64,
    /// Tokens of issuers that are not trusted.
    pub unknown_issuer: u64,
    /// Tokens whose key their issuer does not have.
    pub unknown_key: u64,
    /// Tokens with a wrong signature.
    pub signature: u64,
    /// Tokens that have expired.
    pub expired: u64,
    /// Tokens that are not valid yet.
    pub not_yet_valid: u64,
    /// Tokens for other resources.
    pub wrong_audience: u64,
    /// Tokens that lack a claim.
    pub missing_claim: u64,
    /// Tokens that the authorization server calls inactive.
    pub inactive: u64,
    /// Tokens that could not be checked.
    pub unavailable: u64,
    /// Those of them on which a verifier of your own panicked.
    pub verifier_panics: u64,
    /// Those of them for which it took too long.
    pub verifier_timeouts: u64,
    /// Requests that were refused because their token lacks a scope.
    pub insufficient_scope: u64,
    /// Requests that named a session which is not the caller's, or none.
    pub foreign_sessions: u64,
    /// Sessions that were forgotten to make room for others, and have ended.
    pub forgotten_sessions: u64,
    /// Key sets that were fetched.
    pub key_fetches: u64,
    /// Key sets that could not be fetched, or not be used.
    pub failed_key_fetches: u64,
    /// Keys in them that cannot be used: of another kind, too weak, or beyond
    /// the bound.
    pub ignored_keys: u64,
}

macro_rules! counters {
    ($($name:ident),* $(,)?) => {
        /// [`AuthCounts`] in the making.
        #[derive(Debug, Default)]
        pub(super) struct Counters {
            $(pub(super) $name: Counter,)*
        }

        impl Counters {
            pub(super) fn counts(&self) -> AuthCounts {
                AuthCounts { $($name: self.$name.get(),)* }
            }
        }
    };
}

counters!(
    accepted,
    remembered_tokens,
    forgotten_tokens,
    missing,
    invalid_requests,
    malformed,
    algorithm,
    unknown_issuer,
    unknown_key,
    signature,
    expired,
    not_yet_valid,
    wrong_audience,
    missing_claim,
    inactive,
    unavailable,
    verifier_panics,
    verifier_timeouts,
    insufficient_scope,
    foreign_sessions,
    forgotten_sessions,
    key_fetches,
    failed_key_fetches,
    ignored_keys,
);

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn increment(&self) {
        self.add(1);
    }

    pub(super) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(super) fn of_missing(&self, reason: NoToken) -> &Counter {
        match reason {
            NoToken::Missing => &self.missing,
            NoToken::InvalidRequest => &self.invalid_requests,
            NoToken::Malformed => &self.malformed,
        }
    }

    pub(super) fn of_refused(&self, reason: TokenError) -> &Counter {
        match reason {
            TokenError::Malformed => &self.malformed,
            TokenError::Algorithm => &self.algorithm,
            TokenError::UnknownIssuer => &self.unknown_issuer,
            TokenError::UnknownKey => &self.unknown_key,
            TokenError::Signature => &self.signature,
            TokenError::Expired => &self.expired,
            TokenError::NotYetValid => &self.not_yet_valid,
            TokenError::WrongAudience => &self.wrong_audience,
            TokenError::MissingClaim => &self.missing_claim,
            TokenError::Inactive => &self.inactive,
            TokenError::Unavailable => &self.unavailable,
        }
    }
}
