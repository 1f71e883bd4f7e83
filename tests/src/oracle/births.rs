use super::{
    holders::{self, Given, Parties},
    seen::Seen,
};
use crate::{
    Draft,
    generate::births::Line,
    numbers::{self, Day},
    rows::{End, Place, Refusal, Wanted},
    text::{fold, trim},
};
use serde_json::{Map, Value, json};

/// What becomes of births (health.md).
#[derive(Debug, Clone, Default)]
pub struct BirthOracle {
    /// What was seen of each record.
    pub seen: Seen,
    /// Every line of every file, in the order taken in.
    pub rows: Vec<Wanted>,
}

impl BirthOracle {
    /// Takes in lines, and gives the file that holds them.
    pub fn take(&mut self, name: &str, lines: &[Line]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (line, row) in lines.iter().zip(1..) {
            let from = bytes.len() as u64;
            bytes.extend(line.written().into_bytes());
            let place = Place::Bytes(from, bytes.len() as u64);
            bytes.push(b'\n');
            let end = match read(line) {
                Err(refusal) => End::Rejected(refusal),
                Ok(draft) => End::Records(vec![(self.seen.judge(&draft), draft)]),
            };
            self.rows.push(Wanted { file: name.to_owned(), row, place, end });
        }
        bytes
    }
}

struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    /// A field as text; numbers stand as they are written.
    fn text(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(Value::String(text)) => trim(text).to_owned(),
            None | Some(Value::Null) => String::new(),
            Some(other) => other.to_string(),
        }
    }

    fn number(&self, name: &'static str) -> Result<Option<u64>, Refusal> {
        match fold(&self.text(name)).as_str() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Refusal::of("number.invalid", name)),
        }
    }
}

fn read(line: &Line) -> Result<Draft, Refusal> {
    let Line::Birth(fields) = line else { return Err(Refusal::whole("message.json")) };
    let fields = Fields(fields);
    let key = fold(&fields.text("cszmbh"));
    if key.is_empty() {
        return Err(Refusal::of("field.required", "cszmbh").or("certificate.number"));
    }
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if key.len() != 10 || !key.starts_with(|c: char| c.is_ascii_alphabetic()) || !digits(&key[1..]) {
        return Err(Refusal::of("certificate.number", "cszmbh"));
    }
    let stamp = match fields.text("xgsj") {
        text if text.is_empty() => return Err(Refusal::of("field.required", "xgsj").or("message.version")),
        text => numbers::stamp(&text).ok_or_else(|| Refusal::of("date.invalid", "xgsj").or("message.version"))?,
    };
    let mut unknown = false;
    let mut parent = |kind: &str, number: &str| {
        let (kind, number) = (fields.text(kind), fields.text(number));
        holders::by_code(&kind, &number).unwrap_or_else(|| {
            unknown = true;
            holders::by_number(&number)
        })
    };
    let given = [parent("mqzjlx", "mqzjhm"), parent("fqzjlx", "fqzjhm")];
    let judged = Parties { first: &given, others: &[], field: "mqzjhm" }.judge();
    let (mut subjects, wrong) = judged?;
    subjects.insert(("certificate-number", key.clone()));
    let body = body(&fields, &key, &given)?;
    let strange = !["", "0", "1"].contains(&fields.text("zfbz").as_str());
    let raised = [(wrong, "party.identifier"), (unknown || strange, "code.unknown")];
    let flags = raised.into_iter().filter_map(|(raised, flag)| raised.then_some(flag)).collect();
    let resource = "birth-certificate";
    Ok(Draft { resource, key, stamp, withdrawn: None, subjects, flags, body, whole: true })
}

fn body(fields: &Fields<'_>, key: &str, [mother, father]: &[Given; 2]) -> Result<Value, Refusal> {
    let mut body = json!({ "number": key });
    let copied = [("child_name", "xm"), ("birth_place", "csd"), ("hospital", "csyy")];
    let sex = fields.text("xb");
    let texts = copied.map(|(item, name)| (item, fields.text(name)));
    let sex = ("sex", if sex == "0" { String::new() } else { sex });
    for (item, text) in texts.into_iter().chain([sex]).filter(|(_, text)| !text.is_empty()) {
        body[item] = text.into();
    }
    if let Some(at) = instant(&fields.text("cssj"))? {
        body["born_at"] = at.into();
    }
    for (item, name) in [("gestation_weeks", "yz"), ("weight_grams", "tz")] {
        if let Some(number) = fields.number(name)? {
            body[item] = number.into();
        }
    }
    for (item, name, given) in [("mother", "mqxm", mother), ("father", "fqxm", father)] {
        if let Some(party) = holders::party(&fields.text(name), given) {
            body[item] = party;
        }
    }
    match numbers::day(&fields.text("qfrq")) {
        Day::Invalid => return Err(Refusal::of("date.invalid", "qfrq")),
        Day::On(day) => body["issued_on"] = day.into(),
        _ => {}
    }
    let status = if fields.text("zfbz") == "1" { "VOID" } else { "VALID" };
    body["status"] = format!("CERTIFICATE_STATUS_{status}").into();
    Ok(body)
}

/// A local minute as an instant; the generator's days are all of October 2026.
fn instant(text: &str) -> Result<Option<String>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let stamp = numbers::stamp(&format!("{text}:00")).ok_or_else(|| Refusal::of("date.invalid", "cssj"))?;
    let (day, hour): (u32, u32) = (stamp[6..8].parse().unwrap(), stamp[8..10].parse().unwrap());
    let (day, hour) = if hour < 8 { (day - 1, hour + 16) } else { (day, hour - 8) };
    Ok(Some(format!("{}-{}-{day:02}T{hour:02}:{}:00Z", &stamp[..4], &stamp[4..6], &stamp[10..12])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{People, births};

    #[test]
    fn each_trap_ends_as_it_was_made_to() {
        for (wanted, line) in births::births_with_traps(&mut People::new(6), "2026-11-01 08:00:00") {
            match read(&line) {
                Err(refusal) => assert!(refusal.rules.iter().any(|rule| rule == wanted), "{wanted} {refusal:?}"),
                Ok(draft) => {
                    let flags: Vec<&str> = draft.flags.iter().copied().collect();
                    assert_eq!(flags.join(","), wanted, "{line:?}");
                }
            }
        }
    }
}
