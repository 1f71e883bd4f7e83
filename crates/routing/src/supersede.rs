//! Certificates whose place another one has taken.

use crate::{
    reader::{Held, Reader, Wanted},
    registrations,
    stop::Stop,
};
use contract::canonical::v1::{Certificate, CertificateStatus, ConstructionPermit, MarriageCertificate};
use domain::{Identifier, IdentifierKind, catalogue::Resource};
use prost::{Message, Name};
use store::{Index, ViewReader};

/// Most certificates that are looked at of those that say they replace one.
const MAX_REPLACING: usize = 64;
/// `ConstructionPermit.operation` of a transfer that was undone (转入撤销): the earlier certificate stands again.
const TRANSFER_UNDONE: &str = "10";

/// Whether another certificate of the resource has taken the place of this one. One that was withdrawn or declared
/// void has not; one that ended later has.
pub(crate) async fn is_superseded<V: ViewReader>(
    reader: &Reader<'_, V>,
    resource: &Resource,
    held: &Held,
) -> Result<bool, Stop> {
    let Ok(certificate) = Certificate::decode(held.body()) else { return Ok(false) };
    let names = [
        (IdentifierKind::CertificateNumber, &certificate.number),
        (IdentifierKind::CertificateId, &certificate.certificate_id),
    ];
    for (kind, text) in names {
        let Ok(by) = Identifier::parse(kind, text) else { continue };
        let wanted = Wanted { by: &by, after: None, limit: MAX_REPLACING };
        let replacing = reader.joined(&resource.id, Index::Join, wanted).await?.records;
        if replacing.iter().any(|other| other.record.key != held.record.key && replaces(resource, other)) {
            return Ok(true);
        }
    }
    if resource.message == MarriageCertificate::full_name() {
        return registrations::is_reissued(reader, held).await;
    }
    Ok(false)
}

/// Whether the certificate asked for can still be said to be superseded: what its issuer said of its end stays said.
pub(crate) fn gives_way(status: CertificateStatus) -> bool {
    use CertificateStatus::{Expired, Other, Suspended, Transferred, Unspecified, Valid};
    matches!(status, Unspecified | Valid | Suspended | Expired | Transferred | Other)
}

fn replaces(resource: &Resource, other: &Held) -> bool {
    let is_void = Certificate::decode(other.body()).is_ok_and(|it| it.status() == CertificateStatus::Void);
    let is_undone = resource.message == ConstructionPermit::full_name()
        && ConstructionPermit::decode(other.body()).is_ok_and(|it| it.operation == TRANSFER_UNDONE);
    !is_void && !is_undone
}
