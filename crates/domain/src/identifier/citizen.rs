//! Citizen identity numbers (公民身份号码), GB 11643-1999.

use super::{Identifier, IdentifierKind, check};
use crate::text::{is_masked, narrow, trim};
use chrono::{Datelike, NaiveDate};
use std::ops::Range;

/// A citizen number of eighteen characters whose check character and birth date hold.
///
/// Numbers of residence permits (81, 82, 83) and of the foreign permanent resident card (9) have
/// the same build and are read as well; [`CitizenNumber::identifier`] gives each its kind.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CitizenNumber {
    value: String,
    former: Option<String>,
    born: NaiveDate,
}

/// What is wrong with a citizen number. The text is judged in this order of variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CitizenFault {
    /// Blank.
    #[error("citizen number is missing")]
    Missing,
    /// Parts are hidden by asterisks: not wrong, but useless.
    #[error("citizen number is masked")]
    Masked,
    /// Neither seventeen digits and a digit or X, nor fifteen digits (that do not begin with 9: the foreign card
    /// never had fifteen).
    #[error("citizen number does not have the form of one")]
    Shape,
    /// The check character does not fit. A number whose date is impossible too counts as this.
    #[error("citizen number has a wrong check character")]
    Checksum,
    /// The birth date is not a day of the calendar, or before 1800.
    #[error("citizen number holds an impossible date")]
    Date,
}

impl CitizenFault {
    /// The rule that the number breaks.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::Missing => "citizen-id.missing",
            Self::Masked => "citizen-id.masked",
            Self::Shape | Self::Checksum => "citizen-id.checksum",
            Self::Date => "citizen-id.date",
        }
    }
}

/// Whose number it is, by its first digits (standards.md 1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrefixClass {
    /// A citizen of the mainland.
    Mainland,
    /// Residence permit of a Hong Kong resident, `810000` (港澳居民居住证).
    HongKong,
    /// Residence permit of a Macao resident, `820000` (港澳居民居住证).
    Macao,
    /// Residence permit of a Taiwan resident, `830000` (台湾居民居住证).
    Taiwan,
    /// Foreign permanent resident card since 2023, `9…` (外国人永久居留身份证).
    ForeignPermanent,
}

impl CitizenNumber {
    /// Reads a number of eighteen characters, or upgrades one of fifteen digits (GB 11643, annex; century 19,
    /// but 18 for the sequences 996 to 999 that were kept for people older than a hundred).
    ///
    /// Blanks at the ends, full-width characters and a small `x` are put right.
    ///
    /// # Errors
    /// The first [`CitizenFault`] in the order of its variants.
    pub fn parse(text: &str) -> Result<Self, CitizenFault> {
        let text = normal(text);
        if text.is_empty() {
            return Err(CitizenFault::Missing);
        }
        if is_masked(&text) {
            return Err(CitizenFault::Masked);
        }
        match shape(&text) {
            Some(18) => Self::checked(text),
            Some(_) => Self::upgraded(text),
            None => Err(CitizenFault::Shape),
        }
    }

    /// The eighteen characters.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The fifteen-digit form it was upgraded from (flag `citizen-id.upgraded`).
    #[must_use]
    pub fn former(&self) -> Option<&str> {
        self.former.as_deref()
    }

    /// The birth date in the number.
    #[must_use]
    pub fn birth_date(&self) -> NaiveDate {
        self.born
    }

    /// Sex as GB/T 2261.1 writes it, from the sequence: odd is `"1"`, even is `"2"`.
    #[must_use]
    pub fn sex_digit(&self) -> &'static str {
        if self.value.as_bytes().get(16).is_some_and(|digit| digit % 2 == 1) { "1" } else { "2" }
    }

    /// The first six digits: the division at the time of first registration, not judged.
    #[must_use]
    pub fn division(&self) -> &str {
        self.value.get(..6).unwrap_or_default()
    }

    /// Whose number it is.
    #[must_use]
    pub fn prefix_class(&self) -> PrefixClass {
        match self.value.get(..2) {
            Some("81") => PrefixClass::HongKong,
            Some("82") => PrefixClass::Macao,
            Some("83") => PrefixClass::Taiwan,
            _ if self.value.starts_with('9') => PrefixClass::ForeignPermanent,
            _ => PrefixClass::Mainland,
        }
    }

    /// The identifier: a citizen number, or a foreign residence number when it begins with 9.
    #[must_use]
    pub fn identifier(&self) -> Identifier {
        let kind = match self.prefix_class() {
            PrefixClass::ForeignPermanent => IdentifierKind::ForeignResidenceNumber,
            _ => IdentifierKind::CitizenNumber,
        };
        Identifier::from_trusted(kind, self.value.clone())
    }

    fn checked(value: String) -> Result<Self, CitizenFault> {
        let (body, check) = value.split_at(17);
        if check::mod_11_2(body) != check.chars().next() {
            return Err(CitizenFault::Checksum);
        }
        let born = date(&value[6..14]).ok_or(CitizenFault::Date)?;
        Ok(Self { value, former: None, born })
    }

    fn upgraded(former: String) -> Result<Self, CitizenFault> {
        let century = if ("996"..="999").contains(&&former[12..]) { "18" } else { "19" };
        let body = format!("{}{century}{}", &former[..6], &former[6..]);
        let born = date(&body[6..14]).ok_or(CitizenFault::Date)?;
        let check = check::mod_11_2(&body).ok_or(CitizenFault::Shape)?;
        Ok(Self { value: format!("{body}{check}"), former: Some(former), born })
    }
}

impl std::fmt::Debug for CitizenNumber {
    /// Never shows the number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CitizenNumber(..)")
    }
}

/// Whether the text, put right, is seventeen digits and a digit or X: then it means to be a citizen number.
pub(super) fn has_shape_of_eighteen(text: &str) -> bool {
    shape(&normal(text)) == Some(18)
}

fn normal(text: &str) -> String {
    trim(&narrow(text)).to_ascii_uppercase()
}

/// The length of the form that the text has, if it has one.
fn shape(text: &str) -> Option<usize> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    match text.len() {
        15 if digits(text) && !text.starts_with('9') => Some(15),
        18 if text.is_char_boundary(17)
            && digits(&text[..17])
            && text[17..].bytes().all(|b| b.is_ascii_digit() || b == b'X') =>
        {
            Some(18)
        }
        _ => None,
    }
}

/// The day that eight digits write.
fn date(digits: &str) -> Option<NaiveDate> {
    let part = |part: Range<usize>| digits.get(part)?.parse::<u32>().ok();
    let day = NaiveDate::from_ymd_opt(part(0..4)?.cast_signed(), part(4..6)?, part(6..8)?)?;
    (day.year() >= 1800).then_some(day)
}

#[cfg(test)]
mod tests;
