//! Which keys a store can hold that was empty. When it is filled nearly every key is new, and to ask the store so of each is
//! a tenth of all work.

use fastbloom::BloomFilter;
use std::hash::Hash;

/// Bits of the filter, 16 MiB: with ten million keys three in a thousand that were not written are asked of the store all
/// the same.
const BITS: usize = 1 << 27;
/// Bits that a key sets.
const HASHES: u32 = 5;

/// The keys of a store that was empty when this was made: every one that was added, and by chance a few others. It never
/// denies one that was added and is asked of as the same type. Takes 16 MiB, however many there are.
pub struct Fresh(BloomFilter);

impl Fresh {
    /// Of a store that holds no key.
    #[must_use]
    pub fn empty() -> Self {
        Self::of_size(BITS)
    }

    fn of_size(bits: usize) -> Self {
        Self(BloomFilter::with_num_bits(bits).hashes(HASHES))
    }

    /// The key may be written from now on. Says whether it could be there before.
    pub fn add(&mut self, key: &(impl Hash + ?Sized)) -> bool {
        self.0.insert(key)
    }

    /// Whether the key can be there.
    #[must_use]
    pub fn may_hold(&self, key: &(impl Hash + ?Sized)) -> bool {
        self.0.contains(key)
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
            bits in 1_usize..1_280,
            keys in prop::collection::vec(("[a-c]{1,2}", "[0-9a-z/]{0,4}"), 0..200),
        ) {
            let mut fresh = Fresh::of_size(bits);
            for key in &keys {
                let was_there = fresh.may_hold(key);
                prop_assert_eq!(fresh.add(key), was_there);
                prop_assert!(fresh.may_hold(key));
            }
            prop_assert!(keys.iter().all(|key| fresh.may_hold(key)));
        }
    }

    #[test]
    fn most_of_what_was_not_added_is_denied() {
        let mut fresh = Fresh::of_size(BITS / 256);
        let keys: Vec<_> = (0..20_000).map(|key| key.to_string()).collect();
        assert!(!keys.iter().any(|key| fresh.may_hold(&("thing", key))));
        for key in &keys {
            fresh.add(&("thing", key));
        }
        let wrong = keys.iter().filter(|key| fresh.may_hold(&("other", key))).count();
        assert!(wrong < keys.len() / 500, "{wrong} of {}", keys.len());
    }
}
