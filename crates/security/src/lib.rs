//! Who is calling, and the cryptography of the exchange.
//!
//! Hides the algorithms and the libraries: nothing outside this crate depends on rustls, rcgen,
//! ring or an X.509 parser. Five things are offered:
//!
//! - [`ServerTls`] lets a connection in only with a certificate that names its caller, in a URI
//!   SAN `exchange://<kind>/<id>` or by a binding of its fingerprint, and follows the files on disk;
//! - [`ClientTls`] calls such a server;
//! - [`pki`] is a private certificate authority for trials and tests;
//! - [`seal`] closes values to everybody without the node's key;
//! - [`digest`] has SM3 and SHA-256.
pub mod digest;
pub mod pki;
pub mod seal;

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
    refusal::Refusal,
    tls::{ServerTls, TlsFiles},
};

/// An encrypted stream, of either end.
pub use tokio_rustls::TlsStream;
