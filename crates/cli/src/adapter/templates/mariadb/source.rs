//! The front-end exchange table, and how its rows are saved for a trial.

use adapter_sdk::{
    FileKind, Row, Way,
    formats::ndjson::{self, TableLines},
    reading::{Fault, Fields},
    rules::MESSAGE_JSON,
    transport::{Column, ErrorTable, TimeTable, Transport},
};

/// Encoding of rows as they are kept.
pub(crate) const ENCODING: &str = "UTF-8";
/// FILL IN the name of the table.
const TABLE: &str = "zzxx_up";
/// FILL IN its key, one for each change.
const KEY: &str = "row_guid";
/// FILL IN when a row was written.
const TIME: &str = "cd_time";

/// FILL IN the columns, how late a row can be committed, and where refused rows are told.
static RECORDS: TimeTable = TimeTable {
    table: TABLE,
    key: KEY,
    time: TIME,
    columns: &[
        needed(KEY),
        needed(TIME),
        needed("zzbh"),
        needed("czr"),
        other("czrlx"),
        needed("czrdm"),
        needed("fzjg"),
        needed("fzrq"),
        other("yxqz"),
        needed("zt"),
        needed("gxsj"),
    ],
    late: 600,
    errors: Some(ErrorTable {
        table: "zzxx_up_err",
        key: "row_guid",
        time: "cd_time",
        remark: "error_remark",
        longest: 512,
    }),
};

/// The table, or its rows saved as lines.
pub(crate) fn way() -> Way {
    let files = FileKind {
        pattern: "one row a line: {\"table\": …, \"row\": {…}} (NDJSON)",
        parse_name: |_| None,
        recognises: ndjson::begins_table_lines,
        framing: Box::new(TableLines { key_columns: &[(TABLE, KEY)] }),
    };
    Way { transport: Transport::TimeTable(&RECORDS), files }
}

/// The row's values by column.
pub(crate) fn fields(row: &Row<'_>) -> Result<Fields, Fault> {
    if row.kind == TABLE { Fields::from_json(row.bytes) } else { Err(Fault::new(&MESSAGE_JSON, "")) }
}

const fn needed(name: &'static str) -> Column {
    Column { name, required: true }
}

const fn other(name: &'static str) -> Column {
    Column { name, required: false }
}
