//! The gateway over loopback with real certificates, bus and store.
mod catalogue;
mod client;
mod edges;
mod operations;
mod ops;
mod questions;
mod world;
