//! Follows a document from element to element and finds the entities in it.
use super::{
    MAX_ENTITY, XmlEntities, local_name,
    scan::{Fault, Scanner, Token},
};
use domain::Timestamp;
use std::io::BufRead;

/// Elements open at one time; a deeper document is refused.
const MAX_DEPTH: usize = 32;
/// Elements beside the status that are kept.
const MAX_HEAD: usize = 64;
/// Depth of an entity: root, list, entity.
const ENTITY_DEPTH: usize = 3;

/// A walk through one document.
pub(super) struct Walk<R> {
    document: XmlEntities,
    scanner: Scanner<R>,
    open: Open,
    entity_from: Option<u64>,
    root_seen: bool,
    head: Vec<(String, String)>,
    stamp: Option<Timestamp>,
    latest: Option<Timestamp>,
}

/// Where an entity lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) from: u64,
    pub(super) to: u64,
}

impl<R: BufRead> Walk<R> {
    /// A walk from the document's first byte.
    pub(super) fn new(document: XmlEntities, input: R) -> Self {
        let scanner = Scanner::new(input, document.encoding, 0);
        Self::over(document, scanner, Open::default())
    }

    /// A walk that goes on at byte `position`, which is the end of an entity.
    pub(super) fn resumed(document: XmlEntities, input: R, position: u64) -> Self {
        let scanner = Scanner::new(input, document.encoding, position);
        let mut open = Open { resumed: true, ..Open::default() };
        open.push(document.root.as_bytes());
        open.push(document.list.as_bytes());
        Self { root_seen: true, ..Self::over(document, scanner, open) }
    }

    fn over(document: XmlEntities, scanner: Scanner<R>, open: Open) -> Self {
        let head = Vec::new();
        Self { document, scanner, open, entity_from: None, root_seen: false, head, stamp: None, latest: None }
    }

    /// Finds the next entity: its place, and its element name and bytes (at most one byte more than
    /// [`MAX_ENTITY`]) in the buffers given. `None` after the last one, when the document ended well.
    pub(super) fn next_entity(&mut self, kind: &mut String, bytes: &mut Vec<u8>) -> Result<Option<Place>, Fault> {
        loop {
            let closes = match self.scanner.next()? {
                Token::Start => self.start().map(|()| false)?,
                Token::Empty => self.start().map(|()| self.end_of_element())?,
                Token::End => self.end()?,
                Token::Declaration => self.declaration().map(|()| false)?,
                Token::Passed => self.outside_is_blank().map(|()| false)?,
                Token::Doctype => return Err(Fault::Foreign("a document type declaration is not accepted")),
                Token::EndOfInput => return self.finish().map(|()| None),
            };
            if closes && let Some(from) = self.entity_from.take() {
                kind.clear();
                kind.push_str(&String::from_utf8_lossy(local_name(self.open.last_closed())));
                self.scanner.take_record(bytes);
                return Ok(Some(Place { from, to: self.scanner.position() }));
            }
        }
    }

    /// Text of the status element, once the walk is at its end.
    pub(super) fn code(&self) -> Option<&str> {
        let (_, element) = self.document.status;
        self.head.iter().rev().find(|(name, _)| name == element).map(|(_, text)| text.as_str())
    }

    /// Name and text of every element beside the status, once the walk is at its end.
    pub(super) fn into_head(self) -> Vec<(String, String)> {
        self.head
    }

    /// The stamp of the entity that was found last.
    pub(super) fn stamp(&self) -> Option<Timestamp> {
        self.stamp
    }

    /// The latest stamp of the entities so far.
    pub(super) fn latest(&self) -> Option<Timestamp> {
        self.latest
    }

    fn declaration(&self) -> Result<(), Fault> {
        if self.root_seen {
            return Err(self.scanner.torn("declaration inside the document"));
        }
        if !self.document.encoding.agrees_with(self.scanner.markup()) {
            return Err(Fault::Foreign("the declared encoding is not of the GB family"));
        }
        self.outside_is_blank()
    }

    fn start(&mut self) -> Result<(), Fault> {
        self.outside_is_blank()?;
        let depth = self.open.depth();
        if depth == 0 {
            self.root()?;
        }
        if depth == MAX_DEPTH {
            return Err(self.scanner.torn("elements are nested too deep"));
        }
        self.open.push(self.scanner.name());
        self.scanner.forget_text();
        if depth + 1 == ENTITY_DEPTH && self.open.is(1, self.document.list) {
            self.entity_from = Some(self.scanner.token_from());
            self.stamp = None;
            self.scanner.start_record(MAX_ENTITY + 1);
        }
        Ok(())
    }

    fn root(&mut self) -> Result<(), Fault> {
        if self.root_seen {
            return Err(self.scanner.torn("a second root element"));
        }
        if local_name(self.scanner.name()) != self.document.root.as_bytes() {
            return Err(Fault::Foreign("the root element is another"));
        }
        self.root_seen = true;
        Ok(())
    }

    fn end(&mut self) -> Result<bool, Fault> {
        if self.open.depth() == 0 {
            return Err(self.scanner.torn("end tag without its start"));
        }
        if !self.open.closes(self.scanner.name()) {
            return Err(self.scanner.torn("end tag of another element"));
        }
        Ok(self.end_of_element())
    }

    /// Whether the element that ends here is an entity.
    fn end_of_element(&mut self) -> bool {
        let depth = self.open.depth();
        let in_entity = self.entity_from.is_some();
        if depth == ENTITY_DEPTH + 1 && in_entity && self.open.is(ENTITY_DEPTH, self.document.stamp) {
            self.note_stamp();
        }
        if depth == ENTITY_DEPTH && self.head.len() < MAX_HEAD && self.open.is(1, self.document.status.0) {
            let [name, text] = [local_name(self.open.name(2)), self.scanner.text()].map(String::from_utf8_lossy);
            self.head.push((name.into_owned(), text.trim().to_owned()));
        }
        self.open.pop();
        self.scanner.forget_text();
        depth == ENTITY_DEPTH && in_entity
    }

    fn note_stamp(&mut self) {
        let stamp = std::str::from_utf8(self.scanner.text()).ok();
        let offset = domain::date::local_offset();
        let at = stamp
            .map(domain::text::strip_hash)
            .and_then(|text| domain::date::parse_instant(text, offset).ok())
            .and_then(domain::date::InstantValue::at);
        self.stamp = at.or(self.stamp);
        self.latest = self.latest.max(at);
    }

    fn outside_is_blank(&self) -> Result<(), Fault> {
        if self.open.depth() == 0 && !self.scanner.only_blanks() {
            return Err(if self.root_seen {
                self.scanner.torn("text after the root element")
            } else {
                Fault::Foreign("text before the root element")
            });
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), Fault> {
        self.outside_is_blank()?;
        match (self.open.depth(), self.root_seen) {
            (0, true) => Ok(()),
            (0, false) if self.scanner.position() == 0 || self.scanner.only_blanks() => Err(Fault::Empty),
            _ => Err(Fault::Torn("document ends before its root element does", self.scanner.position())),
        }
    }
}

/// Names of the open elements, in one buffer.
#[derive(Default)]
struct Open {
    names: Vec<u8>,
    starts: Vec<usize>,
    closed: Vec<u8>,
    resumed: bool,
}

impl Open {
    fn depth(&self) -> usize {
        self.starts.len()
    }

    fn push(&mut self, name: &[u8]) {
        self.starts.push(self.names.len());
        self.names.extend_from_slice(name);
    }

    fn name(&self, level: usize) -> &[u8] {
        let from = self.starts.get(level).copied().unwrap_or(self.names.len());
        let to = self.starts.get(level + 1).copied().unwrap_or(self.names.len());
        self.names.get(from..to).unwrap_or_default()
    }

    /// Whether the open element at `level` (root 0) has this name, whatever its prefix.
    fn is(&self, level: usize, name: &str) -> bool {
        local_name(self.name(level)) == name.as_bytes()
    }

    /// Whether an end tag with this full name fits the innermost element.
    ///
    /// After a resumption the full names of root and list are not known, but their end was seen before.
    fn closes(&self, name: &[u8]) -> bool {
        let level = self.depth().saturating_sub(1);
        if self.resumed && level + 1 < ENTITY_DEPTH {
            return local_name(self.name(level)) == local_name(name);
        }
        self.name(level) == name
    }

    fn pop(&mut self) {
        if let Some(start) = self.starts.pop() {
            self.closed.clear();
            self.closed.extend_from_slice(self.names.get(start..).unwrap_or_default());
            self.names.truncate(start);
        }
    }

    fn last_closed(&self) -> &[u8] {
        &self.closed
    }
}
