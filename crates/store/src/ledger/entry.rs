//! The entry of a key, and its compact form: nine million of them lie on the disk of a front-end machine.

use crate::{
    StoreError,
    encoding::{Pack, Unpack},
};
use domain::Version;

/// What most entries fit into, in bytes, beside their scope.
const ROOM: usize = 48;
const CURRENT: u8 = 1;
/// The stamp is digits, written two to a byte.
const DIGITS: u8 = 2;
/// The version begins with the stamp; only intake and ordinal are written.
const OF_STAMP: u8 = 4;

/// What was last seen under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The source's stamp; byte order decides.
    pub stamp: String,
    /// Digest of operation, subjects, flags and body.
    pub digest: [u8; 16],
    /// Whether it counts; `false` after a withdrawal or a change of key.
    pub current: bool,
    /// Area of the source that last published it, for sources that speak of areas as a whole; may be empty.
    pub scope: String,
    /// Number of the intake that last mentioned the key.
    pub mentioned: u64,
    /// The version as published.
    pub version: String,
}

impl Seen {
    pub(super) fn pack(&self) -> Vec<u8> {
        let digits = pack_digits(&self.stamp);
        let of_stamp = Version::parse(&self.version)
            .filter(|version| *version == Version::new(&self.stamp, version.intake(), ordinal(version)));
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let flags = flag(self.current, CURRENT) | flag(digits.is_some(), DIGITS) | flag(of_stamp.is_some(), OF_STAMP);
        let pack = Pack::with_room(ROOM + self.scope.len())
            .byte(flags)
            .rest(&self.digest)
            .number(self.mentioned)
            .sized(self.scope.as_bytes());
        let pack = match digits {
            Some((count, packed)) => pack.byte(count).rest(&packed),
            None => pack.sized(self.stamp.as_bytes()),
        };
        let pack = match of_stamp {
            Some(version) => pack.number(version.intake()).number(ordinal(&version)),
            None => pack.rest(self.version.as_bytes()),
        };
        pack.into_value()
    }

    pub(super) fn unpack(value: &[u8]) -> Result<Self, StoreError> {
        let mut parts = Unpack::new("what was seen", value);
        let flags = parts.byte()?;
        let digest = parts.bytes(16)?.try_into().map_err(|_| parts.damaged())?;
        let mentioned = parts.number()?;
        let scope = parts.sized_text()?;
        let stamp = if flags & DIGITS == 0 { parts.sized_text()? } else { unpack_digits(&mut parts)? };
        let version = if flags & OF_STAMP == 0 {
            parts.rest_text()?
        } else {
            Version::new(&stamp, parts.number()?, parts.number()?).as_str().to_owned()
        };
        Ok(Self { stamp, digest, current: flags & CURRENT != 0, scope, mentioned, version })
    }
}

fn ordinal(version: &Version) -> u64 {
    version.as_str().rsplit('.').next().and_then(|part| part.parse().ok()).unwrap_or_default()
}

/// How many digits, and the digits two to a byte.
fn pack_digits(text: &str) -> Option<(u8, Vec<u8>)> {
    let count = u8::try_from(text.len()).ok()?;
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let nibble = |digit: u8| digit - b'0';
    let pack = |pair: &[u8]| pair.iter().fold(0, |packed, &digit| packed << 4 | nibble(digit));
    is_digits.then(|| (count, text.as_bytes().chunks(2).map(pack).collect()))
}

fn unpack_digits(parts: &mut Unpack<'_>) -> Result<String, StoreError> {
    let count = usize::from(parts.byte()?);
    let packed = parts.bytes(count.div_ceil(2))?;
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 10).ok_or_else(|| parts.damaged());
    let mut text = String::with_capacity(count);
    for (index, &byte) in packed.iter().enumerate() {
        if index * 2 + 1 < count {
            text.push(digit(byte >> 4)?);
        }
        text.push(digit(byte & 0x0f)?);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn entries()(
            stamp in "[0-9]{0,20}|.{0,8}", digest: [u8; 16], current: bool, scope in ".{0,6}", mentioned: u64,
            intake: u64, ordinal: u64, other in ".{0,12}|[0-9]{1,4}\\.[0-9]{1,12}\\.[0-9]{1,12}", of_stamp: bool,
        ) -> Seen {
            let version = if of_stamp { Version::new(&stamp, intake, ordinal).as_str().to_owned() } else { other };
            Seen { stamp, digest, current, scope, mentioned, version }
        }
    }

    proptest! {
        #[test]
        fn entries_come_back(seen in entries()) {
            prop_assert_eq!(Seen::unpack(&seen.pack()).unwrap(), seen);
        }

        #[test]
        fn damage_is_an_error_and_never_a_panic(bytes: Vec<u8>) {
            drop(Seen::unpack(&bytes));
        }
    }

    #[test]
    fn an_ordinary_entry_takes_forty_bytes() {
        let seen = Seen {
            stamp: "20240131120000".to_owned(),
            digest: [7; 16],
            current: true,
            scope: "310115".to_owned(),
            mentioned: 4321,
            version: Version::new("20240131120000", 4321, 1_234_567).as_str().to_owned(),
        };
        assert_eq!(seen.pack().len(), 39);
    }
}
