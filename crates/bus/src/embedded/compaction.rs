//! Keeps only the newest message of a key in the closed segments of a compacted topic.
//!
//! All closed segments become one, under the name of the first. It takes that name in one step
//! and the others go afterwards; a crash between leaves old messages twice, which readers skip
//! because their offsets do not rise.

use super::{
    lock,
    log::TopicLog,
    segment::{self, Segment, SegmentReader, Step},
    unavailable,
};
use crate::{embedded::frame::Frame, seam::BusError};
use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, BufWriter, Write},
};
use tracing::{info, warn};

/// The file that a compaction writes before it takes its place.
pub(crate) const DRAFT: &str = "compaction.tmp";

/// Compacts when there is enough to gain. A failure leaves the topic as it was: nothing is lost
/// but space, and readers will meet the reason themselves.
pub(crate) fn run_if_due(log: &TopicLog) {
    let (closed, active, left) = {
        let state = lock(&log.state);
        (state.closed.clone(), state.active, state.compacted_bytes)
    };
    let bytes: u64 = closed.iter().map(|segment| segment.bytes).sum();
    if closed.is_empty() || bytes < log.config.compact_bytes.max(left.saturating_mul(2)) {
        return;
    }
    match run(log, &closed, active) {
        Ok(after) => info!(topic = %log.name, before = bytes, after, "compacted a topic"),
        Err(error) => warn!(topic = %log.name, %error, "could not compact a topic"),
    }
}

fn run(log: &TopicLog, closed: &[Segment], active: Segment) -> Result<u64, BusError> {
    let mut newest = HashMap::new();
    let mut every: Vec<Segment> = closed.to_vec();
    every.push(active);
    visit(log, &every, |frame| {
        newest.insert(frame.key().to_vec(), frame.offset);
        Ok(())
    })?;
    let refused = |error: io::Error| unavailable(&log.folder, &error);
    let draft = log.folder.join(DRAFT);
    let mut file = BufWriter::new(File::create(&draft).map_err(refused)?);
    let forgotten_before = oldest_tombstone(log);
    let mut bytes = 0;
    visit(log, closed, |frame| {
        let forgotten = frame.tombstone && frame.timestamp_ms < forgotten_before;
        if newest.get(frame.key()) == Some(&frame.offset) && !forgotten {
            bytes += frame.whole.len() as u64;
            file.write_all(frame.whole)?;
        }
        Ok(())
    })?;
    let file = file.into_inner().map_err(|error| refused(error.into_error()))?;
    log.disk.sync(&file).map_err(refused)?;
    replace(log, closed, bytes).map_err(refused)?;
    Ok(bytes)
}

/// Tombstones from before it, in milliseconds since 1970, have been seen by everyone.
fn oldest_tombstone(log: &TopicLog) -> i64 {
    let kept = i64::try_from(log.config.tombstone_retention.as_millis()).unwrap_or(i64::MAX);
    log.config.clock.now().timestamp_millis().saturating_sub(kept)
}

/// Shows every message once, in order of offset.
fn visit(
    log: &TopicLog,
    segments: &[Segment],
    mut each: impl FnMut(&Frame<'_>) -> io::Result<()>,
) -> Result<(), BusError> {
    let mut next = 0;
    for segment in segments {
        let mut reader =
            SegmentReader::open(&log.folder, segment.base).map_err(|error| unavailable(&log.folder, &error))?;
        let limit = reader.file_length().map_err(|error| reader.unreadable(&error))?.min(segment.bytes);
        loop {
            let at = reader.position();
            match reader.next(limit) {
                Ok(Step::Frame(frame)) if frame.offset < next => {}
                Ok(Step::Frame(frame)) => {
                    next = frame.offset + 1;
                    each(&frame).map_err(|error| unavailable(&log.folder, &error))?;
                }
                Ok(Step::End) => break,
                Ok(Step::Bad(what)) => return Err(reader.corrupt(at, what)),
                Err(error) => return Err(reader.unreadable(&error)),
            }
        }
    }
    Ok(())
}

/// Puts the draft in the place of the closed segments. The others go only after readers have been
/// told where to look, because a reader opens files by that list.
fn replace(log: &TopicLog, closed: &[Segment], bytes: u64) -> io::Result<()> {
    let Some((first, others)) = closed.split_first() else {
        return Ok(());
    };
    fs::rename(log.folder.join(DRAFT), log.folder.join(segment::file_name(first.base)))?;
    log.disk.sync_folder(&log.folder)?;
    {
        let mut state = lock(&log.state);
        let id = state.next_id;
        state.next_id += 1;
        state.closed = vec![Segment { id, base: first.base, bytes }];
        state.compacted_bytes = bytes;
    }
    for other in others {
        fs::remove_file(log.folder.join(segment::file_name(other.base)))?;
    }
    log.disk.sync_folder(&log.folder)
}
