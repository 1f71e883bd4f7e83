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
use std::{
    fmt::{self, Display, Write as _},
    ops::Range,
};

/// Longest key of the source, in characters, as for any identifier.
const MAX_KEY: usize = 128;

mod members;

use self::members::Members;

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
///
/// All names and values lie in one text: a stock has millions of rows with dozens of columns.
#[derive(Clone, Default)]
pub struct Fields {
    text: String,
    /// Where they lie, by name.
    places: Vec<Place>,
}

/// Where a name and its value lie.
#[derive(Clone, Copy)]
struct Place {
    name: Span,
    value: Span,
}

/// From byte to byte of the text.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Span {
    from: u32,
    to: u32,
}

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
        let Members(fields) = Members::read(bytes).map_err(|_| Fault::new(&MESSAGE_JSON, ""))?;
        Ok(fields)
    }

    /// The same of an object that was read already.
    ///
    /// # Errors
    /// `message.json` when a member is a list or an object.
    pub fn from_members(members: &Map<String, Value>) -> Result<Self, Fault> {
        let mut fields = Self::default();
        for (name, value) in members {
            let name = fields.push(name);
            match value {
                Value::Null => {}
                Value::String(text) => fields.place(name, text),
                Value::Number(number) => fields.place_shown(name, number),
                Value::Bool(truth) => fields.place_shown(name, truth),
                Value::Array(_) | Value::Object(_) => return Err(Fault::new(&MESSAGE_JSON, "")),
            }
        }
        Ok(fields.in_order())
    }

    /// Values that a format gave out; of one name the last value.
    #[must_use]
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut fields = Self::default();
        for (name, value) in pairs {
            let name = fields.push(name.as_ref());
            fields.place(name, value.as_ref());
        }
        fields.in_order()
    }

    /// A name, an address, a text, trimmed: nothing inside is folded.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        let found = self.places.binary_search_by(|place| self.at(place.name).cmp(field));
        found.map_or("", |found| self.at(self.places[found].value))
    }

    /// A number, code or date: half-width and trimmed.
    #[must_use]
    pub fn number(&self, field: &str) -> String {
        let text = self.text(field);
        if text.is_ascii() { text.to_owned() } else { text::trim(&text::half_width(text)).to_owned() }
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
        self.places.iter().map(|place| (self.at(place.name), self.at(place.value)))
    }

    /// The same values under names in lower case, for sources that do not tell the two apart.
    #[must_use]
    pub fn with_lower_names(mut self) -> Self {
        for place in &self.places {
            if let Some(name) = self.text.get_mut(place.name.range()) {
                name.make_ascii_lowercase();
            }
        }
        self.in_order()
    }

    fn with_room(text: usize, members: usize) -> Self {
        Self { text: String::with_capacity(text), places: Vec::with_capacity(members) }
    }

    fn at(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    fn push(&mut self, text: &str) -> Span {
        let from = self.text.len();
        self.text.push_str(text);
        Span::new(from, self.text.len())
    }

    fn place(&mut self, name: Span, value: &str) {
        let value = self.push(text::trim(value));
        self.places.push(Place { name, value });
    }

    /// A number or truth value, as it is shown.
    fn place_shown(&mut self, name: Span, value: impl Display) {
        let from = self.text.len();
        // Writing into a text does not fail.
        let _ = write!(self.text, "{value}");
        self.places.push(Place { name, value: Span::new(from, self.text.len()) });
    }

    /// By name, the last of each.
    fn in_order(mut self) -> Self {
        let mut places = std::mem::take(&mut self.places);
        if !places.is_sorted_by(|one, next| self.at(one.name) < self.at(next.name)) {
            places.reverse();
            places.sort_by(|one, other| self.at(one.name).cmp(self.at(other.name)));
            places.dedup_by(|later, first| self.at(later.name) == self.at(first.name));
        }
        self.places = places;
        self
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

impl Span {
    /// A row is at most some megabytes; of a text beyond all measure, the end would read as empty.
    fn new(from: usize, to: usize) -> Self {
        let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        Self { from: place(from), to: place(to) }
    }

    fn range(self) -> Range<usize> {
        self.from as usize..self.to as usize
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Fields {}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
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
    use std::collections::BTreeMap;

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

    #[test]
    fn of_one_name_the_last_member_counts() {
        let fields = |json: &str| Fields::from_json(json.as_bytes()).map_err(|fault| fault.rule.id);
        assert_eq!(fields(r#"{"b":"1","a":"2","b":" 3 ","a":null}"#).unwrap(), Fields::from_pairs([("b", "3")]));
        assert_eq!(fields(r#"{"a":[1],"a":"2"}"#).unwrap(), Fields::from_pairs([("a", "2")]));
        assert_eq!(fields(r#"{"a":"2","a":[1]}"#).unwrap_err(), "message.json");
    }

    #[test]
    fn names_are_made_lower_case() {
        let fields = Fields::from_pairs([("ZZBS", "Ab"), ("lsh", "1")]).with_lower_names();
        assert_eq!(fields.iter().collect::<Vec<_>>(), [("lsh", "1"), ("zzbs", "Ab")]);
    }

    /// Values of every kind that a member can have.
    fn values() -> impl Strategy<Value = Value> {
        let simple = prop_oneof![
            any::<String>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
        ];
        prop_oneof![9 => simple, 1 => Just(Value::Array(vec![Value::Null]))]
    }

    proptest! {
        /// Read from bytes or from members, it is what the members say.
        #[test]
        fn members_are_what_they_say(members in prop::collection::btree_map(".{0,3}", values(), 0..12)) {
            let members: Map<String, Value> = members.into_iter().collect();
            let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let plain = members.iter().filter(|(_, value)| !value.is_null());
            let expected: BTreeMap<_, _> = plain.map(|(name, value)| (name.as_str(), shown(value))).collect();
            let bytes = serde_json::to_vec(&members).unwrap();
            let read = Fields::from_json(&bytes);
            prop_assert_eq!(&read, &Fields::from_members(&members));
            if members.values().any(Value::is_array) {
                prop_assert!(read.is_err());
            } else {
                let read = read.unwrap();
                let expected: Vec<_> = expected.iter().map(|(name, value)| (*name, text::trim(value))).collect();
                prop_assert_eq!(read.iter().collect::<Vec<_>>(), expected);
            }
        }

        #[test]
        fn any_text_is_read_without_panic(text: String) {
            let fields = Fields::from_pairs([("f", &text)]);
            drop((fields.key("f"), fields.day("f"), fields.end("f"), fields.month("f"), fields.instant("f")));
            drop((fields.stamp("f"), fields.stamp_with_micros("f"), fields.decimal("f"), fields.wan("f"), fields.whole("f")));
        }
    }
}
