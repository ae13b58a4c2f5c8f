//! Why a span was not accepted.

use std::fmt;

/// Why spans were rejected. Says nothing of what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RejectReason {
    /// Telemetry of more bytes than the limit, not parsed (C04).
    TooLarge,
    /// Not OTLP JSON, or not JSON that every receiver reads alike (C08).
    Malformed,
    /// Beyond the limit of spans in one answer (C04).
    TooManySpans,
    /// With more attributes, events or links than a limit, or a longer string (C04).
    Oversized,
    /// With more levels of objects and arrays than the limit (C04).
    TooDeep,
    /// Without a trace id or a span id.
    InvalidId,
    /// In another trace than the caller's span (C06).
    ForeignTrace,
    /// Topmost in the answer, and not under the caller's span (C06).
    ForeignParent,
    /// With the id of a span of the caller's (C06).
    OwnId,
    /// With the id of another span in the answer (C03).
    DuplicateId,
    /// With the id of a span that was accepted before: the same answer, seen again (C03).
    AlreadyIngested,
    /// Below a span that was rejected, or on a cycle (C06).
    Disconnected,
    /// Of a resource without `service.name` (C05).
    NoServiceName,
    /// Of a call that asked for none.
    NotAsked,
}

impl RejectReason {
    /// Every reason.
    pub const ALL: [Self; 14] = [
        Self::TooLarge,
        Self::Malformed,
        Self::TooManySpans,
        Self::Oversized,
        Self::TooDeep,
        Self::InvalidId,
        Self::ForeignTrace,
        Self::ForeignParent,
        Self::OwnId,
        Self::DuplicateId,
        Self::AlreadyIngested,
        Self::Disconnected,
        Self::NoServiceName,
        Self::NotAsked,
    ];

    /// The reason as a key for metrics and logs, which stays as it is: `foreign_trace`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::TooManySpans => "too_many_spans",
            Self::Oversized => "oversized",
            Self::TooDeep => "too_deep",
            Self::InvalidId => "invalid_id",
            Self::ForeignTrace => "foreign_trace",
            Self::ForeignParent => "foreign_parent",
            Self::OwnId => "own_id",
            Self::DuplicateId => "duplicate_id",
            Self::AlreadyIngested => "already_ingested",
            Self::Disconnected => "disconnected",
            Self::NoServiceName => "no_service_name",
            Self::NotAsked => "not_asked",
        }
    }
}

impl fmt::Display for RejectReason {
    /// Writes the reason so that it follows a number of spans: `of another trace`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "too large",
            Self::Malformed => "malformed",
            Self::TooManySpans => "over the limit of spans",
            Self::Oversized => "over the limits of a span",
            Self::TooDeep => "nested too deeply",
            Self::InvalidId => "without ids",
            Self::ForeignTrace => "of another trace",
            Self::ForeignParent => "not under the caller's span",
            Self::OwnId => "with an id of the caller's",
            Self::DuplicateId => "with an id sent twice",
            Self::AlreadyIngested => "received before",
            Self::Disconnected => "below a rejected span or on a cycle",
            Self::NoServiceName => "without a service name",
            Self::NotAsked => "not asked for",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_reason_has_a_key_and_words_of_its_own() {
        let keys: HashSet<_> = RejectReason::ALL.map(RejectReason::as_str).into();
        let words: HashSet<_> = RejectReason::ALL.iter().map(ToString::to_string).collect();
        assert_eq!((keys.len(), words.len()), (14, 14));
        assert!(keys.iter().all(|key| {
            key.bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_lowercase())
        }));
    }
}
