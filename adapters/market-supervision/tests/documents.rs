//! Whole documents, from a dropped file to what becomes of each entity.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its fixture has failed")]

use adapter_sdk::{TryConfig, TryLine, TrySummary, try_files};
use std::path::{Path, PathBuf};

/// `row outcome resource/key flags` of every line; a reject has its rule and field instead.
fn try_out(names: &[&str]) -> (Vec<String>, TrySummary) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    let mut lines = Vec::new();
    let mut keep = |line: &TryLine| {
        if line.outcome != "note" {
            lines.push(told(line));
        }
        Ok(())
    };
    let summary = try_files(&market_supervision::adapter(), &files, TryConfig::default(), &mut keep).unwrap();
    (lines, summary)
}

fn told(line: &TryLine) -> String {
    let row = line.source.row.unwrap_or_default();
    if line.outcome == "reject" || line.outcome == "file-refused" {
        return format!("{row} {} {} {}", line.outcome, line.rule.unwrap_or_default(), line.field.unwrap_or_default());
    }
    let name = [line.resource.as_deref(), line.key.as_deref()].map(Option::unwrap_or_default).join("/");
    let flags = line.flags.clone().unwrap_or_default().join(",");
    let words = [line.outcome, &name, &flags, line.reason.unwrap_or_default()];
    format!("{row} {}", words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

#[test]
fn the_document_of_the_interface_page_gives_four_records() {
    let (lines, summary) = try_out(&["ENT_20261101_001.xml"]);
    assert_eq!(
        lines,
        [
            "1 record shareholding/3201000000000001/1",
            "2 record legal-person/91110000600037341L",
            "2 record business-licence/91110000600037341L",
            "3 record food-operation-licence/JY11101010000018",
        ]
    );
    assert_eq!((summary.rows, summary.records, summary.published), (3, 4, 3));
}

#[test]
fn one_bad_entity_never_stops_the_rest() {
    let (lines, summary) = try_out(&["ENT_20261103_001.xml"]);
    assert_eq!(
        lines,
        [
            "1 record legal-person/320100600000018 uscc.missing",
            "1 record business-licence/320100600000018 uscc.missing",
            "2 record shareholding/3201000000000002/1",
            "3 record shareholding/3201000000000002/2",
            "4 record shareholding/3201000000000002/3 party.identifier",
            "5 reject party.masked CERNO",
            "6 record legal-person/91110000MA00000152",
            "6 record business-licence/91110000MA00000152",
            "6 record legal-person/320100600000018 key.changed",
            "6 record business-licence/320100600000018 key.changed",
            "7 superseded legal-person/91110000MA00000152",
            "7 superseded business-licence/91110000MA00000152",
            "8 record legal-person/91110000MA00000152",
            "8 record business-licence/91110000MA00000152",
            "9 record legal-person/91110000MA00000152 legal-rep.conflict",
            "9 record business-licence/91110000MA00000152",
            "10 reject uscc.checksum UNISCID",
            "11 reject uscc.masked UNISCID",
            "12 reject uscc.absent UNISCID",
            "13 record legal-person/91110000600037342P uscc.inner-check",
            "13 record business-licence/91110000600037342P uscc.inner-check",
            "14 reject party.missing UNISCID",
            "15 record food-operation-licence/JY11101010000034",
            "16 reject entity.unknown ",
            "17 reject entity.malformed ",
            "18 reject row.encoding ",
            "19 reject field.required PRIPID",
        ]
    );
    assert_eq!((summary.rows, summary.published, summary.superseded, summary.rejected), (19, 9, 1, 9));
}

#[test]
fn the_same_documents_again_bring_nothing_back() {
    let (first, _) = try_out(&["ENT_20261101_001.xml", "ENT_20261103_001.xml"]);
    let (both, summary) = try_out(&["ENT_20261101_001.xml", "ENT_20261103_001.xml", "ENT_20261103_001.xml"]);
    let again: Vec<&str> =
        both[first.len()..].iter().map(String::as_str).filter(|line| line.contains(" record ")).collect();
    // The two rows that contradict each other at one time stand against each other again; the later one stays.
    assert_eq!(
        again,
        [
            "8 record legal-person/91110000MA00000152 legal-rep.conflict",
            "8 record business-licence/91110000MA00000152",
            "9 record legal-person/91110000MA00000152 legal-rep.conflict",
            "9 record business-licence/91110000MA00000152",
        ]
    );
    assert_eq!(summary.rows, 3 + 19 + 19);
}
