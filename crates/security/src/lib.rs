//! Who is calling, and the cryptography of the exchange.
//!
//! Hides the algorithms and the libraries: nothing outside this crate depends on rustls, rcgen,
//! ring or an X.509 parser. Eight things are offered:
//!
//! - [`ServerTls`] lets a connection in only with a certificate that names its caller, in a URI
//!   SAN `exchange://<kind>/<id>` or by a binding of its fingerprint, and follows the files on disk;
//! - [`ClientTls`] calls such a server;
//! - [`pki`] is a private certificate authority for trials and tests;
//! - [`platform`] signs calls as the national sharing platform demands;
//! - [`sign`] signs and checks what others look at later;
//! - [`control`] says which node wrote an entry of the control topic;
//! - [`seal`] closes values to everybody without the node's key;
//! - [`digest`] has SM3 and SHA-256.
//!
//! ```no_run
//! # async fn serve(clock: std::sync::Arc<dyn domain::Clock>) -> Result<(), Box<dyn std::error::Error>> {
//! use security::{NoBindings, ServerTls, TlsFiles};
//! use std::{sync::Arc, time::Duration};
//!
//! let files = TlsFiles {
//!     ca: "ca.pem".into(),
//!     cert: "node.pem".into(),
//!     key: "node.key".into(),
//!     crl: Some("ca.crl".into()),
//! };
//! let tls = ServerTls::load(&files, Arc::new(NoBindings), clock)?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:7443").await?;
//! let (tcp, _) = listener.accept().await?;
//! let (stream, peer) = tls.accept(tcp, Duration::from_secs(10)).await?;
//! # drop((stream, peer.caller));
//! # Ok(())
//! # }
//! ```
pub mod control;
pub mod digest;
pub mod pki;
pub mod platform;
pub mod seal;
pub mod sign;

mod client;
mod error;
mod files;
mod peer;
mod refusal;
mod time;
mod tls;
mod verifier;

pub use self::{
    client::{Alpn, ClientTls},
    error::SecurityError,
    peer::{Bindings, NoBindings, Peer},
    refusal::{Refusal, refused_by_server},
    tls::{ServerTls, TlsFiles},
};

/// An encrypted stream, of either end.
pub use tokio_rustls::TlsStream;
