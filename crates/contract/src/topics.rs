//! Topics of the bus, their keys and their headers (contract.md §5; `CloudEvents` Kafka binding).

use crate::{canonical::v1::Record, v1::Reject};
use prost::Name;

/// Catalogue, grants, leases and commands; compacted.
pub const CONTROL: &str = "exchange.control";
/// The mirror of the evidence log.
pub const EVIDENCE: &str = "exchange.evidence";
/// What adapters announce of themselves.
pub const STATUS: &str = "exchange.status";

/// Partitions of a department's topics, when whoever comes first makes them.
pub const DEPARTMENT_PARTITIONS: u32 = 4;

/// Header: media type of the value.
pub const CONTENT_TYPE: &str = "content-type";
/// Header: version of `CloudEvents`.
pub const CE_SPECVERSION: &str = "ce_specversion";
/// Header: full name of the value's message.
pub const CE_TYPE: &str = "ce_type";
/// Header: who made the event.
pub const CE_SOURCE: &str = "ce_source";
/// Header: id of the event, unique within its source.
pub const CE_ID: &str = "ce_id";

/// A header's name and value.
pub type Header = (&'static str, String);

/// The topic of a department's records.
#[must_use]
pub fn records(department: &str) -> String {
    format!("exchange.records.{department}")
}

/// The topic of a department's rejects.
#[must_use]
pub fn rejects(department: &str) -> String {
    format!("exchange.rejects.{department}")
}

/// The Kafka key of a record.
#[must_use]
pub fn record_key(resource: &str, key: &str) -> String {
    format!("{resource}/{key}")
}

/// The headers of a record.
#[must_use]
pub fn record_headers(record: &Record) -> [Header; 5] {
    let system = record.source.as_ref().map_or("", |source| source.system.as_str());
    headers::<Record>(&record.department, system, format!("{}/{}@{}", record.resource, record.key, record.version))
}

/// The headers of a reject.
#[must_use]
pub fn reject_headers(reject: &Reject) -> [Header; 5] {
    let system = reject.source.as_ref().map_or("", |source| source.system.as_str());
    headers::<Reject>(&reject.department, system, reject.reject_id.clone())
}

/// The headers of any message that `department`'s `system` writes; `id` is unique within it.
#[must_use]
pub fn headers<M: Name>(department: &str, system: &str, id: String) -> [Header; 5] {
    [
        (CONTENT_TYPE, "application/protobuf".to_owned()),
        (CE_SPECVERSION, "1.0".to_owned()),
        (CE_TYPE, M::full_name()),
        (CE_SOURCE, format!("/departments/{department}/{system}")),
        (CE_ID, id),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::v1::Source;

    #[test]
    fn a_record_is_named_by_resource_key_and_version() {
        let record = Record {
            resource: "natural-person".into(),
            department: "public-security".into(),
            key: "P1".into(),
            version: "20260101000000.1.1".into(),
            source: Some(Source { system: "czrk".into(), ..Source::default() }),
            ..Record::default()
        };
        let expected = [
            ("content-type", "application/protobuf"),
            ("ce_specversion", "1.0"),
            ("ce_type", "exchange.canonical.v1.Record"),
            ("ce_source", "/departments/public-security/czrk"),
            ("ce_id", "natural-person/P1@20260101000000.1.1"),
        ];
        assert_eq!(record_headers(&record), expected.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(records("health"), "exchange.records.health");
    }
}
