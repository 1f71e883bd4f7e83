//! Fixed-width files: a header line, rows whose fields lie at fixed bytes, a trailer line with their number.
//!
//! [`FixedWidth`] cuts a file into lines, whatever they hold; [`Layout`] judges one row and gives out its fields.
//! A line ends with LF, and a CR before it belongs to the line end: files whose line ends were changed on the way
//! are still read, a row is judged by its own bytes.
mod frame;
mod layout;
pub(crate) mod lines;

pub use self::{
    frame::{FixedWidth, Trailer},
    layout::{Field, FixedRow, Layout, RowFault},
    lines::LONGEST_LINE,
};

#[cfg(test)]
mod tests;
