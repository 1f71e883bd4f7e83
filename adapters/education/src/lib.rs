//! Education (教育): teachers' qualifications as resource `teacher-qualification`.
//!
//! A clerk uploads Excel workbooks, `JSZG_…`, two a year. See `README.md` for what the interface document leaves open. Hides
//! what their columns mean; reading workbooks, versions, counts and rejects are the adapter SDK's.
//!
//! ```
//! let adapter = education::adapter();
//! assert_eq!(adapter.id(), "education");
//! assert!(adapter.said_by("JSZG_2026_春季.xlsx").is_some());
//! ```
mod cells;
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
        mapping: Box::new(mapping::Qualifications),
        ways: vec![Way { transport: Transport::Files(Completion::Settled), files: file::kind() }],
    }
}
