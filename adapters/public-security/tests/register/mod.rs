//! Writes rows and files as the register's nightly job does; the table is typed from the interface document,
//! not taken from the adapter.

use encoding_rs::GB18030;

/// Name and first byte, counted from 1.
const FIELDS: [(&str, usize); 27] = [
    ("kind", 1),
    ("czbs", 2),
    ("ryid", 3),
    ("gmsfhm", 23),
    ("xm", 41),
    ("cym", 101),
    ("xb", 161),
    ("mz", 162),
    ("csrq", 164),
    ("csdssxq", 172),
    ("jgssxq", 178),
    ("hh", 184),
    ("yhzgx", 204),
    ("ssxq", 206),
    ("mlxz", 212),
    ("whcd", 332),
    ("hyzk", 334),
    ("fwcs", 336),
    ("qfjg", 396),
    ("yxqxqsrq", 456),
    ("yxqxjzrq", 464),
    ("ryzt", 472),
    ("jlbz", 473),
    ("qysj", 474),
    ("jssj", 488),
    ("gxsj", 502),
    ("", 516),
];

/// A specimen of a resident: the number is the one printed in GB 11643.
pub(crate) const SPECIMEN: [(&str, &str); 26] = [
    ("kind", "D"),
    ("czbs", "I"),
    ("ryid", "RY330106000000000001"),
    ("gmsfhm", "11010519491231002X"),
    ("xm", "王\u{20000}买买提·艾力"),
    ("cym", ""),
    ("xb", "2"),
    ("mz", "01"),
    ("csrq", "19491231"),
    ("csdssxq", "110105"),
    ("jgssxq", "330106"),
    ("hh", "H0001"),
    ("yhzgx", "02"),
    ("ssxq", "330106"),
    ("mlxz", "西湖区文三路１号"),
    ("whcd", "21"),
    ("hyzk", "20"),
    ("fwcs", "样本单位"),
    ("qfjg", "杭州市公安局西湖分局"),
    ("yxqxqsrq", "20150512"),
    ("yxqxjzrq", "20350512"),
    ("ryzt", "0"),
    ("jlbz", "1"),
    ("qysj", "20150512000000"),
    ("jssj", "99999999999999"),
    ("gxsj", "20260102030405"),
];

/// A row in the making.
#[derive(Clone)]
pub(crate) struct Line(pub(crate) Vec<u8>);

impl Line {
    /// The specimen.
    pub(crate) fn new() -> Self {
        SPECIMEN.iter().fold(Self(vec![b' '; 515]), |line, (name, text)| line.with(name, text))
    }

    /// The row with `text` in the field, padded with blanks.
    pub(crate) fn with(self, name: &str, text: &str) -> Self {
        let (bytes, _, unmappable) = GB18030.encode(text);
        assert!(!unmappable, "the text can be written in GB18030");
        self.with_bytes(name, &bytes)
    }

    /// The row with `bytes` in the field, cut where the field ends and padded with blanks.
    pub(crate) fn with_bytes(mut self, name: &str, bytes: &[u8]) -> Self {
        let Some(at) = FIELDS.iter().position(|(field, _)| *field == name) else {
            panic!("{name} is no field of the row")
        };
        let field = &mut self.0[FIELDS[at].1 - 1..FIELDS[at + 1].1 - 1];
        field.fill(b' ');
        let length = bytes.len().min(field.len());
        field[..length].copy_from_slice(&bytes[..length]);
        self
    }
}

/// The specimen with other texts in some fields.
pub(crate) fn edited(edits: &[(&str, &str)]) -> Line {
    edits.iter().fold(Line::new(), |line, (field, text)| line.with(field, text))
}

/// A file as the job writes it.
pub(crate) fn file(mode: char, lines: &[Line]) -> Vec<u8> {
    let mut file = format!("H33010620260103020000{mode}\r\n").into_bytes();
    for line in lines {
        file.extend_from_slice(&line.0);
        file.extend_from_slice(b"\r\n");
    }
    file.extend_from_slice(format!("T{:010}\r\n", lines.len()).as_bytes());
    file
}
