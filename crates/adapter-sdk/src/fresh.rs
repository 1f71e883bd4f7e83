//! Which keys a ledger can hold that was empty. On a first import nearly every row is new, and to ask the ledger so of each
//! is a tenth of all work.

use std::hash::{BuildHasher, RandomState};

/// Words of 64 bits, 16 MiB: with ten million keys one in a hundred that was not written is asked of the ledger all the same.
const WORDS: usize = 1 << 21;
/// Bits of its word that a key sets.
const BITS: u32 = 5;

/// The keys of a ledger that was empty when this was made: every one that was added, and by chance a few others. It never
/// denies one that was added.
pub(crate) struct Fresh {
    words: Box<[u64]>,
    hasher: RandomState,
}

impl Fresh {
    /// Of a ledger that holds no key.
    pub(crate) fn ledger() -> Self {
        Self::of_size(WORDS)
    }

    fn of_size(words: usize) -> Self {
        Self { words: vec![0; words].into(), hasher: RandomState::new() }
    }

    /// The key may be written from now on.
    pub(crate) fn add(&mut self, resource: &str, key: &str) {
        let (place, bits) = self.place(resource, key);
        if let Some(word) = self.words.get_mut(place) {
            *word |= bits;
        }
    }

    /// Whether the key can be there.
    pub(crate) fn may_hold(&self, resource: &str, key: &str) -> bool {
        let (place, bits) = self.place(resource, key);
        self.words.get(place).is_none_or(|word| word & bits == bits)
    }

    /// The word of a key, by the upper bits of its hash, and its bits there, by the lower ones.
    fn place(&self, resource: &str, key: &str) -> (usize, u64) {
        let hash = self.hasher.hash_one((resource, key));
        let bits = (0..BITS).fold(0, |bits, turn| bits | 1_u64 << (hash >> (6 * turn) & 63));
        let place = (hash >> 32) % self.words.len() as u64;
        (usize::try_from(place).unwrap_or_default(), bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However full it is.
        #[test]
        fn what_was_added_is_never_denied(
            words in 1_usize..20,
            keys in prop::collection::vec(("[a-c]{1,2}", "[0-9a-z/]{0,4}"), 0..200),
        ) {
            let mut fresh = Fresh::of_size(words);
            for (resource, key) in &keys {
                fresh.add(resource, key);
                prop_assert!(fresh.may_hold(resource, key));
            }
            prop_assert!(keys.iter().all(|(resource, key)| fresh.may_hold(resource, key)));
        }
    }

    #[test]
    fn most_of_what_was_not_added_is_denied() {
        let mut fresh = Fresh::of_size(WORDS / 256);
        let keys: Vec<_> = (0..20_000).map(|key| key.to_string()).collect();
        assert!(!keys.iter().any(|key| fresh.may_hold("thing", key)));
        for key in &keys {
            fresh.add("thing", key);
        }
        let wrong = keys.iter().filter(|key| fresh.may_hold("other", key)).count();
        assert!(wrong < keys.len() / 20, "{wrong} of {}", keys.len());
    }
}
