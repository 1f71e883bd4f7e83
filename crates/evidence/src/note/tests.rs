use super::*;
use proptest::prelude::*;

/// The example of C2SP signed-note.
const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

/// The example of Go's golang.org/x/mod/sumdb/note.
const NEUMANN_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NEUMANN: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn published_notes_verify_with_their_keys() {
    for (key, note) in [(EXAMPLE_KEY, EXAMPLE), (NEUMANN_KEY, NEUMANN)] {
        let (parsed, read) = (key.parse::<VerifierKey>().unwrap(), Note::parse(note.as_bytes()).unwrap());
        assert!(read.signed_by(&parsed));
        assert_eq!((parsed.to_string(), read.to_string()), (key.to_owned(), note.to_owned()));
    }
}

#[test]
fn keys_of_others_have_signed_nothing() {
    let note = Note::parse(EXAMPLE.as_bytes()).unwrap();
    assert!(!note.signed_by(&NEUMANN_KEY.parse().unwrap()));
    let own: VerifierKey = EXAMPLE_KEY.parse().unwrap();
    let as_witness = VerifierKey::new(own.name(), KeyKind::Cosignature, *own.public()).unwrap();
    assert!(!note.signed_by(&as_witness));
    assert_ne!(as_witness.key_id(), own.key_id());
}

#[test]
fn every_altered_byte_of_a_note_is_noticed() {
    let key: VerifierKey = EXAMPLE_KEY.parse().unwrap();
    for at in 0..EXAMPLE.len() {
        for bit in 0..8 {
            let mut altered = EXAMPLE.as_bytes().to_vec();
            altered[at] ^= 1 << bit;
            assert!(!Note::parse(&altered).is_ok_and(|note| note.signed_by(&key)), "byte {at} bit {bit}");
        }
    }
}

#[test]
fn one_false_signature_of_a_key_spoils_the_note() {
    let (key, stranger) = (LogKey::generate().unwrap(), LogKey::generate().unwrap());
    let mut note = Note::new("text\n".to_owned()).unwrap();
    note.sign("log", &key).unwrap();
    note.sign("stranger", &stranger).unwrap();
    let known = VerifierKey::new("log", KeyKind::Ed25519, key.public()).unwrap();
    assert!(note.signed_by(&known), "signatures of strangers do not matter");
    note.add(NoteSignature::by(&known, vec![0; 64])).unwrap();
    assert!(!note.signed_by(&known));
}

#[test]
fn text_ends_at_the_last_blank_line() {
    let key = LogKey::generate().unwrap();
    let mut note = Note::new("one\n\ntwo\n\n\u{2014} not a signature\n".to_owned()).unwrap();
    note.sign("log", &key).unwrap();
    assert_eq!(Note::parse(note.to_string().as_bytes()).unwrap(), note);
}

#[test]
fn malformed_notes_are_refused() {
    let line = EXAMPLE.split_once("\n\n").unwrap().1;
    for text in [
        String::new(),
        "\n".to_owned(),
        "text\n".to_owned(),
        "text\n\n".to_owned(),
        format!("text\n{line}"),
        format!("text\n\n{}", line.trim_end()),
        format!("text\n\n{line}more\n"),
        format!("te\txt\n\n{line}"),
        format!("text\r\n\r\n{line}"),
        format!("text\n\n{}", line.replace('\u{2014}', "-")),
        format!("text\n\n{}", line.replace("example.com/foo ", "")),
        format!("text\n\n{}", line.replace("foo ", "f+o ")),
        format!("text\n\n{}", line.replace("foo ", "f\u{a0}o ")),
        format!("text\n\n{}", line.replace('=', "")),
        "text\n\n\u{2014} a AAAAAA==\n".to_owned(),
        format!("text\n\n{}", line.repeat(MAX_SIGNATURES + 1)),
        format!("{}\n\n{line}", "a".repeat(MAX_NOTE)),
    ] {
        assert!(Note::parse(text.as_bytes()).is_err(), "{text:.80}");
    }
    assert!(Note::parse(b"text\xff\n\n").is_err());
    assert!(Note::parse(format!("text\n\n{}", line.repeat(MAX_SIGNATURES)).as_bytes()).is_ok());
}

#[test]
fn malformed_keys_are_refused() {
    for text in [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fo +530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q==",
        "example.com/foo+530d903a+A",
    ] {
        assert!(text.parse::<VerifierKey>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn every_note_reads_back(text in "[^\\x00-\\x1f]{0,40}(\n[^\\x00-\\x1f]{0,40}){0,4}", name in "[a-z0-9./-]{1,40}") {
        let key = LogKey::generate().unwrap();
        let mut note = Note::new(format!("{text}\n")).unwrap();
        note.sign(&name, &key).unwrap();
        let read = Note::parse(note.to_string().as_bytes()).unwrap();
        prop_assert_eq!(&read, &note);
        let known = VerifierKey::new(&name, KeyKind::Ed25519, key.public()).unwrap();
        prop_assert!(read.signed_by(&known.to_string().parse().unwrap()));
    }

    #[test]
    fn any_bytes_are_a_note_or_not(bytes: Vec<u8>, text in "(\u{2014} |[a-z+ =\n]){0,60}") {
        let _ = Note::parse(&bytes);
        if let Ok(note) = Note::parse(text.as_bytes()) {
            prop_assert_eq!(&note.to_string(), &text);
        }
        let _ = text.parse::<VerifierKey>();
    }
}
