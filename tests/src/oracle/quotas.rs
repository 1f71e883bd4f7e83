use super::{
    holders::{Given, by_code, by_number, party},
    seen::Seen,
};
use crate::{
    Draft,
    rows::Refusal,
    tables::{Ends, WantedRow},
    text::trim,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Reads messages of the topic as the transport page says.
#[derive(Debug, Default)]
pub struct QuotaOracle {
    /// Newest of each quota.
    pub seen: Seen,
    /// What must become of each message so far.
    pub rows: Vec<WantedRow>,
}

const TOPIC: &str = "transport.quota.public.zb_info";

impl QuotaOracle {
    /// Takes in the next message of the only partition.
    pub fn take(&mut self, label: &'static str, message: &str) {
        let place = json!({ "topic": TOPIC, "partition": 0, "offset": self.rows.len() });
        let ends = match drafts(message) {
            Ok(Some((drafts, open))) => {
                let judged = drafts.into_iter().map(|draft| (self.seen.judge(&draft), draft));
                Ends::Records(judged.collect(), open)
            }
            Ok(None) => Ends::Skipped,
            Err(refusal) => Ends::Rejected(refusal),
        };
        self.rows.push(WantedRow::new(label, place, ends));
    }
}

type Drafts = (Vec<Draft>, &'static [&'static str]);

fn drafts(message: &str) -> Result<Option<Drafts>, Refusal> {
    let value: Value = serde_json::from_str(message).map_err(|_| Refusal::whole("message.json"))?;
    if value.is_null() {
        return Ok(None);
    }
    let wrapped = value.as_object().ok_or_else(|| Refusal::whole("message.json"))?;
    let event = match wrapped.get("payload") {
        Some(payload) if wrapped.contains_key("schema") => payload,
        _ => &value,
    };
    let (before, after) = (&event["before"], &event["after"]);
    match event["op"].as_str() {
        Some("t") => Ok(None),
        Some("d") => {
            let mut draft = quota(event, before)?;
            draft.withdrawn = Some("deleted");
            draft.body = Value::Null;
            draft.flags.clear();
            Ok(Some((vec![draft], &[])))
        }
        Some("c" | "r" | "u") => {
            let draft = quota(event, after)?;
            let mut all = Vec::new();
            let old = text(before, "zbbh");
            if event["op"] == "u" && !old.is_empty() && old != draft.key {
                let mut gone = quota(event, before)?;
                gone.withdrawn = Some("key.changed");
                gone.body = Value::Null;
                gone.flags.clear();
                all.push(gone);
            }
            all.push(draft);
            // Whether an unknown kind of holder's number is told as well is nowhere said.
            let open: &[&str] = if known(&text(after, "zjlx")) { &[] } else { &["code.unknown"] };
            Ok(Some((all, open)))
        }
        _ => Err(Refusal::whole("message.op")),
    }
}

fn known(code: &str) -> bool {
    code.is_empty() || by_code(code, "1").is_some()
}

fn text(row: &Value, column: &str) -> String {
    match &row[column] {
        Value::Null => String::new(),
        Value::String(text) => trim(text).to_owned(),
        other => other.to_string(),
    }
}

fn quota(event: &Value, row: &Value) -> Result<Draft, Refusal> {
    let key = text(row, "zbbh");
    if key.is_empty() {
        return Err(Refusal::whole("field.required").or("message.json"));
    }
    let stamp = stamp(event, row)?;
    let number = text(row, "zjhm");
    let holder = by_code(&text(row, "zjlx"), &number).unwrap_or_else(|| by_number(&number));
    let identifier = match &holder {
        Given::Good(kind, value) => (*kind, value.clone()),
        Given::Masked => return Err(Refusal::of("party.masked", "zjhm")),
        Given::Blank => return Err(Refusal::of("party.missing", "zjhm")),
        Given::Wrong(_, _, rule) => return Err(Refusal::of(rule.as_str(), "zjhm")),
    };
    let mut subjects = BTreeSet::from([identifier]);
    let mut body = Map::from_iter([("quota_number".to_owned(), Value::from(key.clone()))]);
    let application = text(row, "sqbm");
    if !application.is_empty() {
        subjects.insert(("application-number", application.clone()));
        body.insert("application_number".into(), application.into());
    }
    body.extend(party(&text(row, "xm"), &holder).map(|party| ("holder".to_owned(), party)));
    let mut flags = BTreeSet::new();
    let kinds = [("普通", "ORDINARY"), ("新能源", "NEW_ENERGY"), ("单位", "UNIT")];
    let states = [("1", "VALID"), ("2", "USED"), ("3", "LAPSED"), ("4", "RETURNED")];
    for (item, column, table) in [("kind", "zblx", &kinds[..]), ("state", "zt", &states[..])] {
        let code = text(row, column);
        match table.iter().find(|(known, _)| *known == code) {
            Some((_, name)) => {
                let value = format!("QUOTA_{}_{name}", item.to_uppercase());
                body.insert(item.into(), value.into());
            }
            None if code.is_empty() => {}
            None => {
                flags.insert("code.unknown");
            }
        }
    }
    for (item, column) in [("valid_from", "yxqq"), ("valid_to", "yxqz")] {
        match &row[column] {
            Value::Null => {}
            Value::Number(days) => {
                body.insert(item.into(), civil(days.as_i64().unwrap_or_default()).into());
            }
            _ => return Err(Refusal::of("date.invalid", column).or("number.invalid")),
        }
    }
    Ok(Draft {
        resource: "vehicle-quota",
        key,
        stamp,
        withdrawn: None,
        subjects,
        flags,
        body: body.into(),
        whole: true,
    })
}

/// Whatever has a position in the log is newer than whatever has none.
fn stamp(event: &Value, row: &Value) -> Result<String, Refusal> {
    if let Some(lsn) = event["source"]["lsn"].as_u64() {
        return Ok(format!("1{lsn:020}"));
    }
    let micros = match (event["op"].as_str(), row["gxsj"].as_u64(), event["source"]["ts_ms"].as_u64()) {
        (Some("d"), _, time) => time.map(|time| time * 1000),
        (_, time, _) => time,
    };
    micros.map(|micros| format!("0{micros:020}")).ok_or_else(|| Refusal::whole("message.version"))
}

/// The day that is so many days after 1970-01-01.
fn civil(days: i64) -> String {
    let (mut year, mut left) = (1970, days);
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if left < length {
            break;
        }
        left -= length;
        year += 1;
    }
    let mut month = 1;
    for length in [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", left + 1)
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_are_counted_from_1970() {
        for (days, day) in [(0, "1970-01-01"), (59, "1970-03-01"), (11016, "2000-02-29"), (20454, "2026-01-01")] {
            assert_eq!(civil(days), day);
        }
    }
}
