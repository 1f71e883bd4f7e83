//! Records, and the texts in them, which go on in records that continue them.

use crate::workbook::book::Fault;

/// Kinds of records.
pub(super) mod kind {
    pub(in super::super) const BEGIN: u16 = 0x0809;
    pub(in super::super) const END: u16 = 0x000a;
    pub(in super::super) const CONTINUE: u16 = 0x003c;
    pub(in super::super) const PASSWORD: u16 = 0x002f;
    pub(in super::super) const DATE_MODE: u16 = 0x0022;
    pub(in super::super) const FORMAT: u16 = 0x041e;
    pub(in super::super) const STYLE: u16 = 0x00e0;
    pub(in super::super) const SHEET: u16 = 0x0085;
    pub(in super::super) const TEXTS: u16 = 0x00fc;
    pub(in super::super) const SHARED_TEXT: u16 = 0x00fd;
    pub(in super::super) const TEXT: u16 = 0x0204;
    pub(in super::super) const RICH_TEXT: u16 = 0x00d6;
    pub(in super::super) const NUMBER: u16 = 0x0203;
    pub(in super::super) const SHORT_NUMBER: u16 = 0x027e;
    pub(in super::super) const SHORT_NUMBERS: u16 = 0x00bd;
    pub(in super::super) const TRUTH_OR_ERROR: u16 = 0x0205;
    pub(in super::super) const FORMULA: u16 = 0x0006;
    pub(in super::super) const TEXT_OF_FORMULA: u16 = 0x0207;
    pub(in super::super) const MERGED: u16 = 0x00e5;
}

pub(super) const TOO_SHORT: Fault = Fault::Torn("the workbook's stream ends early");

/// Records one after the other.
pub(super) struct Records<'a> {
    rest: &'a [u8],
}

/// A record, with what continues it.
pub(super) struct Record<'a> {
    pub(super) kind: u16,
    pub(super) data: &'a [u8],
    more: Vec<&'a [u8]>,
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next record; none at the end of the bytes.
    pub(super) fn next(&mut self) -> Result<Option<Record<'a>>, Fault> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (kind, data) = self.cut()?;
        let mut more = Vec::new();
        while self.rest.len() >= 4 && u16_at(self.rest, 0)? == kind::CONTINUE {
            more.push(self.cut()?.1);
        }
        Ok(Some(Record { kind, data, more }))
    }

    fn cut(&mut self) -> Result<(u16, &'a [u8]), Fault> {
        let (kind, length) = (u16_at(self.rest, 0)?, usize::from(u16_at(self.rest, 2)?));
        let data = self.rest.get(4..4 + length).ok_or(TOO_SHORT)?;
        self.rest = &self.rest[4 + length..];
        Ok((kind, data))
    }
}

impl<'a> Record<'a> {
    /// The texts that begin at a byte.
    pub(super) fn texts(&self, at: usize) -> RecordTexts<'_, 'a> {
        RecordTexts { now: self.data.get(at..).unwrap_or_default(), more: &self.more }
    }
}

/// Reads texts out of a record.
pub(super) struct RecordTexts<'r, 'a> {
    now: &'a [u8],
    more: &'r [&'a [u8]],
}

impl RecordTexts<'_, '_> {
    pub(super) fn is_at_end(&self) -> bool {
        self.now.is_empty() && self.more.is_empty()
    }

    /// `XLUnicodeString`.
    pub(super) fn text(&mut self) -> Result<String, Fault> {
        let letters = self.u16()?;
        let flags = self.u8()?;
        self.letters(letters, flags & 1 != 0)
    }

    /// `ShortXLUnicodeString`.
    pub(super) fn short_text(&mut self) -> Result<String, Fault> {
        let letters = self.u8()?;
        let flags = self.u8()?;
        self.letters(u16::from(letters), flags & 1 != 0)
    }

    /// `XLUnicodeRichExtendedString`: looks of its runs and readings of its characters are passed over.
    pub(super) fn rich_text(&mut self) -> Result<String, Fault> {
        let letters = self.u16()?;
        let flags = self.u8()?;
        let runs = if flags & 8 == 0 { 0 } else { usize::from(self.u16()?) };
        let readings = if flags & 4 == 0 { 0 } else { usize::from(self.u16()?) | usize::from(self.u16()?) << 16 };
        let text = self.letters(letters, flags & 1 != 0)?;
        self.pass_over(runs * 4)?;
        self.pass_over(readings)?;
        Ok(text)
    }

    /// Letters of one or two bytes; each record that continues them says anew which.
    fn letters(&mut self, count: u16, mut is_wide: bool) -> Result<String, Fault> {
        let mut units = Vec::with_capacity(usize::from(count));
        while units.len() < usize::from(count) {
            if self.now.is_empty() {
                self.go_on()?;
                is_wide = self.u8()? & 1 != 0;
            }
            let unit = if is_wide { self.u16()? } else { u16::from(self.u8()?) };
            units.push(unit);
        }
        Ok(String::from_utf16_lossy(&units))
    }

    fn pass_over(&mut self, mut bytes: usize) -> Result<(), Fault> {
        while bytes > self.now.len() {
            bytes -= self.now.len();
            self.go_on()?;
        }
        self.now = &self.now[bytes..];
        Ok(())
    }

    fn u8(&mut self) -> Result<u8, Fault> {
        while self.now.is_empty() {
            self.go_on()?;
        }
        let first = self.now[0];
        self.now = &self.now[1..];
        Ok(first)
    }

    fn u16(&mut self) -> Result<u16, Fault> {
        Ok(u16::from_le_bytes([self.u8()?, self.u8()?]))
    }

    fn go_on(&mut self) -> Result<(), Fault> {
        let (next, more) = self.more.split_first().ok_or(TOO_SHORT)?;
        (self.now, self.more) = (next, more);
        Ok(())
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Fault> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|bytes| u16::from_le_bytes(*bytes)).ok_or(TOO_SHORT)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Fault> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|bytes| u32::from_le_bytes(*bytes)).ok_or(TOO_SHORT)
}
