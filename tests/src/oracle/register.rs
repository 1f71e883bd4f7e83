use super::seen::Seen;
use crate::{
    Class, Draft, Expected, decode,
    generate::{DropFile, register::FIELDS},
    numbers::{self, Day},
    text::{fold, is_cut, trim},
};
use serde_json::{Map, json};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of the resident register's rows (public-security.md).
#[derive(Debug, Clone, Default)]
pub struct RegisterOracle {
    /// What was seen of each person.
    pub seen: Seen,
    /// Every row of every file, in the order taken in.
    pub rows: Vec<Expected>,
}

/// Divisions that the generator uses and that exist; the others that it uses do not.
const DIVISIONS: &[&str] = &["110101", "110102", "310101", "320102"];
const ETHNICITIES: &[&str] = &["01", "02", "15", "56"];
const RELATIONS: &[&str] = &["01", "02", "10", "20", "30", "51"];
const EDUCATIONS: &[&str] = &["10", "20", "61", "70"];
const MARITAL: &[&str] = &["10", "20", "21", "22", "23", "30", "40", "90"];

impl RegisterOracle {
    /// Takes in a right file.
    pub fn take(&mut self, file: &DropFile) {
        let mut at = 0;
        let mut row = 0;
        for line in lines(&file.bytes) {
            if line.starts_with(b"D") {
                row += 1;
                let (class, rule, records) = self.row(line);
                let (byte_from, byte_to) = (at as u64, (at + line.len()) as u64);
                let name = file.name.clone();
                self.rows.push(Expected { file: name, row, byte_from, byte_to, class, rule, records });
            }
            at += line.len() + 2;
        }
    }

    fn row(&mut self, row: &[u8]) -> (Class, Option<String>, Vec<(Class, Draft)>) {
        match read(row) {
            Err(rule) => (Class::Rejected, Some(rule), Vec::new()),
            Ok(None) => (Class::Superseded, None, Vec::new()),
            Ok(Some(draft)) => {
                let class = self.seen.judge(&draft);
                (class, None, vec![(class, draft)])
            }
        }
    }
}

/// Lines end with CRLF.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()).map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    fn text(&self, name: &str) -> &str {
        trim(&self.0[name])
    }

    /// A date as the body shows it; `end` where blank means no end.
    fn date(&self, name: &str, end: bool) -> Result<Option<Day>, String> {
        match numbers::day(self.text(name)) {
            Day::Blank if end => Ok(Some(Day::NoEnd)),
            Day::Blank | Day::Unknown => Ok(None),
            Day::NoEnd if !end => Err("date.invalid".into()),
            Day::Invalid => Err("date.invalid".into()),
            known => Ok(Some(known)),
        }
    }
}

/// The record of a row, none of a history row, or the rule that refuses it.
fn read(row: &[u8]) -> Result<Option<Draft>, String> {
    let fields = fields(row)?;
    if fields.text("jlbz") == "2" {
        return Ok(None);
    }
    let operation = fields.text("czbs");
    if !["I", "U", "D"].contains(&operation) {
        return Err("message.op".into());
    }
    let key = fold(fields.text("ryid"));
    if key.is_empty() {
        return Err("field.required".into());
    }
    let citizen = numbers::citizen(fields.text("gmsfhm")).map_err(|fault| format!("citizen-id.{fault}"))?;
    let born = fields.date("csrq", false)?;
    let digits = &citizen.birth;
    if matches!(&born, Some(Day::On(day)) if day.replace('-', "") != *digits) {
        return Err("citizen-id.birth-mismatch".into());
    }
    let card = (fields.date("yxqxqsrq", false)?, fields.date("yxqxjzrq", true)?);
    if fields.text("jlbz") != "1" {
        return Err("message.op".into());
    }
    let stamp = match fields.text("gxsj") {
        "" | "0" => return Err("field.required".into()),
        given => numbers::stamp(given).ok_or("date.invalid")?,
    };
    let withdrawn = match (operation, fields.text("ryzt")) {
        ("D", _) => Some("source.cancelled"),
        (_, "7") => Some("source.deleted"),
        (_, "8") => Some("source.deregistered"),
        _ => None,
    };
    let subjects = BTreeSet::from([("citizen-number", citizen.number.clone())]);
    let flags = flags(&fields, &citizen);
    let body = if withdrawn.is_some() { json!(null) } else { body(&fields, &key, &citizen, (born, card)) };
    Ok(Some(Draft { resource: "natural-person", key, stamp, withdrawn, subjects, flags, body, whole: true }))
}

/// Length, then cut characters, then encoding.
fn fields(row: &[u8]) -> Result<Fields, String> {
    if row.len() != 515 {
        return Err("row.length".into());
    }
    let mut at = 0;
    let mut parts = Vec::new();
    for (name, width) in FIELDS {
        parts.push((*name, &row[at..at + width]));
        at += width;
    }
    if parts.iter().any(|(_, bytes)| is_cut(bytes)) {
        return Err("row.torn-character".into());
    }
    let decoded = parts.into_iter().map(|(name, bytes)| Some((name, decode(bytes)?)));
    decoded.collect::<Option<_>>().map(Fields).ok_or_else(|| "row.encoding".into())
}

fn flags(fields: &Fields, citizen: &numbers::Citizen) -> BTreeSet<&'static str> {
    let mut flags = BTreeSet::new();
    let mut flag = |name, raised: bool| raised.then(|| flags.insert(name));
    flag("citizen-id.upgraded", citizen.former.is_some());
    let sex = fields.text("xb");
    flag("citizen-id.sex-mismatch", sex == if citizen.male { "2" } else { "1" });
    let strange = |name: &str, known: &[&str]| !fields.text(name).is_empty() && !known.contains(&fields.text(name));
    flag("division.unknown", ["csdssxq", "jgssxq", "ssxq"].iter().any(|name| strange(name, DIVISIONS)));
    let names = ["xm", "cym"].map(|name| fields.text(name)).concat();
    flag("name.replacement-char", names.contains(['?', '\u{FFFD}']));
    flag("name.private-use", names.contains(|c| ('\u{E000}'..='\u{F8FF}').contains(&c)));
    let marital = fields.text("hyzk");
    let codes = [
        strange("xb", &["0", "1", "2", "9"]),
        strange("mz", ETHNICITIES),
        strange("yhzgx", RELATIONS),
        strange("whcd", EDUCATIONS),
        !marital.is_empty() && !MARITAL.contains(&two_digits(marital).as_str()),
        strange("ryzt", &["0", "1", "2", "3", "4", "6", "7", "8", "9"]),
    ];
    flag("code.unknown", codes.contains(&true));
    flags
}

fn two_digits(code: &str) -> String {
    format!("{code:0<2}")
}

type Days = (Option<Day>, (Option<Day>, Option<Day>));

fn body(fields: &Fields, key: &str, citizen: &numbers::Citizen, (born, card): Days) -> serde_json::Value {
    let mut body = Map::new();
    let mut put = |name: &str, value: &str| (!value.is_empty()).then(|| body.insert(name.into(), value.into()));
    put("source_person_id", key);
    put("citizen_number", &citizen.number);
    put("former_citizen_number", citizen.former.as_deref().unwrap_or_default());
    let copied = [
        ("name", "xm"),
        ("former_name", "cym"),
        ("ethnicity", "mz"),
        ("birth_division", "csdssxq"),
        ("native_division", "jgssxq"),
        ("relation_to_head", "yhzgx"),
        ("division", "ssxq"),
        ("address", "mlxz"),
        ("education", "whcd"),
        ("employer", "fwcs"),
        ("id_card_issuer", "qfjg"),
    ];
    for (item, field) in copied {
        put(item, fields.text(field));
    }
    put("sex", Some(fields.text("xb")).filter(|sex| *sex != "0").unwrap_or_default());
    put("household_number", &fold(fields.text("hh")));
    let marital = fields.text("hyzk");
    put("marital_status", &if marital.is_empty() { String::new() } else { two_digits(marital) });
    for (item, day) in [("birth_date", &born), ("id_card_valid_from", &card.0), ("id_card_valid_to", &card.1)] {
        match day {
            Some(Day::On(day)) => put(item, day),
            _ => None,
        };
    }
    let state = match fields.text("ryzt") {
        "" => "",
        "0" => "LIFE_STATUS_NORMAL",
        "1" => "LIFE_STATUS_DEAD",
        "2" => "LIFE_STATUS_MOVED_OUT",
        "3" => "LIFE_STATUS_IN_SERVICE",
        "4" => "LIFE_STATUS_SETTLED_ABROAD",
        "6" => "LIFE_STATUS_MISSING",
        _ => "LIFE_STATUS_OTHER",
    };
    put("life_status", state);
    if card.1 == Some(Day::NoEnd) {
        body.insert("id_card_valid_indefinitely".into(), true.into());
    }
    body.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{People, register};

    #[test]
    fn each_trap_ends_as_it_was_made_to() {
        let mut people = People::new(7);
        let traps = register::rows_with_traps(&mut people, "20261101000000");
        let rows: Vec<Vec<u8>> = traps.iter().map(|(_, row)| row.clone()).collect();
        let mut oracle = RegisterOracle::default();
        oracle.take(&register::file("CZRK_110101_20261101_001.txt", 'I', &rows));
        assert_eq!(oracle.rows.len(), traps.len());
        for (row, (wanted, _)) in oracle.rows.iter().zip(&traps) {
            let flags: BTreeSet<&str> = row.records.iter().flat_map(|(_, draft)| draft.flags.iter().copied()).collect();
            match (*wanted, row.class) {
                ("", Class::Published) => assert!(flags.is_empty(), "row {}: {flags:?}", row.row),
                ("history", class) => assert_eq!(class, Class::Superseded, "row {}", row.row),
                (flag, Class::Published) => assert_eq!(flags, BTreeSet::from([flag]), "row {}", row.row),
                (rule, _) => assert_eq!(row.rule.as_deref(), Some(rule), "row {}", row.row),
            }
        }
    }

    #[test]
    fn bytes_point_at_the_row() {
        let row = register::Row::of(&mut People::new(1), "20261101000000").bytes();
        let file = register::file("CZRK_110101_20261101_001.txt", 'I', std::slice::from_ref(&row));
        let mut oracle = RegisterOracle::default();
        oracle.take(&file);
        let (from, to) = (oracle.rows[0].byte_from, oracle.rows[0].byte_to);
        assert_eq!((from, &file.bytes[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()]), (24, &row[..]));
    }
}
