//! The statements, by what the department's page says of its table.

use super::tally::Place;
use adapter_sdk::transport::{ErrorTable, TimeTable};
use mysql::Value;

/// Keys asked for at once.
pub(super) const PAGE: usize = 2000;
/// Rows asked for, or told, in one statement at most: a slow disk has to find each of them within the statement's time.
pub(super) const AT_ONCE: usize = 512;

/// A statement and what stands for its question marks.
pub(super) type Asked = (String, Vec<Value>);

/// Where looking through keys begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum From {
    /// At the first row.
    Start,
    /// At the first row of this time or a later one.
    Time(String),
    /// Behind this row.
    Behind(Place),
}

/// The next keys, in order of time and key, up to `until` where it is given. The index on the time holds all that is asked for,
/// and leads to the place at once: asked for as `time >= ? AND (time > ? OR key > ?)`, all rows that share the time would be
/// gone through for every page.
pub(super) fn keys(table: &TimeTable, from: &From, until: Option<&Place>) -> Asked {
    let (time, key) = (table.time, table.key);
    let (wanted, values) = wanted(table, from, until);
    let statement = format!(
        "SELECT `{time}`, `{key}`, CRC32(`{key}`) FROM `{}` WHERE {wanted} ORDER BY `{time}`, `{key}` LIMIT {PAGE}",
        table.table
    );
    (statement, values)
}

/// The next rows, each behind its time, key and checksum, in the same order. Their keys are found first, from the index alone:
/// left to itself, a server may sort the whole table for them.
pub(super) fn page(table: &TimeTable, columns: &[&str], from: &From) -> Asked {
    let (name, time, key) = (table.table, table.time, table.key);
    let (wanted, values) = wanted(table, from, None);
    let columns = columns.iter().map(|name| format!("whole.`{name}` AS `{name}`")).collect::<Vec<_>>().join(", ");
    let statement = format!(
        "SELECT page.`{time}`, page.`{key}`, CRC32(page.`{key}`), {columns} FROM (SELECT `{time}`, `{key}` FROM `{name}` \
         WHERE {wanted} ORDER BY `{time}`, `{key}` LIMIT {AT_ONCE}) AS page STRAIGHT_JOIN `{name}` AS whole \
         ON whole.`{key}` = page.`{key}` ORDER BY page.`{time}`, page.`{key}`"
    );
    (statement, values)
}

/// Number and checksum of all keys up to a place.
pub(super) fn tally(table: &TimeTable, until: &Place) -> Asked {
    let (condition, values) = up_to(table, until);
    let statement = format!(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CRC32(`{}`)), 0) AS UNSIGNED) FROM `{}` WHERE {condition}",
        table.key, table.table
    );
    (statement, values.to_vec())
}

/// From when on rows may still be committed: `seconds` before the earlier of `newest` and the database's own time.
pub(super) fn look_back(newest: &Place, seconds: u32) -> Asked {
    let statement = format!("SELECT LEAST({MOMENT}, NOW(6)) - INTERVAL {seconds} SECOND");
    (statement, vec![newest.time.as_str().into()])
}

/// The rows of these keys, each behind its key. As many question marks as a power of two: the server has few statements to keep.
pub(super) fn rows(table: &TimeTable, columns: &[&str], keys: &[&str]) -> Asked {
    let marks = vec!["?"; keys.len().next_power_of_two()].join(", ");
    let columns = columns.iter().map(|name| format!("`{name}` AS `{name}`")).collect::<Vec<_>>().join(", ");
    let statement = format!("SELECT `{0}`, {columns} FROM `{1}` WHERE `{0}` IN ({marks})", table.key, table.table);
    let last = keys.last().copied().unwrap_or_default();
    let values = keys.iter().copied().chain(std::iter::repeat(last)).take(keys.len().next_power_of_two());
    (statement, values.map(Value::from).collect())
}

/// The table's columns, as far as the account may see them.
pub(super) fn columns(table: &TimeTable) -> Asked {
    (format!("SHOW COLUMNS FROM `{}`", table.table), Vec::new())
}

/// Tells of refused rows: key, time and remark of each.
pub(super) fn tell(errors: &ErrorTable, told: &[[String; 3]]) -> Asked {
    let rows = vec!["(?, ?, ?)"; told.len()].join(", ");
    let statement = format!(
        "INSERT INTO `{}` (`{}`, `{}`, `{}`) VALUES {rows}",
        errors.table, errors.key, errors.time, errors.remark
    );
    (statement, told.iter().flatten().map(|value| value.as_str().into()).collect())
}

/// Needs the right to tell, and tells nothing.
pub(super) fn tell_nothing(errors: &ErrorTable) -> Asked {
    let statement = format!(
        "INSERT INTO `{}` (`{}`, `{}`, `{}`) SELECT NULL, NULL, NULL FROM (SELECT 1) AS nothing WHERE FALSE",
        errors.table, errors.key, errors.time, errors.remark
    );
    (statement, Vec::new())
}

const MOMENT: &str = "CAST(? AS DATETIME(6))";

fn wanted(table: &TimeTable, from: &From, until: Option<&Place>) -> (String, Vec<Value>) {
    let (time, key) = (table.time, table.key);
    let (mut wanted, mut values) = (Vec::new(), Vec::new());
    match from {
        From::Start => {}
        From::Time(first) => {
            wanted.push(format!("`{time}` >= {MOMENT}"));
            values.push(first.as_str().into());
        }
        From::Behind(place) => {
            wanted.push(format!("(`{time}` > {MOMENT} OR (`{time}` = {MOMENT} AND `{key}` > ?))"));
            values.extend([&place.time, &place.time, &place.key].map(|value| value.as_str().into()));
        }
    }
    if let Some(place) = until {
        let (condition, more) = up_to(table, place);
        wanted.push(condition);
        values.extend(more);
    }
    (if wanted.is_empty() { "TRUE".to_owned() } else { wanted.join(" AND ") }, values)
}

fn up_to(table: &TimeTable, place: &Place) -> (String, [Value; 3]) {
    let (time, key) = (table.time, table.key);
    let condition = format!("(`{time}` < {MOMENT} OR (`{time}` = {MOMENT} AND `{key}` <= ?))");
    (condition, [&place.time, &place.time, &place.key].map(|value| value.as_str().into()))
}
