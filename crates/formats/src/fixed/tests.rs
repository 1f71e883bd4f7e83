use super::*;
use crate::{
    framing::{Facts, FramedRow, Framing, RowStart},
    gb18030,
};
use proptest::prelude::*;
use std::io::BufReader;

const FRAME: FixedWidth =
    FixedWidth { heading: scope_only, row_mark: b'D', row_bytes: 20, trailer: Trailer { mark: b'T', digits: 3 } };

const MARK: Field = Field::new("mark", 1, 1);
const NAME: Field = Field::new("name", 2, 6);
const CODE: Field = Field::new("code", 8, 2);
const LAYOUT: Layout = Layout::new(9, &[MARK, NAME, CODE]);

fn scope_only(line: &[u8]) -> Option<Facts> {
    let scope = std::str::from_utf8(line.strip_prefix(b"H")?).ok()?;
    Some(Facts { scope: scope.to_owned(), ..Facts::default() })
}

fn inspect(file: &[u8]) -> Result<u64, (&'static str, String)> {
    // A tiny buffer, so that lines and line ends fall across reads.
    let mut input = BufReader::with_capacity(3, file);
    FRAME.inspect(&mut input).map(|facts| facts.rows).map_err(|refusal| (refusal.rule.id, refusal.detail))
}

fn read_rows(file: &[u8], start: RowStart) -> Vec<FramedRow> {
    let rest = &file[usize::try_from(start.byte).unwrap()..];
    let mut reader = FRAME.rows(Box::new(BufReader::with_capacity(3, rest)), start);
    let mut rows = Vec::new();
    let mut row = FramedRow::default();
    while reader.next_row(&mut row).unwrap() {
        rows.push(row.clone());
    }
    assert!(!reader.next_row(&mut row).unwrap(), "the end stays the end");
    rows
}

#[test]
fn a_whole_file_states_its_rows_and_scope() {
    let mut file: &[u8] = b"H330106\r\nDa\r\nDb\r\nT002\r\n";
    let facts = FRAME.inspect(&mut file).unwrap();
    assert_eq!((facts.rows, facts.scope.as_str()), (2, "330106"));
}

#[test]
fn line_ends_may_be_mixed_and_the_last_may_be_missing() {
    for file in ["H\nDa\r\nDb\nT002\n", "H\r\nDa\r\nDb\r\nT002", "H\r\nDa\nDb\nT002\r", "H\r\nDa\r\nDb\r\nT002\r\n\r\n"]
    {
        assert_eq!(inspect(file.as_bytes()), Ok(2), "{file:?}");
        let rows = read_rows(file.as_bytes(), RowStart::default());
        assert_eq!(rows.iter().map(|row| row.bytes.as_slice()).collect::<Vec<_>>(), [b"Da", b"Db"], "{file:?}");
    }
}

#[test]
fn a_file_without_rows_is_whole() {
    assert_eq!(inspect(b"H\r\nT000\r\n"), Ok(0));
    assert!(read_rows(b"H\r\nT000\r\n", RowStart::default()).is_empty());
}

#[test]
fn broken_files_are_refused() {
    for (file, rule) in [
        (&b""[..], "file.empty"),
        (b"\r\n", "file.header"),
        (b"Da\r\nT001\r\n", "file.header"),
        (b"\xEF\xBB\xBFH\r\nT000\r\n", "file.header"),
        (b"\x84\x31\x95\x33H\r\nT000\r\n", "file.header"),
        (b"H\r\n", "file.trailer"),
        (b"H\r\nDa\r\n", "file.trailer"),
        (b"H\r\nDa\r\nDb\xD6", "file.trailer"),
        (b"H\r\nDa\r\nT01", "file.trailer"),
        (b"H\r\nDa\r\nT0001\r\n", "file.trailer"),
        (b"H\r\nDa\r\nT002\r\n", "file.trailer"),
        (b"H\r\nDa\r\nT001\r\nDb\r\n", "file.trailer"),
        (b"H\r\nDa\r\nT001\r\nT001\r\n", "file.trailer"),
    ] {
        assert_eq!(inspect(file).unwrap_err().0, rule, "{}", file.escape_ascii());
    }
    assert_eq!(inspect(b"H\nDa\nT004\n").unwrap_err().1, "trailer says 4, counted 1");
}

fn lines_of(file: &[u8]) -> Vec<Vec<u8>> {
    let rows = read_rows(file, RowStart::default());
    for row in &rows {
        let place = usize::try_from(row.byte_from).unwrap()..usize::try_from(row.byte_to).unwrap();
        assert_eq!(&file[place], row.bytes);
    }
    rows.into_iter().map(|row| row.bytes).collect()
}

#[test]
fn a_line_end_inside_a_field_stays_in_its_row() {
    let file = b"H\r\nDa\nXbcdefghijklmnopq\r\nDa\r\n\r\n\nbcdefghi\r\njkl\r\nDd\r\nT003\r\n";
    assert_eq!(inspect(file), Ok(3));
    assert_eq!(lines_of(file), [&b"Da\nXbcdefghijklmnopq"[..], b"Da\r\n\r\n\nbcdefghi\r\njkl", b"Dd"]);
}

#[test]
fn lines_that_do_not_complete_a_row_are_rows_of_their_own() {
    let good = "Dbcdefghijklmnopqrst";
    for (between, rows) in [
        ("", &[][..]),
        ("\r\n\r\n", &[]),
        ("x\r\n", &["x"]),
        ("   \r\n\r\nx\n", &["   ", "x"]),
        ("Dx\r\ny\r\n", &["Dx", "y"]),
        ("Dx\r\nabcdefghijklmnopq\r\n", &["Dx", "abcdefghijklmnopq"]),
        ("Dx\r\nab\r\n\r\nabcdefghijklmnop\r\nz\r\n", &["Dx", "ab", "abcdefghijklmnop", "z"]),
        ("Dbcdefghijklmnopqr\r\n\r\n", &["Dbcdefghijklmnopqr"]),
        ("T01\r\n", &["T01"]),
    ] {
        let file = format!("H\r\n{good}\r\n{between}{good}\r\nT00{}\r\n", 2 + between.matches('D').count());
        assert!(inspect(file.as_bytes()).is_ok(), "{between:?}");
        let lines = lines_of(file.as_bytes());
        let expected: Vec<&[u8]> = [&[good], rows, &[good]].concat().into_iter().map(str::as_bytes).collect();
        assert_eq!(lines, expected, "{between:?}");
    }
}

#[test]
fn a_line_as_long_as_a_row_is_a_row_that_the_trailer_does_not_count() {
    let file = b"H\r\nXxxxxxxxxxxxxxxxxxxx\r\nDa\r\nYyyyyyyyyyyyyyyyyyyy\r\nDd\r\nT002\r\n";
    assert_eq!(inspect(file), Ok(2));
    assert_eq!(lines_of(file), [&b"Xxxxxxxxxxxxxxxxxxxx"[..], b"Da", b"Yyyyyyyyyyyyyyyyyyyy", b"Dd"]);
}

#[test]
fn text_before_the_first_row_is_a_row_of_its_own() {
    assert_eq!(lines_of(b"H\r\nXa\r\n\r\nDb\r\nT001\r\n"), [b"Xa", b"Db"]);
}

#[test]
fn what_was_read_ahead_is_not_passed_over_when_reading_goes_on() {
    let file = b"H\r\nDa\r\n\r\nx\r\nabcdefghijklmn\r\nDb\r\nT002\r\n";
    let all = read_rows(file, RowStart::default());
    assert_eq!(all.iter().map(|row| row.next_byte).collect::<Vec<_>>(), [7, 12, 28, 32]);
    for (index, row) in all.iter().enumerate() {
        assert_eq!(
            read_rows(file, RowStart { byte: row.next_byte, number: row.number, ..RowStart::default() }),
            all[index + 1..]
        );
    }
}

#[test]
fn rows_know_their_place() {
    let file = b"H1\r\nDa\r\nDbc\nT002\r\n";
    let rows = read_rows(file, RowStart::default());
    let places: Vec<_> = rows.iter().map(|row| (row.number, row.byte_from, row.byte_to, row.next_byte)).collect();
    assert_eq!(places, [(1, 4, 6, 8), (2, 8, 11, 12)]);
}

#[test]
fn a_line_without_end_keeps_memory_bounded() {
    let long = vec![b'D'; 3 * LONGEST_LINE];
    let file = [b"H\r\n", &long[..], b"\r\nDb\r\nT002\r\n"].concat();
    assert_eq!(inspect(&file), Ok(2));
    let rows = read_rows(&file, RowStart::default());
    assert_eq!(rows[0].bytes.len(), LONGEST_LINE);
    assert_eq!(rows[0].byte_to - rows[0].byte_from, long.len() as u64);
    assert_eq!(rows[1].bytes, b"Db");
}

#[test]
fn a_file_that_changed_since_inspection_is_an_error() {
    let file: &[u8] = b"H\r\nDa\r\n";
    let mut reader = FRAME.rows(Box::new(file), RowStart::default());
    assert!(reader.next_row(&mut FramedRow::default()).unwrap());
    assert!(reader.next_row(&mut FramedRow::default()).is_err());
}

#[test]
fn a_row_is_judged_in_order() {
    let fault = |bytes: &[u8]| LAYOUT.row(bytes).err();
    assert_eq!(fault(b"Dabcdef01"), None);
    assert_eq!(fault(b"D\x80\xD6"), Some(RowFault::Length));
    assert_eq!(fault(b"D\x80bcde\xD601"), Some(RowFault::TornCharacter("name")));
    assert_eq!(fault(b"Dabcde\xD6\xF51"), Some(RowFault::TornCharacter("name")));
    assert_eq!(fault(b"D\x80bcdef01"), Some(RowFault::Encoding("name")));
    assert_eq!(fault(b"Dabcdef\xFF1"), Some(RowFault::Encoding("code")));
    assert_eq!(fault(b"Dabcd\xD6 01"), Some(RowFault::Encoding("name")));
}

#[test]
fn fields_are_read_without_their_blanks() {
    let bytes = b"D\xA1\xA1\xCD\xF5  01";
    let row = LAYOUT.row(bytes).unwrap();
    assert_eq!((row.text(&NAME), row.text(&CODE)), ("王", "01"));
    assert_eq!(CODE.of(b"Dab"), b"");
}

proptest! {
    #[test]
    fn reading_on_from_any_row_gives_the_rows_after_it(
        lines in proptest::collection::vec(("(D|x)?[a-z\\n\r]{0,9}", any::<bool>()), 0..24),
    ) {
        let mut file = b"H330106\r\n".to_vec();
        for (line, carriage_return) in &lines {
            file.extend_from_slice(line.as_bytes());
            file.extend_from_slice(if *carriage_return { b"\r\n" } else { b"\n" });
        }
        let marked = lines.iter().filter(|(line, _)| line.starts_with('D')).count();
        file.extend_from_slice(format!("T{marked:03}\r\n").as_bytes());
        prop_assert_eq!(inspect(&file), Ok(marked as u64));
        let all = read_rows(&file, RowStart::default());
        prop_assert_eq!(all.iter().filter(|row| row.bytes.starts_with(b"D")).count(), marked);
        // Between the rows lie line ends and nothing else.
        let mut end = b"H330106".len();
        for row in &all {
            let from = usize::try_from(row.byte_from).unwrap();
            prop_assert!(file[end..from].iter().all(u8::is_ascii_whitespace));
            prop_assert_eq!(&row.bytes, &file[from..usize::try_from(row.byte_to).unwrap()]);
            end = from + row.bytes.len();
        }
        for (index, row) in all.iter().enumerate() {
            for byte in [row.byte_to, row.next_byte] {
                let rest = read_rows(&file, RowStart { byte, number: row.number, ..RowStart::default() });
                prop_assert_eq!(&rest[..], &all[index + 1..]);
            }
        }
    }

    #[test]
    fn a_row_is_what_its_fields_are_one_by_one(bytes in prop_oneof![
        proptest::collection::vec(any::<u8>(), 9),
        proptest::collection::vec(proptest::sample::select(b" A0\x80\x81\xA1\xCD\xF5\xFF".to_vec()), 9),
        proptest::collection::vec(proptest::sample::select(b" \xA1\xCD".to_vec()), 9),
    ]) {
        let fields = [MARK, NAME, CODE];
        let torn = fields.iter().find(|field| gb18030::ends_inside_character(field.of(&bytes)));
        let malformed = fields.iter().find(|field| gb18030::decode(field.of(&bytes)).is_err());
        match LAYOUT.row(&bytes) {
            Ok(row) => {
                prop_assert_eq!((torn, malformed), (None, None));
                for field in &fields {
                    let decoded = gb18030::decode(field.of(&bytes)).unwrap();
                    prop_assert_eq!(row.text(field), domain::text::trim(&decoded));
                }
            }
            Err(RowFault::TornCharacter(name)) => prop_assert_eq!(Some(name), torn.map(|field| field.name)),
            Err(RowFault::Encoding(name)) => {
                prop_assert_eq!((None, Some(name)), (torn, malformed.map(|field| field.name)));
            }
            Err(RowFault::Length) => prop_assert!(false, "it has the right length"),
        }
    }

    #[test]
    fn any_bytes_are_inspected_without_panic(file in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = inspect(&file);
        let _ = LAYOUT.row(&file);
    }
}
