//! Identifiers of all kinds: what is read once in normal form is read again as itself.
#![no_main]

use domain::{
    Identifier, IdentifierKind,
    identifier::{
        CertificateId, CitizenNumber, DetectFault, Detected, OrganisationCode, RegistrationNumber, Uscc,
        code_in_taxpayer_number, detect, division_of_registration, fold_certificate_number, grade_certificate_id,
    },
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for kind in IdentifierKind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(*kind));
        if let Ok(identifier) = Identifier::parse(*kind, text) {
            is_normal(&identifier);
        }
        is_kept(detect::declared(*kind, text));
    }
    for detected in [detect::person(text), detect::organisation(text), detect::party(text)] {
        is_kept(detected);
    }
    let (code, rest) = text.split_at(text.char_indices().nth(3).map_or(text.len(), |(at, _)| at));
    is_kept(detect::by_holder_code(code, rest));
    numbers(text);
});

/// Reading an identifier's own value gives the identifier, and what it says of itself can be told.
fn is_normal(identifier: &Identifier) {
    let value = identifier.value();
    assert_eq!(Identifier::parse(identifier.kind(), value).as_ref(), Ok(identifier), "{}", identifier.kind());
    assert!(!value.is_empty() && !value.chars().any(char::is_control));
    if let Some(division) = division_of_registration(identifier) {
        assert!(value.contains(division));
    }
    assert_eq!(format!("{identifier:?}"), format!("Identifier({}, ..)", identifier.kind()), "a number is never shown");
}

fn is_kept(detected: Result<Detected, DetectFault>) {
    let Ok(detected) = detected else { return };
    if detected.is_sound() {
        is_normal(detected.identifier());
    } else {
        let kind = detected.identifier().kind();
        assert!(matches!(kind, IdentifierKind::OtherPersonId | IdentifierKind::OtherOrganisationId), "{kind}");
    }
}

fn numbers(text: &str) {
    if let Ok(number) = CitizenNumber::parse(text) {
        let again = CitizenNumber::parse(number.value()).expect("an upgraded number is a number");
        assert_eq!((again.birth_date(), again.sex_digit()), (number.birth_date(), number.sex_digit()));
        assert_eq!((again.division(), again.prefix_class()), (number.division(), number.prefix_class()));
    }
    if let Ok(code) = Uscc::parse(text) {
        let _ = (code.inner_check_ok(), code.organisation_code(), code.division());
    }
    if let Ok(code) = OrganisationCode::parse(text) {
        assert_eq!(OrganisationCode::parse(code.value()).as_ref(), Ok(&code));
    }
    if let Ok(number) = RegistrationNumber::parse(text) {
        assert_eq!(number.division().len(), 6);
    }
    if let Some(id) = CertificateId::parse(text) {
        assert_eq!(id.grade(), grade_certificate_id(text));
        let _ = (id.type_code(), id.issuer(), id.issuer_division());
    }
    let folded = fold_certificate_number(text);
    assert_eq!(fold_certificate_number(&folded), folded);
    let _ = code_in_taxpayer_number(text);
}
