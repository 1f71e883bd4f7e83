//! SOAP 1.1 answers whose result is a document as text: escaped, or in CDATA sections.
//!
//! The text is Unicode, so the document's own encoding declaration means nothing. Its entities are given out in the encoding
//! that a mapping reads them in, so that one mapping serves the same document dropped as a file. A saved file holds one document,
//! bare or in its envelope; [`SoapAnswers::page`] reads one answer as it came over the wire, by the same rules.
mod envelope;
mod saved;

use crate::{
    framing::{Facts, Framing, Refusal, RowReader, RowStart},
    gb18030,
    xml::{Encoding, MAX_ENTITY, XmlEntities, XmlPage},
};
use domain::rules::PROVIDER_ERROR;
use std::io::BufRead;

/// What the answers of an operation look like.
#[derive(Debug, Clone, Copy)]
pub struct SoapAnswers {
    /// Element in the body (`queryChangesResponse`).
    pub response: &'static str,
    /// Its child whose text is the document (`return`).
    pub result: &'static str,
    /// The document. Its encoding is the one in which entities are given out; in the answer it is text.
    pub document: XmlEntities,
}

/// An answer without a good document. Texts hold no value of it, codes apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A SOAP Fault.
    #[error("it answers with a SOAP Fault (provider.error, code {code:?})")]
    Fault {
        /// Its code, as far as it may stand in a log.
        code: String,
    },
    /// The document says that the provider fared badly.
    #[error("it reports an error instead of data (provider.error, code {code:?})")]
    Failed {
        /// The code, as far as it may stand in a log.
        code: String,
    },
    /// It is no answer of this operation.
    #[error("the answer is none of this interface: {0}")]
    Foreign(&'static str),
    /// It is not well-formed.
    #[error("the answer is not well-formed: {0}")]
    Torn(&'static str),
    /// The text is not the document.
    #[error("the text in the answer is not the document ({}: {})", .0.rule.id, .0.detail)]
    Document(Refusal),
}

impl SoapAnswers {
    /// Reads an answer; `charset` is what its HTTP header says.
    ///
    /// # Errors
    /// When it holds no good document.
    pub fn page(&self, body: &[u8], charset: Option<&str>) -> Result<XmlPage, Unusable> {
        let text = envelope::text(body, charset)?;
        let document = envelope::result(&text, self)?;
        let mut page =
            self.as_text().page(document.trim_start_matches('\u{feff}').as_bytes()).map_err(Unusable::Document)?;
        let code = page.head(self.document.status.1).unwrap_or_default();
        if code != self.document.good {
            return Err(Unusable::Failed { code: shown(code) });
        }
        for entity in &mut page.entities {
            self.give_out(&mut entity.bytes);
        }
        Ok(page)
    }

    /// Whether a file begins like a saved answer, or like a bare document in UTF-8.
    #[must_use]
    pub fn begins(&self, head: &[u8]) -> bool {
        let is_text = std::str::from_utf8(head).err().is_none_or(|error| error.error_len().is_none());
        match envelope::root(&String::from_utf8_lossy(head)) {
            Some(envelope::ENVELOPE) => true,
            Some(name) => is_text && name == self.document.root,
            None => false,
        }
    }

    fn as_text(&self) -> XmlEntities {
        XmlEntities { encoding: Encoding::Utf8, ..self.document }
    }

    /// Turns an entity's text into the bytes that a mapping reads. One that is too long, or no text, stays as it is: mappings
    /// refuse it by a rule of its own.
    fn give_out(&self, bytes: &mut Vec<u8>) {
        if self.document.encoding == Encoding::Gb18030
            && bytes.len() <= MAX_ENTITY
            && !bytes.is_ascii()
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            *bytes = gb18030::encode_xml(text);
        }
    }
}

impl Framing for SoapAnswers {
    fn inspect(&self, input: &mut dyn BufRead) -> Result<Facts, Refusal> {
        saved::facts(self, input)
    }

    fn rows<'a>(&self, input: Box<dyn BufRead + Send + 'a>, start: RowStart) -> Box<dyn RowReader + 'a> {
        saved::rows(*self, input, start)
    }
}

impl From<Unusable> for Refusal {
    /// Whatever is not the document is the provider's error: asked again, it may answer better.
    fn from(unusable: Unusable) -> Self {
        Self { rule: &PROVIDER_ERROR, detail: unusable.to_string(), retry: true }
    }
}

/// A code as it may stand in a log: short, and nothing but letters, digits and their marks.
fn shown(code: &str) -> String {
    code.trim().chars().filter(|c| c.is_ascii_alphanumeric() || "-_.:".contains(*c)).take(32).collect()
}

#[cfg(test)]
mod tests;
