//! Whose certificate it is, for signatures that were made elsewhere or long ago.

use crate::{
    Refusal, SecurityError, files,
    peer::{Purposes, named_in, serial_text},
    time::since_epoch,
};
use domain::{Caller, Timestamp};
use rustls::{
    RootCertStore,
    client::verify_server_cert_signed_by_trust_anchor,
    crypto::ring,
    server::{ParsedCertificate, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, UnixTime};
use std::{collections::HashMap, fmt, path::Path, sync::Arc};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

/// The most certificates that a chain may have.
pub const MOST_CERTIFICATES: usize = 8;

/// The authorities whose certificates say who signed.
#[derive(Clone)]
pub struct ChainTrust {
    roots: Arc<RootCertStore>,
    clients: Arc<dyn ClientCertVerifier>,
    revoked: Arc<Revoked>,
}

/// Since when certificates are revoked, by issuer (DER) and serial number.
pub(crate) type Revoked = HashMap<(Vec<u8>, String), Timestamp>;

impl ChainTrust {
    /// Trusts the authorities in the PEM file at `ca`.
    ///
    /// # Errors
    /// The file cannot be read or does not hold certificates of authorities.
    pub fn load(ca: &Path) -> Result<Self, SecurityError> {
        Self::new(ca, &files::read(ca)?, Arc::default())
    }

    /// Trusts the authorities in `pem`.
    ///
    /// # Errors
    /// It does not hold certificates of authorities.
    pub fn from_pem(pem: &[u8]) -> Result<Self, SecurityError> {
        Self::new(Path::new("trusted authorities"), pem, Arc::default())
    }

    /// Who the owner of the first certificate in `chain` (DER, its own first) is, by the one URI SAN
    /// in it: a certificate that leads to a trusted authority, was valid at `at`, and is for clients
    /// or servers (EKU), and was not revoked before. Of revocations only a trust knows that was given
    /// lists, [`ServerTls::trust`](crate::ServerTls::trust).
    ///
    /// # Errors
    /// The reason why it speaks for nobody.
    pub fn check(&self, chain: &[Vec<u8>], at: Timestamp) -> Result<Caller, Refusal> {
        if chain.len() > MOST_CERTIFICATES {
            return Err(Refusal::Malformed);
        }
        let certificates: Vec<CertificateDer<'_>> = chain.iter().map(|der| der.as_slice().into()).collect();
        let (own, between) = certificates.split_first().ok_or(Refusal::NoCertificate)?;
        let Ok(([], parsed)) = X509Certificate::from_der(own) else { return Err(Refusal::Malformed) };
        let purposes = Purposes::of(&parsed)?;
        let instant = UnixTime::since_unix_epoch(since_epoch(at));
        if purposes.client || !purposes.server {
            self.clients.verify_client_cert(own, between, instant).map_err(|error| Refusal::of(&error))?;
        } else {
            self.check_server(own, between, instant).map_err(|error| Refusal::of(&error))?;
        }
        if !purposes.client && !purposes.server {
            return Err(Refusal::WrongPurpose);
        }
        let place = (parsed.issuer().as_raw().to_vec(), serial_text(parsed.raw_serial()));
        if self.revoked.get(&place).is_some_and(|since| *since <= at) {
            return Err(Refusal::Revoked);
        }
        named_in(&parsed)?.ok_or(Refusal::NoName)
    }

    pub(crate) fn new(path: &Path, content: &[u8], revoked: Arc<Revoked>) -> Result<Self, SecurityError> {
        let roots = Arc::new(files::authorities(path, content)?);
        let provider = Arc::new(ring::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), provider)
            .build()
            .map_err(|source| SecurityError::Unusable { path: path.to_owned(), source: source.into() })?;
        Ok(Self { roots, clients, revoked })
    }

    fn check_server(
        &self,
        own: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        at: UnixTime,
    ) -> Result<(), rustls::Error> {
        let own = ParsedCertificate::try_from(own)?;
        let ways = ring::default_provider().signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&own, &self.roots, between, at, ways)
    }
}

impl fmt::Debug for ChainTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainTrust").field("authorities", &self.roots.len()).finish_non_exhaustive()
    }
}
