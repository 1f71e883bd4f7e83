use super::{LandRegister, Register, USCC, ZHANG, found_by, is_superseded, rejected, title_of, waits, withdrawn};
use adapter_sdk::{Mapping, Row, Translated};
use contract::canonical::v1::{Operation, PartyKind, Record};
use serde_json::{Value, json};

const LI_GOOD: &str = "33010619850101431X";

fn company() -> Value {
    json!({"qlrmc": "某公司", "zjlx": "001", "zjhm": USCC})
}

#[test]
fn a_wrong_number_rejects_its_row_and_the_title_keeps_the_others() {
    let mut register = Register::default();
    register.title(5, json!({}));
    register.holder(11, 1, json!({}));
    let rule = |register: &mut Register, row| rejected(&register.holder(12, 2, row));
    assert_eq!(rule(&mut register, json!({"zjhm": "110101199003078831"})), ("citizen-id.checksum", "zjhm"));
    assert_eq!(rule(&mut register, json!({"zjhm": "110101199013078834"})), ("citizen-id.date", "zjhm"));
    assert_eq!(rule(&mut register, json!({"zjlx": "001", "zjhm": "913301065898770668"})), ("uscc.checksum", "zjhm"));
    assert_eq!(rule(&mut register, json!({"zjlx": "", "zjhm": "1101**********8830"})), ("party.masked", "zjhm"));
    assert_eq!(rule(&mut register, json!({"zjhm": null})), ("party.missing", "zjhm"));
    assert_eq!(rule(&mut register, json!({"xh": null})), ("field.required", "xh"));
    let (title, ..) = title_of(register.holder(13, 3, company()));
    assert_eq!(title.holders.iter().map(|holder| holder.name.as_str()).collect::<Vec<_>>(), ["张三", "某公司"]);
}

#[test]
fn the_kind_of_a_number_follows_the_code_and_without_one_the_number() {
    let held = |row: Value| {
        let mut register = Register::default();
        register.title(5, json!({}));
        let (title, draft, _) = title_of(register.holder(11, 1, row));
        (found_by(&draft)[1].clone(), title.holders[0].kind())
    };
    let (person, organisation) = (PartyKind::Person, PartyKind::Organisation);
    assert_eq!(held(company()), (format!("uscc={USCC}"), organisation));
    assert_eq!(held(json!({"zjlx": null, "zjhm": USCC})), (format!("uscc={USCC}"), organisation));
    assert_eq!(held(json!({"zjlx": "xyz"})), (format!("citizen-number={ZHANG}"), person));
    assert_eq!(held(json!({"zjlx": "414", "zjhm": "E12345678"})), ("passport=E12345678".to_owned(), person));
    assert_eq!(held(json!({"zjlx": "", "zjhm": "H12345678"})), ("hk-macao-permit=H12345678".to_owned(), person));
    assert_eq!(held(json!({"zjlx": "099", "zjhm": "社证字1号"})).1, organisation);
    assert_eq!(held(json!({"zjlx": "999", "zjhm": "x-1"})), ("other-person-id=X-1".to_owned(), person));
}

#[test]
fn a_holder_ends_by_its_place_and_the_last_one_takes_the_title_along() {
    let mut register = Register::default();
    register.title(5, json!({}));
    register.holder(11, 1, json!({}));
    register.holder(12, 2, company());
    let (title, ..) = title_of(register.holder(20, 1, json!({"sjyxbs": 0, "zjhm": null, "qlrmc": null})));
    assert_eq!(title.holders[0].name, "某公司");
    let (draft, reason, _) = withdrawn(register.holder(21, 2, json!({"sjyxbs": 0})));
    assert_eq!((reason, draft.stamp.as_str()), ("holder.last-ended", "00000000000000000005"));
    assert_eq!(found_by(&draft).last().unwrap(), &format!("uscc={USCC}"));
    let (title, _, released) = title_of(register.holder(30, 3, json!({})));
    assert_eq!(title.holders.len(), 1);
    assert!(released.is_empty());
}

#[test]
fn holders_that_ended_stay_ended_through_a_correction() {
    let mut register = Register::default();
    register.title(5, json!({}));
    register.holder(11, 1, json!({}));
    withdrawn(register.holder(20, 1, json!({"sjyxbs": 0})));
    withdrawn(register.title(8, json!({"sjyxbs": 0})));
    assert_eq!(waits(&register.title(9, json!({}))), "holder.awaited");
    assert_eq!(title_of(register.holder(31, 1, json!({}))).2, ["spgl_bdcqz/9"]);
}

#[test]
fn rows_of_a_holder_that_appear_late_are_superseded() {
    let mut register = Register::default();
    register.title(5, json!({}));
    register.holder(12, 2, company());
    title_of(register.holder(20, 1, json!({"sjyxbs": 0})));
    assert!(is_superseded(&register.holder(11, 1, json!({}))));
    assert!(is_superseded(&register.holder(10, 2, json!({"sjyxbs": 0}))));
}

#[test]
fn a_new_row_of_a_place_replaces_its_holder() {
    let mut register = Register::default();
    register.title(5, json!({}));
    register.holder(12, 2, company());
    register.holder(11, 1, json!({}));
    let (title, draft, _) = title_of(register.holder(40, 1, json!({"qlrmc": "李四", "zjhm": LI_GOOD})));
    assert_eq!(title.holders.iter().map(|holder| holder.name.as_str()).collect::<Vec<_>>(), ["李四", "某公司"]);
    assert!(!found_by(&draft).iter().any(|subject| subject.ends_with(ZHANG)));
}

#[test]
fn an_end_that_says_nothing_new_is_the_same_withdrawal_again() {
    let mut register = Register::default();
    register.title(5, json!({}));
    register.holder(11, 1, json!({}));
    let first = withdrawn(register.holder(20, 1, json!({"sjyxbs": 0}))).0;
    let again = withdrawn(register.holder(21, 1, json!({"sjyxbs": 0}))).0;
    assert_eq!(first, again);
    assert_eq!(waits(&register.title(9, json!({}))), "holder.awaited");
    let (_, _, released) = withdrawn(register.holder(22, 7, json!({"sjyxbs": 0})));
    assert!(released.is_empty(), "the title waits on");
}

#[test]
fn a_lost_memory_learns_places_from_rows_that_come_again() {
    let mut register = Register::default();
    register.title(5, json!({}));
    register.holder(11, 1, json!({}));
    let (_, draft, _) = title_of(register.holder(13, 3, company()));
    let adapter_sdk::Effect::Upsert { message, body } = &draft.effect else { panic!("a withdrawal") };
    let record = Record {
        resource: draft.resource.to_owned(),
        key: draft.key.clone(),
        version: domain::Version::new(&draft.stamp, 1, 1).as_str().to_owned(),
        operation: Operation::Upsert.into(),
        body: Some(contract::pack(message, body.clone())),
        ..Record::default()
    };
    let (entity, memory) = LandRegister.recall(&record).unwrap();
    let mut lost = Register::default();
    lost.0.insert(entity, memory);
    assert_eq!(title_of(lost.holder(11, 1, json!({}))).0.holders.len(), 2);
    assert_eq!(title_of(lost.holder(13, 3, company())).0.holders.len(), 2);
    let (title, ..) = title_of(lost.holder(20, 3, json!({"sjyxbs": 0, "zjhm": null})));
    assert_eq!(title.holders.iter().map(|holder| holder.name.as_str()).collect::<Vec<_>>(), ["张三"]);
}

#[test]
fn an_end_is_understood_without_any_number() {
    let row = json!({"lsh": 7, "dfsjzj": "D1", "xh": 1, "sjyxbs": 0}).to_string();
    let row = Row { kind: "spgl_bdcqz_qlr", key: "7", ..Row::of(row.as_bytes()) };
    assert!(matches!(LandRegister.translate(&row, None), Translated::Waiting { .. }));
}
