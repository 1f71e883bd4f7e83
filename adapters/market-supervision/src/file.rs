//! The dropped files: their names and the document in them.

use adapter_sdk::{
    FileKind, FileName,
    formats::xml::{Encoding, XmlEntities},
};
use domain::date;

/// `ENT_<yyyyMMdd>_<seq3>.xml`: one page of one batch.
pub(crate) fn kind() -> FileKind {
    FileKind { pattern: "ENT_<yyyyMMdd>_<seq3>.xml", parse_name, recognises: |_| false, framing: Box::new(DOCUMENT) }
}

/// The document, however it arrives. Its declaration names GB2312, its bytes are GB18030.
pub(crate) const DOCUMENT: XmlEntities = XmlEntities {
    root: "response",
    list: "resultList",
    status: ("head", "code"),
    good: "00",
    stamp: "S_EXT_DATATIME",
    encoding: Encoding::Gb18030,
};

/// The order is day, then number of the day; a name whose day the calendar does not have is still taken in.
fn parse_name(name: &str) -> Option<FileName> {
    let order = name.strip_prefix("ENT_")?.strip_suffix(".xml")?;
    let (day, sequence) = order.split_once('_')?;
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let as_of = date::parse_instant(day, date::local_offset()).ok().and_then(domain::date::InstantValue::at);
    (digits(day, 8) && digits(sequence, 3)).then(|| FileName { order: order.to_owned(), as_of, ..FileName::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_order_and_day() {
        let name = parse_name("ENT_20261101_007.xml").unwrap();
        assert_eq!((name.order.as_str(), name.scope.as_str()), ("20261101_007", ""));
        assert_eq!(name.as_of.unwrap().to_rfc3339(), "2026-10-31T16:00:00+00:00");
        assert_eq!(parse_name("ENT_20261301_007.xml").unwrap().as_of, None);
    }

    #[test]
    fn other_names_are_left_alone() {
        for name in [
            "ENT_20261101_007.xml.ok",
            "ENT_20261101_07.xml",
            "ENT_2026110_007.xml",
            "ent_20261101_007.xml",
            "ENT_.xml",
        ] {
            assert_eq!(parse_name(name), None, "{name}");
        }
    }
}
