use super::workbook::{Cell, Row};
use crate::{
    generate::{People, people::spoiled},
    numbers::citizen_check,
};

const KINDS: &[&str] = &["幼儿园", "小学", "初级中学", "高级中学", "中等职业学校", "中等职业学校实习指导", "高等学校"];

/// A teacher nobody could find anything wrong with.
#[must_use]
pub fn teacher(people: &mut People) -> Row {
    let serial = people.serial();
    let male = people.random().below(2) == 0;
    let (kind, number) = match people.random().below(6) {
        0 => ("护照", format!("E{serial:08}")),
        1 => ("港澳居民来往内地通行证", format!("H{serial:08}")),
        2 => ("台湾居民来往大陆通行证", format!("{serial:08}")),
        3 => ("", people.citizen(male)),
        _ => ("居民身份证", people.citizen(male)),
    };
    let date = match people.random().below(6) {
        0 => Cell::Date(44_013.0),
        1 => Cell::Number(44_013.0),
        2 => Cell::Text("20200701".to_owned()),
        3 => Cell::Text("2020年7月1日".to_owned()),
        4 => Cell::Text("2020/7/1".to_owned()),
        _ => Cell::Text("2020-07-01".to_owned()),
    };
    let name = people.name();
    let of = people.random().pick(KINDS).to_owned();
    let status = people.random().pick(&["", "有效", "撤销", "丧失", "注销"]).to_owned();
    Row::default()
        .with("姓名", name)
        .with("性别", if male { "男" } else { "女" })
        .with("民族", people.random().pick(&["汉族", "满族", "土家族", "汉"]))
        .with("证件类型", kind)
        .with("证件号码", number)
        .cell("出生日期", Cell::Date(32_874.0))
        .with("资格证书号码", format!("20201101{serial:09}"))
        .with("资格种类", format!("{of}教师资格"))
        .with("任教学科", people.random().pick(&["语文", "数学", ""]))
        .with("认定机构", "北京市东城区教育委员会")
        .cell("认定日期", date)
        .with("证书状态", status)
}

/// Rows with one fault or oddity each; with the rule or flag that it is there for.
#[must_use]
pub fn teachers_with_traps(people: &mut People) -> Vec<(&'static str, Row)> {
    let mut rows = holders(people);
    rows.extend(numeric(people));
    rows.extend(fields(people));
    rows
}

fn holders(people: &mut People) -> Vec<(&'static str, Row)> {
    let bad = spoiled(&people.citizen(true));
    let no_day = format!("11010119900230001{}", citizen_check("11010119900230001"));
    let residence = format!("830000{}", &people.citizen(true)[6..17]);
    let residence = format!("{residence}{}", citizen_check(&residence));
    let with_x = people.citizen_with_x();
    let old = people.old_citizen(true);
    let wide: String = old.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)).collect();
    let mut row = |kind: &str, number: &str| teacher(people).with("证件类型", kind).with("证件号码", number);
    vec![
        ("citizen-id.checksum", row("居民身份证", &bad)),
        ("citizen-id.checksum", row("", &bad)),
        ("citizen-id.checksum", row("居民身份证", &with_x[..17])),
        ("citizen-id.date", row("居民身份证", &no_day)),
        ("citizen-id.date", row("", &no_day)),
        ("party.masked", row("居民身份证", "110101********0014")),
        ("party.masked", row("护照", "E1234****")),
        ("party.missing", row("居民身份证", "")),
        ("party.missing", row("", "　")),
        ("", row("居民身份证", &format!(" {}　", with_x.to_lowercase()))),
        ("", row("居民身份证", &residence)),
        ("", row("", &residence)),
        ("", row("", &old)),
        ("", row("居民身份证", &wide)),
        ("", row("", "H12345678")),
        ("", row("", "12345678")),
        ("", row("其他", "军字1234567")),
        ("code.unknown", row("驾驶证", &with_x)),
    ]
}

fn numeric(people: &mut People) -> Vec<(&'static str, Row)> {
    let mut row = || teacher(people);
    let number = |row: Row, name, value| row.cell(name, Cell::Number(value));
    vec![
        ("number.precision", number(row().with("证件类型", "居民身份证"), "证件号码", 110_101_199_001_010_014.0)),
        ("number.precision", number(row().with("证件类型", ""), "证件号码", 110_101_199_001_010_014.0)),
        ("", number(row().with("证件类型", "居民身份证"), "证件号码", 110_105_491_231_002.0)),
        ("", number(row().with("证件类型", "台湾居民来往大陆通行证"), "证件号码", 12_345_678.0)),
        ("number.precision", number(row(), "资格证书号码", 20_201_101_000_000_017.0)),
        ("number.precision", number(row(), "资格证书号码", 2_020_110_100.0)),
        ("", number(row(), "认定日期", 44_013.0)),
        ("", row().cell("认定日期", Cell::Date(44_013.0))),
        ("", row().cell("出生日期", Cell::Number(25_570.0))),
        ("", row().with("出生日期", "")),
        ("", row().with("出生日期", "1980年1月2日")),
    ]
}

fn fields(people: &mut People) -> Vec<(&'static str, Row)> {
    let cases = [
        ("field.required", "姓名", ""),
        ("field.required", "资格证书号码", ""),
        ("field.required", "资格种类", ""),
        ("field.required", "认定机构", " "),
        ("field.required", "认定日期", ""),
        ("certificate.number", "资格证书号码", "2020110100000001"),
        ("certificate.number", "资格证书号码", "202011010000000178"),
        ("certificate.number", "资格证书号码", "2020110100000001X"),
        ("certificate.number", "资格证书号码", "20201101*00000017"),
        ("date.invalid", "认定日期", "2020-02-30"),
        ("date.invalid", "出生日期", "不详"),
        ("code.unknown", "证书状态", "遗失"),
        ("code.unknown", "资格种类", "成人教育教师资格"),
        ("code.unknown", "民族", "火星族"),
        ("code.unknown", "性别", "雄"),
        ("", "性别", ""),
        ("", "民族", ""),
        ("", "任教学科", "　历史 "),
        ("", "姓名", "买买提·阿不都"),
        ("", "资格种类", " 小学教师资格　"),
    ];
    let mut rows: Vec<(&'static str, Row)> =
        cases.iter().map(|(rule, field, text)| (*rule, teacher(people).with(field, *text))).collect();
    let wide: String = format!("20201101{:09}", people.serial())
        .chars()
        .map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c))
        .collect();
    rows.push(("", teacher(people).with("资格证书号码", wide)));
    rows.push(("", teacher(people).with("资格证书号码", format!(" 20201101{:09} ", people.serial()))));
    rows
}
