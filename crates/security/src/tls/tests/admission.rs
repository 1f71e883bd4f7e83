//! Who is let in.

use super::*;
use crate::pki::Purpose;
use crate::time::TlsClock;
use rustls::{
    ClientConfig, SupportedProtocolVersion,
    crypto::ring,
    version::{TLS12, TLS13},
};
use tokio_rustls::TlsConnector;

#[tokio::test]
async fn consumer_is_let_in_by_its_name() {
    let world = World::new();
    let leaf = world.leaf("consumer/one-window");
    let signed = world.issuer.sign(&leaf).unwrap();
    let peer = meet(&world.server(), &world.client(&signed)).await.peer();
    assert_eq!(peer.caller, caller("consumer/one-window"));
    assert_eq!((peer.serial, peer.not_after), (signed.serial, leaf.not_after));
    assert_eq!(peer.fingerprint, signed.fingerprint);
}

#[tokio::test]
async fn every_kind_of_caller_is_let_in() {
    let world = World::new();
    for name in ["department/public-security", "operator/duty", "node/province"] {
        assert_eq!(world.show(&world.leaf(name)).await.peer().caller, caller(name));
    }
}

#[tokio::test]
async fn protocol_is_the_one_the_client_asked_for() {
    let world = World::new();
    let signed = world.issuer.sign(&world.leaf("consumer/one-window")).unwrap();
    let (server, client) = (world.server(), world.client(&signed));
    for (alpn, word) in [(Alpn::Http1, &b"http/1.1"[..]), (Alpn::Http2, b"h2")] {
        let (listener, address) = listen().await;
        let serve = async { server.accept(listener.accept().await.unwrap().0, LIMIT).await.unwrap().0 };
        let (inside, outside) = tokio::join!(serve, client.connect(&address, alpn));
        assert_eq!(inside.get_ref().1.alpn_protocol(), Some(word));
        assert_eq!(outside.unwrap().get_ref().1.alpn_protocol(), Some(word));
    }
}

#[tokio::test]
async fn caller_without_a_certificate_is_refused() {
    let world = World::new();
    assert_eq!(meet(&world.server(), &world.anonymous()).await.refusal(), Refusal::NoCertificate);
}

#[tokio::test]
async fn certificate_of_another_authority_is_refused() {
    let (world, other) = (World::new(), World::new());
    let signed = other.issuer.sign(&world.leaf("consumer/one-window")).unwrap();
    let meeting = meet(&world.server(), &world.client(&signed)).await;
    assert_eq!(meeting.refusal(), Refusal::UnknownAuthority);
}

#[tokio::test]
async fn expired_certificate_is_refused() {
    let world = World::new();
    let leaf = Leaf { not_after: world.clock.now() - Span::seconds(1), ..world.leaf("consumer/one-window") };
    assert_eq!(world.show(&leaf).await.refusal(), Refusal::Expired);
}

#[tokio::test]
async fn certificate_from_tomorrow_is_refused() {
    let world = World::new();
    let leaf = Leaf { not_before: world.clock.now() + Span::seconds(1), ..world.leaf("consumer/one-window") };
    assert_eq!(world.show(&leaf).await.refusal(), Refusal::NotYetValid);
}

#[tokio::test]
async fn revoked_certificate_is_refused() {
    let world = World::new();
    let signed = world.issuer.sign(&world.leaf("consumer/one-window")).unwrap();
    world.write_list(&[&signed.serial]);
    let meeting = meet(&world.server(), &world.client(&signed)).await;
    assert_eq!(meeting.refusal(), Refusal::Revoked);
}

#[tokio::test]
async fn list_of_another_authority_covers_nobody() {
    let (world, other) = (World::new(), World::new());
    std::fs::copy(other.path("ca.crl"), world.path("ca.crl")).unwrap();
    assert_eq!(world.show(&world.leaf("consumer/one-window")).await.refusal(), Refusal::NotCovered);
}

#[tokio::test]
async fn two_names_are_refused() {
    let world = World::new();
    for second in ["exchange://operator/duty", "exchange://consumer/one-window", "https://one-window.example"] {
        let mut leaf = world.leaf("consumer/one-window");
        leaf.uris.push(second.to_owned());
        assert_eq!(world.show(&leaf).await.refusal(), Refusal::SeveralNames, "{second}");
    }
}

#[tokio::test]
async fn certificate_without_a_name_is_refused() {
    let world = World::new();
    for uris in [vec![], vec!["https://one-window.example".to_owned()]] {
        let leaf = Leaf { uris, ..world.leaf("consumer/one-window") };
        assert_eq!(world.show(&leaf).await.refusal(), Refusal::NoName);
    }
}

#[tokio::test]
async fn names_that_are_not_exactly_ours_are_refused() {
    let world = World::new();
    for uri in [
        "exchange://citizen/one-window",
        "exchange://consumer/",
        "exchange://consumer",
        "exchange://consumer/one-window/",
        "exchange://consumer/one-window?a=b",
        "exchange://consumer/one-window#a",
        "exchange://consumer/one%2Dwindow",
        "exchange://consumer/One-Window",
        "exchange://consumer:7443/one-window",
        "exchange:consumer/one-window",
        "EXCHANGE://consumer/one-window",
    ] {
        let leaf = Leaf { uris: vec![uri.to_owned()], ..world.leaf("consumer/one-window") };
        assert_eq!(world.show(&leaf).await.refusal(), Refusal::BadName, "{uri}");
    }
}

#[tokio::test]
async fn certificate_that_is_not_for_clients_is_refused() {
    let world = World::new();
    for purposes in [vec![Purpose::Server], vec![]] {
        let leaf = Leaf { purposes, ..world.leaf("consumer/one-window") };
        assert_eq!(world.show(&leaf).await.refusal(), Refusal::WrongPurpose);
    }
}

#[tokio::test]
async fn certificate_without_a_name_is_let_in_when_it_is_bound() {
    let world = World::new();
    for uris in [vec![], vec!["https://one-window.example".to_owned()]] {
        let signed = world.issuer.sign(&Leaf { uris, ..world.leaf("operator/x") }).unwrap();
        world.bindings.0.lock().unwrap().insert(signed.fingerprint, caller("consumer/one-window"));
        let peer = meet(&world.server(), &world.client(&signed)).await.peer();
        assert_eq!(peer.caller, caller("consumer/one-window"));
    }
}

#[tokio::test]
async fn certificate_bound_to_another_than_it_names_is_refused() {
    let world = World::new();
    let signed = world.issuer.sign(&world.leaf("consumer/one-window")).unwrap();
    world.bindings.0.lock().unwrap().insert(signed.fingerprint, caller("operator/duty"));
    let meeting = meet(&world.server(), &world.client(&signed)).await;
    assert_eq!(meeting.refusal(), Refusal::SeveralNames);
}

#[tokio::test]
async fn ops_page_lets_strangers_in_without_a_name_but_checks_certificates() {
    let world = World::new();
    let server = world.server();
    let stranger = meet_anyone(&server, &world.anonymous()).await;
    assert!(stranger.client_was_greeted);
    assert_eq!(stranger.server.unwrap().1, None);

    let operator = world.issuer.sign(&world.leaf("operator/duty")).unwrap();
    let peer = meet_anyone(&server, &world.client(&operator)).await.peer();
    assert_eq!(peer.caller, caller("operator/duty"));

    let expired = Leaf { not_after: world.clock.now() - Span::seconds(1), ..world.leaf("operator/duty") };
    let expired = world.issuer.sign(&expired).unwrap();
    assert_eq!(meet_anyone(&server, &world.client(&expired)).await.refusal(), Refusal::Expired);
}

#[tokio::test(start_paused = true)]
async fn silent_caller_is_not_waited_for() {
    let world = World::new();
    let (_silent, io) = tokio::io::duplex(64);
    let outcome = world.server().accept(io, LIMIT).await;
    assert!(matches!(outcome, Err(SecurityError::HandshakeTimeout)));
}

#[tokio::test]
async fn what_is_no_tls_is_refused() {
    let world = World::new();
    let (mut plain, io) = tokio::io::duplex(1024);
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let outcome = world.server().accept(io, LIMIT).await;
    assert!(matches!(outcome, Err(SecurityError::Handshake { refusal: Refusal::Protocol, .. })));
}

#[tokio::test]
async fn server_of_another_authority_is_not_trusted() {
    let (world, other) = (World::new(), World::new());
    let signed = world.issuer.sign(&world.leaf("consumer/one-window")).unwrap();
    let (server, client) = (other.server(), world.client(&signed));
    let (listener, address) = listen().await;
    let serve = async { server.accept(listener.accept().await.unwrap().0, LIMIT).await };
    let (_, called) = tokio::join!(serve, client.connect(&address, Alpn::Http2));
    assert!(matches!(called, Err(SecurityError::Handshake { refusal: Refusal::UnknownAuthority, .. })));
}

/// A client that remembers sessions, as foreign clients do.
struct Remembering(TlsConnector);

impl Remembering {
    fn new(world: &World, signed: &Signed, version: &'static SupportedProtocolVersion) -> Self {
        let roots = files::authorities(&world.path("ca.pem"), world.issuer.authority_pem().as_bytes()).unwrap();
        let chain = files::certificates(&world.path("x"), signed.certificate.as_bytes()).unwrap();
        let key = files::private_key(&world.path("x"), signed.key_pem().as_bytes()).unwrap();
        let config = ClientConfig::builder_with_details(
            Arc::new(ring::default_provider()),
            Arc::new(TlsClock(world.clock.clone())),
        )
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .unwrap();
        Self(TlsConnector::from(Arc::new(config)))
    }

    async fn meet(&self, server: &ServerTls) -> Meeting {
        let (listener, address) = listen().await;
        let serve = async {
            let (stream, peer) = server.accept(listener.accept().await.unwrap().0, LIMIT).await?;
            greet(stream, Some(peer)).await
        };
        let call = async {
            let tcp = TcpStream::connect(&address).await.unwrap();
            let stream = self.0.connect("localhost".try_into().unwrap(), tcp).await;
            read_greeting(stream.ok().map(Into::into)).await
        };
        let (server, client_was_greeted) = tokio::join!(serve, call);
        Meeting { server, client_was_greeted }
    }
}

#[tokio::test]
async fn remembered_session_does_not_let_an_expired_caller_back_in() {
    for version in [&TLS12, &TLS13] {
        let world = World::new();
        let leaf = Leaf { not_after: world.clock.now() + Span::minutes(5), ..world.leaf("consumer/one-window") };
        let signed = world.issuer.sign(&leaf).unwrap();
        let (server, client) = (world.server(), Remembering::new(&world, &signed, version));
        assert_eq!(client.meet(&server).await.peer().caller, caller("consumer/one-window"));
        world.clock.advance(Span::minutes(6));
        assert_eq!(client.meet(&server).await.refusal(), Refusal::Expired, "{version:?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_a_certificate_or_not(bytes: Vec<u8>) {
        proptest::prop_assert_eq!(Peer::read(&bytes, &NoBindings), Err(Refusal::Malformed));
    }

    #[test]
    fn damaged_certificates_do_not_panic(at: proptest::sample::Index, byte: u8) {
        use rustls_pki_types::pem::PemObject as _;
        static PROPER: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
            let world = World::new();
            let signed = world.issuer.sign(&world.leaf("consumer/one-window")).unwrap();
            rustls_pki_types::CertificateDer::from_pem_slice(signed.certificate.as_bytes()).unwrap().to_vec()
        });
        let mut damaged = PROPER.clone();
        let at = at.index(damaged.len());
        damaged[at] = byte;
        let _ = Peer::read(&damaged, &NoBindings);
    }
}
