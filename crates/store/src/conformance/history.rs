//! Random histories against a model that keeps everything in maps.

use super::{
    Place,
    records::subject_lookup,
    samples::{RECORDS, RESOURCE, at, id, intake, record, reject},
};
use crate::{
    Batch, ControlWrite, Index, Lookup, Positions, RecordState, RecordWrite, RejectFilter, RejectState, RejectWrite,
    StoreError, ViewReader, ViewWriter,
};
use bytes::Bytes;
use proptest::{prelude::*, sample::Index as Pick};
use std::collections::BTreeMap;

const KEYS: [&str; 4] = ["a", "b", "c", "d"];
const IDENTIFIERS: [&str; 4] = ["p", "q", "r", "p\u{1}"];
const STATES: [RecordState; 3] = [RecordState::Current, RecordState::Withdrawn, RecordState::Moved];

/// Versions of some records, and two ways in which they arrive: as batches, in any order, some more than once.
#[derive(Debug, Clone)]
pub struct History {
    writes: Vec<RecordWrite>,
    arrivals: [Vec<Vec<RecordWrite>>; 2],
}

/// A partition with writes of all sorts, and a way in which it is read: again and again from an earlier offset.
#[derive(Debug, Clone)]
pub struct Log {
    writes: Vec<LogWrite>,
    /// How far back, and how many from there.
    reads: Vec<(usize, usize)>,
}

#[derive(Debug, Clone)]
enum LogWrite {
    Record(RecordWrite),
    Reject(RejectWrite),
    Control(ControlWrite),
    Intake,
}

/// Histories of a few keys with many versions.
pub fn histories() -> impl Strategy<Value = History> {
    prop::collection::vec(record_writes(), 1..20).prop_flat_map(|writes| {
        let writes: BTreeMap<_, _> =
            writes.into_iter().map(|write| ((write.key.clone(), write.version.clone()), write)).collect();
        let writes: Vec<_> = writes.into_values().collect();
        (Just(writes.clone()), arrivals(writes.clone()), arrivals(writes))
            .prop_map(|(writes, one, other)| History { writes, arrivals: [one, other] })
    })
}

/// Logs that end with everything announced being reached.
pub fn logs() -> impl Strategy<Value = Log> {
    let writes = prop::collection::vec(log_writes(), 1..30);
    let reads = prop::collection::vec((0..6_usize, 1..8_usize), 0..12);
    (writes, reads).prop_map(|(writes, reads)| Log { writes, reads })
}

/// The same records in another order, twice, in other batches: the same answers, the model's, and the same digest.
pub async fn any_order_gives_the_same_view<P: Place>(places: &[P; 2], history: &History) -> Result<(), StoreError> {
    let mut digests = Vec::new();
    for (place, arrival) in places.iter().zip(&history.arrivals) {
        let (mut writer, reader) = place.open().await?;
        for batch in arrival {
            let batch = Batch { records: batch.clone(), ..Batch::default() };
            let count = batch.records.len();
            let applied = writer.apply(batch)?;
            assert_eq!(applied.changed + applied.ignored, count);
        }
        answers_as_the_model(&reader, &history.writes).await?;
        digests.push(reader.digest().await?);
    }
    assert_eq!(digests[0], digests[1], "digest depends on the order of arrival");
    Ok(())
}

/// A log read with repetitions gives what it gives when read in one batch.
pub async fn any_replay_gives_the_same_view<P: Place>(places: &[P; 2], log: &Log) -> Result<(), StoreError> {
    let (mut writer, reader) = places[0].open().await?;
    writer.apply(log.batch(0, log.writes.len()))?;
    let (mut again, replayed) = places[1].open().await?;
    let mut at = 0;
    for (back, count) in log.reads.iter().copied().chain([(0, log.writes.len())]) {
        let start = at.min(log.writes.len()).saturating_sub(back);
        let end = (start + count).min(log.writes.len());
        again.apply(log.batch(start, end))?;
        at = at.max(end);
    }
    assert_eq!(again.positions()?, writer.positions()?);
    assert_eq!(replayed.control().await?, reader.control().await?);
    assert_eq!(replayed.intakes().await?, reader.intakes().await?);
    assert_eq!(replayed.open_rejects().await?, reader.open_rejects().await?);
    assert_eq!(replayed.digest().await?, reader.digest().await?);
    let open = RejectFilter { state: Some(RejectState::Open), limit: 100, ..RejectFilter::default() };
    let counted: u64 = reader.open_rejects().await?.values().sum();
    assert_eq!(reader.rejects(&open).await?.len() as u64, counted);
    let records = log.writes.iter().filter_map(|write| match write {
        LogWrite::Record(record) => Some(record.clone()),
        _ => None,
    });
    answers_as_the_model(&replayed, &records.collect::<Vec<_>>()).await
}

impl Log {
    fn batch(&self, start: usize, end: usize) -> Batch {
        let mut batch = Batch { positions: position(end), ..Batch::default() };
        for (offset, write) in self.writes.iter().enumerate().take(end).skip(start) {
            match write.clone() {
                LogWrite::Record(write) => batch.records.push(write),
                LogWrite::Reject(write) => batch.rejects.push(RejectWrite { offset: offset as u64, ..write }),
                LogWrite::Control(write) => batch.control.push(write),
                LogWrite::Intake => {
                    let payload = Bytes::from(format!("announced at {offset}"));
                    batch.intakes.push(crate::IntakeWrite { payload, ..intake("", offset as u64) });
                }
            }
        }
        batch
    }
}

fn position(offset: usize) -> Positions {
    Positions::from([((RECORDS.to_owned(), 0), offset as u64)])
}

fn record_writes() -> impl Strategy<Value = RecordWrite> {
    let some = || prop::sample::subsequence(IDENTIFIERS.to_vec(), 0..=3);
    let (key, state) = (prop::sample::select(KEYS.to_vec()), prop::sample::select(STATES.to_vec()));
    (key, 0..8_u32, state, 0..4_u32, some(), some()).prop_map(|(key, version, state, second, subjects, joins)| {
        let joins = joins.into_iter().map(id).collect();
        RecordWrite { state, source_time: at(second), joins, ..record(key, version, &subjects) }
    })
}

fn log_writes() -> impl Strategy<Value = LogWrite> {
    let states = [RejectState::Open, RejectState::Redriven, RejectState::Dismissed];
    let rejects = (prop::sample::select(KEYS.to_vec()), 0..4_u32, prop::sample::select(states.to_vec()));
    let payloads = prop::option::of(prop::sample::select(vec!["1", "2"]));
    prop_oneof![
        record_writes().prop_map(LogWrite::Record),
        rejects.prop_map(|(id, second, state)| LogWrite::Reject(RejectWrite { state, ..reject(id, second, 0) })),
        (prop::sample::select(KEYS.to_vec()), payloads).prop_map(|(key, payload)| {
            LogWrite::Control(ControlWrite { key: key.to_owned(), payload: payload.map(Bytes::from) })
        }),
        Just(LogWrite::Intake),
    ]
}

fn arrivals(writes: Vec<RecordWrite>) -> impl Strategy<Value = Vec<Vec<RecordWrite>>> {
    let again = prop::collection::vec(any::<Pick>(), 0..8);
    let all = again.prop_map(move |again| {
        let mut all = writes.clone();
        all.extend(again.iter().map(|pick| pick.get(&writes).clone()));
        all
    });
    (all.prop_shuffle(), 1..9_usize).prop_map(|(all, size)| all.chunks(size).map(<[_]>::to_vec).collect())
}

async fn answers_as_the_model<R: ViewReader>(reader: &R, writes: &[RecordWrite]) -> Result<(), StoreError> {
    let model = Model::of(writes);
    for key in KEYS {
        let found = reader.record(RESOURCE, key).await?.map(|record| (record.source_time, record.envelope));
        let expected = model.newest.get(key).filter(|write| write.state != RecordState::Moved);
        assert_eq!(found, expected.map(|write| (write.source_time, write.envelope.clone())), "record {key}");
    }
    for (index, value, state) in questions() {
        let identifier = id(value);
        let question = Lookup { index, state, ..subject_lookup(&identifier) };
        let page = reader.lookup(question).await?;
        let found: Vec<_> = page.records.into_iter().map(|record| (record.key, record.envelope)).collect();
        assert_eq!(found, model.lookup(&question), "{index:?} {value:?} {state:?}");
    }
    Ok(())
}

fn questions() -> impl Iterator<Item = (Index, &'static str, RecordState)> {
    let indexes = [Index::Subject, Index::Join].into_iter();
    let with_values = indexes.flat_map(|index| IDENTIFIERS.map(|value| (index, value)));
    with_values.flat_map(|(index, value)| STATES.map(|state| (index, value, state)))
}

struct Model {
    newest: BTreeMap<String, RecordWrite>,
}

impl Model {
    fn of(writes: &[RecordWrite]) -> Self {
        let mut newest: BTreeMap<String, RecordWrite> = BTreeMap::new();
        for write in writes {
            let known = newest.get(&write.key);
            if known.is_none_or(|known| write.version > known.version) {
                newest.insert(write.key.clone(), write.clone());
            }
        }
        Self { newest }
    }

    fn lookup(&self, lookup: &Lookup<'_>) -> Vec<(String, Bytes)> {
        let identifiers = |write: &RecordWrite| match lookup.index {
            Index::Subject => write.subjects.contains(lookup.by),
            Index::Join => write.joins.contains(lookup.by),
        };
        let is_shown = |write: &&RecordWrite| write.state == lookup.state && write.state != RecordState::Moved;
        let mut found: Vec<_> = self.newest.values().filter(is_shown).filter(|write| identifiers(write)).collect();
        found.sort_by(|a, b| b.source_time.cmp(&a.source_time).then_with(|| a.key.cmp(&b.key)));
        found.into_iter().map(|write| (write.key.clone(), write.envelope.clone())).collect()
    }
}
