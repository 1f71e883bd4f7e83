use super::{
    holders::{Given, by_code, by_number, clean, party},
    seen::Seen,
};
use crate::{
    Draft,
    numbers::{Day, day},
    rows::Refusal,
    tables::{Ends, TableRow, WantedRow},
    text::trim,
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Reads rows of `hydj_up` as the civil affairs page says.
#[derive(Debug, Default)]
pub struct MarriageOracle {
    /// Newest of each certificate.
    pub seen: Seen,
    /// What must become of each row so far.
    pub rows: Vec<WantedRow>,
}

impl MarriageOracle {
    /// Takes in the next row.
    pub fn take(&mut self, row: &TableRow) {
        let ends = match draft(row) {
            Ok(draft) => Ends::Records(vec![(self.seen.judge(&draft), draft)], &[]),
            Err(refusal) => Ends::Rejected(refusal),
        };
        self.rows.push(WantedRow::new(row.label, row.place(), ends));
    }
}

fn draft(row: &TableRow) -> Result<Draft, Refusal> {
    let text = |column: &str| trim(&row.text(column)).to_owned();
    let operation = text("cd_operation");
    if !["I", "U", "D"].contains(&operation.as_str()) {
        return Err(Refusal::of("message.op", "cd_operation"));
    }
    let number = text("djzh");
    if number.is_empty() {
        return Err(Refusal::of("field.required", "djzh").or("certificate.number"));
    }
    let sides = [("nfgmsfhm", "nfgj"), ("lfgmsfhm", "lfgj")]
        .map(|(number, country)| spouse(&row.text(number), trim(&row.text(country))));
    let identifiers = judged(&sides)?;
    let registered = match day(&text("djrq")) {
        Day::On(day) => Value::from(day),
        Day::Invalid => return Err(Refusal::of("date.invalid", "djrq")),
        _ => Value::Null,
    };
    let mut subjects: BTreeSet<_> = identifiers.into_iter().collect();
    subjects.insert(("certificate-number", number.clone()));
    let mut flags = warnings(&sides, &(text("nfxm") + &text("lfxm")));
    let mut body = Map::new();
    match text("hydjywlx").as_str() {
        "结婚登记" => said(&mut body, "MARRIAGE", "VALID"),
        "离婚登记" => said(&mut body, "DIVORCE", "VALID"),
        "补领结婚证" => said(&mut body, "REISSUED_MARRIAGE", "VALID"),
        "补领离婚证" => said(&mut body, "REISSUED_DIVORCE", "VALID"),
        "撤销婚姻" => said(&mut body, "ANNULMENT", "REVOKED"),
        _ => {
            flags.insert("code.unknown");
            body.insert("registration_kind".into(), Value::Null);
        }
    }
    body.insert("number".into(), number.clone().into());
    body.insert("registered_on".into(), registered);
    for (item, column) in [("issuer", "djjg"), ("husband_nationality", "nfgj"), ("wife_nationality", "lfgj")] {
        // An annulment is registered elsewhere than what it annuls: who issued the certificate is not said.
        let said = text(column);
        if item != "issuer" || body["registration_kind"] != "REGISTRATION_KIND_ANNULMENT" {
            body.insert(item.into(), if said.is_empty() { Value::Null } else { said.into() });
        }
    }
    let [husband, wife] = &sides;
    body.insert("husband".into(), party(&text("nfxm"), husband).unwrap_or_default());
    body.insert("wife".into(), party(&text("lfxm"), wife).unwrap_or_default());
    Ok(Draft {
        resource: "marriage-certificate",
        key: number,
        stamp: format!("{:0<26} {}", with_parts(&text("cd_time")), row.text("row_guid")),
        withdrawn: (operation == "D").then_some("taken back"),
        subjects,
        flags: if operation == "D" { BTreeSet::new() } else { flags },
        body: if operation == "D" { Value::Null } else { body.into() },
        whole: false,
    })
}

/// What is published, with a word on it.
fn warnings(sides: &[Given; 2], names: &str) -> BTreeSet<&'static str> {
    let all = [
        ("party.identifier", sides.iter().any(|side| matches!(side, Given::Wrong(..)))),
        ("name.replacement-char", names.contains('?')),
        ("name.private-use", names.contains(|c| ('\u{E000}'..='\u{F8FF}').contains(&c))),
    ];
    all.into_iter().filter_map(|(flag, there)| there.then_some(flag)).collect()
}

fn said(body: &mut Map<String, Value>, kind: &str, status: &str) {
    body.insert("registration_kind".into(), format!("REGISTRATION_KIND_{kind}").into());
    body.insert("status".into(), format!("CERTIFICATE_STATUS_{status}").into());
}

/// A time with its parts of a second.
fn with_parts(time: &str) -> String {
    if time.contains('.') { time.to_owned() } else { format!("{time}.") }
}

/// A spouse's number: of a Chinese a citizen number, of one from Hong Kong, Macao or Taiwan by itself, else a passport.
fn spouse(number: &str, country: &str) -> Given {
    let passport = clean(number);
    match country {
        "" | "中国" | "CHN" => by_code("111", number).unwrap_or(Given::Blank),
        "中国香港" | "中国澳门" | "中国台湾" => by_number(number),
        _ if passport.is_empty() => Given::Blank,
        _ if passport.contains('*') => Given::Masked,
        _ => Given::Good("passport", passport),
    }
}

fn judged(sides: &[Given; 2]) -> Result<Vec<(&'static str, String)>, Refusal> {
    if sides.contains(&Given::Masked) {
        return Err(Refusal::whole("party.masked"));
    }
    if !sides.iter().any(|side| matches!(side, Given::Good(..))) {
        let columns = ["nfgmsfhm", "lfgmsfhm"];
        let wrong = sides.iter().zip(columns).find_map(|(side, column)| match side {
            Given::Wrong(_, _, rule) => Some(Refusal::of(rule.as_str(), column)),
            _ => None,
        });
        return Err(wrong.unwrap_or_else(|| Refusal::whole("party.missing")));
    }
    Ok(sides.iter().filter_map(Given::identifier).collect())
}
