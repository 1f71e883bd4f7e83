//! The exchange table, and how its rows are saved for a trial.

use adapter_sdk::{
    FileKind,
    formats::ndjson::{self, TableLines},
    transport::{Column, ErrorTable, TimeTable},
};

/// Name of the table.
pub(crate) const NAME: &str = "hydj_up";
/// Its key, one for each change.
pub(crate) const KEY: &str = "row_guid";
/// When a row was written.
pub(crate) const TIME: &str = "cd_time";

/// The table of registrations (婚姻登记上报表).
pub(crate) static REGISTRATIONS: TimeTable = TimeTable {
    table: NAME,
    key: KEY,
    time: TIME,
    columns: &[
        needed(KEY),
        needed("cd_operation"),
        needed(TIME),
        other("cd_batch"),
        other("data_source"),
        needed("djzh"),
        needed("hydjywlx"),
        needed("nfxm"),
        needed("nfgmsfhm"),
        other("nfcsrq"),
        needed("nfgj"),
        needed("lfxm"),
        needed("lfgmsfhm"),
        other("lfcsrq"),
        needed("lfgj"),
        needed("djrq"),
        needed("djjg"),
    ],
    late: 600,
    errors: Some(ErrorTable {
        table: "hydj_up_err",
        key: "row_guid",
        time: "cd_time",
        remark: "error_remark",
        longest: 512,
    }),
};

/// Rows saved as lines.
pub(crate) fn saved() -> FileKind {
    FileKind {
        pattern: "*.ndjson",
        parse_name: |_| None,
        recognises: ndjson::begins_table_lines,
        framing: Box::new(TableLines { key_columns: &[(NAME, KEY)] }),
    }
}

const fn needed(name: &'static str) -> Column {
    Column { name, required: true }
}

const fn other(name: &'static str) -> Column {
    Column { name, required: false }
}
