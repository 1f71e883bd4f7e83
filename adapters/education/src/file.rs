//! The uploaded workbooks: their names and columns.

use adapter_sdk::{FileKind, FileName, formats::workbook::Workbook};

pub(crate) const NAME: &str = "姓名";
pub(crate) const SEX: &str = "性别";
pub(crate) const ETHNICITY: &str = "民族";
pub(crate) const DOCUMENT: &str = "证件类型";
pub(crate) const HOLDER: &str = "证件号码";
pub(crate) const BIRTH_DATE: &str = "出生日期";
pub(crate) const NUMBER: &str = "资格证书号码";
pub(crate) const KIND: &str = "资格种类";
pub(crate) const SUBJECT: &str = "任教学科";
pub(crate) const ISSUER: &str = "认定机构";
pub(crate) const ISSUED_ON: &str = "认定日期";
pub(crate) const STATUS: &str = "证书状态";

/// `JSZG_<yyyy>_<any text>.xlsx` or `.xls`; the end in capitals too, as it is typed by hand.
pub(crate) fn kind() -> FileKind {
    FileKind {
        pattern: "JSZG_<yyyy>_<text>.xlsx",
        parse_name,
        recognises: |_| false,
        framing: Box::new(Workbook {
            marks: &[NAME, HOLDER],
            required: &[NAME, HOLDER, NUMBER, KIND, ISSUER, ISSUED_ON],
            optional: &[SEX, ETHNICITY, DOCUMENT, BIRTH_DATE, SUBJECT, STATUS],
        }),
    }
}

fn parse_name(name: &str) -> Option<FileName> {
    let (order, end) = name.strip_prefix("JSZG_")?.rsplit_once('.')?;
    let (year, _) = order.split_once('_')?;
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let is_workbook = ["xlsx", "xls"].iter().any(|known| end.eq_ignore_ascii_case(known));
    (is_year && is_workbook).then(|| FileName { order: order.to_owned(), ..FileName::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_a_year_and_any_text() {
        for name in ["JSZG_2026_春季 (1).xlsx", "JSZG_2026_a.b_c.xls", "JSZG_2026_.XLSX"] {
            assert_eq!(parse_name(name).unwrap().order, name[5..].rsplit_once('.').unwrap().0, "{name}");
        }
    }

    #[test]
    fn other_names_are_left_alone() {
        for name in [
            "~$JSZG_2026_春季.xlsx",
            "JSZG_2026.xlsx",
            "JSZG_26_春季.xlsx",
            "JSZG_2026_春季.xlsx.part",
            "JSZG_2026_春季.csv",
            "JSZG_2026_春季",
            "名单.xlsx",
        ] {
            assert_eq!(parse_name(name), None, "{name}");
        }
    }
}
