//! Frames of the journal.
//!
//! ```text
//! length u32 · crc32c u32 (of length and body) · body
//! body: index u64, its top bit set where a group begins · length of the leaf u16 · leaf · sealed
//! ```
//! Integers are little endian. Behind the last frame of a file are zeros, or nothing. A group is written only when all
//! before it is durable: a frame that begins a group behind damaged bytes shows that these had been durable.

use crate::{EvidenceError, tile::MAX_ENTRY};
use contract::v1::Statement;
use prost::Message as _;
use std::ops::Range;

/// Length and checksum.
const HEAD: usize = 8;
/// Index and length of the leaf.
const FIXED: usize = 10;
/// Largest body that is believed, in bytes.
const LARGEST_BODY: usize = 1 << 24;
const OPENS_GROUP: u64 = 1 << 63;

/// Where the parts of an entry stand in the bytes that its frame is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) leaf: Range<usize>,
    pub(crate) sealed: Range<usize>,
}

/// A frame that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) index: u64,
    pub(crate) opens_group: bool,
    pub(crate) parts: Parts,
    /// The byte after it.
    pub(crate) end: usize,
}

/// Appends the frame of an entry at an index that begins a group or not, with what is kept `sealed` beside it.
pub(crate) fn encode(
    into: &mut Vec<u8>,
    (index, opens_group): (u64, bool),
    statement: &Statement,
    sealed: &[u8],
) -> Result<Parts, EvidenceError> {
    let start = into.len();
    into.extend_from_slice(&[0; HEAD]);
    into.extend_from_slice(&(index | if opens_group { OPENS_GROUP } else { 0 }).to_le_bytes());
    into.extend_from_slice(&[0; 2]);
    let leaf = into.len();
    statement.encode(into).map_err(|_| EvidenceError::EntryTooLong)?;
    let end = into.len();
    let leaf_length = u16::try_from(end - leaf).map_err(|_| EvidenceError::EntryTooLong)?;
    into[leaf - 2..leaf].copy_from_slice(&leaf_length.to_le_bytes());
    into.extend_from_slice(sealed);
    let body = into.len() - start - HEAD;
    let length = u32::try_from(body).ok().filter(|_| body <= LARGEST_BODY).ok_or(EvidenceError::EntryTooLong)?;
    let length = length.to_le_bytes();
    into[start..start + 4].copy_from_slice(&length);
    let crc = checksum(length, &into[start + HEAD..]);
    into[start + 4..start + HEAD].copy_from_slice(&crc.to_le_bytes());
    Ok(Parts { leaf: leaf..end, sealed: end..into.len() })
}

/// Reads the frame at byte `at`; why not, when there is none.
pub(crate) fn decode(bytes: &[u8], at: usize) -> Result<Frame, &'static str> {
    let rest = bytes.get(at..).unwrap_or_default();
    let (length, after) = rest.split_first_chunk::<4>().ok_or("frame is cut off")?;
    let (crc, after) = after.split_first_chunk::<4>().ok_or("frame is cut off")?;
    let body_length = u32::from_le_bytes(*length) as usize;
    if !(FIXED..=LARGEST_BODY).contains(&body_length) {
        return Err("frame has an impossible length");
    }
    let body = after.get(..body_length).ok_or("frame is cut off")?;
    if checksum(*length, body) != u32::from_le_bytes(*crc) {
        return Err("checksum is wrong");
    }
    let (index, fields) = body.split_first_chunk::<8>().ok_or("frame is cut off")?;
    let (leaf_length, fields) = fields.split_first_chunk::<2>().ok_or("frame is cut off")?;
    let leaf_length = usize::from(u16::from_le_bytes(*leaf_length));
    if leaf_length > fields.len() || leaf_length > MAX_ENTRY {
        return Err("leaf is longer than its frame");
    }
    let index = u64::from_le_bytes(*index);
    let leaf = at + HEAD + FIXED;
    let end = at + HEAD + body_length;
    Ok(Frame {
        index: index & !OPENS_GROUP,
        opens_group: index & OPENS_GROUP != 0,
        parts: Parts { leaf: leaf..leaf + leaf_length, sealed: leaf + leaf_length..end },
        end,
    })
}

/// Whether a frame that begins a group later than `next` stands anywhere behind the damage at byte `at`.
pub(crate) fn durable_behind(bytes: &[u8], at: usize, next: u64) -> bool {
    let most = bytes.len() as u64;
    (at + 1..bytes.len().saturating_sub(HEAD + FIXED)).any(|at| {
        let Some(head) = bytes[at..].get(HEAD..HEAD + 8).and_then(|head| head.try_into().ok()) else { return false };
        let head = u64::from_le_bytes(head);
        let index = head & !OPENS_GROUP;
        let plausible = head & OPENS_GROUP != 0 && index > next && index - next < most;
        plausible && decode(bytes, at).is_ok()
    })
}

fn checksum(length: [u8; 4], body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&length), body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn statement(id: &str) -> Statement {
        Statement { evidence_id: id.to_owned(), ..Statement::default() }
    }

    fn two() -> (Vec<u8>, usize) {
        let mut bytes = Vec::new();
        encode(&mut bytes, (7, true), &statement("a"), b"sealed").unwrap();
        let second = bytes.len();
        encode(&mut bytes, (8, true), &statement("b"), b"").unwrap();
        (bytes, second)
    }

    #[test]
    fn frames_read_back_one_after_the_other() {
        let (bytes, second) = two();
        let frame = decode(&bytes, 0).unwrap();
        assert_eq!((frame.index, frame.opens_group, frame.end), (7, true, second));
        assert_eq!(&bytes[frame.parts.leaf], statement("a").encode_to_vec());
        assert_eq!(&bytes[frame.parts.sealed], b"sealed");
        assert_eq!(decode(&bytes, second).unwrap().index, 8);
        assert_eq!(decode(&bytes, bytes.len()), Err("frame is cut off"));
    }

    #[test]
    fn group_behind_damage_shows_that_it_was_durable() {
        let (bytes, second) = two();
        assert!(durable_behind(&bytes, 0, 7));
        assert!(!durable_behind(&bytes, second, 8));
    }

    #[test]
    fn entry_longer_than_a_bundle_can_hold_is_refused() {
        let long = statement(&"x".repeat(MAX_ENTRY));
        assert!(matches!(encode(&mut Vec::new(), (0, true), &long, b""), Err(EvidenceError::EntryTooLong)));
    }

    proptest! {
        #[test]
        fn altered_frames_are_refused(at: prop::sample::Index, bit in 0..8_u8) {
            let (mut bytes, second) = two();
            let at = at.index(second);
            bytes[at] ^= 1 << bit;
            prop_assert!(decode(&bytes, 0).is_err());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, at in 0..64_usize) {
            let _ = (decode(&bytes, at), durable_behind(&bytes, at, 0));
        }
    }
}
