//! What must become of every row, read off the interface documents a second time.
mod enterprises;
mod parties;
mod register;
mod seen;

pub use self::{enterprises::EnterpriseOracle, register::RegisterOracle, seen::Seen};
