//! Cuts a document into tags and what lies between, without decoding it and in bounded memory.
//!
//! XML libraries read UTF-8. Transcoding first would lose the byte ranges that rejects name, so the markup is
//! found in the bytes themselves: `<`, `>`, `&`, quotes, `!`, `?` and `-` are never part of a longer character in
//! GB18030; only `]`, which ends a CDATA section, can be the second half of one.
use super::Encoding;
use std::io::{self, BufRead, ErrorKind};

/// Bytes of a tag or declaration that are looked at; a longer one is refused.
const MAX_MARKUP: usize = 8 * 1024;
/// Bytes of character data that are kept for the few leaf elements that framing reads.
const MAX_TEXT: usize = 64;

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Fault {
    /// The input cannot be read.
    Io(io::Error),
    /// It is not well-formed: what is wrong, and at which byte.
    Torn(&'static str, u64),
    /// It is not the document that was agreed on.
    Foreign(&'static str),
    /// There is nothing but blanks.
    Empty,
    /// The provider says that something went wrong on its side.
    Provider,
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What was read last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// `<name …>`
    Start,
    /// `<name …/>`
    Empty,
    /// `</name>`
    End,
    /// `<?xml …?>`
    Declaration,
    /// A comment, a CDATA section or another instruction.
    Passed,
    /// `<!DOCTYPE …`
    Doctype,
    /// Nothing follows.
    EndOfInput,
}

/// Reads tokens from `R`.
pub(super) struct Scanner<R> {
    input: R,
    encoding: Encoding,
    position: u64,
    token_from: u64,
    kept: Kept,
}

/// What stays of the bytes that went by.
#[derive(Default)]
struct Kept {
    keep: Keep,
    markup: Vec<u8>,
    text: Vec<u8>,
    only_blanks: bool,
    recording: Option<usize>,
    record: Vec<u8>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Markup,
    Text,
    #[default]
    Nothing,
}

impl<R: BufRead> Scanner<R> {
    /// A scanner whose input stands at byte `position` of the document.
    pub(super) fn new(input: R, encoding: Encoding, position: u64) -> Self {
        let kept = Kept { only_blanks: true, ..Kept::default() };
        Self { input, encoding, position, token_from: position, kept }
    }

    /// Reads the next token; character data before it is passed over (see [`Scanner::text`]).
    pub(super) fn next(&mut self) -> Result<Token, Fault> {
        self.kept.keep = Keep::Text;
        if !self.skip_text()? {
            return Ok(Token::EndOfInput);
        }
        self.token_from = self.position - 1;
        self.kept.markup.clear();
        self.kept.markup.push(b'<');
        self.kept.keep = Keep::Markup;
        match self.byte()? {
            b'!' => self.bang(),
            b'?' => self.instruction(),
            b'/' => self.tag().map(|()| Token::End),
            b'>' => Err(self.torn("tag without a good name")),
            _ => self.tag().map(|()| if self.kept.markup.ends_with(b"/>") { Token::Empty } else { Token::Start }),
        }
    }

    /// Full name in the tag that was read last.
    pub(super) fn name(&self) -> &[u8] {
        let inside = self.kept.markup.strip_prefix(b"</").or_else(|| self.kept.markup.strip_prefix(b"<"));
        let inside = inside.unwrap_or_default();
        let end = inside.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'));
        inside.get(..end.unwrap_or(inside.len())).unwrap_or_default()
    }

    /// Bytes of the tag or declaration that was read last.
    pub(super) fn markup(&self) -> &[u8] {
        &self.kept.markup
    }

    /// The first bytes of character data since [`Scanner::forget_text`], undecoded.
    pub(super) fn text(&self) -> &[u8] {
        &self.kept.text
    }

    /// Whether all character data since [`Scanner::forget_text`] was blank.
    pub(super) fn only_blanks(&self) -> bool {
        self.kept.only_blanks
    }

    /// Starts anew with [`Scanner::text`].
    pub(super) fn forget_text(&mut self) {
        self.kept.text.clear();
        self.kept.only_blanks = true;
    }

    /// First byte of the token that was read last.
    pub(super) fn token_from(&self) -> u64 {
        self.token_from
    }

    /// The byte after everything that was read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Starts to record bytes, at most `limit` of them, from the tag that was read last.
    pub(super) fn start_record(&mut self, limit: usize) {
        self.kept.record.clear();
        self.kept.record.extend_from_slice(&self.kept.markup);
        self.kept.recording = Some(limit);
    }

    /// Ends the record and gives its bytes out, in exchange for a buffer.
    pub(super) fn take_record(&mut self, buffer: &mut Vec<u8>) {
        self.kept.recording = None;
        std::mem::swap(&mut self.kept.record, buffer);
    }

    /// A fault at the token that was read last.
    pub(super) fn torn(&self, what: &'static str) -> Fault {
        Fault::Torn(what, self.token_from)
    }

    fn bang(&mut self) -> Result<Token, Fault> {
        match self.byte()? {
            b'-' if self.byte()? == b'-' => self.comment(),
            b'[' => self.section(),
            b'-' => Err(self.torn("broken comment")),
            _ => Ok(Token::Doctype),
        }
    }

    fn comment(&mut self) -> Result<Token, Fault> {
        self.kept.keep = Keep::Nothing;
        let mut before = [0; 2];
        self.through(|b| ends(&mut before, b, *b"-->"))?;
        Ok(Token::Passed)
    }

    fn section(&mut self) -> Result<Token, Fault> {
        for expected in b"CDATA[" {
            if self.byte()? != *expected {
                return Err(self.torn("unknown section"));
            }
        }
        self.kept.keep = Keep::Text;
        let (mut before, mut lead) = ([0; 2], false);
        let double_bytes = self.encoding == Encoding::Gb18030;
        self.through(|b| {
            let second_half = lead && b >= 0x40;
            lead = double_bytes && !second_half && b >= 0x81;
            if second_half {
                before = [0; 2];
            }
            !second_half && ends(&mut before, b, *b"]]>")
        })?;
        // The closing brackets were taken as text: they are at the end, if they were kept at all.
        if self.kept.text.len() < MAX_TEXT {
            let length = self.kept.text.len().saturating_sub(3);
            self.kept.text.truncate(length);
        }
        Ok(Token::Passed)
    }

    fn instruction(&mut self) -> Result<Token, Fault> {
        let mut before = [0; 2];
        self.through(|b| {
            let end = before[1] == b'?' && b == b'>';
            before = [before[1], b];
            end
        })?;
        let is_declaration = self
            .kept
            .markup
            .strip_prefix(b"<?xml")
            .is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_whitespace));
        Ok(if is_declaration { Token::Declaration } else { Token::Passed })
    }

    fn tag(&mut self) -> Result<(), Fault> {
        let (mut quote, mut broken) = (None, false);
        // The byte after `<` was read already, and is no quote in a good tag.
        self.through(|b| match (quote, b) {
            (_, b'<') => {
                broken = true;
                true
            }
            (Some(open), _) => {
                quote = quote.filter(|_| b != open);
                false
            }
            (None, b'"' | b'\'') => {
                quote = Some(b);
                false
            }
            (None, _) => b == b'>',
        })?;
        if broken {
            return Err(self.torn("`<` inside a tag"));
        }
        if self.kept.markup.len() > MAX_MARKUP {
            return Err(self.torn("tag is too long"));
        }
        if self.name().is_empty() || self.name().iter().any(|b| b"<&=\"'".contains(b)) {
            return Err(self.torn("tag without a good name"));
        }
        Ok(())
    }

    /// Passes over character data up to and including the next `<`; `false` when there is none.
    fn skip_text(&mut self) -> Result<bool, Fault> {
        loop {
            let available = fill(&mut self.input)?;
            if available.is_empty() {
                return Ok(false);
            }
            let end = memchr::memchr(b'<', available);
            let text = available.get(..end.unwrap_or(available.len())).unwrap_or_default();
            self.kept.take(text);
            let used = text.len() + usize::from(end.is_some());
            if end.is_some() {
                self.kept.record(b"<");
            }
            self.input.consume(used);
            self.position += used as u64;
            if end.is_some() {
                return Ok(true);
            }
        }
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let mut found = 0;
        self.through(|b| {
            found = b;
            true
        })?;
        Ok(found)
    }

    /// Reads up to and including the first byte for which `last` holds.
    fn through(&mut self, mut last: impl FnMut(u8) -> bool) -> Result<(), Fault> {
        loop {
            let available = fill(&mut self.input)?;
            if available.is_empty() {
                return Err(Fault::Torn("document ends inside a tag", self.position));
            }
            let end = available.iter().position(|b| last(*b));
            let bytes = available.get(..end.map_or(available.len(), |end| end + 1)).unwrap_or_default();
            self.kept.take(bytes);
            let used = bytes.len();
            self.input.consume(used);
            self.position += used as u64;
            if end.is_some() {
                return Ok(());
            }
        }
    }
}

impl Kept {
    fn take(&mut self, bytes: &[u8]) {
        self.record(bytes);
        match self.keep {
            // One more than allowed shows that the tag is too long.
            Keep::Markup => extend_to(&mut self.markup, bytes, MAX_MARKUP + 1),
            Keep::Text => {
                extend_to(&mut self.text, bytes, MAX_TEXT);
                self.only_blanks = self.only_blanks && bytes.iter().all(u8::is_ascii_whitespace);
            }
            Keep::Nothing => {}
        }
    }

    fn record(&mut self, bytes: &[u8]) {
        if let Some(limit) = self.recording {
            extend_to(&mut self.record, bytes, limit);
        }
    }
}

fn extend_to(buffer: &mut Vec<u8>, bytes: &[u8], limit: usize) {
    let room = limit.saturating_sub(buffer.len()).min(bytes.len());
    buffer.extend_from_slice(bytes.get(..room).unwrap_or_default());
}

fn fill<R: BufRead>(input: &mut R) -> io::Result<&[u8]> {
    while let Err(error) = input.fill_buf() {
        if error.kind() != ErrorKind::Interrupted {
            return Err(error);
        }
    }
    input.fill_buf()
}

/// Whether `byte` completes `end`, of which `before` are the two bytes read last.
fn ends(before: &mut [u8; 2], byte: u8, end: [u8; 3]) -> bool {
    let whole = [before[0], before[1], byte] == end;
    *before = [before[1], byte];
    whole
}
