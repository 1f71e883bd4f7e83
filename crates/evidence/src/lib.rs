//! Transparency log of every exchange, receipts, and their verification offline.
//!
//! Every answer of the exchange is a leaf of its node's log, an append-only Merkle tree (RFC 9162), and carries the
//! proof of that with it. A leaf holds commitments only, so the log may be read, copied and witnessed by people who may
//! not know about whom was asked. `docs/evidence.md` has every byte of it.
//!
//! Hides the tree, the files on disk, the group commit and its recovery. Two rooms:
//!
//! - pure rules, without any reading or writing: [`Frontier`] grows the tree, [`inclusion_path`] and
//!   [`consistency_path`] prove, [`Note`] and [`Checkpoint`] sign and cosign (C2SP signed-note, tlog-checkpoint,
//!   tlog-cosignature), [`Tile`] names files (C2SP tlog-tiles), [`Salt`] commits, [`verify()`] judges a saved answer;
//! - [`Log`], the log on this node's disk, and [`MirrorWorker`], its copy on the bus.
//!
//! ```no_run
//! # fn judge() -> Result<(), Box<dyn std::error::Error>> {
//! use evidence::{Saved, Verification, verify};
//! use security::sign::ChainTrust;
//!
//! let file = std::fs::read("answer.json")?;
//! let trust = ChainTrust::load("ca.pem".as_ref())?;
//! let saved = Saved::of(&file);
//! let checks = verify(&Verification { saved, trust: &trust, request: None, witnesses: &[], history: None })?;
//! for (failure, why) in checks.failures() {
//!     eprintln!("{}: {why}", failure.as_str());
//! }
//! assert!(checks.hold());
//! # Ok(())
//! # }
//! ```

mod accesses;
mod checkpoint;
mod commitment;
mod cosignature;
mod disk;
mod error;
mod id;
mod log;
mod mirror;
mod note;
mod proof;
mod receipt;
#[cfg(any(test, feature = "test-kit"))]
pub mod test_kit;
mod tile;
mod tree;
mod verify;

pub use self::{
    checkpoint::Checkpoint,
    commitment::{Commitments, Part, Salt, answer_bytes, request_bytes, subject_bytes},
    disk::{Disk, DiskFile, DiskLock, RealDisk},
    error::EvidenceError,
    id::{EvidenceId, Origin},
    log::{Draft, Evidence, Log, LogConfig, LogKeeper, LogWorker, Mark, Private, Recorded},
    mirror::{MirrorWorker, Mirrored, newest_on_bus},
    note::{KeyKind, MAX_NOTE, MAX_SIGNATURES, Note, NoteSignature, VerifierKey},
    proof::{HashReader, consistency_path, inclusion_path, root_of, verify_consistency, verify_inclusion},
    receipt::{Proof, VouchedKey},
    tile::{
        Bundle, MAX_ENTRY, Place, TILE_HEIGHT, TILE_WIDTH, Tile, TilePath, TileReader, decode_entries, encode_entries,
        index_path,
    },
    tree::{Frontier, Growth, Hash, empty_root, leaf_hash, node_hash},
    verify::{Check, Checks, Failure, History, Saved, Verification, Witnessed, verify},
};

#[cfg(any(test, feature = "test-kit"))]
pub use self::disk::LossyDisk;
