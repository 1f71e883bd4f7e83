use super::LandRegister;
use adapter_sdk::{Draft, Effect, Mapping, Row, Translated};
use contract::canonical::v1::{CertificateStatus, PartyKind, PlanningPermit, RealEstateTitle};
use prost::Message;
use serde_json::{Value, json};
use std::collections::HashMap;

mod holders;
mod permits;
mod titles;

pub(super) const ZHANG: &str = "110101199003078830";
pub(super) const USCC: &str = "913301065898770667";

/// The department's rows one after the other, each with what the rows before left in memory.
#[derive(Default)]
pub(super) struct Register(HashMap<String, Vec<u8>>);

impl Register {
    pub(super) fn row(&mut self, table: &str, row: &Value) -> Translated {
        let (bytes, key) = (row.to_string(), row["lsh"].to_string());
        let row = Row { kind: table, key: &key, ..Row::of(bytes.as_bytes()) };
        let entity = LandRegister.entity(&row);
        let before = entity.as_ref().and_then(|entity| self.0.get(entity)).cloned();
        let translated = LandRegister.translate(&row, before.as_deref());
        if let Translated::Records { memory: Some(memory), .. } | Translated::Waiting { memory: Some(memory), .. } =
            &translated
        {
            self.0.insert(entity.unwrap(), memory.clone());
        }
        translated
    }

    pub(super) fn title(&mut self, lsh: u64, more: Value) -> Translated {
        let row = json!({"lsh": lsh, "rowguid": "g", "dfsjzj": "D1", "xzqhdm": "330106",
            "bdcqzh": "京（2020）东不动产权第0012345号", "djsj": "2020-03-04 10:11:12", "qszt": 1, "sjyxbs": 1});
        self.row("spgl_bdcqz", &with(row, more))
    }

    pub(super) fn holder(&mut self, lsh: u64, xh: i64, more: Value) -> Translated {
        let row = json!({"lsh": lsh, "dfsjzj": "D1", "xh": xh, "qlrmc": "张三", "zjlx": "111", "zjhm": ZHANG, "gyfe": null,
            "sjyxbs": 1});
        self.row("spgl_bdcqz_qlr", &with(row, more))
    }
}

fn with(mut row: Value, more: Value) -> Value {
    let Value::Object(more) = more else { return row };
    row.as_object_mut().unwrap().extend(more);
    row
}

pub(super) fn drafts(translated: Translated) -> (Vec<Draft>, Vec<String>) {
    match translated {
        Translated::Records { drafts, released, .. } => (drafts, released),
        other => panic!("no records: {other:?}"),
    }
}

pub(super) fn title_of(translated: Translated) -> (RealEstateTitle, Draft, Vec<String>) {
    let (mut drafts, released) = drafts(translated);
    let draft = drafts.remove(0);
    let Effect::Upsert { body, .. } = &draft.effect else { panic!("a withdrawal") };
    (RealEstateTitle::decode(body.as_slice()).unwrap(), draft, released)
}

pub(super) fn withdrawn(translated: Translated) -> (Draft, &'static str, Vec<String>) {
    let (mut drafts, released) = drafts(translated);
    let draft = drafts.remove(0);
    let Effect::Withdraw { reason } = draft.effect else { panic!("no withdrawal") };
    (draft, reason, released)
}

pub(super) fn rejected(translated: &Translated) -> (&'static str, &'static str) {
    let Translated::Rejected(rejection) = translated else { panic!("not rejected: {translated:?}") };
    (rejection.rule.id, rejection.field)
}

pub(super) fn waits(translated: &Translated) -> &'static str {
    let Translated::Waiting { rule, about, .. } = translated else { panic!("does not wait: {translated:?}") };
    assert_eq!(about.as_ref().unwrap().1, "D1");
    rule.id
}

pub(super) fn is_superseded(translated: &Translated) -> bool {
    matches!(translated, Translated::Superseded { .. })
}

pub(super) fn found_by(draft: &Draft) -> Vec<String> {
    draft.subjects.iter().map(|subject| format!("{}={}", subject.kind(), subject.value())).collect()
}

#[test]
fn rows_of_no_table_and_bytes_that_are_no_row_are_rejected() {
    let mut register = Register::default();
    assert_eq!(rejected(&register.row("hydj_up", &json!({"lsh": 1}))), ("message.op", "table"));
    assert_eq!(rejected(&register.row("", &json!([1]))), ("message.json", ""));
    assert_eq!(rejected(&register.row("spgl_bdcqz", &json!("x"))), ("message.json", ""));
    assert_eq!(rejected(&register.row("spgl_bdcqz", &json!({"lsh": 1}))), ("field.required", "dfsjzj"));
    assert_eq!(rejected(&register.row("spgl_bdcqz", &json!({"dfsjzj": "D1"}))), ("field.required", "lsh"));
    assert_eq!(rejected(&register.title(1, json!({"sjyxbs": 2}))), ("message.op", "sjyxbs"));
}

#[test]
fn names_of_tables_and_columns_are_read_in_any_case() {
    let mut register = Register::default();
    register.holder(1, 1, json!({}));
    let row = json!({"LSH": 1, "DFSJZJ": "D1", "BDCQZH": "号1", "ZZBS": "x", "SJYXBS": 1});
    let (title, draft, _) = title_of(register.row("SPGL_BDCQZ", &row));
    assert_eq!((title.number.as_str(), title.certificate_id.as_str()), ("号1", "x"));
    assert_eq!(draft.flags, ["certificate-id.checksum"]);
}

pub(super) fn permit_of(translated: Translated) -> (PlanningPermit, Vec<Draft>) {
    let (drafts, _) = drafts(translated);
    let Effect::Upsert { body, .. } = &drafts[0].effect else { panic!("a withdrawal") };
    (PlanningPermit::decode(body.as_slice()).unwrap(), drafts)
}

#[test]
fn statuses_and_kinds_used_here_are_what_they_are_called() {
    assert_eq!(CertificateStatus::Valid.as_str_name(), "CERTIFICATE_STATUS_VALID");
    assert_eq!(PartyKind::Organisation.as_str_name(), "PARTY_KIND_ORGANISATION");
}
