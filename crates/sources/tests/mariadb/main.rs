//! Reads a real MariaDB through a real runner: whatever happens, every row is taken in exactly once.
//!
//! Where MariaDB is not installed the tests say so and pass; with `CI=true` they fail.
#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod order;
mod rights;
mod trouble;
mod world;
