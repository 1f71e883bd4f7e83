//! dBASE III tables: a header that names the columns, then records of one length, each with its deletion mark.
//!
//! [`Dbf`] cuts a table into records, those marked deleted too; [`Record`] gives out one record's cells. The columns that
//! the header names travel as text, the *layout* (`AAC001 C20;AAE041 N6;…`), so that a record can be read again without
//! its file. Text is GBK whatever the header's language byte says. Crates that read such tables skip deleted records
//! without a word, do not tell where a record lies, and replace what they cannot decode; hence this reader.
mod frame;
mod head;
mod layout;
mod record;

pub use self::{
    frame::Dbf,
    record::{Cell, Mark, Record, Text},
};

/// The end mark behind the last record, which some writers leave out.
const END: u8 = 0x1A;

#[cfg(test)]
mod tests;
