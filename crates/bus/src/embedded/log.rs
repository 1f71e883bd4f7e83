//! The log of one topic: queueing, group commit, and what readers may see.

use super::{
    EmbeddedConfig, compaction,
    disk::Disk,
    frame::{self, Stamp},
    lock,
    segment::{self, Segment},
};
use crate::{
    arrivals::Arrivals,
    message::Message,
    seam::{BusError, SendError},
};
use std::{
    fs::{File, OpenOptions},
    io,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, PoisonError},
};

/// A topic; shared by its producers and consumers.
pub(crate) struct TopicLog {
    pub(crate) name: Arc<str>,
    pub(crate) folder: PathBuf,
    pub(crate) compacted: bool,
    pub(crate) config: EmbeddedConfig,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) arrivals: Arc<Arrivals>,
    pub(crate) state: Mutex<State>,
    /// A commit has ended, well or badly.
    pub(crate) committed: Condvar,
    /// The end of the log on disk; only the one who commits holds it.
    pub(crate) tail: Mutex<Tail>,
}

/// What changes under the short lock.
pub(crate) struct State {
    /// The offset that the next message gets.
    pub(crate) next: u64,
    /// Everything before it is durable.
    pub(crate) durable: u64,
    /// Frames that nobody has written yet.
    pub(crate) pending: Batch,
    /// A batch that the disk would not take; it goes before `pending`, as it is.
    pub(crate) refused: Option<Batch>,
    /// Bytes that are not durable, wherever they are.
    pub(crate) waiting: usize,
    pub(crate) committing: bool,
    /// Why nothing can be written until the bus is opened again.
    pub(crate) failed: Option<String>,
    /// Complete segments, by base.
    pub(crate) closed: Vec<Segment>,
    /// The last segment; its bytes are the durable ones.
    pub(crate) active: Segment,
    /// The number that the next segment gets.
    pub(crate) next_id: u64,
    /// What the last compaction left.
    pub(crate) compacted_bytes: u64,
}

/// Frames that are written with one write and made durable with one sync.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) first: u64,
    pub(crate) end: u64,
    pub(crate) bytes: Vec<u8>,
}

/// The open end of the last segment.
pub(crate) struct Tail {
    pub(crate) file: File,
    pub(crate) bytes: u64,
}

/// How far a commit came.
pub(crate) struct Committed {
    /// Everything before it is durable.
    pub(crate) durable: u64,
    /// Why it did not come further.
    pub(crate) result: Result<(), BusError>,
}

enum WriteError {
    /// Nothing was promised; the same batch can be written again.
    Refused(io::Error),
    /// What is on disk is unknown: after a failed sync the kernel may have dropped the pages.
    Unknown(io::Error),
}

impl TopicLog {
    /// Queues a message and says which offset it will have.
    pub(crate) fn send(&self, message: &Message<'_>) -> Result<u64, SendError> {
        let size = frame::size(message);
        let limit = self.config.max_message_bytes;
        if size > limit + frame::HEAD {
            return Err(SendError::TooLarge { limit });
        }
        let timestamp_ms = self.config.clock.now().timestamp_millis();
        let mut state = lock(&self.state);
        if let Some(reason) = &state.failed {
            return Err(BusError::Fatal(reason.clone()).into());
        }
        if state.waiting + size > self.config.pending_bytes {
            return Err(SendError::Full);
        }
        let offset = state.next;
        let opens_batch = state.pending.bytes.is_empty();
        if opens_batch {
            state.pending.first = offset;
        }
        frame::encode(&mut state.pending.bytes, Stamp { offset, timestamp_ms, opens_batch }, message);
        state.next = offset + 1;
        state.pending.end = state.next;
        state.waiting += size;
        Ok(offset)
    }

    /// The offset after the last durable message.
    pub(crate) fn end(&self) -> u64 {
        lock(&self.state).durable
    }

    /// The offset after the last queued message.
    pub(crate) fn queued_end(&self) -> u64 {
        lock(&self.state).next
    }

    /// Makes every queued message before `target` durable, or waits while another does.
    pub(crate) fn commit(&self, target: u64) -> Committed {
        let mut state = lock(&self.state);
        loop {
            if state.durable >= target {
                return Committed { durable: state.durable, result: Ok(()) };
            }
            if let Some(reason) = &state.failed {
                return Committed { durable: state.durable, result: Err(BusError::Fatal(reason.clone())) };
            }
            if state.committing {
                state = self.committed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.committing = true;
            let batch = state.refused.take().unwrap_or_else(|| std::mem::take(&mut state.pending));
            drop(state);
            let written = self.write(&batch);
            state = lock(&self.state);
            state.committing = false;
            let result = self.settle(&mut state, batch, written);
            self.committed.notify_all();
            if let Err(error) = result {
                return Committed { durable: state.durable, result: Err(error) };
            }
        }
    }

    fn settle(&self, state: &mut State, batch: Batch, written: Result<u64, WriteError>) -> Result<(), BusError> {
        match written {
            Ok(bytes) => {
                state.active.bytes = bytes;
                state.durable = batch.end;
                state.waiting = state.waiting.saturating_sub(batch.bytes.len());
                self.arrivals.announce();
                Ok(())
            }
            Err(WriteError::Refused(error)) => {
                state.refused = Some(batch);
                Err(BusError::Unavailable(format!("{} cannot be written: {error}", self.folder.display())))
            }
            Err(WriteError::Unknown(error)) => {
                let reason = format!("{} cannot be synced, open the bus again: {error}", self.folder.display());
                state.failed = Some(reason.clone());
                Err(BusError::Fatal(reason))
            }
        }
    }

    /// Writes at the end of the log, makes it durable, and gives the new length of the segment.
    fn write(&self, batch: &Batch) -> Result<u64, WriteError> {
        let mut tail = lock(&self.tail);
        let full = tail.bytes >= self.config.segment_bytes;
        if full {
            self.roll(&mut tail, batch.first)?;
        }
        let at = tail.bytes;
        self.disk.write(&mut tail.file, at, &batch.bytes).map_err(WriteError::Refused)?;
        self.disk.sync(&tail.file).map_err(WriteError::Unknown)?;
        tail.bytes += batch.bytes.len() as u64;
        if full && self.compacted {
            compaction::run_if_due(self);
        }
        Ok(tail.bytes)
    }

    /// Starts a new segment. The old one is durable to its last byte, so only the last can be torn.
    fn roll(&self, tail: &mut Tail, base: u64) -> Result<(), WriteError> {
        let path = self.folder.join(segment::file_name(base));
        let file =
            OpenOptions::new().write(true).create(true).truncate(true).open(path).map_err(WriteError::Refused)?;
        self.disk.sync_folder(&self.folder).map_err(WriteError::Unknown)?;
        *tail = Tail { file, bytes: 0 };
        let mut state = lock(&self.state);
        let id = state.next_id;
        state.next_id += 1;
        let old = std::mem::replace(&mut state.active, Segment { id, base, bytes: 0 });
        state.closed.push(old);
        Ok(())
    }
}
