//! Bytes of keys and values: byte order of keys is the order of what they say.

use crate::StoreError;
use domain::Timestamp;

/// The engine takes keys of at most so many bytes.
const LONGEST_KEY: usize = u16::MAX as usize;
const SIGN: u64 = 1 << 63;

/// Ends a text inside a key. Inside the text it is written as `ESCAPE 1`, and `ESCAPE` as `ESCAPE 2`,
/// so that no text is the beginning of another and the order stays.
const END: u8 = 0;
const ESCAPE: u8 = 1;

/// Builds a key or value, part by part.
#[derive(Debug, Default, Clone)]
pub(crate) struct Pack(Vec<u8>);

impl Pack {
    pub(crate) fn tagged(tag: u8) -> Self {
        Self(vec![tag])
    }

    /// An empty one that takes so many bytes without growing.
    pub(crate) fn with_room(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(crate) fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    /// A text that something follows, in a key.
    pub(crate) fn text(mut self, text: &[u8]) -> Self {
        self.0.reserve(text.len() + 1);
        if text.iter().all(|&byte| byte > ESCAPE) {
            return self.rest(text).byte(END);
        }
        for &byte in text {
            match byte {
                END | ESCAPE => self.0.extend([ESCAPE, byte + 1]),
                _ => self.0.push(byte),
            }
        }
        self.0.push(END);
        self
    }

    /// The last part of a key or value.
    pub(crate) fn rest(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Bytes that something follows, in a value.
    pub(crate) fn sized(self, bytes: &[u8]) -> Self {
        self.number(bytes.len() as u64).rest(bytes)
    }

    /// A number, small in few bytes; not in the order of numbers.
    pub(crate) fn number(mut self, mut number: u64) -> Self {
        while number >= 0x80 {
            self.0.push(low_seven(number) | 0x80);
            number >>= 7;
        }
        self.0.push(low_seven(number));
        self
    }

    /// An instant to the microsecond, so that the newest comes first.
    pub(crate) fn time(mut self, time: Timestamp) -> Self {
        let ascending = time.timestamp_micros().cast_unsigned() ^ SIGN;
        self.0.extend((!ascending).to_be_bytes());
        self
    }

    pub(crate) fn into_value(self) -> Vec<u8> {
        self.0
    }

    /// The key, unless it is too long.
    pub(crate) fn into_key(self, what: &'static str) -> Result<Vec<u8>, StoreError> {
        if self.0.len() > LONGEST_KEY { Err(StoreError::TooLong { what }) } else { Ok(self.0) }
    }
}

/// Takes a key or value apart again; anything unexpected is damage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unpack<'a> {
    left: &'a [u8],
    what: &'static str,
}

impl<'a> Unpack<'a> {
    pub(crate) fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { left: bytes, what }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, StoreError> {
        let (&first, left) = self.left.split_first().ok_or_else(|| self.damaged())?;
        self.left = left;
        Ok(first)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], StoreError> {
        let (taken, left) = self.left.split_at_checked(count).ok_or_else(|| self.damaged())?;
        self.left = left;
        Ok(taken)
    }

    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        let mut text = Vec::new();
        loop {
            match self.byte()? {
                END => return String::from_utf8(text).map_err(|_| self.damaged()),
                ESCAPE => text.push(self.byte()?.checked_sub(1).ok_or_else(|| self.damaged())?),
                byte => text.push(byte),
            }
        }
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.left
    }

    pub(crate) fn rest_text(self) -> Result<String, StoreError> {
        str::from_utf8(self.left).map(str::to_owned).map_err(|_| self.damaged())
    }

    pub(crate) fn sized(&mut self) -> Result<&'a [u8], StoreError> {
        let count = self.number()?;
        self.bytes(usize::try_from(count).map_err(|_| self.damaged())?)
    }

    pub(crate) fn sized_text(&mut self) -> Result<String, StoreError> {
        let bytes = self.sized()?;
        String::from_utf8(bytes.to_vec()).map_err(|_| self.damaged())
    }

    pub(crate) fn number(&mut self) -> Result<u64, StoreError> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(self.damaged())
    }

    pub(crate) fn small(&mut self) -> Result<u32, StoreError> {
        u32::try_from(self.number()?).map_err(|_| self.damaged())
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp, StoreError> {
        let bytes = self.bytes(8)?.try_into().map_err(|_| self.damaged())?;
        let micros = (!u64::from_be_bytes(bytes) ^ SIGN).cast_signed();
        Timestamp::from_timestamp_micros(micros).ok_or_else(|| self.damaged())
    }

    pub(crate) fn damaged(&self) -> StoreError {
        StoreError::Corrupt { what: format!("{} cannot be read", self.what) }
    }
}

fn low_seven(number: u64) -> u8 {
    number.to_le_bytes()[0] & 0x7f
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time(micros: i64) -> Timestamp {
        Timestamp::from_timestamp_micros(micros).unwrap()
    }

    const MICROS: std::ops::Range<i64> = -8_000_000_000_000_000_000..8_000_000_000_000_000_000;

    proptest! {
        #[test]
        fn key_parts_come_back(a in "[\\x00-\\x03a-c]{0,6}", b in ".{0,8}", micros in MICROS, rest in ".{0,8}") {
            let key = Pack::tagged(7).text(a.as_bytes()).text(b.as_bytes()).time(time(micros)).rest(rest.as_bytes());
            let key = key.into_value();
            let mut parts = Unpack::new("key", &key);
            prop_assert_eq!(parts.byte().unwrap(), 7);
            prop_assert_eq!(parts.text().unwrap(), a);
            prop_assert_eq!(parts.text().unwrap(), b);
            prop_assert_eq!(parts.time().unwrap(), time(micros));
            prop_assert_eq!(parts.rest_text().unwrap(), rest);
        }

        #[test]
        fn no_text_is_the_beginning_of_another_and_order_stays(
            a in "[\\x00-\\x03a-c]{0,6}", b in "[\\x00-\\x03a-c]{0,6}",
        ) {
            let packed = |text: &str| Pack::default().text(text.as_bytes()).into_value();
            prop_assert_eq!(packed(&a).starts_with(&packed(&b)), a == b);
            prop_assert_eq!(packed(&a).cmp(&packed(&b)), a.cmp(&b));
        }

        #[test]
        fn newer_times_come_first(a in MICROS, b in MICROS) {
            let packed = |micros| Pack::default().time(time(micros)).into_value();
            prop_assert_eq!(packed(a).cmp(&packed(b)), b.cmp(&a));
        }

        #[test]
        fn value_parts_come_back(number: u64, sized: Vec<u8>, rest: Vec<u8>) {
            let value = Pack::default().number(number).sized(&sized).rest(&rest).into_value();
            let mut parts = Unpack::new("value", &value);
            prop_assert_eq!(parts.number().unwrap(), number);
            prop_assert_eq!(parts.sized().unwrap(), sized);
            prop_assert_eq!(parts.rest(), rest);
        }

        #[test]
        fn damage_is_an_error_and_never_a_panic(bytes: Vec<u8>) {
            let parts = Unpack::new("noise", &bytes);
            drop((parts.clone().text(), parts.clone().sized_text(), parts.rest_text()));
            drop((parts.clone().number(), parts.clone().small(), parts.clone().time()));
        }
    }

    #[test]
    fn a_key_that_the_engine_cannot_take_is_refused() {
        assert!(Pack::default().rest(&vec![b'x'; LONGEST_KEY]).into_key("key").is_ok());
        let refused = Pack::default().rest(&vec![b'x'; LONGEST_KEY + 1]).into_key("key");
        assert!(matches!(refused, Err(StoreError::TooLong { what: "key" })));
    }
}
