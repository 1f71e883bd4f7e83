//! Calling a server of the exchange.

use crate::{Refusal, SecurityError, TlsStream, files, time::TlsClock};
use domain::Clock;
use rustls::{ClientConfig, ConfigBuilder, client::Resumption, client::WantsClientCert, crypto::ring};
use rustls_pki_types::ServerName;
use std::{fmt, path::Path, sync::Arc};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The protocol spoken on the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alpn {
    /// HTTP/2, for gRPC.
    Http2,
    /// HTTP/1.1, for REST.
    Http1,
}

/// The client's side of mutual TLS: whom it trusts and what it shows.
#[derive(Clone)]
pub struct ClientTls {
    http1: TlsConnector,
    http2: TlsConnector,
}

impl ClientTls {
    /// Trusts the authorities in `ca` and shows the certificate chain in `cert`, whose private
    /// key is in `key` (all PEM). The files are read once.
    ///
    /// # Errors
    /// A file that cannot be read, does not hold what it should, or is a key that others can read.
    pub fn load(ca: &Path, cert: &Path, key: &Path, clock: Arc<dyn Clock>) -> Result<Self, SecurityError> {
        let chain = files::certificates(cert, &files::read(cert)?)?;
        let private = files::private_key(key, &files::read_private(key)?)?;
        let config = trusting(ca, clock)?
            .with_client_auth_cert(chain, private)
            .map_err(|_| SecurityError::KeyMismatch { certificate: cert.to_owned(), key: key.to_owned() })?;
        Ok(Self::from_config(config))
    }

    /// Trusts the authorities in `ca` and shows no certificate: for servers that know their callers otherwise, and to look at
    /// the ops page.
    ///
    /// # Errors
    /// The file cannot be read or does not hold certificates.
    pub fn anonymous(ca: &Path, clock: Arc<dyn Clock>) -> Result<Self, SecurityError> {
        Ok(Self::from_config(trusting(ca, clock)?.with_no_client_auth()))
    }

    /// Connects to `host_port`, which is `HOST:PORT` with an IPv6 address in brackets. There is no
    /// time limit in here.
    ///
    /// Under TLS 1.3 the server's refusal of our certificate arrives only at the first read.
    ///
    /// # Errors
    /// [`SecurityError::BadAddress`], [`SecurityError::Unreachable`], or
    /// [`SecurityError::Handshake`] when the server's certificate is not trusted or not its own.
    pub async fn connect(&self, host_port: &str, alpn: Alpn) -> Result<TlsStream<TcpStream>, SecurityError> {
        let server = server_name(host_port)?;
        let unreachable = |source| SecurityError::Unreachable { address: host_port.to_owned(), source };
        let tcp = TcpStream::connect(host_port).await.map_err(unreachable)?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        let connector = match alpn {
            Alpn::Http1 => &self.http1,
            Alpn::Http2 => &self.http2,
        };
        match connector.connect(server, tcp).await {
            Ok(stream) => Ok(stream.into()),
            Err(source) => Err(SecurityError::Handshake { refusal: Refusal::behind(&source), source }),
        }
    }

    fn from_config(mut config: ClientConfig) -> Self {
        config.resumption = Resumption::disabled();
        let with_protocol = |protocol: &[u8]| {
            let mut config = config.clone();
            config.alpn_protocols = vec![protocol.to_vec()];
            TlsConnector::from(Arc::new(config))
        };
        Self { http1: with_protocol(b"http/1.1"), http2: with_protocol(b"h2") }
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientTls(..)")
    }
}

fn trusting(ca: &Path, clock: Arc<dyn Clock>) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, SecurityError> {
    let roots = files::authorities(ca, &files::read(ca)?)?;
    let provider = Arc::new(ring::default_provider());
    Ok(ClientConfig::builder_with_details(provider, Arc::new(TlsClock(clock)))
        .with_safe_default_protocol_versions()
        .map_err(|_| SecurityError::Cryptography)?
        .with_root_certificates(roots))
}

fn server_name(host_port: &str) -> Result<ServerName<'static>, SecurityError> {
    let name = || {
        let (host, port) = host_port.rsplit_once(':')?;
        port.parse::<u16>().ok()?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        ServerName::try_from(host.to_owned()).ok()
    };
    name().ok_or_else(|| SecurityError::BadAddress { address: host_port.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_host_and_port() {
        for good in ["localhost:7443", "127.0.0.1:7443", "[::1]:7443", "gateway.example:1"] {
            assert!(server_name(good).is_ok(), "{good}");
        }
        for bad in ["", "localhost", "localhost:", ":7443", "localhost:70000", "a b:1", "https://localhost:7443"] {
            assert!(matches!(server_name(bad), Err(SecurityError::BadAddress { .. })), "{bad}");
        }
    }
}
