//! Taxation (税务): tax registrations as resource `tax-registration`, and the live answer `tax-clearance`.
//!
//! The department gives out changes page by page behind the national platform's signed headers, and answers whether an
//! enterprise owes taxes at query time. See `README.md` for what the interface document leaves open. Hides what its fields
//! mean; calls, versions, counts and rejects are the adapter SDK's and the source's.
//!
//! ```
//! let adapter = taxation::adapter();
//! assert_eq!(adapter.id(), "taxation");
//! assert!(adapter.way("rest").is_some());
//! ```
mod clearance;
mod feed;
mod mapping;
mod numbers;
mod rules;

use adapter_sdk::{Adapter, Way, transport::Transport};

/// The department's adapter.
#[must_use]
pub fn adapter() -> Adapter {
    let way = Way { transport: Transport::Rest(&feed::FEED), files: feed::saved() };
    Adapter { mapping: Box::new(mapping::TaxRegister), ways: vec![way] }
}
