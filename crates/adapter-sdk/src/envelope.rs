//! Records and rejects as they travel on the bus.

use crate::{
    hash,
    judge::Weighed,
    mapping::{Department, Effect, Rejection, Row},
    state::{self, Unit},
};
use contract::{
    canonical::v1::{self as canonical, Operation, Record, Source},
    topics::{self, Header},
    v1::{AdapterLease, DepartmentIntake, Reject, RejectState},
};
use domain::{Language, Timestamp};
use formats::framing::{FramedRow, RowPlace};
use prost::Message;
use std::sync::Arc;

/// Which topic a message goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Records,
    Rejects,
    Status,
    Control,
}

/// Header of a reject: the kind of the row where the source has several, without which it cannot be translated again.
pub(crate) const ROW_KIND: &str = "exchange-row-kind";

/// Header of a reject: the source's own stamp of what the row came in, needed likewise.
pub(crate) const ROW_STAMP: &str = "exchange-row-stamp";

/// Header of a reject: the row's number in its unit where the place tells another, which its version is made of.
pub(crate) const ROW_NUMBER: &str = "exchange-row-number";

/// A message made up and ready to be sent, as often as it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) channel: Channel,
    pub(crate) key: String,
    /// Headers that it shares with others of its kind; they come first.
    shared: Arc<[Header]>,
    headers: Vec<Header>,
    /// None is a tombstone.
    pub(crate) payload: Option<Vec<u8>>,
}

/// Where a row lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) unit: &'a Unit,
    pub(crate) number: u64,
    pub(crate) kind: &'a str,
    pub(crate) at: At<'a>,
    pub(crate) bytes: &'a [u8],
}

/// Where in its unit a row lies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At<'a> {
    Bytes { from: u64, to: u64 },
    Sheet { sheet: &'a str, row: u64 },
    Table(&'a str),
    Topic { topic: &'a str, partition: i32, offset: i64 },
    Passing,
}

impl<'a> At<'a> {
    /// Where a row of a file lies.
    pub(crate) fn framed(row: &'a FramedRow) -> Self {
        match &row.place {
            RowPlace::Bytes => Self::Bytes { from: row.byte_from, to: row.byte_to },
            place => Self::place(place),
        }
    }

    /// Where a row lies that has no bytes of a file.
    pub(crate) fn place(place: &'a RowPlace) -> Self {
        match place {
            RowPlace::Sheet { sheet, row } => Self::Sheet { sheet, row: *row },
            RowPlace::Table { key } => Self::Table(key),
            RowPlace::Topic { topic, partition, offset } => {
                Self::Topic { topic, partition: *partition, offset: *offset }
            }
            RowPlace::Bytes | RowPlace::Passing => Self::Passing,
        }
    }

    /// Where a record or reject says that its row lay.
    pub(crate) fn stated(source: &'a Source) -> Self {
        if !source.table.is_empty() {
            Self::Table(&source.key)
        } else if let (Some(partition), Some(offset)) = (source.partition, source.offset) {
            Self::Topic { topic: &source.topic, partition, offset }
        } else if let (Some(from), Some(to)) = (source.byte_from, source.byte_to) {
            Self::Bytes { from, to }
        } else if source.sheet.is_empty() {
            Self::Passing
        } else {
            Self::Sheet { sheet: &source.sheet, row: source.row.unwrap_or_default() }
        }
    }

    /// The row's key in its table.
    pub(crate) fn key(self) -> &'a str {
        if let Self::Table(key) = self { key } else { "" }
    }
}

impl<'a> Place<'a> {
    /// A row of a file.
    pub(crate) fn framed(unit: &'a Unit, row: &'a FramedRow) -> Self {
        Self { unit, number: row.number, kind: &row.kind, at: At::framed(row), bytes: &row.bytes }
    }

    /// The row as its mapping gets it.
    pub(crate) fn row(&self) -> Row<'a> {
        Row { kind: self.kind, origin: &self.unit.file, stamp: &self.unit.stamp, key: self.at.key(), bytes: self.bytes }
    }

    /// The place as records and rejects state it.
    pub(crate) fn source(&self, department: &Department) -> Source {
        let mut source = self.said(department);
        match self.at {
            At::Bytes { from, to } => (source.byte_from, source.byte_to) = (Some(from), Some(to)),
            At::Sheet { sheet, row } => {
                sheet.clone_into(&mut source.sheet);
                source.row = Some(row);
            }
            At::Table(key) => {
                self.kind.clone_into(&mut source.table);
                key.clone_into(&mut source.key);
            }
            At::Topic { topic, partition, offset } => {
                topic.clone_into(&mut source.topic);
                (source.partition, source.offset) = (Some(partition), Some(offset));
            }
            At::Passing => {}
        }
        source
    }

    fn said(&self, department: &Department) -> Source {
        Source {
            system: department.system.to_owned(),
            file: self.unit.file.clone(),
            row: Some(self.number),
            digest: hash::of_bytes(self.bytes).to_vec(),
            adapter_version: env!("CARGO_PKG_VERSION").to_owned(),
            mapping_version: department.mapping_version.to_owned(),
            intake: self.unit.intake,
            ..Source::default()
        }
    }

    /// Deterministic, so that the reject of a row read twice is one reject.
    pub(crate) fn reject_id(&self, department: &Department) -> String {
        let (kind, bytes) = (self.kind.as_bytes(), self.bytes);
        match self.at {
            At::Bytes { .. } | At::Sheet { .. } => {
                hash::reject_id(department.id, &self.unit.file, &self.unit.hash, self.number)
            }
            At::Table(key) => hash::passing_reject_id(department.id, &[kind, key.as_bytes(), bytes]),
            At::Topic { topic, partition, offset } => hash::passing_reject_id(
                department.id,
                &[topic.as_bytes(), &partition.to_be_bytes(), &offset.to_be_bytes(), bytes],
            ),
            At::Passing => hash::passing_reject_id(department.id, &[kind, bytes]),
        }
    }

    /// When the row's unit was begun.
    pub(crate) fn received_at(&self) -> Option<Timestamp> {
        state::instant(Some(self.unit.begun))
    }
}

impl Outgoing {
    /// `shared` is what [`headers_of_records`] gives for the record's department.
    pub(crate) fn record(record: &Record, shared: &Arc<[Header]>) -> Self {
        let key = topics::record_key(&record.resource, &record.key);
        let headers = vec![(topics::CE_ID, [&key, "@", &record.version].concat())];
        Self {
            channel: Channel::Records,
            key,
            shared: Arc::clone(shared),
            headers,
            payload: Some(record.encode_to_vec()),
        }
    }

    pub(crate) fn reject(reject: &Reject, place: &Place<'_>) -> Self {
        let mut headers = Vec::from(topics::reject_headers(reject));
        let of_row = [(ROW_KIND, place.kind), (ROW_STAMP, &place.unit.stamp)];
        let of_row = of_row.into_iter().filter(|(_, value)| !value.is_empty());
        headers.extend(of_row.map(|(name, value)| (name, value.to_owned())));
        if let At::Sheet { .. } = place.at {
            headers.push((ROW_NUMBER, place.number.to_string()));
        }
        let payload = Some(reject.encode_to_vec());
        Self { channel: Channel::Rejects, key: reject.reject_id.clone(), shared: Arc::default(), headers, payload }
    }

    pub(crate) fn intake(department: &Department, intake: &DepartmentIntake, at: Timestamp) -> Self {
        let id = format!("{}@{}.{}", intake.department, intake.intake, at.timestamp_millis());
        Self {
            channel: Channel::Status,
            key: intake.department.clone(),
            shared: Arc::default(),
            headers: topics::headers::<DepartmentIntake>(department.id, department.system, id).into(),
            payload: Some(intake.encode_to_vec()),
        }
    }

    /// The one lease that lies under the department's key.
    pub(crate) fn lease(department: &Department, lease: &AdapterLease) -> Self {
        let key = format!("lease/{}", department.id);
        let id = format!("{key}@{}.{}", lease.epoch, lease.holder);
        Self {
            channel: Channel::Control,
            key,
            shared: Arc::default(),
            headers: topics::headers::<AdapterLease>(department.id, department.system, id).into(),
            payload: Some(lease.encode_to_vec()),
        }
    }

    /// Takes the command under `key` off the control topic.
    pub(crate) fn heeded(key: String) -> Self {
        Self { channel: Channel::Control, key, shared: Arc::default(), headers: Vec::new(), payload: None }
    }

    /// Its headers, in order.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &Header> {
        self.shared.iter().chain(&self.headers)
    }

    /// Bytes it takes up, on the bus and while it waits.
    pub(crate) fn size(&self) -> usize {
        let headers: usize = self.headers().map(|(name, value)| name.len() + value.len()).sum();
        self.payload.as_ref().map_or(0, Vec::len) + self.key.len() + headers + 64
    }
}

/// The headers that are the same on every record of a department.
pub(crate) fn headers_of_records(department: &Department) -> Arc<[Header]> {
    let headers = topics::headers::<Record>(department.id, department.system, String::new());
    headers.into_iter().filter(|(name, _)| *name != topics::CE_ID).collect()
}

/// The envelope of a judged record.
pub(crate) fn record(department: &Department, weighed: &Weighed, source: Source, at: Option<Timestamp>) -> Record {
    let draft = &weighed.draft;
    let mut record = Record {
        resource: draft.resource.to_owned(),
        department: department.id.to_owned(),
        key: draft.key.clone(),
        version: weighed.version.as_str().to_owned(),
        operation: Operation::Upsert.into(),
        subjects: draft.subjects.iter().map(identifier).collect(),
        flags: draft.flags.iter().map(|&flag| flag.to_owned()).collect(),
        source: Some(source),
        source_time: (draft.source_time != Timestamp::UNIX_EPOCH).then(|| timestamp(draft.source_time)),
        received_at: at.map(timestamp),
        body: None,
        reason: String::new(),
    };
    match &draft.effect {
        Effect::Upsert { message, body } => record.body = Some(contract::pack(message, body.clone())),
        Effect::Withdraw { reason } => {
            record.operation = Operation::Withdraw.into();
            (*reason).clone_into(&mut record.reason);
        }
    }
    record
}

/// The reject of a row.
pub(crate) fn reject(department: &Department, rejection: &Rejection, place: &Place<'_>, language: Language) -> Reject {
    Reject {
        reject_id: place.reject_id(department),
        department: department.id.to_owned(),
        resource: rejection.resource.to_owned(),
        rule: rejection.rule.id.to_owned(),
        field: rejection.field.to_owned(),
        message: rejection.rule.sentence(language).to_owned(),
        source: Some(place.source(department)),
        encoding: if matches!(place.at, At::Table(_) | At::Sheet { .. }) { "json" } else { department.encoding }
            .to_owned(),
        original: place.bytes.to_vec(),
        mapping_version: department.mapping_version.to_owned(),
        rejected_at: place.received_at().map(timestamp),
        state: RejectState::Open.into(),
    }
}

/// An instant as it travels.
pub(crate) fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: instant.timestamp(),
        // A leap second is written as the last nanosecond before it.
        nanos: i32::try_from(instant.timestamp_subsec_nanos().min(999_999_999)).unwrap_or_default(),
    }
}

fn identifier(identifier: &domain::Identifier) -> canonical::Identifier {
    canonical::Identifier { kind: identifier.kind().as_str().to_owned(), value: identifier.value().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{mapping::Mapping, testing};

    #[test]
    fn a_record_bears_the_headers_of_the_contract() {
        let department = testing::Lines.department();
        let record = Record {
            resource: "natural-person".into(),
            department: department.id.into(),
            key: "P1".into(),
            version: "20260101000000.1.1".into(),
            source: Some(Source { system: department.system.into(), ..Source::default() }),
            ..Record::default()
        };
        let message = Outgoing::record(&record, &headers_of_records(department));
        assert_eq!(message.headers().cloned().collect::<Vec<_>>(), topics::record_headers(&record));
    }
}
