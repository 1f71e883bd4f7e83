//! What the benches of the gateway share: a node that holds many records, one client, and what the node is held against.
//!
//! The client is `tonic` over mutual TLS and hands over messages as the bytes they are, so that it costs the same whatever is
//! asked. It lives in this process; whoever answers is a process of its own, whose memory and processor time are read from
//! outside.

mod caller;
mod client;
mod contender;
mod fsync;
mod node;
mod raw;
mod records;
mod server;

pub(crate) use self::{
    caller::Caller,
    client::{Client, Shape},
    contender::{Contender, Times},
    fsync::fsync_p99_ms,
    node::{Held, Program, with_large_quota},
    records::{Questions, answer_row, question},
    server::{Backing, Opposite, Serve, serve},
};
