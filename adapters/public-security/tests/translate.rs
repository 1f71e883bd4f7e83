//! Every provision of the register's interface document, as rows.

mod register;

use adapter_sdk::{
    Adapter, Draft, Effect, Rejection, Row, Translated, formats::framing::FramedRow, formats::framing::RowStart,
};
use contract::canonical::v1::{LifeStatus, NaturalPerson};
use domain::IdentifierKind;
use proptest::prelude::*;
use prost::Message;
use register::{Line, SPECIMEN, edited, file};
use std::collections::BTreeSet;

fn adapter() -> Adapter {
    public_security::adapter()
}

fn translate(bytes: &[u8]) -> Translated {
    adapter().mapping.translate(&Row::of(bytes), None)
}

fn draft(line: &Line) -> Draft {
    match translate(&line.0) {
        Translated::Records { mut drafts, memory: None, .. } if drafts.len() == 1 => drafts.remove(0),
        other => panic!("one record expected, not {other:?}"),
    }
}

fn person(line: &Line) -> NaturalPerson {
    match draft(line).effect {
        Effect::Upsert { message, body } if message == "exchange.canonical.v1.NaturalPerson" => {
            NaturalPerson::decode(body.as_slice()).unwrap_or_else(|error| panic!("{error}"))
        }
        other => panic!("an upsert expected, not {other:?}"),
    }
}

fn rejection(line: &Line) -> Rejection {
    match translate(&line.0) {
        Translated::Rejected(rejection) => rejection,
        other => panic!("a rejection expected, not {other:?}"),
    }
}

fn flags(edits: &[(&str, &str)]) -> Vec<&'static str> {
    draft(&edited(edits)).flags
}

fn field_names() -> impl Iterator<Item = &'static str> {
    SPECIMEN.iter().map(|(name, _)| *name)
}

#[test]
fn a_current_row_is_a_resident() {
    let draft = draft(&Line::new());
    assert_eq!((draft.resource, draft.key.as_str()), ("natural-person", "RY330106000000000001"));
    assert_eq!(draft.stamp, "20260102030405");
    assert_eq!(draft.source_time.to_rfc3339(), "2026-01-01T19:04:05+00:00");
    assert_eq!(draft.flags, [""; 0]);
    let [subject] = draft.subjects.as_slice() else { panic!("one subject expected") };
    assert_eq!((subject.kind(), subject.value()), (IdentifierKind::CitizenNumber, "11010519491231002X"));
    let expected = NaturalPerson {
        source_person_id: "RY330106000000000001".into(),
        citizen_number: "11010519491231002X".into(),
        name: "王\u{20000}买买提·艾力".into(),
        sex: "2".into(),
        ethnicity: "01".into(),
        birth_date: "1949-12-31".into(),
        birth_division: "110105".into(),
        native_division: "330106".into(),
        household_number: "H0001".into(),
        relation_to_head: "02".into(),
        division: "330106".into(),
        address: "西湖区文三路１号".into(),
        education: "21".into(),
        marital_status: "20".into(),
        employer: "样本单位".into(),
        id_card_issuer: "杭州市公安局西湖分局".into(),
        id_card_valid_from: "2015-05-12".into(),
        id_card_valid_to: "2035-05-12".into(),
        life_status: LifeStatus::Normal.into(),
        ..NaturalPerson::default()
    };
    assert_eq!(person(&Line::new()), expected);
}

#[test]
fn broken_fields_reject_the_row() {
    for (field, text, rule) in [
        ("kind", "X", "message.op"),
        ("czbs", "Z", "message.op"),
        ("czbs", "", "message.op"),
        ("ryid", "", "field.required"),
        ("ryid", "RY\u{7}1", "field.invalid"),
        ("ryid", "RY\n1", "field.invalid"),
        ("ryid", "人员1", "field.invalid"),
        ("gmsfhm", "", "citizen-id.missing"),
        ("gmsfhm", "110105********002X", "citizen-id.masked"),
        ("gmsfhm", "110105194912310021", "citizen-id.checksum"),
        ("gmsfhm", "1101051949123100", "citizen-id.checksum"),
        ("gmsfhm", "911124198108030024", "citizen-id.checksum"),
        ("gmsfhm", "110105491331002", "citizen-id.date"),
        ("csrq", "19491230", "citizen-id.birth-mismatch"),
        ("csrq", "19491331", "date.invalid"),
        ("csrq", "99991231", "date.invalid"),
        ("yxqxqsrq", "2015", "date.invalid"),
        ("yxqxjzrq", "20350230", "date.invalid"),
        ("jlbz", "3", "message.op"),
        ("jlbz", "", "message.op"),
        ("gxsj", "", "field.required"),
        ("gxsj", "99999999999999", "field.required"),
        ("gxsj", "20260102030465", "date.invalid"),
    ] {
        let rejection = rejection(&edited(&[(field, text)]));
        assert_eq!((rejection.rule.id, rejection.field), (rule, field), "{field} = {text}");
        assert_eq!(rejection.key.is_some(), field != "ryid");
    }
}

#[test]
fn the_period_of_the_row_itself_is_not_judged() {
    let line = edited(&[("qysj", "20261399xxxxxx"), ("jssj", "?")]);
    assert_eq!(person(&line), person(&Line::new()));
    assert_eq!(draft(&line).flags, [""; 0]);
}

#[test]
fn an_impossible_day_with_a_good_check_character_is_a_date_fault() {
    assert_eq!(rejection(&edited(&[("gmsfhm", "110105194902300012")])).rule.id, "citizen-id.date");
}

#[test]
fn a_row_of_another_length_is_rejected_first() {
    for length in [0, 1, 514, 516, 1032] {
        let mut bytes = Line::new().with("gmsfhm", "").0;
        bytes.resize(length, b' ');
        assert_eq!(rejection(&Line(bytes)).rule.id, "row.length", "{length} bytes");
    }
}

#[test]
fn a_character_cut_by_a_field_boundary_is_rejected_before_bad_bytes() {
    let cut_name = [b"A", &[0xCD, 0xF5].repeat(30)[..]].concat();
    let four_bytes = [0x95, 0x32, 0x82, 0x36];
    for length in 1..four_bytes.len() {
        let employer = [&[b' '; 60][length..], &four_bytes[..length]].concat();
        assert_eq!(rejection(&Line::new().with_bytes("fwcs", &employer)).rule.id, "row.torn-character");
    }
    let line = Line::new().with_bytes("cym", &cut_name).with_bytes("xm", &[0x80]);
    let rejection = rejection(&line);
    assert_eq!((rejection.rule.id, rejection.field), ("row.torn-character", "cym"));
    assert_eq!(rejection.key.as_deref(), Some("RY330106000000000001"));
}

#[test]
fn bytes_that_are_not_gb18030_are_rejected_before_any_field() {
    for bytes in [&[0x80][..], &[0xFF], &[b'A', 0x80, b'B'], &[0xD6, b' '], &[0x84, 0x31, 0xA5, 0x30]] {
        for field in ["xm", "mlxz"] {
            let line = Line::new().with("gmsfhm", "").with_bytes(field, bytes);
            assert_eq!((rejection(&line).rule.id, rejection(&line).field), ("row.encoding", field));
        }
    }
}

#[test]
fn a_history_row_is_superseded_whatever_its_fields_hold() {
    let line = edited(&[("jlbz", "2"), ("gmsfhm", "1*"), ("csrq", "x"), ("gxsj", "20991231235959"), ("czbs", "?")]);
    let about = Some(("natural-person", "RY330106000000000001".to_owned()));
    assert_eq!(translate(&line.0), Translated::Superseded { about });
    assert_eq!(rejection(&line.clone().with_bytes("xm", &[0xFF])).rule.id, "row.encoding");
    assert_eq!(rejection(&Line(line.0[..514].to_vec())).rule.id, "row.length");
}

#[test]
fn cancelled_and_deleted_residents_are_withdrawn_with_their_number() {
    for (edit, reason) in
        [(("czbs", "D"), "source.cancelled"), (("ryzt", "7"), "source.deleted"), (("ryzt", "8"), "source.deregistered")]
    {
        let draft = draft(&edited(&[edit]));
        assert_eq!(draft.effect, Effect::Withdraw { reason });
        assert_eq!(draft.subjects[0].value(), "11010519491231002X");
    }
    assert_eq!(rejection(&edited(&[("czbs", "D"), ("gmsfhm", "")])).rule.id, "citizen-id.missing");
}

#[test]
fn other_states_stay_visible() {
    for (state, status) in [
        ("0", LifeStatus::Normal),
        ("1", LifeStatus::Dead),
        ("2", LifeStatus::MovedOut),
        ("3", LifeStatus::InService),
        ("4", LifeStatus::SettledAbroad),
        ("6", LifeStatus::Missing),
        ("9", LifeStatus::Other),
        ("5", LifeStatus::Other),
        ("", LifeStatus::Unspecified),
    ] {
        assert_eq!(person(&edited(&[("ryzt", state)])).life_status(), status, "state {state}");
    }
}

#[test]
fn a_fifteen_digit_number_is_upgraded_and_kept() {
    let line = edited(&[("gmsfhm", "110105491231002")]);
    assert_eq!(draft(&line).flags, ["citizen-id.upgraded"]);
    assert_eq!(draft(&line).subjects[0].value(), "11010519491231002X");
    assert_eq!(person(&line).citizen_number, "11010519491231002X");
    assert_eq!(person(&line).former_citizen_number, "110105491231002");
}

#[test]
fn doubtful_fields_are_flagged_and_kept() {
    for (field, text, flag) in [
        ("xb", "1", "citizen-id.sex-mismatch"),
        ("xb", "7", "code.unknown"),
        ("mz", "99", "code.unknown"),
        ("yhzgx", "00", "code.unknown"),
        ("whcd", "99", "code.unknown"),
        ("hyzk", "77", "code.unknown"),
        ("ryzt", "5", "code.unknown"),
        ("csdssxq", "999999", "division.unknown"),
        ("jgssxq", "340191", "division.unknown"),
        ("ssxq", "00", "division.unknown"),
        ("xm", "王?", "name.replacement-char"),
        ("cym", "王\u{E000}", "name.private-use"),
    ] {
        assert_eq!(flags(&[(field, text)]), [flag], "{field} = {text}");
    }
    assert_eq!(person(&edited(&[("mz", "99")])).ethnicity, "99");
    assert_eq!(person(&edited(&[("xm", "王\u{E000}?")])).name, "王\u{E000}?");
    let all = flags(&[("cym", "\u{E001}"), ("xm", "?"), ("xb", "1"), ("ssxq", "1"), ("jgssxq", "2")]);
    assert_eq!(all, ["citizen-id.sex-mismatch", "division.unknown", "name.private-use", "name.replacement-char"]);
}

#[test]
fn private_use_and_question_marks_outside_names_are_not_flagged() {
    assert_eq!(flags(&[("mlxz", "某路?号\u{E000}"), ("fwcs", "?"), ("qfjg", "\u{E000}")]), [""; 0]);
}

#[test]
fn abolished_divisions_and_permits_of_81_to_83_are_good() {
    assert_eq!(flags(&[("csdssxq", "110103")]), [""; 0]);
    for number in ["810000199001010019", "820000199001010029", "830000199001010039"] {
        let line = edited(&[("gmsfhm", number), ("csrq", "19900101"), ("xb", "9")]);
        assert_eq!(draft(&line).flags, [""; 0]);
    }
}

#[test]
fn blank_fields_are_unknown_without_a_flag() {
    let kept = ["kind", "czbs", "ryid", "gmsfhm", "jlbz", "gxsj"];
    let blank = field_names().filter(|name| !kept.contains(name)).fold(Line::new(), |line, name| line.with(name, ""));
    let expected = NaturalPerson {
        source_person_id: "RY330106000000000001".into(),
        citizen_number: "11010519491231002X".into(),
        id_card_valid_indefinitely: true,
        ..NaturalPerson::default()
    };
    assert_eq!(person(&blank), expected);
    assert_eq!(draft(&blank).flags, [""; 0]);
}

#[test]
fn values_that_stand_for_unknown_are_absent() {
    let line = edited(&[("xb", "0"), ("csrq", "19000101"), ("yxqxqsrq", "00000000"), ("yxqxjzrq", "0")]);
    let person = person(&line);
    assert_eq!((person.sex.as_str(), person.birth_date.as_str()), ("", ""));
    assert_eq!((person.id_card_valid_from.as_str(), person.id_card_valid_to.as_str()), ("", ""));
    assert!(!person.id_card_valid_indefinitely);
    assert_eq!(draft(&line).flags, [""; 0]);
}

#[test]
fn sex_nine_is_kept_and_contradicts_nothing() {
    let line = edited(&[("xb", "9")]);
    assert_eq!((person(&line).sex.as_str(), draft(&line).flags), ("9", vec![]));
}

#[test]
fn a_card_without_end_is_valid_indefinitely() {
    for end in ["99991231", "20991231", "长期", ""] {
        let person = person(&edited(&[("yxqxjzrq", end)]));
        assert!(person.id_card_valid_indefinitely && person.id_card_valid_to.is_empty(), "{end}");
    }
}

#[test]
fn one_digit_marital_codes_become_two_digits() {
    for (given, code) in [("1", "10"), ("2", "20"), ("3", "30"), ("4", "40"), ("9", "90"), ("21", "21")] {
        assert_eq!(person(&edited(&[("hyzk", given)])).marital_status, code);
    }
}

#[test]
fn blanks_go_and_full_width_identifiers_become_half_width() {
    let line = edited(&[("xm", "\u{3000}王 三\u{3000}"), ("ryid", " ＲＹ１"), ("hh", "Ｈ２")]);
    let person = person(&line);
    assert_eq!((person.name.as_str(), person.source_person_id.as_str()), ("王 三", "RY1"));
    assert_eq!(person.household_number, "H2");
}

#[test]
fn a_file_is_cut_into_its_rows() {
    let lines = [Line::new(), edited(&[("jlbz", "2")]), Line::new().with_bytes("xm", &[0x80])];
    let bytes = file('F', &lines);
    let framing = adapter().ways.remove(0).files.framing;
    let facts = framing.inspect(&mut bytes.as_slice()).unwrap();
    assert_eq!((facts.rows, facts.full, facts.scope.as_str()), (3, true, "330106"));
    assert_eq!(facts.as_of.unwrap().to_rfc3339(), "2026-01-02T18:00:00+00:00");
    let mut reader = framing.rows(Box::new(bytes.as_slice()), RowStart::default());
    let mut row = FramedRow::default();
    for line in &lines {
        assert!(reader.next_row(&mut row).unwrap());
        assert_eq!(row.bytes, line.0);
    }
    assert!(!reader.next_row(&mut row).unwrap());
    let cut = &bytes[..bytes.len() - 100];
    assert_eq!(framing.inspect(&mut &*cut).unwrap_err().rule.id, "file.trailer");
}

#[test]
fn rules_are_declared_once() {
    let rules = adapter().mapping.department().rules;
    let ids: BTreeSet<_> = rules.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), rules.len());
}

/// What a row met: the rule that rejected it and its flags.
fn rules_met(translated: &Translated) -> Vec<&'static str> {
    match translated {
        Translated::Records { drafts, .. } => drafts.iter().flat_map(|draft| draft.flags.clone()).collect(),
        Translated::Rejected(rejection) => vec![rejection.rule.id],
        Translated::Superseded { .. } | Translated::Skipped { .. } | Translated::Waiting { .. } => vec![],
    }
}

proptest! {
    #[test]
    fn a_well_formed_row_is_published(name in "[\u{4E00}-\u{9FA5}]{1,30}", address in "[ -~\u{4E00}-\u{9FA5}\u{20000}-\u{2A6D0}]{0,30}") {
        let person = person(&edited(&[("xm", &name), ("mlxz", &address)]));
        prop_assert_eq!(person.name, name);
        prop_assert_eq!(person.address, domain::text::trim(&address));
    }

    #[test]
    fn whatever_stands_in_a_row_has_an_outcome(
        field in 0..26_usize,
        bytes in proptest::collection::vec(any::<u8>(), 0..120),
        cut in 0..1000_usize,
    ) {
        let name = field_names().nth(field).unwrap();
        let line = Line::new().with_bytes(name, &bytes);
        let rules = adapter().mapping.department().rules;
        for row in [&line.0[..], &line.0[..cut.min(515)], &bytes] {
            let translated = translate(row);
            prop_assert!(rules_met(&translated).iter().all(|id| rules.iter().any(|rule| rule.id == *id)));
            prop_assert_eq!(translate(row), translated, "the same bytes, the same outcome");
        }
    }
}
