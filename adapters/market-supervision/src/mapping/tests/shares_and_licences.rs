//! What `INV` and `LIC` rows become.
use super::*;

fn inv(changes: &[(&str, &str)]) -> Vec<u8> {
    let base = [
        ("PRIPID", "3201000000000001"),
        ("INVID", "1"),
        ("INVTYPE", "20"),
        ("INV", "张三"),
        ("CERTYPE", "10"),
        ("CERNO", PERSON),
        ("SUBCONAM", "300.00"),
        ("SUBCONPROP", "60.00"),
        ("CONDATE", "2015-05-12"),
        ("S_EXT_DATATIME", "2026-11-01 02:11:09"),
    ];
    entity("INV", &base, changes)
}

fn lic(changes: &[(&str, &str)]) -> Vec<u8> {
    let base = [
        ("LICID", "JY11101010000018"),
        ("UNISCID", USCC),
        ("LICTYPE", "食品经营许可证"),
        ("LICNO", "JY11101010000018"),
        ("LICITEM", "预包装食品销售"),
        ("ISSORG", "北京市东城区市场监督管理局"),
        ("ISSDATE", "2022-03-01"),
        ("VALFROM", "2022-03-01"),
        ("VALTO", "2027-02-28"),
        ("LICSTATE", "有效"),
        ("S_EXT_DATATIME", "2026-11-01 02:11:09"),
    ];
    entity("LIC", &base, changes)
}

fn share(changes: &[(&str, &str)]) -> (Draft, Shareholding) {
    let [draft]: [Draft; 1] = drafts_of(&inv(changes)).try_into().unwrap();
    let share = body(&draft);
    (draft, share)
}

fn licence(changes: &[(&str, &str)]) -> (Draft, FoodOperationLicence) {
    let [draft]: [Draft; 1] = drafts_of(&lic(changes)).try_into().unwrap();
    let licence = body(&draft);
    (draft, licence)
}

#[test]
fn a_share_is_found_by_its_enterprise_and_its_holder() {
    let (draft, share) = share(&[]);
    assert_eq!((draft.resource, draft.key.as_str()), ("shareholding", "3201000000000001/1"));
    assert_eq!(
        subjects(&draft),
        [("source-key", "3201000000000001".to_owned()), ("citizen-number", PERSON.to_owned())]
    );
    assert_eq!((share.subscribed_amount.as_str(), share.currency.as_str()), ("3000000.00", "CNY"));
    assert_eq!((share.share_percent.as_str(), share.contributed_on.as_str()), ("60.00", "2015-05-12"));
    assert_eq!((share.holder_type.as_str(), share.enterprise), ("20", None));
    let holder = share.holder.unwrap();
    assert_eq!((holder.name.as_str(), holder.kind()), ("张三", PartyKind::Person));
}

#[test]
fn holders_are_named_as_their_types_say() {
    for (holder_type, number_type, number, wrong, expected) in [
        ("20", "10", "110101190001010015", true, "other-person-id 110101190001010015"),
        ("20", "10", USCC, true, "other-person-id 91110000600037341L"),
        ("20", "20", "军字第123号", false, "military-id 军字第123号"),
        ("20", "30", "警字第123号", false, "military-id 警字第123号"),
        ("20", "40", "e1234567", false, "passport E1234567"),
        ("20", "50", "H12345678", false, "hk-macao-permit H12345678"),
        ("20", "60", "M1234567801", false, "hk-macao-permit M1234567801"),
        ("20", "60", "X1", true, "other-person-id X1"),
        ("20", "70", "12345678", false, "taiwan-permit 12345678"),
        ("20", "90", "X1", false, "other-person-id X1"),
        ("20", "77", "X1", false, "other-person-id X1"),
        ("20", "", "110105491231002", false, "citizen-number 11010519491231002X"),
        ("20", "", "12345678", false, "taiwan-permit 12345678"),
        ("20", "", "X1", false, "other-person-id X1"),
        ("35", "", "#91110000600037341L ", false, "uscc 91110000600037341L"),
        ("35", "", REGNO, false, "registration-number 110000001234568"),
        ("35", "", "110000001234567", true, "other-organisation-id 110000001234567"),
        ("35", "10", PERSON, true, "other-organisation-id 110101190001010014"),
        ("10", "", USCC, false, "other-organisation-id 91110000600037341L"),
        ("99", "10", "事证第1号", false, "other-organisation-id 事证第1号"),
        ("", "", USCC, false, "uscc 91110000600037341L"),
        ("", "", PERSON, false, "citizen-number 110101190001010014"),
    ] {
        let (draft, share) = share(&[("INVTYPE", holder_type), ("CERTYPE", number_type), ("CERNO", number)]);
        let holder = share.holder.unwrap();
        let (kind, value) = identifier_of(&holder);
        assert_eq!(format!("{kind} {value}"), expected);
        assert_eq!(draft.flags.contains(&"party.identifier"), wrong, "{expected}");
        assert_eq!(subjects(&draft)[1], (draft.subjects[1].kind().as_str(), value.to_owned()));
        let is_person = holder_type == "20" || (holder_type.is_empty() && number == PERSON);
        assert_eq!(holder.kind() == PartyKind::Person, is_person, "{expected}");
    }
}

#[test]
fn an_investor_without_number_is_published_and_a_masked_one_is_not() {
    let (draft, share) = share(&[("CERNO", " "), ("INVTYPE", "35")]);
    assert_eq!(subjects(&draft), [("source-key", "3201000000000001".to_owned())]);
    assert!(draft.flags.is_empty());
    assert_eq!(share.holder.unwrap().kind(), PartyKind::Organisation);
    assert_eq!(fault_of(&inv(&[("CERNO", "1101**********0014")])), ("party.masked", "CERNO"));
    assert_eq!(fault_of(&inv(&[("INVTYPE", "35"), ("CERNO", "9111****0037341L")])), ("party.masked", "CERNO"));
}

#[test]
fn a_share_needs_both_halves_of_its_key_and_good_numbers() {
    assert_eq!(fault_of(&inv(&[("PRIPID", "")])), ("field.required", "PRIPID"));
    assert_eq!(fault_of(&inv(&[("INVID", "")])), ("field.required", "INVID"));
    assert_eq!(fault_of(&inv(&[("SUBCONAM", "x")])), ("number.invalid", "SUBCONAM"));
    assert_eq!(fault_of(&inv(&[("SUBCONPROP", "六成")])), ("number.invalid", "SUBCONPROP"));
    assert_eq!(fault_of(&inv(&[("CONDATE", "20150231")])), ("date.invalid", "CONDATE"));
    assert_eq!(rejection_of(&inv(&[("CONDATE", "x")])).key.as_deref(), Some("3201000000000001/1"));
    let (draft, share) = share(&[("REGCAPCUR", "999"), ("SUBCONPROP", "33.3333%")]);
    assert_eq!((draft.flags, share.share_percent.as_str()), (vec!["code.unknown"], "33.3333"));
}

#[test]
fn a_food_licence_is_found_by_number_and_holder() {
    let (draft, licence) = licence(&[]);
    assert_eq!((draft.resource, draft.key.as_str()), ("food-operation-licence", "JY11101010000018"));
    assert_eq!(subjects(&draft), [("certificate-number", "JY11101010000018".to_owned()), ("uscc", USCC.to_owned())]);
    assert_eq!((licence.certificate_type.as_str(), licence.items.as_str()), ("食品经营许可证", "预包装食品销售"));
    assert_eq!((licence.issued_on.as_str(), licence.valid_to.as_str()), ("2022-03-01", "2027-02-28"));
    assert_eq!((licence.status(), licence.status_text.as_str()), (CertificateStatus::Valid, "有效"));
    assert_eq!(
        (identifier_of(&licence.holders[0]), licence.holders[0].kind()),
        (("uscc", USCC), PartyKind::Organisation)
    );
    assert!(draft.flags.is_empty());
}

#[test]
fn states_of_food_licences() {
    for (text, status) in [
        ("注销", CertificateStatus::Cancelled),
        ("吊销", CertificateStatus::WithdrawnAsSanction),
        ("撤销", CertificateStatus::Revoked),
        ("过期", CertificateStatus::Expired),
        ("停业", CertificateStatus::Other),
        ("", CertificateStatus::Other),
    ] {
        let (_, licence) = licence(&[("LICSTATE", text)]);
        assert_eq!((licence.status(), licence.status_text.as_str()), (status, text));
    }
}

#[test]
fn a_food_licence_that_nobody_is_found_by_is_refused() {
    assert_eq!(fault_of(&lic(&[("UNISCID", "")])), ("party.missing", "UNISCID"));
    assert_eq!(fault_of(&lic(&[("UNISCID", "9111****0037341L")])), ("party.masked", "UNISCID"));
    assert_eq!(fault_of(&lic(&[("UNISCID", "91110000600037341M")])), ("uscc.checksum", "UNISCID"));
    assert_eq!(fault_of(&lic(&[("LICNO", "#")])), ("field.required", "LICNO"));
    assert_eq!(fault_of(&lic(&[("LICNO", "JY1110****000018")])), ("certificate.number", "LICNO"));
    assert_eq!(fault_of(&lic(&[("VALTO", "x")])), ("date.invalid", "VALTO"));
}

#[test]
fn an_empty_end_is_no_end_and_another_type_is_kept_with_a_flag() {
    let (draft, open) = licence(&[("VALTO", ""), ("LICTYPE", "食品流通许可证")]);
    assert!(open.valid_indefinitely && open.valid_to.is_empty());
    assert_eq!((open.certificate_type.as_str(), draft.flags), ("食品流通许可证", vec!["code.unknown"]));
    assert_eq!(licence(&[("LICTYPE", "")]).1.certificate_type, "食品经营许可证");
}
