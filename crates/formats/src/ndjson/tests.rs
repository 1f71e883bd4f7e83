use super::*;
use proptest::prelude::*;
use std::io::Cursor;

const TABLES: TableLines = TableLines { key_columns: &[("people", "id"), ("numbers", "no")] };

fn read(bytes: &[u8], start: RowStart) -> Vec<FramedRow> {
    let rest = bytes[usize::try_from(start.byte).unwrap()..].to_vec();
    let mut reader = TABLES.rows(Box::new(Cursor::new(rest)), start);
    let mut rows = Vec::new();
    let mut row = FramedRow::default();
    while reader.next_row(&mut row).unwrap() {
        rows.push(row.clone());
    }
    rows
}

fn place(key: &str) -> RowPlace {
    RowPlace::Table { key: key.to_owned() }
}

#[test]
fn a_line_gives_table_key_and_the_row_in_one_form() {
    let file = "{\"table\": \"people\", \"row\": {\"name\": \"\\u5f20\", \"id\": \"a1\", \"age\": null}}\n\
                {\"row\":{\"no\":7,\"m2\":89.12},\"table\":\"numbers\"}\r\n";
    let rows = read(file.as_bytes(), RowStart::default());
    assert_eq!((rows[0].kind.as_str(), &rows[0].place), ("people", &place("a1")));
    assert_eq!(rows[0].bytes, r#"{"age":null,"id":"a1","name":"张"}"#.as_bytes());
    assert_eq!((rows[1].kind.as_str(), &rows[1].place), ("numbers", &place("7")));
    assert_eq!(rows[1].bytes, br#"{"m2":89.12,"no":7}"#);
    assert_eq!(rows[1].byte_to, file.len() as u64 - 2);
}

#[test]
fn lines_that_are_no_rows_are_given_out_as_they_stand() {
    let file = b"\xEF\xBB\xBF{\"table\":\"people\",\"row\":{\"id\":\"a\"}}\n\n  \nnonsense\n{\"row\":{}}\n{\"table\":\"people\",\"row\":3}\n{\"table\":\"else\",\"row\":{\"id\":1}}";
    let rows = read(file, RowStart::default());
    assert_eq!(TABLES.inspect(&mut &file[..]).unwrap().rows, 5);
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(rows[0].place, place("a"));
    assert_eq!((rows[1].kind.as_str(), &rows[1].place, &rows[1].bytes[..]), ("", &RowPlace::Bytes, &b"nonsense"[..]));
    assert_eq!((rows[2].kind.as_str(), &rows[2].place), ("", &RowPlace::Bytes));
    assert_eq!((rows[3].kind.as_str(), &rows[3].bytes[..]), ("people", &b"3"[..]));
    assert_eq!((rows[4].kind.as_str(), &rows[4].place), ("else", &place("")));
}

#[test]
fn a_file_without_lines_is_refused() {
    for file in [&b""[..], b"\n \r\n", b"\xEF\xBB\xBF"] {
        assert_eq!(TABLES.inspect(&mut &file[..]).unwrap_err().rule.id, "file.empty");
    }
}

#[test]
fn a_line_longer_than_any_row_is_given_out_as_its_beginning() {
    let mut file = br#"{"table":"people","row":{"id":""#.to_vec();
    file.resize(LONGEST_LINE + 10, b'a');
    file.extend_from_slice(b"\"}}\n{\"table\":\"people\",\"row\":{\"id\":\"b\"}}\n");
    let rows = read(&file, RowStart::default());
    assert_eq!((rows[0].kind.as_str(), rows[0].bytes.len()), ("", LONGEST_LINE));
    assert_eq!(rows[1].place, place("b"));
}

#[test]
fn such_files_are_told_by_their_beginning() {
    assert!(begins_table_lines(b"\xEF\xBB\xBF \n{\"row\":{},\"table\":\"people\"}"));
    for head in [&b""[..], b"[\"table\"]", b"{\"code\":\"00\"}", b"<table>"] {
        assert!(!begins_table_lines(head));
    }
}

#[test]
fn a_row_without_columns_is_an_empty_object() {
    assert_eq!(RowWriter::default().into_bytes(), b"{}");
}

proptest! {
    /// Written member by member, a row has the bytes that it has as a whole.
    #[test]
    fn members_that_are_written_one_by_one_make_the_same_row(
        members in prop::collection::btree_map(".{0,3}", (0_u8..4, ".{0,8}", any::<i64>(), any::<f64>()), 0..8)
    ) {
        let mut writer = RowWriter::default();
        let mut whole = serde_json::Map::new();
        for (name, (kind, text, number, decimal)) in members {
            let value = match kind {
                0 => { writer.null(&name); Value::Null }
                1 => { writer.text(&name, &text); Value::from(text) }
                2 => { writer.whole(&name, number); Value::from(number) }
                _ => {
                    let written = decimal.to_string();
                    writer.decimal(&name, &written);
                    written.parse::<Number>().map_or(Value::from(written), Value::Number)
                }
            };
            whole.insert(name, value);
        }
        prop_assert_eq!(writer.into_bytes(), row_bytes(&Value::Object(whole)));
    }

    #[test]
    fn any_bytes_are_given_out_line_by_line_and_reading_goes_on_anywhere(file in "([a-z{}\":,\\[\\]0-9 ]{0,20}\r?\n){0,6}") {
        let rows = read(file.as_bytes(), RowStart::default());
        prop_assert_eq!(TABLES.inspect(&mut file.as_bytes()).map_or(0, |facts| facts.rows), rows.len() as u64);
        for (index, row) in rows.iter().enumerate() {
            let start = RowStart { byte: row.next_byte, number: row.number, ..RowStart::default() };
            prop_assert_eq!(read(file.as_bytes(), start), rows[index + 1..].to_vec());
        }
    }
}
