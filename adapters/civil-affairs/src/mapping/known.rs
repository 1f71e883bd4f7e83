//! What is remembered of a certificate: its newest version. So an annulment that says no more than its number completes
//! itself, and one that is taken back leaves the certificate as it was.

use super::{MARRIAGE_CERTIFICATE, MarriageCertificate, Record, RegistrationKind};
use contract::canonical::v1::{CertificateStatus, Operation};
use domain::Version;
use prost::Message;

/// The newest version of a certificate.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Known {
    stamp: String,
    certificate: Option<MarriageCertificate>,
}

impl Known {
    pub(super) fn new(stamp: &str, certificate: Option<MarriageCertificate>) -> Self {
        Self { stamp: stamp.to_owned(), certificate }
    }

    /// Its stamp; empty when nothing is known.
    pub(super) fn stamp(&self) -> &str {
        &self.stamp
    }

    /// What it says; none when it is withdrawn or nothing is known.
    pub(super) fn certificate(&self) -> Option<&MarriageCertificate> {
        self.certificate.as_ref()
    }

    /// What cannot be read is not known.
    pub(super) fn read(memory: Option<&[u8]>) -> Self {
        let parts = memory.and_then(|memory| {
            let end = memory.iter().position(|byte| *byte == b'\n')?;
            Some((std::str::from_utf8(&memory[..end]).ok()?, &memory[end + 1..]))
        });
        let Some((stamp, body)) = parts else { return Self::default() };
        Self::new(stamp, decoded(body))
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut memory = format!("{}\n", self.stamp).into_bytes();
        if let Some(certificate) = &self.certificate {
            memory.extend(certificate.encode_to_vec());
        }
        memory
    }

    /// What a published record tells.
    pub(super) fn recall(record: &Record) -> Option<Self> {
        if record.resource != MARRIAGE_CERTIFICATE {
            return None;
        }
        let version = Version::parse(&record.version)?;
        let body = record.body.as_ref().filter(|_| record.operation() == Operation::Upsert);
        Some(Self::new(version.stamp(), body.and_then(|body| decoded(&body.value))))
    }
}

/// The certificate without its annulment; none where that is all that is known. The day of issue is that of the
/// registration.
pub(super) fn before_annulment(certificate: &MarriageCertificate) -> Option<MarriageCertificate> {
    if certificate.registration_kind() != RegistrationKind::Annulment {
        return Some(certificate.clone());
    }
    (!certificate.issued_on.is_empty()).then(|| MarriageCertificate {
        status: CertificateStatus::Valid.into(),
        registration_kind: RegistrationKind::Marriage.into(),
        registered_on: certificate.issued_on.clone(),
        ..certificate.clone()
    })
}

/// An empty message is none: a certificate has a number.
fn decoded(body: &[u8]) -> Option<MarriageCertificate> {
    MarriageCertificate::decode(body).ok().filter(|certificate| !certificate.number.is_empty())
}
