//! Rows that are known again by a mark of their own: done, waiting, or in flight.

use crate::{
    error::IntakeError,
    judge::Verdict,
    source::{Mark, RowFate, Settled, Source, Told},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{HashMap, HashSet};
use store::Ledger;

/// What names of rows begin with that are done.
const ROW: &str = "row/";
/// What names of rows begin with that wait: few, beside the many that are done.
const WAITS: &str = "waits/";
/// What names of rows begin with whose source is still to be told.
const TOLD: &str = "told/";

/// A blob of the ledger.
type Blob = (String, Option<Vec<u8>>);

/// A marked row, and what its source is told once it is done.
#[derive(Debug)]
pub(crate) struct DoneRow {
    pub(crate) mark: Mark,
    pub(crate) verdict: Verdict,
    /// Rule, field and sentence of a row that is rejected.
    pub(crate) rejected: Option<[String; 3]>,
    /// When it was taken in, in milliseconds since 1970.
    pub(crate) at: i64,
}

/// A row that waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Waits {
    since: i64,
    receipt: Vec<u8>,
}

/// The marks of a session.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// Rows that wait and are not in the ledger yet.
    waits: HashMap<String, Waits>,
    /// Rows that are in flight, not in the ledger yet, or whose source is still to be told.
    fresh: HashSet<String>,
    /// Done with the next checkpoint.
    next: Vec<Settled>,
    /// In the ledger, and their source is to be told.
    ready: Vec<Settled>,
    /// Done with the next checkpoint, of which their source is told nothing.
    quiet: Vec<String>,
    /// Whether any row may wait in the ledger.
    any_waits: bool,
    /// Whether rows stay known when their source was told.
    keep: bool,
    tells: Told,
}

impl Marks {
    /// The marks of a source that keeps them, or not, and is told what it wants to be told.
    pub(crate) fn of(source: &dyn Source) -> Self {
        Self { keep: source.keeps_marks(), tells: source.is_told(), ..Self::default() }
    }

    /// A row is on its way.
    pub(crate) fn expect(&mut self, id: &str) {
        self.fresh.insert(id.to_owned());
    }

    /// Whether a row is done, waits, or is on its way.
    pub(crate) fn is_known(&self, id: &str, ledger: &Ledger) -> Result<bool, IntakeError> {
        // Each look at the ledger costs as much as all else that is done to know a row again.
        let in_ledger = |prefix| ledger.blob(&name(prefix, id)).map(|blob| blob.is_some());
        Ok(self.fresh.contains(id) || (self.keep && in_ledger(ROW)?) || (self.any_waits && in_ledger(WAITS)?))
    }

    /// A row and all rows before it are done; what is to be written down of it goes to `blobs`.
    pub(crate) fn done(
        &mut self,
        row: DoneRow,
        place: Option<(u32, u64)>,
        blobs: &mut Vec<Blob>,
    ) -> Result<(), IntakeError> {
        let DoneRow { mark, verdict, rejected, at } = row;
        let fate = match (verdict, rejected) {
            (Verdict::Waiting, _) => return self.wait(mark, at, blobs),
            (_, Some([rule, field, message])) => RowFate::Rejected { rule, field, message },
            (Verdict::Published, _) => published(place),
            (Verdict::Superseded, _) => RowFate::Superseded,
            (Verdict::Skipped, _) => RowFate::Skipped,
            _ => RowFate::Unchanged,
        };
        self.settle(Settled { id: mark.id, receipt: mark.receipt, fate }, blobs)
    }

    /// A row that waited is done with another; says whether it waited.
    pub(crate) fn release(
        &mut self,
        id: &str,
        place: Option<(u32, u64)>,
        ledger: &Ledger,
        blobs: &mut Vec<Blob>,
    ) -> Result<bool, IntakeError> {
        let waits = match self.waits.remove(id) {
            Some(waits) => waits,
            None => match ledger.blob(&name(WAITS, id))? {
                Some(blob) => read(&blob)?,
                None => return Ok(false),
            },
        };
        blobs.push((name(WAITS, id), None));
        self.fresh.insert(id.to_owned());
        self.settle(Settled { id: id.to_owned(), receipt: waits.receipt, fate: published(place) }, blobs)?;
        Ok(true)
    }

    /// What was done before is in the ledger now.
    pub(crate) fn written(&mut self) {
        for id in &self.quiet {
            self.fresh.remove(id);
        }
        self.quiet.clear();
        for id in self.waits.keys() {
            self.fresh.remove(id);
        }
        self.waits.clear();
        self.ready.append(&mut self.next);
    }

    /// What the ledger still holds from before this session.
    pub(crate) fn recall(&mut self, ledger: &Ledger) -> Result<(), IntakeError> {
        let told = ledger.blobs(TOLD)?;
        self.ready = told.iter().map(|(_, blob)| read(blob)).collect::<Result<_, _>>()?;
        self.fresh = self.ready.iter().map(|settled| settled.id.clone()).collect();
        self.any_waits = ledger.has_blobs(WAITS)?;
        Ok(())
    }

    /// Rows whose source is to be told.
    pub(crate) fn ready(&self) -> &[Settled] {
        &self.ready
    }

    /// Their source was told; what is to be written down of that goes to the next checkpoint.
    pub(crate) fn told(&mut self) -> Vec<Blob> {
        let mut blobs = Vec::with_capacity(self.ready.len());
        for settled in self.ready.drain(..) {
            self.fresh.remove(&settled.id);
            if self.keep {
                blobs.push((name(ROW, &settled.id), Some(Vec::new())));
            }
            blobs.push((name(TOLD, &settled.id), None));
        }
        blobs
    }

    /// How many rows have waited since before `then`, in milliseconds since 1970. Reads all that wait.
    pub(crate) fn waiting_since_before(ledger: &Ledger, then: i64) -> Result<u64, IntakeError> {
        let mut count = 0;
        for (_, blob) in ledger.blobs(WAITS)? {
            count += u64::from(read::<Waits>(&blob)?.since < then);
        }
        Ok(count)
    }

    fn wait(&mut self, mark: Mark, since: i64, blobs: &mut Vec<Blob>) -> Result<(), IntakeError> {
        let waits = Waits { since, receipt: mark.receipt };
        blobs.push((name(WAITS, &mark.id), Some(written(&waits)?)));
        self.waits.insert(mark.id, waits);
        self.any_waits = true;
        Ok(())
    }

    fn settle(&mut self, settled: Settled, blobs: &mut Vec<Blob>) -> Result<(), IntakeError> {
        if self.tells == Told::Rejects && !matches!(settled.fate, RowFate::Rejected { .. }) {
            if self.keep {
                blobs.push((name(ROW, &settled.id), Some(Vec::new())));
            }
            self.quiet.push(settled.id);
            return Ok(());
        }
        blobs.push((name(TOLD, &settled.id), Some(written(&settled)?)));
        self.next.push(settled);
        Ok(())
    }
}

/// What the ledger holds of a row; that it cannot be read is damage, and no reason to forget the row.
fn read<T: DeserializeOwned>(blob: &[u8]) -> Result<T, IntakeError> {
    serde_json::from_slice(blob).map_err(|_| IntakeError::State { what: "marks of rows" })
}

fn written<T: Serialize>(value: &T) -> Result<Vec<u8>, IntakeError> {
    serde_json::to_vec(value).map_err(|_| IntakeError::State { what: "marks of rows" })
}

fn published(place: Option<(u32, u64)>) -> RowFate {
    place.map_or(RowFate::Unchanged, |(partition, offset)| RowFate::Published { partition, offset })
}

fn name(prefix: &str, id: &str) -> String {
    format!("{prefix}{id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Commit;

    fn row(id: &str, verdict: Verdict) -> DoneRow {
        let mark = Mark { id: id.to_owned(), receipt: Vec::new() };
        DoneRow { mark, verdict, rejected: None, at: 0 }
    }

    /// Writes down what is done, as a checkpoint does.
    fn checkpoint(marks: &mut Marks, ledger: &Ledger, blobs: &mut Vec<Blob>) {
        ledger.commit(Commit { blobs: std::mem::take(blobs), ..Commit::default() }).unwrap();
        marks.written();
    }

    #[test]
    fn a_row_is_known_from_its_way_until_its_source_was_told_whether_it_waited_or_not() {
        for keep in [false, true] {
            let (mut marks, ledger, mut blobs) = (Marks { keep, ..Marks::default() }, Ledger::in_memory(), Vec::new());
            for id in ["a", "b"] {
                assert!(!marks.is_known(id, &ledger).unwrap());
                marks.expect(id);
                assert!(marks.is_known(id, &ledger).unwrap());
            }
            marks.done(row("a", Verdict::Waiting), None, &mut blobs).unwrap();
            marks.done(row("b", Verdict::Published), None, &mut blobs).unwrap();
            checkpoint(&mut marks, &ledger, &mut blobs);
            assert!(["a", "b"].iter().all(|id| marks.is_known(id, &ledger).unwrap()));
            assert!(marks.release("a", None, &ledger, &mut blobs).unwrap());
            assert!(marks.is_known("a", &ledger).unwrap());
            checkpoint(&mut marks, &ledger, &mut blobs);
            assert!(["a", "b"].iter().all(|id| marks.is_known(id, &ledger).unwrap()));
            assert_eq!(marks.ready().len(), 2);
            blobs = marks.told();
            checkpoint(&mut marks, &ledger, &mut blobs);
            assert!(["a", "b"].iter().all(|id| marks.is_known(id, &ledger).unwrap() == keep));
        }
    }

    #[test]
    fn a_new_session_knows_what_the_last_one_wrote_down() {
        let (mut marks, ledger, mut blobs) =
            (Marks { keep: true, ..Marks::default() }, Ledger::in_memory(), Vec::new());
        marks.done(row("a", Verdict::Waiting), None, &mut blobs).unwrap();
        marks.done(row("b", Verdict::Published), None, &mut blobs).unwrap();
        checkpoint(&mut marks, &ledger, &mut blobs);
        let mut next = Marks { keep: true, ..Marks::default() };
        next.recall(&ledger).unwrap();
        assert!(["a", "b"].iter().all(|id| next.is_known(id, &ledger).unwrap()));
        assert!(!next.is_known("c", &ledger).unwrap());
    }
}
