//! Days and instants as departments write them (formats, "Dates").

use crate::{
    clock::Timestamp,
    text::{narrow, trim},
};
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc};

const LOCAL: FixedOffset = match FixedOffset::east_opt(8 * 3600) {
    Some(offset) => offset,
    None => panic!("eight hours is an offset"),
};

/// A day field of a source row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayValue {
    /// Blank, `0` (any run of zeros) or 1900-01-01: the source does not know.
    Unknown,
    /// `长期`, 9999-12-31 or 2099-12-31: the period has no end.
    NoEnd,
    /// A calendar day.
    Day(NaiveDate),
}

impl DayValue {
    /// The day, when there is one.
    #[must_use]
    pub fn day(self) -> Option<NaiveDate> {
        match self {
            Self::Day(day) => Some(day),
            Self::Unknown | Self::NoEnd => None,
        }
    }

    /// The day as the canonical record writes it (`2020-01-31`), when there is one.
    #[must_use]
    pub fn iso(self) -> Option<String> {
        self.day().map(iso_day)
    }

    /// Whether the period has no end (`…_indefinitely`).
    #[must_use]
    pub fn is_no_end(self) -> bool {
        self == Self::NoEnd
    }
}

/// An instant field of a source row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstantValue {
    /// Blank, zeros or 1900-01-01: the source does not know.
    Unknown,
    /// `99999999999999` or a day that stands for no end: still open.
    Open,
    /// An instant.
    At(Timestamp),
}

impl InstantValue {
    /// The instant, when there is one.
    #[must_use]
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Self::At(instant) => Some(instant),
            Self::Unknown | Self::Open => None,
        }
    }
}

/// The text is no date; the rule is `date.invalid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateFault {
    /// A version stamp or month that must be there is blank or stands for unknown or no end.
    #[error("date is missing")]
    Missing,
    /// Not one of the accepted forms, or not a day of the calendar.
    #[error("not a date")]
    Invalid,
}

impl DateFault {
    /// The rule that the value breaks.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::Missing => "field.required",
            Self::Invalid => "date.invalid",
        }
    }
}

/// Local time of the departments: UTC+08:00.
#[must_use]
pub fn local_offset() -> FixedOffset {
    LOCAL
}

/// `2020-01-31`.
#[must_use]
pub fn iso_day(day: NaiveDate) -> String {
    // Only a year beyond four digits takes the long way, which writes its sign.
    let Ok(year @ 0..=9999) = u32::try_from(day.year()) else { return day.format("%Y-%m-%d").to_string() };
    let mut text = String::with_capacity("yyyy-MM-dd".len());
    push_digits(&mut text, year, 4);
    text.push('-');
    push_digits(&mut text, day.month(), 2);
    text.push('-');
    push_digits(&mut text, day.day(), 2);
    text
}

/// Reads a day: `yyyyMMdd`, `yyyyMMddHHmmss`, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm[:ss[.f]]`, `yyyy/M/d`, `yyyy年M月d日`.
///
/// # Errors
/// [`DateFault::Invalid`] for any other text and for days that the calendar does not have.
pub fn parse_day(text: &str) -> Result<DayValue, DateFault> {
    Ok(match read(text)? {
        Moment::Unknown => DayValue::Unknown,
        Moment::NoEnd => DayValue::NoEnd,
        Moment::At(at) => DayValue::Day(at.date()),
    })
}

/// As [`parse_day`], for the columns where an empty end means no end (`yxqxjzrq`, `OPTO`, `VALTO`).
///
/// # Errors
/// As [`parse_day`].
pub fn parse_day_with_empty_as_no_end(text: &str) -> Result<DayValue, DateFault> {
    if trim(text).is_empty() { Ok(DayValue::NoEnd) } else { parse_day(text) }
}

/// Reads an instant in the source's `offset`; a day alone is its midnight.
///
/// # Errors
/// [`DateFault::Invalid`] as for [`parse_day`].
pub fn parse_instant(text: &str, offset: FixedOffset) -> Result<InstantValue, DateFault> {
    match read(text)? {
        Moment::Unknown => Ok(InstantValue::Unknown),
        Moment::NoEnd => Ok(InstantValue::Open),
        Moment::At(at) => to_utc(at, offset).map(InstantValue::At),
    }
}

/// A source's version stamp as fourteen digits, `yyyyMMddHHmmss`; parts of a second are dropped.
///
/// # Errors
/// [`DateFault::Missing`] when the stamp stands for no instant, [`DateFault::Invalid`] when it is none.
pub fn stamp14(text: &str) -> Result<String, DateFault> {
    Ok(digits(&stamp_moment(text)?))
}

/// As [`stamp14`] with six digits of the second behind it: twenty digits, for sources with microseconds.
///
/// # Errors
/// As [`stamp14`].
pub fn stamp20(text: &str) -> Result<String, DateFault> {
    let at = stamp_moment(text)?;
    Ok(format!("{}{:06}", digits(&at), at.nanosecond() / 1000))
}

/// The instant of a fourteen-digit stamp that [`stamp14`] made; `None` for other text.
#[must_use]
pub fn stamp_instant(stamp: &str, offset: FixedOffset) -> Option<Timestamp> {
    parse_instant(stamp, offset).ok()?.at()
}

/// Reads a month, `202001` or `2020-01`, as `2020-01`; blank and zeros are unknown.
///
/// # Errors
/// [`DateFault::Invalid`] for any other text.
pub fn parse_month(text: &str) -> Result<Option<String>, DateFault> {
    let text = narrow(trim(text));
    if is_zeros(&text) {
        return Ok(None);
    }
    let digits = text.replacen('-', "", usize::from(text.find('-') == Some(4)));
    let (year, month) = digits.split_at_checked(4).filter(|(_, month)| month.len() == 2).ok_or(DateFault::Invalid)?;
    let first = NaiveDate::from_ymd_opt(number(year)?.cast_signed(), number(month)?, 1).ok_or(DateFault::Invalid)?;
    Ok(Some(first.format("%Y-%m").to_string()))
}

enum Moment {
    Unknown,
    NoEnd,
    At(NaiveDateTime),
}

fn read(text: &str) -> Result<Moment, DateFault> {
    let text = narrow(trim(text));
    if is_zeros(&text) {
        return Ok(Moment::Unknown);
    }
    if matches!(text.as_ref(), "长期" | "99999999999999") {
        return Ok(Moment::NoEnd);
    }
    let at = moment(&text).ok_or(DateFault::Invalid)?;
    Ok(match (at.year(), at.month(), at.day()) {
        (1900, 1, 1) => Moment::Unknown,
        (9999 | 2099, 12, 31) => Moment::NoEnd,
        _ => Moment::At(at),
    })
}

/// Blank, `0`, `00000000`, `0000-00-00 00:00:00`.
fn is_zeros(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0' | b'-' | b' ' | b':' | b'/' | b'.'))
        && (text.is_empty() || text.contains('0'))
}

fn moment(text: &str) -> Option<NaiveDateTime> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return compact(text);
    }
    let (day, time) = match text.split_once([' ', 'T']) {
        Some((day, time)) => (day, clock_time(time.trim())?),
        None => (text, NaiveTime::MIN),
    };
    Some(written_day(day)?.and_time(time))
}

fn compact(digits: &str) -> Option<NaiveDateTime> {
    match digits.len() {
        8 => Some(day_of(&digits[..4], &digits[4..6], &digits[6..])?.and_time(NaiveTime::MIN)),
        14 => {
            let time = NaiveTime::from_hms_opt(
                digits[8..10].parse().ok()?,
                digits[10..12].parse().ok()?,
                digits[12..].parse().ok()?,
            )?;
            Some(day_of(&digits[..4], &digits[4..6], &digits[6..8])?.and_time(time))
        }
        _ => None,
    }
}

fn written_day(text: &str) -> Option<NaiveDate> {
    let chinese = text.strip_suffix('日').and_then(|rest| {
        let (year, rest) = rest.split_once('年')?;
        let (month, day) = rest.split_once('月')?;
        Some((year, month, day))
    });
    if let Some((year, month, day)) = chinese {
        return day_of(year, month, day);
    }
    let (separator, width) = if text.contains('/') { ('/', 1) } else { ('-', 2) };
    let (year, rest) = text.split_once(separator)?;
    let (month, day) = rest.split_once(separator)?;
    (month.len() >= width && day.len() >= width).then(|| day_of(year, month, day)).flatten()
}

fn day_of(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    let plausible = year.len() == 4 && (1..=2).contains(&month.len()) && (1..=2).contains(&day.len());
    if !plausible {
        return None;
    }
    NaiveDate::from_ymd_opt(number(year).ok()?.cast_signed(), number(month).ok()?, number(day).ok()?)
}

/// `HH:mm`, `HH:mm:ss` or `HH:mm:ss.fffffffff`.
fn clock_time(text: &str) -> Option<NaiveTime> {
    let format = if text.matches(':').count() == 1 { "%H:%M" } else { "%H:%M:%S%.f" };
    let time = NaiveTime::parse_from_str(text, format).ok()?;
    (time.nanosecond() < 1_000_000_000).then_some(time)
}

fn number(digits: &str) -> Result<u32, DateFault> {
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        digits.parse().map_err(|_| DateFault::Invalid)
    } else {
        Err(DateFault::Invalid)
    }
}

fn stamp_moment(text: &str) -> Result<NaiveDateTime, DateFault> {
    match read(text)? {
        Moment::At(at) => Ok(at),
        Moment::Unknown | Moment::NoEnd => Err(DateFault::Missing),
    }
}

/// `yyyyMMddHHmmss`.
fn digits(at: &NaiveDateTime) -> String {
    let mut text = String::with_capacity("yyyyMMddHHmmss".len());
    // What is read has a year of four digits.
    push_digits(&mut text, at.year().unsigned_abs(), 4);
    for part in [at.month(), at.day(), at.hour(), at.minute(), at.second()] {
        push_digits(&mut text, part, 2);
    }
    text
}

/// Writes the last `width` digits of a number, with zeros before it.
fn push_digits(text: &mut String, number: u32, width: u32) {
    for place in (0..width).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        text.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

fn to_utc(at: NaiveDateTime, offset: FixedOffset) -> Result<Timestamp, DateFault> {
    let instant: DateTime<FixedOffset> = offset.from_local_datetime(&at).single().ok_or(DateFault::Invalid)?;
    Ok(instant.with_timezone(&Utc))
}

#[cfg(test)]
mod tests;
