use super::{Register, USCC, drafts, found_by, is_superseded, permit_of, rejected, withdrawn};
use adapter_sdk::Translated;
use contract::canonical::v1::{CertificateStatus, PartyKind};
use serde_json::{Value, json};

fn permit(register: &mut Register, lsh: u64, more: Value) -> Translated {
    let row = json!({"lsh": lsh, "rowguid": "g", "dfsjzj": "P1", "xkzbh": "建字第330106202600001号", "xmdm": "2026-330106-70-01-000001",
        "jsdw": "某公司", "jsdwdm": USCC, "jsxmmc": "某楼", "jswz": "某路1号", "jzmj": "12345.60", "fzjg": "某局",
        "fzrq": "2026-01-31", "sjyxbs": 1});
    register.row("spgl_jsgcghxkz", &super::with(row, more))
}

#[test]
fn a_permit_is_found_by_its_number_and_its_developer() {
    let (permit, drafts) = permit_of(permit(&mut Register::default(), 7, json!({})));
    assert_eq!(drafts[0].key, "建字第330106202600001号");
    assert_eq!(drafts[0].stamp, "00000000000000000007");
    assert_eq!(found_by(&drafts[0]), ["certificate-number=建字第330106202600001号".to_owned(), format!("uscc={USCC}")]);
    assert_eq!((permit.floor_area.as_str(), permit.issued_on.as_str()), ("12345.60", "2026-01-31"));
    assert_eq!(permit.status(), CertificateStatus::Valid);
    assert_eq!(permit.holders[0].kind(), PartyKind::Organisation);
    assert_eq!(drafts[0].source_time.to_rfc3339(), "2026-01-30T16:00:00+00:00");
}

#[test]
fn an_invalidation_takes_back_what_its_department_key_published() {
    let mut register = Register::default();
    permit(&mut register, 7, json!({}));
    let (draft, reason, _) = withdrawn(permit(&mut register, 8, json!({"xkzbh": "另一号", "sjyxbs": 0})));
    assert_eq!((draft.key.as_str(), reason), ("建字第330106202600001号", "source.invalidated"));
    assert!(is_superseded(&permit(&mut register, 6, json!({}))));
    let (_, drafts) = permit_of(permit(&mut register, 9, json!({"xkzbh": "另一号"})));
    assert_eq!((drafts.len(), drafts[0].key.as_str()), (1, "另一号"));
}

#[test]
fn another_number_without_an_invalidation_moves_the_permit() {
    let mut register = Register::default();
    permit(&mut register, 7, json!({}));
    let (drafts, _) = drafts(permit(&mut register, 9, json!({"xkzbh": "另一号"})));
    assert_eq!(
        drafts.iter().map(|draft| draft.key.as_str()).collect::<Vec<_>>(),
        ["另一号", "建字第330106202600001号"]
    );
}

#[test]
fn a_lone_invalidation_takes_back_its_own_number() {
    let (draft, ..) = withdrawn(permit(&mut Register::default(), 8, json!({"sjyxbs": 0})));
    assert_eq!(draft.key, "建字第330106202600001号");
}

#[test]
fn permits_that_nobody_can_find_are_rejected() {
    let rule = |more| rejected(&permit(&mut Register::default(), 7, more));
    assert_eq!(rule(json!({"jsdwdm": "913301065898770668"})), ("uscc.checksum", "jsdwdm"));
    assert_eq!(rule(json!({"jsdwdm": ""})), ("party.missing", "jsdwdm"));
    assert_eq!(rule(json!({"jsdwdm": "9133010658*******G"})), ("party.masked", "jsdwdm"));
    assert_eq!(rule(json!({"xkzbh": " "})), ("field.required", "xkzbh"));
    assert_eq!(rule(json!({"jzmj": "很大"})), ("number.invalid", "jzmj"));
    assert_eq!(rule(json!({"fzrq": "2026-02-30"})), ("date.invalid", "fzrq"));
}
