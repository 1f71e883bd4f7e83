//! Records: order of versions, lookups, paging.

use super::{
    Place,
    samples::{RESOURCE, at, id, record, records},
};
use crate::{
    Applied, Batch, Cursor, Index, Lookup, Page, RecordState, RecordWrite, StoreError, StoredRecord, ViewReader,
    ViewWriter,
};
use domain::{Identifier, IdentifierKind};

/// A record is found by its key and by each of its identifiers, with all that was written.
pub async fn a_record_is_found_by_key_and_by_each_identifier<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    let write = RecordWrite { joins: vec![id("j")], ..record("k", 1, &["a", "b"]) };
    let applied = writer.apply(records([write.clone()]))?;
    assert_eq!(applied, Applied { changed: 1, ignored: 0 });
    let found = there(&reader, RESOURCE, "k").await?;
    assert_eq!((found.key.as_str(), found.state, found.source_time), ("k", RecordState::Current, at(1)));
    assert_eq!(found.envelope, write.envelope);
    assert_eq!(keys(&by(&reader, Index::Subject, "a").await?), ["k"]);
    assert_eq!(keys(&by(&reader, Index::Subject, "b").await?), ["k"]);
    assert_eq!(keys(&by(&reader, Index::Join, "j").await?), ["k"]);
    assert!(reader.record(RESOURCE, "other").await?.is_none());
    assert!(by(&reader, Index::Subject, "other").await?.records.is_empty());
    Ok(())
}

/// The highest version stands, by byte order, whatever came last, across batches and inside one.
pub async fn older_never_replaces_newer<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    let applied = writer.apply(records([record("k", 2, &["a"]), record("k", 3, &["b"]), record("k", 1, &["c"])]))?;
    assert_eq!(applied, Applied { changed: 1, ignored: 2 });
    assert_eq!(writer.apply(records([record("k", 2, &["a"])]))?, Applied { changed: 0, ignored: 1 });
    assert_eq!(there(&reader, RESOURCE, "k").await?.source_time, at(3));
    assert_eq!(keys(&by(&reader, Index::Subject, "b").await?), ["k"]);
    assert!(by(&reader, Index::Subject, "a").await?.records.is_empty());
    assert!(by(&reader, Index::Subject, "c").await?.records.is_empty());
    Ok(())
}

/// An equal version is ignored, even with another content.
pub async fn the_same_version_again_changes_nothing<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    writer.apply(records([record("k", 1, &["a"])]))?;
    let before = reader.digest().await?;
    assert_eq!(writer.apply(records([record("k", 1, &["a"]), record("k", 1, &["b"])]))?.ignored, 2);
    assert_eq!(reader.digest().await?, before);
    Ok(())
}

/// An identifier that a newer version does not have any more does not find the record.
pub async fn a_changed_subject_no_longer_finds<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    writer.apply(records([RecordWrite { joins: vec![id("j")], ..record("k", 1, &["a", "both"]) }]))?;
    writer.apply(records([record("k", 2, &["b", "both"])]))?;
    assert!(by(&reader, Index::Subject, "a").await?.records.is_empty());
    assert!(by(&reader, Index::Join, "j").await?.records.is_empty());
    for subject in ["b", "both"] {
        let page = by(&reader, Index::Subject, subject).await?;
        assert_eq!((keys(&page).as_slice(), page.records[0].source_time), (["k".to_owned()].as_slice(), at(2)));
    }
    Ok(())
}

/// A withdrawal is found under its subjects, among the withdrawn only; a later version brings the record back.
pub async fn a_withdrawn_record_is_found_as_such_by_its_subjects<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    writer.apply(records([record("k", 1, &["a"])]))?;
    writer.apply(records([RecordWrite { state: RecordState::Withdrawn, ..record("k", 2, &["a"]) }]))?;
    assert!(by(&reader, Index::Subject, "a").await?.records.is_empty());
    let subject = id("a");
    let among_withdrawn = Lookup { state: RecordState::Withdrawn, ..subject_lookup(&subject) };
    assert_eq!(keys(&reader.lookup(among_withdrawn).await?), ["k"]);
    assert_eq!(there(&reader, RESOURCE, "k").await?.state, RecordState::Withdrawn);
    writer.apply(records([record("k", 3, &["a"])]))?;
    assert_eq!(keys(&by(&reader, Index::Subject, "a").await?), ["k"]);
    assert!(reader.lookup(among_withdrawn).await?.records.is_empty());
    Ok(())
}

/// A moved record is found neither by key nor by identifier, and an older version does not bring it back.
pub async fn a_moved_record_is_not_shown_and_keeps_the_order_of_versions<P: Place>(
    place: &P,
) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    writer.apply(records([record("k", 1, &["a"])]))?;
    writer.apply(records([RecordWrite { state: RecordState::Moved, ..record("k", 3, &["a"]) }]))?;
    assert_eq!(writer.apply(records([record("k", 2, &["a"])]))?.ignored, 1);
    assert!(reader.record(RESOURCE, "k").await?.is_none());
    let subject = id("a");
    for state in [RecordState::Current, RecordState::Withdrawn, RecordState::Moved] {
        let page = reader.lookup(Lookup { state, ..subject_lookup(&subject) }).await?;
        assert!(page.records.is_empty());
    }
    writer.apply(records([record("k", 4, &["a"])]))?;
    assert_eq!(keys(&by(&reader, Index::Subject, "a").await?), ["k"]);
    Ok(())
}

/// The same value of another kind, in another index or of another resource finds another record.
pub async fn kinds_indexes_and_resources_are_told_apart<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    let passport = Identifier::from_trusted(IdentifierKind::Passport, "v");
    let of_kind = RecordWrite { subjects: vec![passport.clone()], ..record("of-kind", 1, &[]) };
    let joined = RecordWrite { joins: vec![id("v")], ..record("joined", 1, &[]) };
    let elsewhere = RecordWrite { resource: "sample-other".to_owned(), ..record("plain", 2, &["v"]) };
    writer.apply(records([record("plain", 1, &["v"]), of_kind, joined, elsewhere]))?;
    assert_eq!(keys(&by(&reader, Index::Subject, "v").await?), ["plain"]);
    assert_eq!(keys(&by(&reader, Index::Join, "v").await?), ["joined"]);
    assert_eq!(keys(&reader.lookup(subject_lookup(&passport)).await?), ["of-kind"]);
    assert_eq!(there(&reader, "sample-other", "plain").await?.source_time, at(2));
    assert_eq!(there(&reader, RESOURCE, "plain").await?.source_time, at(1));
    Ok(())
}

/// Newest first, then by key; page after page gives every record once, whatever the size of the page.
pub async fn pages_cover_everything_once_in_order<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    let all: Vec<_> =
        (0..23).map(|n| RecordWrite { source_time: at(n % 5), ..record(&format!("k{n}"), n, &["a"]) }).collect();
    let mut expected: Vec<_> = all.iter().map(|write| (write.source_time, write.key.clone())).collect();
    expected.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let expected: Vec<_> = expected.into_iter().map(|(_, key)| key).collect();
    writer.apply(records(all))?;
    for limit in [1, 2, 7, 22, 23, 24] {
        assert_eq!(all_pages(&reader, limit).await?, expected, "in pages of {limit}");
    }
    let subject = id("a");
    let nothing = reader.lookup(Lookup { limit: 0, ..subject_lookup(&subject) }).await?;
    assert!(nothing.records.is_empty() && nothing.more);
    Ok(())
}

/// Texts with the bytes that keys might be joined with do not run into each other.
pub async fn any_text_is_told_apart_from_any_other<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    let texts = ["", "a", "a\u{1}", "a\u{1}\u{1}", "a/b", "a/", "ab", "证照", "\u{1}", "\u{2}"];
    for (version, text) in (0..).zip(texts) {
        writer.apply(records([RecordWrite { key: format!("key {text}"), ..record("", version, &[text]) }]))?;
    }
    for text in texts {
        assert_eq!(keys(&by(&reader, Index::Subject, text).await?), [format!("key {text}")]);
    }
    Ok(())
}

/// What was applied is there when the view is opened again, and where it came from.
pub async fn positions_and_content_outlive_reopening<P: Place>(place: &P) -> Result<(), StoreError> {
    let positions = super::samples::reached(17);
    let digest = {
        let (mut writer, reader) = place.open().await?;
        writer.apply(Batch { positions: positions.clone(), ..records([record("k", 1, &["a"])]) })?;
        writer.persist()?;
        reader.digest().await?
    };
    let (writer, reader) = place.open().await?;
    assert_eq!(writer.positions()?, positions);
    assert_eq!(reader.positions().await?, positions);
    assert_eq!(reader.digest().await?, digest);
    assert_eq!(keys(&by(&reader, Index::Subject, "a").await?), ["k"]);
    Ok(())
}

/// What was written before the view was opened again is what writes are held against.
pub async fn older_never_replaces_newer_after_reopening<P: Place>(place: &P) -> Result<(), StoreError> {
    drop({
        let (mut writer, reader) = place.open().await?;
        writer.apply(records([record("k", 2, &["a"])]))?;
        (writer, reader)
    });
    let (mut writer, reader) = place.open().await?;
    assert_eq!(writer.apply(records([record("k", 1, &["b"])]))?, Applied { changed: 0, ignored: 1 });
    assert_eq!(keys(&by(&reader, Index::Subject, "a").await?), ["k"]);
    assert_eq!(writer.apply(records([record("k", 3, &["c"])]))?, Applied { changed: 1, ignored: 0 });
    assert!(by(&reader, Index::Subject, "a").await?.records.is_empty());
    assert_eq!(keys(&by(&reader, Index::Subject, "c").await?), ["k"]);
    Ok(())
}

pub(super) fn subject_lookup(by: &Identifier) -> Lookup<'_> {
    Lookup { resource: RESOURCE, index: Index::Subject, by, state: RecordState::Current, after: None, limit: 100 }
}

async fn by<R: ViewReader>(reader: &R, index: Index, value: &str) -> Result<Page, StoreError> {
    let identifier = id(value);
    reader.lookup(Lookup { index, ..subject_lookup(&identifier) }).await
}

async fn there<R: ViewReader>(reader: &R, resource: &str, key: &str) -> Result<StoredRecord, StoreError> {
    let Some(record) = reader.record(resource, key).await? else { panic!("{resource}/{key} is not there") };
    Ok(record)
}

async fn all_pages<R: ViewReader>(reader: &R, limit: usize) -> Result<Vec<String>, StoreError> {
    let subject = id("a");
    let mut seen = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = reader.lookup(Lookup { after: after.as_ref(), limit, ..subject_lookup(&subject) }).await?;
        assert!(page.records.len() <= limit);
        seen.extend(keys(&page));
        after = page.records.last().map(StoredRecord::cursor);
        if !page.more {
            return Ok(seen);
        }
    }
}

fn keys(page: &Page) -> Vec<String> {
    page.records.iter().map(|record| record.key.clone()).collect()
}
