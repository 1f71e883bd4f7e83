//! Departments' files, from a seed: the right rows and every wrong one.
pub mod enterprises;
mod file;
mod people;
pub mod register;

pub use self::{
    enterprises::{Entity, Page},
    file::DropFile,
    people::People,
};
