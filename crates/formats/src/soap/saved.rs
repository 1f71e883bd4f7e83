//! Saved documents, bare or in their envelope.

use super::{SoapAnswers, Unusable, envelope};
use crate::{
    framing::{Facts, FramedRow, Framing, Refusal, RowPlace, RowReader, RowStart},
    xml::XmlEntity,
};
use domain::rules::FILE_TORN;
use std::io::{self, BufRead, Cursor, Read};

/// Bytes that are looked at for what a file is.
const HEAD: u64 = 1024;
/// Largest saved answer: unlike a bare document it cannot be read as a stream.
const LARGEST: u64 = 256 << 20;
/// [`Facts::layout`] of a document in an envelope.
const IN_ENVELOPE: &str = "envelope";

pub(super) fn facts(answers: &SoapAnswers, input: &mut dyn BufRead) -> Result<Facts, Refusal> {
    let head = head(input).map_err(|error| unreadable(&error))?;
    if !is_enveloped(&head) {
        let facts = answers.as_text().inspect(&mut blanked(head).chain(input));
        return facts.map_err(|refusal| if refusal.retry { refusal } else { Unusable::Document(refusal).into() });
    }
    let entities = entities(answers, head, input)?;
    let as_of = entities.iter().filter_map(|entity| entity.stamp).max();
    Ok(Facts { rows: entities.len() as u64, as_of, layout: IN_ENVELOPE.to_owned(), ..Facts::default() })
}

pub(super) fn rows<'a>(
    answers: SoapAnswers,
    mut input: Box<dyn BufRead + Send + 'a>,
    start: RowStart,
) -> Box<dyn RowReader + 'a> {
    if start.byte > 0 {
        return Box::new(Bare { answers, rows: answers.as_text().rows(input, start) });
    }
    let head = match head(&mut *input) {
        Ok(head) => head,
        Err(error) => return Box::new(Unreadable(error.kind(), "the file cannot be read")),
    };
    if !is_enveloped(&head) {
        let whole = Box::new(blanked(head).chain(input));
        return Box::new(Bare { answers, rows: answers.as_text().rows(whole, start) });
    }
    match entities(&answers, head, &mut *input) {
        Ok(entities) => {
            let passed = usize::try_from(start.number).unwrap_or(usize::MAX).min(entities.len());
            Box::new(Enveloped { rest: entities.into_iter().skip(passed), number: start.number })
        }
        Err(_) => Box::new(Unreadable(io::ErrorKind::InvalidData, "the file is no longer what it was")),
    }
}

/// Rows of a bare document.
struct Bare<'a> {
    answers: SoapAnswers,
    rows: Box<dyn RowReader + 'a>,
}

impl RowReader for Bare<'_> {
    fn next_row(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        let found = self.rows.next_row(row)?;
        if found {
            self.answers.give_out(&mut row.bytes);
        }
        Ok(found)
    }
}

/// Rows of a document in an envelope: what stands in the file is not what they are.
struct Enveloped {
    rest: std::iter::Skip<std::vec::IntoIter<XmlEntity>>,
    number: u64,
}

impl RowReader for Enveloped {
    fn next_row(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        let Some(XmlEntity { kind, bytes, .. }) = self.rest.next() else { return Ok(false) };
        self.number += 1;
        *row = FramedRow { number: self.number, kind, bytes, place: RowPlace::Passing, ..FramedRow::default() };
        Ok(true)
    }
}

struct Unreadable(io::ErrorKind, &'static str);

impl RowReader for Unreadable {
    fn next_row(&mut self, _row: &mut FramedRow) -> io::Result<bool> {
        Err(io::Error::new(self.0, self.1))
    }
}

fn head(input: &mut dyn BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    input.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

fn is_enveloped(head: &[u8]) -> bool {
    envelope::root(&String::from_utf8_lossy(head)) == Some(envelope::ENVELOPE)
}

/// The head with blanks in the place of a byte order mark.
fn blanked(mut head: Vec<u8>) -> Cursor<Vec<u8>> {
    if head.starts_with(b"\xEF\xBB\xBF") {
        head.splice(..3, *b"   ");
    }
    Cursor::new(head)
}

fn entities(answers: &SoapAnswers, mut head: Vec<u8>, input: &mut dyn BufRead) -> Result<Vec<XmlEntity>, Refusal> {
    input.take(LARGEST + 1).read_to_end(&mut head).map_err(|error| unreadable(&error))?;
    if head.len() as u64 > LARGEST {
        let detail = format!("an answer of more than {} MiB", LARGEST >> 20);
        return Err(Refusal { rule: &FILE_TORN, detail, retry: false });
    }
    Ok(answers.page(&head, None)?.entities)
}

fn unreadable(error: &io::Error) -> Refusal {
    Refusal { rule: &FILE_TORN, detail: error.kind().to_string(), retry: true }
}
