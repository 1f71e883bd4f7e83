//! What is kept beside entries, sealed.

use super::draft::{Mark, Private};
use crate::{
    EvidenceError, Salt,
    disk::{Disk, read_whole, write_whole},
};
use prost::Message;
use security::seal::{SealingKey, keyed_hash, random_bytes};
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// Entries that are sealed under one key: far below what random nonces bear.
const ENTRIES_PER_KEY: u64 = 1 << 24;
const ROOT: &[u8] = b"root of the keys of entries";

/// What is sealed beside an entry.
#[derive(Clone, PartialEq, Message)]
struct Sealed {
    #[prost(bytes = "vec", tag = "1")]
    salt: Vec<u8>,
    /// One after the other, 32 bytes each.
    #[prost(bytes = "vec", tag = "2")]
    marks: Vec<u8>,
    #[prost(uint32, tag = "3")]
    weight: u32,
    #[prost(bool, tag = "4")]
    counted: bool,
    #[prost(bytes = "vec", tag = "5")]
    signature: Vec<u8>,
}

/// Seals and opens what is kept beside entries.
pub(crate) struct Seals {
    root: [u8; 32],
    /// The key used last, by the context it is for.
    last: Mutex<Option<(Vec<u8>, Arc<SealingKey>)>>,
}

impl Seals {
    /// Reads the root of the keys, sealed under the node's key, from its file, which is made when missing.
    pub(crate) fn at(disk: &dyn Disk, path: &Path, key: &SealingKey) -> Result<Self, EvidenceError> {
        let failed = |source| EvidenceError::disk(path, source);
        if let Some(sealed) = read_whole(disk, path).map_err(failed)? {
            let root = key.open(ROOT, &sealed).and_then(|root| root.try_into().ok());
            let what = "does not open under the node's sealing key";
            let root = root.ok_or_else(|| EvidenceError::damaged(path, 0, what))?;
            return Ok(Self { root, last: Mutex::new(None) });
        }
        let root: [u8; 32] = random_bytes()?;
        write_whole(disk, path, &key.seal(ROOT, &root)?).map_err(failed)?;
        Ok(Self { root, last: Mutex::new(None) })
    }

    /// Seals what stands beside the entry at `index` of the log `origin`.
    pub(crate) fn seal(
        &self,
        origin: &str,
        index: u64,
        salt: &Salt,
        private: &Private,
    ) -> Result<Vec<u8>, EvidenceError> {
        let sealed = Sealed {
            salt: salt.as_bytes().to_vec(),
            marks: private.marks.iter().flat_map(|mark| mark.0).collect(),
            weight: private.weight,
            counted: private.counted,
            signature: private.signature.clone(),
        };
        Ok(self.key(origin, index)?.seal(&context(origin, "entry", index), &sealed.encode_to_vec())?)
    }

    /// Opens it; `None` when it was sealed elsewhere or altered.
    pub(crate) fn open(&self, origin: &str, index: u64, sealed: &[u8]) -> Option<(Salt, Private)> {
        let plain = self.key(origin, index).ok()?.open(&context(origin, "entry", index), sealed)?;
        let Sealed { salt, marks, weight, counted, signature } = Sealed::decode(plain.as_slice()).ok()?;
        let marks = marks.as_chunks().0.iter().map(|mark| Mark(*mark)).collect();
        Some((Salt::from_bytes(&salt)?, Private { marks, weight, counted, signature }))
    }

    /// Seals the index of an entry in row `row` of the index of accesses that begins with entry `block`.
    pub(crate) fn seal_row(
        &self,
        origin: &str,
        (block, row): (u64, u64),
        index: u64,
    ) -> Result<Vec<u8>, EvidenceError> {
        Ok(self.key(origin, block)?.seal(&context(origin, "access", block + row), &index.to_be_bytes())?)
    }

    /// Opens it.
    pub(crate) fn open_row(&self, origin: &str, (block, row): (u64, u64), sealed: &[u8]) -> Option<u64> {
        let plain = self.key(origin, block).ok()?.open(&context(origin, "access", block + row), sealed)?;
        plain.try_into().ok().map(u64::from_be_bytes)
    }

    fn key(&self, origin: &str, index: u64) -> Result<Arc<SealingKey>, EvidenceError> {
        let context = context(origin, "key", index / ENTRIES_PER_KEY);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((of, key)) if *of == context => Ok(Arc::clone(key)),
            _ => {
                let key = Arc::new(SealingKey::from_bytes(&keyed_hash(&self.root, &context))?);
                *last = Some((context, Arc::clone(&key)));
                Ok(key)
            }
        }
    }
}

fn context(origin: &str, what: &str, number: u64) -> Vec<u8> {
    [origin.as_bytes(), b"\0", what.as_bytes(), b"\0", &number.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::LossyDisk;

    fn seals(disk: &LossyDisk, key: &SealingKey) -> Result<Seals, EvidenceError> {
        Seals::at(disk, Path::new("evidence/entries.key"), key)
    }

    #[test]
    fn sealed_entries_open_at_their_place_only() {
        let (disk, key) = (LossyDisk::new(1), SealingKey::random().unwrap());
        let salt = Salt::random().unwrap();
        let private =
            Private { marks: vec![Mark([1; 32]), Mark([2; 32])], weight: 3, counted: true, signature: vec![9] };
        let sealed = seals(&disk, &key).unwrap().seal("o", 5, &salt, &private).unwrap();
        let again = seals(&disk, &key).unwrap();
        assert_eq!(again.open("o", 5, &sealed), Some((salt, private)));
        assert_eq!(again.open("o", 6, &sealed), None);
        assert_eq!(again.open("p", 5, &sealed), None);
        let row = again.seal_row("o", (65_536, 3), 70_000).unwrap();
        assert_eq!((row.len(), again.open_row("o", (65_536, 3), &row)), (36, Some(70_000)));
        assert_eq!(again.open_row("o", (65_536, 4), &row), None);
    }

    #[test]
    fn another_nodes_key_is_named_as_the_fault() {
        let disk = LossyDisk::new(1);
        seals(&disk, &SealingKey::random().unwrap()).unwrap();
        let error = seals(&disk, &SealingKey::random().unwrap()).err().unwrap();
        assert!(matches!(error, EvidenceError::Damaged { .. }));
    }
}
