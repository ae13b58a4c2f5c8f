//! Whose session is whose (MCP, Security Best Practices, Session Hijacking).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::counts::Counters;
use super::identity::Identity;

/// Sessions that are remembered, at most; the oldest are forgotten first.
pub(super) const MAX_SESSIONS: usize = 8192;

/// Issuer and subject.
type Owner = (Option<Box<str>>, Box<str>);

/// What becomes of a session whose owner is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnknownSessions {
    /// There is none: all sessions are opened here. One that was forgotten has
    /// ended, and clients open another.
    Refuse,
    /// The service decides: it may have it from another instance. It is as safe
    /// as its id is hard to guess.
    Pass,
}

/// The owners of open sessions, of the older lifecycle. A session id is no
/// credential: with one that is not theirs, callers get nowhere.
#[derive(Debug)]
pub(super) struct Sessions {
    owners: Mutex<Owners>,
    unknown: UnknownSessions,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Owners {
    by_id: HashMap<Box<str>, Owner>,
    in_order: VecDeque<Box<str>>,
}

impl std::fmt::Debug for Owners {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Owners")
            .field("sessions", &self.by_id.len())
            .finish()
    }
}

fn owner(identity: &Identity) -> Owner {
    (
        identity.issuer().map(Box::from),
        Box::from(identity.subject()),
    )
}

impl Sessions {
    pub(super) fn new(unknown: UnknownSessions, counters: Arc<Counters>) -> Self {
        Self {
            owners: Mutex::default(),
            unknown,
            counters,
        }
    }

    fn owners(&self) -> std::sync::MutexGuard<'_, Owners> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes whose session this is. It stays theirs.
    pub(super) fn bind(&self, session: &str, identity: &Identity) {
        let mut owners = self.owners();
        if owners.by_id.contains_key(session) {
            return;
        }
        owners.by_id.insert(session.into(), owner(identity));
        owners.in_order.push_back(session.into());
        while owners.in_order.len() > MAX_SESSIONS {
            if let Some(oldest) = owners.in_order.pop_front() {
                owners.by_id.remove(&oldest);
                self.counters.forgotten_sessions.increment();
            }
        }
    }

    /// Forgets a session that has ended.
    pub(super) fn end(&self, session: &str) {
        let mut owners = self.owners();
        if owners.by_id.remove(session).is_some() {
            owners.in_order.retain(|open| **open != *session);
        }
    }

    /// Whether this caller may go on with the session.
    pub(super) fn is_open_to(&self, session: &str, identity: &Identity) -> bool {
        match self.owners().by_id.get(session) {
            Some(known) => *known == owner(identity),
            None => self.unknown == UnknownSessions::Pass,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(unknown: UnknownSessions) -> Sessions {
        Sessions::new(unknown, Arc::default())
    }

    #[test]
    fn a_session_is_open_to_its_owner_only() {
        for unknown in [UnknownSessions::Refuse, UnknownSessions::Pass] {
            let sessions = sessions(unknown);
            let anne = Identity::new("anne").with_issuer("a");
            let bob = Identity::new("bob").with_issuer("a");
            let other_anne = Identity::new("anne").with_issuer("b");
            sessions.bind("1", &anne);
            sessions.bind("1", &bob);
            assert!(sessions.is_open_to("1", &anne));
            assert!(!sessions.is_open_to("1", &bob));
            assert!(!sessions.is_open_to("1", &other_anne));
            let passes = unknown == UnknownSessions::Pass;
            assert_eq!(sessions.is_open_to("2", &anne), passes);
            sessions.end("1");
            sessions.end("1");
            assert_eq!(sessions.is_open_to("1", &anne), passes);
            assert_eq!(sessions.owners().in_order.len(), 0);
        }
    }

    #[test]
    fn the_oldest_sessions_are_forgotten_and_counted() {
        let sessions = sessions(UnknownSessions::Refuse);
        let anne = Identity::new("anne");
        for session in 0..=MAX_SESSIONS {
            sessions.bind(&session.to_string(), &anne);
            sessions.bind(&session.to_string(), &anne);
        }
        assert!(!sessions.is_open_to("0", &anne), "nobody's any more");
        assert!(sessions.is_open_to("1", &anne));
        assert_eq!(sessions.owners().by_id.len(), MAX_SESSIONS);
        assert_eq!(sessions.counters.counts().forgotten_sessions, 1);
    }
}
