use crate::product::{Bus, Node, messages, wait_for};
use contract::{canonical::v1::Record, v1::Reject};
use prost::Message as _;
use std::{fs, path::Path};
use store::{EmbeddedView, EmbeddedViewConfig, StoreError, ViewReader as _};
use tempfile::TempDir;

/// What lies on a department's topics.
#[derive(Debug)]
pub struct Stored {
    /// Everything that was ever published.
    pub records: Vec<Record>,
    /// Everything that was ever refused.
    pub rejects: Vec<Reject>,
}

impl Stored {
    /// Reads it back, of an embedded node from a copy of its files: the node may run, but must have nothing under way.
    #[must_use]
    pub fn of(node: &Node, bus: &Bus, department: &str) -> Self {
        let (records, rejects) = (contract::topics::records(department), contract::topics::rejects(department));
        let copied = TempDir::new().unwrap();
        if let Bus::Embedded = bus {
            for topic in [&records, &rejects] {
                copy_folder(&node.path("data/bus").join(topic), &copied.path().join(topic));
            }
        }
        let placed = |topic: &str| messages::<Record>(copied.path(), bus, topic);
        let refused = messages::<Reject>(copied.path(), bus, &rejects);
        Self {
            records: placed(&records).into_iter().map(|(_, record)| record).collect(),
            rejects: refused.into_iter().map(|(_, reject)| reject).collect(),
        }
    }
}

/// What the view of a node that has ended holds of these keys, in their order.
pub(super) fn in_view(node: &Node, keys: &[(String, String)]) -> Vec<Option<Record>> {
    // As with the bus, a child of another thread may still hold the lock.
    let open = || match EmbeddedView::open(&node.path("data/view"), EmbeddedViewConfig::default()) {
        Err(StoreError::InUse { .. }) => None,
        opened => Some(opened.unwrap()),
    };
    let (_writer, reader) = wait_for("the view to be nobody's", open);
    let record = |(resource, key): &(String, String)| {
        let stored = pollster::block_on(reader.record(resource, key)).unwrap();
        stored.map(|stored| Record::decode(stored.envelope).unwrap())
    };
    keys.iter().map(record).collect()
}

/// Copies a folder with everything below as it stands, open files and all.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy_folder(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}
