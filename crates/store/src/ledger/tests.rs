use super::*;
use tempfile::TempDir;

const RESOURCE: &str = "sample";

fn seen(stamp: u32, scope: &str, mentioned: u64) -> Seen {
    Seen {
        stamp: format!("{stamp:014}"),
        digest: [3; 16],
        current: true,
        scope: scope.to_owned(),
        mentioned,
        version: format!("{stamp:014}.0000000001.0000000002"),
    }
}

fn entries<const N: usize>(entries: [(&str, &str, Seen); N]) -> Vec<(String, String, Seen)> {
    entries.map(|(resource, key, seen)| (resource.to_owned(), key.to_owned(), seen)).to_vec()
}

/// Runs a promise on a ledger in a folder and on one in memory.
fn on_both(promise: impl Fn(&Ledger)) {
    let folder = TempDir::new().unwrap();
    promise(&Ledger::open(folder.path(), "taxation").unwrap());
    promise(&Ledger::in_memory());
}

#[test]
fn a_commit_is_read_back() {
    on_both(|ledger| {
        assert!(ledger.is_empty().unwrap());
        let commit = Commit {
            seen: entries([(RESOURCE, "k", seen(1, "", 1)), (RESOURCE, "k", seen(2, "x", 1))]),
            memories: vec![("entity".to_owned(), vec![1, 2]), (String::new(), vec![])],
            blobs: vec![("checkpoint".to_owned(), Some(vec![9]))],
            durable: true,
        };
        ledger.commit(commit).unwrap();
        assert_eq!(ledger.seen(RESOURCE, "k").unwrap(), Some(seen(2, "x", 1)));
        assert_eq!(ledger.seen("sample-other", "k").unwrap(), None);
        assert_eq!(ledger.memory("entity").unwrap(), Some(vec![1, 2]));
        assert_eq!(ledger.memory("").unwrap(), Some(vec![]));
        assert_eq!(ledger.memory("other").unwrap(), None);
        assert_eq!(ledger.blob("checkpoint").unwrap(), Some(vec![9]));
        assert!(!ledger.is_empty().unwrap());
    });
}

#[test]
fn blobs_are_listed_by_prefix_and_removed() {
    on_both(|ledger| {
        let blob = |name: &str| (name.to_owned(), Some(name.as_bytes().to_vec()));
        let blobs = vec![blob("unit/b"), blob("unit/a"), blob("units"), blob("checkpoint")];
        ledger.commit(Commit { blobs, ..Commit::default() }).unwrap();
        let names = |prefix| ledger.blobs(prefix).unwrap().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names("unit/"), ["unit/a", "unit/b"]);
        assert_eq!(names(""), ["checkpoint", "unit/a", "unit/b", "units"]);
        let removed = vec![("unit/a".to_owned(), None), ("never".to_owned(), None)];
        ledger.commit(Commit { blobs: removed, ..Commit::default() }).unwrap();
        assert_eq!(names("unit/"), ["unit/b"]);
        assert_eq!(ledger.blob("unit/a").unwrap(), None);
    });
}

#[test]
fn unmentioned_keys_are_counted_in_their_resource_and_scope() {
    on_both(|ledger| {
        let gone = Seen { current: false, ..seen(1, "a", 1) };
        let seen = entries([
            (RESOURCE, "old", seen(1, "a", 1)),
            (RESOURCE, "older", seen(1, "a", 0)),
            (RESOURCE, "mentioned", seen(1, "a", 2)),
            (RESOURCE, "gone", gone),
            (RESOURCE, "elsewhere", seen(1, "b", 1)),
            ("sample-other", "old", seen(1, "a", 1)),
        ]);
        ledger.commit(Commit { seen, ..Commit::default() }).unwrap();
        assert_eq!(ledger.count_unmentioned(RESOURCE, "a", 2).unwrap(), 2);
        assert_eq!(ledger.count_unmentioned(RESOURCE, "b", 2).unwrap(), 1);
        assert_eq!(ledger.count_unmentioned(RESOURCE, "", 2).unwrap(), 0);
    });
}

#[test]
fn a_cleared_ledger_is_empty_and_goes_on() {
    on_both(|ledger| {
        let commit = || Commit {
            seen: entries([(RESOURCE, "k", seen(1, "", 1))]),
            memories: vec![("entity".to_owned(), vec![1])],
            blobs: vec![("checkpoint".to_owned(), Some(vec![9]))],
            durable: false,
        };
        ledger.commit(commit()).unwrap();
        ledger.clear().unwrap();
        assert!(ledger.is_empty().unwrap());
        assert_eq!(ledger.seen(RESOURCE, "k").unwrap(), None);
        ledger.commit(commit()).unwrap();
        assert_eq!(ledger.memory("entity").unwrap(), Some(vec![1]));
    });
}

#[test]
fn a_key_too_long_is_refused_and_nothing_is_kept() {
    on_both(|ledger| {
        let blobs = vec![("a".to_owned(), Some(vec![])), ("b".repeat(70_000), Some(vec![]))];
        assert!(matches!(ledger.commit(Commit { blobs, ..Commit::default() }), Err(StoreError::TooLong { .. })));
        assert!(ledger.is_empty().unwrap());
    });
}

#[test]
fn what_was_committed_or_cleared_outlives_reopening() {
    let folder = TempDir::new().unwrap();
    let open = || Ledger::open(folder.path(), "taxation").unwrap();
    let commit = |key| Commit { seen: entries([(RESOURCE, key, seen(1, "", 1))]), ..Commit::default() };
    open().commit(commit("before")).unwrap();
    {
        let ledger = open();
        assert_eq!(ledger.seen(RESOURCE, "before").unwrap(), Some(seen(1, "", 1)));
        ledger.clear().unwrap();
        ledger.commit(commit("after")).unwrap();
    }
    assert_eq!(open().seen(RESOURCE, "before").unwrap(), None);
    assert_eq!(open().seen(RESOURCE, "after").unwrap(), Some(seen(1, "", 1)));
}

#[test]
fn a_clear_cut_short_is_completed() {
    let folder = TempDir::new().unwrap();
    {
        let ledger = Ledger::open(folder.path(), "taxation").unwrap();
        let blobs = vec![("checkpoint".to_owned(), Some(vec![9]))];
        ledger.commit(Commit { blobs, ..Commit::default() }).unwrap();
        let Shelf::Folder(folder) = &ledger.shelf else { panic!() };
        folder.begin_clearing().unwrap();
    }
    assert!(Ledger::open(folder.path(), "taxation").unwrap().is_empty().unwrap());
}

#[test]
fn another_departments_ledger_is_refused() {
    let folder = TempDir::new().unwrap();
    drop(Ledger::open(folder.path(), "taxation").unwrap());
    let Err(StoreError::Foreign { owner, .. }) = Ledger::open(folder.path(), "education") else { panic!() };
    assert_eq!(owner, "ledger taxation");
}

#[test]
fn a_ledger_in_use_is_refused() {
    let folder = TempDir::new().unwrap();
    let _open = Ledger::open(folder.path(), "taxation").unwrap();
    assert!(matches!(Ledger::open(folder.path(), "taxation"), Err(StoreError::InUse { .. })));
}
