//! Public security (公安): the resident register (常住人口) as resource `natural-person`.
//!
//! A nightly job drops files of 515-byte GB18030 rows; see `README.md` for what the interface
//! document leaves open. Hides the row's layout and what its fields mean; reading, versions, counts and rejects
//! are the adapter SDK's.
//!
//! ```
//! let adapter = public_security::adapter();
//! assert_eq!(adapter.id(), "public-security");
//! assert!(adapter.said_by("CZRK_330106_20261122_001.txt").is_some());
//! ```
mod file;
mod layout;
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
        mapping: Box::new(mapping::ResidentRegister),
        ways: vec![Way { transport: Transport::Files(Completion::FlagFile), files: file::kind() }],
    }
}
