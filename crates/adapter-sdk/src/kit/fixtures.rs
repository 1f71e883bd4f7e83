//! Fixtures and what they translate to.

use crate::{Adapter, Row, TryConfig, TrySummary, try_files};
use chrono::DateTime;
use domain::Language;
use formats::framing::{FramedRow, Framing, RowPlace, RowStart};
use serde_json::Value;
use std::{
    fs,
    io::BufReader,
    path::{Path, PathBuf},
};

const EXPECTED: &str = "expected.ndjson";
/// When every fixture was changed last: a checkout's own times are nobody's.
const STAMP: &str = "01700000000000";

/// Files that are taken one after the other.
pub(super) struct Fixture {
    pub(super) files: Vec<PathBuf>,
    expected: PathBuf,
}

/// Every fixture says what it is expected to say.
///
/// # Panics
/// When one does not, or its expectation was missing and has just been written.
pub fn fixtures_translate_as_expected(adapter: &Adapter, folder: &Path) {
    for fixture in fixtures(folder) {
        let (lines, _) = translated(adapter, &fixture);
        let text = lines.join("\n") + "\n";
        let Ok(expected) = fs::read_to_string(&fixture.expected) else {
            fs::write(&fixture.expected, text)
                .unwrap_or_else(|error| panic!("{}: {error}", fixture.expected.display()));
            panic!("{} was missing and has been written; read it before you keep it", fixture.expected.display());
        };
        let expected: Vec<Value> = expected.lines().map(json).collect();
        for (number, (line, expected)) in lines.iter().map(|line| json(line)).zip(&expected).enumerate() {
            assert_eq!(&line, expected, "{}, line {}", fixture.expected.display(), number + 1);
        }
        assert_eq!(lines.len(), expected.len(), "{}", fixture.expected.display());
    }
}

/// Translation depends on nothing but the files.
///
/// # Panics
/// When it does.
pub fn translating_twice_gives_the_same(adapter: &Adapter, folder: &Path) {
    for fixture in fixtures(folder) {
        assert_eq!(translated(adapter, &fixture), translated(adapter, &fixture), "{}", fixture.expected.display());
    }
}

/// Every row ends as exactly one thing, and the framing gives out no fewer rows than it counted (it may give out more: what is
/// no row by the trailer's count is rejected rather than lost).
///
/// # Panics
/// When a row is lost or counted twice.
pub fn rows_add_up(adapter: &Adapter, folder: &Path) {
    for fixture in fixtures(folder) {
        let (_, sum) = translated(adapter, &fixture);
        let parts = [sum.published, sum.unchanged, sum.superseded, sum.rejected, sum.skipped, sum.waiting];
        assert_eq!(sum.rows, parts.iter().sum::<u64>(), "{}", fixture.expected.display());
        for file in &fixture.files {
            if let Ok(facts) = framing(adapter, file).inspect(&mut open(file)) {
                assert!(facts.rows <= rows(adapter, file).len() as u64, "{}", file.display());
            }
        }
    }
}

/// The fixtures in a folder.
pub(super) fn fixtures(folder: &Path) -> Vec<Fixture> {
    let is_data = |path: &PathBuf| {
        let name = path.to_string_lossy();
        !name.ends_with(".ok") && !name.ends_with(EXPECTED) && !name.ends_with(".md")
    };
    let found: Vec<Fixture> = entries(folder)
        .into_iter()
        .filter(is_data)
        .map(|path| Fixture {
            expected: path.with_extension(EXPECTED),
            files: if path.is_dir() { entries(&path).into_iter().filter(is_data).collect() } else { vec![path] },
        })
        .collect();
    assert!(!found.is_empty(), "no fixtures in {}", folder.display());
    found
}

/// How a fixture's file is cut.
pub(super) fn framing<'a>(adapter: &'a Adapter, file: &Path) -> &'a dyn Framing {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let kind = adapter.kind_of_file(&name, &fs::read(file).unwrap_or_default());
    kind.unwrap_or_else(|| panic!("the adapter has no way for {name}")).framing.as_ref()
}

/// The rows of a file that its framing accepts.
pub(super) fn rows(adapter: &Adapter, file: &Path) -> Vec<FramedRow> {
    let framing = framing(adapter, file);
    if framing.inspect(&mut open(file)).is_err() {
        return Vec::new();
    }
    let mut reader = framing.rows(Box::new(open(file)), RowStart::default());
    let mut rows = Vec::new();
    let mut row = FramedRow::default();
    while reader.next_row(&mut row).unwrap_or_else(|error| panic!("{}: {error}", file.display())) {
        rows.push(row.clone());
    }
    rows
}

/// A row of a fixture, with the name of its file.
pub(super) struct Sample {
    pub(super) origin: String,
    pub(super) framed: FramedRow,
}

impl Sample {
    /// The row as its mapping gets it, with other bytes where they are damaged.
    pub(super) fn row<'a>(&'a self, bytes: &'a [u8]) -> Row<'a> {
        let key = if let RowPlace::Table { key } = &self.framed.place { key } else { "" };
        Row { kind: &self.framed.kind, origin: &self.origin, stamp: STAMP, key, bytes }
    }
}

/// The rows of all fixtures.
pub(super) fn all_rows(adapter: &Adapter, folder: &Path) -> Vec<Sample> {
    let mut samples = Vec::new();
    for file in fixtures(folder).iter().flat_map(|fixture| &fixture.files) {
        let origin = file.file_name().unwrap_or_default().to_string_lossy();
        samples.extend(
            rows(adapter, file).into_iter().map(|framed| Sample { origin: origin.clone().into_owned(), framed }),
        );
    }
    samples
}

fn translated(adapter: &Adapter, fixture: &Fixture) -> (Vec<String>, TrySummary) {
    let mut lines = Vec::new();
    let summary = try_files(
        adapter,
        &fixture.files,
        TryConfig { language: Language::English, changed: DateTime::from_timestamp_millis(1_700_000_000_000) },
        &mut |line| {
            if line.outcome != "note" {
                lines.push(serde_json::to_string(line)?);
            }
            Ok(())
        },
    );
    let summary = summary.unwrap_or_else(|error| panic!("{}: {error}", fixture.expected.display()));
    lines.extend(serde_json::to_string(&summary));
    (lines, summary)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = read.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn open(file: &Path) -> BufReader<fs::File> {
    BufReader::new(fs::File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
}
