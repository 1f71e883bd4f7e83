//! Natural resources (自然资源): real-estate titles and planning permits as resources `real-estate-title` and `planning-permit`.
//!
//! The department writes rows into three tables of a front-end exchange database and never changes them: a title and each of
//! its holders come in transactions of their own, a correction is a row that invalidates and one that says anew. See
//! `README.md` for what the interface document leaves open. Hides what the columns mean and how a title is put together
//! from its rows; reading, versions, counts, rejects and writing back are the adapter SDK's and the sources'.
//!
//! ```
//! let adapter = natural_resources::adapter();
//! assert_eq!(adapter.id(), "natural-resources");
//! assert!(adapter.way("postgres").is_some());
//! ```
mod mapping;
mod rules;
mod tables;

use adapter_sdk::{
    Adapter, FileKind, Way,
    formats::ndjson::{TableLines, begins_table_lines},
    transport::Transport,
};

/// The department's adapter.
#[must_use]
pub fn adapter() -> Adapter {
    let files = FileKind {
        pattern: "<name>.ndjson",
        parse_name: |_| None,
        recognises: begins_table_lines,
        framing: Box::new(TableLines { key_columns: tables::KEYS }),
    };
    Adapter {
        mapping: Box::new(mapping::LandRegister),
        ways: vec![Way { transport: Transport::SerialTables(tables::TABLES), files }],
    }
}
