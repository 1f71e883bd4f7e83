use super::*;
use proptest::prelude::*;

fn value(kind: IdentifierKind, text: &str) -> String {
    Identifier::parse(kind, text).unwrap().value().to_owned()
}

fn rule(kind: IdentifierKind, text: &str) -> &'static str {
    Identifier::parse(kind, text).unwrap_err().rule
}

#[test]
fn every_kind_has_its_normal_form() {
    for (kind, text, expected) in [
        (IdentifierKind::CitizenNumber, "110105491231002", "11010519491231002X"),
        (IdentifierKind::ForeignResidenceNumber, "91112419900101001x", "91112419900101001X"),
        (IdentifierKind::ForeignResidenceNumber, "usa110081080312", "USA110081080312"),
        (IdentifierKind::Passport, " e12345678", "E12345678"),
        (IdentifierKind::HkMacaoPermit, "h12345678", "H12345678"),
        (IdentifierKind::TaiwanPermit, "１２３４５６７８", "12345678"),
        (IdentifierKind::MilitaryId, "军字第１２３号", "军字第123号"),
        (IdentifierKind::Uscc, "91110000600037341l ", "91110000600037341L"),
        (IdentifierKind::RegistrationNumber, "110000001234568", "110000001234568"),
        (IdentifierKind::OrganisationCode, "60003734-1", "600037341"),
        (IdentifierKind::CertificateNumber, "京（2020）东不动产权第 1号", "京(2020)东不动产权第1号"),
        (IdentifierKind::UnitNumber, "110101001001gb00001f00010001", "110101001001GB00001F00010001"),
        (IdentifierKind::SourceKey, " aB＊1 ", "aB*1"),
    ] {
        assert_eq!(value(kind, text), expected, "{kind}");
    }
}

#[test]
fn faults_name_the_rule() {
    for (kind, text, expected) in [
        (IdentifierKind::CitizenNumber, "", "citizen-id.missing"),
        (IdentifierKind::CitizenNumber, "110105******31002X", "citizen-id.masked"),
        (IdentifierKind::CitizenNumber, "110105194912310021", "citizen-id.checksum"),
        (IdentifierKind::CitizenNumber, "91112419900101001X", "citizen-id.checksum"),
        (IdentifierKind::CitizenNumber, "110105491331002", "citizen-id.date"),
        (IdentifierKind::Uscc, "", "uscc.absent"),
        (IdentifierKind::Uscc, "91110000600037341M", "uscc.checksum"),
        (IdentifierKind::Passport, "", "party.missing"),
        (IdentifierKind::Passport, "E12***678", "party.masked"),
        (IdentifierKind::Passport, "无", "party.identifier"),
        (IdentifierKind::HkMacaoPermit, "H123", "party.identifier"),
        (IdentifierKind::RegistrationNumber, "110000001234567", "party.identifier"),
        (IdentifierKind::CertificateNumber, " ", "field.required"),
        (IdentifierKind::CertificateNumber, "J1101**", "certificate.number"),
        (IdentifierKind::HouseholdNumber, "", "field.required"),
        (IdentifierKind::SourceKey, "a\u{7}b", "field.invalid"),
    ] {
        assert_eq!(rule(kind, text), expected, "{kind} {text}");
    }
}

#[test]
fn endless_values_are_refused() {
    for kind in [IdentifierKind::OtherPersonId, IdentifierKind::SourceKey, IdentifierKind::CertificateNumber] {
        assert!(Identifier::parse(kind, &"1".repeat(128)).is_ok());
        assert!(Identifier::parse(kind, &"1".repeat(129)).is_err());
    }
}

#[test]
fn wrongly_checked_certificate_identifiers_can_still_be_found() {
    let id = "1.2.156.3005.2.11100000MB03271699001.11110000000021135M.0000000001.001.A";
    assert_eq!(value(IdentifierKind::CertificateId, id), id);
}

#[test]
fn neither_debug_nor_faults_show_the_value() {
    let identifier = Identifier::parse(IdentifierKind::CitizenNumber, "11010519491231002X").unwrap();
    assert_eq!(format!("{identifier:?}"), "Identifier(citizen-number, ..)");
    let fault = Identifier::parse(IdentifierKind::CitizenNumber, "110105194912310021").unwrap_err();
    assert_eq!(fault.to_string(), "not a valid citizen-number (citizen-id.checksum)");
}

#[test]
fn organisations_and_certificates_name_their_division() {
    for (kind, text, division) in [
        (IdentifierKind::Uscc, "91350100M000100Y43", Some("350100")),
        (IdentifierKind::RegistrationNumber, "440301103097413", Some("440301")),
        (IdentifierKind::CertificateNumber, "91350100M000100Y43", Some("350100")),
        (IdentifierKind::CertificateNumber, "440301103097413", Some("440301")),
        (IdentifierKind::CertificateNumber, "J110101-2020-000123", Some("110101")),
        (IdentifierKind::CertificateNumber, "京（2020）东不动产权第1号", None),
        (
            IdentifierKind::CertificateId,
            "1.2.156.3005.2.11100000MB03271699001.11110000000021135M.0000000001.001.N",
            Some("110000"),
        ),
        (IdentifierKind::CertificateId, "1.2.156.3005.2.x.370800.1.001.N", None),
        (IdentifierKind::CitizenNumber, "11010519491231002X", None),
        (IdentifierKind::OrganisationCode, "600037341", None),
    ] {
        let identifier = Identifier::parse(kind, text).unwrap();
        assert_eq!(division_of_registration(&identifier), division, "{kind}");
    }
}

#[test]
fn kinds_are_of_persons_or_organisations_or_neither() {
    for kind in IdentifierKind::ALL {
        assert!(!(kind.is_person() && kind.is_organisation()));
        assert_eq!(kind.as_str().parse(), Ok(*kind));
    }
    assert!(IdentifierKind::OtherPersonId.is_person() && IdentifierKind::Uscc.is_organisation());
    assert!(!IdentifierKind::SourceKey.is_person() && !IdentifierKind::CertificateNumber.is_organisation());
    let codes: std::collections::BTreeSet<_> = IdentifierKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(codes.len(), IdentifierKind::ALL.len());
}

proptest! {
    #[test]
    fn normal_form_is_stable(kind in 0usize..IdentifierKind::ALL.len(), text in "\\PC{0,30}") {
        let kind = IdentifierKind::ALL[kind];
        if let Ok(identifier) = Identifier::parse(kind, &text) {
            prop_assert_eq!(Identifier::parse(kind, identifier.value()), Ok(identifier.clone()));
            let _ = division_of_registration(&identifier);
        }
    }
}
