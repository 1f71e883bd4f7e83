//! The server against real clients over loopback.

mod admission;
mod changes;

use super::*;
use crate::{
    Alpn, ClientTls, NoBindings, digest,
    files::{self, PRIVATE, PUBLIC},
    pki::{Issuer, Leaf, Signed},
};
use chrono::Duration as Span;
use domain::{ManualClock, Timestamp};
use std::collections::HashMap;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const LIMIT: Duration = Duration::from_mins(1);
const GREETING: &[u8; 5] = b"hello";

/// An authority, a server with its files, and a clock.
struct World {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    issuer: Issuer,
    bindings: Arc<Bound>,
}

/// Bindings that a test changes.
#[derive(Default)]
struct Bound(Mutex<HashMap<[u8; 32], Caller>>);

impl Bindings for Bound {
    fn caller_of(&self, fingerprint: &[u8; 32]) -> Option<Caller> {
        self.0.lock().unwrap().get(fingerprint).cloned()
    }
}

/// What both ends saw.
struct Meeting {
    server: Result<(TlsStream<TcpStream>, Option<Peer>), SecurityError>,
    client_was_greeted: bool,
}

impl Meeting {
    fn refusal(self) -> Refusal {
        assert!(!self.client_was_greeted);
        match self.server {
            Err(SecurityError::Handshake { refusal, .. }) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    fn peer(self) -> Peer {
        assert!(self.client_was_greeted);
        self.server.unwrap().1.unwrap()
    }
}

impl World {
    fn new() -> Self {
        let start = Timestamp::from_timestamp(1_900_000_000, 0).unwrap();
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(ManualClock::at(start)),
            issuer: Issuer::new(start - Span::days(1), start + Span::days(4000)).unwrap(),
            bindings: Arc::default(),
        };
        let mut node = world.leaf("node/city");
        node.dns.push("localhost".to_owned());
        let node = world.issuer.sign(&node).unwrap();
        world.write("ca.pem", world.issuer.authority_pem(), PUBLIC);
        world.write("node.pem", &node.certificate, PUBLIC);
        world.write("node.key", node.key_pem(), PRIVATE);
        world.write_list(&[]);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str, mode: u32) {
        files::write(&self.path(name), content.as_bytes(), mode).unwrap();
    }

    /// A list of these certificates, valid for 30 days from now.
    fn write_list(&self, revoked: &[&str]) {
        let now = self.clock.now();
        let revoked: Vec<_> = revoked.iter().map(|serial| ((*serial).to_owned(), now)).collect();
        let list = self.issuer.revocation_list(&revoked, now - Span::days(1), now + Span::days(30)).unwrap();
        self.write("ca.crl", &list, PUBLIC);
    }

    /// A proper certificate for `name`, valid for 60 days from now.
    fn leaf(&self, name: &str) -> Leaf {
        let now = self.clock.now();
        Leaf::naming(&caller(name), now - Span::days(1), now + Span::days(60))
    }

    fn files(&self) -> TlsFiles {
        TlsFiles {
            ca: self.path("ca.pem"),
            cert: self.path("node.pem"),
            key: self.path("node.key"),
            crl: Some(self.path("ca.crl")),
        }
    }

    fn server(&self) -> Arc<ServerTls> {
        self.load(&self.files()).unwrap()
    }

    fn load(&self, files: &TlsFiles) -> Result<Arc<ServerTls>, SecurityError> {
        ServerTls::load(files, self.bindings.clone(), self.clock.clone())
    }

    fn client(&self, shown: &Signed) -> ClientTls {
        self.write("client.pem", &shown.certificate, PUBLIC);
        self.write("client.key", shown.key_pem(), PRIVATE);
        let [ca, cert, key] = ["ca.pem", "client.pem", "client.key"].map(|name| self.path(name));
        ClientTls::load(&ca, &cert, &key, self.clock.clone()).unwrap()
    }

    fn anonymous(&self) -> ClientTls {
        ClientTls::anonymous(&self.path("ca.pem"), self.clock.clone()).unwrap()
    }

    /// Shows a certificate of this authority to a fresh server.
    async fn show(&self, leaf: &Leaf) -> Meeting {
        let signed = self.issuer.sign(leaf).unwrap();
        meet(&self.server(), &self.client(&signed)).await
    }
}

fn caller(name: &str) -> Caller {
    Caller::from_name(name).unwrap()
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("localhost:{}", listener.local_addr().unwrap().port());
    (listener, address)
}

async fn meet(server: &ServerTls, client: &ClientTls) -> Meeting {
    let (listener, address) = listen().await;
    let serve = async {
        let (stream, peer) = server.accept(listener.accept().await.unwrap().0, LIMIT).await?;
        greet(stream, Some(peer)).await
    };
    let call = async { read_greeting(client.connect(&address, Alpn::Http2).await.ok()).await };
    let (server, client_was_greeted) = tokio::join!(serve, call);
    Meeting { server, client_was_greeted }
}

async fn meet_anyone(server: &ServerTls, client: &ClientTls) -> Meeting {
    let (listener, address) = listen().await;
    let serve = async {
        let (stream, peer) = server.accept_anyone(listener.accept().await.unwrap().0, LIMIT).await?;
        greet(stream, peer).await
    };
    let call = async { read_greeting(client.connect(&address, Alpn::Http1).await.ok()).await };
    let (server, client_was_greeted) = tokio::join!(serve, call);
    Meeting { server, client_was_greeted }
}

async fn greet(
    mut stream: TlsStream<TcpStream>,
    peer: Option<Peer>,
) -> Result<(TlsStream<TcpStream>, Option<Peer>), SecurityError> {
    stream.write_all(GREETING).await.unwrap();
    stream.flush().await.unwrap();
    Ok((stream, peer))
}

/// Under TLS 1.3 a refused client learns of it only here.
async fn read_greeting(stream: Option<TlsStream<TcpStream>>) -> bool {
    let Some(mut stream) = stream else { return false };
    let mut read = [0; GREETING.len()];
    stream.read_exact(&mut read).await.is_ok() && read == *GREETING
}
