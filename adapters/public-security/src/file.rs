//! The files: their names, header and trailer.

use crate::layout::ROW;
use adapter_sdk::{
    FileKind, FileName,
    formats::{
        fixed::{FixedWidth, Trailer},
        framing::Facts,
    },
};
use domain::date;

/// `CZRK_<area6>_<yyyyMMdd>_<seq3>.txt`; `H` header, `D` rows, `T` trailer with ten digits.
pub(crate) fn kind() -> FileKind {
    FileKind {
        pattern: "CZRK_<area6>_<yyyyMMdd>_<seq3>.txt",
        parse_name,
        recognises: |_| false,
        framing: Box::new(FixedWidth {
            heading,
            row_mark: b'D',
            row_bytes: ROW.bytes(),
            trailer: Trailer { mark: b'T', digits: 10 },
        }),
    }
}

/// The order is day, then number of the day; a name whose day the calendar does not have is still taken in.
fn parse_name(name: &str) -> Option<FileName> {
    let mut parts = name.strip_prefix("CZRK_")?.strip_suffix(".txt")?.split('_');
    let mut digits = |count| parts.next().filter(|part| is_digits(part, count));
    let (area, day, sequence) = (digits(6)?, digits(8)?, digits(3)?);
    let complete = parts.next().is_none();
    complete.then(|| FileName { order: format!("{day}_{sequence}"), scope: area.to_owned(), ..FileName::default() })
}

/// `H`, area (6), export time (14, local), `F` or `I`.
fn heading(line: &[u8]) -> Option<Facts> {
    let text = std::str::from_utf8(line).ok()?.trim_end_matches(' ').strip_prefix('H')?;
    let (area, rest) = text.split_at_checked(6).filter(|(area, _)| is_digits(area, 6))?;
    let (exported, mode) = rest.split_at_checked(14).filter(|(exported, _)| is_digits(exported, 14))?;
    let full = match mode {
        "F" => true,
        "I" => false,
        _ => return None,
    };
    let as_of = date::stamp_instant(exported, date::local_offset())?;
    Some(Facts { rows: 0, full, as_of: Some(as_of), scope: area.to_owned(), ..Facts::default() })
}

fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_register_give_order_and_area() {
        let name = parse_name("CZRK_330106_20261122_007.txt").unwrap();
        assert_eq!((name.order.as_str(), name.scope.as_str()), ("20261122_007", "330106"));
    }

    #[test]
    fn other_names_are_left_alone() {
        for name in [
            "CZRK_330106_20261122_007.txt.ok",
            "CZRK_330106_20261122_07.txt",
            "CZRK_33010_20261122_007.txt",
            "CZRK_330106_20261122_007_1.txt",
            "CZRK_330106_2026112x_007.txt",
            "czrk_330106_20261122_007.txt",
            "CZRK_.txt",
        ] {
            assert_eq!(parse_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_header_states_area_export_time_and_mode() {
        let facts = heading(b"H33010620261122023000F").unwrap();
        assert_eq!((facts.scope.as_str(), facts.full), ("330106", true));
        assert_eq!(facts.as_of.unwrap().to_rfc3339(), "2026-11-21T18:30:00+00:00");
        assert!(!heading(b"H33010620261122023000I  ").unwrap().full);
    }

    #[test]
    fn broken_headers_are_refused() {
        for line in [
            &b""[..],
            b"H",
            b"D33010620261122023000F",
            b"H33010620261122023000X",
            b"H33010620261122023000",
            b"H33010620261322023000F",
            b"H3301062026112202300F",
            b"H33010x20261122023000F",
            b"H33010699999999999999F",
            b"\xEF\xBB\xBFH33010620261122023000F",
            b"H\xB1\xB1\xBE\xA920261122023000F",
        ] {
            assert_eq!(heading(line), None, "{}", line.escape_ascii());
        }
    }
}
