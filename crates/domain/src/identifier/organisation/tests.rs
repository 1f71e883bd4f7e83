use super::*;
use proptest::prelude::*;

const USCC_CHARSET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

const USCCS: [&str; 10] = [
    "91110000600037341L",
    "91350100M000100Y43",
    "11100000000013338W",
    "11100000MB03271699",
    "11100000000013127D",
    "11100000MB0341032Y",
    "91110000MA00000152",
    "11110000000000019K",
    "52110000500000015Q",
    "N2110000MF0000013M",
];

#[test]
fn published_and_synthetic_credit_codes_pass_both_checks() {
    for vector in USCCS {
        let code = Uscc::parse(vector).unwrap();
        assert_eq!(code.value(), vector);
        assert!(code.inner_check_ok(), "{vector}");
        assert_eq!(code.organisation_code().unwrap().value(), &vector[8..17]);
        assert_eq!(code.division(), &vector[2..8]);
    }
}

#[test]
fn inner_failure_is_only_a_warning() {
    let body = "92110000600037342";
    let code = format!("{body}{}", check::mod_31(body).unwrap());
    let code = Uscc::parse(&code).unwrap();
    assert!(!code.inner_check_ok());
    assert_eq!(code.organisation_code(), None);
}

#[test]
fn credit_codes_are_put_right() {
    for text in ["91110000600037341L ", "91110000600037341l", "\u{3000}９１１１００００６０００３７３４１Ｌ"]
    {
        assert_eq!(Uscc::parse(text).unwrap().value(), "91110000600037341L");
    }
}

#[test]
fn every_fault_of_a_credit_code_has_its_rule() {
    for (text, fault, rule) in [
        ("  ", OrganisationFault::Missing, "uscc.absent"),
        ("9111****600037341L", OrganisationFault::Masked, "uscc.masked"),
        ("91110000600037341M", OrganisationFault::Checksum, "uscc.checksum"),
        ("9111000060003734IL", OrganisationFault::Shape, "uscc.checksum"),
        ("9111000060003734", OrganisationFault::Shape, "uscc.checksum"),
        ("国国国国国国", OrganisationFault::Shape, "uscc.checksum"),
    ] {
        assert_eq!(Uscc::parse(text), Err(fault), "{text}");
        assert_eq!(fault.uscc_rule(), rule);
    }
}

#[test]
fn organisation_codes_lose_their_hyphen() {
    for text in ["600037341", "60003734-1", " 60003734－1", "d2143569-x"] {
        let code = OrganisationCode::parse(text).unwrap();
        assert_eq!(code.value().len(), 9);
        assert!(!code.value().contains('-'));
    }
    assert_eq!(OrganisationCode::parse("600037342"), Err(OrganisationFault::Checksum));
    assert_eq!(OrganisationCode::parse("6000373-41"), Err(OrganisationFault::Shape));
    assert_eq!(OrganisationCode::parse("").unwrap_err().party_rule(), "party.missing");
}

#[test]
fn registration_numbers_are_checked() {
    for vector in ["110000001234568", "320100600000018", "440301103097413"] {
        let number = RegistrationNumber::parse(vector).unwrap();
        assert_eq!((number.value(), number.division()), (vector, &vector[..6]));
    }
    assert_eq!(RegistrationNumber::parse("110000001234567"), Err(OrganisationFault::Checksum));
    assert_eq!(RegistrationNumber::parse("11000000123456X"), Err(OrganisationFault::Shape));
    assert_eq!(RegistrationNumber::parse("1100000012345"), Err(OrganisationFault::Shape));
    assert_eq!(RegistrationNumber::parse("1100***01234568").unwrap_err().party_rule(), "party.masked");
}

#[test]
fn old_taxpayer_numbers_hold_an_organisation_code() {
    assert_eq!(code_in_taxpayer_number("110101600037341").unwrap().value(), "600037341");
    assert_eq!(code_in_taxpayer_number("110101D2143569X").unwrap().value(), "D2143569X");
    for other in ["110101600037342", "91110000600037341L", "", "11010A600037341", "国国国国国"] {
        assert_eq!(code_in_taxpayer_number(other), None, "{other}");
    }
}

proptest! {
    #[test]
    fn any_single_wrong_character_of_a_credit_code_is_found(
        body in "[0-9A-HJ-NP-RTUWXY]{17}", at in 0usize..18, step in 1usize..31,
    ) {
        let good = format!("{body}{}", check::mod_31(&body).unwrap());
        prop_assert!(Uscc::parse(&good).is_ok());
        let mut bytes = good.into_bytes();
        let from = USCC_CHARSET.bytes().position(|known| known == bytes[at]).unwrap();
        bytes[at] = USCC_CHARSET.as_bytes()[(from + step) % 31];
        prop_assert_eq!(Uscc::parse(std::str::from_utf8(&bytes).unwrap()), Err(OrganisationFault::Checksum));
    }

    #[test]
    fn any_single_wrong_digit_of_a_registration_number_is_found(body in "[0-9]{14}", at in 0usize..15, step in 1u8..10) {
        let good = format!("{body}{}", check::mod_11_10(&body).unwrap());
        prop_assert!(RegistrationNumber::parse(&good).is_ok());
        let mut bytes = good.into_bytes();
        bytes[at] = b'0' + (bytes[at] - b'0' + step) % 10;
        prop_assert!(RegistrationNumber::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
    }

    // Letters count 10 to 35 modulo 11, so only digits are told apart for certain.
    #[test]
    fn any_single_wrong_digit_of_an_organisation_code_is_found(body in "[0-9]{8}", at in 0usize..8, step in 1u8..10) {
        let good = format!("{body}{}", check::organisation(&body).unwrap());
        prop_assert!(OrganisationCode::parse(&good).is_ok());
        let mut bytes = good.into_bytes();
        bytes[at] = b'0' + (bytes[at] - b'0' + step) % 10;
        prop_assert!(OrganisationCode::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
    }

    #[test]
    fn any_text_is_judged_without_panic(text in "\\PC{0,20}") {
        let _ = (Uscc::parse(&text), OrganisationCode::parse(&text), RegistrationNumber::parse(&text));
        let _ = code_in_taxpayer_number(&text);
    }
}
