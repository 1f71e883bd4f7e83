//! One message as bytes on disk.
//!
//! ```text
//! frame = u32 body length | u32 crc32c of body length and body | body
//! body  = u64 offset | i64 milliseconds since 1970 | u8 flags | u32 key length | key
//!       | u32 headers | (u32 name length | name | u32 value length | value)* | payload
//! ```
//! Numbers are little-endian. A frame that opens a batch was written when everything before it
//! was already durable; recovery tells a torn tail from damage by it.

use crate::message::{Delivery, Message, Position};
use bytes::Bytes;
use std::{ops::Range, sync::Arc};

/// Bytes before the body.
pub(crate) const HEAD: usize = 8;
/// No body is longer, whatever is configured: a larger number on disk is damage.
pub(crate) const LARGEST_BODY: usize = 64 << 20;
/// What a body costs beside key, headers and payload.
const FIXED: usize = 8 + 8 + 1 + 4 + 4;

const TOMBSTONE: u8 = 1;
const OPENS_BATCH: u8 = 2;

/// What the log adds to a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    pub(crate) offset: u64,
    pub(crate) timestamp_ms: i64,
    pub(crate) opens_batch: bool,
}

/// A frame whose checksum holds, still in the reader's buffer.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) offset: u64,
    pub(crate) timestamp_ms: i64,
    pub(crate) tombstone: bool,
    /// Head and body, as they stand on disk.
    pub(crate) whole: &'a [u8],
    key: Range<usize>,
}

/// How many bytes `message` takes on disk.
pub(crate) fn size(message: &Message<'_>) -> usize {
    let headers: usize = message.headers.iter().map(|(name, value)| 8 + name.len() + value.len()).sum();
    HEAD + FIXED + message.key.len() + headers + message.payload.map_or(0, <[u8]>::len)
}

/// Appends the frame of a message of at most [`LARGEST_BODY`] bytes.
pub(crate) fn encode(buffer: &mut Vec<u8>, stamp: Stamp, message: &Message<'_>) {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; HEAD]);
    buffer.extend_from_slice(&stamp.offset.to_le_bytes());
    buffer.extend_from_slice(&stamp.timestamp_ms.to_le_bytes());
    let tombstone = if message.payload.is_none() { TOMBSTONE } else { 0 };
    buffer.push(tombstone | if stamp.opens_batch { OPENS_BATCH } else { 0 });
    put_sized(buffer, message.key);
    put_length(buffer, message.headers.len());
    for (name, value) in message.headers {
        put_sized(buffer, name.as_bytes());
        put_sized(buffer, value);
    }
    buffer.extend_from_slice(message.payload.unwrap_or_default());
    let length = to_length(buffer.len() - start - HEAD).to_le_bytes();
    let crc = checksum(length, &buffer[start + HEAD..]);
    buffer[start..start + 4].copy_from_slice(&length);
    buffer[start + 4..start + HEAD].copy_from_slice(&crc.to_le_bytes());
}

/// The length of the body that `head` announces, or what is wrong with it.
pub(crate) fn body_length(head: &[u8]) -> Result<usize, &'static str> {
    let length = u32_at(head, 0).ok_or("frame is cut off")? as usize;
    if (FIXED..=LARGEST_BODY).contains(&length) { Ok(length) } else { Err("frame has an impossible length") }
}

impl<'a> Frame<'a> {
    /// Checks a whole frame.
    pub(crate) fn parse(whole: &'a [u8]) -> Result<Self, &'static str> {
        let length = body_length(whole)?;
        let body = whole.get(HEAD..HEAD + length).ok_or("frame is cut off")?;
        let expected = u32_at(whole, 4).ok_or("frame is cut off")?;
        if checksum(to_length(length).to_le_bytes(), body) != expected {
            return Err("checksum does not match");
        }
        let mut fields = Fields { bytes: body, at: 0 };
        let offset = fields.u64().ok_or("frame is cut off")?;
        let timestamp = fields.u64().ok_or("frame is cut off")?;
        let flags = fields.take(1).and_then(|at| body.get(at.start)).ok_or("frame is cut off")?;
        let key = fields.sized().ok_or("key is cut off")?;
        Ok(Self {
            offset,
            timestamp_ms: i64::from_le_bytes(timestamp.to_le_bytes()),
            tombstone: flags & TOMBSTONE != 0,
            whole: &whole[..HEAD + length],
            key,
        })
    }

    /// The key.
    pub(crate) fn key(&self) -> &'a [u8] {
        &self.whole[HEAD..][self.key.clone()]
    }

    /// The message, copied out of the buffer in one piece.
    pub(crate) fn delivery(&self, topic: &Arc<str>) -> Result<Delivery, &'static str> {
        let body = Bytes::copy_from_slice(&self.whole[HEAD..]);
        let mut fields = Fields { bytes: &body, at: self.key.end };
        let count = fields.u32().ok_or("headers are cut off")?;
        let mut headers = Vec::new();
        for _ in 0..count {
            let name = fields.sized().ok_or("headers are cut off")?;
            let value = fields.sized().ok_or("headers are cut off")?;
            let name = std::str::from_utf8(&body[name]).map_err(|_| "header name is not text")?;
            headers.push((name.to_owned(), body.slice(value)));
        }
        let payload = (!self.tombstone).then(|| body.slice(fields.at..));
        Ok(Delivery {
            topic: Arc::clone(topic),
            position: Position { partition: 0, offset: self.offset },
            timestamp_ms: self.timestamp_ms,
            key: body.slice(self.key.clone()),
            headers,
            payload,
        })
    }
}

/// Whether, after damage, some frame from `next` on was written when all before it was durable:
/// then the damaged bytes had been acknowledged.
pub(crate) fn acknowledged_after(damaged: &[u8], next: u64) -> bool {
    (1..=damaged.len().saturating_sub(HEAD + FIXED)).any(|at| {
        let candidate = &damaged[at..];
        let plausible = u64_at(candidate, HEAD)
            .is_some_and(|offset| offset > next && offset - next <= damaged.len() as u64)
            && candidate.get(HEAD + 16).is_some_and(|flags| *flags & !TOMBSTONE == OPENS_BATCH);
        plausible && Frame::parse(candidate).is_ok()
    })
}

/// Reads the parts of a body one after the other.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Fields<'_> {
    fn take(&mut self, length: usize) -> Option<Range<usize>> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len())?;
        let range = self.at..end;
        self.at = end;
        Some(range)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4).and_then(|at| u32_at(self.bytes, at.start))
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8).and_then(|at| u64_at(self.bytes, at.start))
    }

    fn sized(&mut self) -> Option<Range<usize>> {
        let length = self.u32()?;
        self.take(length as usize)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes)
}

fn put_sized(buffer: &mut Vec<u8>, bytes: &[u8]) {
    put_length(buffer, bytes.len());
    buffer.extend_from_slice(bytes);
}

fn put_length(buffer: &mut Vec<u8>, length: usize) {
    buffer.extend_from_slice(&to_length(length).to_le_bytes());
}

/// Lengths fit: the size of the whole message was checked against [`LARGEST_BODY`] before.
fn to_length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn checksum(length: [u8; 4], body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&length), body)
}
