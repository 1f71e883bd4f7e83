//! The store's limit: the entries that ours ended with, put into the engine as they are, in the order in which they came.

use crate::{
    measure::{Pass, Process},
    place::{Place, each},
};
use anyhow::{Context as _, Result};
use fjall::{
    CompressionType, Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode,
    config::{CompressionPolicy, FilterPolicy, PartitioningPolicy},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// Records put in one batch, as many as the follower takes at once.
const BATCH: usize = 2_000;

/// Loads the entries of a view into a new engine.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Load {
    /// Where the records came from, for their order.
    pub(crate) bus: Place,
    /// Their topic.
    pub(crate) topic: String,
    /// The finished view.
    pub(crate) view: PathBuf,
    /// The new engine's folder.
    pub(crate) into: PathBuf,
}

/// The entries of one record.
struct Entries {
    key: Vec<u8>,
    value: Vec<u8>,
    lookups: Vec<Vec<u8>>,
}

impl Load {
    /// Everything is in memory before the clock starts; it stops when everything is durable.
    pub(crate) fn run(&self) -> Result<Pass> {
        let all = self.entries()?;
        let database = open(&self.into)?;
        let [records, lookup] = keyspaces(&database)?;
        Process::Own.pass(|| {
            let count = all.len() as u64;
            let mut all = all.into_iter().peekable();
            while all.peek().is_some() {
                let mut batch = database.batch();
                all.by_ref().take(BATCH).for_each(|entries| entries.put(&mut batch, [&records, &lookup]));
                batch.commit()?;
            }
            database.persist(PersistMode::SyncAll)?;
            Ok(count)
        })
    }

    fn entries(&self) -> Result<Vec<Entries>> {
        let database = open(&self.view)?;
        let [records, lookup] = keyspaces(&database)?;
        let mut lookups: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
        for entry in lookup.iter() {
            let entry = entry.key()?;
            lookups
                .entry(record_of(&entry).context("an index entry cannot be read")?)
                .or_default()
                .push(entry.to_vec());
        }
        let mut all = Vec::with_capacity(lookups.len());
        each(self.bus.open()?.as_ref(), &self.topic, |delivery| {
            let mut key = delivery.key.to_vec();
            let slash = key.iter().position(|byte| *byte == b'/').context("a record's key has a resource")?;
            key[slash] = 0;
            // A record is loaded once, however often it came.
            if let Some(lookups) = lookups.remove(&key) {
                let value = records.get(&key)?.context("an index entry speaks of a record")?.to_vec();
                all.push(Entries { key, value, lookups });
            }
            Ok(())
        })?;
        Ok(all)
    }
}

impl Entries {
    fn put(self, batch: &mut OwnedWriteBatch, [records, lookup]: [&Keyspace; 2]) {
        batch.insert(records, self.key, self.value);
        for key in self.lookups {
            batch.insert(lookup, key, []);
        }
    }
}

/// The key of the record that an index entry speaks of: resource, index, kind, value, state, time, key.
fn record_of(entry: &[u8]) -> Option<Vec<u8>> {
    let resource = entry.iter().position(|byte| *byte == 0)?;
    let value = resource + 3;
    let after = value + entry.get(value..)?.iter().position(|byte| *byte == 0)? + 1;
    let key = entry.get(after + 9..)?;
    Some([entry.get(..=resource)?, key].concat())
}

fn open(folder: &Path) -> Result<Database> {
    Ok(Database::builder(folder).cache_size(256 << 20).max_journaling_size(128 << 20).open()?)
}

/// Records and lookups, set up as the view's.
fn keyspaces(database: &Database) -> Result<[Keyspace; 2]> {
    let in_pieces = PartitioningPolicy::new([false, true]);
    let options = || {
        KeyspaceCreateOptions::default()
            .data_block_compression_policy(CompressionPolicy::new([CompressionType::None, CompressionType::Lz4]))
            .index_block_partitioning_policy(in_pieces.clone())
            .filter_block_partitioning_policy(in_pieces.clone())
            .max_memtable_size(32 << 20)
    };
    let records = database.keyspace("records", options)?;
    let lookup = database.keyspace("lookup", || options().filter_policy(FilterPolicy::disabled()))?;
    Ok([records, lookup])
}
