//! Authorizations: what was asked for whom, and how far it is.

use std::collections::HashMap;

use url::Url;

/// How far an authorization is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Completed,
    Failed,
}

impl Status {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// Whose token for which service is wanted, and for what.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    pub(super) user_id: String,
    pub(super) provider_id: String,
    pub(super) scopes: Vec<String>,
}

/// One authorization.
pub(super) struct Flow {
    pub(super) wanted: Wanted,
    pub(super) status: Status,
    /// Where the user goes afterwards.
    pub(super) next_uri: Option<Url>,
    /// What the page's form has to bring back.
    pub(super) csrf_token: String,
}

/// All authorizations: one for each that is wanted, so that asking twice is the same as asking once.
pub(super) struct Flows {
    by_id: HashMap<String, Flow>,
    ids: HashMap<Wanted, String>,
    capacity: usize,
}

impl Flows {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            by_id: HashMap::new(),
            ids: HashMap::new(),
            capacity,
        }
    }

    /// The authorization for this, if it was asked for before and has not failed.
    pub(super) fn find(&self, wanted: &Wanted) -> Option<(&str, &Flow)> {
        let id = self.ids.get(wanted)?;
        let flow = self.by_id.get(id)?;
        (flow.status != Status::Failed).then_some((id, flow))
    }

    /// Begins an authorization; None if there is no room.
    pub(super) fn begin(&mut self, id: &str, flow: Flow) -> Option<()> {
        if self.by_id.len() >= self.capacity {
            return None;
        }
        self.ids.insert(flow.wanted.clone(), id.to_owned());
        self.by_id.insert(id.to_owned(), flow);
        Some(())
    }

    pub(super) fn get(&self, id: &str) -> Option<&Flow> {
        self.by_id.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Flow> {
        self.by_id.get_mut(id)
    }

    pub(super) fn clear(&mut self) {
        self.by_id.clear();
        self.ids.clear();
    }
}
