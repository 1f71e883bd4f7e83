//! What one `ENT` row becomes.
use super::*;

fn records(changes: &[(&str, &str)]) -> (Draft, LegalPerson, Draft, BusinessLicence) {
    let [enterprise, licence]: [Draft; 2] = drafts_of(&ent(changes)).try_into().unwrap();
    let (person, document) = (body(&enterprise), body(&licence));
    (enterprise, person, licence, document)
}

fn fault(changes: &[(&str, &str)]) -> (&'static str, &'static str) {
    fault_of(&ent(changes))
}

#[test]
fn an_enterprise_and_its_licence_are_published_under_the_credit_code() {
    let (draft, person, licence_draft, licence) = records(&[]);
    assert_eq!((draft.resource, draft.key.as_str(), draft.stamp.as_str()), ("legal-person", USCC, "20261101021109"));
    assert_eq!(draft.source_time.to_rfc3339(), "2026-10-31T18:11:09+00:00");
    assert_eq!(
        subjects(&draft),
        [
            ("uscc", USCC.to_owned()),
            ("registration-number", REGNO.to_owned()),
            ("organisation-code", "600037341".to_owned()),
            ("source-key", "3201000000000001".to_owned()),
        ]
    );
    assert!(draft.flags.is_empty() && licence_draft.flags.is_empty());
    assert_eq!((person.uscc.as_str(), person.registration_number.as_str()), (USCC, REGNO));
    assert_eq!((person.registered_capital.as_str(), person.currency.as_str()), ("5000000.00", "CNY"));
    assert_eq!((person.established_on.as_str(), person.operates_from.as_str()), ("2015-05-12", "2015-05-12"));
    assert!(person.operates_indefinitely && person.operates_to.is_empty());
    assert_eq!(person.registration_status(), RegistrationStatus::InOperation);
    let representative = person.legal_representative.unwrap();
    assert_eq!((representative.name.as_str(), representative.kind()), ("张三", PartyKind::Person));
    assert_eq!(identifier_of(&representative), ("citizen-number", PERSON));
    assert_eq!((licence_draft.resource, licence_draft.key.as_str()), ("business-licence", USCC));
    assert_eq!(subjects(&licence_draft), [("certificate-number", USCC.to_owned()), ("uscc", USCC.to_owned())]);
    assert_eq!((licence.certificate_type.as_str(), licence.issued_on.as_str()), ("营业执照", "2020-01-01"));
    assert_eq!(
        (licence.issuer.as_str(), licence.status()),
        (person.registration_authority.as_str(), CertificateStatus::Valid)
    );
    assert_eq!(licence.legal_representative_name, "张三");
    assert_eq!(identifier_of(&licence.holders[0]), ("uscc", USCC));
}

#[test]
fn numbers_are_cleaned_and_names_are_not() {
    let (draft, person, ..) = records(&[
        ("UNISCID", "# 91110000600037341l "),
        ("REGNO", "＃１１００００００１２３４５６８"),
        ("ENTNAME", "\u{3000}Ａ·科技　有限公司 "),
    ]);
    assert_eq!(draft.key, USCC);
    assert_eq!(person.registration_number, REGNO);
    assert_eq!(person.name, "Ａ·科技　有限公司");
}

#[test]
fn the_credit_code_decides() {
    assert_eq!(fault(&[("UNISCID", "91110000600037341M")]), ("uscc.checksum", "UNISCID"));
    assert_eq!(fault(&[("UNISCID", "9111000060003734")]), ("uscc.checksum", "UNISCID"));
    assert_eq!(fault(&[("UNISCID", "9111****0037341L")]), ("uscc.masked", "UNISCID"));
    assert_eq!(fault(&[("UNISCID", ""), ("REGNO", "")]), ("uscc.absent", "UNISCID"));
    assert_eq!(fault(&[("UNISCID", "#"), ("REGNO", "110000001234567")]), ("uscc.absent", "UNISCID"));
    assert_eq!(fault(&[("UNISCID", ""), ("REGNO", "1100000123456")]), ("uscc.absent", "UNISCID"));
    assert_eq!(fault(&[("UNISCID", ""), ("REGNO", "1100000012345**")]), ("uscc.masked", "REGNO"));
    assert_eq!(rejection_of(&ent(&[("ESTDATE", "x")])).key.as_deref(), Some(USCC));
}

#[test]
fn a_failing_inner_check_is_a_warning_and_no_organisation_code() {
    let (draft, person, licence, _) = records(&[("UNISCID", INNER_WRONG)]);
    assert_eq!((draft.flags, licence.flags), (vec!["uscc.inner-check"], vec!["uscc.inner-check"]));
    assert!(draft.subjects.iter().all(|subject| subject.kind().as_str() != "organisation-code"));
    assert_eq!(person.uscc, INNER_WRONG);
}

#[test]
fn without_a_credit_code_the_registration_number_is_the_key() {
    let (draft, person, licence_draft, licence) = records(&[("UNISCID", " \u{3000}")]);
    assert_eq!((draft.key.as_str(), licence_draft.key.as_str(), licence.number.as_str()), (REGNO, REGNO, REGNO));
    assert_eq!(draft.flags, ["uscc.missing"]);
    assert_eq!(subjects(&draft)[0], ("registration-number", REGNO.to_owned()));
    assert_eq!(subjects(&licence_draft)[1], ("registration-number", REGNO.to_owned()));
    assert_eq!((person.uscc.as_str(), identifier_of(&licence.holders[0])), ("", ("registration-number", REGNO)));
}

#[test]
fn a_wrong_registration_number_beside_a_credit_code_is_text_alone() {
    let (draft, person, ..) = records(&[("REGNO", "1100000123456")]);
    assert_eq!((person.registration_number.as_str(), draft.flags.len(), draft.subjects.len()), ("1100000123456", 0, 3));
}

#[test]
fn the_representative_never_rejects_unless_masked() {
    let representative = |changes: &[(&str, &str)]| {
        let (draft, person, licence, _) = records(changes);
        assert!(licence.flags.is_empty());
        let party = person.legal_representative.unwrap_or_default();
        let (kind, value) = identifier_of(&party);
        (draft.flags.contains(&"party.identifier"), party.kind(), format!("{kind} {value}"))
    };
    for (number, wrong, kind, expected) in [
        ("110101190001010015", true, PartyKind::Person, "other-person-id 110101190001010015"),
        ("91110000600037341M", true, PartyKind::Person, "other-person-id 91110000600037341M"),
        ("H12345678", false, PartyKind::Person, "hk-macao-permit H12345678"),
        ("E1234567", false, PartyKind::Person, "other-person-id E1234567"),
        (OTHER_USCC, false, PartyKind::Organisation, "uscc 91110000MA00000152"),
        ("", false, PartyKind::Person, " "),
    ] {
        assert_eq!(representative(&[("CERNO", number)]), (wrong, kind, expected.to_owned()), "{number}");
    }
    assert_eq!(representative(&[("CERTYPE", "40"), ("CERNO", "E1234567")]).2, "passport E1234567");
    assert_eq!(fault(&[("CERNO", "1101**********0014")]), ("party.masked", "CERNO"));
    assert_eq!(records(&[("CERNO", ""), ("LEREP", "")]).1.legal_representative, None);
}

#[test]
fn states_come_from_the_code_and_only_without_it_from_the_text() {
    for (code, text, status, licence_status) in [
        ("1", "已注销", RegistrationStatus::InOperation, CertificateStatus::Valid),
        ("2", "", RegistrationStatus::LicenceWithdrawn, CertificateStatus::WithdrawnAsSanction),
        ("3", "", RegistrationStatus::Cancelled, CertificateStatus::Cancelled),
        ("4", "", RegistrationStatus::MovedOut, CertificateStatus::Transferred),
        ("9", "在营", RegistrationStatus::Other, CertificateStatus::Other),
        ("", "吊销,未注销", RegistrationStatus::LicenceWithdrawn, CertificateStatus::WithdrawnAsSanction),
        ("", "吊销，未注销", RegistrationStatus::LicenceWithdrawn, CertificateStatus::WithdrawnAsSanction),
        ("", "吊销,已注销", RegistrationStatus::Cancelled, CertificateStatus::Cancelled),
        ("", "注销", RegistrationStatus::Cancelled, CertificateStatus::Cancelled),
        ("", "存续（在营、开业、在册）", RegistrationStatus::InOperation, CertificateStatus::Valid),
        ("", "正常", RegistrationStatus::InOperation, CertificateStatus::Valid),
        ("", "迁出", RegistrationStatus::Other, CertificateStatus::Other),
        ("", "", RegistrationStatus::Other, CertificateStatus::Other),
    ] {
        let (draft, person, _, licence) = records(&[("REGSTATE", code), ("REGSTATE_CN", text)]);
        assert_eq!((person.registration_status(), licence.status()), (status, licence_status), "{code} {text}");
        assert_eq!((person.registration_status_text.as_str(), licence.status_text.as_str()), (text, text));
        assert!(draft.flags.is_empty());
    }
    let (draft, person, licence, _) = records(&[("REGSTATE", "7")]);
    assert_eq!(person.registration_status(), RegistrationStatus::Other);
    assert_eq!((draft.flags, licence.flags), (vec!["code.unknown"], vec!["code.unknown"]));
}

#[test]
fn capital_is_in_single_units_of_its_currency() {
    let money = |changes: &[(&str, &str)]| {
        let (draft, person, ..) = records(changes);
        (person.registered_capital, person.currency, draft.flags)
    };
    assert_eq!(money(&[("REGCAPCUR", "")]), ("5000000.00".into(), "CNY".into(), vec![]));
    assert_eq!(money(&[("REGCAP", "0.123456"), ("REGCAPCUR", "840")]), ("1234.56".into(), "USD".into(), vec![]));
    assert_eq!(money(&[("REGCAPCUR", "000")]), ("5000000.00".into(), "000".into(), vec!["code.unknown"]));
    assert_eq!(money(&[("REGCAP", ""), ("REGCAPCUR", "")]), (String::new(), String::new(), vec![]));
    assert_eq!(fault(&[("REGCAP", "五百")]), ("number.invalid", "REGCAP"));
}

#[test]
fn dates_are_read_as_agreed() {
    let (_, person, _, licence) = records(&[
        ("ESTDATE", "19000101"),
        ("APPRDATE", "2020年1月2日"),
        ("OPFROM", "2015/5/1"),
        ("OPTO", "2035-05-11"),
    ]);
    assert_eq!((person.established_on.as_str(), person.approved_on.as_str()), ("", "2020-01-02"));
    assert_eq!((licence.valid_from.as_str(), licence.valid_to.as_str()), ("2015-05-01", "2035-05-11"));
    assert!(!licence.valid_indefinitely);
    for open in ["", "长期", "99991231", "20991231", "9999-12-31"] {
        let (_, person, _, licence) = records(&[("OPTO", open)]);
        assert!(person.operates_indefinitely && licence.valid_indefinitely && licence.valid_to.is_empty(), "{open}");
    }
    assert_eq!(fault(&[("OPTO", "20150230")]), ("date.invalid", "OPTO"));
    assert_eq!(fault(&[("S_EXT_DATATIME", "")]), ("field.required", "S_EXT_DATATIME"));
    assert_eq!(fault(&[("S_EXT_DATATIME", "20261301000000")]), ("date.invalid", "S_EXT_DATATIME"));
    assert_eq!(fault(&[("PRIPID", "")]), ("field.required", "PRIPID"));
    assert_eq!(fault(&[("PRIPID", &"1".repeat(129))]), ("field.invalid", "PRIPID"));
}

#[test]
fn an_unknown_industry_is_kept_with_a_flag() {
    let (draft, person, licence, _) = records(&[("INDUSTRYPHY", "Z"), ("INDUSTRYCO", "9900")]);
    assert_eq!((person.industry_section.as_str(), person.industry_code.as_str()), ("Z", "9900"));
    assert_eq!((draft.flags, licence.flags), (vec!["code.unknown"], vec![]));
}
