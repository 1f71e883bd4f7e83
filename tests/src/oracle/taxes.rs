use super::{
    holders::{Given, by_number, clean, party},
    seen::Seen,
};
use crate::{
    Draft,
    numbers::{Day, day, is_uscc, organisation_check, organisation_code, stamp},
    rows::Refusal,
    tables::{Ends, WantedRow},
    text::trim,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Reads rows of `/dj/changes` as the taxation page says.
#[derive(Debug, Default)]
pub struct TaxOracle {
    /// Newest of each registration.
    pub seen: Seen,
    /// What must become of each row so far.
    pub rows: Vec<WantedRow>,
}

impl TaxOracle {
    /// Takes in the next row, at its place.
    pub fn take(&mut self, label: &'static str, text: &str, place: Value) {
        let ends = match draft(text) {
            Ok((draft, open)) => Ends::Records(vec![(self.seen.judge(&draft), draft)], open),
            Err(refusal) => Ends::Rejected(refusal),
        };
        self.rows.push(WantedRow::new(label, place, ends));
    }

    /// Takes in a saved answer.
    pub fn take_page(&mut self, page: &crate::generate::taxes::Page) {
        for (number, (label, text, from)) in page.rows.iter().enumerate() {
            let place =
                json!({ "file": page.name, "row": number + 1, "byte_from": from, "byte_to": from + text.len() });
            self.take(label, text, place);
        }
    }
}

/// Its USCC, and what it is found by.
type Numbers = (Option<String>, BTreeSet<(&'static str, String)>);

/// What an organisation's own numbers say: its USCC, the 15-character number, the organisation code inside either.
fn numbers(uscc: &str, taxpayer: &str) -> Result<Numbers, Refusal> {
    let (uscc, taxpayer) = (clean(uscc), clean(taxpayer));
    if [&uscc, &taxpayer].iter().any(|number| number.contains('*')) {
        return Err(Refusal::whole("uscc.masked"));
    }
    let mut subjects = BTreeSet::new();
    let own = if uscc.is_empty() && taxpayer.len() == 18 { taxpayer.clone() } else { uscc };
    if !own.is_empty() {
        if !is_uscc(&own) {
            return Err(Refusal::whole("uscc.checksum"));
        }
        subjects.insert(("uscc", own.clone()));
        subjects.extend(organisation_code(&own).map(|code| ("organisation-code", code.to_owned())));
    }
    if taxpayer.len() == 15 {
        let code = &taxpayer[6..];
        if code.ends_with(organisation_check(&code[..8])) {
            subjects.insert(("organisation-code", code.to_owned()));
        }
        subjects.insert(("other-organisation-id", taxpayer));
    }
    if subjects.is_empty() {
        return Err(Refusal::whole("uscc.absent"));
    }
    Ok(((!own.is_empty()).then_some(own), subjects))
}

fn draft(text: &str) -> Result<(Draft, &'static [&'static str]), Refusal> {
    let row: Value = serde_json::from_str(text).map_err(|_| Refusal::whole("message.json"))?;
    let row = row.as_object().ok_or_else(|| Refusal::whole("message.json"))?;
    let text = |name: &str| trim(row.get(name).and_then(Value::as_str).unwrap_or_default()).to_owned();
    let key = text("DJXH");
    if key.is_empty() {
        return Err(Refusal::of("field.required", "DJXH"));
    }
    let changed = text("XGRQ");
    if changed.is_empty() {
        return Err(Refusal::of("field.required", "XGRQ").or("message.version"));
    }
    let stamp = stamp(&changed).ok_or_else(|| Refusal::of("date.invalid", "XGRQ"))?;
    let (uscc, subjects) = numbers(&text("SHXYDM"), &text("NSRSBH"))?;
    let representative = by_number(&text("FDDBRSFZJHM"));
    if representative == Given::Masked {
        return Err(Refusal::of("party.masked", "FDDBRSFZJHM"));
    }
    let mut flags = BTreeSet::new();
    if matches!(representative, Given::Wrong(..)) {
        flags.insert("party.identifier");
    }
    let old = text("NSRSBH").len() == 15;
    let old_beside = old && uscc.is_some();
    if old && uscc.is_none() {
        flags.insert("uscc.missing");
    }
    if uscc.as_deref().is_some_and(|uscc| organisation_code(uscc).is_none()) {
        flags.insert("uscc.inner-check");
    }
    let body = content(&text, uscc, &representative, &mut flags)?;
    let withdrawn = (text("YXBZ") == "N").then_some("withdrawn");
    let gone = withdrawn.is_some();
    let draft = Draft {
        resource: "tax-registration",
        key,
        stamp,
        withdrawn,
        subjects,
        flags: if gone { BTreeSet::new() } else { flags },
        body: if gone { Value::Null } else { body.into() },
        whole: true,
    };
    // With a good code beside it, the old number may be told or not.
    Ok((draft, if old_beside { &["uscc.missing"] } else { &[] }))
}

fn content(
    text: &dyn Fn(&str) -> String,
    uscc: Option<String>,
    representative: &Given,
    flags: &mut BTreeSet<&'static str>,
) -> Result<Map<String, Value>, Refusal> {
    let mut body = Map::new();
    let states = ["NORMAL", "SUSPENDED", "ABNORMAL", "CLOSING", "CANCELLED", "ABNORMAL_CANCELLED"];
    let code = text("NSRZT_DM");
    match ["03", "04", "05", "06", "07", "08"].iter().position(|known| *known == code) {
        Some(place) => {
            body.insert("status".into(), format!("TAX_STATUS_{}", states[place]).into());
        }
        None if code.is_empty() => {}
        None => {
            flags.insert("code.unknown");
        }
    }
    match day(&text("DJRQ")) {
        Day::On(day) => {
            body.insert("registered_on".into(), day.into());
        }
        Day::Invalid => return Err(Refusal::of("date.invalid", "DJRQ")),
        _ => {}
    }
    body.insert("registration_key".into(), text("DJXH").into());
    body.extend(uscc.map(|uscc| ("uscc".to_owned(), uscc.into())));
    let taxpayer = clean(&text("NSRSBH"));
    let others = [
        ("name", text("NSRMC")),
        ("type_code", text("DJZCLX_DM")),
        ("industry_code", text("HY_DM")),
        ("authority", text("ZGSWJG_MC")),
        ("taxpayer_number", taxpayer),
    ];
    for (item, value) in others.into_iter().filter(|(_, value)| !value.is_empty()) {
        body.insert(item.into(), value.into());
    }
    body.extend(party(&text("FDDBRXM"), representative).map(|party| ("legal_representative".to_owned(), party)));
    Ok(body)
}
