//! The dropped files: their names, their columns, and how a row falls into named values.

use adapter_sdk::{
    FileKind, FileName, Row, Way,
    formats::csv::{Csv, Kind, Layout, RowFault, plain_number},
    reading::{Fault, Fields},
    rules::{ROW_COLUMNS, ROW_ENCODING},
    transport::{Completion, Transport},
};
use domain::date::{self, InstantValue};

/// Encoding of the files.
pub(crate) const ENCODING: &str = "GB18030";
/// FILL IN how names of files begin.
const PREFIX: &str = "SAMPLEDEPARTMENT_";

/// FILL IN the columns as the header line names them, one entry for each kind of file.
static KINDS: [Kind; 1] = [Kind {
    name: "records",
    required: &["zzbh", "czr", "czrdm", "fzjg", "fzrq", "zt", "gxsj"],
    optional: &["czrlx", "yxqz"],
    changed: "gxsj",
}];

/// FILL IN the framing: `csv` here; see `formats::{fixed, dbf, xml, workbook}` for others. `Completion::Settled` takes
/// files that come without a flag file.
pub(crate) fn way() -> Way {
    let files = FileKind {
        pattern: "SAMPLEDEPARTMENT_<yyyyMMdd>_<seq3>.csv",
        parse_name,
        recognises: |_| false,
        framing: Box::new(Csv { kinds: &KINDS }),
    };
    Way { transport: Transport::Files(Completion::FlagFile), files }
}

/// The row's values by column, without what Excel puts around numbers.
pub(crate) fn fields(row: &Row<'_>) -> Result<Fields, Fault> {
    let layout = Layout::parse(row.kind).ok_or(Fault::new(&ROW_COLUMNS, ""))?;
    let names: Vec<&'static str> = KINDS.iter().flat_map(Kind::columns).collect();
    let values = layout.split(row.bytes, &names).map_err(|fault| match fault {
        RowFault::Columns => Fault::new(&ROW_COLUMNS, ""),
        RowFault::Encoding(column) => Fault::new(&ROW_ENCODING, column),
    })?;
    Ok(Fields::from_pairs(values.iter().map(|(name, value)| (*name, plain_number(value)))))
}

/// The order is day, then number of the day.
fn parse_name(name: &str) -> Option<FileName> {
    let order = name.strip_prefix(PREFIX)?.strip_suffix(".csv")?;
    let (day, sequence) = order.split_once('_')?;
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let as_of = date::parse_instant(day, date::local_offset()).ok().and_then(InstantValue::at);
    (digits(day, 8) && digits(sequence, 3)).then(|| FileName { order: order.to_owned(), as_of, ..FileName::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_order_and_day() {
        let name = parse_name(&format!("{PREFIX}20261101_007.csv")).unwrap();
        assert_eq!((name.order.as_str(), name.as_of.is_some()), ("20261101_007", true));
    }

    #[test]
    fn other_names_are_left_alone() {
        for name in ["20261101_07.csv", "20261101_007.csv.ok", "x20261101_007.csv"] {
            assert_eq!(parse_name(&format!("{PREFIX}{name}")), None, "{name}");
        }
    }
}
