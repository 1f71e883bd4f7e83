//! The enterprise register: XML documents of `ENT`, `INV` and `LIC` (market-supervision.md).
mod entity;
mod story;
mod traps;

pub use self::{
    entity::{Entity, Page},
    story::{Story, story},
    traps::entities_with_traps,
};
