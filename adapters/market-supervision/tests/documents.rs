//! Whole documents, from the bytes of a dropped file to what becomes of each entity.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its fixture has failed")]

use adapter_sdk::{
    Adapter, Effect, Row, Translated,
    format::framing::{FramedRow, RowStart},
};
use std::{collections::HashMap, fs, path::Path};

fn document(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// One line for every record or other outcome; rows of an enterprise know of each other.
fn outcomes(adapter: &Adapter, document: &[u8], memories: &mut HashMap<String, Vec<u8>>) -> Vec<String> {
    let mut reader = adapter.files.framing.rows(Box::new(document), RowStart::default());
    let (mut framed, mut lines) = (FramedRow::default(), Vec::new());
    while reader.next_row(&mut framed).unwrap() {
        let row = Row { kind: &framed.kind, bytes: &framed.bytes };
        let entity = adapter.mapping.entity(&row);
        let before = entity.as_ref().and_then(|entity| memories.get(entity)).map(Vec::as_slice);
        let translated = adapter.mapping.translate(&row, before);
        lines.extend(lines_of(framed.number, &translated));
        if let Translated::Records { memory: Some(memory), .. } = translated {
            memories.insert(entity.unwrap(), memory);
        }
    }
    lines
}

fn lines_of(number: u64, translated: &Translated) -> Vec<String> {
    match translated {
        Translated::Records { drafts, .. } => drafts
            .iter()
            .map(|draft| {
                let operation = if matches!(draft.effect, Effect::Upsert { .. }) { "+" } else { "-" };
                let line = format!(
                    "{number} {operation} {}/{} {} {}",
                    draft.resource,
                    draft.key,
                    draft.stamp,
                    draft.flags.join(",")
                );
                line.trim_end().to_owned()
            })
            .collect(),
        Translated::Rejected(rejection) => vec![format!("{number} ! {} {}", rejection.rule.id, rejection.field)],
        other => vec![format!("{number} {other:?}")],
    }
}

#[test]
fn the_document_of_the_interface_page_gives_four_records() {
    let adapter = market_supervision::adapter();
    let bytes = document("ENT_20261101_001.xml");
    let facts = adapter.files.framing.inspect(&mut bytes.as_slice()).unwrap();
    assert_eq!((facts.rows, facts.full), (3, false));
    assert_eq!(facts.as_of.unwrap().to_rfc3339(), "2026-10-31T18:11:09+00:00");
    assert_eq!(
        outcomes(&adapter, &bytes, &mut HashMap::new()),
        [
            "1 + shareholding/3201000000000001/1 20261101021109",
            "2 + legal-person/91110000600037341L 20261101021109",
            "2 + business-licence/91110000600037341L 20261101021109",
            "3 + food-operation-licence/JY11101010000018 20261101021109",
        ]
    );
}

#[test]
fn one_bad_entity_never_stops_the_rest() {
    let adapter = market_supervision::adapter();
    let bytes = document("ENT_20261103_001.xml");
    assert_eq!(adapter.files.framing.inspect(&mut bytes.as_slice()).unwrap().rows, 19);
    let weak = "320100600000018";
    let code = "91110000MA00000152";
    let expected = [
        format!("1 + legal-person/{weak} 20261101080000 uscc.missing"),
        format!("1 + business-licence/{weak} 20261101080000 uscc.missing"),
        "2 + shareholding/3201000000000002/1 20261101080000".to_owned(),
        "3 + shareholding/3201000000000002/2 20261101080000".to_owned(),
        "4 + shareholding/3201000000000002/3 20261101080000 party.identifier".to_owned(),
        "5 ! party.masked CERNO".to_owned(),
        format!("6 + legal-person/{code} 20261102080000"),
        format!("6 + business-licence/{code} 20261102080000"),
        format!("6 - legal-person/{weak} 20261102080000"),
        format!("6 - business-licence/{weak} 20261102080000"),
        // Older than what is seen of the key that the enterprise is known by: the ledger supersedes both.
        format!("7 + legal-person/{code} 20261101090000"),
        format!("7 + business-licence/{code} 20261101090000"),
        format!("8 + legal-person/{code} 20261103080000"),
        format!("8 + business-licence/{code} 20261103080000"),
        format!("9 + legal-person/{code} 20261103080000 legal-rep.conflict"),
        format!("9 + business-licence/{code} 20261103080000"),
        "10 ! uscc.checksum UNISCID".to_owned(),
        "11 ! uscc.masked UNISCID".to_owned(),
        "12 ! uscc.absent UNISCID".to_owned(),
        "13 + legal-person/91110000600037342P 20261101021109 uscc.inner-check".to_owned(),
        "13 + business-licence/91110000600037342P 20261101021109 uscc.inner-check".to_owned(),
        "14 ! party.missing UNISCID".to_owned(),
        "15 + food-operation-licence/JY11101010000034 20261101021109".to_owned(),
        "16 ! entity.unknown ".to_owned(),
        "17 ! entity.malformed ".to_owned(),
        "18 ! row.encoding ".to_owned(),
        "19 ! field.required PRIPID".to_owned(),
    ];
    assert_eq!(outcomes(&adapter, &bytes, &mut HashMap::new()), expected);
}

#[test]
fn an_answer_of_the_provider_that_is_an_error_waits() {
    let adapter = market_supervision::adapter();
    let failing = b"<response><head><code>99</code></head><resultList/></response>";
    let refusal = adapter.files.framing.inspect(&mut failing.as_slice()).unwrap_err();
    assert_eq!((refusal.rule.id, refusal.retry), ("provider.error", true));
}
