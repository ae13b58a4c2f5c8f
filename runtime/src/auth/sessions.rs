//! Whose session is whose (MCP, Security Best Practices, Session Hijacking).

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::identity::Identity;

/// Sessions that are remembered, at most: the oldest are forgotten first, and
/// are then as safe as their ids are hard to guess.
pub(super) const MAX_SESSIONS: usize = 8192;

/// Issuer and subject.
type Owner = (Option<Box<str>>, Box<str>);

/// The owners of open sessions, of the older lifecycle. A session id is no
/// credential: with one that is not theirs, callers get nowhere.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<Owners>);

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
    fn owners(&self) -> std::sync::MutexGuard<'_, Owners> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes whose session this is.
    pub(super) fn bind(&self, session: &str, identity: &Identity) {
        let mut owners = self.owners();
        let known = owners.by_id.insert(session.into(), owner(identity));
        if known.is_none() {
            owners.in_order.push_back(session.into());
        }
        while owners.in_order.len() > MAX_SESSIONS {
            if let Some(oldest) = owners.in_order.pop_front() {
                owners.by_id.remove(&oldest);
            }
        }
    }

    /// Whether the session is nobody else's.
    pub(super) fn is_open_to(&self, session: &str, identity: &Identity) -> bool {
        self.owners()
            .by_id
            .get(session)
            .is_none_or(|known| *known == owner(identity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_open_to_its_owner_only() {
        let sessions = Sessions::default();
        let anne = Identity::new("anne").with_issuer("a");
        sessions.bind("1", &anne);
        assert!(sessions.is_open_to("1", &anne));
        assert!(!sessions.is_open_to("1", &Identity::new("bob").with_issuer("a")));
        assert!(!sessions.is_open_to("1", &Identity::new("anne").with_issuer("b")));
        assert!(
            sessions.is_open_to("2", &anne),
            "rmcp knows whether it exists"
        );
    }

    #[test]
    fn the_oldest_sessions_are_forgotten() {
        let sessions = Sessions::default();
        let (anne, bob) = (Identity::new("anne"), Identity::new("bob"));
        for session in 0..=MAX_SESSIONS {
            sessions.bind(&session.to_string(), &anne);
            sessions.bind(&session.to_string(), &anne);
        }
        assert!(sessions.is_open_to("0", &bob));
        assert!(!sessions.is_open_to("1", &bob));
        assert_eq!(sessions.owners().by_id.len(), MAX_SESSIONS);
    }
}
