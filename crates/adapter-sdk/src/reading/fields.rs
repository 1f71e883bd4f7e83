//! A row's values by name.

use crate::mapping::{Rejection, Translated};
use domain::{
    Rule, Timestamp,
    date::{self, DateFault, DayValue},
    money::{self, NumberFault},
    rules::{DATE_INVALID, FIELD_INVALID, FIELD_REQUIRED, MESSAGE_JSON, NUMBER_INVALID},
    text,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Longest key of the source, in characters, as for any identifier.
const MAX_KEY: usize = 128;

/// The rule that a row breaks, and in which field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The rule.
    pub rule: &'static Rule,
    /// The source's field; empty for the whole row.
    pub field: &'static str,
}

/// The version that a row states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// As it goes into the version: fourteen digits of local time, or twenty with microseconds.
    pub digits: String,
    /// The same as an instant.
    pub at: Timestamp,
}

/// A row's values by the names that the department gives them, with blanks trimmed; absent and blank are `""`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<String, String>);

impl Fault {
    /// A fault of a field.
    #[must_use]
    pub fn new(rule: &'static Rule, field: &'static str) -> Self {
        Self { rule, field }
    }

    /// The row's rejection, with the key that the record would have had.
    #[must_use]
    pub fn reject(self, resource: &'static str, key: Option<String>) -> Translated {
        Translated::Rejected(Rejection { rule: self.rule, field: self.field, resource, key })
    }
}

impl Fields {
    /// The members of a JSON object: texts as they are, numbers and truth values as JSON writes them, `null` as absent.
    ///
    /// # Errors
    /// `message.json` when the bytes are no JSON object, or a member is a list or an object.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Fault> {
        let members: Map<String, Value> = serde_json::from_slice(bytes).map_err(|_| Fault::new(&MESSAGE_JSON, ""))?;
        Self::from_members(&members)
    }

    /// The same of an object that was read already.
    ///
    /// # Errors
    /// `message.json` when a member is a list or an object.
    pub fn from_members(members: &Map<String, Value>) -> Result<Self, Fault> {
        let mut fields = BTreeMap::new();
        for (name, value) in members {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(truth) => truth.to_string(),
                Value::Array(_) | Value::Object(_) => return Err(Fault::new(&MESSAGE_JSON, "")),
            };
            fields.insert(name.clone(), text);
        }
        Ok(Self::from_pairs(fields))
    }

    /// Values that a format gave out.
    #[must_use]
    pub fn from_pairs<N: Into<String>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let trimmed = |(name, value): (N, V)| (name.into(), text::trim(value.as_ref()).to_owned());
        Self(pairs.into_iter().map(trimmed).collect())
    }

    /// A name, an address, a text, trimmed: nothing inside is folded.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        self.0.get(field).map_or("", String::as_str)
    }

    /// A number, code or date: half-width and trimmed.
    #[must_use]
    pub fn number(&self, field: &str) -> String {
        text::trim(&text::half_width(self.text(field))).to_owned()
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// `field.required` when it is blank.
    pub fn required(&self, field: &'static str) -> Result<&str, Fault> {
        Some(self.text(field)).filter(|text| !text.is_empty()).ok_or(Fault::new(&FIELD_REQUIRED, field))
    }

    /// A number without which the record has no key: half-width, at most 128 characters, no control characters.
    ///
    /// # Errors
    /// `field.required` when it is blank, `field.invalid` when no key can be made of it.
    pub fn key(&self, field: &'static str) -> Result<String, Fault> {
        let key = self.number(field);
        if key.is_empty() {
            return Err(Fault::new(&FIELD_REQUIRED, field));
        }
        if key.chars().count() > MAX_KEY || key.chars().any(char::is_control) {
            return Err(Fault::new(&FIELD_INVALID, field));
        }
        Ok(key)
    }

    /// A day, ISO; `""` when it is unknown. What stands for "no end" says nothing in such a field.
    ///
    /// # Errors
    /// `date.invalid` when it is no day of the calendar in an agreed form.
    pub fn day(&self, field: &'static str) -> Result<String, Fault> {
        let day = date::parse_day(&self.number(field)).map_err(|fault| of_date(fault, field))?;
        Ok(day.iso().unwrap_or_default())
    }

    /// A day that must be there, ISO.
    ///
    /// # Errors
    /// `field.required` when it is blank or unknown, `date.invalid` as for [`Fields::day`].
    pub fn required_day(&self, field: &'static str) -> Result<String, Fault> {
        Some(self.day(field)?).filter(|day| !day.is_empty()).ok_or(Fault::new(&FIELD_REQUIRED, field))
    }

    /// The last day of a period, which can be without end; blank is unknown.
    ///
    /// # Errors
    /// As [`Fields::day`].
    pub fn end(&self, field: &'static str) -> Result<DayValue, Fault> {
        date::parse_day(&self.number(field)).map_err(|fault| of_date(fault, field))
    }

    /// A month, `2020-01`; `""` when it is unknown.
    ///
    /// # Errors
    /// `date.invalid` when it is no month.
    pub fn month(&self, field: &'static str) -> Result<String, Fault> {
        let month = date::parse_month(&self.number(field)).map_err(|fault| of_date(fault, field))?;
        Ok(month.unwrap_or_default())
    }

    /// An instant of local time; none when it is unknown.
    ///
    /// # Errors
    /// `date.invalid` when it is no instant.
    pub fn instant(&self, field: &'static str) -> Result<Option<Timestamp>, Fault> {
        let instant = date::parse_instant(&self.number(field), date::local_offset());
        Ok(instant.map_err(|fault| of_date(fault, field))?.at())
    }

    /// A version stamp of local seconds, fourteen digits.
    ///
    /// # Errors
    /// `field.required` when it is blank or unknown, `date.invalid` when it is no instant.
    pub fn stamp(&self, field: &'static str) -> Result<Stamp, Fault> {
        self.stamp_by(field, date::stamp14)
    }

    /// A version stamp with microseconds, twenty digits.
    ///
    /// # Errors
    /// As [`Fields::stamp`].
    pub fn stamp_with_micros(&self, field: &'static str) -> Result<Stamp, Fault> {
        self.stamp_by(field, date::stamp20)
    }

    /// An amount in yuan or a measure as decimal text; `""` when absent.
    ///
    /// # Errors
    /// `number.invalid` when it is no number.
    pub fn decimal(&self, field: &'static str) -> Result<String, Fault> {
        self.decimal_by(field, money::units)
    }

    /// An amount in 万 as decimal text in single units; `""` when absent.
    ///
    /// # Errors
    /// `number.invalid` when it is no number.
    pub fn wan(&self, field: &'static str) -> Result<String, Fault> {
        self.decimal_by(field, money::wan_to_units)
    }

    /// A whole number; none when absent.
    ///
    /// # Errors
    /// `number.invalid` when it is none, or negative.
    pub fn whole(&self, field: &'static str) -> Result<Option<u64>, Fault> {
        let given = self.number(field);
        if given.is_empty() {
            return Ok(None);
        }
        given.parse().map(Some).map_err(|_| Fault::new(&NUMBER_INVALID, field))
    }

    /// All names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn stamp_by(&self, field: &'static str, read: fn(&str) -> Result<String, DateFault>) -> Result<Stamp, Fault> {
        let given = self.number(field);
        let digits = read(&given).map_err(|fault| of_date(fault, field))?;
        let at = date::parse_instant(&given, date::local_offset()).ok().and_then(date::InstantValue::at);
        at.map(|at| Stamp { digits, at }).ok_or(Fault::new(&DATE_INVALID, field))
    }

    fn decimal_by(&self, field: &'static str, read: fn(&str) -> Result<String, NumberFault>) -> Result<String, Fault> {
        let given = self.number(field);
        if given.is_empty() {
            return Ok(given);
        }
        read(&given).map_err(|_| Fault::new(&NUMBER_INVALID, field))
    }
}

fn of_date(fault: DateFault, field: &'static str) -> Fault {
    let rule = match fault {
        DateFault::Missing => &FIELD_REQUIRED,
        DateFault::Invalid => &DATE_INVALID,
    };
    Fault { rule, field }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_of_any_simple_kind_are_read_as_text() {
        let json = r#"{"a": "　张三 ", "b": 12, "c": null, "d": true, "e": 110101190001010014}"#;
        let fields = Fields::from_json(json.as_bytes()).unwrap();
        let read = ["a", "b", "c", "d", "e", "f"].map(|name| fields.text(name));
        assert_eq!(read, ["张三", "12", "", "true", "110101190001010014", ""]);
    }

    #[test]
    fn what_is_no_object_of_simple_members_is_refused() {
        for text in ["", "[]", "1", "{\"a\":[]}", "{\"a\":{}}", "{", "null"] {
            assert_eq!(Fields::from_json(text.as_bytes()).unwrap_err().rule.id, "message.json", "{text}");
        }
    }

    #[test]
    fn faults_name_rule_and_field() {
        let fields = Fields::from_pairs([("day", "2020-02-30"), ("wan", "x"), ("key", "a\u{7}b"), ("stamp", "0")]);
        let rule = |fault: Fault| (fault.rule.id, fault.field);
        assert_eq!(rule(fields.day("day").unwrap_err()), ("date.invalid", "day"));
        assert_eq!(rule(fields.required_day("none").unwrap_err()), ("field.required", "none"));
        assert_eq!(rule(fields.wan("wan").unwrap_err()), ("number.invalid", "wan"));
        assert_eq!(rule(fields.key("key").unwrap_err()), ("field.invalid", "key"));
        assert_eq!(rule(fields.key("none").unwrap_err()), ("field.required", "none"));
        assert_eq!(rule(fields.stamp("stamp").unwrap_err()), ("field.required", "stamp"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text: String) {
            let fields = Fields::from_pairs([("f", &text)]);
            drop((fields.key("f"), fields.day("f"), fields.end("f"), fields.month("f"), fields.instant("f")));
            drop((fields.stamp("f"), fields.stamp_with_micros("f"), fields.decimal("f"), fields.wan("f"), fields.whole("f")));
        }
    }
}
