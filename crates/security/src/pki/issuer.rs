//! The authority itself: signs certificates and lists, in memory.

use crate::{
    SecurityError, digest,
    peer::{instant, serial_text},
    seal::random_bytes,
    time::since_epoch,
};
use domain::{Caller, CallerKind, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};
use rustls_pki_types::DnsName;
use std::{error::Error, fmt, net::IpAddr};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

/// A certificate authority.
pub struct Issuer {
    authority: String,
    signer: rcgen::Issuer<'static, KeyPair>,
    not_after: Timestamp,
}

/// What a certificate shall say. [`Leaf::naming`] makes a proper one; tests spoil it from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The common name of its subject; nothing is decided by it.
    pub subject: String,
    /// Its URI SANs.
    pub uris: Vec<String>,
    /// Its DNS SANs.
    pub dns: Vec<String>,
    /// Its IP SANs.
    pub ips: Vec<IpAddr>,
    /// What it may be used for (EKU).
    pub purposes: Vec<Purpose>,
    /// The first instant at which it is valid.
    pub not_before: Timestamp,
    /// The last instant at which it is valid.
    pub not_after: Timestamp,
}

/// What a certificate may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// EKU clientAuth.
    Client,
    /// EKU serverAuth.
    Server,
}

/// A certificate with its private key, which `Debug` hides.
#[derive(Clone)]
pub struct Signed {
    /// The certificate (PEM).
    pub certificate: String,
    /// Its serial number, in lower-case hexadecimal digits.
    pub serial: String,
    /// The SHA-256 of the certificate.
    pub fingerprint: [u8; 32],
    key: String,
}

impl Issuer {
    /// A fresh authority (P-256) with a random name of its own.
    ///
    /// # Errors
    /// [`SecurityError::Cryptography`] or [`SecurityError::Issuing`] when the library fails.
    pub fn new(not_before: Timestamp, not_after: Timestamp) -> Result<Self, SecurityError> {
        let mut params = empty_params(not_before, not_after)?;
        let name = format!("Exchange trial authority {}", digest::hex(&random_bytes::<4>()?));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(issuing)?;
        let authority = params.self_signed(&key).map_err(issuing)?.pem();
        Ok(Self { authority, signer: rcgen::Issuer::new(params, key), not_after })
    }

    /// The authority with this certificate and private key (both PEM).
    ///
    /// # Errors
    /// [`SecurityError::Issuing`] when they cannot be read or do not belong together.
    pub fn from_pem(authority: &str, key: &str) -> Result<Self, SecurityError> {
        let key = KeyPair::from_pem(key).map_err(issuing)?;
        let (_, der) = x509_parser::pem::parse_x509_pem(authority.as_bytes()).map_err(issuing)?;
        let (_, parsed) = X509Certificate::from_der(&der.contents).map_err(issuing)?;
        if parsed.public_key().subject_public_key.as_ref() != key.public_key_raw() {
            return Err(SecurityError::Issuing("key does not belong to the authority".into()));
        }
        let not_after = instant(parsed.validity().not_after.timestamp())
            .ok_or_else(|| SecurityError::Issuing("authority has no end".into()))?;
        let signer = rcgen::Issuer::from_ca_cert_pem(authority, key).map_err(issuing)?;
        Ok(Self { authority: authority.to_owned(), signer, not_after })
    }

    /// The authority's own certificate (PEM), which others trust.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        &self.authority
    }

    /// The authority's private key (PEM).
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.signer.key().serialize_pem()
    }

    /// The last instant at which the authority is valid.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Signs a certificate (P-256) with a random serial number.
    ///
    /// # Errors
    /// [`SecurityError::BadName`] for a URI or host name that cannot stand in a certificate;
    /// [`SecurityError::Cryptography`] or [`SecurityError::Issuing`] when the library fails.
    pub fn sign(&self, leaf: &Leaf) -> Result<Signed, SecurityError> {
        let mut params = empty_params(leaf.not_before, leaf.not_after)?;
        params.distinguished_name.push(DnType::CommonName, leaf.subject.as_str());
        params.subject_alt_names = leaf.alternative_names()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = leaf.purposes.iter().map(|purpose| purpose.to_rcgen()).collect();
        params.use_authority_key_identifier_extension = true;
        let serial = params.serial_number.as_ref().map(|serial| serial_text(serial.as_ref())).unwrap_or_default();
        let key = KeyPair::generate().map_err(issuing)?;
        let certificate = params.signed_by(&key, &self.signer).map_err(issuing)?;
        Ok(Signed {
            certificate: certificate.pem(),
            serial,
            fingerprint: digest::sha256(certificate.der()),
            key: key.serialize_pem(),
        })
    }

    /// Signs a revocation list (PEM) of these serial numbers, each with the instant of its revocation.
    ///
    /// # Errors
    /// [`SecurityError::Issuing`] for a serial number that is not hexadecimal, or when the library fails.
    pub fn revocation_list(
        &self,
        revoked: &[(String, Timestamp)],
        this_update: Timestamp,
        next_update: Timestamp,
    ) -> Result<String, SecurityError> {
        let revoked_certs: Result<Vec<_>, _> =
            revoked.iter().map(|(serial, since)| revocation(serial, *since)).collect();
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(1970, 1, 1) + since_epoch(this_update),
            next_update: date_time_ymd(1970, 1, 1) + since_epoch(next_update),
            // Grows with the clock, as RFC 5280 5.2.3 wants, and needs no counter on disk.
            crl_number: SerialNumber::from(u64::try_from(this_update.timestamp_millis()).unwrap_or(0)),
            issuing_distribution_point: None,
            revoked_certs: revoked_certs?,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.signer).and_then(|list| list.pem()).map_err(issuing)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("not_after", &self.not_after).finish_non_exhaustive()
    }
}

impl Leaf {
    /// A certificate that names `caller` in its one URI SAN: for clients, and for a node also for servers.
    #[must_use]
    pub fn naming(caller: &Caller, not_before: Timestamp, not_after: Timestamp) -> Self {
        let mut purposes = vec![Purpose::Client];
        if caller.kind == CallerKind::Node {
            purposes.push(Purpose::Server);
        }
        Self {
            subject: caller.to_string(),
            uris: vec![caller.uri()],
            dns: Vec::new(),
            ips: Vec::new(),
            purposes,
            not_before,
            not_after,
        }
    }

    fn alternative_names(&self) -> Result<Vec<SanType>, SecurityError> {
        let bad = |name: &str| SecurityError::BadName { name: name.to_owned() };
        let mut names = Vec::new();
        for uri in &self.uris {
            names.push(SanType::URI(uri.as_str().try_into().map_err(|_| bad(uri))?));
        }
        for host in &self.dns {
            DnsName::try_from(host.as_str()).map_err(|_| bad(host))?;
            names.push(SanType::DnsName(host.as_str().try_into().map_err(|_| bad(host))?));
        }
        names.extend(self.ips.iter().copied().map(SanType::IpAddress));
        Ok(names)
    }
}

impl Purpose {
    fn to_rcgen(self) -> ExtendedKeyUsagePurpose {
        match self {
            Self::Client => ExtendedKeyUsagePurpose::ClientAuth,
            Self::Server => ExtendedKeyUsagePurpose::ServerAuth,
        }
    }
}

impl Signed {
    /// The private key (PEM).
    #[must_use]
    pub fn key_pem(&self) -> &str {
        &self.key
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").field("serial", &self.serial).finish_non_exhaustive()
    }
}

fn empty_params(not_before: Timestamp, not_after: Timestamp) -> Result<CertificateParams, SecurityError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = date_time_ymd(1970, 1, 1) + since_epoch(not_before);
    params.not_after = date_time_ymd(1970, 1, 1) + since_epoch(not_after);
    params.serial_number = Some(random_serial()?);
    Ok(params)
}

/// 16 random bytes whose first is neither 0 nor negative, so that DER neither shortens nor lengthens them.
fn random_serial() -> Result<SerialNumber, SecurityError> {
    let mut bytes: [u8; 16] = random_bytes()?;
    bytes[0] = bytes[0] & 0x3f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

fn revocation(serial: &str, since: Timestamp) -> Result<RevokedCertParams, SecurityError> {
    Ok(RevokedCertParams {
        serial_number: hex::decode(serial).map_err(issuing)?.into(),
        revocation_time: date_time_ymd(1970, 1, 1) + since_epoch(since),
        reason_code: None,
        invalidity_date: None,
    })
}

fn issuing(source: impl Error + Send + Sync + 'static) -> SecurityError {
    SecurityError::Issuing(Box::new(source))
}
