use crate::{
    numbers::{citizen, is_registration_number, is_uscc},
    text::{fold, trim},
};
use serde_json::{Map, Value, json};

/// What a number of a party turned out to be.
pub(super) struct Number {
    /// Kind of identifier and its value, when one was given.
    pub(super) identifier: Option<(&'static str, String)>,
    /// Whether it fails its check.
    pub(super) wrong: bool,
}

impl Number {
    fn good(kind: &'static str, value: String) -> Self {
        Self { identifier: Some((kind, value)), wrong: false }
    }

    fn wrong(kind: &'static str, value: String) -> Self {
        Self { identifier: Some((kind, value)), wrong: true }
    }
}

/// A number without blanks, full-width characters and the `#` before it.
pub(super) fn cleaned(text: &str) -> String {
    let text = fold(trim(text));
    trim(text.strip_prefix('#').unwrap_or(&text)).to_owned()
}

/// A person's number of a kind that `certificate` names (`CERTYPE`).
pub(super) fn person(certificate: &str, number: &str) -> Result<Number, String> {
    let number = cleaned(number);
    if number.is_empty() {
        return Ok(Number { identifier: None, wrong: false });
    }
    if number.contains('*') {
        return Err("party.masked".into());
    }
    Ok(match certificate {
        "10" => match citizen(&number) {
            Ok(good) => Number::good("citizen-number", good.number),
            Err(_) => Number::wrong("other-person-id", number),
        },
        "20" | "30" => Number::good("military-id", number),
        "40" => Number::good("passport", number),
        "50" | "60" => Number::good("hk-macao-permit", number),
        "70" => Number::good("taiwan-permit", number),
        "" => by_the_number(number),
        _ => Number::good("other-person-id", number),
    })
}

/// Kinds of numbers when the source does not say.
fn by_the_number(number: String) -> Number {
    if let Ok(good) = citizen(&number) {
        return Number::good("citizen-number", good.number);
    }
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if is_uscc(&number) {
        Number::good("uscc", number)
    } else if number.starts_with(['H', 'M']) && [9, 11].contains(&number.len()) && digits(&number[1..]) {
        Number::good("hk-macao-permit", number)
    } else if number.len() == 8 && digits(&number) {
        Number::good("taiwan-permit", number)
    } else if number.chars().count() == 18 {
        Number::wrong("other-person-id", number)
    } else {
        Number::good("other-person-id", number)
    }
}

/// An enterprise's number (`INVTYPE` 35).
pub(super) fn enterprise(number: &str) -> Result<Number, String> {
    let number = cleaned(number);
    if number.contains('*') {
        return Err("party.masked".into());
    }
    Ok(match number {
        number if number.is_empty() => Number { identifier: None, wrong: false },
        number if is_uscc(&number) => Number::good("uscc", number),
        number if is_registration_number(&number) => Number::good("registration-number", number),
        number => Number::wrong("other-organisation-id", number),
    })
}

/// An organisation's number of its own kind, unchecked.
pub(super) fn organisation(number: &str) -> Result<Number, String> {
    let number = cleaned(number);
    if number.contains('*') {
        return Err("party.masked".into());
    }
    let identifier = (!number.is_empty()).then_some(("other-organisation-id", number));
    Ok(Number { identifier, wrong: false })
}

/// A party as the body shows it; none when nothing is known of it.
pub(super) fn party(name: &str, identifier: Option<&(&'static str, String)>, person: bool) -> Option<Value> {
    let mut party = Map::new();
    if !name.is_empty() {
        party.insert("name".into(), name.into());
    }
    if let Some((kind, value)) = identifier {
        party.insert("identifier".into(), json!({ "kind": kind, "value": value }));
    }
    if party.is_empty() {
        return None;
    }
    party.insert("kind".into(), if person { "PARTY_KIND_PERSON" } else { "PARTY_KIND_ORGANISATION" }.into());
    Some(party.into())
}
