//! Departments' files, from a seed: the right rows and every wrong one.
pub mod births;
pub mod enterprises;
mod file;
pub mod housing;
pub mod insurance;
pub mod marriages;
mod people;
pub mod quotas;
pub mod register;
pub mod taxes;
pub mod teachers;
pub mod titles;

pub use self::{
    enterprises::{Entity, Page},
    file::DropFile,
    people::People,
};

use std::collections::BTreeMap;

/// Identifiers worth asking for, by what became of whom they name.
pub type Cast = BTreeMap<&'static str, String>;

/// What must become of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is taken in, and goes to `done/`.
    Taken,
    /// It is refused whole by this rule, and goes to `refused/`.
    Refused(&'static str),
    /// It has no flag yet, and stays.
    LeftAlone,
    /// It was taken in before, and changes nothing.
    Known,
    /// It holds an error of the provider: nothing is taken in, and it is tried again.
    TriedAgain,
}

/// A file and what must become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The file.
    pub file: DropFile,
    /// What must become of it.
    pub fate: Fate,
}

impl Step {
    /// A right file.
    #[must_use]
    pub fn taken(file: DropFile) -> Self {
        Self { file, fate: Fate::Taken }
    }
}
