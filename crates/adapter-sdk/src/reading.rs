//! Reading a row's named values as every department writes them: texts, numbers, dates, parties (formats, "Rules common to all").

mod fields;
mod parties;

pub use self::{
    fields::{Fault, Fields, Stamp},
    parties::{Listed, Parties, number_lookups},
};
