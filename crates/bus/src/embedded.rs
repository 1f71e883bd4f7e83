//! The bus of a single process: one append-only log a topic, on local disk.
//!
//! ```text
//! <folder>/.lock                                 held while the bus is open
//! <folder>/<topic>/topic                         format and kind of the topic
//! <folder>/<topic>/<offset of the first>.log     frames, see `frame`
//! ```
//! Messages of all producers of a topic share one `fdatasync`: whoever polls first commits for
//! everyone. Consumers see what is durable, nothing else.
mod compaction;
mod consumer;
mod disk;
mod frame;
mod log;
mod producer;
mod recovery;
mod segment;
#[cfg(test)]
mod tests;
mod topic_file;

use self::{
    consumer::EmbeddedConsumer,
    disk::{Disk, RealDisk},
    log::TopicLog,
    producer::EmbeddedProducer,
};
use crate::{
    arrivals::Arrivals,
    message::{Position, Start, Topic},
    seam::{Bus, BusError, Consumer, Producer},
};
use domain::Clock;
use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How the embedded bus uses memory and disk.
#[derive(Clone)]
pub struct EmbeddedConfig {
    /// Stamps the messages.
    pub clock: Arc<dyn Clock>,
    /// A segment file is closed once it has this many bytes. Only the last is checked at opening.
    pub segment_bytes: u64,
    /// How many bytes of a topic may wait for the disk; beyond it producers are told `Full`.
    pub pending_bytes: usize,
    /// The largest message, with key and headers, in bytes.
    pub max_message_bytes: usize,
    /// A compacted topic is rewritten when its closed segments have this many bytes, and twice
    /// what was left the last time.
    pub compact_bytes: u64,
    /// A tombstone stays at least this long, so that a slow consumer sees it.
    pub tombstone_retention: Duration,
}

impl EmbeddedConfig {
    /// Segments of 64 MiB, 8 MiB pending a topic, messages up to 4 MiB, tombstones kept 7 days.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            segment_bytes: 64 << 20,
            pending_bytes: 8 << 20,
            max_message_bytes: 4 << 20,
            compact_bytes: 64 << 20,
            tombstone_retention: Duration::from_hours(7 * 24),
        }
    }

    fn check(&self) -> Result<(), BusError> {
        let largest = self.max_message_bytes.saturating_add(frame::HEAD);
        let wrong = if largest > frame::LARGEST_BODY {
            "the largest message must be smaller than 64 MiB"
        } else if self.pending_bytes < largest {
            "the pending bytes must hold the largest message"
        } else if self.segment_bytes == 0 {
            "a segment must have at least one byte"
        } else {
            return Ok(());
        };
        Err(BusError::Config(wrong.to_owned()))
    }
}

/// A bus on local disk, for one process.
#[derive(Clone)]
pub struct EmbeddedBus {
    shared: Arc<Shared>,
}

/// What the bus and its producers and consumers hold together.
struct Shared {
    folder: PathBuf,
    config: EmbeddedConfig,
    disk: Arc<dyn Disk>,
    arrivals: Arc<Arrivals>,
    topics: Mutex<BTreeMap<String, Arc<TopicLog>>>,
    /// Dropping it lets another process in.
    _lock: File,
}

impl EmbeddedBus {
    /// Opens the bus in `folder`, which is made when it is missing. A torn end of a log, as a
    /// crash leaves it, is cut off: that is damage which no later commit follows. (Damage to the
    /// very last commit looks the same; consumers that were past it are then told `Lost`.)
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] while another process has it open; [`BusError::Corrupt`] when
    /// acknowledged messages are damaged; [`BusError::Unavailable`] when the disk refuses.
    pub fn open(folder: impl AsRef<Path>, config: EmbeddedConfig) -> Result<Self, BusError> {
        Self::open_on(folder.as_ref(), config, Arc::new(RealDisk))
    }

    fn open_on(folder: &Path, config: EmbeddedConfig, disk: Arc<dyn Disk>) -> Result<Self, BusError> {
        config.check()?;
        make_folder(disk.as_ref(), folder).map_err(|error| unavailable(folder, &error))?;
        let held = take_lock(folder)?;
        let shared = Shared {
            folder: folder.to_owned(),
            config,
            disk,
            arrivals: Arc::default(),
            topics: Mutex::default(),
            _lock: held,
        };
        for name in topic_names(folder).map_err(|error| unavailable(folder, &error))? {
            if topic_file::exists(&folder.join(&name)) {
                let log = Arc::new(recovery::open(&shared, &name)?);
                lock(&shared.topics).insert(name, log);
            }
        }
        Ok(Self { shared: Arc::new(shared) })
    }
}

impl Bus for EmbeddedBus {
    fn create_topics(&self, topics: &[Topic]) -> Result<(), BusError> {
        for topic in topics {
            self.shared.create_topic(topic)?;
        }
        Ok(())
    }

    fn producer(&self) -> Result<Box<dyn Producer>, BusError> {
        Ok(Box::new(EmbeddedProducer::new(Arc::clone(&self.shared))))
    }

    fn consumer(&self, from: &[Start]) -> Result<Box<dyn Consumer>, BusError> {
        Ok(Box::new(EmbeddedConsumer::new(&self.shared, from)?))
    }

    fn end(&self, topic: &str) -> Result<Vec<Position>, BusError> {
        let offset = self.shared.topic(topic)?.end();
        Ok(vec![Position { partition: 0, offset }])
    }
}

impl Shared {
    fn topic(&self, name: &str) -> Result<Arc<TopicLog>, BusError> {
        let topics = lock(&self.topics);
        topics.get(name).map(Arc::clone).ok_or_else(|| BusError::Unavailable(format!("there is no topic {name}")))
    }

    /// Two callers that create the same topic at once must not make or open it twice, so the list
    /// stays locked meanwhile.
    fn create_topic(&self, topic: &Topic) -> Result<(), BusError> {
        check_name(&topic.name)?;
        let mut topics = lock(&self.topics);
        if topics.contains_key(&topic.name) {
            return Ok(());
        }
        let folder = self.folder.join(&topic.name);
        topic_file::create(self.disk.as_ref(), &folder, topic.compacted)
            .map_err(|error| unavailable(&folder, &error))?;
        topics.insert(topic.name.clone(), Arc::new(recovery::open(self, &topic.name)?));
        Ok(())
    }
}

/// Makes a folder that survives a loss of power, as what is put into it will.
fn make_folder(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = match folder.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return Ok(()),
    };
    make_folder(disk, parent)?;
    fs::create_dir_all(folder)?;
    disk.sync_folder(parent)
}

fn take_lock(folder: &Path) -> Result<File, BusError> {
    let file = File::create(folder.join(".lock")).map_err(|error| unavailable(folder, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(BusError::NotAllowed(format!("{} is open in another process", folder.display())))
        }
        Err(TryLockError::Error(error)) => Err(unavailable(folder, &error)),
    }
}

fn topic_names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.extend(entry.file_name().into_string());
        }
    }
    Ok(names)
}

/// The rule of Kafka, so that a name works on both.
fn check_name(name: &str) -> Result<(), BusError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.is_empty() || name.len() > 249 || name.starts_with('.') || !name.bytes().all(allowed) {
        return Err(BusError::Config(format!("{name:?} cannot be the name of a topic")));
    }
    Ok(())
}

fn unavailable(place: &Path, error: &io::Error) -> BusError {
    BusError::Unavailable(format!("{}: {error}", place.display()))
}

/// A panic elsewhere cannot leave the guarded values half changed: they change in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
