use super::*;
use proptest::prelude::*;

const VECTORS: [&str; 11] = [
    "11010519491231002X",
    "440524188001010014",
    "360426199101010071",
    "810000199408230021",
    "830000199201300022",
    "911124198108030024",
    "110101190001010014",
    "810000199001010019",
    "820000199001010029",
    "830000199001010039",
    "91112419900101001X",
];

fn fault(text: &str) -> CitizenFault {
    CitizenNumber::parse(text).unwrap_err()
}

#[test]
fn published_and_synthetic_numbers_are_read_as_they_are() {
    for vector in VECTORS {
        let number = CitizenNumber::parse(vector).unwrap();
        assert_eq!((number.value(), number.former()), (vector, None));
        assert_eq!(number.birth_date().format("%Y%m%d").to_string(), vector[6..14]);
        assert_eq!(number.division(), &vector[..6]);
    }
}

#[test]
fn sex_is_the_parity_of_the_sequence() {
    assert_eq!(CitizenNumber::parse("11010519491231002X").unwrap().sex_digit(), "2");
    assert_eq!(CitizenNumber::parse("110101190001010014").unwrap().sex_digit(), "1");
}

#[test]
fn first_digits_tell_the_document() {
    for (number, class, kind) in [
        ("11010519491231002X", PrefixClass::Mainland, IdentifierKind::CitizenNumber),
        ("810000199001010019", PrefixClass::HongKong, IdentifierKind::CitizenNumber),
        ("820000199001010029", PrefixClass::Macao, IdentifierKind::CitizenNumber),
        ("830000199001010039", PrefixClass::Taiwan, IdentifierKind::CitizenNumber),
        ("91112419900101001X", PrefixClass::ForeignPermanent, IdentifierKind::ForeignResidenceNumber),
    ] {
        let number = CitizenNumber::parse(number).unwrap();
        assert_eq!(number.prefix_class(), class);
        assert_eq!(number.identifier().kind(), kind);
    }
}

#[test]
fn blanks_width_and_small_x_are_put_right() {
    for text in [" 11010519491231002x ", "\u{3000}11010519491231002Ｘ", "１１０１０５１９４９１２３１００２ｘ"]
    {
        assert_eq!(CitizenNumber::parse(text).unwrap().value(), "11010519491231002X");
    }
}

#[test]
fn fifteen_digits_are_upgraded_and_kept() {
    let number = CitizenNumber::parse("110105491231002").unwrap();
    assert_eq!((number.value(), number.former()), ("11010519491231002X", Some("110105491231002")));
}

#[test]
fn sequences_of_the_very_old_were_born_in_the_eighteen_hundreds() {
    let number = CitizenNumber::parse("110105801231998").unwrap();
    assert_eq!(number.birth_date(), NaiveDate::from_ymd_opt(1880, 12, 31).unwrap());
    assert_eq!(CitizenNumber::parse("110105801231995").unwrap().birth_date().year(), 1980);
}

#[test]
fn every_fault_has_its_rule() {
    for (text, expected, rule) in [
        ("", CitizenFault::Missing, "citizen-id.missing"),
        (" \u{3000}", CitizenFault::Missing, "citizen-id.missing"),
        ("110105********002X", CitizenFault::Masked, "citizen-id.masked"),
        ("1101051949＊＊＊＊002X", CitizenFault::Masked, "citizen-id.masked"),
        ("110105194912310021", CitizenFault::Checksum, "citizen-id.checksum"),
        ("91110000600037341L", CitizenFault::Shape, "citizen-id.checksum"),
        ("1101051949123100", CitizenFault::Shape, "citizen-id.checksum"),
        ("11010549123100X", CitizenFault::Shape, "citizen-id.checksum"),
        ("911124810803002", CitizenFault::Shape, "citizen-id.checksum"),
        ("无", CitizenFault::Shape, "citizen-id.checksum"),
        ("国国国国国国", CitizenFault::Shape, "citizen-id.checksum"),
        ("110105491331002", CitizenFault::Date, "citizen-id.date"),
        ("110105000229002", CitizenFault::Date, "citizen-id.date"),
    ] {
        assert_eq!(fault(text), expected, "{text}");
        assert_eq!(fault(text).rule(), rule);
    }
}

#[test]
fn impossible_date_with_a_good_check_is_a_date_fault() {
    for body in
        ["11010519490230002", "11010519491301002", "11010519490000002", "11010517991231002", "11010500000101002"]
    {
        let check = check::mod_11_2(body).unwrap();
        assert_eq!(fault(&format!("{body}{check}")), CitizenFault::Date, "{body}");
    }
}

#[test]
fn wrong_check_goes_before_impossible_date() {
    let body = "11010519490230002";
    let good = check::mod_11_2(body).unwrap();
    let bad = if good == '0' { '1' } else { '0' };
    assert_eq!(fault(&format!("{body}{bad}")), CitizenFault::Checksum);
}

#[test]
fn debug_hides_the_number() {
    assert_eq!(format!("{:?}", CitizenNumber::parse(VECTORS[0]).unwrap()), "CitizenNumber(..)");
}

prop_compose! {
    fn born()(days in 0i64..80_000) -> NaiveDate {
        NaiveDate::from_ymd_opt(1800, 1, 1).unwrap() + chrono::Duration::days(days)
    }
}

prop_compose! {
    fn number()(division in 100_000u32..900_000, born in born(), sequence in 0u32..1000) -> String {
        let body = format!("{division}{}{sequence:03}", born.format("%Y%m%d"));
        let check = check::mod_11_2(&body).unwrap();
        format!("{body}{check}")
    }
}

proptest! {
    #[test]
    fn generated_numbers_are_good(number in number()) {
        let read = CitizenNumber::parse(&number).unwrap();
        prop_assert_eq!(read.value(), &number);
    }

    #[test]
    fn any_single_wrong_character_is_found(number in number(), at in 0usize..18, step in 1usize..11) {
        let charset = b"0123456789X";
        let mut bytes = number.into_bytes();
        let from = charset.iter().position(|known| *known == bytes[at]).unwrap();
        bytes[at] = charset[(from + step) % 11];
        prop_assert!(CitizenNumber::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
    }

    #[test]
    fn swapped_neighbours_are_found(number in number(), at in 0usize..16) {
        let mut bytes = number.clone().into_bytes();
        bytes.swap(at, at + 1);
        let swapped = String::from_utf8(bytes).unwrap();
        let expected = if swapped == number { None } else { Some(CitizenFault::Checksum) };
        prop_assert_eq!(CitizenNumber::parse(&swapped).err(), expected);
    }

    #[test]
    fn fifteen_digits_upgrade_to_what_eighteen_say(
        division in 100_000u32..900_000, days in 0i64..36_000, sequence in 0u32..1000,
    ) {
        let century = if sequence >= 996 { 1801 } else { 1901 };
        let born = NaiveDate::from_ymd_opt(century, 1, 1).unwrap() + chrono::Duration::days(days);
        let read = CitizenNumber::parse(&format!("{division}{}{sequence:03}", born.format("%y%m%d"))).unwrap();
        prop_assert_eq!(read.birth_date(), born);
        let again = CitizenNumber::parse(read.value()).unwrap();
        prop_assert_eq!(again.value(), read.value());
    }

    #[test]
    fn any_text_is_judged_without_panic(text in "\\PC{0,20}", digits in "[0-9Xx*]{0,19}") {
        let _ = (CitizenNumber::parse(&text), CitizenNumber::parse(&digits));
    }
}
