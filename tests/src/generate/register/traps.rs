use super::row::Row;
use crate::{
    encode,
    generate::{People, people::spoiled},
    numbers::citizen_check,
};

/// Rows with one fault or oddity each, every one of somebody else; with the rule or flag that it is there for.
#[must_use]
pub fn rows_with_traps(people: &mut People, stamp: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut rows = wrong_bytes(people, stamp);
    rows.extend(wrong_numbers(people, stamp));
    rows.extend(right_numbers(people, stamp));
    rows.extend(wrong_fields(people, stamp).into_iter().map(|(rule, row)| (rule, row.bytes())));
    rows.extend(odd_fields(people, stamp).into_iter().map(|(rule, row)| (rule, row.bytes())));
    rows.extend(several_faults(people, stamp));
    rows
}

fn wrong_bytes(people: &mut People, stamp: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut row = || Row::of(people, stamp);
    let mut rows = vec![
        ("row.length", row().bytes()[..514].to_vec()),
        ("row.length", [row().bytes(), b" ".to_vec()].concat()),
        ("row.length", row().bytes()[..40].to_vec()),
        ("row.length", b"D".to_vec()),
    ];
    let ending = |bytes: usize, end: &[u8]| [vec![b'a'; bytes - end.len()], end.to_vec()].concat();
    for (field, next, bytes) in [("xm", "cym", 60), ("mlxz", "whcd", 120), ("fwcs", "qfjg", 60), ("cym", "xb", 60)] {
        let torn = row().raw(field, ending(bytes, b"\xD5\xC5\xB0")).raw(next, &b"\xA1"[..]);
        rows.push(("row.torn-character", torn.bytes()));
    }
    rows.push(("row.torn-character", row().raw("xm", ending(60, b"\xB0")).bytes()));
    let four = encode("𠀀");
    for end in 1..=3 {
        let torn = row().raw("xm", ending(60, &four[..end])).raw("cym", &four[end..]);
        rows.push(("row.torn-character", torn.bytes()));
    }
    for wrong in [&b"\xD5\xC5\x80"[..], b"\xFF", b"\xB0 ", b"\x95\x32 ", b"\x95\x32\x82 "] {
        rows.push(("row.encoding", row().raw("xm", wrong).bytes()));
    }
    for end in [0x80, 0xFF] {
        rows.push(("row.encoding", row().raw("mlxz", ending(120, &[end])).bytes()));
    }
    rows.push(("row.encoding", row().with("jlbz", "2").raw("xm", &b"\xFF"[..]).bytes()));
    rows
}

fn wrong_numbers(people: &mut People, stamp: &str) -> Vec<(&'static str, Vec<u8>)> {
    let good = people.citizen(true);
    let impossible = |first: &str| format!("{first}{}", citizen_check(first));
    let foreign = format!("91{}", &people.citizen(true)[2..17]);
    let cases = [
        ("citizen-id.checksum", spoiled(&good)),
        ("citizen-id.checksum", spoiled(&impossible("11010119901301001"))),
        ("citizen-id.checksum", people.citizen(true)[..17].to_owned()),
        ("citizen-id.checksum", "11010119900101A01X".to_owned()),
        ("citizen-id.checksum", "91110000600037341L".to_owned()),
        ("citizen-id.checksum", impossible(&foreign)),
        ("citizen-id.date", impossible("11010119900230001")),
        ("citizen-id.date", impossible("11010119901301001")),
        ("citizen-id.date", impossible("11010119000229001")),
        ("citizen-id.date", "110101900230001".to_owned()),
        ("citizen-id.masked", format!("{}********{}", &good[..6], &good[14..])),
        ("citizen-id.masked", "110101*******01".to_owned()),
        ("citizen-id.missing", String::new()),
    ];
    cases.map(|(rule, number)| (rule, Row::with_number(people, &number, stamp).bytes())).into_iter().collect()
}

fn right_numbers(people: &mut People, stamp: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut rows = Vec::new();
    for division in ["810000", "820000", "830000"] {
        let first = format!("{division}{}", &people.citizen(true)[6..17]);
        let number = format!("{first}{}", citizen_check(&first));
        rows.push(("", Row::with_number(people, &number, stamp).bytes()));
    }
    for male in [true, false] {
        let number = people.old_citizen(male);
        rows.push(("citizen-id.upgraded", Row::with_number(people, &number, stamp).bytes()));
    }
    let ends_in_x = (0..500).map(|_| people.citizen(false)).find(|number| number.ends_with('X')).unwrap();
    rows.push(("", Row::with_number(people, &ends_in_x.to_lowercase(), stamp).bytes()));
    // Characters that GB18030-2022 moved out of the private-use area, and its second full-width blank.
    rows.push(("", Row::of(people, stamp).raw("xm", &b"\xA6\xD9\xFE\x59"[..]).bytes()));
    rows.push(("", Row::of(people, stamp).raw("xm", &b"\xD5\xC5\xA3\xA0"[..]).bytes()));
    rows
}

fn wrong_fields(people: &mut People, stamp: &str) -> Vec<(&'static str, Row)> {
    let mut rows = Vec::new();
    let mut add = |rule, field: &str, value: &str| {
        let row = Row::of(people, stamp);
        let other = if row.text("xb") == "1" { "2" } else { "1" };
        rows.push((rule, row.with(field, if value == "other" { other } else { value })));
    };
    add("citizen-id.birth-mismatch", "csrq", "20000229");
    add("citizen-id.sex-mismatch", "xb", "other");
    for date in ["20010229", "20001301", "2000010", "abcdefgh", "99991231", "长期", "20000100"] {
        add("date.invalid", "csrq", date);
    }
    add("date.invalid", "yxqxqsrq", "20150631");
    add("date.invalid", "yxqxqsrq", "长期");
    add("date.invalid", "yxqxjzrq", "20350230");
    add("date.invalid", "gxsj", "20261101246000");
    add("field.required", "gxsj", "");
    add("field.required", "gxsj", "0");
    add("field.required", "ryid", "");
    add("message.op", "czbs", "X");
    add("message.op", "czbs", "");
    add("message.op", "jlbz", "3");
    add("message.op", "jlbz", "");
    rows
}

fn odd_fields(people: &mut People, stamp: &str) -> Vec<(&'static str, Row)> {
    let mut rows = Vec::new();
    let mut add = |rule, field: &str, value: &str| rows.push((rule, Row::of(people, stamp).with(field, value)));
    for field in ["csdssxq", "jgssxq", "ssxq"] {
        add("division.unknown", field, "999999");
        add("", field, "");
    }
    for field in ["xm", "cym"] {
        add("name.replacement-char", field, "张?");
        add("name.replacement-char", field, "张\u{FFFD}");
        add("name.private-use", field, "张\u{E000}");
        add("name.private-use", field, "\u{F8F0}三");
        add("", field, "张？");
    }
    add("", "mlxz", "示例路?号\u{E000}");
    let names = [
        "𠀀𠮷",
        "㐀〇",
        "买买提·吐尔逊",
        "买买提•吐尔逊",
        "买买提．吐尔逊",
        "\u{3000}前后 \u{3000}",
        "Ａｌｉ１",
        "Ali B",
        "",
    ];
    for name in names {
        add("", "xm", name);
    }
    add("", "xm", &"长".repeat(30));
    for (field, code) in [("xb", "3"), ("mz", "77"), ("yhzgx", "ZZ"), ("whcd", "ZZ"), ("hyzk", "77"), ("ryzt", "5")] {
        add("code.unknown", field, code);
        add("", field, "");
    }
    let right: &[(&str, &[&str])] = &[
        ("xb", &["0", "9"]),
        ("hyzk", &["1", "2", "3", "4", "9"]),
        ("ryzt", &["1", "2", "3", "4", "6", "9", "7", "8"]),
        ("yxqxjzrq", &["", "0", "19000101", "99991231", "20991231", "长期", "2035/6/1", "20350601"]),
        ("yxqxqsrq", &["", "0", "19000101", "2015/6/1"]),
        ("csrq", &["", "0", "19000101"]),
        ("hh", &["", "Ｈ１２３４５６７８９"]),
        ("qysj", &["never"]),
        ("czbs", &["D"]),
    ];
    for (field, values) in right {
        values.iter().for_each(|value| add("", field, value));
    }
    rows
}

fn several_faults(people: &mut People, stamp: &str) -> Vec<(&'static str, Vec<u8>)> {
    let number = spoiled(&people.citizen(true));
    let torn = [vec![b'a'; 59], vec![0xB0]].concat();
    let mut wrong = || Row::with_number(people, &number, stamp);
    vec![
        ("row.length", wrong().bytes()[..510].to_vec()),
        ("row.torn-character", wrong().raw("xm", &b"\xFF"[..]).raw("fwcs", torn).bytes()),
        ("row.encoding", wrong().raw("fwcs", &b"\x80"[..]).bytes()),
        ("citizen-id.checksum", wrong().with("csrq", "20001301").bytes()),
        ("message.op", wrong().with("czbs", "Z").bytes()),
        ("citizen-id.checksum", wrong().with("gxsj", "").bytes()),
        ("citizen-id.checksum", wrong().with("czbs", "D").bytes()),
        ("history", wrong().with("jlbz", "2").with("csrq", "never").with("gxsj", "20991231235959").bytes()),
        ("history", wrong().with("jlbz", "2").with("czbs", "D").bytes()),
    ]
}
