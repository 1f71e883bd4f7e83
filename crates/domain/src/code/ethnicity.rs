//! Ethnicities (民族), GB/T 3304-1991.

use crate::text::trim;

const NAMES: [&str; 56] = [
    "汉",
    "蒙古",
    "回",
    "藏",
    "维吾尔",
    "苗",
    "彝",
    "壮",
    "布依",
    "朝鲜",
    "满",
    "侗",
    "瑶",
    "白",
    "土家",
    "哈尼",
    "哈萨克",
    "傣",
    "黎",
    "傈僳",
    "佤",
    "畲",
    "高山",
    "拉祜",
    "水",
    "东乡",
    "纳西",
    "景颇",
    "柯尔克孜",
    "土",
    "达斡尔",
    "仫佬",
    "羌",
    "布朗",
    "撒拉",
    "毛南",
    "仡佬",
    "锡伯",
    "阿昌",
    "普米",
    "塔吉克",
    "怒",
    "乌孜别克",
    "俄罗斯",
    "鄂温克",
    "德昂",
    "保安",
    "裕固",
    "京",
    "塔塔尔",
    "独龙",
    "鄂伦春",
    "赫哲",
    "门巴",
    "珞巴",
    "基诺",
];

const CODES: [&str; 56] = [
    "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19",
    "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32", "33", "34", "35", "36", "37", "38",
    "39", "40", "41", "42", "43", "44", "45", "46", "47", "48", "49", "50", "51", "52", "53", "54", "55", "56",
];

/// Names that were changed since the first edition.
const FORMER: [(&str, &str); 2] = [("毛难", "36"), ("崩龙", "46")];

/// Used by public security beside the standard's own codes.
const OTHERS: [(&str, &str); 2] = [("97", "其他"), ("98", "外国血统中国籍人士")];

/// Name of an ethnicity, without 族, by its two-digit code; `97` and `98` of public security included.
#[must_use]
pub fn ethnicity(code: &str) -> Option<&'static str> {
    let standard = CODES.iter().position(|known| *known == code).and_then(|at| NAMES.get(at).copied());
    standard.or_else(|| OTHERS.iter().find(|(known, _)| *known == code).map(|(_, name)| *name))
}

/// Whether the text is a two-digit code of the table.
#[must_use]
pub fn is_ethnicity(code: &str) -> bool {
    ethnicity(code).is_some()
}

/// The two-digit code of an ethnicity written as code (`01`, `1`) or name (`汉`, `汉族`, former names too).
#[must_use]
pub fn ethnicity_code(text: &str) -> Option<&'static str> {
    let text = trim(text);
    let padded = format!("{text:0>2}");
    let by_code = CODES.iter().chain(OTHERS.iter().map(|(code, _)| code)).find(|known| **known == padded);
    by_code.copied().or_else(|| by_name(text.strip_suffix('族').unwrap_or(text)))
}

fn by_name(name: &str) -> Option<&'static str> {
    let standard = NAMES.iter().position(|known| *known == name).and_then(|at| CODES.get(at).copied());
    standard.or_else(|| FORMER.iter().find(|(former, _)| *former == name).map(|(_, code)| *code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_belong_together() {
        assert_eq!(ethnicity("01"), Some("汉"));
        assert_eq!(ethnicity("30"), Some("土"));
        assert_eq!(ethnicity("56"), Some("基诺"));
        assert!(is_ethnicity("97") && is_ethnicity("98"));
        assert!(!is_ethnicity("57") && !is_ethnicity("00") && !is_ethnicity("1"));
    }

    #[test]
    fn every_way_of_writing_leads_to_the_code() {
        for (text, code) in [
            ("01", "01"),
            ("1", "01"),
            ("汉", "01"),
            ("汉族", "01"),
            (" 维吾尔族 ", "05"),
            ("毛难族", "36"),
            ("崩龙", "46"),
            ("97", "97"),
        ] {
            assert_eq!(ethnicity_code(text), Some(code), "{text}");
        }
        for unknown in ["", "0", "族", "99", "汉汉", "中国"] {
            assert_eq!(ethnicity_code(unknown), None, "{unknown}");
        }
    }
}
