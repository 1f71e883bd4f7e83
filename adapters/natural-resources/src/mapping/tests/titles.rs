use super::{Register, USCC, ZHANG, found_by, is_superseded, rejected, title_of, waits, withdrawn};
use contract::canonical::v1::CertificateStatus;
use serde_json::json;

const CONFORMING: &str = "1.2.156.3005.2.11100000MB03271699001.11110000000021135M.0000000001.001.N";
const LEGACY: &str = "1.2.156.3005.2.11100000MB03271699001.11110000000021135M.0000000001.001.S";

#[test]
fn a_title_waits_for_its_first_holder_and_is_published_with_it() {
    let mut register = Register::default();
    assert_eq!(waits(&register.title(5, json!({"bdcdyh": "110101001001GB00001F00010001"}))), "holder.awaited");
    let (title, draft, released) = title_of(register.holder(11, 1, json!({"gyfe": "共同共有"})));
    assert_eq!(released, ["spgl_bdcqz/5"]);
    assert_eq!((draft.key.as_str(), draft.stamp.as_str()), ("D1", "00000000000000000005"));
    assert_eq!(draft.source_time.to_rfc3339(), "2020-03-04T02:11:12+00:00");
    assert_eq!(
        found_by(&draft),
        [
            "certificate-number=京(2020)东不动产权第0012345号",
            "unit-number=110101001001GB00001F00010001",
            &format!("citizen-number={ZHANG}")
        ]
    );
    assert_eq!(title.number, "京（2020）东不动产权第0012345号");
    assert_eq!(title.issued_on, "2020-03-04");
    assert_eq!(title.status(), CertificateStatus::Valid);
    assert_eq!((title.holders[0].name.as_str(), title.holders[0].share.as_str()), ("张三", "共同共有"));
}

#[test]
fn a_holder_waits_for_its_title() {
    let mut register = Register::default();
    assert_eq!(waits(&register.holder(11, 1, json!({}))), "title.awaited");
    let (_, _, released) = title_of(register.title(5, json!({})));
    assert_eq!(released, ["spgl_bdcqz_qlr/11"]);
}

#[test]
fn a_late_holder_makes_a_new_version_under_the_titles_stamp() {
    let mut register = Register::default();
    register.title(5, json!({}));
    register.holder(11, 1, json!({}));
    let (title, draft, released) =
        title_of(register.holder(90, 2, json!({"qlrmc": "某公司", "zjlx": "001", "zjhm": USCC})));
    assert_eq!(title.holders.iter().map(|holder| holder.name.as_str()).collect::<Vec<_>>(), ["张三", "某公司"]);
    assert_eq!(draft.stamp, "00000000000000000005");
    assert!(released.is_empty());
}

#[test]
fn a_correction_withdraws_and_publishes_again_with_the_same_holders() {
    let mut register = Register::default();
    register.title(5, json!({}));
    let before = found_by(&title_of(register.holder(11, 1, json!({}))).1);
    let (draft, reason, _) = withdrawn(register.title(8, json!({"sjyxbs": 0})));
    assert_eq!((draft.stamp.as_str(), reason), ("00000000000000000008", "source.invalidated"));
    assert_eq!(found_by(&draft), before);
    let (title, draft, released) = title_of(register.title(9, json!({"zl": "新址"})));
    assert_eq!((title.location.as_str(), title.holders.len()), ("新址", 1));
    assert_eq!(draft.stamp, "00000000000000000009");
    assert!(released.is_empty());
}

#[test]
fn rows_that_appear_late_do_not_undo_what_came_after_them() {
    let mut register = Register::default();
    register.holder(11, 1, json!({}));
    register.title(9, json!({}));
    assert!(is_superseded(&register.title(5, json!({}))));
    assert!(is_superseded(&register.title(8, json!({"sjyxbs": 0}))));
    withdrawn(register.title(12, json!({"sjyxbs": 0})));
    assert!(is_superseded(&register.title(10, json!({}))));
    assert!(is_superseded(&register.title(7, json!({"sjyxbs": 0}))));
    assert_eq!(title_of(register.title(13, json!({}))).0.holders.len(), 1);
}

#[test]
fn the_invalidation_of_a_title_that_waits_takes_it_back_and_leaves_its_holders_waiting() {
    let mut register = Register::default();
    register.title(5, json!({}));
    let (draft, _, released) = withdrawn(register.title(8, json!({"sjyxbs": 0})));
    assert_eq!(released, ["spgl_bdcqz/5"]);
    assert_eq!(found_by(&draft).len(), 1);
    assert_eq!(waits(&register.holder(11, 1, json!({}))), "title.awaited");
    assert_eq!(title_of(register.title(9, json!({}))).2, ["spgl_bdcqz_qlr/11"]);
}

#[test]
fn an_invalidation_of_what_was_never_there_is_published_and_heeded() {
    let mut register = Register::default();
    let (draft, _, _) = withdrawn(register.title(8, json!({"sjyxbs": 0})));
    assert_eq!(found_by(&draft), ["certificate-number=京(2020)东不动产权第0012345号"]);
    assert!(is_superseded(&register.title(5, json!({}))));
}

#[test]
fn status_and_certificate_id_are_graded() {
    let graded = |row| {
        let mut register = Register::default();
        register.holder(1, 1, json!({}));
        let (title, draft, _) = title_of(register.title(5, row));
        (title.status(), title.status_text, draft.flags)
    };
    let valid = CertificateStatus::Valid;
    assert_eq!(graded(json!({"qszt": 2})), (CertificateStatus::Superseded, String::new(), vec![]));
    assert_eq!(graded(json!({"qszt": 3})), (CertificateStatus::Other, "3".to_owned(), vec!["code.unknown"]));
    assert_eq!(graded(json!({"qszt": null})), (CertificateStatus::Other, String::new(), vec![]));
    assert_eq!(graded(json!({"zzbs": CONFORMING})), (valid, String::new(), vec![]));
    assert_eq!(graded(json!({"zzbs": LEGACY})), (valid, String::new(), vec!["certificate-id.legacy-variant"]));
    assert_eq!(graded(json!({"ZZBS": "1.2.3"})), (valid, String::new(), vec!["certificate-id.checksum"]));
    assert_eq!(graded(json!({"zzbs": "  "})), (valid, String::new(), vec![]));
}

#[test]
fn the_area_is_kept_as_text_and_its_first_number_taken() {
    let mut register = Register::default();
    register.holder(1, 1, json!({}));
    let (title, _, _) = title_of(register.title(5, json!({"mj": "专有面积85.12平方米,分摊面积20.01平方米"})));
    assert_eq!(title.area_text, "专有面积85.12平方米,分摊面积20.01平方米");
    assert_eq!(title.area, "85.12");
}

#[test]
fn titles_that_cannot_be_used_are_rejected() {
    let rule = |row| rejected(&Register::default().title(5, row));
    assert_eq!(rule(json!({"bdcqzh": "　"})), ("field.required", "bdcqzh"));
    assert_eq!(rule(json!({"bdcqzh": "京(2020)***号"})), ("certificate.number", "bdcqzh"));
    assert_eq!(rule(json!({"djsj": "2020-02-30 00:00:00"})), ("date.invalid", "djsj"));
    assert_eq!(rule(json!({"lsh": "x"})), ("number.invalid", "lsh"));
}
