//! Human resources and social security (人社): participation in social insurance as resource `social-insurance`.
//!
//! The department drops monthly dBASE III tables; see `README.md` for what the interface document leaves open. Hides the
//! table's columns and what they mean; reading, versions, counts and rejects are the adapter SDK's. `insurance-summary` is
//! derived from these records when it is read: nothing of it is published here.
//!
//! ```
//! let adapter = social_security::adapter();
//! assert_eq!(adapter.id(), "social-security");
//! assert!(adapter.said_by("CBZT_202611_001.dbf").is_some());
//! ```
mod columns;
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
        mapping: Box::new(mapping::Participation),
        ways: vec![Way { transport: Transport::Files(Completion::FlagFile), files: file::kind() }],
    }
}
