//! Teacher qualifications: workbooks that a clerk uploads (education.md).
mod rows;
mod story;
mod workbook;

pub use self::{
    rows::{teacher, teachers_with_traps},
    story::{Story, story},
    workbook::{COLUMNS, Cell, Row, Sheet, Workbook},
};
