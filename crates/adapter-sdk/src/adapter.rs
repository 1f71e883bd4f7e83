//! An adapter as the runner takes it: a department's meaning over its source.

use crate::{format::framing::Framing, mapping::Mapping};
use domain::Timestamp;
use std::fmt;

/// A department's adapter.
pub struct Adapter {
    /// What its rows mean.
    pub mapping: Box<dyn Mapping>,
    /// What its files look like.
    pub files: FileKind,
}

impl Adapter {
    /// The department's id (`public-security`).
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.mapping.department().id
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter").field("department", &self.id()).finish_non_exhaustive()
    }
}

/// How a department's dropped files (文件投递) are named and cut.
pub struct FileKind {
    /// The pattern of its names, for people (`CZRK_<area6>_<yyyyMMdd>_<seq3>.txt`).
    pub pattern: &'static str,
    /// What a name says; `None` when it is no name of this department's: such a file is left alone.
    pub parse_name: fn(&str) -> Option<FileName>,
    /// How its bytes fall into rows.
    pub framing: Box<dyn Framing>,
}

impl fmt::Debug for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileKind").field("pattern", &self.pattern).finish_non_exhaustive()
    }
}

/// What a file's name says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileName {
    /// Files that lie in the folder at the same time are taken in byte order of this, then of the name.
    pub order: String,
    /// The part of the stock the name speaks of (an area code); empty for all. Used where
    /// [`Facts::scope`](crate::format::framing::Facts::scope) is empty, and to rebuild lost state.
    pub scope: String,
    /// The time the name speaks of, where the format relies on it; the later of this and
    /// [`Facts::as_of`](crate::format::framing::Facts::as_of) counts, but none after the intake.
    pub as_of: Option<Timestamp>,
}
