//! Translates files without publishing anything (`exchange adapter try`, contract.md §4).

mod line;

pub use self::line::{TryLine, TrySource, TrySubject, TrySummary};

use crate::{
    adapter::{Adapter, FileName, Way},
    envelope::Place,
    error::IntakeError,
    files::{self, Fingerprint, Flag, Metered, flag_name},
    judge::{self, Content, Judged, Known, Standing},
    state::Unit,
    transport::{Completion, Transport},
    uncounted::Uncounted,
};
use domain::{Language, Timestamp};
use formats::framing::{FramedRow, RowStart};
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{Commit, Ledger};

/// How files are tried.
#[derive(Debug, Clone, Copy, Default)]
pub struct TryConfig {
    /// Language of the sentences.
    pub language: Language,
    /// When the files were changed last, instead of what the file system says.
    pub changed: Option<Timestamp>,
}

/// Translates `files` in the order given, as by a department never seen before, and hands out one line for every outcome.
///
/// A line whose outcome is `note` is meant for whoever watches, not for the result. Nothing is published, nothing moved,
/// and no memory kept.
///
/// # Errors
/// When a file cannot be read or `emit` fails. A file that the rules refuse is a line.
pub fn try_files(
    adapter: &Adapter,
    files: &[PathBuf],
    config: TryConfig,
    emit: &mut dyn FnMut(&TryLine) -> io::Result<()>,
) -> Result<TrySummary, IntakeError> {
    let known = Known::new(Arc::new(Ledger::in_memory()), Uncounted::default());
    let mut trial = Trial { adapter, config, emit, known, summary: TrySummary::default() };
    for (path, intake) in files.iter().zip(1..) {
        trial.file(path, intake)?;
    }
    Ok(trial.summary)
}

struct Trial<'a> {
    adapter: &'a Adapter,
    config: TryConfig,
    emit: &'a mut dyn FnMut(&TryLine) -> io::Result<()>,
    known: Known,
    summary: TrySummary,
}

/// A file is tried to its end; somebody watches who can interrupt the process.
const GO_ON: fn() -> bool = || false;

impl Trial<'_> {
    fn file(&mut self, path: &Path, intake: u64) -> Result<(), IntakeError> {
        let unreadable = || IntakeError::file("file cannot be read", path);
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut file = File::open(path).map_err(unreadable())?;
        let stands = Fingerprint::of(&file.metadata().map_err(unreadable())?);
        let head = files::head(&mut file).map_err(unreadable())?;
        let Some(kind) = self.adapter.kind_of_file(&name, &head) else { return Ok(()) };
        let said = self.said(path, &name)?;
        let flag = self.flag(path, &name)?;
        let framing = kind.framing.as_ref();
        let changed = self.config.changed.or_else(|| files::changed(&file));
        let examined = files::examine(&mut file, framing, &GO_ON).map_err(unreadable())?;
        let facts = match examined.facts(flag.as_ref()).and_then(|facts| said.of_kind(facts)) {
            Ok(facts) => facts,
            Err(refusal) => {
                self.summary.files_refused += 1;
                return self.emit(path, &TryLine::refused(&name, &refusal, self.config.language));
            }
        };
        self.unknown_columns(path, &name, facts.unknown_columns)?;
        let scope = if facts.scope.is_empty() { said.scope } else { facts.scope };
        let stamp = files::stamp(changed);
        let unit = Unit { intake, file: name, full: facts.full, scope, stamp, ..Unit::default() };
        let mut reader = Metered::later(&mut file, &stands, &GO_ON).map_err(unreadable())?;
        let mut rows = framing.rows(Box::new(&mut reader), RowStart { layout: facts.layout, ..RowStart::default() });
        let mut row = FramedRow::default();
        while rows.next_row(&mut row).map_err(unreadable())? {
            self.row(path, &unit, &row)?;
        }
        Ok(())
    }

    fn said(&mut self, path: &Path, name: &str) -> Result<FileName, IntakeError> {
        let said = self.adapter.said_by(name);
        if said.is_some() || !self.is_dropped() {
            return Ok(said.unwrap_or_default());
        }
        let note = match self.config.language {
            Language::English => "the name is not of the department's pattern; such a file is left alone in the folder",
            Language::Chinese => "文件名不符合该部门的命名规则；投递目录中的此类文件不会被接收",
        };
        self.emit(path, &TryLine::note(name, note))?;
        Ok(FileName::default())
    }

    /// Columns that the interface does not know are passed over, not silently.
    fn unknown_columns(&mut self, path: &Path, name: &str, count: u64) -> Result<(), IntakeError> {
        if count == 0 {
            return Ok(());
        }
        self.summary.unknown_columns += count;
        let note = match self.config.language {
            Language::English => "it has columns that the interface does not know; they were passed over",
            Language::Chinese => "文件含有接口未约定的列；这些列未采用",
        };
        self.emit(path, &TryLine::note(name, note))
    }

    /// Whether the department drops files.
    fn is_dropped(&self) -> bool {
        self.adapter.ways.iter().any(|way| matches!(way.transport, Transport::Files(_)))
    }

    fn flag(&mut self, path: &Path, name: &str) -> Result<Option<Flag>, IntakeError> {
        let is_flagged = |way: &Way| matches!(way.transport, Transport::Files(Completion::FlagFile));
        if !self.adapter.ways.iter().any(is_flagged) {
            return Ok(None);
        }
        let flag = path.with_file_name(flag_name(name));
        match Flag::read(&flag) {
            Ok(flag) => Ok(Some(flag)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let note = match self.config.language {
                    Language::English => "there is no flag file beside it; its row count and digest were not checked",
                    Language::Chinese => "旁边没有标志文件；未核对行数和摘要",
                };
                self.emit(path, &TryLine::note(name, note))?;
                Ok(None)
            }
            Err(error) => Err(IntakeError::file("flag file cannot be read", flag)(error)),
        }
    }

    fn row(&mut self, path: &Path, unit: &Unit, framed: &FramedRow) -> Result<(), IntakeError> {
        let place = Place::framed(unit, framed);
        let standing =
            Standing { intake: unit.intake, number: place.number, full: unit.full, scope: &unit.scope, again: false };
        let mut judged = judge::judge(self.adapter.mapping.as_ref(), &place.row(), &standing, &self.known)?;
        self.summary.count(&judged);
        for line in self.lines(&judged, &place) {
            self.emit(path, &line)?;
        }
        let seen = std::mem::take(&mut judged.seen);
        let memories = judged.memory.take().into_iter().collect();
        Ok(self.known.ledger().commit(Commit { seen, memories, ..Commit::default() })?)
    }

    fn lines(&self, judged: &Judged, place: &Place<'_>) -> Vec<TryLine> {
        let language = self.config.language;
        match &judged.content {
            Content::Records(records) => records.iter().map(|record| TryLine::record(record, place)).collect(),
            Content::History { about } => vec![TryLine::history(about.as_ref(), place)],
            Content::Waiting { rule, about } => vec![TryLine::waiting(rule, about.as_ref(), place, language)],
            Content::Skipped(rule) => vec![TryLine::skipped(rule, place, language)],
            Content::Rejected(rejection) => vec![TryLine::reject(rejection, place, language)],
        }
    }

    fn emit(&mut self, path: &Path, line: &TryLine) -> Result<(), IntakeError> {
        (self.emit)(line).map_err(IntakeError::file("outcome cannot be written", path))
    }
}

#[cfg(test)]
mod tests;
