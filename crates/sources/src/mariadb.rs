//! A front-end exchange table (前置库) in `MariaDB` that has no sequence: its rows are known by their time and key alone.
//!
//! Rows share a time, are committed late under an older one, and the clocks that write them step back. So a place in the
//! table proves nothing of what lies before it, and every row is marked: the runner knows for ever which are done. A pass
//! looks for the others in three ways, from cheap to sure:
//! 1. behind the newest row seen, and some way back from it ([`table::TimedTable`], stages `Back` and `On`);
//! 2. by comparing number and checksum of all keys with what has passed by (`Compare`);
//! 3. where they differ, by going through all keys (`Sweep`).
//!
//! Hides the client library, the character set of the table and everything that can go wrong on the way to a server.
mod account;
mod check;
mod failure;
mod link;
mod statements;
mod table;
mod tally;
mod value;

pub(crate) use self::table::TimedTable;
