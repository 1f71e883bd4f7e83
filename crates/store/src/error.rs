//! What can go wrong in the store, by what the caller can do.

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data was written by a version of the exchange that this one does not know.
    #[error(
        "store at {place} has schema version {found}, this build knows {known}; use the build that wrote it, or rebuild the store from the bus"
    )]
    UnknownSchema {
        /// The folder or database.
        place: String,
        /// What is there.
        found: String,
        /// What this build knows.
        known: u32,
    },
    /// The folder belongs to something else (another department's adapter, another node).
    #[error("store at {place} belongs to {owner}; give each its own folder")]
    Foreign {
        /// The folder.
        place: String,
        /// Whose it is.
        owner: String,
    },
    /// Another process holds it.
    #[error("store at {place} is in use by another process")]
    InUse {
        /// The folder.
        place: String,
    },
    /// What is stored cannot be read back.
    #[error("store is damaged: {what}")]
    Corrupt {
        /// What is wrong.
        what: String,
    },
    /// A text is too long to be part of a key; nothing can be done but to refuse it.
    #[error("{what} is too long to be kept under")]
    TooLong {
        /// Which text.
        what: &'static str,
    },
    /// The disk failed a write before; nothing more is taken until the store is opened again.
    #[error("store stopped writing after a failure of its disk, open it again")]
    Stopped,
    /// The disk or database failed; try again.
    #[error("store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
