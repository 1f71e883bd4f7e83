//! Proof as others hand it over: notes, checkpoints, keys, names of files, bundles of entries, and saved answers. What is
//! read is written as it was, and nothing that nobody signed is a proof.
#![no_main]

use domain::{ManualClock, Timestamp};
use evidence::{
    Checkpoint, EvidenceId, Note, NoteSignature, Origin, Saved, TilePath, VerifierKey, Verification,
    decode_entries, encode_entries, verify,
};
use libfuzzer_sys::fuzz_target;
use security::{pki, sign::ChainTrust};
use std::{fmt::Display, str::FromStr, sync::LazyLock};

static TRUST: LazyLock<ChainTrust> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let pki = folder.path().join("pki");
    pki::init(&pki, &ManualClock::at(Timestamp::UNIX_EPOCH)).expect("an authority");
    ChainTrust::load(&pki.join("ca.pem")).expect("an authority")
});

fuzz_target!(|bytes: &[u8]| {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
        if let Ok(checkpoint) = Checkpoint::parse(note.text()) {
            assert_eq!(Checkpoint::parse(&checkpoint.to_text()).ok(), Some(checkpoint));
        }
    }
    if let Ok(entries) = decode_entries(bytes) {
        assert_eq!(encode_entries(&entries).ok().as_deref(), Some(bytes));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Checkpoint::parse(text);
        is_written_as_read::<VerifierKey>(text);
        is_written_as_read::<NoteSignature>(text);
        is_written_as_read::<Origin>(text);
        is_written_as_read::<EvidenceId>(text);
        assert!(TilePath::parse(text).is_none_or(|path| path.to_string() == text));
    }
    proves_nothing(Saved::of(bytes));
    proves_nothing(Saved::Answer(bytes));
    proves_nothing(Saved::Evidence(bytes));
});

fn is_written_as_read<T: FromStr + Display>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        assert_eq!(read.to_string(), text);
    }
}

/// Keys of the authority have never signed anything.
fn proves_nothing(saved: Saved<'_>) {
    let what = Verification { saved, trust: &TRUST, request: None, witnesses: &[], history: None };
    let checks = verify(&what).expect("a file that cannot be read is an altered answer");
    assert!(!checks.hold() && !checks.key.holds());
}
