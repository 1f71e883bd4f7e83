//! The second opinion: departments' files with every trap of their interface documents, and what must become of each row.
//!
//! The oracle reads the documents for itself. It shares no code with the product: check characters, GB18030, SM3, dates and
//! the count of rows are all done again here, so that a mistake made once is not made twice. Only what is written on the
//! bus and in the view is read back with the product's own readers ([`product::messages`], [`faults`]).
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot go on stops")]
mod expect;
pub mod faults;
pub mod generate;
pub mod numbers;
pub mod oracle;
pub mod product;
mod random;
pub mod rows;
pub mod tables;
mod text;

pub use self::{
    expect::{Class, Counts, Draft, Expected, same_body},
    random::Random,
    text::{decode, encode},
};
