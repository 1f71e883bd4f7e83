use super::dbf::Row;
use crate::{
    encode,
    generate::{People, people::spoiled},
    numbers::citizen_check,
};

/// A row nobody could find anything wrong with; `day` is when it was handled, `yyyyMMdd`.
#[must_use]
pub fn insurance(people: &mut People, day: &str) -> Row {
    let serial = people.serial();
    let (code, number) = match people.random().below(6) {
        0 => ("414", format!("E{serial:08}")),
        1 => ("516", format!("H{serial:08}")),
        2 => ("", people.citizen(true)),
        3 => ("111", people.old_citizen(false)),
        _ => ("111", people.citizen(false)),
    };
    let first = 202_001 + people.random().below(12) as u64;
    let last = 202_101 + people.random().below(12) as u64;
    let insurance = people.random().pick(&["110", "120", "210", "310", "410", "510"]).to_owned();
    let state = people.random().pick(&["1", "2", "3", "4"]).to_owned();
    let valid = people.random().pick(&["1", "1", "0"]).to_owned();
    let (name, uscc) = (people.name(), people.uscc());
    Row::default()
        .with("AAC001", &format!("P{serial:012}"))
        .with("AAC003", &name)
        .with("AAC058", code)
        .with("AAC147", &number)
        .with("AAB001", &format!("D{serial:010}"))
        .with("AAB004", &format!("示例{serial}有限公司"))
        .with("AAB998", &uscc)
        .with("AAE140", &insurance)
        .with("AAE041", &first.to_string())
        .with("AAE042", &last.to_string())
        .with("AAC008", &state)
        .with("AAE100", &valid)
        .with("AAE036", day)
}

/// Rows with one fault or oddity each; with the rule or flag that it is there for.
#[must_use]
pub fn insurances_with_traps(people: &mut People, day: &str) -> Vec<(&'static str, Row)> {
    let mut rows = numbers(people, day);
    rows.extend(names(people, day));
    rows.extend(fields(people, day));
    rows
}

fn numbers(people: &mut People, day: &str) -> Vec<(&'static str, Row)> {
    let bad = spoiled(&people.citizen(true));
    let no_day = format!("11010119900230001{}", citizen_check("11010119900230001"));
    let uscc = people.uscc();
    let residence = format!("810000{}", &people.citizen(true)[6..17]);
    let residence = format!("{residence}{}", citizen_check(&residence));
    let wide: String =
        people.old_citizen(false).chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)).collect();
    let with_x = people.citizen_with_x();
    let mut row = |code: &str, number: &str| insurance(people, day).with("AAC058", code).with("AAC147", number);
    vec![
        ("citizen-id.checksum", row("111", &bad)),
        ("citizen-id.checksum", row("", &bad)),
        ("citizen-id.checksum", row("111", &with_x[..17])),
        ("citizen-id.date", row("111", &no_day)),
        ("citizen-id.date", row("", &no_day)),
        ("uscc.checksum", row("", "91ABCDEFGH60003734")),
        ("party.masked", row("111", "110101********0014")),
        ("party.missing", row("111", "")),
        ("party.missing", row("", "")),
        ("", row("111", &residence)),
        ("", row("", &residence)),
        ("", row("111", &with_x.to_lowercase())),
        ("", row("111", &wide)),
        ("", row("", "H12345678")),
        ("", row("", "12345678")),
        ("", row("114", "军字第1234567号")),
        ("", row("999", "X-1")),
        ("", row("511", "12345678")),
        ("code.unknown", row("777", &with_x)),
        ("party.identifier", row("111", &with_x).with("AAB998", &spoiled(&uscc))),
        ("party.masked", row("111", &with_x).with("AAB998", "9111**********341L")),
        ("", row("111", &with_x).with("AAB998", "")),
        ("", row("111", &with_x).with("AAB998", &uscc.to_lowercase())),
    ]
}

fn names(people: &mut People, day: &str) -> Vec<(&'static str, Row)> {
    let mut row = || insurance(people, day);
    let long = "阿不都热合曼买买提依明吐尔逊江艾合买提努尔";
    let company = "示例".repeat(25);
    vec![
        ("name.truncated", row().raw("AAC003", encode(&format!("A{long}")))),
        ("", row().raw("AAC003", encode(long))),
        ("", row().with("AAC003", "买买提·阿不都")),
        ("", row().with("AAC003", " 　张三　")),
        ("", row().with("AAC003", "")),
        ("name.truncated", row().raw("AAB004", encode(&format!("A{company}")))),
        ("", row().raw("AAB004", encode(&company))),
        ("row.encoding", row().raw("AAC003", &b"\xD5\xC5\xFF "[..])),
    ]
}

fn fields(people: &mut People, day: &str) -> Vec<(&'static str, Row)> {
    let cases = [
        ("field.required", "AAC001", ""),
        ("field.required", "AAE140", ""),
        ("field.required", "AAB001", ""),
        ("period.reversed", "AAE042", "201912"),
        ("", "AAE042", ""),
        ("", "AAE041", ""),
        ("", "AAE041", "0"),
        ("number.overflow", "AAE041", "******"),
        ("number.overflow", "AAE042", "******"),
        ("number.overflow", "AAE042", "*"),
        ("date.invalid", "AAE042", "202113"),
        ("number.invalid", "AAE042", "2O2105"),
        ("date.invalid", "AAE036", "20260230"),
        ("", "AAE036", ""),
        ("code.unknown", "AAE140", "999"),
        ("code.unknown", "AAC008", "7"),
        ("code.unknown", "AAE100", "X"),
        ("", "AAC008", ""),
        ("", "AAE100", ""),
    ];
    let mut rows: Vec<(&'static str, Row)> =
        cases.iter().map(|(rule, field, text)| (*rule, insurance(people, day).with(field, text))).collect();
    rows.push(("", insurance(people, day).with("AAE041", "202105").with("AAE042", "202105")));
    rows.push(("skipped", insurance(people, day).deleted()));
    rows.push(("skipped", insurance(people, day).with("AAC001", "").raw("AAC003", &b"\xFF"[..]).deleted()));
    rows
}
