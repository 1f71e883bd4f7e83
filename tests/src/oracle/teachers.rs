use super::{
    holders::{self, Given, Parties},
    seen::Seen,
};
use crate::{
    Draft,
    generate::teachers::{Cell, Row, Workbook},
    numbers::{self, Day},
    rows::{End, Place, Refusal, Wanted},
    text::{fold, trim},
};
use serde_json::json;

/// What becomes of teachers (education.md).
#[derive(Debug, Clone, Default)]
pub struct TeacherOracle {
    /// What was seen of each record.
    pub seen: Seen,
    /// Every row of every sheet, in the order taken in.
    pub rows: Vec<Wanted>,
}

impl TeacherOracle {
    /// Takes in a right workbook.
    pub fn take(&mut self, book: &Workbook) {
        for sheet in book.sheets.iter().filter(|sheet| !sheet.columns.is_empty()) {
            for (row, number) in sheet.read().iter().zip(1..) {
                let end = match read(row, book.modified) {
                    Err(refusal) => End::Rejected(refusal),
                    Ok(draft) => End::Records(vec![(self.seen.judge(&draft), draft)]),
                };
                let place = Place::Sheet(sheet.name.to_owned());
                self.rows.push(Wanted { file: book.name.clone(), row: number, place, end });
            }
        }
    }
}

const ETHNICITIES: &[(&str, &str)] = &[("汉", "01"), ("满", "11"), ("土家", "15")];
const KINDS: &[&str] = &["幼儿园", "小学", "初级中学", "高级中学", "中等职业学校", "中等职业学校实习指导", "高等学校"];

/// A cell as text; whole numbers without a point.
fn text(row: &Row, name: &str) -> String {
    match row.cells.get(name) {
        Some(Cell::Text(text)) => trim(text).to_owned(),
        Some(Cell::Number(number) | Cell::Date(number)) => format!("{number:.0}"),
        None => String::new(),
    }
}

fn required(row: &Row, name: &'static str) -> Result<String, Refusal> {
    let text = text(row, name);
    if text.is_empty() { Err(Refusal::of("field.required", name)) } else { Ok(text) }
}

fn is_number(row: &Row, name: &str) -> bool {
    matches!(row.cells.get(name), Some(Cell::Number(_) | Cell::Date(_)))
}

/// A day; numbers are Excel's serials, of which the generator uses three.
fn day(row: &Row, name: &'static str) -> Result<Option<String>, Refusal> {
    if is_number(row, name) {
        let days = [("44013", "2020-07-01"), ("32874", "1990-01-01"), ("25570", "1970-01-02")];
        let serial = text(row, name);
        return Ok(days.iter().find(|(known, _)| *known == serial).map(|(_, day)| (*day).to_owned()));
    }
    match numbers::day(&text(row, name)) {
        Day::Invalid => Err(Refusal::of("date.invalid", name)),
        Day::On(day) => Ok(Some(day)),
        _ => Ok(None),
    }
}

fn read(row: &Row, modified: u64) -> Result<Draft, Refusal> {
    let name = required(row, "姓名")?;
    let key = certificate(row)?;
    let (holder, unknown_type) = holder(row)?;
    let judged = Parties { first: std::slice::from_ref(&holder), others: &[], field: "证件号码" }.judge();
    let (mut subjects, wrong) = judged?;
    subjects.insert(("certificate-number", key.clone()));
    let kind = required(row, "资格种类")?;
    let known_kind = kind.strip_suffix("教师资格").is_some_and(|kind| KINDS.contains(&kind));
    let mut body = json!({ "number": key, "kind": kind, "issuer": required(row, "认定机构")? });
    body["holders"] = holders::party(&name, &holder).into_iter().collect();
    required(row, "认定日期")?;
    let mut put = |item: &str, text: Option<String>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            body[item] = text.into();
        }
    };
    put("issued_on", day(row, "认定日期")?);
    put("birth_date", day(row, "出生日期")?);
    put("subject", Some(text(row, "任教学科")));
    // A code that nobody knows is kept as it is written.
    let (sex, ethnicity) = (text(row, "性别"), text(row, "民族"));
    let sex_code = [("男", "1"), ("女", "2"), ("", "")].iter().find(|(known, _)| *known == sex);
    put("sex", sex_code.map(|(_, code)| (*code).to_owned()).or_else(|| Some(sex.clone())));
    let people = ethnicity.strip_suffix('族').unwrap_or(&ethnicity);
    let ethnic = ETHNICITIES.iter().find(|(known, _)| *known == people);
    put("ethnicity", ethnic.map(|(_, code)| (*code).to_owned()).or_else(|| Some(ethnicity.clone())));
    let state = text(row, "证书状态");
    let known_states =
        [("", "VALID"), ("有效", "VALID"), ("撤销", "REVOKED"), ("丧失", "FORFEITED"), ("注销", "CANCELLED")];
    let status = known_states.iter().find(|(known, _)| *known == state).map(|(_, status)| *status);
    put("status", Some(format!("CERTIFICATE_STATUS_{}", status.unwrap_or("OTHER"))));
    let strange =
        [unknown_type, !known_kind, sex_code.is_none(), ethnic.is_none() && !ethnicity.is_empty(), status.is_none()];
    let raised = [(wrong, "party.identifier"), (strange.contains(&true), "code.unknown")];
    let flags = raised.into_iter().filter_map(|(raised, flag)| raised.then_some(flag)).collect();
    let (resource, stamp) = ("teacher-qualification", format!("{modified:014}"));
    Ok(Draft { resource, key, stamp, withdrawn: None, subjects, flags, body, whole: true })
}

fn certificate(row: &Row) -> Result<String, Refusal> {
    const NAME: &str = "资格证书号码";
    if is_number(row, NAME) {
        return Err(Refusal::of("number.precision", NAME));
    }
    let number = fold(&required(row, NAME)?);
    let good = number.len() == 17 && number.bytes().all(|b| b.is_ascii_digit());
    if good { Ok(number) } else { Err(Refusal::of("certificate.number", NAME)) }
}

/// The holder's number, and whether the kind that is said is none.
fn holder(row: &Row) -> Result<(Given, bool), Refusal> {
    const NAME: &str = "证件号码";
    let number = text(row, NAME);
    if is_number(row, NAME) && number.len() > 15 {
        return Err(Refusal::of("number.precision", NAME));
    }
    let code = match text(row, "证件类型").as_str() {
        "" => "",
        "居民身份证" => "111",
        "护照" => "414",
        "港澳居民来往内地通行证" => "516",
        "台湾居民来往大陆通行证" => "511",
        "其他" => "999",
        _ => "?",
    };
    let given: Option<Given> = holders::by_code(code, &number);
    let unknown = given.is_none();
    Ok((given.unwrap_or_else(|| holders::by_number(&number)), unknown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{People, teachers};

    #[test]
    fn each_trap_ends_as_it_was_made_to() {
        for (wanted, row) in teachers::teachers_with_traps(&mut People::new(8)) {
            match read(&row, 1) {
                Err(refusal) => assert!(refusal.rules.iter().any(|rule| rule == wanted), "{wanted} {refusal:?}"),
                Ok(draft) => {
                    let flags: Vec<&str> = draft.flags.iter().copied().collect();
                    assert_eq!(flags.join(","), wanted, "{row:?}");
                }
            }
        }
    }
}
