//! A table whose entries expire, and which holds a limited number of them.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// There is no room for another entry before some expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// Entries by key. Times are those since 1970.
#[derive(Debug)]
pub(crate) struct Store<K, V> {
    entries: HashMap<K, (V, Duration)>,
    capacity: usize,
}

impl<K: Eq + Hash, V> Store<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: HashMap::new(),
            capacity,
        }
    }

    /// Keeps an entry until `expires`, in the place of the one with this key. An entry that is alive never has to go
    /// for a new one: otherwise strangers could push it out.
    pub(crate) fn insert(
        &mut self,
        key: K,
        value: V,
        now: Duration,
        expires: Duration,
    ) -> Result<(), Full> {
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&key) {
            self.entries.retain(|_, (_, expires)| *expires > now);
            if self.entries.len() >= self.capacity {
                return Err(Full);
            }
        }
        self.entries.insert(key, (value, expires));
        Ok(())
    }

    pub(crate) fn get<Q>(&self, key: &Q, now: Duration) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let (value, expires) = self.entries.get(key)?;
        (*expires > now).then_some(value)
    }

    pub(crate) fn get_mut<Q>(&mut self, key: &Q, now: Duration) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let (value, expires) = self.entries.get_mut(key)?;
        (*expires > now).then_some(value)
    }

    pub(crate) fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.entries.remove(key).map(|(value, _)| value)
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_is_alive_stays_and_what_expired_makes_room() {
        let mut store = Store::new(2);
        let now = SECOND * 10;
        assert_eq!(store.insert("a", 1, now, now + SECOND), Ok(()));
        assert_eq!(store.insert("b", 2, now, now + SECOND * 2), Ok(()));
        assert_eq!(store.insert("c", 3, now, now + SECOND), Err(Full));
        assert_eq!(
            store.insert("a", 4, now, now + SECOND),
            Ok(()),
            "no new entry"
        );
        assert_eq!(store.get("a", now), Some(&4));
        let later = now + SECOND;
        assert_eq!(store.get("a", later), None);
        assert_eq!(store.get_mut("a", later), None);
        assert_eq!(store.insert("c", 3, later, later + SECOND), Ok(()));
        assert_eq!(store.get("b", later), Some(&2));
    }
}
