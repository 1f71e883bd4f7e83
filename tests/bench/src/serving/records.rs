//! Invented enterprises of about 2 KB each, and questions about them.

use crate::numbers;
use bytes::{BufMut as _, Bytes, BytesMut};
use contract::{
    canonical::v1::{Identifier, LegalPerson, Operation, Party, PartyKind, Record, RegistrationStatus, Source},
    v1::{Outcome, Purpose, RecordView, ResolveRequest, ResolveResponse},
};
use exchange_tests::Random;
use prost::{Message as _, Name as _};
use std::fmt::Write as _;

/// Whose records they are.
pub(super) const DEPARTMENT: &str = "market-supervision";
/// The resource that is asked for.
pub(super) const RESOURCE: &str = "legal-person";
const MATTER: &str = "000172149001";
/// Length of a unified social credit code.
const CODE: usize = 18;
/// What an enterprise may do, for its business scope.
const TRADES: &[&str] = &[
    "食品销售（仅销售预包装食品）",
    "日用百货零售",
    "计算机软硬件及辅助设备批发",
    "信息技术咨询服务",
    "机械设备租赁",
    "货物进出口",
    "会议及展览服务",
    "建筑材料销售",
    "普通货物道路运输",
    "农产品的生产、销售、加工、运输、贮藏及其他相关服务",
    "物业管理",
    "企业管理咨询",
    "广告设计、代理",
    "电子产品销售",
    "园林绿化工程施工",
    "仓储服务（不含危险化学品等需许可审批的项目）",
];
/// Bytes of the business scope.
const SCOPE: usize = 1_300;

/// Record `index` as an adapter publishes it.
pub(super) fn record(index: u64, now: &prost_types::Timestamp) -> Record {
    let uscc = numbers::uscc(index);
    let registration = format!("1101010{index:08}");
    let subjects = [
        ("uscc", uscc.clone()),
        ("registration-number", registration.clone()),
        ("organisation-code", uscc[8..17].to_owned()),
        ("source-key", format!("PRIPID{index:012}")),
    ];
    let body = enterprise(index, &uscc, registration);
    Record {
        resource: RESOURCE.into(),
        department: DEPARTMENT.into(),
        key: uscc,
        version: format!("20260101000000.0000000001.{index:010}"),
        operation: Operation::Upsert.into(),
        subjects: subjects.map(|(kind, value)| Identifier { kind: kind.into(), value }).into(),
        source: Some(Source {
            system: "amr".into(),
            file: "enterprises-20260101.xml".into(),
            row: Some(index + 1),
            ..Source::default()
        }),
        source_time: Some(prost_types::Timestamp { seconds: 1_767_225_600, nanos: 0 }),
        received_at: Some(*now),
        body: Some(contract::pack(&LegalPerson::full_name(), body.encode_to_vec())),
        ..Record::default()
    }
}

fn enterprise(index: u64, uscc: &str, registration_number: String) -> LegalPerson {
    LegalPerson {
        uscc: uscc.to_owned(),
        registration_number,
        source_id: format!("PRIPID{index:012}"),
        name: format!("某某市第{index}号贸易有限责任公司"),
        type_code: "1130".into(),
        type_name: "有限责任公司（自然人投资或控股的法人独资）".into(),
        legal_representative: Some(Party {
            name: format!("张某{}", index % 97),
            kind: PartyKind::Person.into(),
            ..Party::default()
        }),
        registered_capital: format!("{}.00", 10_000 + index % 9_000_000),
        currency: "CNY".into(),
        established_on: "2015-06-01".into(),
        approved_on: "2025-12-01".into(),
        operates_from: "2015-06-01".into(),
        operates_indefinitely: true,
        address: format!("某某省某某市某某区某某街道某某路{}号{}室", index % 999 + 1, index % 77 + 101),
        business_scope: scope(index),
        registration_authority_code: "110101".into(),
        registration_authority: "某某市某某区市场监督管理局".into(),
        registration_status: RegistrationStatus::InOperation.into(),
        registration_status_text: "存续（在营、开业、在册）".into(),
        industry_section: "F".into(),
        industry_code: "5199".into(),
        ..LegalPerson::default()
    }
}

fn scope(index: u64) -> String {
    let mut random = Random::new(index + 1);
    let mut text = String::with_capacity(SCOPE + 100);
    while text.len() < SCOPE {
        // A String takes everything.
        let _ = write!(text, "{}（{:04}）；", random.pick(TRADES), random.below(10_000));
    }
    text
}

/// The answer that a service without receipts gives about record `index`.
pub(crate) fn answer_row(index: u64, now: &prost_types::Timestamp) -> (String, Vec<u8>) {
    let record = record(index, now);
    let view = RecordView {
        resource: record.resource,
        department: record.department,
        key: record.key.clone(),
        version: record.version,
        source_time: record.source_time,
        received_at: record.received_at,
        body: record.body,
        ..RecordView::default()
    };
    let answer = ResolveResponse { outcome: Outcome::Found.into(), records: vec![view], ..ResolveResponse::default() };
    (record.key, answer.encode_to_vec())
}

/// The question for the record of `resource` that an identifier, its kind and value, leads to.
pub(crate) fn question(resource: &str, (kind, value): (&str, &str)) -> ResolveRequest {
    ResolveRequest {
        resource: resource.to_owned(),
        by: Some(Identifier { kind: kind.to_owned(), value: value.to_owned() }),
        purpose: Some(Purpose { matter: MATTER.into(), case_number: "2026-0001".into(), ..Purpose::default() }),
        ..ResolveRequest::default()
    }
}

/// Questions about records chosen at random.
#[derive(Clone, Debug)]
pub(crate) struct Questions {
    template: Bytes,
    /// Where the code stands in it.
    at: usize,
    records: u64,
}

impl Questions {
    /// Questions about `records` records.
    pub(crate) fn about(records: u64) -> Self {
        let value = "@".repeat(CODE);
        let template: Bytes = question(RESOURCE, ("uscc", &value)).encode_to_vec().into();
        let at = template.windows(CODE).position(|window| window == value.as_bytes()).unwrap_or_default();
        Self { template, at, records }
    }

    /// The question about record `index`.
    pub(crate) fn nth(&self, index: u64) -> Bytes {
        let mut question = BytesMut::with_capacity(self.template.len());
        question.put_slice(&self.template[..self.at]);
        question.put_slice(numbers::uscc(index).as_bytes());
        question.put_slice(&self.template[self.at + CODE..]);
        question.freeze()
    }

    /// The next question.
    pub(crate) fn any(&self, random: &mut Random) -> Bytes {
        self.nth(random.number() % self.records)
    }
}

/// Whether an answer of any of the services says that a record was found.
pub(super) fn is_found(answer: &[u8]) -> bool {
    // Field 1, the outcome: FOUND.
    answer.starts_with(&[0x08, 0x01])
}
