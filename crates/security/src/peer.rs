//! Who a certificate speaks for.

use crate::{Refusal, digest};
use domain::{Caller, Timestamp};
use std::sync::Arc;
use x509_parser::{
    certificate::X509Certificate,
    extensions::{ExtendedKeyUsage, GeneralName},
    prelude::FromDer as _,
};

/// The URI scheme of callers' names.
const SCHEME: &str = "exchange:";

/// The bindings of certificates to callers, for authorities that write no URI SAN (contract.md §2).
pub trait Bindings: Send + Sync {
    /// The caller to whom the certificate with this SHA-256 fingerprint is bound.
    fn caller_of(&self, sha256_fingerprint: &[u8; 32]) -> Option<Caller>;
}

/// No certificate is bound.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoBindings;

impl Bindings for NoBindings {
    fn caller_of(&self, _: &[u8; 32]) -> Option<Caller> {
        None
    }
}

/// The other end of a connection, as its certificate names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Who it is.
    pub caller: Caller,
    /// The serial number of its certificate, in lower-case hexadecimal digits.
    pub serial: String,
    /// The distinguished name of its certificate's issuer (DER).
    pub issuer: Vec<u8>,
    /// The last instant at which its certificate is valid.
    pub not_after: Timestamp,
    /// The SHA-256 of its certificate.
    pub fingerprint: [u8; 32],
    /// Whether the certificate itself names the caller; otherwise a binding does.
    pub named_in_certificate: bool,
    /// The certificate itself (DER), by which the caller's signatures are checked.
    pub certificate: Arc<[u8]>,
}

impl Peer {
    /// Reads a certificate whose chain and dates have been checked.
    pub(crate) fn read(certificate: &[u8], bindings: &dyn Bindings) -> Result<Self, Refusal> {
        let (rest, parsed) = X509Certificate::from_der(certificate).map_err(|_| Refusal::Malformed)?;
        if !rest.is_empty() {
            return Err(Refusal::Malformed);
        }
        if !Purposes::of(&parsed)?.client {
            return Err(Refusal::WrongPurpose);
        }
        let fingerprint = digest::sha256(certificate);
        let written = named_in(&parsed)?;
        let named_in_certificate = written.is_some();
        let caller = name(written, bindings.caller_of(&fingerprint))?;
        Ok(Self {
            caller,
            serial: serial_text(parsed.raw_serial()),
            issuer: parsed.issuer().as_raw().to_vec(),
            not_after: instant(parsed.validity().not_after.timestamp()).ok_or(Refusal::Malformed)?,
            fingerprint,
            named_in_certificate,
            certificate: certificate.into(),
        })
    }
}

/// What a certificate says that it may be used for (EKU): an absent extension or
/// `anyExtendedKeyUsage` is nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purposes {
    /// clientAuth.
    pub(crate) client: bool,
    /// serverAuth.
    pub(crate) server: bool,
}

impl Purposes {
    pub(crate) fn of(certificate: &X509Certificate<'_>) -> Result<Self, Refusal> {
        let usage = certificate.extended_key_usage().map_err(|_| Refusal::Malformed)?;
        let has = |of: fn(&ExtendedKeyUsage<'_>) -> bool| usage.as_ref().is_some_and(|usage| of(usage.value));
        Ok(Self { client: has(|usage| usage.client_auth), server: has(|usage| usage.server_auth) })
    }
}

/// A serial number as text; DER puts a zero byte before numbers that would look negative.
pub(crate) fn serial_text(raw: &[u8]) -> String {
    let zeros = raw.iter().take_while(|byte| **byte == 0).count();
    digest::hex(&raw[zeros..])
}

/// The instant `seconds` after 1970.
pub(crate) fn instant(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_timestamp(seconds, 0)
}

/// The caller's name in the URI SAN. A single URI of another scheme is no name of ours and leaves
/// the certificate to its binding; two URIs are refused whatever they say.
pub(crate) fn named_in(certificate: &X509Certificate<'_>) -> Result<Option<Caller>, Refusal> {
    let Some(names) = certificate.subject_alternative_name().map_err(|_| Refusal::Malformed)? else {
        return Ok(None);
    };
    let mut only = None;
    for name in &names.value.general_names {
        match name {
            GeneralName::URI(_) if only.is_some() => return Err(Refusal::SeveralNames),
            GeneralName::URI(uri) => only = Some(*uri),
            GeneralName::Invalid(..) => return Err(Refusal::Malformed),
            _ => {}
        }
    }
    let Some(uri) = only else { return Ok(None) };
    let ours = uri.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
    if ours { Caller::from_uri(uri).map(Some).ok_or(Refusal::BadName) } else { Ok(None) }
}

fn name(written: Option<Caller>, bound: Option<Caller>) -> Result<Caller, Refusal> {
    match (written, bound) {
        (Some(written), Some(bound)) if written != bound => Err(Refusal::SeveralNames),
        (Some(caller), _) | (None, Some(caller)) => Ok(caller),
        (None, None) => Err(Refusal::NoName),
    }
}
