//! Digests: SM3 (GB/T 32905) and SHA-256 (FIPS 180-4).

use sha2::Digest as _;

/// A digest of 32 bytes.
pub type Digest32 = [u8; 32];

/// SM3 over bytes that come piece by piece.
#[derive(Clone, Default)]
pub struct Sm3(sm3::Sm3);

/// SHA-256 over bytes that come piece by piece.
#[derive(Clone, Default)]
pub struct Sha256(sha2::Sha256);

impl Sm3 {
    /// A digest of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all pieces.
    #[must_use]
    pub fn finish(self) -> Digest32 {
        self.0.finalize().into()
    }
}

impl Sha256 {
    /// A digest of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all pieces.
    #[must_use]
    pub fn finish(self) -> Digest32 {
        self.0.finalize().into()
    }
}

/// SM3 of `bytes`.
#[must_use]
pub fn sm3(bytes: &[u8]) -> Digest32 {
    sm3::Sm3::digest(bytes).into()
}

/// SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Digest32 {
    sha2::Sha256::digest(bytes).into()
}

/// `bytes` as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sm3_gives_the_values_of_the_standard() {
        assert_eq!(hex(&sm3(b"abc")), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
        assert_eq!(
            hex(&sm3("abcd".repeat(16).as_bytes())),
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
        );
        assert_eq!(hex(&sm3(b"")), "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
    }

    #[test]
    fn sha256_gives_the_values_of_the_standard() {
        assert_eq!(hex(&sha256(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hex(&sha256(b"")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    proptest! {
        #[test]
        fn pieces_give_the_digest_of_the_whole(pieces: Vec<Vec<u8>>) {
            let (mut sm3_pieces, mut sha256_pieces) = (Sm3::new(), Sha256::new());
            for piece in &pieces {
                sm3_pieces.update(piece);
                sha256_pieces.update(piece);
            }
            let whole = pieces.concat();
            prop_assert_eq!(sm3_pieces.finish(), sm3(&whole));
            prop_assert_eq!(sha256_pieces.finish(), sha256(&whole));
        }
    }
}
