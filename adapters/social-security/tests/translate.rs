//! What records of the table become.

mod table;

use adapter_sdk::{
    Draft, Effect, Rejection, Row, Translated, TryConfig,
    formats::framing::{FramedRow, RowStart},
    try_files,
};
use contract::canonical::v1::{InsuranceState, Party, PartyKind, SocialInsurance};
use proptest::prelude::*;
use prost::Message;
use social_security::adapter;
use std::{collections::BTreeSet, fs, path::Path};
use table::{COLUMNS, Entry, edited, table, table_of};

const FILE: &str = "CBZT_202610_001.dbf";
const KEY: &str = "3301000000000001/110/DW0000001";

fn layout() -> String {
    COLUMNS.map(|(name, kind, width)| format!("{name} {}{width}", char::from(kind))).join(";")
}

fn translate_in(file: &str, bytes: &[u8]) -> Translated {
    adapter().mapping.translate(&Row { kind: &layout(), origin: file, ..Row::of(bytes) }, None)
}

fn translate(entry: &Entry) -> Translated {
    translate_in(FILE, &entry.0)
}

fn draft_of(translated: Translated) -> Draft {
    match translated {
        Translated::Records { mut drafts, .. } if drafts.len() == 1 => drafts.remove(0),
        other => panic!("no single record: {other:?}"),
    }
}

fn draft(entry: &Entry) -> Draft {
    draft_of(translate(entry))
}

fn body(entry: &Entry) -> SocialInsurance {
    match draft(entry).effect {
        Effect::Upsert { body, .. } => {
            SocialInsurance::decode(body.as_slice()).unwrap_or_else(|error| panic!("{error}"))
        }
        Effect::Withdraw { reason } => panic!("withdrawn: {reason}"),
    }
}

fn rejection(entry: &Entry) -> Rejection {
    match translate(entry) {
        Translated::Rejected(rejection) => rejection,
        other => panic!("not rejected: {other:?}"),
    }
}

fn subjects(edits: &[(&str, &str)]) -> Vec<String> {
    let of = |subject: &domain::Identifier| format!("{}={}", subject.kind(), subject.value());
    draft(&edited(edits)).subjects.iter().map(of).collect()
}

fn identifier(party: Option<&Party>) -> String {
    let identifier = party.and_then(|party| party.identifier.as_ref());
    identifier.map(|identifier| format!("{}={}", identifier.kind, identifier.value)).unwrap_or_default()
}

#[test]
fn a_record_becomes_a_participation() {
    let record = body(&Entry::new());
    let insured = record.insured.clone().unwrap();
    let employer = record.employer.clone().unwrap();
    assert_eq!((insured.name.as_str(), insured.kind()), ("王买买提·艾力", PartyKind::Person));
    assert_eq!(identifier(Some(&insured)), "citizen-number=11010519491231002X");
    assert_eq!((employer.name.as_str(), employer.kind()), ("样本科技有限公司", PartyKind::Organisation));
    assert_eq!(identifier(Some(&employer)), "uscc=91110000600037341L");
    let expected = SocialInsurance {
        person_number: "3301000000000001".into(),
        insured: Some(insured),
        employer: Some(employer),
        employer_number: "DW0000001".into(),
        insurance: "110".into(),
        first_month: "2020-01".into(),
        last_paid_month: "2026-10".into(),
        state: InsuranceState::Insured.into(),
        valid: Some(true),
        handled_on: "2026-10-15".into(),
    };
    assert_eq!(record, expected);
}

#[test]
fn it_is_found_by_the_person_and_the_employer() {
    let draft = draft(&Entry::new());
    assert_eq!((draft.resource, draft.key.as_str(), draft.flags.len()), ("social-insurance", KEY, 0));
    assert_eq!(subjects(&[]), ["citizen-number=11010519491231002X", "uscc=91110000600037341L"]);
    assert_eq!(subjects(&[("AAB998", "")]), ["citizen-number=11010519491231002X"]);
}

#[test]
fn the_version_is_the_month_of_the_file_and_then_the_day_of_handling() {
    let october = draft(&Entry::new());
    assert_eq!(october.stamp, "20261020261015");
    assert_eq!(october.source_time.to_rfc3339(), "2026-10-14T16:00:00+00:00");
    let later = draft_of(translate_in("CBZT_202611_003.dbf", &edited(&[("AAE036", "20200101")]).0));
    assert!(later.stamp > october.stamp, "a later month wins whatever the day");
    let blank = draft(&edited(&[("AAE036", "")]));
    assert_eq!(blank.stamp, "20261000000000");
    assert_eq!(blank.source_time.to_rfc3339(), "2026-09-30T16:00:00+00:00");
    let unnamed = draft_of(translate_in("export.dbf", &Entry::new().0));
    assert_eq!(unnamed.stamp, "00000020261015");
}

#[test]
fn broken_columns_reject_the_record() {
    for (column, text, rule) in [
        ("AAC001", "", "field.required"),
        ("AAC001", "A\u{7}", "field.invalid"),
        ("AAB001", "", "field.required"),
        ("AAE140", "", "field.required"),
        ("AAC147", "", "party.missing"),
        ("AAC147", "1101051949123100**", "party.masked"),
        ("AAC147", "110105194912310021", "citizen-id.checksum"),
        ("AAC147", "110105194902300012", "citizen-id.date"),
        ("AAC147", "E12345678", "citizen-id.checksum"),
        ("AAB998", "9111000060003734**", "party.masked"),
        ("AAE041", "******", "number.overflow"),
        ("AAE042", "*", "number.overflow"),
        ("AAE041", "2020.1", "number.invalid"),
        ("AAE042", "-20201", "number.invalid"),
        ("AAE041", "202013", "date.invalid"),
        ("AAE042", "2020", "date.invalid"),
        ("AAE042", "201912", "period.reversed"),
        ("AAE036", "20260230", "date.invalid"),
        ("AAE036", "2026", "date.invalid"),
        ("AAE036", "********", "date.invalid"),
    ] {
        let rejection = rejection(&edited(&[(column, text)]));
        assert_eq!((rejection.rule.id, rejection.field), (rule, column), "{column} = {text}");
        let keyless = ["AAC001", "AAB001", "AAE140"].contains(&column);
        assert_eq!(rejection.key.as_deref(), (!keyless).then_some(KEY));
    }
}

#[test]
fn the_employer_alone_does_not_keep_a_record_alive() {
    assert_eq!(rejection(&edited(&[("AAC058", ""), ("AAC147", "")])).rule.id, "party.missing");
    assert_eq!(rejection(&edited(&[("AAC058", ""), ("AAC147", "91110000600037341M")])).rule.id, "uscc.checksum");
}

#[test]
fn the_kind_of_number_is_the_code_and_without_one_what_the_number_is() {
    for (code, number, expected) in [
        ("111", "110105491231002", "citizen-number=11010519491231002X"),
        ("111", "1101051949123100２ｘ", "citizen-number=11010519491231002X"),
        ("414", "e12345678", "passport=E12345678"),
        ("516", "H12345678", "hk-macao-permit=H12345678"),
        ("516", "810000199001010019", "citizen-number=810000199001010019"),
        ("511", "12345678", "taiwan-permit=12345678"),
        ("114", "军字第00001号", "military-id=军字第00001号"),
        ("999", "X-1", "other-person-id=X-1"),
        ("", "11010519491231002X", "citizen-number=11010519491231002X"),
        ("", "M1234567801", "hk-macao-permit=M1234567801"),
        ("", "12345678", "taiwan-permit=12345678"),
        ("", "911124198108030024", "foreign-residence-number=911124198108030024"),
        ("", "E12345678", "other-person-id=E12345678"),
    ] {
        let edits = [("AAC058", code), ("AAC147", number)];
        assert_eq!(subjects(&edits)[0], expected, "{code} {number}");
        assert_eq!(draft(&edited(&edits)).flags, [""; 0], "{code} {number}");
        assert_eq!(body(&edited(&edits)).insured.unwrap().kind(), PartyKind::Person);
    }
}

#[test]
fn a_code_that_is_in_no_table_is_flagged() {
    for (column, text) in [("AAC058", "222"), ("AAE140", "999"), ("AAC008", "9"), ("AAE100", "X")] {
        assert_eq!(draft(&edited(&[(column, text)])).flags, ["code.unknown"], "{column} = {text}");
    }
    assert_eq!(subjects(&[("AAC058", "222")])[0], "citizen-number=11010519491231002X");
    assert_eq!(body(&edited(&[("AAE140", "999")])).insurance, "999");
    assert_eq!(body(&edited(&[("AAC008", "9")])).state(), InsuranceState::Unspecified);
    assert_eq!(body(&edited(&[("AAE100", "X")])).valid, None);
}

#[test]
fn states_and_validity_are_what_their_codes_say() {
    for (code, state) in [
        ("1", InsuranceState::Insured),
        ("2", InsuranceState::Paused),
        ("3", InsuranceState::Ended),
        ("4", InsuranceState::Retired),
        ("", InsuranceState::Unspecified),
    ] {
        assert_eq!(body(&edited(&[("AAC008", code)])).state(), state, "{code}");
    }
    for (code, valid) in [("1", Some(true)), ("0", Some(false)), ("", None)] {
        let entry = edited(&[("AAE100", code)]);
        assert_eq!((body(&entry).valid, draft(&entry).flags), (valid, vec![]), "{code}");
    }
}

#[test]
fn blank_and_unknown_months_and_days_are_absent() {
    for text in ["", "0", "000000", "190001", "209912", "999912"] {
        let record = body(&edited(&[("AAE042", text)]));
        assert_eq!((record.first_month.as_str(), record.last_paid_month.as_str()), ("2020-01", ""), "{text}");
    }
    for text in ["", "00000000", "19000101", "99991231"] {
        let entry = edited(&[("AAE036", text)]);
        assert_eq!((body(&entry).handled_on.as_str(), draft(&entry).stamp.as_str()), ("", "20261000000000"), "{text}");
    }
    let month = body(&edited(&[("AAE041", "202610")]));
    assert_eq!((month.first_month.as_str(), month.last_paid_month.as_str()), ("2026-10", "2026-10"));
}

#[test]
fn a_wrong_number_of_the_employer_is_kept_and_flagged() {
    let entry = edited(&[("AAB998", "91110000600037341M")]);
    assert_eq!(draft(&entry).flags, ["party.identifier"]);
    assert_eq!(identifier(body(&entry).employer.as_ref()), "other-organisation-id=91110000600037341M");
    let nameless = body(&edited(&[("AAB998", ""), ("AAB004", "")]));
    assert_eq!((nameless.employer, nameless.employer_number.as_str()), (None, "DW0000001"));
    let named = body(&edited(&[("AAB998", "")])).employer.unwrap();
    assert_eq!((named.name.as_str(), named.identifier), ("样本科技有限公司", None));
}

#[test]
fn a_name_cut_inside_a_character_loses_the_byte_and_is_flagged() {
    let whole = "欧阳古丽努尔买买提艾力江阿卜杜热合曼吐尔";
    assert_eq!(body(&edited(&[("AAC003", whole)])).insured.unwrap().name, whole);
    assert_eq!(draft(&edited(&[("AAC003", whole)])).flags, [""; 0]);
    let cut = edited(&[("AAC003", &format!("A{whole}"))]);
    assert_eq!(draft(&cut).flags, ["name.truncated"]);
    assert_eq!(body(&cut).insured.unwrap().name, format!("A{}", whole.strip_suffix('尔').unwrap()));
    let employer = edited(&[("AAB004", &format!("A{}", "公司".repeat(25)))]);
    assert_eq!(draft(&employer).flags, ["name.truncated"]);
    assert_eq!(body(&employer).employer.unwrap().name, format!("A{}公", "公司".repeat(24)));
}

#[test]
fn bytes_that_are_no_text_reject_the_record() {
    let cut_number = [b"A", &[0xCD, 0xF5].repeat(15)[..]].concat();
    for (column, bytes) in [("AAC003", &b"A\x80"[..]), ("AAB004", b"\xCD \xF5"), ("AAC147", &cut_number)] {
        let rejection = rejection(&Entry::new().with_bytes(column, bytes));
        assert_eq!((rejection.rule.id, rejection.field), ("row.encoding", column));
        assert_eq!(rejection.key.as_deref(), Some(KEY));
    }
}

#[test]
fn deleted_records_are_skipped_whatever_they_hold() {
    let skipped = |entry: &Entry| match translate(entry) {
        Translated::Skipped { rule } => rule.id,
        other => panic!("not skipped: {other:?}"),
    };
    assert_eq!(skipped(&Entry::new().marked(b'*')), "record.deleted");
    assert_eq!(skipped(&Entry::new().marked(b'*').with_bytes("AAC003", b"\xFF").with("AAC001", "")), "record.deleted");
    assert_eq!(rejection(&Entry::new().marked(0)).rule.id, "message.op");
}

#[test]
fn a_record_without_its_layout_is_rejected() {
    let bytes = Entry::new().0;
    for (kind, bytes) in [("", &bytes[..]), ("AAC001 C20", &bytes[..]), (&layout(), &bytes[1..])] {
        let Translated::Rejected(rejection) = adapter().mapping.translate(&Row { kind, ..Row::of(bytes) }, None) else {
            panic!("not rejected")
        };
        assert_eq!(rejection.rule.id, "row.columns");
    }
}

#[test]
fn a_table_is_cut_into_its_records() {
    let entries = [Entry::new(), Entry::new().marked(b'*'), edited(&[("AAE140", "310")])];
    let bytes = table(&entries);
    let framing = adapter().ways.remove(0).files.framing;
    let facts = framing.inspect(&mut bytes.as_slice()).unwrap();
    assert_eq!((facts.rows, facts.full, facts.layout), (2, false, layout()));
    assert_eq!(facts.as_of.unwrap().to_rfc3339(), "2026-11-04T16:00:00+00:00");
    let mut reader = framing.rows(Box::new(bytes.as_slice()), RowStart::default());
    let mut row = FramedRow::default();
    for entry in &entries {
        assert!(reader.next_row(&mut row).unwrap());
        assert_eq!((&row.bytes, &row.kind), (&entry.0, &layout()));
    }
    assert!(!reader.next_row(&mut row).unwrap());
}

#[test]
fn every_column_of_the_document_must_be_there() {
    let framing = adapter().ways.remove(0).files.framing;
    for (name, _, _) in COLUMNS {
        let rest: Vec<_> = COLUMNS.into_iter().filter(|(other, _, _)| *other != name).collect();
        let refusal = framing.inspect(&mut table_of(&rest, &[]).as_slice()).unwrap_err();
        assert_eq!((refusal.rule.id, refusal.detail), ("file.header", format!("there is no column {name}")));
    }
}

#[test]
fn a_later_month_replaces_an_earlier_one_and_never_the_other_way_round() {
    let first = Entry::new();
    let ended = edited(&[("AAC008", "3")]);
    let corrected = edited(&[("AAE036", "20261130")]);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("months");
    let mut paths = Vec::new();
    for (number, (name, entry)) in [
        ("CBZT_202610_001.dbf", &first),
        ("CBZT_202611_001.dbf", &ended),
        ("CBZT_202610_001.dbf", &first),
        ("CBZT_202610_002.dbf", &corrected),
        ("CBZT_202612_001.dbf", &ended),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = folder.join(number.to_string());
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), table(std::slice::from_ref(entry))).unwrap();
        paths.push(folder.join(name));
    }
    let mut outcomes = Vec::new();
    let summary = try_files(&adapter(), &paths, TryConfig::default(), &mut |line| {
        outcomes.push(line.outcome.to_owned());
        Ok(())
    });
    assert_eq!(summary.unwrap().files_refused, 0);
    outcomes.retain(|outcome| outcome != "note");
    assert_eq!(outcomes, ["record", "record", "superseded", "superseded", "unchanged"]);
}

#[test]
fn rules_are_declared_once() {
    let rules = adapter().mapping.department().rules;
    let ids: BTreeSet<_> = rules.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), rules.len());
}

/// What a record met: the rule that rejected it, or its flags.
fn rules_met(translated: &Translated) -> Vec<&'static str> {
    match translated {
        Translated::Records { drafts, .. } => drafts.iter().flat_map(|draft| draft.flags.clone()).collect(),
        Translated::Rejected(rejection) => vec![rejection.rule.id],
        Translated::Skipped { rule } | Translated::Waiting { rule, .. } => vec![rule.id],
        Translated::Superseded { .. } => vec![],
    }
}

proptest! {
    #[test]
    fn a_well_formed_record_is_published(
        name in "[\u{4E00}-\u{9FA5}]{1,20}",
        first in 0_u32..600,
        months in 0_u32..300,
    ) {
        let month = |months: u32| format!("{}{:02}", 1970 + months / 12, months % 12 + 1);
        let (from, to) = (month(first), month(first + months));
        let record = body(&edited(&[("AAC003", &name), ("AAE041", &from), ("AAE042", &to)]));
        prop_assert_eq!(record.insured.unwrap().name, name);
        prop_assert_eq!(record.first_month.replace('-', ""), from);
        prop_assert_eq!(record.last_paid_month.replace('-', ""), to);
        if months > 0 {
            let (from, to) = (month(first + months), month(first));
            let rejection = rejection(&edited(&[("AAE041", &from), ("AAE042", &to)]));
            prop_assert_eq!(rejection.rule.id, "period.reversed");
        }
    }

    #[test]
    fn whatever_stands_in_a_record_has_an_outcome(
        column in 0..13_usize,
        mark: u8,
        bytes in proptest::collection::vec(any::<u8>(), 0..110),
    ) {
        let entry = Entry::new().marked(mark).with_bytes(COLUMNS[column].0, &bytes);
        let rules = adapter().mapping.department().rules;
        for entry in [&entry.0[..], &entry.clone().marked(b' ').0, &bytes] {
            let translated = translate_in(FILE, entry);
            prop_assert!(rules_met(&translated).iter().all(|id| rules.iter().any(|rule| rule.id == *id)));
            prop_assert_eq!(translate_in(FILE, entry), translated, "the same bytes, the same outcome");
        }
    }
}
