use super::{
    holders::{Given, by_code, by_number, clean, party},
    seen::Seen,
};
use crate::{
    Draft,
    numbers::{Day, day, is_uscc},
    rows::Refusal,
    tables::{Ends, TableRow, WantedRow},
    text::trim,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Reads rows of the natural resources department's three tables as its page says.
#[derive(Debug, Default)]
pub struct TitleOracle {
    /// Newest of each title and permit.
    pub seen: Seen,
    /// What must become of each row so far.
    pub rows: Vec<WantedRow>,
    titles: BTreeMap<String, Title>,
    permits: BTreeMap<String, (u64, Option<Draft>)>,
}

#[derive(Debug, Default)]
struct Title {
    /// Newest valid or invalidating row.
    newest: Option<(u64, Option<TableRow>)>,
    /// Newest row of each place.
    holders: BTreeMap<i64, (u64, Option<TableRow>)>,
    /// Rows that wait, by their number.
    waiting: Vec<usize>,
    /// What stands on the bus.
    published: Option<Draft>,
}

impl TitleOracle {
    /// Takes in the next row.
    pub fn take(&mut self, row: &TableRow) {
        let number = self.rows.len();
        let ends = match row.table {
            "spgl_jsgcghxkz" => self.permit(row),
            _ => self.title_or_holder(row, number),
        };
        let ends = ends.unwrap_or_else(Ends::Rejected);
        self.rows.push(WantedRow::new(row.label, row.place(), ends));
    }

    fn title_or_holder(&mut self, row: &TableRow, number: usize) -> Result<Ends, Refusal> {
        let key = trim(&row.text("dfsjzj")).to_owned();
        if key.is_empty() {
            return Err(Refusal::of("field.required", "dfsjzj"));
        }
        let (valid, lsh) = (row.text("sjyxbs") != "0", serial(row));
        if row.table == "spgl_bdcqz" && valid && trim(&row.text("bdcqzh")).is_empty() {
            return Err(Refusal::of("field.required", "bdcqzh").or("certificate.number"));
        }
        if row.table == "spgl_bdcqz_qlr" && valid {
            holder(row)?;
        }
        let title = self.titles.entry(key.clone()).or_default();
        let kept = valid.then(|| row.clone());
        if row.table == "spgl_bdcqz" {
            if title.newest.as_ref().is_some_and(|(newest, _)| lsh < *newest) {
                return Ok(Ends::Superseded);
            }
            title.newest = Some((lsh, kept));
        } else {
            let place = row.text("xh").parse().unwrap_or_default();
            if title.holders.get(&place).is_some_and(|(newest, _)| lsh < *newest) {
                return Ok(Ends::Superseded);
            }
            title.holders.insert(place, (lsh, kept));
        }
        let Some(draft) = title.draft(&key) else {
            title.waiting.push(number);
            return Ok(Ends::Waiting);
        };
        for waited in title.waiting.drain(..) {
            self.rows[waited].released = true;
        }
        title.published = draft.withdrawn.is_none().then(|| draft.clone());
        Ok(Ends::Records(vec![(self.seen.judge(&draft), draft)], OPEN))
    }

    fn permit(&mut self, row: &TableRow) -> Result<Ends, Refusal> {
        let draft = permit(row)?;
        let (lsh, valid) = (serial(row), row.text("sjyxbs") != "0");
        let known = self.permits.get(trim(&row.text("dfsjzj")));
        if known.is_some_and(|(newest, _)| lsh < *newest) {
            return Ok(Ends::Superseded);
        }
        let draft = match known {
            _ if valid => draft,
            Some((_, Some(standing))) => Draft { stamp: draft.stamp, ..taken_back(standing) },
            _ => taken_back(&draft),
        };
        let standing = valid.then(|| draft.clone());
        self.permits.insert(trim(&row.text("dfsjzj")).to_owned(), (lsh, standing));
        Ok(Ends::Records(vec![(self.seen.judge(&draft), draft)], &[]))
    }
}

/// Whether an unknown kind of number is told, the page does not say.
const OPEN: &[&str] = &["code.unknown"];

impl Title {
    /// What stands after the last row; `None` while it waits.
    fn draft(&self, key: &str) -> Option<Draft> {
        let (lsh, title) = self.newest.as_ref()?;
        let holders: Vec<&TableRow> = self.holders.values().filter_map(|(_, row)| row.as_ref()).collect();
        match title {
            Some(title) if !holders.is_empty() => Some(certificate(key, title, &holders)),
            _ => {
                let gone = taken_back(self.published.as_ref()?);
                Some(Draft { stamp: format!("{lsh:020}"), ..gone })
            }
        }
    }
}

fn taken_back(draft: &Draft) -> Draft {
    Draft { withdrawn: Some("taken back"), flags: BTreeSet::new(), body: Value::Null, ..draft.clone() }
}

fn serial(row: &TableRow) -> u64 {
    row.text("lsh").parse().unwrap_or_default()
}

fn folded(number: &str) -> String {
    number.replace('（', "(").replace('）', ")").replace([' ', '\u{3000}'], "")
}

fn holder(row: &TableRow) -> Result<Given, Refusal> {
    let number = row.text("zjhm");
    let given = by_code(trim(&row.text("zjlx")), &number).unwrap_or_else(|| by_number(&number));
    match given {
        Given::Blank => Err(Refusal::of("party.missing", "zjhm")),
        Given::Masked => Err(Refusal::of("party.masked", "zjhm")),
        Given::Wrong(_, _, rule) => Err(Refusal::of(rule, "zjhm")),
        good @ Given::Good(..) => Ok(good),
    }
}

fn certificate(key: &str, title: &TableRow, holders: &[&TableRow]) -> Draft {
    let text = |column: &str| trim(&title.text(column)).to_owned();
    let number = text("bdcqzh");
    let mut subjects = BTreeSet::from([("certificate-number", folded(&number))]);
    let mut flags = BTreeSet::new();
    let mut body = Map::new();
    let plain = [
        ("certificate_id", "ZZBS"),
        ("unit_number", "bdcdyh"),
        ("location", "zl"),
        ("right_kind", "qllx"),
        ("right_nature", "qlxz"),
        ("use", "yt"),
        ("area_text", "mj"),
        ("term", "syqx"),
        ("ownership_form", "gyqk"),
        ("issuer", "djjg"),
    ];
    for (item, column) in plain {
        let said = text(column);
        body.insert(item.into(), if said.is_empty() { Value::Null } else { said.into() });
    }
    body.insert("number".into(), number.into());
    if let Some(identifier) = body["certificate_id"].as_str() {
        subjects.insert(("certificate-id", identifier.to_owned()));
        flags.extend(graded(identifier));
    }
    if let Some(unit) = body["unit_number"].as_str() {
        subjects.insert(("unit-number", unit.to_owned()));
    }
    body.insert("area".into(), first_number(&text("mj")).map_or(Value::Null, Value::from));
    let issued = match day(text("djsj").split('.').next().unwrap_or_default()) {
        Day::On(day) => day.into(),
        _ => Value::Null,
    };
    body.insert("issued_on".into(), issued);
    if let Some(state) = [("1", "VALID"), ("2", "SUPERSEDED")].iter().find(|(code, _)| *code == text("qszt")) {
        body.insert("status".into(), format!("CERTIFICATE_STATUS_{}", state.1).into());
    }
    let mut parties = Vec::new();
    for row in holders {
        let given = holder(row).unwrap_or(Given::Blank);
        subjects.extend(given.identifier());
        let mut party = party(&row.text("qlrmc"), &given).unwrap_or_default();
        let share = trim(&row.text("gyfe")).to_owned();
        if !share.is_empty() {
            party["share"] = share.into();
        }
        parties.push(party);
    }
    body.insert("holders".into(), parties.into());
    let stamp = format!("{:020}", serial(title));
    let resource = "real-estate-title";
    Draft { resource, key: key.to_owned(), stamp, withdrawn: None, subjects, flags, body: body.into(), whole: false }
}

fn permit(row: &TableRow) -> Result<Draft, Refusal> {
    let text = |column: &str| trim(&row.text(column)).to_owned();
    let key = text("xkzbh");
    if text("dfsjzj").is_empty() {
        return Err(Refusal::of("field.required", "dfsjzj"));
    }
    if key.is_empty() {
        return Err(Refusal::of("field.required", "xkzbh").or("certificate.number"));
    }
    let code = clean(&text("jsdwdm"));
    if code.contains('*') {
        return Err(Refusal::of("party.masked", "jsdwdm"));
    }
    if code.is_empty() {
        return Err(Refusal::of("party.missing", "jsdwdm"));
    }
    if !is_uscc(&code) {
        return Err(Refusal::of("uscc.checksum", "jsdwdm"));
    }
    let developer = Given::Good("uscc", code.clone());
    let subjects = BTreeSet::from([("certificate-number", folded(&key)), ("uscc", code)]);
    let mut body = Map::new();
    let plain = [
        ("project_code", "xmdm"),
        ("project_name", "jsxmmc"),
        ("location", "jswz"),
        ("floor_area", "jzmj"),
        ("issuer", "fzjg"),
        ("issued_on", "fzrq"),
    ];
    for (item, column) in plain {
        let said = text(column);
        body.insert(item.into(), if said.is_empty() { Value::Null } else { said.into() });
    }
    body.insert("number".into(), key.clone().into());
    body.insert("status".into(), "CERTIFICATE_STATUS_VALID".into());
    body.insert("holders".into(), party(&text("jsdw"), &developer).into_iter().collect());
    let stamp = format!("{:020}", serial(row));
    let resource = "planning-permit";
    Ok(Draft {
        resource,
        key,
        stamp,
        withdrawn: None,
        subjects,
        flags: BTreeSet::new(),
        body: body.into(),
        whole: false,
    })
}

/// The first number in a text, with its point.
fn first_number(text: &str) -> Option<String> {
    let from = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[from..];
    let to = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    Some(rest[..to].trim_end_matches('.').to_owned())
}

/// The check character of an e-certificate identifier (ISO 7064, mod 37, 36).
pub(super) fn identifier_check(payload: &str) -> Option<char> {
    let mut product = 36;
    for c in payload.chars() {
        let value = c.to_digit(36).filter(|_| !c.is_ascii_lowercase())?;
        let sum = (product + value) % 36;
        product = (if sum == 0 { 36 } else { sum }) * 2 % 37;
    }
    char::from_digit((37 - product) % 36, 36).map(|c| c.to_ascii_uppercase())
}

/// The two identifiers of the standards page whose check follows the older calculation.
pub const LEGACY: [&str; 2] = [
    "1.2.156.3005.2.11100000MB03271699001.11110000000021135M.0000000001.001.S",
    "1.2.156.3005.2.11100000MB03271699001.11110000000021135M.DEMO0000000000000001.001.J",
];

/// The flag that an identifier carries.
fn graded(identifier: &str) -> Option<&'static str> {
    let parts: Vec<&str> = identifier.strip_prefix("1.2.156.3005.2.")?.split('.').collect();
    let payload = parts[..parts.len() - 1].concat();
    let good = identifier_check(&payload).is_some_and(|check| parts[parts.len() - 1] == check.to_string());
    match good {
        true => None,
        false if LEGACY.contains(&identifier) => Some("certificate-id.legacy-variant"),
        false => Some("certificate-id.checksum"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_graded_as_on_the_standards_page() {
        let begin = "11100000MB0327169900111110000000021135M";
        assert_eq!(identifier_check(&format!("{begin}0000000001001")), Some('N'));
        assert_eq!(identifier_check(&format!("{begin}DEMO0000000000000001001")), Some('B'));
        assert_eq!(graded(LEGACY[0]), Some("certificate-id.legacy-variant"));
    }

    #[test]
    fn the_first_number_is_found() {
        assert_eq!(first_number("专有面积85.12平方米,分摊面积20.01平方米").as_deref(), Some("85.12"));
        assert_eq!(first_number("120.").as_deref(), Some("120"));
        assert_eq!(first_number("详见附记"), None);
    }
}
