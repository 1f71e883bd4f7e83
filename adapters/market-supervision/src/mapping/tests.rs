use super::*;
use contract::canonical::v1::{
    BusinessLicence, CertificateStatus, FoodOperationLicence, LegalPerson, Party, PartyKind, RegistrationStatus,
    Shareholding,
};
use encoding_rs::GB18030;
use proptest::prelude::*;
use prost::Message;

mod enterprises;
mod moves;
mod shares_and_licences;

const USCC: &str = "91110000600037341L";
const OTHER_USCC: &str = "91110000MA00000152";
/// The outer check holds, the organisation code inside does not.
const INNER_WRONG: &str = "91110000600037342P";
const REGNO: &str = "110000001234568";
const OTHER_REGNO: &str = "320100600000018";
const PERSON: &str = "110101190001010014";
const OTHER_PERSON: &str = "11010519491231002X";

/// An entity of `kind` with the elements of `base`, where `changes` replace them; a blank one is left out.
fn entity(kind: &str, base: &[(&str, &str)], changes: &[(&str, &str)]) -> Vec<u8> {
    let replaced = |name: &str| changes.iter().find(|(new, _)| *new == name);
    let kept = base.iter().map(|element| replaced(element.0).unwrap_or(element));
    let new = changes.iter().filter(|(name, _)| base.iter().all(|(known, _)| known != name));
    let elements: Vec<String> = kept
        .chain(new)
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| format!("<{name}>{text}</{name}>"))
        .collect();
    let elements = elements.concat();
    GB18030.encode(&format!("<{kind}>{elements}</{kind}>")).0.into_owned()
}

fn ent(changes: &[(&str, &str)]) -> Vec<u8> {
    let base = [
        ("PRIPID", "3201000000000001"),
        ("UNISCID", USCC),
        ("REGNO", REGNO),
        ("ENTNAME", "示例科技有限公司"),
        ("ENTTYPE", "1130"),
        ("ENTTYPE_CN", "有限责任公司(自然人投资或控股)"),
        ("LEREP", "张三"),
        ("CERNO", PERSON),
        ("REGCAP", "500.00"),
        ("REGCAPCUR", "156"),
        ("ESTDATE", "2015-05-12"),
        ("APPRDATE", "20200101"),
        ("OPFROM", "20150512"),
        ("OPTO", "长期"),
        ("DOM", "北京市东城区示例路1号"),
        ("OPSCOPE", "技术开发;技术服务"),
        ("REGORG", "110101"),
        ("REGORG_CN", "北京市东城区市场监督管理局"),
        ("REGSTATE", "1"),
        ("REGSTATE_CN", "存续（在营、开业、在册）"),
        ("INDUSTRYPHY", "I"),
        ("INDUSTRYCO", "6513"),
        ("S_EXT_DATATIME", "2026-11-01 02:11:09"),
    ];
    entity("ENT", &base, changes)
}

fn translate_with(bytes: &[u8], memory: Option<&[u8]>) -> Translated {
    EnterpriseRegister.translate(&Row::of(bytes), memory)
}

fn drafts_of(bytes: &[u8]) -> Vec<Draft> {
    match translate_with(bytes, None) {
        Translated::Records { drafts, .. } => drafts,
        other => panic!("no records: {other:?}"),
    }
}

fn rejection_of(bytes: &[u8]) -> Rejection {
    match translate_with(bytes, None) {
        Translated::Rejected(rejection) => rejection,
        other => panic!("no reject: {other:?}"),
    }
}

/// Rule and field of a reject.
fn fault_of(bytes: &[u8]) -> (&'static str, &'static str) {
    let rejection = rejection_of(bytes);
    (rejection.rule.id, rejection.field)
}

fn body<M: Message + Default>(draft: &Draft) -> M {
    match &draft.effect {
        Effect::Upsert { body, .. } => M::decode(body.as_slice()).unwrap(),
        Effect::Withdraw { reason } => panic!("withdrawn: {reason}"),
    }
}

fn subjects(draft: &Draft) -> Vec<(&'static str, String)> {
    draft.subjects.iter().map(|subject| (subject.kind().as_str(), subject.value().to_owned())).collect()
}

fn identifier_of(party: &Party) -> (&str, &str) {
    party.identifier.as_ref().map_or(("", ""), |identifier| (identifier.kind.as_str(), identifier.value.as_str()))
}

#[test]
fn other_entities_are_rejected_by_name_whatever_the_row_is_called() {
    let bytes = entity("XYZ", &[], &[("PRIPID", "1")]);
    let translated = EnterpriseRegister.translate(&Row { kind: "ENT", ..Row::of(&bytes) }, None);
    assert!(matches!(translated, Translated::Rejected(Rejection { rule, .. }) if rule.id == "entity.unknown"));
    assert_eq!(rejection_of(b"<ENT>&nbsp;</ENT>").rule.id, "entity.malformed");
    assert_eq!(rejection_of(b"<ENT><A>\x80</A></ENT>").rule.id, "row.encoding");
}

#[test]
fn only_enterprises_are_followed() {
    let entity_in = |bytes: &[u8]| EnterpriseRegister.entity(&Row::of(bytes));
    assert_eq!(entity_in(&ent(&[("PRIPID", "#77 ")])).as_deref(), Some("ent/77"));
    assert_eq!(entity_in(&ent(&[("PRIPID", "")])), None);
    assert_eq!(entity_in(b"<INV><PRIPID>77</PRIPID></INV>"), None);
    assert_eq!(entity_in(b"<ENT>"), None);
}

#[test]
fn every_rule_is_a_sentence_and_listed_once() {
    let rules = EnterpriseRegister.department().rules;
    assert!(rules.iter().all(|rule| adapter_sdk::rules::is_well_formed(rule)));
    let ids: std::collections::BTreeSet<_> = rules.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), rules.len());
}

proptest! {
    #[test]
    fn damaged_entities_never_panic(at in 0usize..2000, with in any::<[u8; 2]>(), memory in any::<Option<[u8; 24]>>()) {
        let mut bytes = ent(&[]);
        let at = at % bytes.len();
        bytes.splice(at..(at + 2).min(bytes.len()), with);
        let _ = EnterpriseRegister.entity(&Row { kind: "ENT", ..Row::of(&bytes) });
        let _ = translate_with(&bytes, memory.as_ref().map(<[u8; 24]>::as_slice));
    }

    #[test]
    fn any_text_in_any_element_ends_as_record_or_reject(
        kind in 0usize..3,
        texts in proptest::collection::vec("[^<&\u{0}-\u{1F}\u{7F}-\u{9F}]{0,20}", 24),
    ) {
        let names = [
            "PRIPID", "INVID", "UNISCID", "REGNO", "CERNO", "CERTYPE", "INVTYPE", "INV", "LICNO", "LICTYPE", "LICSTATE", "REGCAP",
            "REGCAPCUR", "SUBCONAM", "SUBCONPROP", "OPTO", "VALTO", "APPRDATE", "CONDATE", "REGSTATE", "REGSTATE_CN", "INDUSTRYCO",
            "INDUSTRYPHY", "S_EXT_DATATIME",
        ];
        let changes: Vec<(&str, &str)> = names.into_iter().zip(texts.iter().map(String::as_str)).collect();
        for changes in [&changes[..], &changes[..6], &changes[6..18]] {
            let bytes = match kind {
                0 => ent(changes),
                1 => entity("INV", &[("PRIPID", "1"), ("INVID", "2"), ("S_EXT_DATATIME", "20260101000000")], changes),
                _ => entity("LIC", &[("LICNO", "1"), ("UNISCID", USCC), ("S_EXT_DATATIME", "20260101000000")], changes),
            };
            match translate_with(&bytes, None) {
                Translated::Records { drafts, .. } => {
                    for draft in drafts {
                        prop_assert!(!draft.key.is_empty() && draft.stamp.len() == 14);
                        prop_assert!(draft.flags.iter().all(|flag| rules::ALL.iter().any(|rule| rule.id == *flag)));
                    }
                }
                Translated::Rejected(rejection) => prop_assert!(rules::ALL.contains(&rejection.rule)),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
