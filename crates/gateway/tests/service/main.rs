//! The gateway over loopback with real certificates, bus and store.
#[cfg(test)]
mod access;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod client;
#[cfg(test)]
mod edges;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod held;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod ops;
#[cfg(test)]
mod publish;
#[cfg(test)]
mod questions;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod world;
