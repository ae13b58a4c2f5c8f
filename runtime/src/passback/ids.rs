//! Maps by span id.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use opentelemetry::trace::SpanId;

/// A map by the ids of spans of this process.
///
/// Their ids are random numbers that this process makes, so they are their own
/// hash. Nobody else chooses a key: a caller's `traceparent` is looked for, and
/// never put in.
pub(super) type SpanIdMap<V> = HashMap<SpanId, V, BuildHasherDefault<SpanIdHasher>>;

/// Takes an id for its hash.
#[derive(Debug, Default)]
pub(super) struct SpanIdHasher(u64);

impl Hasher for SpanIdHasher {
    fn write_u64(&mut self, id: u64) {
        self.0 = id;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher as _, BuildHasherDefault};

    use super::*;

    #[test]
    fn an_id_is_its_own_hash() {
        let hasher = BuildHasherDefault::<SpanIdHasher>::default();
        let id = 0x0123_4567_89ab_cdef;
        assert_eq!(hasher.hash_one(SpanId::from(id)), id);
        let mut whole = SpanIdHasher::default();
        whole.write(&id.to_be_bytes());
        assert_eq!(whole.finish(), id);
    }
}
