use super::*;
use prost::Message;
use serde_json::{Value, json};

fn row() -> Value {
    json!({"DJXH": "10113201000000000001", "NSRSBH": "91110000600037341L", "SHXYDM": "91110000600037341L",
        "NSRMC": "示例科技有限公司", "NSRZT_DM": "03", "DJZCLX_DM": "173", "HY_DM": "6513", "DJRQ": "2015-06-01",
        "ZGSWJG_MC": "国家税务总局北京市东城区税务局", "FDDBRXM": "张三", "FDDBRSFZJHM": "110101190001010014",
        "YXBZ": "Y", "LRRQ": "2026-11-01 03:00:00", "XGRQ": "2026-11-01 03:00:00"})
}

fn with(field: &str, value: impl Into<Value>) -> Value {
    let mut row = row();
    row[field] = value.into();
    row
}

fn translate(row: &Value) -> Translated {
    TaxRegister.translate(&Row::of(row.to_string().as_bytes()), None)
}

fn drafted(row: &Value) -> Draft {
    match translate(row) {
        Translated::Records { mut drafts, .. } => drafts.remove(0),
        other => panic!("no record but {other:?}"),
    }
}

fn body(draft: &Draft) -> TaxRegistration {
    match &draft.effect {
        Effect::Upsert { body, .. } => TaxRegistration::decode(body.as_slice()).unwrap(),
        Effect::Withdraw { .. } => panic!("withdrawn"),
    }
}

fn rejected(row: &Value) -> (&'static str, &'static str) {
    match translate(row) {
        Translated::Rejected(rejection) => (rejection.rule.id, rejection.field),
        other => panic!("not rejected but {other:?}"),
    }
}

#[test]
fn the_row_of_the_page_is_published() {
    let draft = drafted(&row());
    assert_eq!((draft.key.as_str(), draft.stamp.as_str()), ("10113201000000000001", "20261101030000"));
    assert_eq!(draft.source_time.to_rfc3339(), "2026-10-31T19:00:00+00:00");
    assert!(draft.flags.is_empty());
    let body = body(&draft);
    assert_eq!(body.status(), TaxStatus::Normal);
    assert_eq!((body.uscc.as_str(), body.registered_on.as_str()), ("91110000600037341L", "2015-06-01"));
    let representative = body.legal_representative.unwrap();
    assert_eq!((representative.name.as_str(), representative.kind()), ("张三", PartyKind::Person));
    assert_eq!(representative.identifier.unwrap().kind, "citizen-number");
}

#[test]
fn a_registration_that_is_not_valid_is_withdrawn_whatever_would_not_be_shown() {
    let mut poor = with("YXBZ", " n ");
    poor["DJRQ"] = "2015-02-30".into();
    poor["FDDBRSFZJHM"] = "110101********0014".into();
    for row in [with("YXBZ", "N"), poor.clone()] {
        let draft = drafted(&row);
        assert_eq!(draft.effect, Effect::Withdraw { reason: "source.cancelled" });
        assert_eq!(draft.subjects.len(), 2);
    }
    poor["SHXYDM"] = "9111000060003734**".into();
    assert_eq!(rejected(&poor), ("uscc.masked", "SHXYDM"));
}

#[test]
fn every_state_has_its_word_and_others_are_flagged() {
    use TaxStatus::{Abnormal, AbnormalCancelled, Cancelled, Closing, Normal, Suspended, Unspecified};
    let states = [("03", Normal), ("04", Suspended), ("05", Abnormal), ("06", Closing), ("07", Cancelled)];
    for (code, status) in states.into_iter().chain([("08", AbnormalCancelled), ("", Unspecified)]) {
        let draft = drafted(&with("NSRZT_DM", code));
        assert_eq!((body(&draft).status(), draft.flags.len()), (status, 0), "{code}");
    }
    let unknown = drafted(&with("NSRZT_DM", "99"));
    assert_eq!((body(&unknown).status(), unknown.flags.as_slice()), (Unspecified, &["code.unknown"][..]));
}

#[test]
fn industries_outside_the_table_are_kept_with_a_flag() {
    for (code, flags) in [("", 0), ("65", 0), ("0111", 0), ("0000", 1), ("6513x", 1), ("I65", 1)] {
        let draft = drafted(&with("HY_DM", code));
        assert_eq!((body(&draft).industry_code.as_str(), draft.flags.len()), (code, flags), "{code}");
    }
}

#[test]
fn a_wrong_number_of_the_legal_representative_is_kept_with_a_flag_and_a_masked_one_refuses() {
    let draft = drafted(&with("FDDBRSFZJHM", "110101190001010015"));
    assert_eq!(draft.flags, ["party.identifier"]);
    let number = body(&draft).legal_representative.unwrap().identifier.unwrap();
    assert_eq!((number.kind.as_str(), number.value.as_str()), ("other-person-id", "110101190001010015"));
    assert_eq!(draft.subjects.len(), 2);
    assert_eq!(rejected(&with("FDDBRSFZJHM", "110101********0014")), ("party.masked", "FDDBRSFZJHM"));
    let nameless = drafted(&with("FDDBRSFZJHM", Value::Null));
    assert_eq!(body(&nameless).legal_representative.unwrap().identifier, None);
}

#[test]
fn an_old_number_is_published_with_a_flag() {
    let mut old = with("NSRSBH", "110101600037341");
    old["SHXYDM"] = Value::Null;
    let draft = drafted(&old);
    assert_eq!(draft.flags, ["uscc.missing"]);
    assert_eq!((body(&draft).uscc.as_str(), body(&draft).taxpayer_number.as_str()), ("", "110101600037341"));
}

#[test]
fn what_cannot_be_published_names_rule_and_field() {
    for (field, value, rule) in [
        ("DJXH", "", "field.required"),
        ("DJXH", "1\u{7}1", "field.invalid"),
        ("SHXYDM", "911100006000373411", "uscc.checksum"),
        ("DJRQ", "2015-02-30", "date.invalid"),
        ("YXBZ", "", "message.op"),
        ("YXBZ", "X", "message.op"),
        ("XGRQ", "", "field.required"),
        ("XGRQ", "yesterday", "date.invalid"),
    ] {
        assert_eq!(rejected(&with(field, value)), (rule, field), "{value}");
    }
    assert_eq!(rejected(&json!([1])), ("message.json", ""));
    assert_eq!(rejected(&with("NSRMC", json!({"a": 1}))), ("message.json", ""));
}

#[test]
fn a_key_written_as_a_number_is_the_same_key() {
    let text = row().to_string().replace("\"10113201000000000001\"", "10113201000000000001");
    let Translated::Records { drafts, .. } = TaxRegister.translate(&Row::of(text.as_bytes()), None) else {
        panic!("no record")
    };
    assert_eq!(drafts[0].key, "10113201000000000001");
}
