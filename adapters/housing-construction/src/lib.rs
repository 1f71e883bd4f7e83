//! Housing and construction (住建): sale contracts as resource `housing-contract`, construction permits as
//! `construction-permit`.
//!
//! The department drops CSV files of GBK text, `FWHT_…` of contracts and `SGXKZ_…` of permits. See `README.md` for what the
//! interface document leaves open. Hides what their columns mean; cutting, versions, counts and rejects are the adapter
//! SDK's.
//!
//! ```
//! let adapter = housing_construction::adapter();
//! assert_eq!(adapter.id(), "housing-construction");
//! assert!(adapter.said_by("FWHT_20261101_001.csv").is_some());
//! ```
mod file;
mod mapping;
mod rules;

use adapter_sdk::{
    Adapter, Way,
    transport::{Completion, Transport},
};

/// The department's adapter.
#[must_use]
pub fn adapter() -> Adapter {
    Adapter {
        mapping: Box::new(mapping::Housing),
        ways: vec![Way { transport: Transport::Files(Completion::FlagFile), files: file::kind() }],
    }
}
