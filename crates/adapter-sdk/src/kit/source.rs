//! What every source that is asked promises, whatever its transport.
//!
//! ```text
//! // tests/conformance.rs
//! adapter_sdk::source_conformance!(soap, || Some(Enterprises::new()));
//! ```
//! The bench is the department's side: it puts rows where the source finds them, goes away and comes back.

use crate::{
    IntakeError,
    source::{Batch, Known, RowFate, Settled, Source, SourceError, SourceRow, Told},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

/// Rows of a unit: more than any source gives out at once.
const ROWS: u32 = 4_500;
/// Batches without a row, an end or a position that are looked at before a source is called stuck.
const PATIENCE: usize = 100;
/// A source is never stopped here.
const GO_ON: fn() -> bool = || false;

/// The department's side of a source.
pub trait SourceBench {
    /// Puts a row for each number where the source finds it, in this order.
    fn put(&mut self, numbers: Range<u32>);

    /// The number of a row that the source gave out.
    fn number(&self, row: &SourceRow) -> u32;

    /// A source of its own, not yet opened.
    fn source(&self) -> Box<dyn Source>;

    /// Goes away: nobody answers.
    fn cut(&mut self);

    /// Comes back, with all that was there.
    fn mend(&mut self);
}

/// What a runner remembers.
#[derive(Debug, Clone, Default)]
struct Memory {
    position: Option<Vec<u8>>,
    done: BTreeSet<String>,
    kept: BTreeMap<String, Vec<u8>>,
}

/// A source, and a runner that takes in what it gives out.
struct Intake<'a> {
    bench: &'a dyn SourceBench,
    source: Box<dyn Source>,
    memory: Memory,
    /// Numbers of the rows taken in.
    taken: Vec<u32>,
    /// Whether the source is told what is done.
    tells: bool,
}

impl Known for Memory {
    fn is_done(&self, id: &str) -> Result<bool, IntakeError> {
        Ok(self.done.contains(id))
    }

    fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, IntakeError> {
        Ok(self.kept.get(name).cloned())
    }

    fn all_kept(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, IntakeError> {
        let found = self.kept.iter().filter(|(name, _)| name.starts_with(prefix));
        Ok(found.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

impl<'a> Intake<'a> {
    /// Opened behind what `memory` holds.
    fn begin(bench: &'a dyn SourceBench, memory: Memory) -> Self {
        let mut source = bench.source();
        source.open(memory.position.as_deref()).unwrap_or_else(|error| panic!("it does not open: {error}"));
        Self::over(bench, source, memory)
    }

    /// The same, and the source is not told what is done: a runner never goes back behind that, as is done here.
    fn silent(bench: &'a dyn SourceBench, memory: Memory) -> Self {
        Self { tells: false, ..Self::begin(bench, memory) }
    }

    fn over(bench: &'a dyn SourceBench, source: Box<dyn Source>, memory: Memory) -> Self {
        Self { bench, source, memory, taken: Vec::new(), tells: true }
    }

    /// The next batch, taken in.
    fn next(&mut self) -> Result<Batch, SourceError> {
        let batch = self.source.next(&self.memory, &GO_ON)?;
        let mut settled = Vec::new();
        for row in &batch.rows {
            let mark = row.mark.as_ref();
            let is_known = mark.is_some_and(|mark| !self.memory.done.insert(mark.id.clone()));
            if is_known {
                continue;
            }
            let told =
                mark.cloned().map(|mark| Settled { id: mark.id, receipt: mark.receipt, fate: RowFate::Unchanged });
            settled.extend(told);
            self.taken.push(self.bench.number(row));
        }
        if let Some(position) = &batch.position {
            self.memory.position = Some(position.clone());
        }
        if self.tells && self.source.is_told() == Told::Everything {
            self.settle(&settled);
        }
        Ok(batch)
    }

    /// Tells the source what is done, as a runner does once it is written down.
    fn settle(&mut self, settled: &[Settled]) {
        let kept = self.source.settle(settled).unwrap_or_else(|error| panic!("it does not take what is done: {error}"));
        for (name, value) in kept {
            match value {
                Some(value) => self.memory.kept.insert(name, value),
                None => self.memory.kept.remove(&name),
            };
        }
        self.source.confirm();
    }

    /// Takes in everything up to the end, looking at each batch; gives the batch that ended it.
    fn drain(&mut self, mut look: impl FnMut(&Self)) -> Batch {
        let mut patience = PATIENCE;
        while patience > 0 {
            let batch = self.next().unwrap_or_else(|error| panic!("no batch: {error}"));
            look(self);
            if batch.end {
                return batch;
            }
            patience = if batch.rows.is_empty() && batch.position.is_none() { patience - 1 } else { PATIENCE };
        }
        panic!("it gives out neither rows nor an end");
    }
}

/// Every row comes once, in the order in which the department put them, and later ones come later.
///
/// # Panics
/// When one does not.
pub fn every_row_comes_once_in_order(bench: &mut dyn SourceBench) {
    bench.put(0..ROWS);
    let mut intake = Intake::begin(bench, Memory::default());
    intake.drain(|_| {});
    assert_taken(&intake.taken, 0..ROWS);
    let memory = intake.memory;
    bench.put(ROWS..ROWS + 3);
    let mut intake = Intake::begin(bench, memory);
    intake.drain(|_| {});
    assert_taken(&intake.taken, ROWS..ROWS + 3);
}

/// A source that is opened at any position that was stated gives exactly the rest.
///
/// # Panics
/// When a row is missing or comes twice.
pub fn opened_at_any_stated_position_it_gives_exactly_the_rest(bench: &mut dyn SourceBench) {
    bench.put(0..ROWS / 2);
    // What a runner keeps together, and how many rows were taken in up to there.
    let mut stated: Vec<(Memory, usize)> = Vec::new();
    let mut taken = Vec::new();
    for more in [ROWS / 2..ROWS, ROWS..ROWS] {
        let memory = stated.last().map(|(memory, _)| memory.clone()).unwrap_or_default();
        let before = taken.len();
        let mut intake = Intake::silent(bench, memory);
        intake.drain(|intake| {
            let last = stated.last().and_then(|(last, _)| last.position.as_ref());
            if intake.memory.position.as_ref() != last {
                stated.push((intake.memory.clone(), before + intake.taken.len()));
            }
        });
        taken.extend(intake.taken);
        bench.put(more);
    }
    assert!(!stated.is_empty(), "it states no position");
    for (memory, count) in stated {
        let mut intake = Intake::silent(bench, memory);
        intake.drain(|_| {});
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        assert_taken(&intake.taken, count..ROWS);
    }
}

/// Where there is nothing new the unit ends, and says until when the feed is known.
///
/// # Panics
/// When it does not.
pub fn nothing_new_is_an_end_with_its_time(bench: &mut dyn SourceBench) {
    let mut empty = Intake::begin(bench, Memory::default());
    let end = empty.drain(|_| {});
    assert!(end.as_of.is_some() && empty.taken.is_empty());
    drop(empty);
    bench.put(0..3);
    let mut intake = Intake::begin(bench, Memory::default());
    let first = intake.drain(|_| {});
    let memory = intake.memory.clone();
    let second = intake.drain(|_| {});
    assert_eq!(intake.taken, [0, 1, 2]);
    assert!(first.as_of.is_some() && second.as_of >= first.as_of);
    let mut other = Intake::begin(bench, memory);
    assert!(other.drain(|_| {}).as_of.is_some() && other.taken.is_empty());
}

/// While the department is away the source says so; when it is back the source goes on where it was.
///
/// # Panics
/// When it does not, or loses or doubles a row.
pub fn a_department_that_is_away_is_waited_for(bench: &mut dyn SourceBench) {
    bench.put(0..ROWS);
    let mut intake = Intake::begin(bench, Memory::default());
    intake.drain(|_| {});
    let (memory, source) = (intake.memory, intake.source);
    bench.put(ROWS..ROWS + 3);
    bench.cut();
    let mut intake = Intake::over(bench, source, memory);
    let failed = (0..PATIENCE).find_map(|_| intake.next().err());
    assert!(matches!(failed, Some(SourceError::Away { .. })), "{failed:?}");
    assert_eq!(intake.taken, [0; 0]);
    let (memory, mut source) = (intake.memory, intake.source);
    // A runner opens it again before each try.
    let failed = source.open(memory.position.as_deref()).and_then(|()| source.next(&memory, &GO_ON));
    assert!(matches!(failed, Err(SourceError::Away { .. })), "{failed:?}");
    bench.mend();
    source.open(memory.position.as_deref()).unwrap_or_else(|error| panic!("it does not open: {error}"));
    let mut intake = Intake::over(bench, source, memory);
    intake.drain(|_| {});
    assert_taken(&intake.taken, ROWS..ROWS + 3);
}

/// A source that works has nothing to mend; of one that does not it is said what.
///
/// # Panics
/// When it is not so.
pub fn a_check_says_what_is_to_be_mended(bench: &mut dyn SourceBench) {
    bench.put(0..3);
    let found = bench.source().check();
    assert!(!found.is_empty() && found.iter().all(|finding| finding.fix.is_none()), "{found:?}");
    bench.cut();
    let found = bench.source().check();
    let fixes: Vec<_> = found.iter().filter_map(|finding| finding.fix.as_deref()).collect();
    assert!(!fixes.is_empty() && fixes.iter().all(|fix| fix.len() > 20), "{found:?}");
}

/// Says no more than the first row that is not the one expected.
fn assert_taken(taken: &[u32], expected: Range<u32>) {
    let wrong = expected.clone().zip(taken).find(|(expected, taken)| expected != *taken);
    assert_eq!(wrong, None, "the row expected and the one taken in, of {expected:?}");
    assert_eq!(taken.len(), expected.len(), "rows taken in of {expected:?}");
}

/// Makes a module of tests, one for each promise, for a bench (`fn() -> Option<impl SourceBench>`; none where the machine does
/// not have what it needs).
#[macro_export]
macro_rules! source_conformance {
    ($name:ident, $bench:expr) => {
        $crate::source_conformance! { @tests $name, $bench,
            every_row_comes_once_in_order
            opened_at_any_stated_position_it_gives_exactly_the_rest
            nothing_new_is_an_end_with_its_time
            a_department_that_is_away_is_waited_for
            a_check_says_what_is_to_be_mended
        }
    };
    (@tests $name:ident, $bench:expr, $($promise:ident)*) => {
        mod $name {
            $(
                #[test]
                fn $promise() {
                    if let Some(mut bench) = $bench() {
                        $crate::kit::source::$promise(&mut bench);
                    }
                }
            )*
        }
    };
}
