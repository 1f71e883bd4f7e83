use super::*;

const TEXT: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

#[test]
fn signed_bytes_are_those_of_the_specification() {
    let expected = "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    assert_eq!(signed_bytes(1_679_315_147, TEXT), expected.as_bytes());
}

#[test]
fn witness_tells_when_it_signed() {
    let (note, witness) = cosigned();
    let read = Note::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!(read.cosigned_by(&witness), Some(instant(1_679_315_147)));
    assert_eq!(read.signatures()[0].bytes().len(), 72);
    assert_eq!(read.signatures()[0].bytes()[..8], 1_679_315_147_u64.to_be_bytes());
}

#[test]
fn only_the_witness_itself_has_signed() {
    let (note, witness) = cosigned();
    let other = VerifierKey::new(witness.name(), KeyKind::Cosignature, [7; 32]).unwrap();
    assert_eq!(note.cosigned_by(&other), None);
    let as_log = VerifierKey::new(witness.name(), KeyKind::Ed25519, *witness.public()).unwrap();
    assert_eq!(note.cosigned_by(&as_log), None);
    assert!(!note.signed_by(&witness) && !note.signed_by(&as_log));
}

#[test]
fn earliest_of_several_counts_and_a_false_one_spoils_all() {
    let key = LogKey::generate().unwrap();
    let witness = VerifierKey::new("witness", KeyKind::Cosignature, key.public()).unwrap();
    let mut note = Note::new(TEXT.to_owned()).unwrap();
    note.cosign("witness", &key, instant(20)).unwrap();
    note.cosign("witness", &key, instant(10)).unwrap();
    assert_eq!(note.cosigned_by(&witness), Some(instant(10)));
    note.add(NoteSignature::by(&witness, vec![0; 72])).unwrap();
    assert_eq!(note.cosigned_by(&witness), None);
}

#[test]
fn every_altered_byte_is_noticed() {
    let (note, witness) = cosigned();
    let text = note.to_string();
    for at in 0..text.len() {
        let mut altered = text.clone().into_bytes();
        altered[at] ^= 1;
        assert_eq!(Note::parse(&altered).ok().and_then(|note| note.cosigned_by(&witness)), None, "byte {at}");
    }
}

#[test]
fn instants_before_1970_cannot_be_signed() {
    let key = LogKey::generate().unwrap();
    let mut note = Note::new(TEXT.to_owned()).unwrap();
    assert!(note.cosign("witness", &key, instant(-1)).is_err());
}

fn cosigned() -> (Note, VerifierKey) {
    let key = LogKey::generate().unwrap();
    let mut note = Note::new(TEXT.to_owned()).unwrap();
    note.cosign("witness.example/one", &key, instant(1_679_315_147)).unwrap();
    (note, VerifierKey::new("witness.example/one", KeyKind::Cosignature, key.public()).unwrap())
}

fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).unwrap()
}
