//! Health (卫健): birth certificates (出生医学证明) as resource `birth-certificate`.
//!
//! The department's system pushes by itself, to the exchange's publish interface. See `README.md` for what the interface
//! document leaves open. Hides what the fields mean; taking requests in, versions, counts, rejects and answers are the
//! exchange's.
//!
//! ```
//! let adapter = health::adapter();
//! assert_eq!(adapter.id(), "health");
//! assert!(adapter.way("push").is_some());
//! ```
mod mapping;
mod rules;

use adapter_sdk::{Adapter, FileKind, Way, formats::lines::PushedLines, transport::Transport};

/// The department's adapter.
#[must_use]
pub fn adapter() -> Adapter {
    let files = FileKind {
        pattern: "one pushed record a line (NDJSON)",
        parse_name: |_| None,
        recognises: |_| true,
        framing: Box::new(PushedLines),
    };
    Adapter { mapping: Box::new(mapping::BirthCertificates), ways: vec![Way { transport: Transport::Push, files }] }
}
