use super::csv::{Row, gbk};
use crate::{
    generate::{People, people::spoiled},
    numbers::citizen_check,
};

/// A contract nobody could find anything wrong with; `stamp` is `yyyy-MM-dd HH:mm:ss`.
#[must_use]
pub fn contract(people: &mut People, stamp: &str) -> Row {
    let serial = people.serial();
    let (code, buyers) = buyers(people);
    let between = people.random().pick(&["、", ",", ";"]).to_owned();
    let other = people.random().pick(&["、", ",", ";"]).to_owned();
    let names: Vec<String> = buyers.iter().map(|_| people.name()).collect();
    let uscc = people.uscc();
    let state = people.random().pick(&["草签", "签订", "备案", "注销", "撤销"]).to_owned();
    let signed = people.random().pick(&["2026-10-08", "20261008", "2026/10/8", "2026年10月8日"]).to_owned();
    let filed = people.random().pick(&["2026-10-09", "", "20261009", "19000101", "0", " "]).to_owned();
    let price = people.random().pick(&["5000000.00", "123456.78", "800000", "0.5", ""]).to_owned();
    let area = people.random().pick(&["89.50", "120", "", "60.125"]).to_owned();
    Row::default()
        .with("合同编号", format!("YS{serial:010}"))
        .with("买受人", names.join(&between))
        .with("买受人证件号码", buyers.join(&other))
        .with("买受人证件类型", code)
        .with("出卖人", "示例房地产开发有限公司")
        .with("出卖人证件号码", uscc)
        .with("房屋坐落", format!("北京市东城区示例路{serial}号"))
        .with("建筑面积", area)
        .with("成交价款(元)", price)
        .with("签订日期", signed)
        .with("备案日期", filed)
        .with("合同状态", state)
        .with("更新时间", stamp)
}

fn buyers(people: &mut People) -> (&'static str, Vec<String>) {
    let count = 1 + people.random().below(3);
    let code = ["", "111", "111", "414", "001", "516", "511", "114", "999"][people.random().below(9)];
    let number = |people: &mut People| match code {
        "111" => people.citizen(true),
        "001" => people.uscc(),
        "" => match people.random().below(6) {
            0 => people.old_citizen(false),
            1 => people.uscc(),
            2 => format!("H{:08}", people.serial()),
            3 => format!("M{:010}", people.serial()),
            4 => format!("{:08}", people.serial()),
            _ => people.citizen(false),
        },
        "516" => format!("H{:08}", people.serial()),
        "511" => format!("{:08}", people.serial()),
        _ => format!("E{:08}", people.serial()),
    };
    (code, (0..count).map(|_| number(people)).collect())
}

/// A contract of one buyer with a citizen number, the kind not said.
fn single(people: &mut People, stamp: &str) -> Row {
    let number = people.citizen(false);
    contract(people, stamp).with("买受人", "张三").with("买受人证件类型", "").with("买受人证件号码", number)
}

/// Rows with one fault or oddity each; with the rule or flag that it is there for.
#[must_use]
pub fn contracts_with_traps(people: &mut People, stamp: &str) -> Vec<(&'static str, Row)> {
    let mut rows = wrong_numbers(people, stamp);
    rows.extend(right_numbers(people, stamp));
    rows.extend(wrong_fields(people, stamp));
    rows.extend(odd_fields(people, stamp));
    rows
}

fn wrong_numbers(people: &mut People, stamp: &str) -> Vec<(&'static str, Row)> {
    let bad = spoiled(&people.citizen(true));
    let bad_uscc = spoiled(&people.uscc());
    let no_day = format!("11010119900230001{}", citizen_check("11010119900230001"));
    let (good, other) = (people.citizen(true), people.citizen(false));
    let mut row = |code: &str, names: &str, numbers: &str| {
        let row = contract(people, stamp);
        row.with("买受人证件类型", code).with("买受人", names).with("买受人证件号码", numbers)
    };
    vec![
        ("citizen-id.checksum", row("", "张三", &bad)),
        ("citizen-id.checksum", row("111", "张三", &bad)),
        ("citizen-id.checksum", row("111", "张三", &good[..17])),
        ("citizen-id.date", row("111", "张三", &no_day)),
        ("citizen-id.date", row("", "张三", &no_day)),
        ("uscc.checksum", row("001", "某公司", &bad_uscc)),
        ("uscc.checksum", row("", "某公司", "91ABCDEFGH60003734")),
        ("citizen-id.checksum", row("", "张三、李四", &format!("{bad}、{no_day}"))),
        ("party.identifier", row("111", "张三、李四", &format!("{good}、{bad}"))),
        ("party.identifier", row("", "张三,李四", &format!("{bad};{other}"))),
        ("party.masked", row("111", "张三", "110101********0014")),
        ("party.masked", row("", "张三;李四", &format!("{other};1101**********0014"))),
        ("parties.count", row("111", "张三、李四", &good)),
        ("parties.count", row("111", "张三", &format!("{good}、{other}"))),
        ("parties.count", row("", "张三,李四,王五", &format!("{good},{other}"))),
        ("party.missing", row("111", "张三", "").with("出卖人证件号码", "")),
        ("party.missing", row("", "张三", "　").with("出卖人", "").with("出卖人证件号码", " ")),
        ("citizen-id.checksum", row("", "张三", &bad).with("出卖人证件号码", other.clone())),
        ("code.unknown", row("777", "张三", &good)),
        ("parties.count", row("", "张三", &good).with("出卖人", "李四、王五").with("出卖人证件号码", other.clone())),
    ]
}

fn right_numbers(people: &mut People, stamp: &str) -> Vec<(&'static str, Row)> {
    let permit = |first: &str, people: &mut People| {
        let first17 = format!("{first}{}", &people.citizen(true)[6..17]);
        format!("{first17}{}", citizen_check(&first17))
    };
    let residence: Vec<String> = ["810000", "820000", "830000"].iter().map(|first| permit(first, people)).collect();
    let old = people.old_citizen(true);
    let wide: String = people.citizen(false).chars().map(full_width).collect();
    let (uscc, seller) = (people.uscc(), people.citizen(true));
    let (excel, quoted) = (people.citizen(true), people.citizen(true));
    let with_x = people.citizen_with_x();
    let mut row = |numbers: &str| single(people, stamp).with("买受人证件号码", numbers);
    let mut rows: Vec<(&'static str, Row)> = residence.iter().map(|number| ("", row(number))).collect();
    rows.extend([
        ("", row(&residence[0]).with("买受人证件类型", "111")),
        ("", row(&old)),
        ("", row(&wide)),
        ("", row(&format!("　{} ", with_x.to_lowercase()))),
        ("", row(&format!("=\"{excel}\""))),
        ("", row(&format!("'{quoted}"))),
        ("", row(&uscc).with("买受人", "某公司")),
        ("", row("H12345678")),
        ("", row("M1234567890")),
        ("", row("12345678")),
        ("", row(&seller).with("出卖人", "李四").with("出卖人证件号码", residence[1].clone())),
        ("", row(&seller).with("出卖人证件号码", "")),
        ("", row(&seller).with("出卖人", "").with("出卖人证件号码", "")),
        ("party.identifier", row(&seller).with("出卖人证件号码", spoiled(&uscc))),
        ("party.identifier", row(&seller).with("出卖人", "王五").with("出卖人证件号码", spoiled(&excel))),
        ("party.masked", row(&seller).with("出卖人证件号码", "9111**********341L")),
    ]);
    let two = format!("{excel}、{quoted}");
    rows.push(("", row(&seller).with("出卖人", "李四、王五").with("出卖人证件号码", two)));
    rows
}

/// The full-width form of an ASCII digit or letter.
fn full_width(c: char) -> char {
    char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)
}

fn wrong_fields(people: &mut People, stamp: &str) -> Vec<(&'static str, Row)> {
    let cases = [
        ("field.required", "合同编号", ""),
        ("field.required", "合同编号", "　 "),
        ("field.required", "买受人", ""),
        ("field.required", "签订日期", ""),
        ("field.required", "合同状态", " "),
        ("field.required", "更新时间", ""),
        ("date.invalid", "签订日期", "2026-02-30"),
        ("date.invalid", "备案日期", "前天"),
        ("date.invalid", "更新时间", "2026-11-01 25:00:00"),
        ("number.invalid", "成交价款(元)", "面议"),
        ("number.invalid", "建筑面积", "约90"),
    ];
    let mut rows: Vec<(&'static str, Row)> =
        cases.iter().map(|(rule, field, text)| (*rule, single(people, stamp).with(field, *text))).collect();
    rows.extend([
        ("row.columns", Row::broken("row.columns", gbk("YS1,张三,110101199001010014"))),
        ("row.columns", Row::broken("row.columns", gbk(&["多"; 14].join(",")))),
        ("row.encoding", Row::broken("row.encoding", [&[b','; 12][..], b"\xFF\xFF"].concat())),
    ]);
    rows
}

fn odd_fields(people: &mut People, stamp: &str) -> Vec<(&'static str, Row)> {
    let serial = people.serial();
    let mut row = || single(people, stamp);
    vec![
        ("code.unknown", row().with("合同状态", "作废")),
        ("", row().with("合同编号", format!("=\"00{serial:06}\""))),
        ("", row().with("合同编号", format!("'01{serial:06}"))),
        ("", row().with("成交价款(元)", "=\"1200000.50\"")),
        ("", row().with("房屋坐落", "示例路1号\r\n二单元,\"三\"室")),
        ("", row().with("房屋坐落", "示例路１号\n，二单元")),
        ("", row().with("房屋坐落", " 　示例路3号　 ")),
        ("", row().with("买受人", "买买提·阿不都")),
        ("", row().with("买受人", " 张三 ").with("合同状态", " 备案 ")),
        ("", row().with("更新时间", "20261101080000")),
        ("", row().with("更新时间", "2026/11/1")),
    ]
}
