//! What can go wrong while a department's data is taken in, by what the operator can do.

use crate::source::SourceError;
use bus::BusError;
use std::path::PathBuf;
use store::StoreError;

/// An error of intake. A bad row or a broken file is none: those are rejects and refusals.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The bus fails in a way that waiting does not mend.
    #[error("bus does not take the department's records")]
    Bus(#[from] BusError),
    /// A message is larger than the bus takes; make the bus's limit larger, or the adapter's smaller.
    #[error("bus takes messages of at most {limit} bytes, the adapter is set to send up to {sent}")]
    Oversized {
        /// What the bus takes.
        limit: usize,
        /// What the adapter tried to send.
        sent: usize,
    },
    /// The bus ends before what this adapter has published: it was emptied or exchanged.
    #[error(
        "the department's topic ends before what this adapter has published to it; restore the topic, or stop the adapter, remove its state folder and drop the department's files again"
    )]
    BusBehind,
    /// The adapter's own memory fails.
    #[error("adapter state cannot be used")]
    Store(#[from] StoreError),
    /// What the adapter remembers of its progress cannot be read.
    #[error("adapter state is damaged: {what}; remove the state folder, it is rebuilt from the department's topic")]
    State {
        /// Which part.
        what: &'static str,
    },
    /// A folder or file cannot be read, written or moved.
    #[error("{doing}: {}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// The source gives nothing now; the position is kept.
    #[error(transparent)]
    Source(SourceError),
    /// A file became another while it was being read; it is taken in again from its beginning.
    #[error("file changed while it was being read; write under another name and rename: {}", path.display())]
    FileChanged {
        /// The file.
        path: PathBuf,
    },
    /// Another adapter of the department has taken over; this one publishes nothing any more.
    #[error(
        "another adapter has taken over department {department}, lease {epoch} held by {holder}; only one may run: leave this one stopped, or stop the other and start this one again, which takes the lease back"
    )]
    Fenced {
        /// The department.
        department: &'static str,
        /// Node, state folder and run that hold the lease.
        holder: String,
        /// The lease's epoch.
        epoch: u64,
    },
    /// The adapter may not write its lease, so that another could publish beside it.
    #[error("the adapter may not take its department's lease; allow it to write to exchange.control")]
    NoLease(#[source] BusError),
    /// The intake was asked to stop; what is not checkpointed is read again.
    #[error("intake was asked to stop")]
    Stopped,
}

impl IntakeError {
    /// Whether the same step may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Bus(BusError::Unavailable(_) | BusError::Fatal(_))
            | Self::File { .. }
            | Self::Source(_)
            | Self::FileChanged { .. } => true,
            Self::Store(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// How long the other side asks to be left alone.
    pub(crate) fn wait(&self) -> Option<std::time::Duration> {
        match self {
            Self::Source(SourceError::Away { retry_after, .. }) => *retry_after,
            _ => None,
        }
    }

    pub(crate) fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { doing, path, source }
    }
}
