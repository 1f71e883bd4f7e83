//! The front-end exchange table, and how its rows are saved for a trial.

use adapter_sdk::{
    FileKind, Row, Way,
    formats::ndjson::{self, TableLines},
    reading::{Fault, Fields},
    rules::MESSAGE_JSON,
    transport::{Column, SerialTable, Transport},
};

/// Encoding of rows as they are kept.
pub(crate) const ENCODING: &str = "UTF-8";
/// FILL IN the name of the table.
const TABLE: &str = "zzxx";
/// FILL IN the serial number, its primary key.
const SERIAL: &str = "lsh";

/// FILL IN the columns, and those into which it is written what became of a row. Where rows of several tables belong together,
/// list the tables in the order in which they are read.
static TABLES: [SerialTable; 1] = [SerialTable {
    table: TABLE,
    serial: SERIAL,
    columns: &[
        needed(SERIAL),
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
    status: "sjsczt",
    reason: "sbyy",
    longest: 500,
}];

/// The table, or its rows saved as lines.
pub(crate) fn way() -> Way {
    let files = FileKind {
        pattern: "one row a line: {\"table\": …, \"row\": {…}} (NDJSON)",
        parse_name: |_| None,
        recognises: ndjson::begins_table_lines,
        framing: Box::new(TableLines { key_columns: &[(TABLE, SERIAL)] }),
    };
    Way { transport: Transport::SerialTables(&TABLES), files }
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
