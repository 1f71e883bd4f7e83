//! What must become of every row, read off the interface documents a second time.
mod answers;
mod births;
mod enterprises;
mod holders;
mod housing;
mod insurance;
mod marriages;
mod parties;
mod quotas;
mod register;
mod seen;
mod taxes;
mod teachers;
mod titles;

pub use self::{
    answers::{Answer, answer, household},
    births::BirthOracle,
    enterprises::EnterpriseOracle,
    housing::HousingOracle,
    insurance::InsuranceOracle,
    marriages::MarriageOracle,
    quotas::QuotaOracle,
    register::RegisterOracle,
    seen::Seen,
    taxes::TaxOracle,
    teachers::TeacherOracle,
    titles::{LEGACY, TitleOracle},
};
