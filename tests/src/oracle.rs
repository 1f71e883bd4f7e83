//! What must become of every row, read off the interface documents a second time.
mod answers;
mod births;
mod enterprises;
mod holders;
mod housing;
mod insurance;
mod marriages;
mod parties;
mod register;
mod seen;

pub use self::{
    answers::{Answer, answer, household},
    births::BirthOracle,
    enterprises::EnterpriseOracle,
    housing::HousingOracle,
    insurance::InsuranceOracle,
    marriages::MarriageOracle,
    register::RegisterOracle,
    seen::Seen,
};
