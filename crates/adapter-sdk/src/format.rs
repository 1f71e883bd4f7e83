//! How bytes fall into rows, and rows into fields: one room per legacy format.
pub mod fixed;
pub mod framing;
pub mod gb18030;
pub mod xml;
