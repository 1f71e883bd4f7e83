//! How legacy bytes fall into rows, and rows into fields: one room per format.
//!
//! Every format implements [`framing::Framing`]: it says whether a file is whole before anything of it is
//! published, then streams its rows. What a row means is the adapters' business. Hides the libraries that
//! read the formats.
pub mod answers;
pub mod csv;
pub mod dbf;
pub mod fixed;
pub mod framing;
pub mod gb18030;
pub mod lines;
pub mod messages;
pub mod ndjson;
pub mod soap;
pub mod workbook;
pub mod xml;
