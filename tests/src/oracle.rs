//! What must become of every row, read off the interface documents a second time.
mod answers;
mod enterprises;
mod parties;
mod register;
mod seen;

pub use self::{
    answers::{Answer, answer, household},
    enterprises::EnterpriseOracle,
    register::RegisterOracle,
    seen::Seen,
};
