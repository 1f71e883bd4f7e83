//! Every transport that is asked for a department's rows: exchange tables, REST, SOAP, Kafka topics.
//!
//! Each room implements [`adapter_sdk::source::Source`] for one transport and hides its client library. A source owns
//! reading, position and back-off; versions, counts, rejects and publishing are the runner's.
//! [`open`] makes the source that a configuration asks for.
mod error;
mod https;
mod mariadb;
mod open;
mod postgres;
mod rest;
mod soap;
#[cfg(feature = "test-kit")]
pub mod test_kit;
mod topic;

pub use self::{
    error::SetupError,
    open::{Surroundings, open},
    rest::providers,
};
