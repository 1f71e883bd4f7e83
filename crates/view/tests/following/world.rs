//! A bus, a clock, and views that follow.

use bus::{Ack, Bus, EmbeddedBus, EmbeddedConfig, Message as BusMessage};
use chrono::{DateTime, Utc};
use contract::v1::ControlEntry;
use domain::{
    Clock, ManualClock,
    catalogue::{Consumer, Entry},
};
use security::control::Identity;
use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};
use store::{EmbeddedView, EmbeddedViewConfig, EmbeddedViewReader, EmbeddedViewWriter};
use tempfile::TempDir;
use view::{Directory, Materialiser, Parts, Progress};

/// The department that every view follows.
pub(crate) const DEPARTMENT: &str = "public-security";

/// What writes a view.
pub(crate) type Following = Materialiser<EmbeddedViewWriter, EmbeddedViewReader>;

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) bus: Arc<EmbeddedBus>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) progress: Arc<Progress>,
    /// Whose control entries views believe.
    pub(crate) identity: Option<Arc<dyn Identity>>,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = DateTime::parse_from_rfc3339("2026-11-01T08:00:00+08:00").unwrap().with_timezone(&Utc);
        let clock = Arc::new(ManualClock::at(start));
        let dynamic: Arc<dyn Clock> = clock.clone();
        let bus = Arc::new(EmbeddedBus::open(folder.path().join("bus"), EmbeddedConfig::new(dynamic)).unwrap());
        Self { folder, clock, bus, directory: Arc::default(), progress: Arc::default(), identity: None }
    }

    /// Where the store of this name lies.
    pub(crate) fn store(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A view that follows `bus` into the store of this name, before its first step.
    pub(crate) fn start(&self, store: &str, bus: Arc<dyn Bus>) -> (Following, EmbeddedViewReader) {
        let config = EmbeddedViewConfig { cache_bytes: 1 << 20 };
        let (writer, reader) = EmbeddedView::open(&self.store(store), config).unwrap();
        let parts = Parts {
            bus,
            writer,
            reader: reader.clone(),
            directory: Arc::clone(&self.directory),
            progress: Arc::clone(&self.progress),
            clock: self.clock.clone(),
            departments: BTreeSet::from([DEPARTMENT.to_owned()]),
            identity: self.identity.clone(),
        };
        (Materialiser::start(parts).unwrap(), reader)
    }

    /// The same after the step that finds the bus and makes the topics.
    pub(crate) fn follow(&self, store: &str) -> (Following, EmbeddedViewReader) {
        let (mut materialiser, reader) = self.start(store, self.bus.clone());
        materialiser.step().unwrap();
        (materialiser, reader)
    }

    /// Puts a message on the bus as it stands; its offset.
    pub(crate) fn send(&self, topic: &str, message: &BusMessage<'_>) -> u64 {
        let mut producer = self.bus.producer().unwrap();
        producer.send(topic, 1, message).unwrap();
        let mut acks: Vec<Ack> = Vec::new();
        while acks.is_empty() {
            producer.poll(Duration::from_millis(50), &mut acks).unwrap();
        }
        acks.remove(0).result.unwrap().offset
    }

    /// Puts a message without headers on the bus.
    pub(crate) fn publish(&self, topic: &str, key: &str, payload: Option<&[u8]>) -> u64 {
        self.send(topic, &BusMessage { key: key.as_bytes(), headers: &[], payload })
    }

    /// Consumers in force, id and name.
    pub(crate) fn in_force(&self) -> Vec<String> {
        let consumers = &self.directory.now().catalogue.consumers;
        consumers.values().map(|consumer| format!("{} {}", consumer.id, consumer.name)).collect()
    }
}

/// Steps until nothing comes any more.
pub(crate) fn drain(materialiser: &mut Following) {
    while materialiser.step().unwrap() > 0 {}
}

pub(crate) fn consumer(id: &str, name: &str) -> Consumer {
    Consumer { id: id.into(), name: name.into(), certificates: vec![] }
}

/// The entry's key and what stands under it.
pub(crate) fn control(entry: &Entry) -> (String, ControlEntry) {
    let message = ControlEntry {
        kind: entry.kind().as_str().to_owned(),
        id: entry.id().to_owned(),
        content: entry.to_toml(),
        ..ControlEntry::default()
    };
    (format!("{}/{}", message.kind, message.id), message)
}
