use super::*;
use crate::{
    Refusal, SecurityError, digest,
    files::{self, PRIVATE, PUBLIC},
    pki::{Issuer, Leaf, Purpose},
};
use chrono::Duration;
use domain::{Caller, Timestamp};
use proptest::prelude::*;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, sync::LazyLock};

/// What OpenSSL signed with the keys in `fixtures`.
const SIGNED: &[u8] = b"what is signed";
const KINDS: [&str; 4] = ["p256", "p384", "ed25519", "rsa"];

/// Files of a test's own; those of `fixtures` lie open in the sources.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, content: &[u8], mode: u32) -> PathBuf {
        files::write(&self.path(name), content, mode).unwrap();
        self.path(name)
    }

    fn signer_of(&self, certificate: &str, key: &str) -> Result<Signer, SecurityError> {
        let certificate = self.put("own.pem", &fixture(&format!("{certificate}.pem")), PUBLIC);
        Signer::load(&certificate, &self.put("own.key", &fixture(&format!("{key}.key")), PRIVATE))
    }

    fn signer(&self, kind: &str) -> Signer {
        self.signer_of(kind, kind).unwrap()
    }
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sign/fixtures");
    fs::read(format!("{folder}/{name}")).unwrap()
}

fn der(pem: &[u8]) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem).unwrap().to_vec()
}

fn openssl_trust() -> ChainTrust {
    ChainTrust::from_pem(&fixture("ca.pem")).unwrap()
}

/// An instant at which the certificates of `fixtures` are valid.
fn in_2030() -> Timestamp {
    Timestamp::from_timestamp(1_900_000_000, 0).unwrap()
}

fn issuer() -> Issuer {
    Issuer::new(in_2030() - Duration::days(1), in_2030() + Duration::days(4000)).unwrap()
}

fn leaf(name: &str) -> Leaf {
    Leaf::naming(&caller(name), in_2030() - Duration::days(1), in_2030() + Duration::days(60))
}

fn caller(name: &str) -> Caller {
    Caller::from_name(name).unwrap()
}

/// What a trust in `issuer` says of a certificate that it signs.
fn check(issuer: &Issuer, leaf: &Leaf) -> Result<Caller, Refusal> {
    let trust = ChainTrust::from_pem(issuer.authority_pem().as_bytes()).unwrap();
    trust.check(&[der(issuer.sign(leaf).unwrap().certificate.as_bytes())], in_2030())
}

#[test]
fn signatures_of_openssl_are_good() {
    for kind in KINDS {
        let certificate = der(&fixture(&format!("{kind}.pem")));
        let signature = fixture(&format!("{kind}.sig"));
        assert!(verify_with_certificate(&certificate, SIGNED, &signature), "{kind}");
        assert!(!verify_with_certificate(&certificate, b"something else", &signature), "{kind}");
        for other in KINDS.into_iter().filter(|other| *other != kind) {
            assert!(!verify_with_certificate(&der(&fixture(&format!("{other}.pem"))), SIGNED, &signature));
        }
    }
}

#[test]
fn every_kind_of_key_signs_what_its_certificate_checks() {
    let place = Place::new();
    for kind in KINDS {
        let signer = place.signer(kind);
        let signature = signer.sign(SIGNED).unwrap();
        assert!(verify_with_certificate(&signer.chain()[0], SIGNED, &signature), "{kind}");
        assert_eq!(signer.fingerprint(), digest::sha256(&signer.chain()[0]));
        let who = openssl_trust().check(signer.chain(), in_2030());
        assert_eq!(who, Ok(caller(&format!("node/{kind}"))), "{kind}");
    }
}

#[test]
fn older_forms_of_key_files_are_read() {
    let place = Place::new();
    for (kind, key) in [("p256", "p256-sec1"), ("rsa", "rsa-pkcs1")] {
        let signer = place.signer_of(kind, key).unwrap();
        assert!(verify_with_certificate(&signer.chain()[0], SIGNED, &signer.sign(SIGNED).unwrap()), "{key}");
    }
}

#[test]
fn other_curves_and_short_keys_are_refused() {
    for kind in ["p521", "rsa1024"] {
        let certificate = der(&fixture(&format!("{kind}.pem")));
        assert!(!verify_with_certificate(&certificate, SIGNED, &fixture(&format!("{kind}.sig"))), "{kind}");
    }
    let refused = Place::new().signer_of("p521", "p521");
    assert!(matches!(refused, Err(SecurityError::KeyMismatch { .. })));
}

#[test]
fn key_of_another_certificate_is_refused() {
    for (certificate, key) in [("p256", "rsa"), ("p384", "p256"), ("ed25519", "p384")] {
        let refused = Place::new().signer_of(certificate, key);
        assert!(matches!(refused, Err(SecurityError::KeyMismatch { .. })), "{certificate} {key}");
    }
}

#[test]
fn open_keys_are_refused_with_the_command_that_closes_them() {
    let place = Place::new();
    let certificate = place.put("own.pem", &fixture("p256.pem"), PUBLIC);
    let key = place.put("own.key", &fixture("p256.key"), 0o640);
    assert!(Signer::load(&certificate, &key).unwrap_err().to_string().contains("run `chmod 600 "));
    let log = place.path("log.key");
    LogKey::create(&log).unwrap();
    fs::set_permissions(&log, fs::Permissions::from_mode(0o604)).unwrap();
    assert!(matches!(LogKey::read_all(&log), Err(SecurityError::Exposed { .. })));
    assert!(matches!(LogKey::add(&log), Err(SecurityError::Exposed { .. })));
}

#[test]
fn private_keys_are_not_printed() {
    let signer = Place::new().signer("p256");
    let shown = format!("{:?} {signer:?}", LogKey::generate().unwrap());
    assert!(shown.starts_with("LogKey(..) Signer { fingerprint: "), "{shown}");
}

#[test]
fn log_key_signs_as_rfc_8032_says() {
    let place = Place::new();
    let key = &LogKey::read_all(&place.put("log.key", &fixture("ed25519.key"), PRIVATE)).unwrap()[0];
    assert_eq!(key.sign(SIGNED).as_slice(), fixture("ed25519.sig"));
    assert!(verify_ed25519(&key.public(), SIGNED, &key.sign(SIGNED)));
    assert!(!verify_ed25519(&LogKey::generate().unwrap().public(), SIGNED, &key.sign(SIGNED)));
}

#[test]
fn log_key_file_is_made_once_and_newer_keys_come_first() {
    let place = Place::new();
    let path = place.path("log.key");
    let first = LogKey::create(&path).unwrap().public();
    assert!(matches!(LogKey::create(&path), Err(SecurityError::Exists { .. })));
    let second = LogKey::add(&path).unwrap().public();
    let third = LogKey::add(&path).unwrap().public();
    let read: Vec<_> = LogKey::read_all(&path).unwrap().iter().map(LogKey::public).collect();
    assert_eq!(read, [third, second, first]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&path).unwrap().lines().all(|line| line.len() <= 64));
}

#[test]
fn log_key_file_with_anything_else_in_it_is_refused() {
    let place = Place::new();
    let half = [fixture("ed25519.key"), b"-----BEGIN PRIVATE KEY-----\nMC4C".to_vec()].concat();
    let two_kinds = [fixture("ed25519.key"), fixture("p256.key")].concat();
    for (at, content) in [b"hello".to_vec(), fixture("rsa.key"), Vec::new(), half, two_kinds].iter().enumerate() {
        let path = place.put("log.key", content, PRIVATE);
        assert!(matches!(LogKey::read_all(&path), Err(SecurityError::Malformed { .. })), "{at}");
        assert!(matches!(LogKey::add(&path), Err(SecurityError::Malformed { .. })), "{at}");
        assert_eq!(&fs::read(&path).unwrap(), content, "{at}");
    }
    assert!(matches!(LogKey::read_all(&place.path("none.key")), Err(SecurityError::Unreadable { .. })));
}

#[test]
fn certificate_names_its_owner_at_instants_of_its_validity() {
    let issuer = issuer();
    let leaf = leaf("department/public-security");
    let trust = ChainTrust::from_pem(issuer.authority_pem().as_bytes()).unwrap();
    let chain = [der(issuer.sign(&leaf).unwrap().certificate.as_bytes())];
    assert_eq!(trust.check(&chain, leaf.not_before), Ok(caller("department/public-security")));
    assert_eq!(trust.check(&chain, leaf.not_after), Ok(caller("department/public-security")));
    assert_eq!(trust.check(&chain, leaf.not_before - Duration::seconds(1)), Err(Refusal::NotYetValid));
    assert_eq!(trust.check(&chain, leaf.not_after + Duration::seconds(1)), Err(Refusal::Expired));
}

#[test]
fn certificate_of_another_authority_speaks_for_nobody() {
    let (ours, other) = (issuer(), issuer());
    let chain = [der(other.sign(&leaf("node/city")).unwrap().certificate.as_bytes())];
    let trust = ChainTrust::from_pem(ours.authority_pem().as_bytes()).unwrap();
    assert_eq!(trust.check(&chain, in_2030()), Err(Refusal::UnknownAuthority));
    let with_authority = [chain[0].clone(), der(other.authority_pem().as_bytes())];
    assert_eq!(trust.check(&with_authority, in_2030()), Err(Refusal::UnknownAuthority));
    assert_eq!(trust.check(&[der(ours.authority_pem().as_bytes())], in_2030()), Err(Refusal::Malformed));
}

#[test]
fn certificate_for_clients_or_for_servers_will_do_and_no_other() {
    let issuer = issuer();
    for purpose in [Purpose::Client, Purpose::Server] {
        let leaf = Leaf { purposes: vec![purpose], ..leaf("node/city") };
        assert_eq!(check(&issuer, &leaf), Ok(caller("node/city")), "{purpose:?}");
    }
    let leaf = Leaf { purposes: vec![], ..leaf("node/city") };
    assert_eq!(check(&issuer, &leaf), Err(Refusal::WrongPurpose));
}

#[test]
fn certificate_must_have_one_name_of_ours() {
    let issuer = issuer();
    for (uris, refusal) in [
        (vec![], Refusal::NoName),
        (vec!["https://city.example"], Refusal::NoName),
        (vec!["exchange://node/city", "exchange://node/city"], Refusal::SeveralNames),
        (vec!["exchange://node/city", "https://city.example"], Refusal::SeveralNames),
        (vec!["exchange://citizen/city"], Refusal::BadName),
        (vec!["EXCHANGE://node/city"], Refusal::BadName),
    ] {
        let leaf = Leaf { uris: uris.iter().map(|uri| (*uri).to_owned()).collect(), ..leaf("node/city") };
        assert_eq!(check(&issuer, &leaf), Err(refusal), "{uris:?}");
    }
}

#[test]
fn no_chain_and_endless_chains_are_refused() {
    let own = der(&fixture("p256.pem"));
    assert_eq!(openssl_trust().check(&[], in_2030()), Err(Refusal::NoCertificate));
    assert!(openssl_trust().check(&vec![own.clone(); MOST_CERTIFICATES], in_2030()).is_ok());
    assert_eq!(openssl_trust().check(&vec![own; MOST_CERTIFICATES + 1], in_2030()), Err(Refusal::Malformed));
}

#[test]
fn what_holds_no_authority_is_not_trusted() {
    assert!(matches!(ChainTrust::from_pem(b"hello"), Err(SecurityError::Malformed { .. })));
    let none = Place::new().path("ca.pem");
    assert!(matches!(ChainTrust::load(&none), Err(SecurityError::Unreadable { .. })));
}

static KEY: LazyLock<LogKey> = LazyLock::new(|| LogKey::generate().unwrap());
static SIGNER: LazyLock<Signer> = LazyLock::new(|| Place::new().signer("p256"));

proptest! {
    #[test]
    fn altered_bytes_and_signatures_are_not_good(bytes: Vec<u8>, at: prop::sample::Index, bit in 0..8_u8) {
        let flipped = |of: &[u8]| {
            let mut altered = of.to_vec();
            altered[at.index(of.len())] ^= 1 << bit;
            altered
        };
        let (log, own) = (KEY.sign(&bytes), SIGNER.sign(&bytes).unwrap());
        let certificate = &SIGNER.chain()[0];
        prop_assert!(verify_ed25519(&KEY.public(), &bytes, &log));
        prop_assert!(verify_with_certificate(certificate, &bytes, &own));
        prop_assert!(!verify_ed25519(&KEY.public(), &bytes, &flipped(&log)));
        prop_assert!(!verify_with_certificate(certificate, &bytes, &flipped(&own)));
        if !bytes.is_empty() {
            prop_assert!(!verify_ed25519(&KEY.public(), &flipped(&bytes), &log));
            prop_assert!(!verify_with_certificate(certificate, &flipped(&bytes), &own));
        }
    }

    #[test]
    fn any_bytes_are_a_signature_and_a_certificate_or_not(bytes: Vec<u8>) {
        prop_assert!(!verify_ed25519(&KEY.public(), b"x", &bytes));
        prop_assert!(!verify_with_certificate(&SIGNER.chain()[0], b"x", &bytes));
        prop_assert!(!verify_with_certificate(&bytes, b"x", &bytes));
        prop_assert_eq!(openssl_trust().check(&[bytes], in_2030()), Err(Refusal::Malformed));
    }

    #[test]
    fn damaged_certificates_do_not_panic(at: prop::sample::Index, byte: u8) {
        let mut damaged = SIGNER.chain()[0].clone();
        let at = at.index(damaged.len());
        damaged[at] = byte;
        let _ = verify_with_certificate(&damaged, b"x", b"y");
        let _ = openssl_trust().check(&[damaged], in_2030());
    }
}
