//! Opening a topic after whatever happened to the process before.

use super::{
    Shared, compaction,
    log::{Batch, State, Tail, TopicLog},
    segment::{self, Segment, SegmentReader, Step},
    topic_file, unavailable,
};
use crate::{embedded::frame, seam::BusError};
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
    sync::{Arc, Condvar, Mutex},
};
use tracing::warn;

/// Opens the log of topic `name`; reads through its last segment only.
pub(crate) fn open(shared: &Shared, name: &str) -> Result<TopicLog, BusError> {
    let folder = shared.folder.join(name);
    let refused = |error: io::Error| unavailable(&folder, &error);
    let compacted = topic_file::compacted(&folder)?;
    let mut closed = segments(&folder).map_err(refused)?;
    let last = closed.pop().unwrap_or(Segment { id: 0, base: 0, bytes: 0 });
    let file = open_file(&folder, last.base).map_err(refused)?;
    shared.disk.sync_folder(&folder).map_err(refused)?;
    let end = find_end(&folder, last)?;
    // What a crashed process wrote may be in the page cache alone, and consumers are about to see it.
    file.set_len(end.bytes).and_then(|()| shared.disk.sync(&file)).map_err(refused)?;
    let state = State {
        next: end.offset,
        durable: end.offset,
        pending: Batch::default(),
        refused: None,
        waiting: 0,
        committing: false,
        failed: None,
        next_id: last.id + 1,
        closed,
        active: Segment { bytes: end.bytes, ..last },
        compacted_bytes: 0,
    };
    let log = TopicLog {
        name: Arc::from(name),
        folder: folder.clone(),
        compacted,
        config: shared.config.clone(),
        disk: Arc::clone(&shared.disk),
        arrivals: Arc::clone(&shared.arrivals),
        state: Mutex::new(state),
        committed: Condvar::new(),
        tail: Mutex::new(Tail { file, bytes: end.bytes }),
    };
    if compacted {
        compaction::run_if_due(&log);
    }
    Ok(log)
}

/// Where the sound part of the last segment ends.
struct End {
    offset: u64,
    bytes: u64,
}

/// The segments on disk; drafts of a compaction that did not finish are thrown away.
fn segments(folder: &Path) -> io::Result<Vec<Segment>> {
    match fs::remove_file(folder.join(compaction::DRAFT)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut segments = Vec::new();
    for (id, base) in (0..).zip(segment::list(folder)?) {
        let bytes = fs::metadata(folder.join(segment::file_name(base)))?.len();
        segments.push(Segment { id, base, bytes });
    }
    Ok(segments)
}

fn open_file(folder: &Path, base: u64) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(folder.join(segment::file_name(base)))
}

fn find_end(folder: &Path, last: Segment) -> Result<End, BusError> {
    let mut reader = SegmentReader::open(folder, last.base).map_err(|error| unavailable(folder, &error))?;
    let mut offset = last.base;
    loop {
        let bytes = reader.position();
        let what = match reader.next(last.bytes) {
            Ok(Step::Frame(frame)) if frame.offset == offset => {
                offset += 1;
                continue;
            }
            Ok(Step::Frame(frame)) => {
                let what = format!("offset {} stands where {offset} should", frame.offset);
                return Err(reader.corrupt(bytes, what));
            }
            Ok(Step::End) => return Ok(End { offset, bytes }),
            Ok(Step::Bad(what)) => what,
            Err(error) => return Err(reader.unreadable(&error)),
        };
        let rest = reader.rest().map_err(|error| reader.unreadable(&error))?;
        if frame::acknowledged_after(&rest, offset) {
            return Err(reader.corrupt(bytes, what));
        }
        warn!(folder = %folder.display(), offset, bytes = rest.len(), "cut the torn end of a log");
        return Ok(End { offset, bytes });
    }
}
