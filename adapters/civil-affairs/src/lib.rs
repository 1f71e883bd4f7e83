//! Civil affairs (民政): marriage registrations as resource `marriage-certificate`, from which `marital-state` is derived when
//! it is read.
//!
//! The department writes every change as a row into a front-end exchange table; see `README.md` for what the interface
//! document leaves open. Hides what the columns mean and how a row that only names a certificate is completed by what is
//! known of it; reading, versions, counts and rejects are the adapter SDK's.
//!
//! ```
//! let adapter = civil_affairs::adapter();
//! assert_eq!(adapter.id(), "civil-affairs");
//! assert!(adapter.way("mariadb").is_some());
//! ```
mod mapping;
mod rules;
mod table;

use adapter_sdk::{Adapter, Way, transport::Transport};

/// The department's adapter.
#[must_use]
pub fn adapter() -> Adapter {
    let way = Way { transport: Transport::TimeTable(&table::REGISTRATIONS), files: table::saved() };
    Adapter { mapping: Box::new(mapping::Registrations), ways: vec![way] }
}
