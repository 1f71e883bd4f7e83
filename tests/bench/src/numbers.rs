//! Valid numbers for invented people and enterprises.

use exchange_tests::numbers;

/// The citizen number of person `index`.
pub(crate) fn citizen(index: u64) -> String {
    let (year, month, day) = (1950 + index / 336_000 % 50, 1 + index / 28_000 % 12, 1 + index / 1000 % 28);
    let first17 = format!("110101{year:04}{month:02}{day:02}{:03}", index % 1000);
    let check = numbers::citizen_check(&first17);
    format!("{first17}{check}")
}

/// The unified social credit code of enterprise `index`.
pub(crate) fn uscc(index: u64) -> String {
    let body = format!("{:08}", index % 100_000_000);
    let organisation = numbers::organisation_check(&body);
    let first17 = format!("91110101{body}{organisation}");
    let check = numbers::uscc_check(&first17).unwrap_or('0');
    format!("{first17}{check}")
}

/// How many people have citizen numbers of their own.
const PEOPLE: u64 = 16_800_000;

/// The place of `index` among all people: each once, and none beside the one before, as keys come in life.
pub(crate) fn scattered(index: u64) -> u64 {
    // A prime that does not divide the number of people.
    index % PEOPLE * 9_999_991 % PEOPLE
}
