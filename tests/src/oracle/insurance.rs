use super::{
    holders::{self, Given, Parties},
    seen::Seen,
};
use crate::{
    Draft, decode,
    generate::insurance::{DbfFile, Row},
    numbers::{self, Day},
    rows::{End, Place, Refusal, Wanted},
    text::{is_cut, trim},
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of insurances (social-security.md).
#[derive(Debug, Clone, Default)]
pub struct InsuranceOracle {
    /// What was seen of each record.
    pub seen: Seen,
    /// Every row of every file, in the order taken in.
    pub rows: Vec<Wanted>,
}

impl InsuranceOracle {
    /// Takes in a right file.
    pub fn take(&mut self, file: &DbfFile) {
        let name = &file.file.name;
        for ((row, from, to), number) in file.rows.iter().zip(1..) {
            let end = match read(row, &name[5..11]) {
                _ if row.deleted => End::Skipped,
                Err(refusal) => End::Rejected(refusal),
                Ok(draft) => End::Records(vec![(self.seen.judge(&draft), draft)]),
            };
            self.rows.push(Wanted { file: name.clone(), row: number, place: Place::Bytes(*from, *to), end });
        }
    }

    /// What must be said of a person's insurance of one kind: months paid, first and last month, state; none without a valid row.
    #[must_use]
    pub fn summary(&self, number: &str, insurance: &str) -> Option<Value> {
        let mine = |draft: &&Draft| {
            let body = &draft.body;
            body["insured"]["identifier"]["value"] == number && body["insurance"] == insurance && body["valid"] == true
        };
        let rows: Vec<&Draft> = self.seen.current("social-insurance").filter(mine).collect();
        let text = |draft: &Draft, item: &str| draft.body[item].as_str().unwrap_or_default().to_owned();
        let newest = rows.iter().max_by_key(|draft| (text(draft, "last_paid_month"), text(draft, "handled_on")))?;
        let months: BTreeSet<u32> = rows.iter().filter_map(|draft| months(draft)).flatten().collect();
        let mut summary = json!({ "paid_months": months.len(), "insurance": insurance });
        let firsts = rows.iter().map(|draft| text(draft, "first_month")).filter(|month| !month.is_empty());
        for (item, month) in [("first_month", firsts.min()), ("last_paid_month", Some(text(newest, "last_paid_month")))]
        {
            if let Some(month) = month {
                summary[item] = month.into();
            }
        }
        summary["state"] = newest.body["state"].clone();
        Some(summary)
    }
}

/// Every month from the first to the last, counted from the year 0.
fn months(draft: &Draft) -> Option<std::ops::RangeInclusive<u32>> {
    let month = |item: &str| {
        let (year, month) = draft.body[item].as_str()?.split_once('-')?;
        Some(year.parse::<u32>().ok()? * 12 + month.parse::<u32>().ok()? - 1)
    };
    Some(month("first_month")?..=month("last_paid_month")?)
}

struct Fields {
    texts: BTreeMap<&'static str, String>,
    truncated: bool,
}

fn fields(row: &Row) -> Result<Fields, Refusal> {
    let mut fields = Fields { texts: BTreeMap::new(), truncated: false };
    for (name, ..) in crate::generate::insurance::COLUMNS {
        let mut bytes = row.cell(name);
        if ["AAC003", "AAB004"].contains(name) && is_cut(&bytes) {
            bytes.pop();
            fields.truncated = true;
        }
        let text = decode(&bytes).ok_or_else(|| Refusal::whole("row.encoding"))?;
        fields.texts.insert(name, trim(&text).to_owned());
    }
    Ok(fields)
}

impl Fields {
    fn text(&self, name: &str) -> &str {
        &self.texts[name]
    }

    fn required(&self, name: &'static str) -> Result<String, Refusal> {
        let text = self.text(name).to_owned();
        if text.is_empty() { Err(Refusal::of("field.required", name)) } else { Ok(text) }
    }

    /// A month as the body shows it.
    fn month(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        let text = self.text(name);
        if text.contains('*') {
            return Err(Refusal::of("number.overflow", name));
        }
        if text.is_empty() || text == "0" {
            return Ok(None);
        }
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Refusal::of("number.invalid", name).or("date.invalid"));
        }
        let good = text.len() == 6 && (1..=12).contains(&text[4..].parse::<u32>().unwrap());
        if good { Ok(Some(format!("{}-{}", &text[..4], &text[4..]))) } else { Err(no_month(name)) }
    }
}

fn no_month(name: &'static str) -> Refusal {
    Refusal::of("date.invalid", name).or("number.invalid")
}

fn read(row: &Row, month: &str) -> Result<Draft, Refusal> {
    let fields = fields(row)?;
    let (person, insurance) = (fields.required("AAC001")?, fields.required("AAE140")?);
    let employer = fields.required("AAB001")?;
    let code = fields.text("AAC058");
    let given = holders::by_code(code, fields.text("AAC147"));
    let unknown_kind = given.is_none();
    let insured = [given.unwrap_or_else(|| holders::by_number(fields.text("AAC147")))];
    let company = [holders::by_code("001", fields.text("AAB998")).unwrap()];
    let (subjects, wrong) = Parties { first: &insured, others: &company, field: "AAC147" }.judge()?;
    let mut body = Map::new();
    let mut put = |item: &str, value: Option<Value>| value.map(|value| body.insert(item.into(), value));
    put("person_number", Some(person.as_str().into()));
    put("employer_number", Some(employer.as_str().into()));
    put("insurance", Some(insurance.as_str().into()));
    put("insured", holders::party(fields.text("AAC003"), &insured[0]));
    put("employer", organisation(fields.text("AAB004"), &company[0]));
    let (first, last) = (fields.month("AAE041")?, fields.month("AAE042")?);
    if matches!((&first, &last), (Some(first), Some(last)) if last < first) {
        return Err(Refusal::whole("period.reversed"));
    }
    put("first_month", first.map(Value::from));
    put("last_paid_month", last.map(Value::from));
    let state = fields.text("AAC008");
    let states = [("1", "INSURED"), ("2", "PAUSED"), ("3", "ENDED"), ("4", "RETIRED")];
    let known = states.iter().find(|(code, _)| *code == state).map(|(_, state)| format!("INSURANCE_STATE_{state}"));
    let strange = known.is_none() && !state.is_empty();
    put("state", known.map(Value::from));
    let valid = fields.text("AAE100");
    put("valid", ["0", "1"].contains(&valid).then(|| (valid == "1").into()));
    let handled = match numbers::day(fields.text("AAE036")) {
        Day::Invalid => return Err(Refusal::of("date.invalid", "AAE036")),
        Day::On(day) => Some(day),
        _ => None,
    };
    let stamp = format!("{month}{:0>8}", handled.as_deref().unwrap_or_default().replace('-', ""));
    put("handled_on", handled.map(Value::from));
    let codes = ["110", "120", "210", "310", "410", "510"];
    let unknown = unknown_kind || strange || !codes.contains(&insurance.as_str()) || !["", "0", "1"].contains(&valid);
    let raised = [(unknown, "code.unknown"), (wrong, "party.identifier"), (fields.truncated, "name.truncated")];
    let flags = raised.into_iter().filter_map(|(raised, flag)| raised.then_some(flag)).collect();
    let (resource, key) = ("social-insurance", format!("{person}/{insurance}/{employer}"));
    Ok(Draft { resource, key, stamp, withdrawn: None, subjects, flags, body: body.into(), whole: true })
}

fn organisation(name: &str, given: &Given) -> Option<Value> {
    let mut party = holders::party(name, given)?;
    party["kind"] = "PARTY_KIND_ORGANISATION".into();
    Some(party)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{People, insurance};

    #[test]
    fn each_trap_ends_as_it_was_made_to() {
        for (wanted, row) in insurance::insurances_with_traps(&mut People::new(5), "20261015") {
            match read(&row, "202610") {
                _ if row.deleted => assert_eq!(wanted, "skipped"),
                Err(refusal) => assert!(refusal.rules.iter().any(|rule| rule == wanted), "{wanted} {refusal:?}"),
                Ok(draft) => {
                    let flags: Vec<&str> = draft.flags.iter().copied().collect();
                    assert_eq!(flags.join(","), wanted, "{row:?}");
                }
            }
        }
    }
}
