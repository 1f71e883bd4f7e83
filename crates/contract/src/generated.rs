//! Messages generated from `proto/` by the build script.
#![expect(
    clippy::doc_markdown,
    clippy::must_use_candidate,
    reason = "generated: comments are the protos', methods are prost's"
)]

/// Records as departments publish them and consumers read them.
pub mod canonical {
    /// Package `exchange.canonical.v1`.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/exchange.canonical.v1.rs"));
    }
}

/// Services and bus messages: package `exchange.v1`.
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/exchange.v1.rs"));
}
