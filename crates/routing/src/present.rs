//! A record as it is at the moment of reading: joined, expired, flagged.

use crate::{
    joins::{Joins, SHAREHOLDING},
    reader::{Held, Reader},
    stop::{Away, Stop},
    supersede,
};
use chrono::FixedOffset;
use contract::{
    canonical::v1::{Certificate, CertificateStatus, Shareholding},
    full_name_of, wire,
};
use domain::{
    Identifier, IdentifierKind, Timestamp,
    catalogue::{FlagMoment, Resource, ResourceKind},
    clock::local_day,
    date::iso_day,
};
use prost::Message;
use store::{Cursor, ViewReader};

/// Flag of a certificate whose holder is not in the register.
const HOLDER_UNKNOWN: &str = "holder.unknown";
/// Flag of an enterprise whose shares add up to more than a whole.
pub(crate) const SHAREHOLDING_SUM: &str = "shareholding.sum";

/// Numbers of fields that are the same in every certificate.
const VALID_TO: u32 = 8;
const VALID_INDEFINITELY: u32 = 9;
const STATUS: u32 = 10;
/// Number of `Shareholding.enterprise`.
const ENTERPRISE: u32 = 2;

/// A record as it stands now.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// Department that published it.
    pub(crate) department: String,
    /// Its key and source time.
    pub(crate) cursor: Cursor,
    /// Its version.
    pub(crate) version: String,
    /// When the exchange took it in.
    pub(crate) received_at: Option<prost_types::Timestamp>,
    /// Its flags, those found now included.
    pub(crate) flags: Vec<String>,
    /// Its body.
    pub(crate) body: Vec<u8>,
    /// The people it speaks of, for the ledger of who asked about whom.
    pub(crate) people: Vec<Identifier>,
}

/// The people among a record's subjects.
pub(crate) fn people<'a>(
    subjects: impl IntoIterator<Item = &'a contract::canonical::v1::Identifier>,
) -> Vec<Identifier> {
    let subjects = subjects.into_iter().filter_map(|subject| Identifier::try_from(subject).ok());
    subjects.filter(|subject| subject.kind().is_person()).collect()
}

/// Brings records up to the moment of reading.
pub(crate) struct Presenter<'a, V> {
    reader: Reader<'a, V>,
    joins: Joins<'a, V>,
    resource: &'a Resource,
    today: String,
    marks_unknown_holders: bool,
    marks_sums: bool,
    names_enterprise: bool,
}

impl<'a, V: ViewReader> Presenter<'a, V> {
    /// A presenter of the permit's resource. What the permit does not show is not looked up.
    pub(crate) fn new(reader: Reader<'a, V>, now: Timestamp, offset: FixedOffset) -> Self {
        Self::joined(reader, reader.permit().resource(), now, offset)
    }

    /// A presenter of another resource, whose records the permit's are composed of; without flags.
    pub(crate) fn joined(reader: Reader<'a, V>, resource: &'a Resource, now: Timestamp, offset: FixedOffset) -> Self {
        let permit = reader.permit();
        let is_own = permit.resource().id == resource.id;
        let marks = |flag: &str| {
            let declared = resource.flags.iter().any(|known| known.name == flag && known.at == FlagMoment::Read);
            is_own && declared && permit.shows_flag(flag)
        };
        Self {
            reader,
            joins: Joins::new(reader),
            resource,
            today: iso_day(local_day(now, offset)),
            marks_unknown_holders: marks(HOLDER_UNKNOWN),
            marks_sums: marks(SHAREHOLDING_SUM),
            names_enterprise: is_own && resource.id == SHAREHOLDING && permit.items().contains("enterprise.name"),
        }
    }

    /// The record as it stands now.
    pub(crate) async fn present(&mut self, held: Held) -> Result<Standing, Stop> {
        let resource = self.resource;
        let is_superseded = self.shows_status() && Box::pin(self.is_superseded(&held)).await?;
        let record = held.record;
        let body = record.body.filter(|body| full_name_of(&body.type_url) == resource.message);
        let body = body.ok_or_else(|| Away::Damaged(resource.id.clone()))?.value;
        let mut standing = Standing {
            department: record.department,
            cursor: held.cursor,
            version: record.version,
            received_at: record.received_at,
            flags: record.flags,
            body,
            people: people(&record.subjects),
        };
        if resource.kind == ResourceKind::Certificate {
            expire(&mut standing.body, &self.today);
        }
        if let (true, Some(superseded)) = (is_superseded, code(CertificateStatus::Superseded)) {
            wire::append_varint_field(&mut standing.body, STATUS, superseded);
        }
        if self.marks_unknown_holders && Box::pin(self.has_unknown_holder(&standing.body)).await? {
            standing.flags.push(HOLDER_UNKNOWN.to_owned());
        }
        if self.names_enterprise || self.marks_sums {
            Box::pin(self.join_enterprise(&mut standing)).await?;
        }
        Ok(standing)
    }

    /// Whether the status of a certificate can be seen; for what is composed of it always.
    fn shows_status(&self) -> bool {
        let permit = self.reader.permit();
        let is_joined = permit.resource().id != self.resource.id;
        self.resource.kind == ResourceKind::Certificate && (is_joined || permit.items().contains("status"))
    }

    async fn is_superseded(&self, held: &Held) -> Result<bool, Stop> {
        let status = wire::varint_field(held.body(), STATUS).and_then(|status| i32::try_from(status).ok());
        let status = status.and_then(|status| CertificateStatus::try_from(status).ok()).unwrap_or_default();
        Ok(supersede::gives_way(status) && supersede::is_superseded(&self.reader, self.resource, held).await?)
    }

    /// Whether a holder that the register of enterprises should know is not there.
    async fn has_unknown_holder(&mut self, body: &[u8]) -> Result<bool, Stop> {
        let holders = Certificate::decode(body).map(|certificate| certificate.holders).unwrap_or_default();
        for identifier in holders.iter().filter_map(|holder| holder.identifier.as_ref()) {
            let Ok(by) = Identifier::try_from(identifier) else { continue };
            let is_registered = matches!(by.kind(), IdentifierKind::Uscc | IdentifierKind::RegistrationNumber);
            if is_registered && self.joins.enterprise(&by).await?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn join_enterprise(&mut self, standing: &mut Standing) -> Result<(), Stop> {
        let Ok(share) = Shareholding::decode(standing.body.as_slice()) else { return Ok(()) };
        if share.enterprise_source_id.is_empty() {
            return Ok(());
        }
        if self.marks_sums && self.joins.shares_exceed_whole(&share.enterprise_source_id).await? {
            standing.flags.push(SHAREHOLDING_SUM.to_owned());
        }
        if !self.names_enterprise {
            return Ok(());
        }
        if let Some(enterprise) = self.joins.enterprise_of_source(&share.enterprise_source_id).await? {
            wire::append_message_field(&mut standing.body, ENTERPRISE, &enterprise.party().encode_to_vec());
        }
        Ok(())
    }
}

/// A valid certificate is expired from the day after `valid_to`.
fn expire(body: &mut Vec<u8>, today: &str) {
    let is_valid = wire::varint_field(body, STATUS) == code(CertificateStatus::Valid);
    let is_endless = wire::varint_field(body, VALID_INDEFINITELY).is_some_and(|value| value != 0);
    let is_over = wire::string_field(body, VALID_TO).is_some_and(|last| !last.is_empty() && last < today);
    if let (true, true, Some(expired)) = (is_valid && !is_endless, is_over, code(CertificateStatus::Expired)) {
        wire::append_varint_field(body, STATUS, expired);
    }
}

fn code(status: CertificateStatus) -> Option<u64> {
    u64::try_from(status as i32).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::message_of;

    fn number(message: &str, field: &str) -> u32 {
        message_of(message).unwrap().get_field_by_name(field).unwrap().number()
    }

    #[test]
    fn numbers_of_fields_are_those_of_the_messages() {
        assert_eq!(number("Certificate", "valid_to"), VALID_TO);
        assert_eq!(number("Certificate", "valid_indefinitely"), VALID_INDEFINITELY);
        assert_eq!(number("Certificate", "status"), STATUS);
        assert_eq!(number("Shareholding", "enterprise"), ENTERPRISE);
    }

    fn status(certificate: &Certificate, today: &str) -> CertificateStatus {
        let mut body = certificate.encode_to_vec();
        expire(&mut body, today);
        Certificate::decode(body.as_slice()).unwrap().status()
    }

    #[test]
    fn a_certificate_is_valid_through_its_last_day() {
        let valid = Certificate {
            valid_to: "2027-02-28".into(),
            status: CertificateStatus::Valid.into(),
            ..Certificate::default()
        };
        assert_eq!(status(&valid, "2027-02-28"), CertificateStatus::Valid);
        assert_eq!(status(&valid, "2027-03-01"), CertificateStatus::Expired);
        assert_eq!(
            status(&Certificate { valid_indefinitely: true, ..valid.clone() }, "2027-03-01"),
            CertificateStatus::Valid
        );
        assert_eq!(
            status(&Certificate { valid_to: String::new(), ..valid.clone() }, "2027-03-01"),
            CertificateStatus::Valid
        );
        let cancelled = Certificate { status: CertificateStatus::Cancelled.into(), ..valid };
        assert_eq!(status(&cancelled, "2027-03-01"), CertificateStatus::Cancelled);
    }
}
