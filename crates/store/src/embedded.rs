//! The view in a folder of this machine.

mod control;
mod layout;
mod reader;
mod records;
mod rejects;
mod tables;
#[cfg(test)]
mod tests;
mod writer;

pub use self::{reader::EmbeddedViewReader, writer::EmbeddedViewWriter};

use self::tables::Tables;
use crate::StoreError;
use std::path::Path;

/// How an embedded view uses the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddedViewConfig {
    /// Memory for blocks read from disk, in bytes. Write buffers come on top, as a rule less than 300 MiB, and 16 MiB
    /// until a new view is opened again.
    pub cache_bytes: u64,
}

impl Default for EmbeddedViewConfig {
    fn default() -> Self {
        Self { cache_bytes: 256 * 1024 * 1024 }
    }
}

/// The view in a folder of this machine; one process at a time may have it open.
///
/// A batch that [`ViewWriter::apply`](crate::ViewWriter::apply) took survives the end of the process, and after
/// [`ViewWriter::persist`](crate::ViewWriter::persist) the loss of power; what is lost is always the latest
/// batches as a whole, together with their positions. Times are kept to the microsecond.
#[derive(Debug)]
pub struct EmbeddedView;

impl EmbeddedView {
    /// Opens the view in `dir`, or makes one there. The folder stays in use until both ends are dropped.
    ///
    /// # Errors
    /// [`StoreError::UnknownSchema`] when another version wrote it, [`StoreError::Foreign`] when it is not a view,
    /// [`StoreError::InUse`] when it is open elsewhere, [`StoreError::Corrupt`] when it cannot be read,
    /// [`StoreError::Unavailable`] when the disk fails.
    pub fn open(
        dir: &Path,
        config: EmbeddedViewConfig,
    ) -> Result<(EmbeddedViewWriter, EmbeddedViewReader), StoreError> {
        let tables = Tables::open(dir, config)?;
        Ok((EmbeddedViewWriter::new(tables.clone())?, EmbeddedViewReader::new(tables)))
    }
}
