//! National code tables (closed): a code that is in none of them carries the flag `code.unknown`.

mod ethnicity;
mod tables;

pub use self::ethnicity::{ethnicity, ethnicity_code, is_ethnicity};

use self::tables::{CURRENCIES, EDUCATION, INDUSTRY, MARITAL, PERSON_STATUS, PROVINCES, RELATION_GROUPS, SEX};

/// Title of a sex code, GB/T 2261.1-2003 (性别).
#[must_use]
pub fn sex(code: &str) -> Option<&'static str> {
    title(SEX, code)
}

/// Title of a marital status code, GB/T 2261.2-2003 (婚姻状况); one-digit forms are understood.
#[must_use]
pub fn marital(code: &str) -> Option<&'static str> {
    title(MARITAL, marital_code(code)?)
}

/// The two-digit marital status code: `1` is `10`, `2` is `20`, `3` is `30`, `4` is `40`, `9` is `90`.
#[must_use]
pub fn marital_code(code: &str) -> Option<&'static str> {
    let is_meant = |known: &str| if code.len() == 1 { known.strip_suffix('0') == Some(code) } else { known == code };
    MARITAL.iter().map(|(known, _)| *known).find(|known| is_meant(known))
}

/// Title of an education code, GB/T 4658-2006 (学历).
///
/// Sources disagree whether 肄业 of junior middle and primary school is 72/82 or 73/83: both are known.
#[must_use]
pub fn education(code: &str) -> Option<&'static str> {
    title(EDUCATION, code)
}

/// Title of the group of a relation to the head of household, GB/T 4761 (与户主关系).
///
/// The standard subdivides the groups; any second digit is taken, as only the groups are certain.
#[must_use]
pub fn relation(code: &str) -> Option<&'static str> {
    let two_digits = code.len() == 2 && code.bytes().all(|b| b.is_ascii_digit());
    match code {
        _ if !two_digits => None,
        "01" => Some("本人"),
        "02" => Some("户主"),
        _ => title(RELATION_GROUPS, &code[..1]),
    }
}

/// Whether the relation is the head of household itself: `01` or `02`.
#[must_use]
pub fn is_head(relation: &str) -> bool {
    matches!(relation, "01" | "02")
}

/// Title of a person's state in the household register (人员状态).
#[must_use]
pub fn person_status(code: &str) -> Option<&'static str> {
    title(PERSON_STATUS, code)
}

/// ISO 4217 letters of a currency number: `156` is `CNY`.
#[must_use]
pub fn currency(number: &str) -> Option<&'static str> {
    title(CURRENCIES, number)
}

/// Whether the text is the letters of a known currency.
#[must_use]
pub fn is_currency(letters: &str) -> bool {
    CURRENCIES.iter().any(|(_, known)| *known == letters)
}

/// Title of an industry section, GB/T 4754-2017 (国民经济行业门类), by its letter.
#[must_use]
pub fn industry_section(letter: &str) -> Option<&'static str> {
    INDUSTRY.iter().find(|section| section.letter == letter).map(|section| section.title)
}

/// Letter of the industry section that a class (`6513`) or division (`65`) belongs to.
#[must_use]
pub fn section_of_industry(code: &str) -> Option<&'static str> {
    let division: u8 = code.get(..2)?.parse().ok()?;
    INDUSTRY.iter().find(|section| section.divisions.contains(&division)).map(|section| section.letter)
}

/// Name of a province by the first two digits of a division, GB/T 2260 (省级行政区划).
#[must_use]
pub fn province(code: &str) -> Option<&'static str> {
    title(PROVINCES, code)
}

fn title(table: &[(&'static str, &'static str)], code: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == code).map(|(_, title)| *title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sex_knows_four_codes() {
        assert_eq!(sex("1"), Some("男"));
        assert_eq!(sex("2"), Some("女"));
        assert!(sex("0").is_some() && sex("9").is_some() && sex("3").is_none() && sex("").is_none());
    }

    #[test]
    fn marital_status_is_widened_to_two_digits() {
        for (given, code) in
            [("1", "10"), ("2", "20"), ("3", "30"), ("4", "40"), ("9", "90"), ("21", "21"), ("90", "90")]
        {
            assert_eq!(marital_code(given), Some(code));
            assert!(marital(given).is_some());
        }
        for unknown in ["5", "24", "", "100", "已"] {
            assert_eq!(marital_code(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn education_and_relation_know_their_groups() {
        assert_eq!(education("21"), Some("大学本科毕业"));
        assert!(education("50").is_none() && education("01").is_none());
        assert!(is_head("01") && is_head("02") && !is_head("10"));
        assert_eq!(relation("12"), Some("配偶"));
        assert_eq!(relation("20"), Some("子"));
        for unknown in ["00", "03", "", "1", "1a", "配偶"] {
            assert_eq!(relation(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn currencies_are_numbers_to_letters() {
        for (number, letters) in [
            ("156", "CNY"),
            ("344", "HKD"),
            ("446", "MOP"),
            ("901", "TWD"),
            ("840", "USD"),
            ("978", "EUR"),
            ("392", "JPY"),
        ] {
            assert_eq!(currency(number), Some(letters));
            assert!(is_currency(letters));
        }
        assert_eq!(currency("000"), None);
    }

    #[test]
    fn industry_sections_cover_divisions() {
        assert_eq!(industry_section("I"), Some("信息传输、软件和信息技术服务业"));
        assert_eq!(section_of_industry("6513"), Some("I"));
        assert_eq!(section_of_industry("0111"), Some("A"));
        assert!(
            section_of_industry("9800").is_none()
                && section_of_industry("x").is_none()
                && industry_section("U").is_none()
        );
        assert!((1..=97).all(|division| section_of_industry(&format!("{division:02}")).is_some()));
    }

    #[test]
    fn no_table_holds_a_code_twice() {
        for table in [SEX, MARITAL, EDUCATION, RELATION_GROUPS, PERSON_STATUS, CURRENCIES, PROVINCES] {
            let codes: std::collections::BTreeSet<_> = table.iter().map(|(code, _)| code).collect();
            assert_eq!(codes.len(), table.len());
        }
    }

    #[test]
    fn every_province_and_person_state_is_there() {
        assert_eq!(PROVINCES.len(), 34);
        assert_eq!(province("11"), Some("北京市"));
        assert_eq!(person_status("1"), Some("死亡"));
        assert!(person_status("5").is_none());
    }
}
