//! What a server's files hold, ready for use.

use super::TlsFiles;
use crate::{
    Bindings, Peer, SecurityError, digest, files,
    peer::{instant, serial_text},
    sign::{ChainTrust, Revoked, Signer},
    time::TlsClock,
    verifier::CallerVerifier,
};
use domain::{Clock, Timestamp};
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use std::{error::Error, path::Path, sync::Arc};
use tokio_rustls::TlsAcceptor;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _, revocation_list::CertificateRevocationList};

/// One reading of the files.
pub(super) struct Material {
    /// Lets in callers with a certificate.
    pub(super) named: TlsAcceptor,
    /// Lets in callers without one too.
    pub(super) open: TlsAcceptor,
    /// Signs with the server's own certificate.
    pub(super) signer: Arc<Signer>,
    /// The authorities that are let in.
    pub(super) trust: ChainTrust,
    /// Tells this content from another.
    pub(super) digest: digest::Digest32,
    revoked: Arc<Revoked>,
    /// The first instant at which a list is outdated.
    lists_until: Option<Timestamp>,
    certificate_until: Timestamp,
}

/// The bytes of the files.
struct Contents {
    ca: Vec<u8>,
    cert: Vec<u8>,
    key: Vec<u8>,
    crl: Option<Vec<u8>>,
}

/// The digest of what the files hold now.
pub(super) fn digest_of(files: &TlsFiles) -> Result<digest::Digest32, SecurityError> {
    Contents::read(files).map(|contents| contents.digest())
}

impl Material {
    pub(super) fn read(
        files: &TlsFiles,
        bindings: &Arc<dyn Bindings>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, SecurityError> {
        let contents = Contents::read(files)?;
        let lists = contents.lists(files)?;
        let chain = files::certificates(&files.cert, &contents.cert)?;
        let certificate_until = end_of(&files.cert, &chain)?;
        let (revoked, lists_until) = read_lists(files, &lists)?;
        let revoked = Arc::new(revoked);

        let provider = Arc::new(ring::default_provider());
        let verifier = contents.verifier(files, lists, &provider)?;
        let acceptor = |mandatory| {
            let verifier = CallerVerifier { chain: Arc::clone(&verifier), bindings: Arc::clone(bindings), mandatory };
            let key = files::private_key(&files.key, &contents.key)?;
            let server = Server { provider: &provider, clock, files };
            server.acceptor(verifier, chain.clone(), key)
        };
        Ok(Self {
            named: acceptor(true)?,
            open: acceptor(false)?,
            signer: Arc::new(contents.signer(files, &chain)?),
            trust: ChainTrust::new(&files.ca, &contents.ca, Arc::clone(&revoked))?,
            digest: contents.digest(),
            revoked,
            lists_until,
            certificate_until,
        })
    }

    pub(super) fn is_revoked(&self, peer: &Peer) -> bool {
        !self.revoked.is_empty() && self.revoked.contains_key(&(peer.issuer.clone(), peer.serial.clone()))
    }

    /// What is out of date at `now`, and in which file.
    pub(super) fn outdated(&self, files: &TlsFiles, now: Timestamp) -> Option<String> {
        if let (Some(path), Some(until)) = (&files.crl, self.lists_until.filter(|until| now > *until)) {
            let path = path.display();
            return Some(format!("revocation list {path} is outdated since {}: put a newer one there", day(until)));
        }
        let until = self.certificate_until;
        (now > until).then(|| {
            let path = files.cert.display();
            format!("certificate {path} has expired on {}: put a newer one there", day(until))
        })
    }
}

impl Contents {
    fn read(files: &TlsFiles) -> Result<Self, SecurityError> {
        Ok(Self {
            ca: files::read(&files.ca)?,
            cert: files::read(&files.cert)?,
            key: files::read_private(&files.key)?,
            crl: files.crl.as_deref().map(files::read).transpose()?,
        })
    }

    fn digest(&self) -> digest::Digest32 {
        let mut all = digest::Sha256::new();
        for content in [&self.ca, &self.cert, &self.key].into_iter().chain(&self.crl) {
            all.update(&digest::sha256(content));
        }
        all.finish()
    }

    fn lists(&self, files: &TlsFiles) -> Result<Vec<CertificateRevocationListDer<'static>>, SecurityError> {
        match (&files.crl, &self.crl) {
            (Some(path), Some(content)) => files::revocation_lists(path, content),
            _ => Ok(Vec::new()),
        }
    }

    fn signer(&self, files: &TlsFiles, chain: &[CertificateDer<'static>]) -> Result<Signer, SecurityError> {
        let key = files::private_key(&files.key, &self.key)?;
        Signer::new(chain, &key)
            .ok_or_else(|| SecurityError::KeyMismatch { certificate: files.cert.clone(), key: files.key.clone() })
    }

    /// With lists, a certificate that none of them covers is refused, and so is one whose list is
    /// outdated.
    fn verifier(
        &self,
        files: &TlsFiles,
        lists: Vec<CertificateRevocationListDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ClientCertVerifier>, SecurityError> {
        let roots = Arc::new(files::authorities(&files.ca, &self.ca)?);
        WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider))
            .with_crls(lists)
            .enforce_revocation_expiration()
            .build()
            .map_err(|source| unusable(files.crl.as_ref().unwrap_or(&files.ca), source))
    }
}

/// What both acceptors of one reading share.
struct Server<'a> {
    provider: &'a Arc<CryptoProvider>,
    clock: &'a Arc<dyn Clock>,
    files: &'a TlsFiles,
}

impl Server<'_> {
    fn acceptor(
        &self,
        verifier: CallerVerifier,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<TlsAcceptor, SecurityError> {
        let time = Arc::new(TlsClock(Arc::clone(self.clock)));
        let mut config = ServerConfig::builder_with_details(Arc::clone(self.provider), time)
            .with_safe_default_protocol_versions()
            .map_err(|_| SecurityError::Cryptography)?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_single_cert(chain, key)
            .map_err(|_| SecurityError::KeyMismatch {
                certificate: self.files.cert.clone(),
                key: self.files.key.clone(),
            })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // A resumed session is not verified again: a revoked caller would come back in by its ticket.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// The revoked certificates, and until when the lists say so.
fn read_lists(
    files: &TlsFiles,
    lists: &[CertificateRevocationListDer<'static>],
) -> Result<(Revoked, Option<Timestamp>), SecurityError> {
    let (mut revoked, mut until) = (Revoked::new(), None::<Timestamp>);
    for list in lists {
        let (_, list) = CertificateRevocationList::from_der(list)
            .map_err(|source| unusable(files.crl.as_ref().unwrap_or(&files.ca), source))?;
        let issuer = list.issuer().as_raw();
        revoked.extend(list.iter_revoked_certificates().map(|entry| {
            let since = instant(entry.revocation_date.timestamp()).unwrap_or(Timestamp::UNIX_EPOCH);
            ((issuer.to_vec(), serial_text(entry.raw_serial())), since)
        }));
        let next = list.next_update().and_then(|next| instant(next.timestamp()));
        until = until.into_iter().chain(next).min();
    }
    Ok((revoked, until))
}

fn end_of(path: &Path, chain: &[CertificateDer<'static>]) -> Result<Timestamp, SecurityError> {
    let first = chain.first().and_then(|certificate| X509Certificate::from_der(certificate).ok());
    first
        .and_then(|(_, certificate)| instant(certificate.validity().not_after.timestamp()))
        .ok_or_else(|| SecurityError::Malformed { path: path.to_owned(), expected: "certificate" })
}

fn unusable(path: &Path, source: impl Error + Send + Sync + 'static) -> SecurityError {
    SecurityError::Unusable { path: path.to_owned(), source: Box::new(source) }
}

fn day(instant: Timestamp) -> String {
    instant.format("%Y-%m-%d %H:%MZ").to_string()
}
