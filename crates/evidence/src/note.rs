//! Signed notes and verifier keys (C2SP signed-note).

use crate::EvidenceError;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use security::{
    digest::Sha256,
    sign::{LogKey, verify_ed25519},
};
use std::{fmt, str::FromStr};

/// Longest note that is read, in bytes.
pub const MAX_NOTE: usize = 256 << 10;
/// Most signatures that a note may carry.
pub const MAX_SIGNATURES: usize = 64;

/// What a signature line begins with.
const DASH: &str = "\u{2014} ";
/// Between the text and the signatures; its first byte still belongs to the text.
const BLANK_LINE: &str = "\n\n";

/// A text with the signatures under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    key_id: [u8; 4],
    bytes: Vec<u8>,
}

/// A public key that notes are checked with, under the name of its owner.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: String,
    key_id: [u8; 4],
    kind: KeyKind,
    public: [u8; 32],
}

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// The note's text (Ed25519, 0x01): a log's own key.
    Ed25519,
    /// A time and the note's text (cosignature/v1, 0x04): a witness's key.
    Cosignature,
}

impl KeyKind {
    /// The signature type's byte (C2SP signed-note, "Signature types").
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::Cosignature => 4,
        }
    }
}

impl Note {
    /// A note without signatures yet.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] when the text does not end with a newline or has control characters.
    pub fn new(text: String) -> Result<Self, EvidenceError> {
        if !text.ends_with('\n') {
            return Err(malformed("text does not end with a newline"));
        }
        if has_controls(&text) {
            return Err(malformed("has control characters"));
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a note.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        if bytes.len() > MAX_NOTE {
            return Err(malformed("too long"));
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| malformed("not UTF-8"))?;
        let (text, lines) = whole.rsplit_once(BLANK_LINE).ok_or_else(|| malformed("no signatures"))?;
        let mut note = Self::new(format!("{text}\n"))?;
        let lines = lines.strip_suffix('\n').ok_or_else(|| malformed("does not end with a newline"))?;
        for line in lines.split('\n') {
            note.add(line.parse()?)?;
        }
        Ok(note)
    }

    /// The text, its last newline included: what is signed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in order.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Puts a signature under the note.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] when the note has as many as it may carry.
    pub fn add(&mut self, signature: NoteSignature) -> Result<(), EvidenceError> {
        if self.signatures.len() == MAX_SIGNATURES {
            return Err(malformed("too many signatures"));
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Signs the note's text under `name`.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] when the name cannot stand in a note, or there are too many signatures.
    pub fn sign(&mut self, name: &str, key: &LogKey) -> Result<(), EvidenceError> {
        let signer = VerifierKey::new(name, KeyKind::Ed25519, key.public())?;
        let signature = key.sign(self.text.as_bytes());
        self.add(NoteSignature::by(&signer, signature.to_vec()))
    }

    /// Whether `key` signed the note: a signature of that name and key id is there, and every such verifies. Always
    /// `false` for a witness's key, see [`Note::cosigned_by`].
    #[must_use]
    pub fn signed_by(&self, key: &VerifierKey) -> bool {
        let verifies = |own: &NoteSignature| verify_ed25519(&key.public, self.text.as_bytes(), &own.bytes);
        key.kind == KeyKind::Ed25519 && self.of(key).next().is_some() && self.of(key).all(verifies)
    }

    /// The signatures that claim to be of `key`.
    pub(crate) fn of<'a>(&'a self, key: &'a VerifierKey) -> impl Iterator<Item = &'a NoteSignature> {
        self.signatures.iter().filter(|own| own.name == key.name && own.key_id == key.key_id)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl NoteSignature {
    /// A signature made by the owner of `key`.
    pub(crate) fn by(key: &VerifierKey, bytes: Vec<u8>) -> Self {
        Self { name: key.name.clone(), key_id: key.key_id, bytes }
    }

    /// Name of the key that is said to have signed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Id of the key that is said to have signed.
    #[must_use]
    pub fn key_id(&self) -> [u8; 4] {
        self.key_id
    }

    /// The signature, without the key id.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a signature line without its newline.
impl FromStr for NoteSignature {
    type Err = EvidenceError;

    fn from_str(line: &str) -> Result<Self, EvidenceError> {
        let rest = line.strip_prefix(DASH).ok_or_else(|| malformed("line among the signatures is none"))?;
        let (name, signature) = rest.split_once(' ').ok_or_else(|| malformed("signature without a name"))?;
        if !is_key_name(name) {
            return Err(malformed("signature without a name"));
        }
        let bytes = BASE64.decode(signature).map_err(|_| malformed("signature is not base64"))?;
        match bytes.split_first_chunk() {
            Some((key_id, own)) if !own.is_empty() => {
                Ok(Self { name: name.to_owned(), key_id: *key_id, bytes: own.to_vec() })
            }
            _ => Err(malformed("signature is cut off")),
        }
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{DASH}{} {}", self.name, BASE64.encode([&self.key_id[..], &self.bytes].concat()))
    }
}

impl VerifierKey {
    /// The key `public` of the owner `name`.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] when the name is empty or has blanks, control characters or a plus.
    pub fn new(name: &str, kind: KeyKind, public: [u8; 32]) -> Result<Self, EvidenceError> {
        if !is_key_name(name) {
            return Err(EvidenceError::malformed("verifier key", "name cannot stand in a note"));
        }
        let mut digest = Sha256::new();
        for piece in [name.as_bytes(), b"\n", &[kind.byte()], &public] {
            digest.update(piece);
        }
        let [a, b, c, d, ..] = digest.finish();
        Ok(Self { name: name.to_owned(), key_id: [a, b, c, d], kind, public })
    }

    /// The owner's name: of a log its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Key id: the first four bytes of SHA-256 over name, newline, kind and key.
    #[must_use]
    pub fn key_id(&self) -> [u8; 4] {
        self.key_id
    }

    /// What the key signs.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The Ed25519 public key (RFC 8032).
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }
}

/// Reads `<name>+<key id>+<base64 of kind and key>`.
impl FromStr for VerifierKey {
    type Err = EvidenceError;

    fn from_str(text: &str) -> Result<Self, EvidenceError> {
        let fault = |fault| EvidenceError::malformed("verifier key", fault);
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(key_id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(fault("not name, key id and key"));
        };
        let bytes = BASE64.decode(key).map_err(|_| fault("key is not base64"))?;
        let (kind, public) = match bytes.split_first() {
            Some((1, public)) => (KeyKind::Ed25519, public),
            Some((4, public)) => (KeyKind::Cosignature, public),
            _ => return Err(fault("key is of an unknown kind")),
        };
        let public = public.try_into().map_err(|_| fault("key is not 32 bytes long"))?;
        let parsed = Self::new(name, kind, public)?;
        if hex::encode(parsed.key_id) == key_id { Ok(parsed) } else { Err(fault("key id does not belong to the key")) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64.encode([&[self.kind.byte()], self.public.as_slice()].concat());
        write!(f, "{}+{}+{key}", self.name, hex::encode(self.key_id))
    }
}

fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c == '+') && !has_controls(name)
}

fn has_controls(text: &str) -> bool {
    text.bytes().any(|b| b < b' ' && b != b'\n')
}

fn malformed(fault: &'static str) -> EvidenceError {
    EvidenceError::malformed("note", fault)
}

#[cfg(test)]
mod tests;
