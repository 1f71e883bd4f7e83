use super::*;
use proptest::prelude::*;
use prost::Message;
use serde_json::{Value, json};

const GOOD: &str = "110101199003078830";
const STAMP: &str = "01767268800000";

fn row_with(changes: &[(&str, Value)]) -> Vec<u8> {
    let mut row = json!({
        "姓名": "张三", "性别": "男", "民族": "汉族", "证件类型": "居民身份证", "证件号码": GOOD, "出生日期": "1990-03-07",
        "资格证书号码": "20103301420000017", "资格种类": "高级中学教师资格", "任教学科": "数学",
        "认定机构": "某市教育局", "认定日期": "2010年1月5日", "证书状态": "有效",
    });
    for (name, value) in changes {
        row[name] = value.clone();
    }
    serde_json::to_vec(&row).unwrap()
}

fn translated(changes: &[(&str, Value)]) -> Translated {
    let bytes = row_with(changes);
    Qualifications.translate(&Row { stamp: STAMP, ..Row::of(&bytes) }, None)
}

fn published(changes: &[(&str, Value)]) -> (Draft, TeacherQualification) {
    let Translated::Records { mut drafts, .. } = translated(changes) else { panic!("{changes:?} is not published") };
    let draft = drafts.remove(0);
    let Effect::Upsert { body, .. } = &draft.effect else { panic!("nothing is withdrawn here") };
    let body = TeacherQualification::decode(body.as_slice()).unwrap();
    (draft, body)
}

/// The rule and field that a row breaks.
fn broken(changes: &[(&str, Value)]) -> (&'static str, &'static str) {
    let Translated::Rejected(rejection) = translated(changes) else { panic!("{changes:?} is not rejected") };
    (rejection.rule.id, rejection.field)
}

fn subjects(draft: &Draft) -> Vec<(&str, &str)> {
    draft.subjects.iter().map(|subject| (subject.kind().as_str(), subject.value())).collect()
}

#[test]
fn a_row_is_a_certificate_found_by_its_number_and_its_holder() {
    let (draft, body) = published(&[]);
    assert_eq!((draft.key.as_str(), draft.stamp.as_str()), ("20103301420000017", STAMP));
    assert_eq!(draft.source_time.to_rfc3339(), "2026-01-01T12:00:00+00:00");
    assert_eq!(subjects(&draft), [("certificate-number", "20103301420000017"), ("citizen-number", GOOD)]);
    assert!(draft.flags.is_empty());
    assert_eq!((body.number.as_str(), body.kind.as_str()), ("20103301420000017", "高级中学教师资格"));
    assert_eq!((body.issuer.as_str(), body.issued_on.as_str()), ("某市教育局", "2010-01-05"));
    assert_eq!((body.subject.as_str(), body.birth_date.as_str()), ("数学", "1990-03-07"));
    assert_eq!((body.sex.as_str(), body.ethnicity.as_str()), ("1", "01"));
    assert_eq!((body.status(), body.status_text.as_str()), (CertificateStatus::Valid, "有效"));
    let holder = &body.holders[0];
    assert_eq!((holder.name.as_str(), holder.kind()), ("张三", PartyKind::Person));
}

#[test]
fn starred_columns_must_be_filled() {
    for field in ["姓名", "资格证书号码", "资格种类", "认定机构", "认定日期"] {
        for blank in [json!(null), json!(" \u{3000}"), json!("#N/A")] {
            assert_eq!(broken(&[(field, blank)]), ("field.required", field));
        }
    }
    for unknown in ["0", "1900-01-01", "19000101"] {
        assert_eq!(broken(&[("认定日期", json!(unknown))]), ("field.required", "认定日期"));
    }
    assert_eq!(broken(&[("证件号码", json!(null))]), ("party.missing", "证件号码"));
}

#[test]
fn columns_that_are_not_starred_can_be_blank() {
    let blank = ["性别", "民族", "证件类型", "出生日期", "任教学科", "证书状态"].map(|field| (field, json!(null)));
    let (draft, body) = published(&blank);
    assert!(draft.flags.is_empty());
    assert_eq!(body.status(), CertificateStatus::Valid);
    assert_eq!(
        [body.status_text, body.sex, body.ethnicity, body.birth_date, body.subject],
        [const { String::new() }; 5]
    );
}

#[test]
fn the_number_of_a_certificate_is_seventeen_digits_of_text() {
    for wrong in
        ["2010330142000001", "201033014200000171", "2010330142000001X", "20103301*20000017", "2010 3301420000017"]
    {
        assert_eq!(broken(&[("资格证书号码", json!(wrong))]), ("certificate.number", "资格证书号码"));
    }
    for numeric in [json!(20_103_301_420_000_017_u64), json!(123), json!(2.5)] {
        assert_eq!(broken(&[("资格证书号码", numeric)]), ("number.precision", "资格证书号码"));
    }
    assert_eq!(published(&[("资格证书号码", json!(" ２０１０3301420000017\u{3000}"))]).0.key, "20103301420000017");
}

#[test]
fn a_reject_names_the_key_where_it_can_be_read() {
    let key = |changes: &[(&str, Value)]| match translated(changes) {
        Translated::Rejected(rejection) => rejection.key,
        _ => None,
    };
    assert_eq!(key(&[("姓名", json!(""))]).as_deref(), Some("20103301420000017"));
    assert_eq!(key(&[("资格证书号码", json!(7))]), None);
}

#[test]
fn a_holder_s_number_that_lost_digits_is_told_apart_from_a_wrong_one() {
    for lost in [
        json!(110_101_199_003_078_830_u64),
        json!(1.101_011_990_030_788_4e17),
        json!("1.10101E+17"),
        json!(-5),
        json!(1.5),
    ] {
        assert_eq!(broken(&[("证件号码", lost.clone())]), ("number.precision", "证件号码"), "{lost}");
    }
    // A number of fifteen digits is whole in a numeric cell.
    let (draft, _) = published(&[("证件号码", json!(110_101_900_307_883_u64))]);
    assert_eq!(subjects(&draft)[1].0, "citizen-number");
    let (draft, _) = published(&[("证件类型", json!("台湾居民来往大陆通行证")), ("证件号码", json!(12_345_678))]);
    assert_eq!(subjects(&draft)[1], ("taiwan-permit", "12345678"));
}

#[test]
fn wrong_and_masked_numbers_of_the_holder_are_rejected() {
    assert_eq!(broken(&[("证件号码", json!("110101199003078831"))]), ("citizen-id.checksum", "证件号码"));
    assert_eq!(broken(&[("证件号码", json!("110101199013078830"))]).1, "证件号码");
    assert_eq!(broken(&[("证件号码", json!("1101**********8830"))]), ("party.masked", "证件号码"));
    assert_eq!(broken(&[("证件类型", json!("")), ("证件号码", json!("110101199003078831"))]).0, "citizen-id.checksum");
}

#[test]
fn the_kind_of_document_is_a_word_or_follows_from_the_number() {
    for (document, number, kind) in [
        ("居民身份证", "11010119900307883０", "citizen-number"),
        ("护照", "E12345678", "passport"),
        ("港澳居民来往内地通行证", "h1234567800", "hk-macao-permit"),
        ("台湾居民来往大陆通行证", "12345678", "taiwan-permit"),
        ("其他", "X-99/1", "other-person-id"),
        ("", GOOD, "citizen-number"),
        ("", "M12345678", "hk-macao-permit"),
        ("", "12345678", "taiwan-permit"),
        ("", "E1234567", "other-person-id"),
    ] {
        let (draft, _) = published(&[("证件类型", json!(document)), ("证件号码", json!(number))]);
        assert_eq!(subjects(&draft)[1].0, kind, "{document} {number}");
        assert!(draft.flags.is_empty());
    }
    let (draft, _) = published(&[("证件类型", json!("军官证"))]);
    assert_eq!(subjects(&draft)[1].0, "citizen-number");
    assert_eq!(draft.flags, ["code.unknown"]);
}

#[test]
fn states_are_words() {
    for (word, status, flags) in [
        ("", CertificateStatus::Valid, vec![]),
        ("有效", CertificateStatus::Valid, vec![]),
        ("撤销", CertificateStatus::Revoked, vec![]),
        ("丧失", CertificateStatus::Forfeited, vec![]),
        ("注销", CertificateStatus::Cancelled, vec![]),
        ("遗失", CertificateStatus::Other, vec!["code.unknown"]),
    ] {
        let (draft, body) = published(&[("证书状态", json!(word))]);
        assert_eq!((body.status(), body.status_text.as_str(), draft.flags), (status, word, flags));
    }
}

#[test]
fn kinds_are_kept_as_written_and_those_outside_the_table_are_flagged() {
    for known in ["幼儿园", "小学", "初级中学", "高级中学", "中等职业学校", "中等职业学校实习指导", "高等学校"]
    {
        let kind = format!("{known}教师资格");
        let (draft, body) = published(&[("资格种类", json!(kind))]);
        assert_eq!((body.kind, draft.flags), (kind, vec![]));
    }
    for unknown in ["小学", "高中教师资格", "小学教师资格证"] {
        let (draft, body) = published(&[("资格种类", json!(unknown))]);
        assert_eq!((body.kind.as_str(), draft.flags), (unknown, vec!["code.unknown"]));
    }
}

#[test]
fn sex_and_ethnicity_are_words_or_codes() {
    let of = |sex: &str, ethnicity: &str| {
        let (draft, body) = published(&[("性别", json!(sex)), ("民族", json!(ethnicity))]);
        (body.sex, body.ethnicity, draft.flags)
    };
    let known = |sex: &str, ethnicity: &str| (sex.to_owned(), ethnicity.to_owned(), Vec::new());
    assert_eq!(of("女", "维吾尔族"), known("2", "05"));
    assert_eq!(of("2", "05"), known("2", "05"));
    assert_eq!(of("0", ""), known("", ""));
    assert_eq!(of("未说明的性别", "回"), known("9", "03"));
    assert_eq!(of("未", "火星"), ("未".to_owned(), "火星".to_owned(), vec!["code.unknown"]));
}

#[test]
fn days_are_text_or_serial_days() {
    for (given, day) in [
        (json!("1990-03-07"), "1990-03-07"),
        (json!("1990/3/7"), "1990-03-07"),
        (json!("19900307"), "1990-03-07"),
        (json!("1990年3月7日"), "1990-03-07"),
        (json!("1990-03-07 00:00:00"), "1990-03-07"),
        (json!(32939), "1990-03-07"),
        (json!(32939.75), "1990-03-07"),
        (json!(19_900_307), "1990-03-07"),
        (json!(0), ""),
        (json!(1), ""),
        (json!("19000101"), ""),
    ] {
        assert_eq!(published(&[("出生日期", given.clone())]).1.birth_date, day, "{given}");
    }
    for wrong in
        [json!("1990-02-30"), json!("三月七日"), json!(60), json!(1990), json!(-3), json!(19_901_307), json!(true)]
    {
        assert_eq!(broken(&[("出生日期", wrong.clone())]), ("date.invalid", "出生日期"), "{wrong}");
    }
    let bytes = row_with(&[("出生日期", json!(31477))]);
    let row = Row { stamp: STAMP, kind: "date1904", ..Row::of(&bytes) };
    let Translated::Records { drafts, .. } = Qualifications.translate(&row, None) else { panic!() };
    let Effect::Upsert { body, .. } = &drafts[0].effect else { panic!() };
    assert_eq!(TeacherQualification::decode(body.as_slice()).unwrap().birth_date, "1990-03-07");
}

proptest! {
    #[test]
    fn any_row_is_translated_without_panic(field in 0..12_usize, text: String, number: f64, bytes: Vec<u8>) {
        let row: serde_json::Map<String, Value> = serde_json::from_slice(&row_with(&[])).unwrap();
        let name = row.keys().nth(field).unwrap().as_str();
        drop(translated(&[(name, json!(text))]));
        drop(translated(&[(name, json!(number))]));
        drop(Qualifications.translate(&Row::of(&bytes), None));
    }
}
