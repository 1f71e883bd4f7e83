//! The compound file: sectors chained into streams.

use super::records::{u16_at, u32_at};
use crate::workbook::book::Fault;

/// What such a file begins with.
pub(in crate::workbook) const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// First number that is none of a sector.
const NO_SECTOR: u32 = 0xffff_fffa;
/// Sectors of the table of sectors that the head names itself.
const IN_HEAD: usize = 109;
const ENTRY: usize = 128;
const BROKEN: Fault = Fault::Torn("the compound file is cut off or damaged");

/// The stream with the workbook's records.
pub(super) fn workbook(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let file = Compound::open(bytes)?;
    let entry = |name: &str| file.entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name));
    if let Some(entry) = entry("Workbook") {
        return file.stream(entry);
    }
    Err(if entry("EncryptedPackage").is_some() {
        Fault::Torn("the workbook is protected by a password")
    } else if entry("Book").is_some() {
        Fault::Foreign("the workbook is of Excel 95 or older".to_owned())
    } else {
        Fault::Foreign("the file is no workbook".to_owned())
    })
}

struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    /// Which sector follows a sector.
    next: Vec<u32>,
    entries: Vec<Entry>,
}

/// A stream of the file; the first is the one in which small streams lie.
struct Entry {
    name: String,
    first: u32,
    length: usize,
}

/// Bytes of a small stream's sectors.
const SMALL_SECTOR: usize = 64;

impl<'a> Compound<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Fault> {
        let sector = match u16_at(bytes, 30)? {
            9 => 512,
            12 => 4096,
            _ => return Err(BROKEN),
        };
        let mut file = Self { bytes, sector, next: Vec::new(), entries: Vec::new() };
        file.next = file.table()?;
        let directory = file.chain(u32_at(bytes, 48)?)?;
        file.entries = directory.chunks_exact(ENTRY).map(Entry::read).collect::<Result<_, _>>()?;
        Ok(file)
    }

    fn stream(&self, entry: &Entry) -> Result<Vec<u8>, Fault> {
        let largest_small = usize::try_from(u32_at(self.bytes, 56)?).map_err(|_| BROKEN)?;
        let mut stream =
            if entry.length < largest_small { self.small_chain(entry.first)? } else { self.chain(entry.first)? };
        if stream.len() < entry.length {
            return Err(BROKEN);
        }
        stream.truncate(entry.length);
        Ok(stream)
    }

    /// The table of sectors, whose own sectors the head names, and sectors that it chains.
    fn table(&self) -> Result<Vec<u32>, Fault> {
        let mut places = Vec::new();
        for place in 0..IN_HEAD {
            places.push(u32_at(self.bytes, 76 + 4 * place)?);
        }
        let mut more = u32_at(self.bytes, 68)?;
        let mut left = self.bytes.len() / self.sector;
        while more < NO_SECTOR {
            left = left.checked_sub(1).ok_or(BROKEN)?;
            let mut named = numbers(self.at(more)?);
            more = named.pop().ok_or(BROKEN)?;
            places.extend(named);
        }
        places.retain(|place| *place < NO_SECTOR);
        // A damaged file may name a sector again and again.
        if places.len() > self.bytes.len() / self.sector {
            return Err(BROKEN);
        }
        let mut table = Vec::new();
        for place in places {
            table.extend(numbers(self.at(place)?));
        }
        Ok(table)
    }

    /// The bytes of a chain of sectors.
    fn chain(&self, first: u32) -> Result<Vec<u8>, Fault> {
        follow(first, &self.next, self.bytes.len() / self.sector + 1, |place| self.at(place))
    }

    /// The bytes of a chain of small sectors, which lie in the stream of the first entry.
    fn small_chain(&self, first: u32) -> Result<Vec<u8>, Fault> {
        let next = numbers(&self.chain(u32_at(self.bytes, 60)?)?);
        let small = self.chain(self.entries.first().ok_or(BROKEN)?.first)?;
        follow(first, &next, small.len() / SMALL_SECTOR + 1, |place| {
            let from = usize::try_from(place).map_err(|_| BROKEN)?.checked_mul(SMALL_SECTOR).ok_or(BROKEN)?;
            small.get(from..from + SMALL_SECTOR).ok_or(BROKEN)
        })
    }

    /// A sector; the last of a file may be shorter.
    fn at(&self, place: u32) -> Result<&'a [u8], Fault> {
        let place = usize::try_from(place).map_err(|_| BROKEN)?;
        let from = place.checked_add(1).and_then(|place| place.checked_mul(self.sector)).ok_or(BROKEN)?;
        let rest = self.bytes.get(from..).filter(|rest| !rest.is_empty()).ok_or(BROKEN)?;
        Ok(&rest[..rest.len().min(self.sector)])
    }
}

/// Follows a chain, no further than `longest`: a damaged one may be a circle.
fn follow<'b>(
    first: u32,
    next: &[u32],
    longest: usize,
    sector: impl Fn(u32) -> Result<&'b [u8], Fault>,
) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let (mut place, mut left) = (first, longest);
    while place < NO_SECTOR {
        left = left.checked_sub(1).ok_or(BROKEN)?;
        bytes.extend_from_slice(sector(place)?);
        place = usize::try_from(place).ok().and_then(|place| next.get(place).copied()).ok_or(BROKEN)?;
    }
    Ok(bytes)
}

impl Entry {
    fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let letters = usize::from(u16_at(bytes, 64)? / 2).saturating_sub(1).min(31);
        let units: Vec<u16> = (0..letters).map(|place| u16_at(bytes, 2 * place)).collect::<Result<_, _>>()?;
        let length = usize::try_from(u32_at(bytes, 120)?).map_err(|_| BROKEN)?;
        Ok(Self { name: String::from_utf16_lossy(&units), first: u32_at(bytes, 116)?, length })
    }
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
}
