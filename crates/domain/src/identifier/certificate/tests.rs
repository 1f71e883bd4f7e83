use super::*;
use proptest::prelude::*;

const BASE: &str = "1.2.156.3005.2.11100000MB03271699001.11110000000021135M";

fn grade(tail: &str) -> CertificateGrade {
    grade_certificate_id(&format!("{BASE}.{tail}"))
}

#[test]
fn synthetic_identifiers_are_graded() {
    assert_eq!(grade("0000000001.001.N"), CertificateGrade::Conforming);
    assert_eq!(grade("0000000001.001.S"), CertificateGrade::LegacyVariant);
    assert_eq!(grade("0000000001.001.A"), CertificateGrade::Wrong);
    assert_eq!(grade("DEMO0000000000000001.001.B"), CertificateGrade::Conforming);
    assert_eq!(grade("DEMO0000000000000001.001.J"), CertificateGrade::LegacyVariant);
}

#[test]
fn each_grade_has_its_flag() {
    assert_eq!(CertificateGrade::Conforming.flag(), None);
    assert_eq!(CertificateGrade::LegacyVariant.flag(), Some("certificate-id.legacy-variant"));
    assert_eq!(CertificateGrade::Wrong.flag(), Some("certificate-id.checksum"));
}

#[test]
fn text_that_is_built_otherwise_is_wrong() {
    for text in [
        "",
        "N",
        "1.2.156.3005.2.",
        "1.2.156.3005.2.11100000MB03271699001.11110000000021135M.0000000001.001",
        "1.2.156.3005.2.11100000MB03271699001.11110000000021135M.0000000001.01.N",
        "1.2.156.3005.2.11100000MB03271699.11110000000021135M.0000000001.001.N",
        "1.2.156.3005.3.11100000MB03271699001.11110000000021135M.0000000001.001.N",
        "11100000MB03271699001.11110000000021135M.0000000001.001.N",
        "不动产",
    ] {
        assert_eq!(grade_certificate_id(text), CertificateGrade::Wrong, "{text}");
    }
    assert_eq!(grade("demo_1.001.N"), CertificateGrade::Wrong);
    assert_eq!(grade("0000000001.001.中"), CertificateGrade::Wrong);
}

#[test]
fn parts_can_be_asked_for() {
    let id = CertificateId::parse(&format!(" {BASE}.0000000001.001.Ｎ")).unwrap();
    assert_eq!(id.grade(), CertificateGrade::Conforming);
    assert_eq!(id.type_code(), "11100000MB03271699001");
    assert_eq!(id.issuer(), "11110000000021135M");
    assert_eq!(id.issuer_division(), Some("110000"));
}

#[test]
fn issuer_that_is_no_credit_code_names_no_division() {
    let id = CertificateId::parse("1.2.156.3005.2.11100000MB03271699001.370800.0000000001.001.N").unwrap();
    assert_eq!((id.issuer(), id.issuer_division()), ("370800", None));
}

#[test]
fn brackets_blanks_and_widths_of_printed_numbers_fold() {
    let folded = "京(2020)东不动产权第0012345号";
    for text in [
        "京（2020）东不动产权第0012345号",
        "京(2020)东不动产权第0012345号",
        " 京〔2020〕东不动产权 第0012345号\u{3000}",
        "京【２０２０】东不动产权第0012345号",
    ] {
        assert_eq!(fold_certificate_number(text), folded);
    }
}

#[test]
fn known_forms_of_numbers_name_a_division() {
    assert_eq!(division_of_number("J110101-2020-000123"), Some("110101"));
    assert_eq!(division_of_number("L110101-2021-000045"), Some("110101"));
    assert_eq!(division_of_number("JY11101010000018"), Some("110101"));
    for other in ["J999999-2020-000123", "京(2020)东不动产权第0012345号", "JY1", "", "G123456789", "J国国国"]
    {
        assert_eq!(division_of_number(other), None, "{other}");
    }
}

proptest! {
    #[test]
    fn any_single_wrong_character_takes_conformity_away(serial in "[0-9A-Z]{7,32}", at in 0usize..61, step in 1usize..36) {
        let issuer = "11110000000021135M";
        let kind = "11100000MB03271699001";
        let input = format!("{kind}{issuer}{serial}001");
        let check = check::mod_37_36(&input).unwrap();
        let charset = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let mut bytes = input.into_bytes();
        let at = at % (bytes.len() - 3);
        let from = charset.iter().position(|known| *known == bytes[at]).unwrap();
        bytes[at] = charset[(from + step) % 36];
        let changed = String::from_utf8(bytes).unwrap();
        let (kind, rest) = changed.split_at(21);
        let (issuer, rest) = rest.split_at(18);
        let (serial, version) = rest.split_at(rest.len() - 3);
        let id = format!("1.2.156.3005.2.{kind}.{issuer}.{serial}.{version}.{check}");
        prop_assert_ne!(grade_certificate_id(&id), CertificateGrade::Conforming);
    }

    #[test]
    fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
        let folded = fold_certificate_number(&text);
        prop_assert_eq!(fold_certificate_number(&folded), folded.clone());
    }

    #[test]
    fn any_text_is_judged_without_panic(text in "\\PC{0,40}") {
        let _ = (grade_certificate_id(&text), grade(&text), division_of_number(&text));
    }
}
