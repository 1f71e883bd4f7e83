//! An adapter as the runner takes it: a department's meaning over the ways by which its rows come.

use crate::{mapping::Mapping, transport::Transport};
use domain::{Timestamp, rules};
use formats::framing::{Facts, Framing, Refusal};
use std::fmt;

/// A department's adapter.
pub struct Adapter {
    /// What its rows mean.
    pub mapping: Box<dyn Mapping>,
    /// By which ways its rows can come; the first is the usual one.
    pub ways: Vec<Way>,
}

/// A way by which a department hands over rows.
#[derive(Debug)]
pub struct Way {
    /// What carries them.
    pub transport: Transport,
    /// How they stand in a file: the department's own files, or what was saved of another transport for a trial.
    pub files: FileKind,
}

impl Adapter {
    /// The department's id (`public-security`).
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.mapping.department().id
    }

    /// The way of a kind of source (`files`, `mariadb`); none when the department does not have it.
    #[must_use]
    pub fn way(&self, kind: &str) -> Option<&Way> {
        self.ways.iter().find(|way| way.transport.kind() == kind)
    }

    /// How a saved file is read: by its name, else by its first bytes, else as the first way has them.
    #[must_use]
    pub fn kind_of_file(&self, name: &str, head: &[u8]) -> Option<&FileKind> {
        let mut kinds = self.ways.iter().map(|way| &way.files);
        let named = kinds.clone().find(|kind| (kind.parse_name)(name).is_some());
        let first = kinds.clone().next();
        named.or_else(|| kinds.find(|kind| (kind.recognises)(head))).or(first)
    }

    /// What a file's name says of itself, whichever way it came.
    #[must_use]
    pub fn said_by(&self, name: &str) -> Option<FileName> {
        self.ways.iter().find_map(|way| (way.files.parse_name)(name))
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter").field("department", &self.id()).finish_non_exhaustive()
    }
}

/// How a department's files (文件投递) are named and cut.
pub struct FileKind {
    /// The pattern of its names, for people (`CZRK_<area6>_<yyyyMMdd>_<seq3>.txt`).
    pub pattern: &'static str,
    /// What a name says; `None` when it is no name of this department's: such a file is left alone.
    pub parse_name: fn(&str) -> Option<FileName>,
    /// Whether a file begins like this kind, where its name does not tell.
    pub recognises: fn(&[u8]) -> bool,
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
    /// Which of several kinds of file it names, as [`Facts::layout`](formats::framing::Facts::layout) begins; empty where
    /// there is one kind. A file whose head is another kind's is refused whole.
    pub kind: &'static str,
    /// The part of the stock the name speaks of (an area code); empty for all. Used where
    /// [`Facts::scope`](formats::framing::Facts::scope) is empty, and to rebuild lost state.
    pub scope: String,
    /// The time the name speaks of, where the format relies on it; the later of this and
    /// [`Facts::as_of`](formats::framing::Facts::as_of) counts, but none after the intake.
    pub as_of: Option<Timestamp>,
}

impl FileName {
    /// The facts of a file under this name, unless its head is that of another kind.
    ///
    /// # Errors
    /// `file.header`.
    pub(crate) fn of_kind(&self, facts: Facts) -> Result<Facts, Refusal> {
        let is_another = !self.kind.is_empty() && !facts.layout.starts_with(self.kind);
        if is_another {
            let detail = "the columns are those of another kind of file than its name says".to_owned();
            return Err(Refusal { rule: &rules::FILE_HEADER, detail, retry: false });
        }
        Ok(facts)
    }
}
