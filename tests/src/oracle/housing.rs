use super::{
    holders::{self, Given, Parties},
    seen::Seen,
};
use crate::{
    Draft,
    generate::housing::{CsvFile, Row},
    numbers::{self, Day, certificate_check, legacy_certificate_check},
    rows::{End, Place, Refusal, Wanted},
    text::trim,
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What becomes of contracts and permits (housing-construction.md).
#[derive(Debug, Clone, Default)]
pub struct HousingOracle {
    /// What was seen of each record.
    pub seen: Seen,
    /// Every row of every file, in the order taken in.
    pub rows: Vec<Wanted>,
}

impl HousingOracle {
    /// Takes in a right file.
    pub fn take(&mut self, file: &CsvFile) {
        let name = &file.file.name;
        for ((row, from, to), number) in file.rows.iter().zip(1..) {
            let draft = match &row.broken {
                Some((rule, _)) => Err(Refusal::whole(*rule)),
                None if name.starts_with("FWHT") => contract(row),
                None => permit(row),
            };
            let end = match draft {
                Err(refusal) => End::Rejected(refusal),
                Ok(draft) => End::Records(vec![(self.seen.judge(&draft), draft)]),
            };
            self.rows.push(Wanted { file: name.clone(), row: number, place: Place::Bytes(*from, *to), end });
        }
    }
}

/// Without what Excel puts around numbers.
fn number(text: &str) -> String {
    let text = trim(text);
    let inner = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    trim(inner.strip_prefix('\'').unwrap_or(inner)).to_owned()
}

fn required(row: &Row, name: &'static str) -> Result<String, Refusal> {
    Some(number(row.text(name))).filter(|text| !text.is_empty()).ok_or_else(|| Refusal::of("field.required", name))
}

fn stamp(row: &Row) -> Result<String, Refusal> {
    let text = required(row, "更新时间")?;
    numbers::stamp(&text).ok_or_else(|| Refusal::of("date.invalid", "更新时间"))
}

fn put_day(body: &mut Map<String, Value>, item: &str, row: &Row, name: &'static str) -> Result<(), Refusal> {
    match numbers::day(&number(row.text(name))) {
        Day::Invalid => Err(Refusal::of("date.invalid", name)),
        Day::On(day) => {
            body.insert(item.into(), day.into());
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A decimal, its point moved to the right.
fn decimal(row: &Row, name: &'static str, places: usize) -> Result<Option<String>, Refusal> {
    let text = number(row.text(name));
    if text.is_empty() {
        return Ok(None);
    }
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    if whole.is_empty() || ![whole, part].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit())) {
        return Err(Refusal::of("number.invalid", name));
    }
    let part = format!("{part:0<places$}");
    Ok(Some(format!("{whole}{}.{}", &part[..places], &part[places..])))
}

fn put(body: &mut Map<String, Value>, item: &str, text: &str) {
    let text = trim(text);
    if !text.is_empty() {
        body.insert(item.into(), text.into());
    }
}

/// Parts of a field that holds several.
fn parts(text: &str) -> Vec<String> {
    let text = number(text);
    if text.is_empty() {
        return Vec::new();
    }
    text.split(['、', ',', ';']).map(|part| trim(part).to_owned()).collect()
}

/// Names with their numbers.
fn people(row: &Row, (names, numbers): (&'static str, &'static str)) -> Result<(Vec<String>, Vec<String>), Refusal> {
    let (names, mut numbers) = (parts(row.text(names)), parts(row.text(numbers)));
    if !numbers.is_empty() && !names.is_empty() && numbers.len() != names.len() {
        return Err(Refusal::whole("parties.count"));
    }
    numbers.resize(names.len().max(numbers.len()), String::new());
    Ok((names, numbers))
}

fn parties(names: &[String], given: &[Given]) -> Vec<Value> {
    let name = |at: usize| names.get(at).map_or("", String::as_str);
    given.iter().enumerate().filter_map(|(at, given)| holders::party(name(at), given)).collect()
}

fn contract(row: &Row) -> Result<Draft, Refusal> {
    let key = required(row, "合同编号")?;
    required(row, "买受人")?;
    let (names, numbers) = people(row, ("买受人", "买受人证件号码"))?;
    let code = number(row.text("买受人证件类型"));
    let by_code = numbers.iter().map(|number| holders::by_code(&code, number)).collect::<Option<Vec<Given>>>();
    let unknown_code = by_code.is_none();
    let buyers = by_code.unwrap_or_else(|| numbers.iter().map(|number| holders::by_number(number)).collect());
    let (sellers, seller_numbers) = people(row, ("出卖人", "出卖人证件号码"))?;
    let selling: Vec<Given> = seller_numbers.iter().map(|number| holders::by_number(number)).collect();
    let judged = Parties { first: &buyers, others: &selling, field: "买受人证件号码" }.judge();
    let (subjects, wrong) = judged?;
    let mut body = Map::new();
    put(&mut body, "contract_number", &key);
    body.insert("buyers".into(), parties(&names, &buyers).into());
    let selling = parties(&sellers, &selling);
    if !selling.is_empty() {
        body.insert("sellers".into(), selling.into());
    }
    put(&mut body, "address", row.text("房屋坐落"));
    if let Some(area) = decimal(row, "建筑面积", 0)? {
        put(&mut body, "floor_area", &area);
    }
    if let Some(price) = decimal(row, "成交价款(元)", 0)? {
        put(&mut body, "price", &price);
        put(&mut body, "currency", "CNY");
    }
    required(row, "签订日期")?;
    put_day(&mut body, "signed_on", row, "签订日期")?;
    put_day(&mut body, "filed_on", row, "备案日期")?;
    let state = match required(row, "合同状态")?.as_str() {
        "草签" => "DRAFT",
        "签订" => "SIGNED",
        "备案" => "FILED",
        "注销" => "CANCELLED",
        "撤销" => "RESCINDED",
        _ => "",
    };
    if !state.is_empty() {
        put(&mut body, "state", &format!("CONTRACT_STATE_{state}"));
    }
    let raised = [(wrong, "party.identifier"), (unknown_code || state.is_empty(), "code.unknown")];
    let flags = raised.into_iter().filter_map(|(raised, flag)| raised.then_some(flag)).collect();
    let (resource, stamp) = ("housing-contract", stamp(row)?);
    Ok(Draft { resource, key, stamp, withdrawn: None, subjects, flags, body: body.into(), whole: true })
}

const STATUS: &[(&str, &str)] = &[
    ("01", "VALID"),
    ("02", "SUSPENDED"),
    ("03", "REVOKED"),
    ("04", "CANCELLED"),
    ("05", "EXPIRED"),
    ("06", "TRANSFERRED"),
    ("07", "WITHDRAWN_AS_SANCTION"),
    ("99", "OTHER"),
];
const OPERATIONS: &[&str] = &["01", "02", "03", "04", "05", "06", "07", "08", "09", "10"];

fn permit(row: &Row) -> Result<Draft, Refusal> {
    let key = required(row, "证照编号")?;
    let developer = required(row, "建设单位")?;
    let code = [holders::by_number(&number(row.text("建设单位代码")))];
    let judged = Parties { first: &code, others: &[], field: "建设单位代码" }.judge();
    // No page says whether a developer's code of 18 digits is a wrong citizen number or a wrong USCC.
    let either = |refusal: Refusal| match refusal.field {
        Some(_) => refusal.or("uscc.checksum"),
        None => refusal,
    };
    let (mut subjects, wrong) = judged.map_err(either)?;
    let mut body = Map::new();
    put(&mut body, "number", &key);
    body.insert("holders".into(), holders::party(&developer, &code[0]).into_iter().collect());
    let id = number(row.text("电子证照标识"));
    put(&mut body, "certificate_id", &id);
    subjects.insert(("certificate-number", key.clone()));
    if !id.is_empty() {
        subjects.insert(("certificate-id", id.to_ascii_uppercase()));
    }
    let copied = [("project_name", "工程名称"), ("address", "建设地址"), ("scale", "建设规模")];
    for (item, name) in copied {
        put(&mut body, item, row.text(name));
    }
    if let Some(price) = decimal(row, "合同价格(万元)", 4)? {
        put(&mut body, "contract_price", &price);
        put(&mut body, "currency", "CNY");
    }
    put(&mut body, "issuer", &required(row, "发证机关")?);
    required(row, "发证日期")?;
    put_day(&mut body, "issued_on", row, "发证日期")?;
    let unknown = described(&mut body, row)?;
    let inner = matches!(&code[0], Given::Good("uscc", uscc) if numbers::organisation_code(uscc).is_none());
    let raised = [(wrong, "party.identifier"), (unknown, "code.unknown"), (inner, "uscc.inner-check")];
    let mut flags: BTreeSet<&'static str> =
        raised.into_iter().filter_map(|(raised, flag)| raised.then_some(flag)).collect();
    flags.extend(grade(&id));
    let (resource, stamp) = ("construction-permit", stamp(row)?);
    Ok(Draft { resource, key, stamp, withdrawn: None, subjects, flags, body: body.into(), whole: true })
}

/// Status, operation, and what the permit replaces; whether a code is unknown.
fn described(body: &mut Map<String, Value>, row: &Row) -> Result<bool, Refusal> {
    let code = required(row, "证照状态")?;
    let status = STATUS.iter().find(|(known, _)| *known == code).map(|(_, status)| *status);
    let text = trim(row.text("状态描述"));
    if code == "99" && text.is_empty() {
        return Err(Refusal::of("certificate.status-text", "状态描述"));
    }
    put(body, "status", &format!("CERTIFICATE_STATUS_{}", status.unwrap_or("OTHER")));
    // No page says what is written of a code that nobody knows; the code itself is no invention.
    put(body, "status_text", if text.is_empty() && status.is_none() { &code } else { text });
    let operation = required(row, "业务类型")?;
    let replaces = trim(row.text("关联证照标识"));
    if ["02", "08", "09"].contains(&operation.as_str()) && replaces.is_empty() {
        return Err(Refusal::of("certificate.replaces-missing", "关联证照标识"));
    }
    put(body, "operation", &operation);
    put(body, "replaces", replaces);
    Ok(status.is_none() || !OPERATIONS.contains(&operation.as_str()))
}

/// What is to be said of an electronic certificate's identifier.
fn grade(id: &str) -> Option<&'static str> {
    if id.is_empty() {
        return None;
    }
    let parts: Vec<&str> = id.strip_prefix("1.2.156.3005.2.").unwrap_or_default().split('.').collect();
    let shaped = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let [first @ .., check] = &parts[..] else { return Some("certificate-id.checksum") };
    let all = first.concat();
    if first.len() != 4 || !shaped(&all) {
        return Some("certificate-id.checksum");
    }
    match check.chars().next() {
        Some(check) if check == certificate_check(&all) => None,
        Some(check) if check == legacy_certificate_check(&all) => Some("certificate-id.legacy-variant"),
        _ => Some("certificate-id.checksum"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{People, housing};

    fn check(wanted: &str, row: &Row, draft: Result<Draft, Refusal>) {
        match draft {
            Ok(draft) => {
                let flags: Vec<&str> = draft.flags.iter().copied().collect();
                let wanted = [wanted].into_iter().filter(|flag| !flag.is_empty()).collect::<Vec<_>>();
                assert_eq!(flags, wanted, "{row:?}");
            }
            Err(refusal) => assert!(refusal.rules.iter().any(|rule| rule == wanted), "{wanted} {refusal:?} {row:?}"),
        }
    }

    #[test]
    fn each_trap_ends_as_it_was_made_to() {
        let mut people = People::new(3);
        let broken = |row: &Row| row.broken.is_some();
        for (wanted, row) in housing::contracts_with_traps(&mut people, "2026-11-01 08:00:00") {
            if !broken(&row) {
                check(wanted, &row, contract(&row));
            }
        }
        for (wanted, row) in housing::permits_with_traps(&mut people, "2026-11-01 08:00:00") {
            check(wanted, &row, permit(&row));
        }
    }
}
