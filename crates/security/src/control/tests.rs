use super::*;
use crate::{
    files::{self, PRIVATE, PUBLIC},
    pki::{Issuer, Leaf},
};
use chrono::Duration;
use proptest::prelude::*;
use std::sync::LazyLock;

type Headers = Vec<(&'static str, Vec<u8>)>;

/// An authority and what it issues.
struct World {
    issuer: Issuer,
    trust: ChainTrust,
}

static WORLD: LazyLock<World> = LazyLock::new(World::new);
static NODE: LazyLock<Signer> = LazyLock::new(|| WORLD.signer("node/city"));

impl World {
    fn new() -> Self {
        let issuer = Issuer::new(now() - Duration::days(1), now() + Duration::days(4000)).unwrap();
        let trust = ChainTrust::from_pem(issuer.authority_pem().as_bytes()).unwrap();
        Self { issuer, trust }
    }

    fn signer(&self, name: &str) -> Signer {
        let leaf = Leaf::naming(&caller(name), now() - Duration::days(1), now() + Duration::days(60));
        let signed = self.issuer.sign(&leaf).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("own.pem"), folder.path().join("own.key"));
        files::write(&certificate, signed.certificate.as_bytes(), PUBLIC).unwrap();
        files::write(&key, signed.key_pem().as_bytes(), PRIVATE).unwrap();
        Signer::load(&certificate, &key).unwrap()
    }
}

fn now() -> Timestamp {
    Timestamp::from_timestamp(1_900_000_000, 0).unwrap()
}

fn caller(name: &str) -> Caller {
    Caller::from_name(name).unwrap()
}

const GRANT: Entry<'static> =
    Entry { key: b"grant/g1", ce_type: "exchange.v1.ControlEntry", payload: Some(b"a matter") };

fn sealed() -> Headers {
    seal(&NODE, &GRANT).unwrap()
}

fn opened(headers: &Headers, entry: &Entry<'_>) -> Result<Caller, Disbelief> {
    open(&WORLD.trust, headers, entry, now())
}

#[test]
fn entry_of_a_node_is_believed() {
    assert_eq!(opened(&sealed(), &GRANT), Ok(caller("node/city")));
    let removal = Entry { payload: None, ..GRANT };
    assert_eq!(opened(&seal(&NODE, &removal).unwrap(), &removal), Ok(caller("node/city")));
}

#[test]
fn signed_bytes_are_as_written_down() {
    let bytes = b"exchange control v1\0\0\0\0\x08grant/g1\0\0\0\x18exchange.v1.ControlEntry\x01a matter";
    assert_eq!(GRANT.signed_bytes(), bytes);
    let bytes = b"exchange control v1\0\0\0\0\x08grant/g1\0\0\0\x18exchange.v1.ControlEntry\0";
    assert_eq!(Entry { payload: None, ..GRANT }.signed_bytes(), bytes);
}

#[test]
fn entry_without_a_signature_is_not_believed() {
    assert_eq!(opened(&vec![("ce_type", b"x".to_vec())], &GRANT), Err(Disbelief::Unsigned));
}

#[test]
fn half_a_signature_or_two_are_not_believed() {
    for left_out in 0..2 {
        let mut headers = sealed();
        headers.remove(left_out);
        assert_eq!(opened(&headers, &GRANT), Err(Disbelief::Malformed));
        let twice = [sealed(), vec![sealed().remove(left_out)]].concat();
        assert_eq!(opened(&twice, &GRANT), Err(Disbelief::Malformed));
    }
}

#[test]
fn signature_is_good_for_its_entry_only() {
    let removal = Entry { payload: None, ..GRANT };
    let empty = Entry { payload: Some(b""), ..GRANT };
    let others = [
        removal,
        empty,
        Entry { payload: Some(b"another matter"), ..GRANT },
        Entry { key: b"grant/g2", ..GRANT },
        Entry { ce_type: "exchange.v1.RedriveCommand", ..GRANT },
        Entry { key: b"grant/g", ..GRANT },
    ];
    for other in others {
        assert_eq!(opened(&sealed(), &other), Err(Disbelief::WrongSignature), "{other:?}");
    }
    assert_eq!(opened(&seal(&NODE, &removal).unwrap(), &empty), Err(Disbelief::WrongSignature));
}

#[test]
fn callers_that_are_no_nodes_are_not_believed() {
    for name in ["consumer/one-window", "department/health", "operator/duty"] {
        let headers = seal(&WORLD.signer(name), &GRANT).unwrap();
        assert_eq!(opened(&headers, &GRANT), Err(Disbelief::NotNode), "{name}");
    }
}

#[test]
fn nodes_of_another_authority_are_not_believed() {
    let headers = seal(&World::new().signer("node/city"), &GRANT).unwrap();
    let unknown = Disbelief::Certificate(Refusal::UnknownAuthority);
    assert_eq!(opened(&headers, &GRANT), Err(unknown));
    assert_eq!(unknown.to_string(), "its signer's certificate is of an unknown authority");
}

#[test]
fn certificate_must_have_been_valid_when_the_bus_took_the_entry_in() {
    let at = |instant| open(&WORLD.trust, &sealed(), &GRANT, instant);
    assert_eq!(at(now() + Duration::days(59)), Ok(caller("node/city")));
    assert_eq!(at(now() + Duration::days(61)), Err(Disbelief::Certificate(Refusal::Expired)));
    assert_eq!(at(now() - Duration::days(2)), Err(Disbelief::Certificate(Refusal::NotYetValid)));
}

/// A node as its files say.
#[derive(Debug)]
struct Files;

impl Identity for Files {
    fn signer(&self) -> Arc<Signer> {
        Arc::new(WORLD.signer("node/city"))
    }

    fn trust(&self) -> ChainTrust {
        WORLD.trust.clone()
    }
}

fn judged(headers: &Headers, payload: Option<&[u8]>, taken_in_ms: i64) -> Result<Caller, Disbelief> {
    judge(&Files, &Received { key: b"grant/g1", headers, payload, taken_in_ms })
}

/// The message of the grant, as it comes.
fn received() -> Headers {
    [sealed(), vec![("ce_type", GRANT.ce_type.into())]].concat()
}

#[test]
fn message_is_judged_by_all_that_is_signed_of_it_and_when_the_bus_took_it_in() {
    let taken_in = now().timestamp_millis();
    assert_eq!(judged(&received(), GRANT.payload, taken_in), Ok(caller("node/city")));
    let day = 24 * 60 * 60 * 1000;
    assert_eq!(judged(&received(), GRANT.payload, taken_in + 61 * day), Err(Disbelief::Certificate(Refusal::Expired)));
    assert_eq!(judged(&received(), None, taken_in), Err(Disbelief::WrongSignature));
    assert_eq!(judged(&sealed(), GRANT.payload, taken_in), Err(Disbelief::WrongSignature), "without its type");
    assert_eq!(judged(&received().split_off(2), GRANT.payload, taken_in), Err(Disbelief::Unsigned));
    assert_eq!(judged(&received(), GRANT.payload, i64::MAX), Err(Disbelief::Malformed));
}

#[test]
fn what_is_signed_of_a_message_has_the_type_that_its_header_names() {
    let of = |headers: &Headers| Entry::of(b"grant/g1", headers, GRANT.payload).ce_type.to_owned();
    assert_eq!(of(&received()), GRANT.ce_type);
    assert_eq!(of(&sealed()), "");
    assert_eq!(of(&vec![("ce_type", b"\xff".to_vec())]), "");
}

#[test]
fn signature_of_another_node_is_not_believed() {
    let mut headers = sealed();
    headers[0] = seal(&WORLD.signer("node/province"), &GRANT).unwrap().remove(0);
    assert_eq!(opened(&headers, &GRANT), Err(Disbelief::WrongSignature));
}

#[test]
fn endless_chains_are_not_looked_at() {
    let mut headers = sealed();
    headers[1].1 = headers[1].1.repeat(MOST_CERTIFICATES + 1);
    assert_eq!(opened(&headers, &GRANT), Err(Disbelief::Malformed));
    headers[1].1 = vec![0; MOST_BYTES + 4];
    assert_eq!(opened(&headers, &GRANT), Err(Disbelief::Malformed));
}

proptest! {
    #[test]
    fn sealed_entries_are_believed(key: Vec<u8>, ce_type: String, payload: Option<Vec<u8>>) {
        let entry = Entry { key: &key, ce_type: &ce_type, payload: payload.as_deref() };
        prop_assert_eq!(opened(&seal(&NODE, &entry).unwrap(), &entry), Ok(caller("node/city")));
    }

    #[test]
    fn no_two_entries_have_the_same_signed_bytes(
        one in any::<(Vec<u8>, String, Option<Vec<u8>>)>(),
        other in any::<(Vec<u8>, String, Option<Vec<u8>>)>(),
    ) {
        let bytes = |(key, ce_type, payload): &(Vec<u8>, String, Option<Vec<u8>>)| {
            Entry { key, ce_type, payload: payload.as_deref() }.signed_bytes()
        };
        prop_assert_eq!(bytes(&one) == bytes(&other), one == other);
    }

    #[test]
    fn altered_headers_are_not_believed(which in 0..2_usize, at: prop::sample::Index, bit in 0..8_u8) {
        let mut headers = sealed();
        let at = at.index(headers[which].1.len());
        headers[which].1[at] ^= 1 << bit;
        prop_assert!(opened(&headers, &GRANT).is_err());
    }

    #[test]
    fn any_headers_are_believed_or_not(signature: Vec<u8>, chain: Vec<u8>) {
        prop_assert!(opened(&vec![(SIGNATURE, signature), (CHAIN, chain)], &GRANT).is_err());
    }
}
