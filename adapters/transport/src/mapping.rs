//! From change events to `vehicle-quota`.

use crate::{
    event::{Event, Operation, Stamp},
    rules,
};
use adapter_sdk::{
    Department, Draft, Effect, Mapping, Resource, Row, Translated,
    formats::messages::TOMBSTONE,
    reading::{Fault, Fields, Listed, Parties},
    rules::{CODE_UNKNOWN, DATE_INVALID, FIELD_REQUIRED, NUMBER_INVALID, PARTY_IDENTIFIER},
};
use chrono::NaiveDate;
use contract::canonical::v1::{PartyKind, QuotaKind, QuotaState, VehicleQuota};
use domain::{Identifier, IdentifierKind, date, identifier::detect};

const VEHICLE_QUOTA: &str = "vehicle-quota";
/// 1970-01-01, counted as the calendar's days.
const EPOCH_FROM_CE: i64 = 719_163;

static DEPARTMENT: Department = Department {
    id: "transport",
    system: "zb_info",
    mapping_version: "1",
    encoding: "utf-8",
    resources: &[Resource { id: VEHICLE_QUOTA, message: "exchange.canonical.v1.VehicleQuota" }],
    rules: rules::ALL,
};

/// The table of quotas (指标).
pub(crate) struct QuotaTable;

impl Mapping for QuotaTable {
    fn department(&self) -> &'static Department {
        &DEPARTMENT
    }

    fn translate(&self, row: &Row<'_>, _memory: Option<&[u8]>) -> Translated {
        if row.kind == TOMBSTONE {
            return Translated::Skipped { rule: &rules::TOMBSTONE };
        }
        let event = match Event::read(row.bytes) {
            Ok(event) => event,
            Err(fault) => return fault.reject(VEHICLE_QUOTA, None),
        };
        let translated = match event.operation {
            Operation::Write => written(&event),
            Operation::Delete => deleted(&event),
            Operation::Truncate => return Translated::Skipped { rule: &rules::TRUNCATE },
        };
        translated.unwrap_or_else(|fault| fault.reject(VEHICLE_QUOTA, key_of(&event)))
    }
}

/// The row says this now; under another number than before, the old one is taken back.
fn written(event: &Event) -> Result<Translated, Fault> {
    let after = event.after()?;
    let key = after.key("zbbh")?;
    let stamp = event.stamp(&after)?;
    let mut drafts = Vec::new();
    let before = event.before()?.filter(|before| before.key("zbbh").is_ok_and(|old| old != key));
    if let Some(before) = before {
        drafts.push(withdrawal(&before, before.key("zbbh")?, &stamp, "key.changed"));
    }
    drafts.push(quota(&after, key, &stamp)?);
    Ok(Translated::records(drafts))
}

fn deleted(event: &Event) -> Result<Translated, Fault> {
    let before = event.before()?.ok_or(Fault::new(&FIELD_REQUIRED, "before"))?;
    let key = before.key("zbbh")?;
    let stamp = event.stamp(&before)?;
    Ok(Translated::records(vec![withdrawal(&before, key, &stamp, "source.deleted")]))
}

/// What is gone is gone, whatever else its row said: only lookups that can be used go along.
fn withdrawal(row: &Fields, key: String, stamp: &Stamp, reason: &'static str) -> Draft {
    let holder = detect::by_holder_code(&row.number("zjlx"), row.text("zjhm")).ok();
    let mut subjects: Vec<Identifier> = holder.map(detect::Detected::into_identifier).into_iter().collect();
    subjects.extend(application(row));
    draft(key, stamp, subjects, Effect::Withdraw { reason })
}

fn quota(row: &Fields, key: String, stamp: &Stamp) -> Result<Draft, Fault> {
    let kind = match row.text("zblx") {
        "普通" => Some(QuotaKind::Ordinary),
        "新能源" => Some(QuotaKind::NewEnergy),
        "单位" => Some(QuotaKind::Unit),
        _ => None,
    };
    let state = match row.number("zt").as_str() {
        "1" => Some(QuotaState::Valid),
        "2" => Some(QuotaState::Used),
        "3" => Some(QuotaState::Lapsed),
        "4" => Some(QuotaState::Returned),
        _ => None,
    };
    let party_kind = if kind == Some(QuotaKind::Unit) { PartyKind::Organisation } else { PartyKind::Person };
    let mut parties = Parties::default();
    let number = detect::by_holder_code(&row.number("zjlx"), row.text("zjhm"));
    let holder = parties.read(row.text("xm"), number, party_kind, "zjhm")?;
    let Listed { mut subjects, flagged } = parties.finish()?;
    subjects.extend(application(row));
    let body = VehicleQuota {
        quota_number: key.clone(),
        application_number: row.number("sqbm"),
        holder,
        kind: kind.unwrap_or_default().into(),
        valid_from: day(row, "yxqq")?,
        valid_to: day(row, "yxqz")?,
        state: state.unwrap_or_default().into(),
    };
    let mut draft = draft(key, stamp, subjects, Effect::upsert(&body));
    if flagged {
        draft.flag(&PARTY_IDENTIFIER);
    }
    let is_unknown = |known: bool, field| !known && !row.text(field).is_empty();
    if is_unknown(kind.is_some(), "zblx") || is_unknown(state.is_some(), "zt") {
        draft.flag(&CODE_UNKNOWN);
    }
    Ok(draft)
}

fn draft(key: String, stamp: &Stamp, subjects: Vec<Identifier>, effect: Effect) -> Draft {
    Draft {
        resource: VEHICLE_QUOTA,
        key,
        stamp: stamp.digits.clone(),
        source_time: stamp.at,
        subjects,
        flags: Vec::new(),
        effect,
    }
}

fn application(row: &Fields) -> Option<Identifier> {
    Identifier::parse(IdentifierKind::ApplicationNumber, row.text("sqbm")).ok()
}

/// A Debezium date, days since 1970, as an ISO day; `""` when it is null.
fn day(row: &Fields, field: &'static str) -> Result<String, Fault> {
    let given = row.number(field);
    if given.is_empty() {
        return Ok(given);
    }
    let days: i64 = given.parse().map_err(|_| Fault::new(&NUMBER_INVALID, field))?;
    let from_ce = days.checked_add(EPOCH_FROM_CE).and_then(|days| i32::try_from(days).ok());
    let day = from_ce.and_then(NaiveDate::from_num_days_from_ce_opt);
    day.map(date::iso_day).ok_or(Fault::new(&DATE_INVALID, field))
}

/// The number that the event is about, where it can be read.
fn key_of(event: &Event) -> Option<String> {
    let row = match event.operation {
        Operation::Delete => event.before().ok().flatten(),
        _ => event.after().ok(),
    };
    row?.key("zbbh").ok()
}
