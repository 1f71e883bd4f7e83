//! The dropped tables: their names and their columns.

use crate::columns;
use adapter_sdk::{FileKind, FileName, formats::dbf::Dbf};
use domain::{Timestamp, date};

/// The month in a name that is no name of the department's: before all others.
const NO_MONTH: &str = "000000";

/// `CBZT_<yyyyMM>_<seq3>.dbf`, a dBASE III table with every column of the interface document.
pub(crate) fn kind() -> FileKind {
    FileKind {
        pattern: "CBZT_<yyyyMM>_<seq3>.dbf",
        parse_name,
        recognises: |_| false,
        framing: Box::new(Dbf { columns: columns::ALL }),
    }
}

/// The month that a file's name speaks of, six digits.
pub(crate) fn month(name: &str) -> &str {
    parts(name).map_or(NO_MONTH, |(month, _)| month)
}

/// The beginning of a month of six digits; none when the calendar does not have it.
pub(crate) fn beginning(month: &str) -> Option<Timestamp> {
    date::parse_instant(&format!("{month}01"), date::local_offset()).ok()?.at()
}

/// The order is month, then number within the month; a month that the calendar does not have is still taken in.
fn parse_name(name: &str) -> Option<FileName> {
    let (month, sequence) = parts(name)?;
    Some(FileName { order: format!("{month}_{sequence}"), as_of: beginning(month), ..FileName::default() })
}

fn parts(name: &str) -> Option<(&str, &str)> {
    let (month, sequence) = name.strip_prefix("CBZT_")?.strip_suffix(".dbf")?.split_once('_')?;
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(month, 6) && digits(sequence, 3)).then_some((month, sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_order_and_month() {
        let name = parse_name("CBZT_202611_007.dbf").unwrap();
        assert_eq!((name.order.as_str(), name.scope.as_str()), ("202611_007", ""));
        assert_eq!(name.as_of.unwrap().to_rfc3339(), "2026-10-31T16:00:00+00:00");
        assert_eq!(parse_name("CBZT_202613_007.dbf").unwrap().as_of, None);
        assert_eq!(month("CBZT_202611_007.dbf"), "202611");
    }

    #[test]
    fn other_names_are_left_alone() {
        for name in [
            "CBZT_202611_007.dbf.ok",
            "CBZT_202611_07.dbf",
            "CBZT_20261_007.dbf",
            "CBZT_20261101_007.dbf",
            "CBZT_202611_007_1.dbf",
            "cbzt_202611_007.dbf",
            "CBZT_２02611_007.dbf",
            "CBZT_.dbf",
        ] {
            assert_eq!(parse_name(name), None, "{name}");
            assert_eq!(month(name), "000000");
        }
    }
}
