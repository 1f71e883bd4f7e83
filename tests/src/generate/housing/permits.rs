use super::csv::Row;
use crate::{
    generate::{People, people::spoiled},
    numbers::{certificate_check, legacy_certificate_check},
};

/// A permit nobody could find anything wrong with; `stamp` is `yyyy-MM-dd HH:mm:ss`.
#[must_use]
pub fn permit(people: &mut People, stamp: &str) -> Row {
    let serial = people.serial();
    let uscc = people.uscc();
    let status = people.random().pick(&["01", "01", "02", "03", "04", "05", "06", "07"]).to_owned();
    let operation = people.random().pick(&["01", "03", "04", "05", "06", "07", "10"]).to_owned();
    let price = people.random().pick(&["1234.56", "500", "0.5", "", "12.345678"]).to_owned();
    let issued = people.random().pick(&["2026-09-08", "20260908", "2026/9/8", "2026年9月8日"]).to_owned();
    Row::default()
        .with("证照编号", format!("1101012026{serial:08}"))
        .with("电子证照标识", certificate_id(serial, false))
        .with("建设单位", format!("示例{serial}建设有限公司"))
        .with("建设单位代码", uscc)
        .with("工程名称", format!("示例工程{serial}期"))
        .with("建设地址", "北京市东城区示例路9号")
        .with("建设规模", "12000平方米")
        .with("合同价格(万元)", price)
        .with("发证机关", "北京市东城区住房和城市建设委员会")
        .with("发证日期", issued)
        .with("证照状态", status)
        .with("业务类型", operation)
        .with("更新时间", stamp)
}

/// An identifier of GB/T 36904 with its check character, or with the one that some systems put there instead.
#[must_use]
pub fn certificate_id(serial: u64, legacy: bool) -> String {
    let parts = ["11100000000013338W009", "11100000000021135M", &format!("{serial:010}"), "001"];
    let all = parts.concat();
    let check = if legacy { legacy_certificate_check(&all) } else { certificate_check(&all) };
    format!("1.2.156.3005.2.{}.{check}", parts.join("."))
}

/// Rows with one fault or oddity each; with the rule or flag that it is there for.
#[must_use]
pub fn permits_with_traps(people: &mut People, stamp: &str) -> Vec<(&'static str, Row)> {
    let mut rows = wrong_fields(people, stamp);
    rows.extend(replacements(people, stamp));
    rows.extend(identifiers(people, stamp));
    rows.extend(odd_fields(people, stamp));
    rows
}

fn wrong_fields(people: &mut People, stamp: &str) -> Vec<(&'static str, Row)> {
    let bad = spoiled(&people.uscc());
    let cases = [
        ("field.required", "证照编号", ""),
        ("field.required", "建设单位", " "),
        ("party.missing", "建设单位代码", ""),
        ("field.required", "发证机关", ""),
        ("field.required", "发证日期", ""),
        ("field.required", "证照状态", ""),
        ("field.required", "业务类型", "　"),
        ("field.required", "更新时间", ""),
        ("date.invalid", "发证日期", "2026-13-01"),
        ("date.invalid", "更新时间", "昨天"),
        ("number.invalid", "合同价格(万元)", "1,2x"),
        ("party.masked", "建设单位代码", "9111**********341L"),
        ("uscc.checksum", "建设单位代码", &bad),
        ("certificate.status-text", "证照状态", "99"),
        ("code.unknown", "证照状态", "55"),
        ("code.unknown", "业务类型", "77"),
    ];
    cases.iter().map(|(rule, field, text)| (*rule, permit(people, stamp).with(field, *text))).collect()
}

fn replacements(people: &mut People, stamp: &str) -> Vec<(&'static str, Row)> {
    let mut rows = Vec::new();
    for operation in ["02", "08", "09"] {
        let row = permit(people, stamp).with("业务类型", operation);
        rows.push(("certificate.replaces-missing", row));
        let row = permit(people, stamp).with("业务类型", operation);
        rows.push(("", row.with("关联证照标识", certificate_id(900_000 + people.serial(), false))));
    }
    let row = permit(people, stamp).with("业务类型", "02").with("关联证照标识", "1101012019旧证 1");
    rows.push(("", row));
    let row = permit(people, stamp).with("业务类型", "01");
    rows.push(("", row.with("关联证照标识", certificate_id(900_000 + people.serial(), true))));
    rows
}

fn identifiers(people: &mut People, stamp: &str) -> Vec<(&'static str, Row)> {
    let mut row = |id: &str| permit(people, stamp).with("电子证照标识", id);
    let right = certificate_id(880_001, false);
    let legacy = (880_002..880_099).map(|n| (certificate_id(n, true), certificate_id(n, false))).find(|(a, b)| a != b);
    let wrong = wrong_end(&certificate_id(880_100, false), &certificate_id(880_100, true));
    vec![
        ("", row(&right)),
        ("", row("")),
        ("certificate-id.legacy-variant", row(&legacy.unwrap_or_default().0)),
        ("certificate-id.checksum", row(&wrong)),
        ("certificate-id.checksum", row("1.2.156.3005.2.11100000000013338W009.11100000000021135M.ab_12.001.1")),
    ]
}

/// The identifier with a check character that neither way of counting gives.
fn wrong_end(right: &str, legacy: &str) -> String {
    let first = &right[..right.len() - 1];
    let other = ["1", "2", "3"].into_iter().find(|end| !right.ends_with(end) && !legacy.ends_with(end));
    format!("{first}{}", other.unwrap_or("4"))
}

fn odd_fields(people: &mut People, stamp: &str) -> Vec<(&'static str, Row)> {
    let inner = people.uscc_with_wrong_inner();
    let uscc = people.uscc();
    let serial = people.serial();
    let mut row = || permit(people, stamp);
    let wide: String = uscc.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)).collect();
    vec![
        ("uscc.inner-check", row().with("建设单位代码", inner)),
        ("", row().with("建设单位代码", format!("=\"{uscc}\""))),
        ("", row().with("建设单位代码", format!("'{uscc}"))),
        ("", row().with("建设单位代码", format!(" {wide}　"))),
        ("", row().with("建设单位代码", uscc.to_lowercase())),
        ("", row().with("证照编号", format!("=\"0101{serial:06}\""))),
        ("", row().with("证照状态", "=\"01\"")),
        ("", row().with("业务类型", "'03")),
        ("", row().with("证照状态", "99").with("状态描述", "停工待核")),
        ("", row().with("证照状态", "01").with("状态描述", "正常")),
        ("", row().with("工程名称", "示例\r\n工程,\"一\"期，")),
        ("", row().with("合同价格(万元)", "=\"12.34\"")),
    ]
}
