use super::*;
use adapter_sdk::{Draft, Effect, Rejection};
use contract::canonical::v1::{ConstructionPermit, HousingContract, Party, PartyKind};
use encoding_rs::GB18030;
use proptest::prelude::*;
use prost::Message;

mod permits;
mod sales;

const PERSON: &str = "110101190001010014";
const OTHER_PERSON: &str = "11010519491231002X";
const WRONG_PERSON: &str = "110105194912310021";
const USCC: &str = "91110000600037341L";
const WRONG_USCC: &str = "91110000600037341M";
/// The outer check holds, the organisation code inside does not.
const INNER_WRONG: &str = "91110000600037342P";

type Change = (&'static str, &'static str);

/// A row of the columns of `base`, where `changes` replace their values or add to them, and the layout over it.
fn row(kind: &str, base: &[Change], changes: &[Change]) -> (String, Vec<u8>) {
    let replaced = |column: &Change| changes.iter().find(|(new, _)| *new == column.0).unwrap_or(column).1;
    let new = changes.iter().filter(|(name, _)| base.iter().all(|(known, _)| known != name));
    let columns: Vec<Change> = base.iter().map(|column| (column.0, replaced(column))).chain(new.copied()).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let fields: Vec<String> = columns.iter().map(|(_, value)| format!("\"{}\"", value.replace('"', "\"\""))).collect();
    (format!("{kind}\t,\t{}", names.join("\t")), GB18030.encode(&fields.join(",")).0.into_owned())
}

fn translated((layout, bytes): &(String, Vec<u8>)) -> Translated {
    Housing.translate(&Row { kind: layout, ..Row::of(bytes) }, None)
}

fn draft(row: &(String, Vec<u8>)) -> Draft {
    match translated(row) {
        Translated::Records { mut drafts, memory: None, .. } if drafts.len() == 1 => drafts.remove(0),
        other => panic!("one record expected, not {other:?}"),
    }
}

/// Rule and field of a rejection.
fn rejected(row: &(String, Vec<u8>)) -> (&'static str, &'static str) {
    match translated(row) {
        Translated::Rejected(Rejection { rule, field, .. }) => (rule.id, field),
        other => panic!("a rejection expected, not {other:?}"),
    }
}

fn body<M: Message + Default>(draft: &Draft) -> M {
    match &draft.effect {
        Effect::Upsert { body, .. } => M::decode(body.as_slice()).unwrap(),
        Effect::Withdraw { reason } => panic!("withdrawn: {reason}"),
    }
}

fn found_by(draft: &Draft) -> Vec<String> {
    draft.subjects.iter().map(|one| format!("{}={}", one.kind(), one.value())).collect()
}

/// `name kind=value`, with `*` behind an organisation.
fn named(parties: &[Party]) -> Vec<String> {
    let one = |party: &Party| {
        let mark = if party.kind() == PartyKind::Organisation { "*" } else { "" };
        let identifier = party.identifier.as_ref().map(|id| format!(" {}={}", id.kind, id.value));
        format!("{}{mark}{}", party.name, identifier.unwrap_or_default())
    };
    parties.iter().map(one).collect()
}

#[test]
fn a_row_that_does_not_fit_its_layout_is_refused() {
    let (layout, _) = sales::sale(&[]);
    for (bytes, rule, field) in [
        (&b"a,b"[..], "row.columns", ""),
        (b"", "row.columns", ""),
        (b"\"a\"b,,,,,,,,,,,,", "row.columns", ""),
        (b"1,\x81\x20,,,,,,,,,,,", "row.encoding", "\u{4E70}\u{53D7}\u{4EBA}"),
    ] {
        assert_eq!(rejected(&(layout.clone(), bytes.to_vec())), (rule, field));
    }
    for kind in ["", "XYZ\t,\ta", "FWHT"] {
        assert_eq!(rejected(&(kind.to_owned(), b"a".to_vec())), ("row.columns", ""), "{kind}");
    }
}

#[test]
fn columns_of_one_kind_in_a_file_of_the_other_are_refused() {
    let (layout, bytes) = sales::sale(&[]);
    let translate = |origin| Housing.translate(&Row { kind: &layout, origin, ..Row::of(&bytes) }, None);
    assert!(matches!(translate("FWHT_20261101_001.csv"), Translated::Records { .. }));
    assert!(matches!(translate("contracts.csv"), Translated::Records { .. }));
    let Translated::Rejected(rejection) = translate("SGXKZ_20261101_001.csv") else { panic!("refused") };
    assert_eq!((rejection.rule.id, rejection.resource), ("row.columns", "construction-permit"));
}

#[test]
fn the_same_row_means_the_same_under_columns_in_another_order() {
    let (layout, bytes) = sales::sale(&[]);
    let mut columns: Vec<&str> = layout.split('\t').skip(2).collect();
    let text = GB18030.decode(&bytes).0.into_owned();
    let mut fields: Vec<&str> = text.split("\",\"").map(|field| field.trim_matches('"')).collect();
    columns.reverse();
    fields.reverse();
    columns.push("备注");
    let turned = (
        format!("FWHT\t，\t{}", columns.join("\t")),
        GB18030.encode(&format!("\"{}\"，\"x，y\"", fields.join("\"，\""))).0.into_owned(),
    );
    assert_eq!(translated(&turned), translated(&(layout, bytes)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_values_are_judged_without_panic(values in prop::collection::vec("[\\PC,;、'\"=0-9*]{0,20}", 13), permit: bool) {
        let (kind, columns) = if permit { permits::row_of(&[]) } else { sales::sale(&[]) };
        drop(columns);
        let fields: Vec<String> = values.iter().map(|value| format!("\"{}\"", value.replace('"', "\"\""))).collect();
        drop(translated(&(kind, GB18030.encode(&fields.join(",")).0.into_owned())));
    }
}
