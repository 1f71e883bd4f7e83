use super::*;
use contract::canonical::v1::Identifier;
use proptest::prelude::*;
use prost::Message as _;
use serde_json::json;

const MOTHER: &str = "110101199003078830";
const FATHER: &str = "110101198803078834";

/// A record with other values in some fields.
fn record(changes: &Value) -> Value {
    let mut record = json!({
        "cszmbh": "P110000001", "xm": "", "xb": "1", "cssj": "2026-10-30 08:15", "csd": "北京市东城区", "csyy": "示例妇幼保健院",
        "yz": 39, "tz": "3250", "mqxm": "李四", "mqzjlx": "111", "mqzjhm": MOTHER, "fqxm": "王五", "fqzjlx": "111",
        "fqzjhm": FATHER, "qfrq": "2026-11-01", "zfbz": "0", "xgsj": "2026-11-01 09:30:00",
    });
    for (name, value) in changes.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

fn translate(record: &Value) -> Translated {
    BirthCertificates.translate(&Row::of(record.to_string().as_bytes()), None)
}

fn draft(changes: &Value) -> (Draft, BirthCertificate) {
    match translate(&record(changes)) {
        Translated::Records { mut drafts, .. } => {
            let draft = drafts.remove(0);
            let Effect::Upsert { body, .. } = &draft.effect else { panic!("withdrawn") };
            let body = BirthCertificate::decode(body.as_slice()).unwrap();
            (draft, body)
        }
        other => panic!("{other:?}"),
    }
}

fn rule(record: &Value) -> (&'static str, &'static str) {
    match translate(record) {
        Translated::Rejected(rejection) => (rejection.rule.id, rejection.field),
        other => panic!("{other:?}"),
    }
}

fn refusal(changes: &Value) -> (&'static str, &'static str) {
    rule(&record(changes))
}

fn kinds(draft: &Draft) -> Vec<&'static str> {
    draft.subjects.iter().map(|subject| subject.kind().as_str()).collect()
}

#[test]
fn a_child_without_name_and_number_is_found_by_either_parent_and_by_the_certificate() {
    let (draft, body) = draft(&json!({}));
    let values: Vec<_> = draft.subjects.iter().map(domain::Identifier::value).collect();
    assert_eq!(values, ["P110000001", MOTHER, FATHER]);
    assert_eq!(kinds(&draft), ["certificate-number", "citizen-number", "citizen-number"]);
    assert_eq!((draft.key.as_str(), draft.stamp.as_str()), ("P110000001", "20261101093000000000"));
    assert!(draft.flags.is_empty());
    assert_eq!((body.child_name.as_str(), body.sex.as_str(), body.status()), ("", "1", CertificateStatus::Valid));
    assert_eq!(body.born_at.unwrap().seconds, 1_793_319_300);
    assert_eq!((body.gestation_weeks, body.weight_grams), (39, 3250));
    assert_eq!((body.issued_on.as_str(), body.hospital.as_str()), ("2026-11-01", "示例妇幼保健院"));
    let holders: Vec<_> = body.holders.iter().map(|holder| holder.name.as_str()).collect();
    assert_eq!(holders, ["李四", "王五"]);
}

#[test]
fn a_father_can_be_absent() {
    let (draft, body) = draft(&json!({"fqxm": null, "fqzjlx": "", "fqzjhm": " "}));
    assert_eq!(draft.subjects.len(), 2);
    assert!(body.father.is_none());
    assert_eq!(body.holders.len(), 1);
}

#[test]
fn a_void_certificate_is_a_record_and_says_so() {
    assert_eq!(draft(&json!({"zfbz": 1})).1.status(), CertificateStatus::Void);
    assert_eq!(draft(&json!({"zfbz": null})).1.status(), CertificateStatus::Valid);
    let (draft, body) = draft(&json!({"zfbz": "2"}));
    assert_eq!((body.status(), body.status_text.as_str()), (CertificateStatus::Other, "2"));
    assert_eq!(draft.flags, ["code.unknown"]);
}

#[test]
fn the_certificates_number_is_one_letter_and_nine_digits() {
    assert_eq!(draft(&json!({"cszmbh": "　ｐ110000001 "})).0.key, "P110000001");
    for bad in ["", "110000001", "P11000000", "P1100000011", "PP10000001", "P11000000X", "出110000001", "P110000*01"] {
        assert_eq!(refusal(&json!({"cszmbh": bad})), ("certificate.number", "cszmbh"), "{bad}");
    }
    assert_eq!(refusal(&json!({"cszmbh": null})), ("certificate.number", "cszmbh"));
}

#[test]
fn documents_are_of_the_kind_that_their_code_names() {
    let of = |kind: &str, number: &str| {
        let (draft, _) = draft(&json!({"mqzjlx": kind, "mqzjhm": number}));
        (kinds(&draft)[1], draft.flags)
    };
    assert_eq!(of("414", "e12345678"), ("passport", vec![]));
    assert_eq!(of("516", "H12345678"), ("hk-macao-permit", vec![]));
    assert_eq!(of("511", "12345678"), ("taiwan-permit", vec![]));
    assert_eq!(of("114", "军字第001"), ("military-id", vec![]));
    assert_eq!(of("999", "X1"), ("other-person-id", vec![]));
    assert_eq!(of("", MOTHER), ("citizen-number", vec![]));
    assert_eq!(of("777", MOTHER), ("citizen-number", vec!["code.unknown"]));
}

#[test]
fn one_wrong_number_is_a_warning_and_none_right_a_reject() {
    let wrong = "110101199003078831";
    let (draft, body) = draft(&json!({"mqzjhm": wrong}));
    assert_eq!(draft.flags, ["party.identifier"]);
    assert_eq!(kinds(&draft), ["certificate-number", "other-person-id", "citizen-number"]);
    let kept = Identifier { kind: "other-person-id".into(), value: wrong.into() };
    assert_eq!(body.mother.unwrap().identifier, Some(kept));
    assert_eq!(refusal(&json!({"mqzjhm": wrong, "fqzjhm": ""})), ("citizen-id.checksum", "mqzjhm"));
    assert_eq!(refusal(&json!({"mqzjhm": "", "fqzjhm": wrong})), ("citizen-id.checksum", "fqzjhm"));
    assert_eq!(refusal(&json!({"mqzjhm": "110101199013078830", "fqzjhm": ""})).1, "mqzjhm");
    assert_eq!(refusal(&json!({"mqzjhm": "", "fqzjhm": ""})), ("party.missing", "mqzjhm"));
    assert_eq!(refusal(&json!({"fqzjhm": "1101**********8834"})), ("party.masked", "fqzjhm"));
}

#[test]
fn dates_and_numbers_are_judged_in_the_interfaces_order() {
    assert_eq!(refusal(&json!({"cssj": "2026-02-30 08:15", "tz": "x"})), ("date.invalid", "cssj"));
    assert_eq!(refusal(&json!({"yz": "39+2"})), ("number.invalid", "yz"));
    assert_eq!(refusal(&json!({"tz": -1})), ("number.invalid", "tz"));
    assert_eq!(refusal(&json!({"tz": 4_294_967_296_u64})), ("number.invalid", "tz"));
    assert_eq!(refusal(&json!({"qfrq": "昨天"})), ("date.invalid", "qfrq"));
    assert_eq!(refusal(&json!({"xgsj": ""})), ("field.required", "xgsj"));
    assert_eq!(refusal(&json!({"xgsj": "2026-11-01 25:00:00"})), ("date.invalid", "xgsj"));
    let (_, body) = draft(&json!({"cssj": "", "yz": null, "tz": "", "qfrq": "19000101", "xb": "0"}));
    assert_eq!((body.born_at, body.gestation_weeks, body.weight_grams), (None, 0, 0));
    assert_eq!((body.issued_on.as_str(), body.sex.as_str()), ("", ""));
}

#[test]
fn names_are_kept_as_written_and_lost_characters_flagged() {
    let (draft, body) = draft(&json!({"xm": " 古丽·买买提　", "mqxm": "王?", "fqxm": "李\u{E000}", "xb": "3"}));
    assert_eq!(body.child_name, "古丽·买买提");
    assert_eq!(draft.flags, ["code.unknown", "name.private-use", "name.replacement-char"]);
    assert_eq!(body.sex, "3");
}

#[test]
fn what_is_no_object_of_simple_values_is_rejected_and_other_members_are_nobodys_business() {
    for bad in ["", "[]", "null", "{", "1", "\u{FEFF}{}"] {
        let translated = BirthCertificates.translate(&Row::of(bad.as_bytes()), None);
        let Translated::Rejected(rejection) = translated else { panic!("{bad}") };
        assert_eq!((rejection.rule.id, rejection.field), ("message.json", ""), "{bad}");
    }
    assert_eq!(refusal(&json!({"mqzjhm": [MOTHER]})), ("message.json", ""));
    assert_eq!(draft(&json!({"fj": [{"a": 1}], "bz": "x"})).0.key, "P110000001");
}

#[test]
fn another_resource_is_not_this_departments() {
    let bytes = record(&json!({})).to_string();
    let of = |kind| BirthCertificates.translate(&Row { kind, ..Row::of(bytes.as_bytes()) }, None);
    assert!(matches!(of(BIRTH_CERTIFICATE), Translated::Records { .. }));
    let Translated::Rejected(rejection) = of("natural-person") else { panic!() };
    assert_eq!((rejection.rule.id, rejection.field), ("message.op", "resource"));
}

proptest! {
    #[test]
    fn any_values_are_translated_without_panic(field in 0..FIELDS.len(), value: String, number: i64) {
        let name = FIELDS[field];
        let _ = translate(&record(&json!({ name: value })));
        let _ = translate(&record(&json!({ name: number })));
    }
}
