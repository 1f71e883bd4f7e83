use super::{parties, seen::Seen};
use crate::{
    Class, Draft, Expected,
    generate::enterprises::{Entity, Page},
    numbers::{self, Day, is_registration_number, is_uscc, organisation_code},
    text::trim,
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

mod bodies;

/// What becomes of enterprises, shares and licences (market-supervision.md).
#[derive(Debug, Clone, Default)]
pub struct EnterpriseOracle {
    /// What was seen of each record.
    pub seen: Seen,
    /// Every row of every file, in the order taken in.
    pub rows: Vec<Expected>,
    known: BTreeMap<String, Known>,
}

/// What rows of one `PRIPID` know of each other.
#[derive(Debug, Clone)]
struct Known {
    stamp: String,
    uscc: Option<String>,
    key: String,
    representative: Option<String>,
    conflict: bool,
}

type Outcome = Result<Vec<(Class, Draft)>, String>;

/// Text of elements, blanks and `#` taken off as the field wants.
struct Fields<'a>(&'a Entity);

impl Fields<'_> {
    fn text(&self, name: &str) -> &str {
        trim(self.0.text(name))
    }

    fn number(&self, name: &str) -> String {
        parties::cleaned(self.0.text(name))
    }

    fn required(&self, name: &str) -> Result<String, String> {
        match self.number(name) {
            text if text.is_empty() => Err("field.required".into()),
            text if text.chars().count() > 128 => Err("field.invalid".into()),
            text => Ok(text),
        }
    }

    fn stamp(&self) -> Result<String, String> {
        let text = self.required("S_EXT_DATATIME")?;
        numbers::stamp(&text).ok_or_else(|| "date.invalid".into())
    }

    /// A day; of an end, whether there is none.
    fn date(&self, name: &str, end: bool) -> Result<Option<Day>, String> {
        match numbers::day(&self.number(name)) {
            Day::Invalid => Err("date.invalid".into()),
            Day::Blank | Day::NoEnd if end => Ok(Some(Day::NoEnd)),
            Day::On(day) => Ok(Some(Day::On(day))),
            _ => Ok(None),
        }
    }

    /// A decimal as given; times ten thousand for amounts of money.
    fn decimal(&self, name: &str, money: bool) -> Result<String, String> {
        let text = self.number(name);
        if text.is_empty() {
            return Ok(text);
        }
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let digits = [whole, part].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
        if !digits || whole.is_empty() {
            return Err("number.invalid".into());
        }
        let part = format!("{part:0<4}");
        Ok(if money { format!("{whole}{}.{}", &part[..4], &part[4..]) } else { text })
    }
}

impl EnterpriseOracle {
    /// Takes in a right file.
    pub fn take(&mut self, page: &Page) {
        for ((entity, byte_from, byte_to), row) in page.entities.iter().zip(1..) {
            let (class, rule, records) = match self.entity(entity) {
                Err(rule) => (Class::Rejected, Some(rule), Vec::new()),
                Ok(records) => {
                    (records.iter().map(|(class, _)| *class).min().unwrap_or(Class::Superseded), None, records)
                }
            };
            let (file, byte_from, byte_to) = (page.file.name.clone(), *byte_from, *byte_to);
            self.rows.push(Expected { file, row, byte_from, byte_to, class, rule, records });
        }
    }

    fn entity(&mut self, entity: &Entity) -> Outcome {
        if let Some((rule, _)) = &entity.broken {
            return Err((*rule).to_owned());
        }
        let fields = Fields(entity);
        match entity.tag {
            "ENT" => self.enterprise(&fields),
            "INV" => Ok(self.judged(vec![investment(&fields)?])),
            _ => Ok(self.judged(vec![licence(&fields)?])),
        }
    }

    fn judged(&mut self, drafts: Vec<Draft>) -> Vec<(Class, Draft)> {
        drafts.into_iter().map(|draft| (self.seen.judge(&draft), draft)).collect()
    }

    fn enterprise(&mut self, fields: &Fields<'_>) -> Outcome {
        let (stamp, pripid) = (fields.stamp()?, fields.required("PRIPID")?);
        let (uscc, regno) = own_numbers(fields)?;
        let representative = representative(fields)?;
        bodies::check(fields)?;
        let number = Some(fields.number("CERNO")).filter(|number| !number.is_empty());
        let before = self.known.get(&pripid);
        if before.is_some_and(|known| stamp < known.stamp) {
            return Ok(Vec::new());
        }
        let same_time = before.filter(|known| known.stamp == stamp);
        let known_number = same_time.and_then(|known| known.representative.clone());
        let differs = known_number.is_some() && number.is_some() && known_number != number;
        let conflict = differs || same_time.is_some_and(|known| known.conflict);
        let uscc = uscc.or_else(|| before.and_then(|known| known.uscc.clone()));
        let key = uscc.clone().unwrap_or_else(|| regno.clone());
        let old = before.map(|known| known.key.clone()).filter(|old| *old != key);
        let known =
            Known { stamp: stamp.clone(), uscc: uscc.clone(), key, representative: number.or(known_number), conflict };
        self.known.insert(pripid.clone(), known);
        let whose = bodies::Enterprise { stamp, pripid, uscc, regno, representative, conflict };
        let mut drafts = vec![whose.legal_person(fields)?, whose.business_licence(fields)?];
        drafts.extend(old.into_iter().flat_map(|old| moved(&old, &whose.stamp)));
        Ok(self.judged(drafts))
    }
}

/// The old key is taken back.
fn moved(old: &str, stamp: &str) -> [Draft; 2] {
    ["legal-person", "business-licence"].map(|resource| Draft {
        resource,
        key: old.to_owned(),
        stamp: stamp.to_owned(),
        withdrawn: Some("key.changed"),
        subjects: BTreeSet::new(),
        flags: BTreeSet::new(),
        body: Value::Null,
        whole: true,
    })
}

/// USCC, if there is one, and registration number; one of the two is good.
fn own_numbers(fields: &Fields<'_>) -> Result<(Option<String>, String), String> {
    let (uscc, regno) = (fields.number("UNISCID"), fields.number("REGNO"));
    if uscc.contains('*') || regno.contains('*') {
        return Err("uscc.masked".into());
    }
    if !uscc.is_empty() {
        return if is_uscc(&uscc) { Ok((Some(uscc), regno)) } else { Err("uscc.checksum".into()) };
    }
    if is_registration_number(&regno) { Ok((None, regno)) } else { Err("uscc.absent".into()) }
}

fn representative(fields: &Fields<'_>) -> Result<(Option<Value>, bool), String> {
    let number = parties::person("", &fields.number("CERNO"))?;
    let is_person = number.identifier.as_ref().is_none_or(|(kind, _)| *kind != "uscc");
    Ok((parties::party(fields.text("LEREP"), number.identifier.as_ref(), is_person), number.wrong))
}

fn investment(fields: &Fields<'_>) -> Result<Draft, String> {
    let (stamp, pripid) = (fields.stamp()?, fields.required("PRIPID")?);
    let key = format!("{pripid}/{}", fields.required("INVID")?);
    let kind = fields.number("INVTYPE");
    let given = fields.number("CERNO");
    let number = match kind.as_str() {
        "20" => parties::person(&fields.number("CERTYPE"), &given)?,
        "35" => parties::enterprise(&given)?,
        _ => parties::organisation(&given)?,
    };
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.into(), value);
    put("enterprise_source_id", pripid.clone().into());
    if let Some(holder) = parties::party(fields.text("INV"), number.identifier.as_ref(), kind == "20") {
        put("holder", holder);
    }
    put("holder_type", kind.into());
    let (amount, share) = (fields.decimal("SUBCONAM", true)?, fields.decimal("SUBCONPROP", false)?);
    if !amount.is_empty() {
        put("subscribed_amount", amount.into());
        put("currency", "CNY".into());
    }
    if !share.is_empty() {
        put("share_percent", share.into());
    }
    if let Some(Day::On(day)) = fields.date("CONDATE", false)? {
        put("contributed_on", day.into());
    }
    let subjects = std::iter::once(("source-key", pripid)).chain(number.identifier).collect();
    let flags = number.wrong.then_some("party.identifier").into_iter().collect();
    Ok(Draft {
        resource: "shareholding",
        key,
        stamp,
        withdrawn: None,
        subjects,
        flags,
        body: body.into(),
        whole: false,
    })
}

fn licence(fields: &Fields<'_>) -> Result<Draft, String> {
    let (stamp, number) = (fields.stamp()?, fields.required("LICNO")?);
    if number.contains('*') {
        return Err("certificate.number".into());
    }
    let uscc = match fields.number("UNISCID") {
        uscc if uscc.is_empty() => return Err("party.missing".into()),
        uscc if uscc.contains('*') => return Err("party.masked".into()),
        uscc if is_uscc(&uscc) => uscc,
        _ => return Err("uscc.checksum".into()),
    };
    let state = fields.text("LICSTATE");
    let status = match state {
        "有效" => "VALID",
        "注销" => "CANCELLED",
        "吊销" => "WITHDRAWN_AS_SANCTION",
        "撤销" => "REVOKED",
        "过期" => "EXPIRED",
        _ => "OTHER",
    };
    let mut body = json!({
        "number": number, "certificate_type": fields.text("LICTYPE"), "issuer": fields.text("ISSORG"),
        "holders": [{ "identifier": { "kind": "uscc", "value": uscc }, "kind": "PARTY_KIND_ORGANISATION" }],
        "status": format!("CERTIFICATE_STATUS_{status}"), "items": fields.text("LICITEM"),
    });
    bodies::days(&mut body, fields, &[("issued_on", "ISSDATE"), ("valid_from", "VALFROM"), ("valid_to", "VALTO")])?;
    if status == "OTHER" && !state.is_empty() {
        body["status_text"] = state.into();
    }
    let subjects = BTreeSet::from([("certificate-number", number.clone()), ("uscc", uscc)]);
    let flags = (fields.text("LICTYPE") != "食品经营许可证").then_some("code.unknown").into_iter().collect();
    let resource = "food-operation-licence";
    Ok(Draft { resource, key: number, stamp, withdrawn: None, subjects, flags, body, whole: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{People, enterprises};

    #[test]
    fn each_trap_ends_as_it_was_made_to() {
        let mut people = People::new(11);
        let traps = enterprises::entities_with_traps(&mut people, "2026-11-01 02:11:09");
        let entities: Vec<Entity> = traps.iter().map(|(_, entity)| entity.clone()).collect();
        let mut oracle = EnterpriseOracle::default();
        oracle.take(&Page::new("ENT_20261101_001.xml", entities, people.random()));
        for (row, (wanted, entity)) in oracle.rows.iter().zip(&traps) {
            let flags: BTreeSet<&str> = row.records.iter().flat_map(|(_, draft)| draft.flags.iter().copied()).collect();
            let said = format!("row {}: {wanted:?} {:?} {flags:?} {:?}", row.row, row.rule, entity.fields);
            match (*wanted, row.class) {
                ("", Class::Published) => assert!(flags.is_empty(), "{said}"),
                (flag, Class::Published) => assert_eq!(flags, BTreeSet::from([flag]), "{said}"),
                (rule, _) => assert_eq!(row.rule.as_deref(), Some(rule), "{said}"),
            }
        }
    }

    #[test]
    fn amounts_of_ten_thousand_become_single_units() {
        let entity = Entity::enterprise(&mut People::new(1), "2026-11-01 02:11:09");
        for (given, wanted) in [("500.00", "5000000."), ("0.5", "05000."), ("12.34567", "123456.7")] {
            let entity = entity.clone().with("REGCAP", given);
            assert_eq!(Fields(&entity).decimal("REGCAP", true).unwrap(), wanted);
        }
        assert_eq!(organisation_code(entity.text("UNISCID")).map(str::len), Some(9));
    }
}
