use super::{EmbeddedView, EmbeddedViewConfig, EmbeddedViewReader, EmbeddedViewWriter};
use crate::{
    Batch, Index, Ledger, Lookup, Positions, RecordState, RecordWrite, StoreError, ViewReader, ViewWriter,
    conformance::Place,
};
use bytes::Bytes;
use domain::{Identifier, IdentifierKind, Timestamp};
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

const CONFIG: EmbeddedViewConfig = EmbeddedViewConfig { cache_bytes: 1024 * 1024 };

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }
}

impl Place for Folder {
    type Writer = EmbeddedViewWriter;
    type Reader = EmbeddedViewReader;

    async fn open(&self) -> Result<(EmbeddedViewWriter, EmbeddedViewReader), StoreError> {
        EmbeddedView::open(self.0.path(), CONFIG)
    }
}

crate::view_conformance!(Folder::new());

#[test]
fn a_folder_in_use_is_refused() {
    let folder = TempDir::new().unwrap();
    let ends = EmbeddedView::open(folder.path(), CONFIG).unwrap();
    assert!(matches!(EmbeddedView::open(folder.path(), CONFIG), Err(StoreError::InUse { .. })));
    drop(ends);
    EmbeddedView::open(folder.path(), CONFIG).unwrap();
}

#[test]
fn a_ledger_is_not_a_view() {
    let folder = TempDir::new().unwrap();
    drop(Ledger::open(folder.path(), "taxation").unwrap());
    let Err(StoreError::Foreign { owner, .. }) = EmbeddedView::open(folder.path(), CONFIG) else { panic!() };
    assert_eq!(owner, "ledger taxation");
}

#[test]
fn an_unreadable_engine_mark_is_damage() {
    let folder = TempDir::new().unwrap();
    drop(EmbeddedView::open(folder.path(), CONFIG).unwrap());
    fs::write(folder.path().join("version"), "").unwrap();
    assert!(matches!(EmbeddedView::open(folder.path(), CONFIG), Err(StoreError::Corrupt { .. })));
}

#[test]
fn nothing_of_a_batch_with_an_endless_key_is_kept() {
    let folder = TempDir::new().unwrap();
    let (mut writer, _reader) = EmbeddedView::open(folder.path(), CONFIG).unwrap();
    let endless = RecordWrite { key: "k".repeat(70_000), ..write(1) };
    let batch = Batch { records: vec![write(0), endless], positions: position(2), ..Batch::default() };
    assert!(matches!(writer.apply(batch), Err(StoreError::TooLong { .. })));
    assert!(writer.positions().unwrap().is_empty());
}

#[tokio::test]
async fn a_nul_in_an_identifier_is_told_apart() {
    let folder = TempDir::new().unwrap();
    let (mut writer, reader) = EmbeddedView::open(folder.path(), CONFIG).unwrap();
    let values = ["a", "a\0", "a\0\u{1}", "\0", ""];
    let named = (0..).zip(values).map(|(n, value)| RecordWrite { subjects: vec![id(value)], ..write(n) });
    writer.apply(Batch { records: named.collect(), ..Batch::default() }).unwrap();
    for (n, value) in (0..).zip(values) {
        let page = reader.lookup(lookup(&id(value))).await.unwrap();
        assert_eq!(page.records.len(), 1);
        assert_eq!(page.records[0].key, write(n).key);
    }
}

/// The journal of a process that was killed ends anywhere: at each end the view is what the log gives up
/// to its position.
#[tokio::test]
async fn after_a_kill_content_and_position_agree() {
    let folder = TempDir::new().unwrap();
    let (mut writer, _reader) = EmbeddedView::open(folder.path(), CONFIG).unwrap();
    let fresh = journal_length(folder.path());
    for n in 0..20 {
        writer.apply(step(n)).unwrap();
    }
    let written = journal_length(folder.path());
    let mut reached = Vec::new();
    for cut in (0..=12).map(|twelfth| fresh + (written - fresh) * twelfth / 12) {
        reached.push(position_after_kill(folder.path(), cut, cut).await);
    }
    assert!(reached.is_sorted());
    assert_eq!((reached[0], reached[12]), (0, 20));
}

/// What was set aside for the journal is blank behind the cut.
#[tokio::test]
async fn a_last_batch_without_its_end_is_dropped_whole() {
    let folder = TempDir::new().unwrap();
    let (mut writer, _reader) = EmbeddedView::open(folder.path(), CONFIG).unwrap();
    for n in 0..3 {
        writer.apply(step(n)).unwrap();
    }
    let written = journal_length(folder.path());
    for missing in [1, 4, 8, 13] {
        assert_eq!(position_after_kill(folder.path(), written - missing, written + 4096).await, 2);
    }
}

/// Opens a copy whose journal ends at `cut`, followed by blanks up to `length`.
async fn position_after_kill(dir: &Path, cut: usize, length: usize) -> u64 {
    let copy = TempDir::new().unwrap();
    copy_until(dir, copy.path(), cut);
    fs::File::options().write(true).open(journal(copy.path())).unwrap().set_len(length as u64).unwrap();
    let (writer, reader) = EmbeddedView::open(copy.path(), CONFIG).unwrap();
    let position = writer.positions().unwrap().into_values().next().unwrap_or_default();
    assert_eq!(reader.digest().await.unwrap(), replayed(position).await, "killed at {cut}");
    position
}

/// Each step writes a new record, a new version of an old one, and moves a subject.
fn step(n: u32) -> Batch {
    let newer = RecordWrite { key: "shared".to_owned(), subjects: vec![id(&format!("s{n}"))], ..write(n) };
    Batch { records: vec![write(n), newer], positions: position(u64::from(n) + 1), ..Batch::default() }
}

async fn replayed(position: u64) -> [u8; 32] {
    let folder = TempDir::new().unwrap();
    let (mut writer, reader) = EmbeddedView::open(folder.path(), CONFIG).unwrap();
    for n in (0..20).take_while(|&n| u64::from(n) < position) {
        writer.apply(step(n)).unwrap();
    }
    reader.digest().await.unwrap()
}

fn write(n: u32) -> RecordWrite {
    RecordWrite {
        resource: "sample".to_owned(),
        key: format!("key {n}"),
        version: format!("{n:04}"),
        state: RecordState::Current,
        source_time: Timestamp::from_timestamp_micros(1_700_000_000_000_000 + i64::from(n)).unwrap(),
        subjects: vec![id("common")],
        joins: Vec::new(),
        envelope: Bytes::from(format!("envelope {n}")),
    }
}

fn id(value: &str) -> Identifier {
    Identifier::from_trusted(IdentifierKind::SourceKey, value)
}

fn lookup(by: &Identifier) -> Lookup<'_> {
    Lookup { resource: "sample", index: Index::Subject, by, state: RecordState::Current, after: None, limit: 10 }
}

fn position(offset: u64) -> Positions {
    Positions::from([(("log".to_owned(), 0), offset)])
}

fn journal(dir: &Path) -> PathBuf {
    dir.join("0.jnl")
}

/// Without the space that the engine sets aside.
fn journal_length(dir: &Path) -> usize {
    let bytes = fs::read(journal(dir)).unwrap();
    bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1)
}

/// Copies a view in use, with its journal cut off.
fn copy_until(from: &Path, to: &Path, cut: usize) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_until(&entry.path(), &target, cut);
        } else if entry.path() == journal(from) {
            let mut head = vec![0; cut];
            fs::File::open(entry.path()).unwrap().read_exact(&mut head).unwrap();
            fs::write(&target, head).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
