//! Cells, and days that are kept as numbers.

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};
use domain::text;
use std::io::Write;

/// The last serial day, 9999-12-31.
const LAST_SERIAL: f64 = 2_958_465.0;
const SECONDS_OF_DAY: f64 = 86_400.0;

/// A cell that is not blank.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Number(f64),
    Truth(bool),
}

impl Cell {
    /// A text; nothing when it is blank.
    pub(super) fn text(value: impl Into<String>) -> Option<Self> {
        let value = value.into();
        (!text::trim(&value).is_empty()).then_some(Self::Text(value))
    }

    /// A number, or the day that it stands for where it is shown as one.
    pub(super) fn number(value: f64, is_day: bool, is_from_1904: bool) -> Self {
        let moment = is_day.then(|| moment_of_serial(value, is_from_1904)).flatten();
        match moment {
            Some(moment) if moment.time() == NaiveTime::MIN => Self::Text(moment.format("%Y-%m-%d").to_string()),
            Some(moment) => Self::Text(moment.format("%Y-%m-%d %H:%M:%S").to_string()),
            None if value.is_finite() => Self::Number(value),
            None => Self::Text("#NUM!".to_owned()),
        }
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let text = if let Self::Text(text) = self { text.len() } else { 0 };
        size_of::<Self>() + text
    }

    /// The cell as JSON.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        // Writing to memory does not fail.
        let _ = match self {
            Self::Text(text) => return write_text(text, out),
            Self::Truth(truth) => write!(out, "{truth}"),
            Self::Number(number) if number.abs() < 1e21 => write!(out, "{number}"),
            Self::Number(number) => write!(out, "{number:e}"),
        };
    }
}

/// A text as JSON.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    if serde_json::to_writer(&mut *out, text).is_err() {
        out.extend_from_slice(b"null");
    }
}

/// The local time that a serial day stands for; none outside 1900-01-01 to 9999-12-31, and for 29 February 1900, which
/// Excel counts and no calendar has.
#[must_use]
pub fn moment_of_serial(serial: f64, is_from_1904: bool) -> Option<NaiveDateTime> {
    let day = serial.floor();
    let (year, month, first) = match day {
        _ if !(0.0..=LAST_SERIAL).contains(&serial) => return None,
        _ if is_from_1904 => (1904, 1, 1),
        day if day < 1.0 || (60.0..61.0).contains(&day) => return None,
        day if day < 60.0 => (1899, 12, 31),
        _ => (1899, 12, 30),
    };
    #[expect(clippy::cast_possible_truncation, reason = "days up to the year 9999, and the seconds of one day")]
    let (days, seconds) = (day as i64, ((serial - day) * SECONDS_OF_DAY).round() as i64);
    let start = NaiveDate::from_ymd_opt(year, month, first)?.and_time(NaiveTime::MIN);
    start.checked_add_signed(Duration::days(days) + Duration::seconds(seconds))
}

/// Whether a number of this built-in format is shown as a day; 27 to 36 and 50 to 58 are those of East Asian editions.
pub(super) fn is_built_in_day(format: u16) -> bool {
    matches!(format, 14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57..=58)
}

/// Whether a format written out shows a day: a year or day outside quotes, brackets and escapes.
pub(super) fn shows_day(format: &str) -> bool {
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => drop(letters.by_ref().find(|&letter| letter == '"')),
            '[' => drop(letters.by_ref().find(|&letter| letter == ']')),
            '\\' | '_' | '*' => drop(letters.next()),
            'y' | 'Y' | 'd' | 'D' => return true,
            _ => {}
        }
    }
    false
}
