//! The reading end of the embedded bus.

use super::{
    Shared, lock,
    log::TopicLog,
    segment::{Segment, SegmentReader, Step},
    unavailable,
};
use crate::{
    arrivals::Arrivals,
    message::{Delivery, Position, Start},
    seam::{BusError, Consumer, Event},
};
use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

/// Reads its topics in turn, each with a file handle of its own.
pub(crate) struct EmbeddedConsumer {
    arrivals: Arc<Arrivals>,
    cursors: Vec<Cursor>,
    /// Whose turn it is.
    turn: usize,
}

/// The place of a consumer in one topic.
struct Cursor {
    log: Arc<TopicLog>,
    next: u64,
    open: Option<Opened>,
    told_end: bool,
}

struct Opened {
    segment: u64,
    reader: SegmentReader,
    /// What may be read of it, in bytes.
    limit: u64,
}

/// What the reader met.
enum Found {
    Message(Delivery),
    /// A message from before the place to start at.
    Earlier,
    Limit,
}

/// Where reading goes on at the end of what could be read of a segment.
enum Onward {
    More {
        limit: u64,
    },
    Segment(Segment),
    /// The segment was replaced meanwhile: look the offset up again.
    LookUp,
    End {
        offset: u64,
    },
}

impl EmbeddedConsumer {
    pub(crate) fn new(shared: &Shared, from: &[Start]) -> Result<Self, BusError> {
        let cursors = from.iter().map(|start| Cursor::new(shared, start)).collect::<Result<_, _>>()?;
        Ok(Self { arrivals: Arc::clone(&shared.arrivals), cursors, turn: 0 })
    }

    fn read(&mut self, max: usize, events: &mut Vec<Event>) -> Result<(), BusError> {
        let full = events.len().saturating_add(max);
        let mut idle = 0;
        while idle < self.cursors.len() && events.len() < full {
            let turn = self.turn % self.cursors.len();
            let before = events.len();
            self.cursors[turn].read(full, events)?;
            idle = if events.len() == before { idle + 1 } else { 0 };
            self.turn = turn + 1;
        }
        Ok(())
    }
}

impl Consumer for EmbeddedConsumer {
    fn poll(&mut self, max: usize, wait: Duration, events: &mut Vec<Event>) -> Result<(), BusError> {
        let before = events.len();
        let started = Instant::now();
        loop {
            let seen = self.arrivals.count();
            let read = self.read(max, events);
            if events.len() > before {
                // What went wrong after these events will go wrong again at the next poll.
                return Ok(());
            }
            read?;
            let left = wait.saturating_sub(started.elapsed());
            if left.is_zero() || max == 0 {
                return Ok(());
            }
            self.arrivals.wait_past(seen, left);
        }
    }
}

impl Cursor {
    fn new(shared: &Shared, start: &Start) -> Result<Self, BusError> {
        let log = shared.topic(&start.topic)?;
        let lost = |partition, offset| BusError::Lost { topic: start.topic.clone(), partition, offset };
        if let Some((partition, offset)) = start.next.iter().find(|(partition, _)| **partition != 0) {
            return Err(lost(*partition, *offset));
        }
        let (first, end) = log.bounds();
        let next = start.next.get(&0).copied().unwrap_or(first);
        let too_early = next < first && !log.compacted;
        if too_early || next > end {
            return Err(lost(0, next));
        }
        Ok(Self { log, next, open: None, told_end: false })
    }

    /// Reads until `events` holds `full`, or the end, which is told once.
    fn read(&mut self, full: usize, events: &mut Vec<Event>) -> Result<(), BusError> {
        while events.len() < full {
            if let Some(delivery) = self.step()? {
                self.told_end = false;
                events.push(Event::Record(delivery));
                continue;
            }
            if !self.told_end {
                self.told_end = true;
                let next = Position { partition: 0, offset: self.next };
                events.push(Event::End { topic: Arc::clone(&self.log.name), next });
            }
            break;
        }
        Ok(())
    }

    /// The next message, or `None` at the end.
    fn step(&mut self) -> Result<Option<Delivery>, BusError> {
        loop {
            match self.find()? {
                Found::Message(delivery) => return Ok(Some(delivery)),
                Found::Limit if self.go_on()? => return Ok(None),
                Found::Earlier | Found::Limit => {}
            }
        }
    }

    fn find(&mut self) -> Result<Found, BusError> {
        let opened = match &mut self.open {
            Some(opened) => opened,
            closed => closed.insert(self.log.open_at(self.next)?),
        };
        let at = opened.reader.position();
        let frame = match opened.reader.next(opened.limit) {
            Ok(Step::Frame(frame)) => frame,
            Ok(Step::End) => return Ok(Found::Limit),
            Ok(Step::Bad(what)) => return Err(opened.reader.corrupt(at, what)),
            Err(error) => return Err(opened.reader.unreadable(&error)),
        };
        if frame.offset < self.next {
            return Ok(Found::Earlier);
        }
        let offset = frame.offset;
        let delivery = match frame.delivery(&self.log.name) {
            Ok(_) if offset > self.next && !self.log.compacted => Err(format!("offset {} is missing", self.next)),
            delivery => delivery.map_err(str::to_owned),
        };
        match delivery {
            Ok(delivery) => {
                self.next = offset + 1;
                Ok(Found::Message(delivery))
            }
            Err(what) => {
                let error = opened.reader.corrupt(at, what);
                // The reader is past it; the next poll must meet it again.
                self.open = None;
                Err(error)
            }
        }
    }

    /// Moves on from the end of what could be read; `true` at the end of the topic.
    fn go_on(&mut self) -> Result<bool, BusError> {
        let Some(opened) = &mut self.open else {
            return Ok(false);
        };
        let position = opened.reader.position();
        match self.log.onward(opened).map_err(|error| opened.reader.unreadable(&error))? {
            Onward::More { limit } => opened.limit = limit,
            Onward::Segment(segment) if segment.base > self.next && !self.log.compacted => {
                return Err(opened.reader.corrupt(position, format!("offset {} is missing", self.next)));
            }
            Onward::Segment(segment) => {
                self.next = self.next.max(segment.base);
                self.open = None;
            }
            Onward::LookUp => self.open = None,
            Onward::End { offset } => {
                self.next = self.next.max(offset);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl TopicLog {
    /// The first offset that may be there, and the one after the last.
    fn bounds(&self) -> (u64, u64) {
        let state = lock(&self.state);
        (state.closed.first().unwrap_or(&state.active).base, state.durable)
    }

    /// Opens the segment that holds `offset`. The list stays locked meanwhile, so that a
    /// compaction does not take the file away.
    fn open_at(&self, offset: u64) -> Result<Opened, BusError> {
        let state = lock(&self.state);
        let holds = |segment: &&Segment| segment.base <= offset;
        let first = state.closed.first().unwrap_or(&state.active);
        let segment = std::iter::once(&state.active).chain(state.closed.iter().rev()).find(holds).unwrap_or(first);
        let refused = |error: io::Error| unavailable(&self.folder, &error);
        let reader = SegmentReader::open(&self.folder, segment.base).map_err(refused)?;
        let active = segment.id == state.active.id;
        let limit = if active { segment.bytes } else { reader.file_length().map_err(refused)? };
        Ok(Opened { segment: segment.id, reader, limit })
    }

    fn onward(&self, opened: &Opened) -> io::Result<Onward> {
        let state = lock(&self.state);
        let position = opened.reader.position();
        if opened.segment == state.active.id {
            let limit = state.active.bytes;
            return Ok(if limit > position { Onward::More { limit } } else { Onward::End { offset: state.durable } });
        }
        // Closed: complete, whether or not a compaction has replaced it since.
        let limit = opened.reader.file_length()?;
        if limit > position {
            return Ok(Onward::More { limit });
        }
        let Some(at) = state.closed.iter().position(|segment| segment.id == opened.segment) else {
            return Ok(Onward::LookUp);
        };
        Ok(Onward::Segment(*state.closed.get(at + 1).unwrap_or(&state.active)))
    }
}
