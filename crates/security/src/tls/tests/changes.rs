//! What happens when files, bindings and time change under a running server.

use super::*;
use crate::{
    pki::{self, IssueRequest},
    sign,
};
use std::{fs, os::unix::fs::PermissionsExt as _};

#[tokio::test]
async fn new_list_closes_open_connections_and_shuts_the_caller_out() {
    let world = World::new();
    let signed = world.issuer.sign(&world.leaf("consumer/one-window")).unwrap();
    let (server, client) = (world.server(), world.client(&signed));
    let peer = meet(&server, &client).await.peer();
    assert!(server.is_still_good(&peer));

    world.write_list(&[&signed.serial]);
    assert!(server.reload_if_changed().unwrap());
    assert!(!server.is_still_good(&peer));
    assert_eq!(meet(&server, &client).await.refusal(), Refusal::Revoked);
}

#[tokio::test]
async fn trial_authority_revokes_by_name() {
    let world = World::new();
    let folder = world.path("pki");
    pki::init(&folder, world.clock.as_ref()).unwrap();
    let issue = |name: &str| {
        let request = IssueRequest { caller: caller(name), dns: Vec::new(), ips: Vec::new(), days: 30 };
        pki::issue(&folder, &request, world.clock.as_ref()).unwrap()
    };
    let (node, consumer, other) = (issue("node/city"), issue("consumer/one-window"), issue("consumer/hall"));
    let ca = folder.join("ca.pem");
    let crl = Some(folder.join("ca.crl"));
    let server = world.load(&TlsFiles { ca: ca.clone(), cert: node.certificate, key: node.key, crl }).unwrap();
    let load =
        |issued: &pki::Issued| ClientTls::load(&ca, &issued.certificate, &issued.key, world.clock.clone()).unwrap();
    let (consumer, other) = (load(&consumer), load(&other));
    let peer = meet(&server, &consumer).await.peer();

    pki::revoke(&folder, "consumer/one-window", world.clock.as_ref()).unwrap();
    assert!(server.reload_if_changed().unwrap());
    assert!(!server.is_still_good(&peer));
    assert_eq!(meet(&server, &consumer).await.refusal(), Refusal::Revoked);
    assert_eq!(meet(&server, &other).await.peer().caller, caller("consumer/hall"));
}

#[tokio::test]
async fn callers_signature_is_checked_by_the_certificate_that_it_showed() {
    let world = World::new();
    let signed = world.issuer.sign(&world.leaf("consumer/one-window")).unwrap();
    let peer = meet(&world.server(), &world.client(&signed)).await.peer();
    let own = sign::Signer::load(&world.path("client.pem"), &world.path("client.key")).unwrap();
    let signature = own.sign(b"question").unwrap();
    assert!(sign::verify_with_certificate(&peer.certificate, b"question", &signature));
    assert_eq!(peer.fingerprint, own.fingerprint());
}

#[test]
fn what_a_certificate_signed_before_its_revocation_stays_good() {
    let world = World::new();
    let signed = world.issuer.sign(&world.leaf("node/province")).unwrap();
    world.write("other.pem", &signed.certificate, PUBLIC);
    world.write("other.key", signed.key_pem(), PRIVATE);
    let chain = sign::Signer::load(&world.path("other.pem"), &world.path("other.key")).unwrap().chain().to_vec();
    world.write_list(&[&signed.serial]);
    let (now, trust) = (world.clock.now(), world.server().trust());
    assert_eq!(trust.check(&chain, now - Span::seconds(1)), Ok(caller("node/province")));
    assert_eq!(trust.check(&chain, now), Err(Refusal::Revoked));
}

#[test]
fn signer_and_trust_are_those_of_the_files_in_use() {
    let (world, other) = (World::new(), World::new());
    let server = world.server();
    let (signer, trust) = (server.signer(), server.trust());
    assert_eq!(trust.check(signer.chain(), world.clock.now()), Ok(caller("node/city")));
    for name in ["ca.pem", "node.pem", "node.key", "ca.crl"] {
        fs::copy(other.path(name), world.path(name)).unwrap();
    }
    assert!(server.reload_if_changed().unwrap());
    assert_ne!(server.signer().fingerprint(), signer.fingerprint());
    assert_eq!(server.trust().check(signer.chain(), world.clock.now()), Err(Refusal::UnknownAuthority));
    assert_eq!(server.trust().check(server.signer().chain(), world.clock.now()), Ok(caller("node/city")));
    assert_eq!(trust.check(server.signer().chain(), world.clock.now()), Err(Refusal::UnknownAuthority));
}

#[tokio::test]
async fn expiry_ends_an_open_connection() {
    let world = World::new();
    let leaf = Leaf { not_after: world.clock.now() + Span::minutes(1), ..world.leaf("consumer/one-window") };
    let signed = world.issuer.sign(&leaf).unwrap();
    let server = world.server();
    let peer = meet(&server, &world.client(&signed)).await.peer();
    world.clock.set(leaf.not_after);
    assert!(server.is_still_good(&peer));
    world.clock.advance(Span::seconds(1));
    assert!(!server.is_still_good(&peer));
}

#[tokio::test]
async fn binding_that_goes_away_or_elsewhere_ends_an_open_connection() {
    let world = World::new();
    let unnamed = Leaf { uris: Vec::new(), ..world.leaf("consumer/one-window") };
    let signed = world.issuer.sign(&unnamed).unwrap();
    let bind = |name: &str| world.bindings.0.lock().unwrap().insert(signed.fingerprint, caller(name));
    bind("consumer/one-window");
    let server = world.server();
    let peer = meet(&server, &world.client(&signed)).await.peer();
    assert!(server.is_still_good(&peer));

    bind("consumer/hall");
    assert!(!server.is_still_good(&peer));
    bind("consumer/one-window");
    assert!(server.is_still_good(&peer));
    world.bindings.0.lock().unwrap().clear();
    assert!(!server.is_still_good(&peer));
}

#[tokio::test]
async fn outdated_list_refuses_everybody_and_says_so_until_it_is_renewed() {
    let world = World::new();
    let signed = world.issuer.sign(&world.leaf("consumer/one-window")).unwrap();
    let (server, client) = (world.server(), world.client(&signed));
    assert_eq!(server.problem(), None);

    world.clock.advance(Span::days(31));
    let problem = server.problem().unwrap();
    assert!(problem.starts_with("revocation list ") && problem.contains("ca.crl is outdated since 2030-"), "{problem}");
    assert_eq!(meet(&server, &client).await.refusal(), Refusal::OutdatedList);

    world.write_list(&[]);
    assert!(server.reload_if_changed().unwrap());
    assert_eq!(server.problem(), None);
    assert_eq!(meet(&server, &client).await.peer().caller, caller("consumer/one-window"));
}

#[tokio::test]
async fn unchanged_files_are_not_loaded_again() {
    let world = World::new();
    assert!(!world.server().reload_if_changed().unwrap());
}

#[tokio::test]
async fn broken_file_keeps_the_old_content_in_use_until_it_is_mended() {
    let world = World::new();
    let signed = world.issuer.sign(&world.leaf("consumer/one-window")).unwrap();
    let (server, client) = (world.server(), world.client(&signed));
    for broken in ["", "half a li", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "0\u{3}abc"] {
        world.write("ca.crl", broken, PUBLIC);
        assert!(server.reload_if_changed().is_err(), "{broken}");
        assert!(server.problem().unwrap().contains("ca.crl"), "{broken}");
        assert_eq!(meet(&server, &client).await.peer().caller, caller("consumer/one-window"));
    }
    world.write_list(&[]);
    server.reload_if_changed().unwrap();
    assert_eq!(server.problem(), None);
}

#[tokio::test]
async fn missing_file_is_named() {
    let world = World::new();
    let server = world.server();
    fs::remove_file(world.path("ca.crl")).unwrap();
    assert!(matches!(server.reload_if_changed(), Err(SecurityError::Unreadable { .. })));
    assert!(server.problem().unwrap().contains("ca.crl: cannot be read: "));
}

#[tokio::test]
async fn half_replaced_certificate_and_key_keep_the_old_pair_in_use() {
    let world = World::new();
    let server = world.server();
    let mut renewed = world.leaf("node/city");
    renewed.dns.push("localhost".to_owned());
    let renewed = world.issuer.sign(&renewed).unwrap();
    world.write("node.pem", &renewed.certificate, PUBLIC);
    assert!(matches!(server.reload_if_changed(), Err(SecurityError::KeyMismatch { .. })));
    world.write("node.key", renewed.key_pem(), PRIVATE);
    assert!(server.reload_if_changed().unwrap());

    let client = world.client(&world.issuer.sign(&world.leaf("consumer/one-window")).unwrap());
    let (listener, address) = listen().await;
    let serve = async { server.accept(listener.accept().await.unwrap().0, LIMIT).await };
    let (_, called) = tokio::join!(serve, client.connect(&address, Alpn::Http2));
    let called = called.unwrap();
    let shown = called.get_ref().1.peer_certificates().unwrap();
    assert_eq!(digest::sha256(&shown[0]), renewed.fingerprint);
}

#[test]
fn own_certificate_that_expired_is_a_problem() {
    let world = World::new();
    let files = TlsFiles { crl: None, ..world.files() };
    let server = world.load(&files).unwrap();
    assert_eq!(server.problem(), None);
    world.clock.advance(Span::days(61));
    assert!(server.problem().unwrap().contains("node.pem has expired on "));
}

#[tokio::test]
async fn list_in_der_is_read_too() {
    use rustls_pki_types::{CertificateRevocationListDer, pem::PemObject as _};
    let world = World::new();
    let signed = world.issuer.sign(&world.leaf("consumer/one-window")).unwrap();
    world.write_list(&[&signed.serial]);
    let list = CertificateRevocationListDer::from_pem_file(world.path("ca.crl")).unwrap();
    fs::write(world.path("ca.crl"), &list).unwrap();
    let meeting = meet(&world.server(), &world.client(&signed)).await;
    assert_eq!(meeting.refusal(), Refusal::Revoked);
}

#[test]
fn open_key_is_refused_with_the_command_that_closes_it() {
    let world = World::new();
    let key = world.path("node.key");
    for mode in [0o640, 0o604, 0o610] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let refused = world.load(&world.files()).unwrap_err().to_string();
        assert!(refused.contains(&format!("run `chmod 600 {}`", key.display())), "{refused}");
    }
}

#[test]
fn files_that_hold_something_else_are_named() {
    let world = World::new();
    for name in ["ca.pem", "node.pem", "node.key", "ca.crl"] {
        let before = fs::read_to_string(world.path(name)).unwrap();
        let mode = if name == "node.key" { PRIVATE } else { PUBLIC };
        world.write(name, "hello", mode);
        let refused = world.load(&world.files()).unwrap_err();
        assert!(matches!(refused, SecurityError::Malformed { .. }), "{refused:?}");
        assert!(refused.to_string().contains(name), "{refused}");
        world.write(name, &before, mode);
    }
}
