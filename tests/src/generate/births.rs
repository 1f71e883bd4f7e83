//! Birth certificates as they are pushed: JSON, one a line (health.md).
use super::{Cast, People, people::spoiled};
use serde_json::{Map, Value, json};

/// A line, whatever it holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// The department's own fields.
    Birth(Map<String, Value>),
    /// Something that is no JSON object.
    Other(String),
}

impl Line {
    /// The same with a field of another value.
    #[must_use]
    pub fn with(self, name: &str, value: impl Into<Value>) -> Self {
        let Self::Birth(mut fields) = self else { return self };
        fields.insert(name.to_owned(), value.into());
        Self::Birth(fields)
    }

    /// The same without a field.
    #[must_use]
    pub fn without(self, name: &str) -> Self {
        let Self::Birth(mut fields) = self else { return self };
        fields.remove(name);
        Self::Birth(fields)
    }

    /// A field's text.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        match self {
            Self::Birth(fields) => fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned(),
            Self::Other(_) => String::new(),
        }
    }

    /// The line without its end.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Birth(fields) => Value::from(fields.clone()).to_string(),
            Self::Other(text) => text.clone(),
        }
    }
}

/// A birth nobody could find anything wrong with; `stamp` is `yyyy-MM-dd HH:mm:ss`.
#[must_use]
pub fn birth(people: &mut People, stamp: &str) -> Line {
    let serial = people.serial();
    let (mother, father) = (people.citizen(false), people.citizen(true));
    let named = people.random().below(2) == 0;
    let line = json!({
        "cszmbh": format!("{}{serial:09}", people.random().pick(&["A", "T", "Z"])),
        "xm": if named { people.name() } else { String::new() },
        "xb": people.random().pick(&["1", "2", "9", "0", ""]),
        "cssj": "2026-10-30 23:15", "csd": "北京市东城区", "csyy": "示例妇幼保健院", "yz": "39", "tz": "3250",
        "mqxm": people.name(), "mqzjlx": people.random().pick(&["111", ""]), "mqzjhm": mother,
        "fqxm": people.name(), "fqzjlx": people.random().pick(&["111", ""]), "fqzjhm": father,
        "qfrq": people.random().pick(&["2026-10-31", "20261031", "2026年10月31日"]), "zfbz": people.random().pick(&["0", ""]),
        "xgsj": stamp,
    });
    let Value::Object(fields) = line else { panic!("an object") };
    Line::Birth(fields)
}

const FIRST: &str = "2026-11-01 08:00:00";
const LATER: &str = "2026-11-02 08:00:00";

/// Everything that is pushed over some days, and identifiers worth asking for.
#[must_use]
pub fn story(seed: u64, size: usize) -> (Vec<Line>, Cast) {
    let mut people = People::new(seed);
    let births: Vec<Line> = (0..size.max(20)).map(|_| birth(&mut people, FIRST)).collect();
    let mut lines = births.clone();
    lines.extend(births_with_traps(&mut people, FIRST).into_iter().map(|(_, line)| line));
    people.random().shuffle(&mut lines);
    let at = |place: usize, stamp: &str| births[place].clone().with("xgsj", stamp);
    let named = |place: usize, stamp: &str| at(place, stamp).with("xm", "后来取的名");
    lines.extend([
        at(0, FIRST),
        at(1, LATER),
        named(2, "2026-10-31 08:00:00"),
        named(3, FIRST),
        named(4, LATER),
        named(4, FIRST),
        at(5, LATER).with("zfbz", "1"),
        at(6, LATER).without("fqzjhm").without("fqxm").without("fqzjlx"),
    ]);
    let mut cast = Cast::new();
    for (label, place, field) in [
        ("certificate", 7, "cszmbh"),
        ("mother", 7, "mqzjhm"),
        ("father", 7, "fqzjhm"),
        ("void", 5, "cszmbh"),
        ("named later", 4, "mqzjhm"),
        ("father gone", 6, "fqzjhm"),
    ] {
        cast.insert(label, births[place].text(field));
    }
    (lines, cast)
}

/// Lines with one fault or oddity each; with the rule or flag that it is there for.
#[must_use]
pub fn births_with_traps(people: &mut People, stamp: &str) -> Vec<(&'static str, Line)> {
    let mut lines = numbers(people, stamp);
    lines.extend(parents(people, stamp));
    lines.extend(fields(people, stamp));
    for text in ["{\"cszmbh\":", "[]", "\"A000000001\"", "17", "null", "{\"cszmbh\":\"A000000001\"} x"] {
        lines.push(("message.json", Line::Other(text.to_owned())));
    }
    lines
}

fn numbers(people: &mut People, stamp: &str) -> Vec<(&'static str, Line)> {
    let wrong = ["A12345678", "A1234567890", "1234567890", "AB12345678", "A12345678X", "A 123456789", "A123*56789"];
    let mut lines: Vec<(&'static str, Line)> =
        wrong.iter().map(|text| ("certificate.number", birth(people, stamp).with("cszmbh", *text))).collect();
    let serial = people.serial();
    lines.push(("", birth(people, stamp).with("cszmbh", format!(" Q{serial:09}　"))));
    lines.push(("", birth(people, stamp).with("cszmbh", format!("Ｑ{:09}", people.serial()))));
    lines
}

fn parents(people: &mut People, stamp: &str) -> Vec<(&'static str, Line)> {
    let bad = spoiled(&people.citizen(true));
    let old = people.old_citizen(false);
    let mut line = || birth(people, stamp).with("mqzjlx", "111").with("fqzjlx", "111");
    let alone = |line: Line| line.without("fqxm").without("fqzjlx").without("fqzjhm");
    vec![
        ("", alone(line())),
        ("", line().with("fqxm", "").with("fqzjlx", "").with("fqzjhm", "")),
        ("", line().with("fqxm", Value::Null).with("fqzjlx", Value::Null).with("fqzjhm", Value::Null)),
        ("", line().with("fqzjhm", "")),
        ("", line().with("mqzjhm", "")),
        ("", alone(line()).with("mqzjhm", old)),
        ("", line().with("mqzjlx", "414").with("mqzjhm", "E12345678")),
        ("", line().with("fqzjlx", "516").with("fqzjhm", "H12345678")),
        ("", line().with("fqzjlx", "").with("fqzjhm", "12345678")),
        ("party.identifier", line().with("mqzjhm", bad.clone())),
        ("party.identifier", line().with("fqzjhm", bad.clone())),
        ("citizen-id.checksum", alone(line()).with("mqzjhm", bad.clone())),
        ("citizen-id.checksum", line().with("mqzjhm", bad.clone()).with("fqzjhm", bad.clone())),
        ("citizen-id.checksum", line().with("mqzjhm", bad.clone()).with("fqzjhm", "")),
        ("party.masked", line().with("mqzjhm", "110101********0014")),
        ("party.masked", line().with("fqzjhm", "110101********0014")),
        ("party.missing", alone(line()).with("mqzjhm", "")),
        ("party.missing", alone(line()).without("mqzjhm")),
        ("party.missing", line().with("mqzjhm", "　").with("fqzjhm", " ")),
        ("code.unknown", line().with("mqzjlx", "777")),
    ]
}

fn fields(people: &mut People, stamp: &str) -> Vec<(&'static str, Line)> {
    let mut line = || birth(people, stamp);
    vec![
        ("date.invalid", line().with("cssj", "2026-10-32 10:00")),
        ("date.invalid", line().with("cssj", "2026-10-31 24:10")),
        ("date.invalid", line().with("qfrq", "2026-02-30")),
        ("date.invalid", line().with("xgsj", "2026-02-30 08:00:00")),
        ("field.required", line().with("xgsj", "")),
        ("field.required", line().without("xgsj")),
        ("field.required", line().without("cszmbh")),
        ("number.invalid", line().with("yz", "三十九")),
        ("number.invalid", line().with("tz", "3.2kg")),
        ("", line().with("yz", 39).with("tz", 3250)),
        ("", line().without("yz").with("tz", "")),
        ("", line().with("cssj", "2026-10-31 00:00")),
        ("", line().with("cssj", "")),
        ("", line().with("zfbz", "1")),
        ("", line().with("zfbz", 1)),
        ("", line().with("qfrq", "19000101")),
        ("", line().with("beizhu", "nobody knows this field")),
        ("", line().with("xm", " 张三　")),
    ]
}
