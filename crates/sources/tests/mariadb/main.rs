//! Reads a real MariaDB through a real runner: whatever happens, every row is taken in exactly once.
//!
//! Where MariaDB is not installed the tests say so and pass; with `CI=true` they fail.
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod order;
mod rights;
mod trouble;
mod world;
