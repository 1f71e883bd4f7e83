//! Whether a claimed value is the one that a record holds.
//!
//! A claim is text, as the item stands in JSON. Blanks around it and the form of middle dots do not
//! matter; identifiers are brought into normal form, numbers compared as numbers, enums with or without
//! the prefix of their name. Of a list any element may fit; a party fits by its identifier or its name.
//! An absent yes-or-no item is "no", as proto3 does not tell the two apart; any other absent item is not held.

use crate::{
    base::is_base,
    stop::{Away, Stop},
};
use contract::{
    json, message_of,
    v1::{Claim, ClaimResult},
};
use domain::{
    Identifier, IdentifierKind,
    catalogue::{Catalogue, Resource, ResourceKind},
    money::millionths,
    text::{fold_for_comparison, half_width},
};
use serde_json::Value;

/// The result of each claim, in order, for the body of a record of `resource`.
pub(crate) fn compare(
    catalogue: &Catalogue,
    resource: &Resource,
    body: &[u8],
    claims: &[Claim],
) -> Result<Vec<ClaimResult>, Stop> {
    let record = json::to_value(&resource.message, body).map_err(|_| Away::Damaged(resource.id.clone()))?;
    let result = |claim: &Claim| {
        let (item, is_name) = split(resource, &claim.item);
        if is_base(resource) {
            let composed = record.get("items").and_then(Value::as_array).into_iter().flatten();
            let composed =
                composed.into_iter().find(|composed| composed.get("item").and_then(Value::as_str) == Some(item));
            let form = Form::of_composed(catalogue, resource, (item, is_name), composed);
            return result_of(form, composed.and_then(|composed| composed.get("value")), &claim.value);
        }
        result_of(Form::of(resource, item, is_name), record.get(item), &claim.value)
    };
    Ok(claims.iter().map(result).collect())
}

fn result_of(form: Option<Form>, value: Option<&Value>, claimed: &str) -> ClaimResult {
    let Some(form) = form else { return ClaimResult::NotHeld };
    let Some(value) = value else { return form.of_absent(claimed) };
    match form.judge(value, claimed) {
        None => ClaimResult::NotHeld,
        Some(true) => ClaimResult::Match,
        Some(false) => ClaimResult::Mismatch,
    }
}

/// The field of an item, and whether only a party's name is meant.
fn split<'a>(resource: &Resource, item: &'a str) -> (&'a str, bool) {
    match item.strip_suffix(".name").filter(|_| resource.item(item).is_none()) {
        Some(party) => (party, true),
        None => (item, false),
    }
}

/// How the values of an item are compared.
enum Form {
    Text,
    Number,
    YesNo,
    /// Prefix of the enum's values (`LIFE_STATUS_`).
    Word(String),
    Identifier(IdentifierKind),
    Party,
    NameOfParty,
}

impl Form {
    /// The form of a field of the resource's message; `None` when there is no such field.
    fn of(resource: &Resource, field: &str, is_name: bool) -> Option<Self> {
        let kind = message_of(&resource.message)?.get_field_by_name(field)?.kind();
        if is_name {
            return Some(Self::NameOfParty);
        }
        if let Some(words) = kind.as_enum() {
            return Some(Self::Word(prefix(words.default_value().name())));
        }
        if let Some(message) = kind.as_message() {
            let is_instant = message.full_name() == "google.protobuf.Timestamp";
            return Some(if is_instant { Self::Text } else { Self::Party });
        }
        let unset = kind.default_value();
        Some(match (unset.as_bool(), unset.as_str()) {
            (Some(_), _) => Self::YesNo,
            (_, Some(_)) => Self::of_text(resource, field),
            _ => Self::Number,
        })
    }

    /// The form of a base's item, as it stands in the resource that it was taken from, or else in its authority.
    fn of_composed(
        catalogue: &Catalogue,
        base: &Resource,
        (item, is_name): (&str, bool),
        composed: Option<&Value>,
    ) -> Option<Self> {
        let rule = base.source_of(item)?;
        let taken_from = composed.and_then(|composed| composed.get("resource")).and_then(Value::as_str);
        let source = catalogue.resources.get(taken_from.unwrap_or(&rule.authority))?;
        let (field, is_part) = split(source, rule.field_in(&source.id));
        Self::of(source, field, is_name || is_part)
    }

    /// Items that are identifiers are named after their kind; a certificate's number is called `number`.
    fn of_text(resource: &Resource, item: &str) -> Self {
        if resource.kind == ResourceKind::Certificate && item == "number" {
            return Self::Identifier(IdentifierKind::CertificateNumber);
        }
        if let Ok(kind) = item.replace('_', "-").parse() {
            return Self::Identifier(kind);
        }
        let is_number = resource.item(item).is_some_and(|item| item.data_type == "number");
        if is_number { Self::Number } else { Self::Text }
    }

    fn of_absent(&self, claimed: &str) -> ClaimResult {
        match self {
            Self::YesNo if yes_no(claimed) == Some(false) => ClaimResult::Match,
            Self::YesNo => ClaimResult::Mismatch,
            _ => ClaimResult::NotHeld,
        }
    }

    /// `None` when the value does not hold what the claim speaks of.
    fn judge(&self, value: &Value, claimed: &str) -> Option<bool> {
        match value {
            Value::Array(elements) => {
                let mut judged = elements.iter().filter_map(|element| self.judge(element, claimed)).peekable();
                judged.peek()?;
                Some(judged.any(|fits| fits))
            }
            Value::Object(members) => match members.get("party") {
                Some(party) => self.judge(party, claimed),
                None => self.judge_party(value, claimed),
            },
            Value::Bool(held) => Some(yes_no(claimed) == Some(*held)),
            Value::String(held) => Some(self.fits(held, claimed)),
            Value::Number(held) => Some(self.fits(&held.to_string(), claimed)),
            Value::Null => None,
        }
    }

    fn judge_party(&self, party: &Value, claimed: &str) -> Option<bool> {
        let name = party.get("name").and_then(Value::as_str);
        let by_name = name.map(|name| text_fits(name, claimed));
        if matches!(self, Self::NameOfParty) {
            return by_name;
        }
        let identifier = party.get("identifier");
        let part = |name: &str| identifier.and_then(|identifier| identifier.get(name)).and_then(Value::as_str);
        let by_number = part("value").map(|value| match part("kind").and_then(|kind| kind.parse().ok()) {
            Some(kind) => identifier_fits(kind, value, claimed),
            None => text_fits(value, claimed),
        });
        by_name.into_iter().chain(by_number).reduce(|one, other| one || other)
    }

    fn fits(&self, held: &str, claimed: &str) -> bool {
        match self {
            Self::Number => match (millionths(held), millionths(claimed)) {
                (Ok(held), Ok(claimed)) => held == claimed,
                _ => text_fits(held, claimed),
            },
            Self::Word(prefix) => {
                let claimed = half_width(domain::text::trim(claimed)).to_ascii_uppercase();
                held == claimed || held.strip_prefix(prefix.as_str()) == Some(&claimed)
            }
            Self::Identifier(kind) => identifier_fits(*kind, held, claimed),
            Self::Text | Self::YesNo | Self::Party | Self::NameOfParty => text_fits(held, claimed),
        }
    }
}

/// What comes before the word of an enum's value.
fn prefix(zero: &str) -> String {
    zero.strip_suffix("UNSPECIFIED").unwrap_or_default().to_owned()
}

fn text_fits(held: &str, claimed: &str) -> bool {
    fold_for_comparison(held) == fold_for_comparison(claimed)
}

fn identifier_fits(kind: IdentifierKind, held: &str, claimed: &str) -> bool {
    let normal = |text: &str| Identifier::parse(kind, text).ok();
    text_fits(held, claimed) || normal(claimed).is_some_and(|claimed| Some(claimed) == normal(held))
}

fn yes_no(text: &str) -> Option<bool> {
    match domain::text::trim(text).to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
