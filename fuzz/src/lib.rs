//! What the fuzz targets share: a department's way from a file's bytes to its records, and what must hold on it whatever
//! the bytes are. Mappings are called bare: the runner keeps going when one panics, a fuzz target must not.

use adapter_sdk::{
    Adapter, Draft, Effect, Row, Translated,
    formats::framing::{FramedRow, Framing, RowPlace, RowStart},
};
use domain::Version;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
};

/// Largest file that is tried, in bytes: more only costs time.
const LARGEST: usize = 256 << 10;

/// Takes `bytes` in as a file, by every way the department has.
pub fn take_in(adapter: &Adapter, bytes: &[u8]) {
    if bytes.len() > LARGEST {
        return;
    }
    for way in &adapter.ways {
        let _ = (way.files.recognises)(bytes);
        take_in_framed(adapter, way.files.framing.as_ref(), bytes);
    }
}

/// A file that is not refused gives out at least the rows it counted, each of them lies within it, and reading that goes
/// on behind any of them gives the rest.
fn take_in_framed(adapter: &Adapter, framing: &dyn Framing, bytes: &[u8]) {
    let Ok(facts) = framing.inspect(&mut Cursor::new(bytes)) else { return };
    let rows = read(framing, bytes, &RowStart { layout: facts.layout.clone(), ..RowStart::default() });
    let count = u64::try_from(rows.len()).unwrap();
    assert!(count >= facts.rows, "{} rows counted, {count} given out", facts.rows);
    let end = u64::try_from(bytes.len()).unwrap();
    for (row, number) in rows.iter().zip(1..) {
        let lies_in_file = row.place != RowPlace::Bytes || (row.byte_from <= row.byte_to && row.byte_to <= end);
        assert!(lies_in_file && row.number == number, "row {} at {}..{}", row.number, row.byte_from, row.byte_to);
    }
    if let Some(at) = rows.len().checked_sub(1).map(|last| bytes.len() % (last + 1)) {
        let byte = if framing.is_packed() { 0 } else { rows[at].next_byte };
        let start = RowStart { byte, number: rows[at].number, layout: facts.layout };
        let behind = usize::try_from(byte).unwrap().min(bytes.len());
        assert_eq!(read(framing, &bytes[behind..], &start), rows[at + 1..], "behind row {}", rows[at].number);
    }
    translate_all(adapter, &rows);
}

fn read(framing: &dyn Framing, bytes: &[u8], start: &RowStart) -> Vec<FramedRow> {
    let mut reader = framing.rows(Box::new(Cursor::new(bytes)), start.clone());
    let mut rows = Vec::new();
    let mut row = FramedRow::default();
    while reader.next_row(&mut row).expect("a file that was found whole can be read") {
        rows.push(row.clone());
    }
    rows
}

fn translate_all(adapter: &Adapter, rows: &[FramedRow]) {
    let mut memories = BTreeMap::new();
    for framed in rows {
        let key = match &framed.place {
            RowPlace::Table { key } => key.as_str(),
            _ => "",
        };
        let row = Row { kind: &framed.kind, origin: "file", stamp: "01767225600000", key, bytes: &framed.bytes };
        translate(adapter, &row, &mut memories);
    }
}

/// What a row becomes keeps the promises of a mapping; `memories` are what rows before it left, by entity.
pub fn translate(adapter: &Adapter, row: &Row<'_>, memories: &mut BTreeMap<String, Vec<u8>>) {
    let entity = adapter.mapping.entity(row);
    assert_ne!(entity.as_deref(), Some(""));
    let before = entity.as_ref().and_then(|entity| memories.get(entity)).map(Vec::as_slice);
    let translated = adapter.mapping.translate(row, before);
    if let Translated::Records { drafts, .. } = &translated {
        check_drafts(adapter, drafts);
    }
    let left = match translated {
        Translated::Records { memory, .. } | Translated::Waiting { memory, .. } => memory,
        _ => None,
    };
    memories.extend(entity.zip(left));
}

/// Records have keys, stamps and subjects that can be looked up, and bodies that can be shown.
fn check_drafts(adapter: &Adapter, drafts: &[Draft]) {
    assert!(!drafts.is_empty());
    let mut keys = BTreeSet::new();
    for draft in drafts {
        assert!(!draft.key.is_empty() && Version::is_stamp(&draft.stamp), "{}", draft.resource);
        assert!(keys.insert((draft.resource, &draft.key)), "{} twice", draft.resource);
        assert!(draft.flags.is_sorted_by(|one, next| one < next), "{:?}", draft.flags);
        let resource = adapter.mapping.department().resources.iter().find(|known| known.id == draft.resource);
        let resource = resource.expect("only the department's resources are published");
        if let Effect::Upsert { message, body } = &draft.effect {
            assert_eq!(message, resource.message);
            contract::json::to_string(message, body).expect("a body has a JSON form");
        }
    }
}
