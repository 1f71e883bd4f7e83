use super::{Dbf, Mark, Record, Text};
use crate::framing::{Facts, FramedRow, Framing, Refusal, RowStart};
use proptest::prelude::*;
use std::borrow::Cow;

const DBF: Dbf = Dbf { columns: &["NO", "NAME"] };
const LAYOUT: &str = "NO C4;NAME C6;MONTH N6;DAY D8";
const RECORD: usize = 1 + 4 + 6 + 6 + 8;

/// A table as its program writes it.
struct Table {
    head: Vec<u8>,
    columns: Vec<u8>,
    records: Vec<u8>,
    end: &'static [u8],
}

fn column(name: &[u8], kind: u8, width: u8) -> [u8; 32] {
    let mut description = [0; 32];
    description[..name.len()].copy_from_slice(name);
    description[11] = kind;
    description[12..16].copy_from_slice(&[1, 2, 3, 4]);
    description[16] = width;
    description
}

impl Table {
    fn new(records: &[&[u8; RECORD]]) -> Self {
        let columns = [
            column(b"NO", b'C', 4),
            column(b"NAME\0\xCC\xCC", b'C', 6),
            column(b"month", b'N', 6),
            column(b"DAY", b'D', 8),
        ];
        let mut table = Self { head: vec![0; 32], columns: columns.concat(), records: Vec::new(), end: &[0x1A] };
        table.records = records.iter().flat_map(|record| record.iter().copied()).collect();
        table.columns.push(0x0D);
        table.head[..4].copy_from_slice(&[0x03, 126, 11, 22]);
        // A language byte that says code page 1252.
        table.head[29] = 0x03;
        table.count(records.len());
        table.record(RECORD);
        table
    }

    fn count(&mut self, records: usize) {
        self.head[4..8].copy_from_slice(&u32::try_from(records).unwrap().to_le_bytes());
    }

    fn record(&mut self, bytes: usize) {
        self.head[10..12].copy_from_slice(&u16::try_from(bytes).unwrap().to_le_bytes());
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = self.head.clone();
        if head[8..10] == [0, 0] {
            let length = head.len() + self.columns.len();
            head[8..10].copy_from_slice(&u16::try_from(length).unwrap().to_le_bytes());
        }
        [&head, &self.columns, &self.records, self.end].concat()
    }

    fn inspect(&self) -> Result<Facts, Refusal> {
        DBF.inspect(&mut self.bytes().as_slice())
    }

    fn refused(&self) -> &'static str {
        self.inspect().unwrap_err().rule.id
    }
}

const FIRST: &[u8; RECORD] = b" 0001\xCD\xF5    20260120260105";
const DELETED: &[u8; RECORD] = b"*0002\xCD\xF5\xC8\xFD  ******        ";
const LAST: &[u8; RECORD] = b" 0003wang  2026022026 205";

fn rows(bytes: &[u8], start: RowStart) -> Vec<FramedRow> {
    let at = usize::try_from(start.byte).unwrap();
    let mut reader = DBF.rows(Box::new(&bytes[at..]), start);
    let (mut row, mut rows) = (FramedRow::default(), Vec::new());
    while reader.next_row(&mut row).unwrap() {
        rows.push(row.clone());
    }
    rows
}

#[test]
fn a_table_says_its_columns_its_records_and_its_day() {
    let facts = Table::new(&[FIRST, DELETED, LAST]).inspect().unwrap();
    assert_eq!((facts.rows, facts.full, facts.layout.as_str()), (2, false, LAYOUT));
    assert_eq!(facts.unknown_columns, 2);
    assert_eq!(facts.as_of.unwrap().to_rfc3339(), "2026-11-21T16:00:00+00:00");
}

#[test]
fn the_year_of_writing_is_understood_in_both_forms_and_may_be_none() {
    for (year, day) in [(26, "2026-11-21"), (99, "1999-11-21"), (100, "2000-11-21"), (0, "2000-11-21")] {
        let mut table = Table::new(&[]);
        table.head[1] = year;
        assert_eq!(table.inspect().unwrap().as_of.unwrap().date_naive().to_string(), day);
    }
    let mut table = Table::new(&[]);
    table.head[2] = 13;
    assert_eq!(table.inspect().unwrap().as_of, None);
}

#[test]
fn deleted_records_are_rows_too_and_every_row_has_its_bytes() {
    let bytes = Table::new(&[FIRST, DELETED, LAST]).bytes();
    let rows = rows(&bytes, RowStart::default());
    assert_eq!(rows.len(), 3);
    let header = 32 + 4 * 32 + 1;
    for (place, (row, record)) in rows.iter().zip([FIRST, DELETED, LAST]).enumerate() {
        assert_eq!((row.bytes.as_slice(), row.kind.as_str(), row.number), (&record[..], LAYOUT, place as u64 + 1));
        let (from, to) = (usize::try_from(row.byte_from).unwrap(), usize::try_from(row.byte_to).unwrap());
        assert_eq!((from, row.next_byte), (header + place * RECORD, row.byte_to));
        assert_eq!(&bytes[from..to], record);
    }
}

#[test]
fn reading_goes_on_behind_any_row_with_the_layout_alone() {
    let bytes = Table::new(&[FIRST, DELETED, LAST]).bytes();
    let all = rows(&bytes, RowStart::default());
    for (place, row) in all.iter().enumerate() {
        let start = RowStart { byte: row.next_byte, number: row.number, layout: LAYOUT.to_owned() };
        assert_eq!(rows(&bytes, start), all[place + 1..]);
    }
    let start = RowStart { byte: all[0].next_byte, number: 1, layout: "no layout".to_owned() };
    assert!(DBF.rows(Box::new(&b""[..]), start).next_row(&mut FramedRow::default()).is_err());
}

#[test]
fn the_end_mark_may_be_missing_or_repeated() {
    for end in [&b""[..], b"\x1A", b"\x1A\x1A\x1A"] {
        let table = Table { end, ..Table::new(&[FIRST, LAST]) };
        assert_eq!(table.inspect().unwrap().rows, 2);
        assert_eq!(rows(&table.bytes(), RowStart::default()).len(), 2);
    }
    assert_eq!(Table::new(&[]).inspect().unwrap().rows, 0);
    assert_eq!(rows(&Table::new(&[]).bytes(), RowStart::default()), []);
}

#[test]
fn a_count_that_is_not_that_of_the_file_refuses_it() {
    for (count, end) in [(1, &b"\x1A"[..]), (3, b"\x1A"), (0, b""), (2, b" "), (2, b"\x1A\0"), (2, FIRST)] {
        let mut table = Table { end, ..Table::new(&[FIRST, LAST]) };
        table.count(count);
        assert_eq!(table.refused(), "file.trailer", "{count} records");
    }
    let mut ended = Table::new(&[FIRST, &[0x1A; RECORD]]);
    assert_eq!(ended.refused(), "file.trailer");
    ended.records.truncate(RECORD);
    assert_eq!(ended.refused(), "file.trailer");
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let bytes = Table { end: b"", ..Table::new(&[FIRST, LAST]) }.bytes();
    let header = 32 + 4 * 32 + 1;
    for length in 0..bytes.len() {
        let rule = DBF.inspect(&mut &bytes[..length]).unwrap_err().rule.id;
        let expected = match length {
            0 => "file.empty",
            _ if length < header => "file.header",
            _ => "file.trailer",
        };
        assert_eq!(rule, expected, "{length} bytes");
    }
}

#[test]
fn broken_headers_are_refused() {
    let broken: [fn(&mut Table); 13] = [
        |table| table.head[0] = 0x30,
        |table| table.record(RECORD - 1),
        |table| table.record(0),
        |table| table.head[8..10].copy_from_slice(&[32, 0]),
        |table| table.head[8..10].copy_from_slice(&[31, 0]),
        |table| table.head[8..10].copy_from_slice(&[162, 0]),
        |table| table.columns = vec![0x0D],
        |table| *table.columns.last_mut().unwrap() = 0,
        |table| table.columns[11] = 0,
        |table| table.columns[16] = 0,
        |table| table.columns[0] = 0,
        |table| table.columns[1] = b' ',
        |table| table.columns[32..36].copy_from_slice(b"NO\0\0"),
    ];
    for (number, break_it) in broken.iter().enumerate() {
        let mut table = Table::new(&[FIRST, LAST]);
        break_it(&mut table);
        assert_eq!(table.refused(), "file.header", "fault {number}");
    }
    let mut text = DBF.inspect(&mut &b"AAC001,AAC003\r\n"[..]).unwrap_err();
    assert_eq!(text.rule.id, "file.header");
    text = DBF.inspect(&mut &[b' '; 500][..]).unwrap_err();
    assert_eq!(text.rule.id, "file.header");
}

#[test]
fn a_table_without_a_column_that_must_be_there_is_refused() {
    let mut table = Table::new(&[FIRST]);
    table.columns[32..36].copy_from_slice(b"NAM2");
    let refusal = table.inspect().unwrap_err();
    assert_eq!((refusal.rule.id, refusal.detail.as_str()), ("file.header", "there is no column NAME"));
}

#[test]
fn a_memo_mark_and_padding_behind_the_columns_are_taken() {
    let mut table = Table::new(&[FIRST]);
    table.head[0] = 0x83;
    table.columns.push(0);
    assert_eq!(table.inspect().unwrap().rows, 1);
    assert_eq!(rows(&table.bytes(), RowStart::default())[0].bytes, FIRST);
}

#[test]
fn a_reader_that_fails_says_that_the_file_may_be_good_later() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("disk"))
        }
    }
    let refusal = DBF.inspect(&mut std::io::BufReader::new(Broken)).unwrap_err();
    assert!(refusal.retry);
}

#[test]
fn a_record_gives_out_its_cells() {
    let record = Record::new(LAYOUT, FIRST).unwrap();
    let cells: Vec<_> = record.cells().map(|cell| (cell.name, cell.kind, cell.text().unwrap().text)).collect();
    let expected = [("NO", 'C', "0001"), ("NAME", 'C', "王    "), ("MONTH", 'N', "202601"), ("DAY", 'D', "20260105")];
    assert_eq!(cells, expected.map(|(name, kind, text)| (name, kind, Cow::Borrowed(text))));
    assert_eq!(record.mark(), Mark::Kept);
    assert_eq!(Record::new(LAYOUT, DELETED).unwrap().mark(), Mark::Deleted);
    assert_eq!(Record::new(LAYOUT, &[0; RECORD]).unwrap().mark(), Mark::Unknown);
}

#[test]
fn a_record_of_another_length_or_layout_is_none() {
    assert!(Record::new(LAYOUT, &FIRST[1..]).is_none());
    for layout in ["", "NO", "NO C", "NO C0", "NO c4", "NO C4;", "NO C999", "N O C4", "NO C-1"] {
        assert!(Record::new(layout, b" 0001").is_none(), "{layout}");
    }
    assert!(Record::new("NO C4", b" 0001").is_some());
}

fn name(bytes: [u8; 6]) -> Result<(String, bool), crate::gb18030::Malformed> {
    let record = [b" ", &bytes[..]].concat();
    let cell = Record::new("NAME C6", &record).unwrap().cells().next().unwrap();
    cell.text().map(|Text { text, is_cut }| (text.into_owned(), is_cut))
}

#[test]
fn a_character_cut_by_the_width_loses_its_remains() {
    assert_eq!(name(*b"A\xCD\xF5\xC8\xFD\xCD"), Ok(("A王三".to_owned(), true)));
    assert_eq!(name(*b"AB\x95\x32\x82\x36"), Ok(("AB\u{20000}".to_owned(), false)));
    assert_eq!(name(*b"ABC\x95\x32\x82"), Ok(("ABC".to_owned(), true)));
    assert_eq!(name(*b"\xCD\xF5\xC8\xFD\xCD\xF5"), Ok(("王三王".to_owned(), false)));
}

#[test]
fn what_is_no_text_is_told_apart_from_a_cut() {
    for bytes in [*b"A\x80    ", *b"\xCD     ", *b"\xFF\xCD\xF5\xCD\xF5\xCD", *b"AB\xCD\xF5 \x80"] {
        assert!(name(bytes).is_err(), "{bytes:02X?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_judged_without_panic(bytes: Vec<u8>, layout in "[A-Z0-9 ;]{0,20}") {
        drop(DBF.inspect(&mut bytes.as_slice()));
        if let Some(record) = Record::new(&layout, &bytes) {
            let width: usize = record.cells().map(|cell| cell.bytes.len()).sum();
            prop_assert_eq!(width + 1, bytes.len());
            record.cells().for_each(|cell| drop(cell.text()));
        }
    }

    #[test]
    fn what_is_accepted_can_be_read_to_its_end(place in 0_usize..300, byte: u8, deleted in 0_usize..4) {
        let records: Vec<_> = (0..4).map(|number| if number < deleted { DELETED } else { FIRST }).collect();
        let mut bytes = Table::new(&records).bytes();
        if let Some(changed) = bytes.get_mut(place) {
            *changed = byte;
        }
        if let Ok(facts) = DBF.inspect(&mut bytes.as_slice()) {
            let rows = rows(&bytes, RowStart::default());
            let kept = rows.iter().filter(|row| Record::new(&row.kind, &row.bytes).unwrap().mark() != Mark::Deleted);
            prop_assert_eq!(kept.count() as u64, facts.rows);
        }
    }

    #[test]
    fn names_cut_anywhere_keep_their_whole_characters(text in "[a-c王三买\u{4E00}-\u{9FA5}]{0,12}") {
        let (bytes, _, _) = encoding_rs::GBK.encode(&text);
        let mut cell = [b' '; 6];
        let length = bytes.len().min(6);
        cell[..length].copy_from_slice(&bytes[..length]);
        let (kept, is_cut) = name(cell).unwrap();
        prop_assert!(text.starts_with(kept.trim_end()));
        let whole = encoding_rs::GBK.encode(kept.trim_end()).0.len();
        prop_assert_eq!(is_cut, bytes.len() > 6 && whole < 6);
    }
}
