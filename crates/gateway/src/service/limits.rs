//! What the outside may ask of this process at most.

use std::time::Duration;

/// Largest request, in bytes.
pub(super) const REQUEST: usize = 1 << 20;
/// Largest publishing request, before and after gunzip, in bytes.
pub(super) const PUBLISH: usize = 16 << 20;
/// Most records of a publishing request.
pub(super) const RECORDS: usize = 1_000;
/// Most records of a stream whose answers are kept under a key.
pub(super) const KEYED: u64 = 10_000;
/// Records of a stream that are handed on at once, in bytes.
pub(super) const GATHERED: usize = 4 << 20;
/// Server time limit of a call, its body included.
pub(super) const CALL: Duration = Duration::from_secs(10);
/// A connection that has not shaken hands by then is dropped.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(10);
/// A connection that has not sent the whole head of its next request by then is closed.
pub(super) const HEAD: Duration = Duration::from_secs(30);
/// How long open calls may take once the process is to end.
pub(super) const DRAIN: Duration = Duration::from_secs(10);
/// Open connections of a port; the next ones wait in the system's queue.
pub(super) const CONNECTIONS: usize = 1_024;
/// Calls at once on a connection of HTTP/2.
pub(super) const STREAMS: u32 = 128;
/// Largest head of a request, in bytes.
pub(super) const HEAD_BYTES: u32 = 16 * 1_024;
/// Read buffer of a connection of HTTP/1.1, in bytes.
pub(super) const BUFFER_BYTES: usize = 64 * 1_024;
/// Streams that a peer may open and reset at once before its connection is closed.
pub(super) const RESETS: usize = 32;
/// How often a quiet connection of HTTP/2 is asked whether it is still there.
pub(super) const PING: Duration = Duration::from_secs(30);
/// How long it may take to answer that.
pub(super) const PONG: Duration = Duration::from_secs(10);
