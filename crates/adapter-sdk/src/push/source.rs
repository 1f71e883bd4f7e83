//! The runner's end.

use super::{
    answers::{Answers, Receipt},
    queue::{Order, PushFault, Queue},
};
use crate::{
    runner::Stop,
    source::{Batch, Kept, Known, Mark, RowFate, Settled, Source, SourceError, SourceRow},
};
use domain::Clock;
use formats::framing::RowPlace;
use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
    time::Duration,
};

/// Records of requests that are gathered into one batch; a larger request is a batch of its own.
const ROWS: usize = 1000;
/// What the records came in.
const ORIGIN: &str = "push";

/// Gives out what waits, and answers it once it is durable.
pub struct PushSource {
    queue: Arc<Queue>,
    clock: Arc<dyn Clock>,
    answers: Answers,
    /// Requests that were given out, in order.
    flying: BTreeMap<u64, Flying>,
    next: u64,
    /// Tells marks of this source from those of the process before it.
    tag: String,
    /// Whether what flies is to be given out again.
    again: bool,
}

#[derive(Debug)]
struct Flying {
    order: Order,
    fates: Vec<Option<RowFate>>,
}

impl PushSource {
    pub(super) fn new(queue: Arc<Queue>, clock: Arc<dyn Clock>) -> Self {
        let tag = format!("{:016x}", RandomState::new().hash_one(ORIGIN));
        Self { queue, clock, answers: Answers::default(), flying: BTreeMap::new(), next: 0, tag, again: false }
    }

    /// Takes a request on; says whether the department said anything new by it.
    fn take(&mut self, order: Order, known: &dyn Known, rows: &mut Vec<SourceRow>) -> Result<bool, SourceError> {
        if order.is_given_up() {
            return Ok(false);
        }
        let Some(order) = self.join(order) else { return Ok(false) };
        let Some(fates) = remembered(&order, known)? else {
            order.answer(&Err(PushFault::KeyReused));
            return Ok(false);
        };
        if let Some(answer) = complete(&fates) {
            let is_sign_of_life = answer.is_empty();
            order.answer(&Ok(answer));
            return Ok(is_sign_of_life);
        }
        let flying = Flying { order, fates };
        self.next += 1;
        self.give(self.next, &flying, rows);
        self.flying.insert(self.next, flying);
        Ok(true)
    }

    /// A request that flies already under its key is waited for; gives back one that does not.
    fn join(&mut self, mut order: Order) -> Option<Order> {
        let is_same = |flying: &&mut Flying| {
            order.key.is_some() && flying.order.key == order.key && flying.order.first == order.first
        };
        let Some(flying) = self.flying.values_mut().find(is_same) else { return Some(order) };
        if flying.order.digests == order.digests {
            flying.order.replies.append(&mut order.replies);
        } else {
            order.answer(&Err(PushFault::KeyReused));
        }
        None
    }

    /// The records of a request that nothing is known of yet.
    fn give(&self, id: u64, flying: &Flying, rows: &mut Vec<SourceRow>) {
        let Flying { order, fates } = flying;
        let open = fates.iter().enumerate().filter(|(_, fate)| fate.is_none()).map(|(place, _)| place);
        for (place, record) in open.filter_map(|place| Some((place, order.records.get(place)?))) {
            let receipt = order.key.as_ref().and_then(|key| {
                let receipt = Receipt {
                    key: key.clone(),
                    whole: order.whole.clone(),
                    line: order.first + place as u64,
                    digest: order.digests.get(place).cloned().unwrap_or_default(),
                };
                serde_json::to_vec(&receipt).ok()
            });
            rows.push(SourceRow {
                kind: record.resource.clone(),
                bytes: record.bytes.clone(),
                place: RowPlace::Passing,
                mark: Some(Mark { id: format!("{}.{id}/{place}", self.tag), receipt: receipt.unwrap_or_default() }),
            });
        }
    }

    /// Notes what became of a record of a request that flies.
    fn note(&mut self, settled: &Settled) {
        let place = settled.id.strip_prefix(self.tag.as_str()).and_then(|id| {
            let (id, place) = id.strip_prefix('.')?.split_once('/')?;
            Some((id.parse::<u64>().ok()?, place.parse::<usize>().ok()?))
        });
        let Some((id, place)) = place else { return };
        let fate = self.flying.get_mut(&id).and_then(|flying| flying.fates.get_mut(place));
        if let Some(fate) = fate {
            *fate = Some(settled.fate.clone());
        }
    }
}

impl Source for PushSource {
    fn open(&mut self, _position: Option<&[u8]>) -> Result<(), SourceError> {
        self.flying.retain(|_, flying| !flying.order.is_given_up());
        self.again = !self.flying.is_empty();
        Ok(())
    }

    fn next(&mut self, known: &dyn Known, _stop: &dyn Stop) -> Result<Batch, SourceError> {
        self.answers.load(known)?;
        let mut rows = Vec::new();
        if std::mem::take(&mut self.again) {
            for (id, flying) in &self.flying {
                self.give(*id, flying, &mut rows);
            }
        }
        let mut is_heard = !rows.is_empty();
        while let Some(order) = self.queue.take(ROWS.saturating_sub(rows.len()), rows.is_empty()) {
            is_heard |= self.take(order, known, &mut rows)?;
        }
        if !is_heard {
            return Ok(Batch::default());
        }
        let as_of = Some(self.clock.now());
        Ok(Batch { rows, end: true, as_of, origin: ORIGIN.to_owned(), ..Batch::default() })
    }

    fn settle(&mut self, settled: &[Settled]) -> Result<Vec<Kept>, SourceError> {
        let mut answered = Vec::new();
        for row in settled {
            self.note(row);
            // A request without a key leaves no receipt.
            if let Ok(receipt) = serde_json::from_slice::<Receipt>(&row.receipt) {
                answered.push((receipt, row.fate.clone()));
            }
        }
        Ok(self.answers.keep(answered, self.clock.now().timestamp_millis()))
    }

    fn confirm(&mut self) {
        let done: Vec<(u64, Vec<RowFate>)> =
            self.flying.iter().filter_map(|(id, flying)| Some((*id, complete(&flying.fates)?))).collect();
        for (id, answer) in done {
            if let Some(flying) = self.flying.remove(&id) {
                flying.order.answer(&Ok(answer));
            }
        }
    }

    fn pause(&mut self, stop: &dyn Stop, poll: Duration) {
        if !self.again {
            self.queue.wait(stop, poll);
        }
    }
}

impl Drop for PushSource {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// What is remembered of each record under the request's key; nothing when other records were sent under it.
fn remembered(order: &Order, known: &dyn Known) -> Result<Option<Vec<Option<RowFate>>>, SourceError> {
    let Some(key) = &order.key else { return Ok(Some(vec![None; order.records.len()])) };
    let remembered = Answers::recall(key, known)?;
    let last = (order.first + order.records.len() as u64).saturating_sub(1);
    if !remembered.can_be(&order.whole, last) {
        return Ok(None);
    }
    let lines = order.digests.iter().zip(order.first..);
    Ok(lines.map(|(digest, line)| remembered.line(line, digest)).collect::<Result<_, ()>>().ok())
}

/// What became of every record, once that is known.
fn complete(fates: &[Option<RowFate>]) -> Option<Vec<RowFate>> {
    fates.iter().cloned().collect()
}
