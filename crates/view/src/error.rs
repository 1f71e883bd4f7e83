//! What can go wrong while following the bus.

use bus::BusError;
use store::StoreError;

/// An error of the view.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The bus failed.
    #[error("the view cannot follow the bus")]
    Bus(#[from] BusError),
    /// The store failed.
    #[error("the view cannot be kept")]
    Store(#[from] StoreError),
    /// The catalogue has changed since the base revision was read; read it again, plan again.
    #[error("the catalogue is at revision {current}, not at {base}; plan again")]
    StaleRevision {
        /// The revision named.
        base: String,
        /// The revision in force.
        current: String,
    },
    /// The message did not reach the bus, or nobody can tell; the same call again does no harm.
    #[error("the bus did not confirm the message")]
    NotConfirmed,
}
