//! Why a caller was not let in.

use rustls::{AlertDescription, CertificateError, Error, OtherError};
use std::{io, sync::Arc};

/// Why a handshake failed, from a closed set (contract.md §2). Safe to log and to count by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// No certificate was shown.
    #[error("no certificate was shown")]
    NoCertificate,
    /// The certificate is of an authority that is not known here.
    #[error("certificate is of an unknown authority")]
    UnknownAuthority,
    /// The certificate has expired.
    #[error("certificate has expired")]
    Expired,
    /// The certificate is not valid yet.
    #[error("certificate is not valid yet")]
    NotYetValid,
    /// The certificate was revoked.
    #[error("certificate was revoked")]
    Revoked,
    /// No revocation list speaks of the certificate's issuer.
    #[error("no revocation list covers the certificate")]
    NotCovered,
    /// The revocation list is outdated.
    #[error("revocation list is outdated")]
    OutdatedList,
    /// The certificate is not for clients (EKU clientAuth).
    #[error("certificate is not for clients")]
    WrongPurpose,
    /// The certificate names nobody and is bound to nobody.
    #[error("certificate names no caller")]
    NoName,
    /// The certificate names more than one caller, or is bound to another than it names.
    #[error("certificate names more than one caller")]
    SeveralNames,
    /// The name is not `exchange://<kind>/<id>`.
    #[error("certificate's name is not exchange://<kind>/<id>")]
    BadName,
    /// The certificate cannot be read.
    #[error("certificate cannot be read")]
    Malformed,
    /// The connection was broken off, or is no TLS that is spoken here.
    #[error("connection is not tls as spoken here")]
    Protocol,
}

impl Refusal {
    /// The word for logs and metric labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCertificate => "no_certificate",
            Self::UnknownAuthority => "unknown_authority",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Revoked => "revoked",
            Self::NotCovered => "not_covered",
            Self::OutdatedList => "outdated_list",
            Self::WrongPurpose => "wrong_purpose",
            Self::NoName => "no_name",
            Self::SeveralNames => "several_names",
            Self::BadName => "bad_name",
            Self::Malformed => "malformed",
            Self::Protocol => "protocol",
        }
    }

    /// The refusal behind an error of the TLS stream.
    pub(crate) fn behind(error: &io::Error) -> Self {
        error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()).map_or(Self::Protocol, Self::of)
    }

    /// The refusal behind an error of the TLS library.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::NoCertificatesPresented => Self::NoCertificate,
            Error::InvalidCertificate(problem) => Self::of_certificate(problem),
            _ => Self::Protocol,
        }
    }

    fn of_certificate(problem: &CertificateError) -> Self {
        match problem {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownAuthority,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::Revoked => Self::Revoked,
            CertificateError::UnknownRevocationStatus => Self::NotCovered,
            CertificateError::ExpiredRevocationList | CertificateError::ExpiredRevocationListContext { .. } => {
                Self::OutdatedList
            }
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => Self::WrongPurpose,
            CertificateError::Other(OtherError(own)) => own.downcast_ref().copied().unwrap_or(Self::Malformed),
            _ => Self::Malformed,
        }
    }
}

/// What the server said when it refused our certificate, if that is what lies behind `error`: under TLS 1.3 it
/// comes only with the first read.
#[must_use]
pub fn refused_by_server(error: &(dyn std::error::Error + 'static)) -> Option<Refusal> {
    let links = std::iter::successors(Some(error), |link| link.source());
    let inner = |link: &'_ (dyn std::error::Error + 'static)| match link.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()).cloned(),
        None => link.downcast_ref::<Error>().cloned(),
    };
    match links.into_iter().find_map(inner)? {
        Error::AlertReceived(alert) => of_alert(alert),
        _ => None,
    }
}

fn of_alert(alert: AlertDescription) -> Option<Refusal> {
    match alert {
        AlertDescription::CertificateRevoked => Some(Refusal::Revoked),
        AlertDescription::CertificateExpired => Some(Refusal::Expired),
        AlertDescription::UnknownCA => Some(Refusal::UnknownAuthority),
        AlertDescription::CertificateRequired => Some(Refusal::NoCertificate),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => Some(Refusal::Malformed),
        _ => None,
    }
}

/// The form in which the verifier tells the TLS library.
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refusal))))
    }
}
