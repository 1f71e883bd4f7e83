//! A document whose root holds a list of entities: each entity element is a row.
//!
//! The document is read as bytes and as a stream: an entity is the exact byte range of its element, and is
//! decoded alone, strictly, so that one entity with broken bytes does not stop the others.
mod entity;
mod scan;
mod walk;

pub use self::entity::Entity;

pub(crate) use self::entity::resolve;

use self::{scan::Fault, walk::Walk};
use super::framing::{Facts, FramedRow, Framing, Refusal, RowReader, RowStart};
use domain::{
    Rule, Severity, Timestamp,
    rules::{FILE_EMPTY, FILE_HEADER, FILE_TORN, PROVIDER_ERROR},
};
use std::io::{self, BufRead};

/// Bytes of an entity that is still read; of a longer one this many and one more are kept with its reject.
pub const MAX_ENTITY: usize = 512 * 1024;

/// An entity's element has a name that the department's page does not have.
pub const ENTITY_UNKNOWN: Rule = Rule {
    id: "entity.unknown",
    severity: Severity::Reject,
    en: "the list holds an entity of a kind that is not agreed; ask the department what it is",
    zh: "列表中出现未约定的实体类型，请与部门核实",
};

/// An entity is longer than [`MAX_ENTITY`].
pub const ENTITY_SIZE: Rule = Rule {
    id: "entity.size",
    severity: Severity::Reject,
    en: "the entity is longer than 512 KiB; ask the department to send it again",
    zh: "实体超过512 KiB，请部门重新推送",
};

/// An entity cannot be read as XML by itself.
pub const ENTITY_MALFORMED: Rule = Rule {
    id: "entity.malformed",
    severity: Severity::Reject,
    en: "the entity holds a bare `&`, an undefined reference or broken nesting; ask the department to escape its text",
    zh: "实体含有未转义的&、未定义的引用或嵌套错误，请部门转义后重新推送",
};

/// How the document's bytes are to be read, whatever its declaration says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// GB18030; a declaration may name it, GBK or GB2312.
    Gb18030,
    /// UTF-8, for documents that came as text inside another message: their own declaration means nothing.
    Utf8,
}

/// Framing of documents with a list of entities; names are local names, a namespace prefix does not matter.
#[derive(Debug, Clone, Copy)]
pub struct XmlEntities {
    /// Root element (`response`).
    pub root: &'static str,
    /// Child of the root that holds the entities (`resultList`).
    pub list: &'static str,
    /// Child of the root, and its child, that say how the provider fared (`head`, `code`).
    pub status: (&'static str, &'static str),
    /// What the status says when all is well (`00`).
    pub good: &'static str,
    /// Child of an entity with the time of its version: the latest is the document's `as_of`.
    pub stamp: &'static str,
    /// How the bytes are read.
    pub encoding: Encoding,
}

/// A whole document in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct XmlPage {
    /// Its entities, in order.
    pub entities: Vec<XmlEntity>,
    head: Vec<(String, String)>,
}

/// An entity of a document in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct XmlEntity {
    /// Local name of its element.
    pub kind: String,
    /// Its element, tags included; at most one byte more than [`MAX_ENTITY`].
    pub bytes: Vec<u8>,
    /// The time of its version, where it states one.
    pub stamp: Option<Timestamp>,
}

impl XmlPage {
    /// What an element beside the status says; none where there is no such element, or it is blank.
    #[must_use]
    pub fn head(&self, name: &str) -> Option<&str> {
        self.head.iter().find(|(element, text)| element == name && !text.is_empty()).map(|(_, text)| text.as_str())
    }
}

impl Framing for XmlEntities {
    fn inspect(&self, input: &mut dyn BufRead) -> Result<Facts, Refusal> {
        self.facts(input).map_err(Fault::refusal)
    }

    fn rows<'a>(&self, input: Box<dyn BufRead + Send + 'a>, start: RowStart) -> Box<dyn RowReader + 'a> {
        let walk = if start.byte == 0 { Walk::new(*self, input) } else { Walk::resumed(*self, input, start.byte) };
        Box::new(Entities { walk, number: start.number })
    }
}

impl XmlEntities {
    /// Reads a document that is in memory. Its status is not judged: see [`XmlPage::head`].
    ///
    /// # Errors
    /// A [`Refusal`] when it is not a whole document of this kind.
    pub fn page(&self, document: &[u8]) -> Result<XmlPage, Refusal> {
        self.read(document).map_err(Fault::refusal)
    }

    fn read(&self, document: &[u8]) -> Result<XmlPage, Fault> {
        let mut walk = Walk::new(*self, document);
        let (mut entities, mut kind, mut bytes) = (Vec::new(), String::new(), Vec::new());
        while walk.next_entity(&mut kind, &mut bytes)?.is_some() {
            let (kind, bytes) = (std::mem::take(&mut kind), std::mem::take(&mut bytes));
            entities.push(XmlEntity { kind, bytes, stamp: walk.stamp() });
        }
        Ok(XmlPage { entities, head: walk.into_head() })
    }

    fn facts(&self, input: &mut dyn BufRead) -> Result<Facts, Fault> {
        let mut walk = Walk::new(*self, input);
        let (mut kind, mut bytes, mut rows) = (String::new(), Vec::new(), 0);
        while walk.next_entity(&mut kind, &mut bytes)?.is_some() {
            rows += 1;
        }
        if walk.code() != Some(self.good) {
            return Err(Fault::Provider);
        }
        Ok(Facts { rows, full: false, as_of: walk.latest(), ..Facts::default() })
    }
}

struct Entities<R> {
    walk: Walk<R>,
    number: u64,
}

impl<R: BufRead + Send> RowReader for Entities<R> {
    fn next_row(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        let Some(place) = self.walk.next_entity(&mut row.kind, &mut row.bytes).map_err(Fault::into_io)? else {
            return Ok(false);
        };
        self.number += 1;
        (row.number, row.byte_from, row.byte_to, row.next_byte) = (self.number, place.from, place.to, place.to);
        Ok(true)
    }
}

impl Fault {
    fn refusal(self) -> Refusal {
        let refuse = |rule, detail: String| Refusal { rule, detail, retry: false };
        match self {
            Self::Io(error) => Refusal { rule: &FILE_TORN, detail: error.kind().to_string(), retry: true },
            Self::Torn(what, byte) => refuse(&FILE_TORN, format!("byte {byte}: {what}")),
            Self::Foreign(what) => refuse(&FILE_HEADER, what.to_owned()),
            Self::Empty => refuse(&FILE_EMPTY, "nothing but blanks".to_owned()),
            Self::Provider => {
                Refusal { rule: &PROVIDER_ERROR, detail: "the status in the head is not good".to_owned(), retry: true }
            }
        }
    }

    fn into_io(self) -> io::Error {
        match self {
            Self::Io(error) => error,
            other => io::Error::new(io::ErrorKind::InvalidData, other.refusal().detail),
        }
    }
}

impl Encoding {
    /// Whether a declaration's own `encoding` may stand before a document that is read so.
    fn agrees_with(self, declaration: &[u8]) -> bool {
        let lower = declaration.to_ascii_lowercase();
        let declared = String::from_utf8_lossy(&lower);
        let named = declared.split_once("encoding").map(|(_, rest)| {
            rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '"' | '\''))
        });
        match self {
            Self::Utf8 => true,
            Self::Gb18030 => named.is_none_or(|name| name.starts_with("gb")),
        }
    }
}

/// A name without its namespace prefix.
fn local_name(name: &[u8]) -> &[u8] {
    name.rsplit(|b| *b == b':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests;
