//! The dropped files: their names and their columns.

use adapter_sdk::{
    FileKind, FileName,
    formats::csv::{Csv, Kind},
};
use domain::date;

/// Kind of the files of sale contracts (房屋合同), as it stands in their names.
pub(crate) const FWHT: &str = "FWHT";
/// Kind of the files of construction permits (施工许可证).
pub(crate) const SGXKZ: &str = "SGXKZ";

/// The columns of both kinds.
pub(crate) static KINDS: [Kind; 2] = [
    Kind {
        name: FWHT,
        required: &["合同编号", "买受人", "买受人证件号码", "签订日期", "合同状态", "更新时间"],
        optional: &[
            "买受人证件类型",
            "出卖人",
            "出卖人证件号码",
            "房屋坐落",
            "建筑面积",
            "成交价款(元)",
            "成交价款(万元)",
            "备案日期",
        ],
        changed: "更新时间",
    },
    Kind {
        name: SGXKZ,
        required: &["证照编号", "建设单位", "建设单位代码", "发证机关", "发证日期", "证照状态", "业务类型", "更新时间"],
        optional: &[
            "电子证照标识",
            "工程名称",
            "建设地址",
            "建设规模",
            "合同价格(万元)",
            "合同价格(元)",
            "状态描述",
            "关联证照标识",
        ],
        changed: "更新时间",
    },
];

/// Columns of words, in which a leading `'` can be part of what is written.
pub(crate) const WORDS: &[&str] =
    &["买受人", "出卖人", "房屋坐落", "建设单位", "工程名称", "建设地址", "建设规模", "发证机关", "状态描述"];

/// `FWHT_<yyyyMMdd>_<seq3>.csv` and `SGXKZ_<yyyyMMdd>_<seq3>.csv`.
pub(crate) fn kind() -> FileKind {
    FileKind {
        pattern: "FWHT_<yyyyMMdd>_<seq3>.csv, SGXKZ_<yyyyMMdd>_<seq3>.csv",
        parse_name,
        recognises: |_| false,
        framing: Box::new(Csv { kinds: &KINDS }),
    }
}

/// The kind that a file's name states.
pub(crate) fn kind_by_name(name: &str) -> Option<&'static str> {
    parse_name(name)?;
    KINDS.iter().map(|kind| kind.name).find(|kind| name.starts_with(kind))
}

/// The order is day, then number of the day; a name whose day the calendar does not have is still taken in.
fn parse_name(name: &str) -> Option<FileName> {
    let (kind, order) = name.strip_suffix(".csv")?.split_once('_')?;
    let (day, sequence) = order.split_once('_')?;
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let kind = [FWHT, SGXKZ].into_iter().find(|known| *known == kind)?;
    let well_formed = digits(day, 8) && digits(sequence, 3);
    let as_of = date::parse_instant(day, date::local_offset()).ok().and_then(domain::date::InstantValue::at);
    well_formed.then(|| FileName { order: order.to_owned(), kind, as_of, ..FileName::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_order_day_and_kind() {
        let name = parse_name("SGXKZ_20261101_007.csv").unwrap();
        assert_eq!((name.order.as_str(), name.scope.as_str()), ("20261101_007", ""));
        assert_eq!(name.as_of.unwrap().to_rfc3339(), "2026-10-31T16:00:00+00:00");
        assert_eq!(parse_name("FWHT_20261301_007.csv").unwrap().as_of, None);
        assert_eq!(kind_by_name("FWHT_20261101_001.csv"), Some(FWHT));
        assert_eq!(kind_by_name("SGXKZ_20261101_001.csv"), Some(SGXKZ));
    }

    #[test]
    fn other_names_are_left_alone() {
        for name in [
            "FWHT_20261101_007.csv.ok",
            "FWHT_20261101_07.csv",
            "FWHT_2026110_007.csv",
            "FWHT_20261101_007.CSV",
            "fwht_20261101_007.csv",
            "XKZ_20261101_007.csv",
            "FWHT_20261101_007_1.csv",
            "FWHT_.csv",
        ] {
            assert_eq!((parse_name(name), kind_by_name(name)), (None, None), "{name}");
        }
    }

    #[test]
    fn words_are_columns() {
        let known: Vec<&str> = KINDS.iter().flat_map(Kind::columns).collect();
        assert!(WORDS.iter().all(|word| known.contains(word)));
    }
}
