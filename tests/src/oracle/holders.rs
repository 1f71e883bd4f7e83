use crate::{
    numbers::{citizen, is_uscc},
    rows::Refusal,
    text::{fold, trim},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What a number of a party is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    /// Nothing.
    Blank,
    /// With `*` in it.
    Masked,
    /// A number that nothing speaks against.
    Good(&'static str, String),
    /// A number that fails its check; kept, and the rule that would refuse it.
    Wrong(&'static str, String, String),
}

impl Given {
    pub(super) fn identifier(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Good(kind, value) | Self::Wrong(kind, value, _) => Some((kind, value.clone())),
            Self::Blank | Self::Masked => None,
        }
    }
}

/// Half-width, upper case, without blanks at both ends.
pub(super) fn clean(number: &str) -> String {
    fold(trim(number)).to_ascii_uppercase()
}

/// A number whose kind the source says by a code of standards 3.10; `None` where there is no such code.
pub(super) fn by_code(code: &str, number: &str) -> Option<Given> {
    let number = clean(number);
    if number.is_empty() {
        return Some(Given::Blank);
    }
    if number.contains('*') {
        return Some(Given::Masked);
    }
    let good = |kind| Some(Given::Good(kind, number.clone()));
    match code {
        "" => Some(by_number(&number)),
        "111" => Some(match citizen(&number) {
            Ok(good) => Given::Good("citizen-number", good.number),
            Err(fault) => Given::Wrong("other-person-id", number.clone(), format!("citizen-id.{fault}")),
        }),
        "001" if is_uscc(&number) => good("uscc"),
        "001" => Some(Given::Wrong("other-organisation-id", number.clone(), "uscc.checksum".to_owned())),
        "114" | "115" | "118" | "119" | "120" | "122" => good("military-id"),
        "411" | "412" | "413" | "414" => good("passport"),
        "511" => good("taiwan-permit"),
        "516" => good("hk-macao-permit"),
        "099" => good("other-organisation-id"),
        "999" => good("other-person-id"),
        _ => None,
    }
}

/// Kinds of numbers when the source does not say.
pub(super) fn by_number(number: &str) -> Given {
    let number = clean(number);
    if number.is_empty() {
        return Given::Blank;
    }
    if number.contains('*') {
        return Given::Masked;
    }
    let read = citizen(&number);
    if let Ok(good) = read {
        return Given::Good("citizen-number", good.number);
    }
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if is_uscc(&number) {
        return Given::Good("uscc", number);
    }
    if number.starts_with(['H', 'M']) && [9, 11].contains(&number.len()) && digits(&number[1..]) {
        return Given::Good("hk-macao-permit", number);
    }
    if number.len() == 8 && digits(&number) {
        return Given::Good("taiwan-permit", number);
    }
    if number.chars().count() != 18 {
        return Given::Good("other-person-id", number);
    }
    let of_person = digits(&number[..17]) && number.ends_with(|c: char| c.is_ascii_digit() || c == 'X');
    match read {
        Err(fault) if of_person => Given::Wrong("other-person-id", number, format!("citizen-id.{fault}")),
        _ => Given::Wrong("other-organisation-id", number, "uscc.checksum".to_owned()),
    }
}

/// Kinds and values.
pub(super) type Identifiers = BTreeSet<(&'static str, String)>;

/// The parties that a record must be found by, and those that it may be found by.
pub(super) struct Parties<'a> {
    pub(super) first: &'a [Given],
    pub(super) others: &'a [Given],
    /// The field of the first, for the refusal.
    pub(super) field: &'static str,
}

impl Parties<'_> {
    /// Every number, and the flag; or why the row is refused.
    pub(super) fn judge(&self) -> Result<(Identifiers, bool), Refusal> {
        let all = || self.first.iter().chain(self.others);
        if all().any(|given| *given == Given::Masked) {
            return Err(Refusal::whole("party.masked"));
        }
        if !self.first.iter().any(|given| matches!(given, Given::Good(..))) {
            let wrong = self.first.iter().find_map(|given| match given {
                Given::Wrong(_, _, rule) => Some(Refusal::of(rule.as_str(), self.field)),
                _ => None,
            });
            return Err(wrong.unwrap_or_else(|| Refusal::whole("party.missing")));
        }
        let wrong = all().any(|given| matches!(given, Given::Wrong(..)));
        Ok((all().filter_map(Given::identifier).collect(), wrong))
    }
}

/// A party as the body shows it; none when nothing is known of it.
pub(super) fn party(name: &str, given: &Given) -> Option<Value> {
    let mut party = Map::new();
    let name = trim(name);
    if !name.is_empty() {
        party.insert("name".into(), name.into());
    }
    if let Some((kind, value)) = given.identifier() {
        party.insert("identifier".into(), json!({ "kind": kind, "value": value }));
        if matches!(given, Given::Wrong(..)) {
            // A wrong number does not say who its holder is.
            return Some(party.into());
        }
        let organisation = ["uscc", "other-organisation-id"].contains(&kind);
        party.insert("kind".into(), if organisation { "PARTY_KIND_ORGANISATION" } else { "PARTY_KIND_PERSON" }.into());
    }
    (!party.is_empty()).then(|| party.into())
}
