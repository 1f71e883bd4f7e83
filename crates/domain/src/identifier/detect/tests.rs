use super::*;
use proptest::prelude::*;

type Detect = fn(&str) -> Result<Detected, DetectFault>;

fn sound_kind(detect: Detect, text: &str) -> IdentifierKind {
    let detected = detect(text).unwrap();
    assert!(detected.is_sound() && detected.flag().is_none(), "{text}");
    detected.identifier().kind()
}

fn wrong_kind(detect: Detect, text: &str) -> (IdentifierKind, &'static str) {
    match detect(text).unwrap() {
        Detected::Wrong { identifier, rule } => (identifier.kind(), rule),
        Detected::Sound(_) => panic!("{text} is sound"),
    }
}

#[test]
fn good_numbers_get_their_kind() {
    for (text, kind) in [
        ("11010519491231002x", IdentifierKind::CitizenNumber),
        ("110105491231002", IdentifierKind::CitizenNumber),
        ("810000199001010019", IdentifierKind::CitizenNumber),
        ("91112419900101001X", IdentifierKind::ForeignResidenceNumber),
        ("91110000600037341L ", IdentifierKind::Uscc),
        ("H12345678", IdentifierKind::HkMacaoPermit),
        ("m1234567801", IdentifierKind::HkMacaoPermit),
        ("12345678", IdentifierKind::TaiwanPermit),
        ("USA110081080312", IdentifierKind::ForeignResidenceNumber),
    ] {
        assert_eq!(sound_kind(party, text), kind, "{text}");
        assert_eq!(sound_kind(person, text), kind, "{text}");
    }
}

#[test]
fn fifteen_digits_are_upgraded() {
    assert_eq!(person("110105491231002").unwrap().identifier().value(), "11010519491231002X");
}

#[test]
fn eighteen_characters_that_fit_nothing_are_wrong() {
    assert_eq!(wrong_kind(party, "110105194912310021"), (IdentifierKind::OtherPersonId, "citizen-id.checksum"));
    assert_eq!(wrong_kind(party, "91110000600037341M"), (IdentifierKind::OtherOrganisationId, "uscc.checksum"));
    assert_eq!(wrong_kind(person, "91110000600037341M"), (IdentifierKind::OtherPersonId, "uscc.checksum"));
    assert_eq!(
        wrong_kind(organisation, "110105194912310021"),
        (IdentifierKind::OtherOrganisationId, "citizen-id.checksum")
    );
    assert_eq!(party("110105194912310021").unwrap().flag(), Some("party.identifier"));
}

#[test]
fn other_shapes_are_other_without_flag() {
    for text in ["E12345678", "军字第12345号", "1234567", "H123456789", "110000001234568", "无"] {
        assert_eq!(sound_kind(party, text), IdentifierKind::OtherPersonId, "{text}");
    }
    assert_eq!(sound_kind(organisation, "1100001234567"), IdentifierKind::OtherOrganisationId);
}

#[test]
fn organisations_have_registration_numbers_and_codes() {
    assert_eq!(sound_kind(organisation, "110000001234568"), IdentifierKind::RegistrationNumber);
    assert_eq!(sound_kind(organisation, "60003734-1"), IdentifierKind::OrganisationCode);
    assert_eq!(sound_kind(organisation, "91110000600037341L"), IdentifierKind::Uscc);
    assert_eq!(sound_kind(organisation, "11010519491231002X"), IdentifierKind::CitizenNumber);
    assert_eq!(wrong_kind(organisation, "110105491231003"), (IdentifierKind::OtherOrganisationId, "party.identifier"));
}

#[test]
fn nothing_masked_or_endless_cannot_be_kept() {
    assert_eq!(party(" \u{3000}"), Err(DetectFault::Missing));
    assert_eq!(party("1101**********0014"), Err(DetectFault::Masked));
    assert_eq!(party(&"9".repeat(200)), Err(DetectFault::Unusable));
    assert_eq!(DetectFault::Masked.rule(), "party.masked");
    assert_eq!(DetectFault::Missing.rule(), "party.missing");
}

#[test]
fn declared_kinds_are_checked() {
    let declared_as = |kind, text| declared(kind, text).unwrap();
    let passport = declared_as(IdentifierKind::Passport, "11010519491231002X");
    assert_eq!(passport.identifier().kind(), IdentifierKind::Passport);
    let permit = declared_as(IdentifierKind::HkMacaoPermit, "810000199001010019");
    assert_eq!(permit.identifier().kind(), IdentifierKind::CitizenNumber);
    let foreign = declared_as(IdentifierKind::CitizenNumber, "91112419900101001X");
    assert_eq!(foreign.identifier().kind(), IdentifierKind::ForeignResidenceNumber);
    let wrong = declared_as(IdentifierKind::CitizenNumber, "110105194912310021");
    assert_eq!((wrong.identifier().kind(), wrong.is_sound()), (IdentifierKind::OtherPersonId, false));
    let wrong = declared_as(IdentifierKind::Uscc, "91110000600037341M");
    assert_eq!(wrong.into_identifier().kind(), IdentifierKind::OtherOrganisationId);
    let wrong = declared_as(IdentifierKind::TaiwanPermit, "11010519491231002X");
    assert!(!wrong.is_sound());
}

#[test]
fn holder_codes_lead_to_kinds() {
    for (code, kind) in [
        ("001", IdentifierKind::Uscc),
        ("099", IdentifierKind::OtherOrganisationId),
        ("111", IdentifierKind::CitizenNumber),
        ("114", IdentifierKind::MilitaryId),
        ("122", IdentifierKind::MilitaryId),
        ("414", IdentifierKind::Passport),
        ("511", IdentifierKind::TaiwanPermit),
        (" 516 ", IdentifierKind::HkMacaoPermit),
        ("999", IdentifierKind::OtherPersonId),
    ] {
        assert_eq!(kind_of_holder_code(code), Some(kind));
    }
    assert_eq!(kind_of_holder_code("123"), None);
    assert_eq!(by_holder_code("414", "E12345678").unwrap().identifier().kind(), IdentifierKind::Passport);
    assert_eq!(by_holder_code("", "11010519491231002X").unwrap().identifier().kind(), IdentifierKind::CitizenNumber);
    assert_eq!(by_holder_code("777", "H12345678").unwrap().identifier().kind(), IdentifierKind::HkMacaoPermit);
}

proptest! {
    #[test]
    fn any_text_is_kept_or_refused_without_panic(text in "\\PC{0,24}", kind in 0usize..IdentifierKind::ALL.len()) {
        for detect in [party as Detect, person, organisation] {
            let detected = detect(&text);
            prop_assert_eq!(detected.is_err(), trim(&half_width(&text)).is_empty() || is_masked(&text));
        }
        let _ = declared(IdentifierKind::ALL[kind], &text);
    }

    #[test]
    fn what_is_kept_is_in_normal_form(text in "[0-9A-Za-z]{1,20}") {
        for detect in [party as Detect, person, organisation] {
            let kept = detect(&text).unwrap().into_identifier();
            let again = Identifier::parse(kept.kind(), kept.value());
            prop_assert_eq!(again.as_ref(), Ok(&kept));
        }
    }
}
