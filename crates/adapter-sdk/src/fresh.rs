//! Which keys a ledger can hold that was empty. On a first import nearly every row is new, and to ask the ledger so of each
//! is a tenth of all work.

use fastbloom::BloomFilter;

/// Bits of the filter, 16 MiB: with ten million keys three in a thousand that were not written are asked of the ledger
/// all the same.
const BITS: usize = 1 << 27;
/// Bits that a key sets.
const HASHES: u32 = 5;

/// The keys of a ledger that was empty when this was made: every one that was added, and by chance a few others. It never
/// denies one that was added.
pub(crate) struct Fresh(BloomFilter);

impl Fresh {
    /// Of a ledger that holds no key.
    pub(crate) fn ledger() -> Self {
        Self::of_size(BITS)
    }

    fn of_size(bits: usize) -> Self {
        Self(BloomFilter::with_num_bits(bits).hashes(HASHES))
    }

    /// The key may be written from now on.
    pub(crate) fn add(&mut self, resource: &str, key: &str) {
        self.0.insert(&(resource, key));
    }

    /// Whether the key can be there.
    pub(crate) fn may_hold(&self, resource: &str, key: &str) -> bool {
        self.0.contains(&(resource, key))
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
            for (resource, key) in &keys {
                fresh.add(resource, key);
                prop_assert!(fresh.may_hold(resource, key));
            }
            prop_assert!(keys.iter().all(|(resource, key)| fresh.may_hold(resource, key)));
        }
    }

    #[test]
    fn most_of_what_was_not_added_is_denied() {
        let mut fresh = Fresh::of_size(BITS / 256);
        let keys: Vec<_> = (0..20_000).map(|key| key.to_string()).collect();
        assert!(!keys.iter().any(|key| fresh.may_hold("thing", key)));
        for key in &keys {
            fresh.add("thing", key);
        }
        let wrong = keys.iter().filter(|key| fresh.may_hold("other", key)).count();
        assert!(wrong < keys.len() / 500, "{wrong} of {}", keys.len());
    }
}
