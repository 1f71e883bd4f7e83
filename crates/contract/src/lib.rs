//! The outside of the exchange as types: messages generated from `proto/`, and what can be read
//! off their descriptors.
mod generated;

pub use self::generated::{canonical, v1};
