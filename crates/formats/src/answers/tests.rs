use super::*;
use proptest::prelude::*;

const CHANGES: Answers = Answers { code: "code", good: "00", data: "data", rows: "rows", next: "next", more: "more" };

fn framed(text: &str) -> Vec<FramedRow> {
    let mut reader = CHANGES.rows(Box::new(text.as_bytes()), RowStart::default());
    let (mut rows, mut row) = (Vec::new(), FramedRow::default());
    while reader.next_row(&mut row).unwrap() {
        rows.push(row.clone());
    }
    rows
}

fn refused(text: &str) -> &'static str {
    CHANGES.inspect(&mut text.as_bytes()).unwrap_err().rule.id
}

const TWO: &str = "\u{feff}{\"code\":\"00\",\"message\":\"\",\"data\":{\"next\":\"a\",\"more\":true,\"rows\":[\n {\"K\": \"1\"} , {\"K\":\"]}\\\"\"}]}}\n{\"data\":{\"rows\":[3],\"more\":false},\"code\":\"00\"}";

#[test]
fn rows_are_the_exact_bytes_of_their_elements() {
    let rows = framed(TWO);
    let texts: Vec<_> = rows.iter().map(|row| String::from_utf8(row.bytes.clone()).unwrap()).collect();
    assert_eq!(texts, ["{\"K\": \"1\"}", "{\"K\":\"]}\\\"\"}", "3"]);
    for row in &rows {
        let range = usize::try_from(row.byte_from).unwrap()..usize::try_from(row.byte_to).unwrap();
        assert_eq!(TWO.as_bytes()[range], row.bytes);
    }
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(CHANGES.inspect(&mut TWO.as_bytes()).unwrap().rows, 3);
}

#[test]
fn reading_goes_on_behind_any_row() {
    let rows = framed(TWO);
    for (place, row) in rows.iter().enumerate() {
        let start = RowStart { byte: row.next_byte, number: row.number, ..RowStart::default() };
        let rest = &TWO.as_bytes()[usize::try_from(row.next_byte).unwrap()..];
        let mut reader = CHANGES.rows(Box::new(rest), start);
        let mut again = FramedRow::default();
        for expected in &rows[place + 1..] {
            assert!(reader.next_row(&mut again).unwrap());
            assert_eq!(&again, expected);
        }
        assert!(!reader.next_row(&mut again).unwrap());
    }
}

#[test]
fn broken_files_are_refused_whole_by_what_is_broken() {
    assert_eq!(refused(""), "file.empty");
    assert_eq!(refused(" \n"), "file.empty");
    assert_eq!(refused("{\"code\":\"00\",\"data\":{\"rows\":[{\"a\":1}"), "file.torn");
    assert_eq!(refused("{\"code\":\"00\",\"data\":{\"rows\":[{\"a\":\"1"), "file.torn");
    assert_eq!(refused("<html>"), "file.header");
    assert_eq!(refused("[1]"), "file.header");
    assert_eq!(refused("{\"code\":\"00\"}"), "file.header");
    assert_eq!(refused("{\"code\":\"00\",\"data\":{\"rows\":{}}}"), "file.header");
    assert_eq!(refused("{\"code\":\"00\",\"data\":{\"rows\":[1,]}}"), "file.header");
    assert_eq!(refused("{\"code\":\"00\",\"data\":{\"rows\":[1 2]}}"), "file.header");
    assert_eq!(refused("{\"code\":\"4101\",\"message\":\"expired\"}"), "provider.error");
    assert_eq!(refused("{\"data\":{\"rows\":[1]},\"code\":\"5000\"}"), "provider.error");
}

#[test]
fn a_page_says_where_the_next_begins() {
    let answer = br#"{"code":"00","data":{"next":"c2V\u0078","more":true,"rows":[{"a":1}]}}"#;
    let page = CHANGES.page(answer).unwrap();
    assert_eq!(page, Page::Rows { rows: vec![b"{\"a\":1}".to_vec()], next: Some("c2Vx".to_owned()), more: true });
    let empty = CHANGES.page(br#"{"code":"00","data":{"next":"","more":false,"rows":null}}"#).unwrap();
    assert_eq!(empty, Page::Rows { rows: vec![], next: None, more: false });
}

#[test]
fn an_error_is_an_error_whatever_stands_beside_it() {
    for (text, code) in [
        (r#"{"code":"4109","message":"x","data":null}"#, "4109"),
        (r#"{"code":4101}"#, "4101"),
        (r#"{"data":{"rows":[1],"more":false},"code":"01"}"#, "01"),
        ("{}", ""),
    ] {
        assert_eq!(CHANGES.page(text.as_bytes()).unwrap(), Page::Failed { code: code.to_owned() });
    }
}

#[test]
fn what_is_no_single_answer_is_malformed() {
    for text in [
        "",
        "null",
        "{",
        r#"{"code":"00","data":{"more":false,"rows":[]}} {}"#,
        r#"{"code":"00","data":{"rows":[]}}"#,
        r#"{"code":"00","data":{"more":"maybe","rows":[]}}"#,
        r#"{"code":"00","data":null}"#,
    ] {
        assert!(CHANGES.page(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn a_row_of_bytes_that_are_no_text_stops_no_other() {
    let answer = b"{\"code\":\"00\",\"data\":{\"more\":false,\"rows\":[{\"a\":\"\xFF\"},{\"a\":tru}]}}";
    let Page::Rows { rows, .. } = CHANGES.page(answer).unwrap() else { panic!("no rows") };
    assert_eq!(rows, [b"{\"a\":\"\xFF\"}".to_vec(), b"{\"a\":tru}".to_vec()]);
}

#[test]
fn nesting_has_a_bottom_and_long_rows_are_cut() {
    let deep = format!("{{\"code\":\"00\",\"data\":{{\"rows\":[{}", "[".repeat(5000));
    assert_eq!(refused(&deep), "file.header");
    let long = format!("{{\"code\":\"00\",\"data\":{{\"rows\":[\"{}\",2]}}}}", "x".repeat(LONGEST_ROW));
    let rows = framed(&long);
    assert_eq!((rows.len(), rows[0].bytes.len()), (2, LONGEST_ROW));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
        let _ = CHANGES.page(&bytes);
        let _ = CHANGES.inspect(&mut bytes.as_slice());
    }

    #[test]
    fn cut_answers_are_never_taken_for_whole(cut in 1..90_usize) {
        let answer = br#"{"code":"00","message":"","data":{"next":"c2Vx","more":false,"rows":[{"a":1},{"b":"2"}]}}"#;
        let cut = cut.min(answer.len() - 1);
        prop_assert!(CHANGES.page(&answer[..cut]).is_err());
    }
}
