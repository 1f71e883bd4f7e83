use super::*;
use crate::{
    note::{KeyKind, VerifierKey},
    tree::leaf_hash,
};
use proptest::prelude::*;

/// The checkpoint in C2SP tlog-cosignature.
const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

#[test]
fn published_checkpoint_reads_back() {
    let checkpoint = Checkpoint::parse(EXAMPLE).unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(checkpoint.to_text(), EXAMPLE);
    let extended = Checkpoint::parse(&format!("{EXAMPLE}anything\n")).unwrap();
    assert_eq!(extended, checkpoint);
}

#[test]
fn all_keys_sign_while_one_is_replaced() {
    let keys = [LogKey::generate().unwrap(), LogKey::generate().unwrap()];
    let checkpoint = Checkpoint { origin: "exchange/city/1".to_owned(), size: 1, root: leaf_hash(b"") };
    let note = checkpoint.sign(&keys).unwrap();
    for key in &keys {
        let key = VerifierKey::new("exchange/city/1", KeyKind::Ed25519, key.public()).unwrap();
        assert!(note.signed_by(&key));
    }
    assert_eq!(Checkpoint::parse(note.text()).unwrap(), checkpoint);
}

#[test]
fn malformed_checkpoints_are_refused() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    for text in [
        String::new(),
        "\n".to_owned(),
        format!("log\n1\n{root}"),
        format!("\n1\n{root}\n"),
        format!("log\n01\n{root}\n"),
        format!("log\n-1\n{root}\n"),
        format!("log\n18446744073709551616\n{root}\n"),
        format!("log\n\n{root}\n"),
        "log\n1\n\n".to_owned(),
        "log\n1\nAAAA\n".to_owned(),
        format!("log\n1\n{root}\n\n"),
        format!("log\n1\n{root}\n\nmore\n"),
        "log\n1\n".to_owned(),
    ] {
        assert!(Checkpoint::parse(&text).is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn every_checkpoint_reads_back(origin in "[^\n]{1,40}", size: u64, root: [u8; 32]) {
        let checkpoint = Checkpoint { origin, size, root };
        prop_assert_eq!(Checkpoint::parse(&checkpoint.to_text()).unwrap(), checkpoint);
    }

    #[test]
    fn any_text_is_a_checkpoint_or_not(text in "[a-zA-Z0-9=\n]{0,60}") {
        let _ = Checkpoint::parse(&text);
    }
}
