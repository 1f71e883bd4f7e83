//! FILL IN the department (部门名称): what it hands over as resource `sample-department-record`.
//!
//! FILL IN by which way its rows come. See `README.md` for what the interface document leaves open. Hides what their
//! fields mean; reading, versions, counts and rejects are the adapter SDK's.
//!
//! ```
//! let adapter = sample_department::adapter();
//! assert_eq!(adapter.id(), "sample-department");
//! assert!(adapter.way("SOURCE_KIND").is_some());
//! ```
mod mapping;
mod rules;
mod source;

use adapter_sdk::Adapter;

/// The department's adapter.
#[must_use]
pub fn adapter() -> Adapter {
    Adapter { mapping: Box::new(mapping::Register), ways: vec![source::way()] }
}
