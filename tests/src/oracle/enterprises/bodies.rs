use super::{Day, Draft, Fields, Map, Value, is_registration_number, json, organisation_code, trim};
use std::collections::BTreeSet;

/// Whose records they are.
pub(super) struct Enterprise {
    pub(super) stamp: String,
    pub(super) pripid: String,
    pub(super) uscc: Option<String>,
    pub(super) regno: String,
    pub(super) representative: (Option<Value>, bool),
    pub(super) conflict: bool,
}

const CURRENCIES: &[(&str, &str)] = &[("", "CNY"), ("156", "CNY"), ("840", "USD"), ("344", "HKD")];

/// The first date or number that cannot be read.
pub(super) fn check(fields: &Fields<'_>) -> Result<(), String> {
    fields.decimal("REGCAP", true)?;
    for name in ["ESTDATE", "APPRDATE", "OPFROM", "OPTO"] {
        fields.date(name, name == "OPTO")?;
    }
    Ok(())
}

/// Days of a body; the last of `names` is an end.
pub(super) fn days(body: &mut Value, fields: &Fields<'_>, names: &[(&str, &str)]) -> Result<(), String> {
    for (item, field) in names {
        let end = item.ends_with("_to");
        match fields.date(field, end)? {
            Some(Day::On(day)) => body[*item] = day.into(),
            Some(Day::NoEnd) => body[item.replace("_to", "_indefinitely")] = true.into(),
            _ => {}
        }
    }
    Ok(())
}

/// State of the registration, and of the certificate derived from it.
fn state(fields: &Fields<'_>) -> (&'static str, &'static str) {
    let text = fields.text("REGSTATE_CN");
    let said = |word: &str| text.contains(word);
    match fields.number("REGSTATE").as_str() {
        "1" => ("IN_OPERATION", "VALID"),
        "2" => ("LICENCE_WITHDRAWN", "WITHDRAWN_AS_SANCTION"),
        "3" => ("CANCELLED", "CANCELLED"),
        "4" => ("MOVED_OUT", "TRANSFERRED"),
        "" if said("注销") && !said("未注销") => ("CANCELLED", "CANCELLED"),
        "" if said("吊销") => ("LICENCE_WITHDRAWN", "WITHDRAWN_AS_SANCTION"),
        "" if ["存续", "开业", "在营", "正常", "在册"].iter().any(|word| said(word)) => {
            ("IN_OPERATION", "VALID")
        }
        _ => ("OTHER", "OTHER"),
    }
}

fn currency(fields: &Fields<'_>) -> (String, bool) {
    let given = fields.number("REGCAPCUR");
    match CURRENCIES.iter().find(|(number, _)| *number == given) {
        Some((_, letters)) => ((*letters).to_owned(), false),
        None => (given, true),
    }
}

impl Enterprise {
    fn key(&self) -> String {
        self.uscc.clone().unwrap_or_else(|| self.regno.clone())
    }

    /// Flags of both records.
    fn flags(&self, fields: &Fields<'_>) -> BTreeSet<&'static str> {
        let inner = self.uscc.as_deref().is_some_and(|uscc| organisation_code(uscc).is_none());
        let state = fields.number("REGSTATE");
        let unknown = currency(fields).1 || !["", "1", "2", "3", "4", "9"].contains(&state.as_str());
        let raised = [(self.uscc.is_none(), "uscc.missing"), (inner, "uscc.inner-check"), (unknown, "code.unknown")];
        raised.into_iter().filter_map(|(raised, flag)| raised.then_some(flag)).collect()
    }

    pub(super) fn legal_person(&self, fields: &Fields<'_>) -> Result<Draft, String> {
        let mut body = self.described(fields)?;
        let mut subjects = BTreeSet::from([("source-key", self.pripid.clone())]);
        if let Some(uscc) = &self.uscc {
            body["uscc"] = uscc.as_str().into();
            subjects.insert(("uscc", uscc.clone()));
            subjects.extend(organisation_code(uscc).map(|code| ("organisation-code", code.to_owned())));
        }
        if !self.regno.is_empty() {
            body["registration_number"] = self.regno.as_str().into();
        }
        if is_registration_number(&self.regno) {
            subjects.insert(("registration-number", self.regno.clone()));
        }
        if let Some(party) = &self.representative.0 {
            body["legal_representative"] = party.clone();
        }
        let mut flags = self.flags(fields);
        flags.extend(self.representative.1.then_some("party.identifier"));
        flags.extend(self.conflict.then_some("legal-rep.conflict"));
        let (resource, stamp) = ("legal-person", self.stamp.clone());
        Ok(Draft { resource, key: self.key(), stamp, withdrawn: None, subjects, flags, body, whole: true })
    }

    fn described(&self, fields: &Fields<'_>) -> Result<Value, String> {
        let mut body = Map::new();
        body.insert("source_id".into(), self.pripid.as_str().into());
        let copied = [
            ("name", "ENTNAME"),
            ("type_code", "ENTTYPE"),
            ("type_name", "ENTTYPE_CN"),
            ("address", "DOM"),
            ("business_scope", "OPSCOPE"),
            ("registration_authority_code", "REGORG"),
            ("registration_authority", "REGORG_CN"),
            ("registration_status_text", "REGSTATE_CN"),
            ("industry_section", "INDUSTRYPHY"),
            ("industry_code", "INDUSTRYCO"),
        ];
        for (item, field) in copied {
            let text = trim(fields.text(field));
            if !text.is_empty() {
                body.insert(item.into(), text.into());
            }
        }
        let capital = fields.decimal("REGCAP", true)?;
        let mut body = Value::from(body);
        if !capital.is_empty() {
            body["registered_capital"] = capital.into();
        }
        if !capital_is_open(fields) {
            body["currency"] = currency(fields).0.into();
        }
        let names = [
            ("established_on", "ESTDATE"),
            ("approved_on", "APPRDATE"),
            ("operates_from", "OPFROM"),
            ("operates_to", "OPTO"),
        ];
        days(&mut body, fields, &names)?;
        body["registration_status"] = format!("REGISTRATION_STATUS_{}", state(fields).0).into();
        Ok(body)
    }

    pub(super) fn business_licence(&self, fields: &Fields<'_>) -> Result<Draft, String> {
        let key = self.key();
        let kind = if self.uscc.is_some() { "uscc" } else { "registration-number" };
        let name = fields.text("ENTNAME");
        let mut body = json!({
            "number": key, "issuer": fields.text("REGORG_CN"), "business_scope": fields.text("OPSCOPE"),
            "holders": [{ "name": name, "identifier": { "kind": kind, "value": key }, "kind": "PARTY_KIND_ORGANISATION" }],
            "status": format!("CERTIFICATE_STATUS_{}", state(fields).1), "address": fields.text("DOM"),
            "legal_representative_name": fields.text("LEREP"),
        });
        let capital = fields.decimal("REGCAP", true)?;
        if !capital.is_empty() {
            body["registered_capital"] = capital.into();
            body["currency"] = currency(fields).0.into();
        }
        days(&mut body, fields, &[("issued_on", "APPRDATE"), ("valid_from", "OPFROM"), ("valid_to", "OPTO")])?;
        let subjects = BTreeSet::from([("certificate-number", key.clone()), (kind, key.clone())]);
        let (resource, stamp, flags) = ("business-licence", self.stamp.clone(), self.flags(fields));
        Ok(Draft { resource, key, stamp, withdrawn: None, subjects, flags, body, whole: false })
    }
}

/// No page says which currency an enterprise without capital has.
fn capital_is_open(fields: &Fields<'_>) -> bool {
    fields.number("REGCAP").is_empty()
}
