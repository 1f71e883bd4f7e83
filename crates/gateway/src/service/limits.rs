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
/// Questions of a stream that are answered at once.
pub(super) const WINDOW: usize = 256;
/// Longest name that a caller may give a question of a stream, in bytes.
pub(super) const CORRELATION: usize = 128;
/// Server time limit of a call, its body included.
pub(super) const CALL: Duration = Duration::from_secs(10);
/// A connection that has not shaken hands by then is dropped.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(10);
/// A connection that has not sent the whole head of its next request by then is closed.
pub(super) const HEAD: Duration = Duration::from_secs(30);
/// How long open calls may take once the process is to end.
pub(super) const DRAIN: Duration = Duration::from_secs(10);
/// Connections of a port that are shaking hands; the next one pushes out the oldest.
pub(super) const HANDSHAKES: usize = 256;
/// Open connections of a port; for the next one that is idle the longest is closed.
pub(super) const CONNECTIONS: usize = 1_024;
/// Open connections of one caller; for the next one its own that is idle the longest is closed.
pub(super) const CALLER_CONNECTIONS: usize = 256;
/// Calls of one caller at once, over all its connections, and as many questions on its streams.
pub(super) const CALLER_CALLS: usize = 512;
/// Requests and answers of one caller that are in memory, in bytes; beyond it calls are told to come again.
pub(super) const CALLER_BYTES: usize = 128 << 20;
/// The same of all callers of a port.
pub(super) const PORT_BYTES: usize = 512 << 20;
/// What a peer may send that is part of no request (settings, pings, bodies that nobody waits for), in bytes.
pub(super) const UNASKED: u64 = 4 << 20;
/// What it may send of that a second in the long run, in bytes.
pub(super) const UNASKED_A_SECOND: u64 = 64 << 10;
/// A connection without any call for so long is closed.
pub(super) const IDLE: Duration = Duration::from_mins(10);
/// A peer that has not taken a whole answer by then is given up.
pub(super) const ANSWER: Duration = Duration::from_mins(1);
/// How often that is looked at.
pub(super) const WATCH: Duration = Duration::from_secs(5);
/// How long it may take to tell a peer that there is no room.
pub(super) const TURN_AWAY: Duration = Duration::from_secs(5);
/// Largest piece of an answer that is handed over at once, in bytes.
pub(super) const PIECE: usize = 64 * 1_024;
/// Bytes of answers that a connection holds back to send them together: two records of TLS.
pub(super) const HELD_BACK: usize = 32 * 1_024;
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
