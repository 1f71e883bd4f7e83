//! gRPC and REST on one mutual-TLS port: two spellings of the same calls.

mod batch;
mod body;
mod call;
mod connection;
mod desk;
mod fault;
mod frames;
mod grpc;
mod health;
mod limits;
mod listener;
mod paths;
mod publish;
mod query;
mod questions;
mod rest;
mod router;
mod stream;

pub(crate) use self::{
    call::{Action, Call, Incoming},
    connection::Connections,
    desk::{Answered, Desk},
    fault::{Failure, Fault},
    listener::{Door, Listener},
    paths::Paths,
    router::router,
};
