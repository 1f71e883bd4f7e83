//! Participation in social insurance: dBASE III tables (social-security.md).
mod dbf;
mod story;
mod traps;

pub use self::{
    dbf::{COLUMNS, DbfFile, Row},
    story::{FIRST_FILE, Story, story},
    traps::{insurance, insurances_with_traps},
};
