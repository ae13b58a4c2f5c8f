//! What is enabled, and how often that has changed.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use super::error::ToolSwitchError;
use crate::server::error::BuildError;
use crate::tool::{Offer, ToolSet};

/// A value for each thing that is offered.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(super) struct PerOffer<T> {
    tools: T,
    resources: T,
    prompts: T,
}

impl<T> PerOffer<T> {
    pub(super) fn of(&self, offer: Offer) -> &T {
        match offer {
            Offer::Tool => &self.tools,
            Offer::Resource => &self.resources,
            Offer::Prompt => &self.prompts,
        }
    }

    fn of_mut(&mut self, offer: Offer) -> &mut T {
        match offer {
            Offer::Tool => &mut self.tools,
            Offer::Resource => &mut self.resources,
            Offer::Prompt => &mut self.prompts,
        }
    }
}

/// How often what is offered has changed.
pub(super) type Changes = PerOffer<u64>;

/// All that a switch knows of its server, which may hold the switch itself.
pub(super) struct State {
    /// By name or URI, in the order of the server's.
    offered: OnceLock<PerOffer<Vec<(String, AtomicBool)>>>,
    pub(super) changes: watch::Sender<Changes>,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            offered: OnceLock::new(),
            changes: watch::Sender::default(),
        }
    }

    /// Takes what the server offers, and how it starts.
    pub(super) fn serve(&self, set: &ToolSet) -> Result<(), BuildError> {
        let mut offered = PerOffer::<Vec<_>>::default();
        for item in set.items() {
            let is_enabled = AtomicBool::new(!item.starts_disabled);
            let list = offered.of_mut(item.offer);
            list.push((item.key.to_owned(), is_enabled));
        }
        let taken = self.offered.set(offered);
        taken.map_err(|_| BuildError::SwitchInUse)
    }

    /// Enables or disables all of them, or none if one is unknown.
    pub(super) fn set<K: AsRef<str>>(
        &self,
        items: impl Iterator<Item = (Offer, K)>,
        enabled: bool,
    ) -> Result<(), ToolSwitchError> {
        let found = items.map(|(offer, key)| Ok((offer, self.find(offer, key.as_ref())?)));
        let found: Result<Vec<(Offer, &AtomicBool)>, _> = found.collect();
        let mut changed = PerOffer::<bool>::default();
        for (offer, item) in found? {
            *changed.of_mut(offer) |= item.swap(enabled, Ordering::AcqRel) != enabled;
        }
        self.changes.send_if_modified(|changes| {
            for offer in Offer::ALL {
                *changes.of_mut(offer) += u64::from(*changed.of(offer));
            }
            changed != PerOffer::default()
        });
        Ok(())
    }

    pub(super) fn is_enabled(&self, offer: Offer, key: &str) -> Result<bool, ToolSwitchError> {
        Ok(self.find(offer, key)?.load(Ordering::Acquire))
    }

    /// Whether the one at `index` among the server's is enabled.
    pub(super) fn allows(&self, offer: Offer, index: usize) -> bool {
        let offered = self.offered.get();
        offered
            .and_then(|offered| offered.of(offer).get(index))
            .is_some_and(|(_, enabled)| enabled.load(Ordering::Acquire))
    }

    fn find(&self, offer: Offer, key: &str) -> Result<&AtomicBool, ToolSwitchError> {
        let offered = self.offered.get().ok_or(ToolSwitchError::NoServer)?;
        let mut items = offered.of(offer).iter();
        match items.find(|(known, _)| known == key) {
            Some((_, enabled)) => Ok(enabled),
            None => Err(self.unknown(offer, key)),
        }
    }

    fn unknown(&self, offer: Offer, key: &str) -> ToolSwitchError {
        let known = self.items().filter(|(other, ..)| *other == offer);
        let known = known.map(|(_, key, _)| key.to_owned()).collect();
        let key = key.to_owned();
        match offer {
            Offer::Tool => ToolSwitchError::UnknownTool { tool: key, known },
            Offer::Resource => ToolSwitchError::UnknownResource { uri: key, known },
            Offer::Prompt => ToolSwitchError::UnknownPrompt { prompt: key, known },
        }
    }

    /// Everything that is offered, and whether it is enabled.
    pub(super) fn items(&self) -> impl Iterator<Item = (Offer, &str, bool)> {
        let offered = self.offered.get().into_iter();
        offered.flat_map(|offered| {
            Offer::ALL.into_iter().flat_map(|offer| {
                let items = offered.of(offer).iter();
                items.map(move |(key, enabled)| {
                    (offer, key.as_str(), enabled.load(Ordering::Acquire))
                })
            })
        })
    }
}
