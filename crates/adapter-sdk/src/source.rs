//! The seam between the runner and every source that is asked, rather than dropped into a folder.
//!
//! A source owns reading, position and back-off; the runner owns versions, counts, rejects, publishing and the
//! checkpoint. The runner keeps a source's position in the same atomic step as what the rows before it made seen.

use crate::{error::IntakeError, runner::Stop};
use domain::Timestamp;
use formats::framing::RowPlace;
use std::time::Duration;

/// Where a department's rows come from. Blocking; called on the adapter's own thread, one call at a time.
pub trait Source: Send {
    /// Goes to a position that a batch stated earlier, `None` for the very beginning. Called before the first
    /// [`next`](Source::next) and again after any failure: what was given out since that position is forgotten.
    ///
    /// # Errors
    /// When it cannot be gone to now.
    fn open(&mut self, position: Option<&[u8]>) -> Result<(), SourceError>;

    /// The next rows, at most a few thousand; waits no longer than its own time limit for them.
    ///
    /// # Errors
    /// When they cannot be read now; the runner backs off and opens the source again.
    fn next(&mut self, known: &dyn Known, stop: &dyn Stop) -> Result<Batch, SourceError>;

    /// Whether rows with a [`Mark`] stay known after [`settle`](Source::settle): the source gives out rows again and
    /// asks [`Known::is_done`] itself. Otherwise a mark is dropped once its row is settled.
    fn keeps_marks(&self) -> bool {
        false
    }

    /// Which fates [`settle`](Source::settle) is told; what the other side need not know costs less.
    fn is_told(&self) -> Told {
        Told::Everything
    }

    /// Tells the source's own side what became of marked rows whose every message is acknowledged and whose effects are in
    /// the checkpoint. A row is told again after a crash. What is returned is kept under its name with the next checkpoint,
    /// which is durable before [`confirm`](Source::confirm).
    ///
    /// # Errors
    /// When the other side does not take it now; the same rows are told again.
    fn settle(&mut self, _settled: &[Settled]) -> Result<Vec<Kept>, SourceError> {
        Ok(Vec::new())
    }

    /// What was settled is durable.
    fn confirm(&mut self) {}

    /// Passes the time until the next look.
    fn pause(&mut self, stop: &dyn Stop, poll: Duration) {
        stop.pause(poll);
    }

    /// Whether the adapter can work with it where it is set up, each thing looked at in words.
    fn check(&mut self) -> Vec<crate::Finding> {
        Vec::new()
    }

    /// Calls that the provider's quota still allows now; none where it has no quota.
    fn quota_left(&self) -> Option<u64> {
        None
    }
}

/// Which fates of marked rows a source is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Told {
    /// All of them.
    #[default]
    Everything,
    /// Only what is refused.
    Rejects,
}

/// What a source gave out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// In the order in which they are to be taken in.
    pub rows: Vec<SourceRow>,
    /// Where to go on when these rows are done; opaque to the runner. `None` leaves the position as it was.
    pub position: Option<Vec<u8>>,
    /// Whether the source has nothing more now: the unit of intake ends here.
    pub end: bool,
    /// With `end`: up to when the department's feed is known.
    pub as_of: Option<Timestamp>,
    /// With `end`: whether this unit stated all that exists.
    pub full: bool,
    /// What the rows came in, for logs and [`Row::origin`](crate::Row::origin) (`/dj/changes`, a topic's name).
    pub origin: String,
}

/// A row as a source gives it out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceRow {
    /// What kind of row where the source has several: a table's name.
    pub kind: String,
    /// The row as received; of a table the JSON object of its columns.
    pub bytes: Vec<u8>,
    /// Where it lies.
    pub place: RowPlace,
    /// By what the row is known again; none where position alone tells what is done. A marked row that is done or waits
    /// is passed over when it comes again.
    pub mark: Option<Mark>,
}

/// By what a row is known again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    /// Unique within the department (`<table>/<key>`, as [`Row::id`](crate::Row::id)).
    pub id: String,
    /// What the source needs to settle it.
    pub receipt: Vec<u8>,
}

/// What a runner remembers on behalf of a source.
pub trait Known {
    /// Whether a marked row is done, or waits.
    ///
    /// # Errors
    /// When the adapter's state cannot be read.
    fn is_done(&self, id: &str) -> Result<bool, IntakeError>;

    /// Whether rows were taken in that the source has no position behind: the adapter's state was lost and put together
    /// from the bus, as far as records tell. A source whose rows are still there gives them out again.
    fn is_restored(&self) -> bool {
        false
    }

    /// What [`Source::settle`] asked to keep under a name.
    ///
    /// # Errors
    /// When the adapter's state cannot be read.
    fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, IntakeError>;

    /// All of what was kept under names that begin with `prefix`, by name.
    ///
    /// # Errors
    /// When the adapter's state cannot be read.
    fn all_kept(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, IntakeError>;
}

/// What a source wants kept: a name, and a value or none to forget it.
pub type Kept = (String, Option<Vec<u8>>);

/// A marked row that is done.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Settled {
    /// [`Mark::id`].
    pub id: String,
    /// [`Mark::receipt`].
    pub receipt: Vec<u8>,
    /// What became of it.
    pub fate: RowFate,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowFate {
    /// At least one record of it is on the bus; partition and offset of the first.
    Published {
        /// Partition of the records topic.
        partition: u32,
        /// Offset there.
        offset: u64,
    },
    /// It says what is known already.
    Unchanged,
    /// It is older than what is known.
    Superseded,
    /// It is passed over, as the department's page says.
    Skipped,
    /// It is refused.
    Rejected {
        /// Id of the rule.
        rule: String,
        /// The source's field it speaks of.
        field: String,
        /// What to do, in the node's language.
        message: String,
    },
}

/// Why a source gives nothing now. Texts are for ops: what is wrong and how to mend it, never a value of a row.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It may be well later by itself: a connection cut, a time-out, a quota used up.
    #[error("source does not answer: {message}")]
    Away {
        /// What was tried and how it failed.
        message: String,
        /// How long the other side asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// Somebody has to do something; tried again all the same.
    #[error("source refuses: {message}")]
    Refused {
        /// What is wrong and how to mend it.
        message: String,
    },
    /// The adapter's own state.
    #[error(transparent)]
    State(#[from] Box<IntakeError>),
    /// The intake was asked to stop.
    #[error("intake was asked to stop")]
    Stopped,
}

impl SourceError {
    /// An [`Away`](SourceError::Away) without a wish of the other side's.
    #[must_use]
    pub fn away(message: impl Into<String>) -> Self {
        Self::Away { message: message.into(), retry_after: None }
    }

    /// A [`Refused`](SourceError::Refused).
    #[must_use]
    pub fn refused(message: impl Into<String>) -> Self {
        Self::Refused { message: message.into() }
    }
}

impl From<IntakeError> for SourceError {
    fn from(error: IntakeError) -> Self {
        Self::State(Box::new(error))
    }
}
