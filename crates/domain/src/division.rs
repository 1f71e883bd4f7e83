//! Divisions of the country at county level and above, with history (行政区划代码, GB/T 2260).
//!
//! Identifiers keep the code of the day they were given out, so codes that no longer exist are
//! known as well. Sources and licences of the table: `data/README.md`.

use chrono::{Datelike, NaiveDate};
use std::{cmp::Ordering, sync::LazyLock};

static TABLE: LazyLock<Vec<Division>> =
    LazyLock::new(|| include_str!("../data/divisions.csv").lines().filter_map(read).collect());

/// The codes of [`TABLE`] as numbers, in its order: small enough to be searched without leaving the processor's cache.
static NUMBERS: LazyLock<Vec<u32>> = LazyLock::new(|| TABLE.iter().filter_map(|one| number(one.code)).collect());

/// A division.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Division {
    /// Six digits.
    pub code: &'static str,
    /// Name as of its last list; divisions abolished before 2002 carry those above them in front.
    pub name: &'static str,
    /// A year in which it was not listed yet; `None`: listed in 2002 or before.
    pub from: Option<i32>,
    /// The year of the first list without it; `None`: exists.
    pub to: Option<i32>,
}

/// The division with this six-digit code, past or present.
#[must_use]
pub fn lookup(code: &str) -> Option<Division> {
    let at = NUMBERS.binary_search(&number(code)?).ok()?;
    TABLE.get(at).copied()
}

/// Whether the code is or was a division (otherwise flag `division.unknown`).
#[must_use]
pub fn is_known(code: &str) -> bool {
    number(code).is_some_and(|number| NUMBERS.binary_search(&number).is_ok())
}

/// Whether the code can have been in force on `day`; gaps between lists count in its favour.
#[must_use]
pub fn is_known_on(code: &str, day: NaiveDate) -> bool {
    lookup(code).is_some_and(|division| {
        let begun = division.from.is_none_or(|year| year <= day.year());
        let over = division.to.is_some_and(|year| year.cmp(&day.year()) == Ordering::Less);
        begun && !over
    })
}

/// The number that six digits write.
fn number(code: &str) -> Option<u32> {
    let digits = code.as_bytes();
    let is_code = digits.len() == 6 && digits.iter().all(u8::is_ascii_digit);
    is_code.then(|| digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

fn read(line: &'static str) -> Option<Division> {
    let mut columns = line.split(',');
    Some(Division {
        code: columns.next()?,
        name: columns.next()?,
        from: columns.next()?.parse().ok(),
        to: columns.next()?.parse().ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, 6, 30).unwrap()
    }

    #[test]
    fn table_is_complete_and_strictly_sorted() {
        assert_eq!(TABLE.len(), include_str!("../data/divisions.csv").lines().count());
        assert!(TABLE.len() > 4_000);
        assert!(TABLE.windows(2).all(|pair| pair[0].code < pair[1].code));
        for division in TABLE.iter() {
            assert!(division.code.len() == 6 && division.code.bytes().all(|b| b.is_ascii_digit()), "{}", division.code);
            assert!(!division.name.is_empty(), "{}", division.code);
            assert!(division.from.zip(division.to).is_none_or(|(from, to)| from < to), "{}", division.code);
            assert!(crate::code::province(&division.code[..2]).is_some(), "{}", division.code);
        }
    }

    #[test]
    fn every_code_and_no_other_number_is_found() {
        let found = (0..1_000_000).filter_map(|number| lookup(&format!("{number:06}")));
        assert!(found.map(|division| division.code).eq(TABLE.iter().map(|division| division.code)));
    }

    #[test]
    fn present_divisions_have_no_end() {
        for (code, name) in [
            ("110000", "北京市"),
            ("110101", "东城区"),
            ("330114", "钱塘区"),
            ("370116", "莱芜区"),
            ("710000", "台湾省"),
            ("810000", "香港特别行政区"),
            ("441900", "东莞市"),
        ] {
            let division = lookup(code).unwrap();
            assert_eq!((division.name, division.to), (name, None));
        }
    }

    #[test]
    fn abolished_divisions_are_known_with_their_end() {
        let chongwen = lookup("110103").unwrap();
        assert_eq!((chongwen.name, chongwen.to), ("崇文区", Some(2010)));
        assert!(
            is_known_on("110103", day(1985)) && is_known_on("110103", day(2010)) && !is_known_on("110103", day(2011))
        );
        assert!(is_known("110221") && is_known("142201"));
    }

    #[test]
    fn new_divisions_were_not_there_before() {
        assert!(is_known_on("370116", day(2020)) && !is_known_on("370116", day(2010)));
        assert!(!is_known_on("330114", day(2015)));
    }

    #[test]
    fn others_are_unknown() {
        for code in ["", "000000", "999999", "340191", "11", "1101010", "abcdef", "+10101", "１１０１０１"] {
            assert!(!is_known(code), "{code}");
        }
    }
}
