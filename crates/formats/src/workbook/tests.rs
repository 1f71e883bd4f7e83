use super::*;
use crate::framing::FramedRow;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use zip::{ZipWriter, write::SimpleFileOptions};

const BOOK: Workbook =
    Workbook {
        marks: &["姓名", "证件号码"], required: &["姓名", "证件号码"], optional: &["数", "日期", "备注"]
    };
/// Written by another program (xlwt): a sheet of notes, one with every kind of cell, one whose texts fill many records.
const WRITTEN: &[u8] = include_bytes!("tests/written.xls");
const HEADING: &str = "<row r=\"3\"><c r=\"A3\" t=\"inlineStr\"><is><t>姓名</t></is></c>\
    <c r=\"B3\" t=\"inlineStr\"><is><t> 证件\n号码* </t></is></c><c r=\"C3\" t=\"inlineStr\"><is><t>数</t></is></c></row>";

/// A workbook of sheets, each the inside of a `worksheet`; style 1 shows a day.
fn book_with(sheets: &[&str], properties: &str) -> Vec<u8> {
    let mut parts = vec![
        ("_rels/.rels".to_owned(), relations("officeDocument", &["/xl/workbook.xml".to_owned()], "")),
        ("xl/styles.xml".to_owned(), STYLES.to_owned()),
        ("xl/sharedStrings.xml".to_owned(), TEXTS.to_owned()),
    ];
    let names: Vec<String> = (1..=sheets.len()).map(|number| format!("worksheets/sheet{number}.xml")).collect();
    let more = "<Relationship Id=\"s\" Type=\"x/sharedStrings\" Target=\"sharedStrings.xml\"/>\
        <Relationship Id=\"y\" Type=\"x/styles\" Target=\"./styles.xml\"/>";
    parts.push(("xl/_rels/workbook.xml.rels".to_owned(), relations("worksheet", &names, more)));
    let sheet = |place| format!("<sheet name=\"表{place}\" sheetId=\"{place}\" r:id=\"r{place}\"/>");
    let list = (0..sheets.len()).map(sheet).collect::<Vec<_>>().concat();
    parts.push(("xl/workbook.xml".to_owned(), format!("<workbook>{properties}<sheets>{list}</sheets></workbook>")));
    for (name, sheet) in names.iter().zip(sheets) {
        parts.push((format!("xl/{name}"), format!("<x:worksheet xmlns:x=\"x\">{sheet}</x:worksheet>")));
    }
    archive(&parts)
}

fn book(sheets: &[&str]) -> Vec<u8> {
    book_with(sheets, "")
}

fn archive(parts: &[(String, String)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn relations(kind: &str, targets: &[String], more: &str) -> String {
    let relation = |(place, target): (usize, &String)| {
        format!("<Relationship Id=\"r{place}\" Type=\"http://x/{kind}\" Target=\"{target}\"/>")
    };
    let list = targets.iter().enumerate().map(relation).collect::<Vec<_>>().concat();
    format!("<?xml version=\"1.0\"?><Relationships>{list}{more}</Relationships>")
}

const STYLES: &str = "<styleSheet><numFmts><numFmt numFmtId=\"180\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;\"/></numFmts>\
    <cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>\
    <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"180\"/><xf numFmtId=\"31\"/><xf numFmtId=\"4\"/></cellXfs></styleSheet>";
const TEXTS: &str = "<sst><si><t>张三</t></si><si><r><t>李</t></r><r><t xml:space=\"preserve\"> 四&amp;</t></r><rPh><t>li</t></rPh></si><si/></sst>";

fn refused(bytes: &[u8]) -> (&'static str, String) {
    let refusal = BOOK.inspect(&mut &*bytes).unwrap_err();
    (refusal.rule.id, refusal.detail)
}

fn read(bytes: &[u8]) -> Vec<FramedRow> {
    let facts = BOOK.inspect(&mut &*bytes).unwrap();
    let rows = behind(bytes, 0);
    assert_eq!(rows.len() as u64, facts.rows);
    rows
}

fn behind(bytes: &[u8], number: u64) -> Vec<FramedRow> {
    let mut reader = BOOK.rows(Box::new(bytes), RowStart { number, ..RowStart::default() });
    let (mut rows, mut row) = (Vec::new(), FramedRow::default());
    while reader.next_row(&mut row).unwrap() {
        rows.push(row.clone());
    }
    rows
}

fn values(bytes: &[u8]) -> Vec<Value> {
    read(bytes).iter().map(|row| serde_json::from_slice(&row.bytes).unwrap()).collect()
}

fn places(rows: &[FramedRow]) -> Vec<(&str, u64)> {
    let place = |row: &'_ FramedRow| match &row.place {
        RowPlace::Sheet { row, .. } => *row,
        _ => 0,
    };
    let name = |row: &FramedRow| matches!(&row.place, RowPlace::Sheet { sheet, .. } if sheet == "表0");
    rows.iter().map(|row| (if name(row) { "表0" } else { "other" }, place(row))).collect()
}

#[test]
fn rows_stand_below_the_header_row_and_are_counted_within_their_sheet() {
    let data = "<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>教师资格名单</t></is></c></row>";
    let row = |at: u32, name: u32| {
        format!(
            "<row r=\"{at}\"><c r=\"A{at}\" t=\"s\"><v>{name}</v></c><c r=\"B{at}\" t=\"str\"><v>1&lt;{at}</v></c></row>"
        )
    };
    let first = format!("{data}{HEADING}{}{}<row r=\"7\"/>{}</sheetData>", row(4, 0), row(5, 1), row(9, 0));
    let second = format!("<sheetData>{HEADING}{}</sheetData>", row(4, 1));
    let notes = "<sheetData><row><c t=\"inlineStr\"><is><t>姓名</t></is></c></row></sheetData>";
    let rows = read(&book(&[&first, notes, &second]));
    assert_eq!(places(&rows), [("表0", 1), ("表0", 2), ("表0", 3), ("other", 1)]);
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(String::from_utf8_lossy(&rows[1].bytes), r#"{"姓名":"李 四&","证件号码":"1<5","数":null}"#);
}

#[test]
fn every_kind_of_cell_has_its_form() {
    let cell = |place: &str, kind: &str, inside: &str| format!("<c r=\"{place}\" {kind}>{inside}</c>");
    let cells = [
        cell("A4", "t=\"inlineStr\"", "<is><t>张_x000D_三</t></is>"),
        cell("B4", "", "<v>1.1010119900307851E+17</v>"),
        cell("C4", "s=\"1\"", "<v>40183</v>"),
        cell("D4", "s=\"2\"", "<v>40183.5</v>"),
        cell("E4", "t=\"b\"", "<v>1</v>"),
        cell("F4", "t=\"e\"", "<v>#N/A</v>"),
        cell("G4", "t=\"d\"", "<v>2010-01-05T08:30:00Z</v>"),
        cell("H4", "s=\"3\"", "<v>0.5</v>"),
        cell("I4", "t=\"n\" s=\"1\"", "<v>110101199003078</v>"),
        cell("J4", "t=\"inlineStr\"", "<is><t> \u{3000}</t></is>"),
        cell("K4", "t=\"s\"", "<v>2</v>"),
    ];
    let sheet = format!("<sheetData>{HEADING}<row r=\"4\">{}</row></sheetData>", cells.concat());
    let row = &values(&book(&[&sheet]))[0];
    let expected = json!({
        "姓名": "张\r三", "证件号码": 110_101_199_003_078_510_u64, "数": "2010-01-05", "(D)": "2010-01-05 12:00:00",
        "(E)": true, "(F)": "#N/A", "(G)": "2010-01-05T08:30:00", "(H)": 0.5, "(I)": 110_101_199_003_078_u64,
    });
    assert_eq!(row, &expected);
}

#[test]
fn merged_cells_repeat_their_value_downwards_where_a_row_has_something_of_its_own() {
    let row = |at: u32, cells: &str| format!("<row r=\"{at}\">{cells}</row>");
    let text = |place: &str, text: &str| format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let rows = [
        row(4, &(text("A4", "甲") + &text("B4", "1"))),
        row(5, &text("B5", "2")),
        row(6, "<c r=\"B6\" s=\"1\"/>"),
        row(7, &text("B7", "3")),
        row(8, &(text("B8", "4") + &text("C8", "x"))),
    ];
    let merges =
        "<mergeCells><mergeCell ref=\"A4:A7\"/><mergeCell ref=\"C8:D8\"/><mergeCell ref=\"C3:C5\"/></mergeCells>";
    let sheet = format!("<sheetData>{HEADING}{}</sheetData>{merges}", rows.concat());
    let bytes = book(&[&sheet]);
    let found: Vec<_> =
        values(&bytes).iter().map(|row| [&row["姓名"], &row["证件号码"], &row["数"]].map(Clone::clone)).collect();
    let expected = [
        [json!("甲"), json!("1"), json!(null)],
        [json!("甲"), json!("2"), json!(null)],
        [json!("甲"), json!("3"), json!(null)],
        [json!(null), json!("4"), json!("x")],
    ];
    assert_eq!(found, expected);
    assert_eq!(places(&read(&bytes)).last(), Some(&("表0", 4)));
}

#[test]
fn cells_and_rows_without_a_place_follow_one_another() {
    let heading = "<row><c t=\"str\"><v>姓名</v></c><c t=\"str\"><v>证件号码</v></c></row>";
    let sheet = format!("<sheetData>{heading}<row><c/><c t=\"str\"><v>1</v></c></row></sheetData>");
    assert_eq!(values(&book(&[&sheet])), [json!({"姓名": null, "证件号码": "1"})]);
}

#[test]
fn days_counted_from_1904_are_told_by_the_kind_of_the_row() {
    let sheet = format!("<sheetData>{HEADING}<row r=\"4\"><c r=\"A4\" s=\"1\"><v>38721</v></c></row></sheetData>");
    let bytes = book_with(&[&sheet], "<workbookPr date1904=\"1\"/>");
    assert_eq!(read(&bytes)[0].kind, FROM_1904);
    assert_eq!(values(&bytes)[0]["姓名"], "2010-01-05");
}

#[test]
fn serial_days_are_those_of_excel() {
    let day = |serial, is_from_1904| moment_of_serial(serial, is_from_1904).map(|moment| moment.to_string());
    for (serial, expected) in [
        (1.0, Some("1900-01-01 00:00:00")),
        (59.0, Some("1900-02-28 00:00:00")),
        (60.0, None),
        (61.0, Some("1900-03-01 00:00:00")),
        (40183.25, Some("2010-01-05 06:00:00")),
        (2_958_465.0, Some("9999-12-31 00:00:00")),
        (2_958_466.0, None),
        (-1.0, None),
        (0.5, None),
        (f64::NAN, None),
    ] {
        assert_eq!(day(serial, false).as_deref(), expected, "{serial}");
    }
    assert_eq!(day(0.0, true).as_deref(), Some("1904-01-01 00:00:00"));
    for (format, shown) in
        [("yyyy-mm-dd", true), ("d\\年", true), ("\"year\"0.00", false), ("[Red]0", false), ("h:mm", false)]
    {
        assert_eq!(cell::shows_day(format), shown, "{format}");
    }
}

#[test]
fn a_workbook_without_the_header_row_is_refused() {
    let without = book(&["<sheetData><row><c t=\"str\"><v>姓名</v></c></row></sheetData>", "<sheetData/>"]);
    assert_eq!(refused(&without), ("file.header", "no sheet has the header row".to_owned()));
    let wants = Workbook { required: &["姓名", "证件号码", "种类"], ..BOOK };
    let sheet = format!("<sheetData>{HEADING}</sheetData>");
    let refusal = wants.inspect(&mut &*book(&["<sheetData/>", &sheet])).unwrap_err();
    assert_eq!((refusal.rule.id, refusal.detail.as_str()), ("file.header", "sheet 2 has no column 种类"));
    let twice = HEADING.replace(">数<", ">姓名<");
    assert_eq!(refused(&book(&[&format!("<sheetData>{twice}</sheetData>")])).1, "sheet 1 has the column 姓名 twice");
}

#[test]
fn columns_that_are_not_agreed_are_kept_and_counted() {
    let heading = HEADING.replace(">数<", ">电话<");
    let sheet = format!("<sheetData>{heading}<row r=\"4\"><c r=\"C4\"><v>1</v></c></row></sheetData>");
    let bytes = book(&[&sheet]);
    assert_eq!(BOOK.inspect(&mut &*bytes).unwrap().unknown_columns, 1);
    assert_eq!(values(&bytes)[0]["电话"], 1);
}

#[test]
fn what_does_not_open_is_torn() {
    let whole = book(&[&format!("<sheetData>{HEADING}</sheetData>")]);
    assert_eq!(refused(&whole[..whole.len() - 30]).0, "file.torn");
    assert_eq!(refused(&whole[..whole.len() / 2]).0, "file.torn");
    assert_eq!(refused(&WRITTEN[..WRITTEN.len() / 2]).0, "file.torn");
    assert_eq!(refused(&WRITTEN[..600]).0, "file.torn");
    assert_eq!(refused(b"<html><table>").0, "file.header");
    assert_eq!(refused(b"").0, "file.empty");
    assert_eq!(refused(&book(&["<sheetData><row r=\"2\"/><row r=\"1\"/></sheetData>"])).0, "file.torn");
    assert_eq!(refused(&book(&["<sheetData><row><c r=\"XFE1\"/></row></sheetData>"])).0, "file.torn");
    assert_eq!(refused(&book(&["<sheetData><row><c t=\"s\"><v>9</v></c></row></sheetData>"])).0, "file.torn");
    assert_eq!(refused(&book(&["<sheetData><row>"])).0, "file.torn");
    assert_eq!(refused(&archive(&[("readme".to_owned(), "no workbook".to_owned())])).0, "file.torn");
}

#[test]
fn texts_that_swell_beyond_all_bounds_are_refused() {
    let mut texts = book::Texts::default();
    let megabytes = "x".repeat(64 * 1024 * 1024);
    let pushed = (0..9).map(|_| texts.push(&megabytes)).take_while(Result::is_ok).count();
    assert_eq!(pushed, 8);
}

#[test]
fn the_older_kind_of_workbook_reads_the_same() {
    let rows = read(WRITTEN);
    let values: Vec<Value> = rows.iter().map(|row| serde_json::from_slice(&row.bytes).unwrap()).collect();
    let expected =
        json!({"姓名": "张三", "证件号码": "110101199003078515", "数": 7, "日期": "2010-01-05", "备注": "merged 合并"});
    assert_eq!(values[0], expected);
    let expected = json!({"姓名": "Li Si", "证件号码": 110_101_199_003_078_510_u64, "数": -1.25, "日期": 40183, "备注": "merged 合并"});
    assert_eq!(values[1], expected);
    let expected =
        json!({"姓名": "after a blank row", "证件号码": true, "数": null, "日期": "2010-01-05 08:30:00", "备注": null});
    assert_eq!(values[2], expected);
    assert_eq!(rows[2].place, RowPlace::Sheet { sheet: "名单".to_owned(), row: 3 });
    assert_eq!((rows.len(), values[3]["姓名"].as_str()), (242, Some("测试1测试1测试1")));
    for (number, row) in (1..).zip(&values[3..]) {
        let name = if number % 2 == 0 { format!("name {number} ") } else { format!("测试{number}") };
        assert_eq!(row["姓名"], name.repeat(3));
    }
    assert_eq!(rows[3].place, RowPlace::Sheet { sheet: "长".to_owned(), row: 1 });
}

#[test]
fn a_row_larger_than_anybody_writes_is_refused() {
    let long = "长".repeat(1 << 18);
    let cell = |at: u32| format!("<c r=\"A{at}\" t=\"inlineStr\"><is><t>{long}</t></is></c>");
    let wide = format!("<sheetData>{HEADING}<row r=\"4\">{}</row></sheetData>", cell(4).repeat(22));
    assert_eq!(refused(&book(&[&wide])), ("file.torn", "a row is larger than 16 MiB".to_owned()));
    let rows = (4..26).map(|at| format!("<row r=\"{at}\">{}</row>", cell(at))).collect::<Vec<_>>().concat();
    assert_eq!(read(&book(&[&format!("<sheetData>{HEADING}{rows}</sheetData>")])).len(), 22);
}

#[test]
fn a_sector_that_is_named_again_and_again_makes_no_room() {
    let mut bytes = WRITTEN.to_vec();
    let first = bytes[76..80].to_vec();
    bytes[76..512].copy_from_slice(&first.repeat(109));
    assert_eq!(refused(&bytes).0, "file.torn");
}

#[test]
fn reading_goes_on_behind_any_row() {
    let rows = read(WRITTEN);
    for number in [1, 2, 3, 100, rows.len() - 1, rows.len(), rows.len() + 5] {
        assert_eq!(behind(WRITTEN, number as u64), rows[number.min(rows.len())..]);
    }
    assert_eq!(rows.last().unwrap().next_byte, WRITTEN.len() as u64);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_older_workbook_is_refused_or_read_without_panic(
        damages in prop::collection::vec((0..WRITTEN.len(), any::<u8>()), 1..12), cut in 0..WRITTEN.len() * 3,
    ) {
        let mut bytes = WRITTEN.to_vec();
        for (place, byte) in damages {
            bytes[place] = byte;
        }
        bytes.truncate(cut);
        if let Ok(facts) = BOOK.inspect(&mut &*bytes) {
            prop_assert_eq!(behind(&bytes, 0).len() as u64, facts.rows);
        }
    }

    #[test]
    fn damaged_records_are_refused_or_read_without_panic(place in 0..2000_usize, bytes: [u8; 6]) {
        let mut stream = WRITTEN.to_vec();
        // The stream of records begins in the first sector behind the head.
        stream[512 + place..512 + place + 6].copy_from_slice(&bytes);
        drop(BOOK.inspect(&mut &*stream));
    }

    #[test]
    fn any_sheet_is_refused_or_read_without_panic(inside in "(<(/?(row|c|v|is|t|mergeCell)|row r=\"[0-9]{1,9}\"|c r=\"[A-Z]{0,4}[0-9]{0,8}\" t=\"[a-z]{0,2}\" s=\"[0-9]{0,3}\"|mergeCell ref=\"[A-C][1-9]:[A-C][1-9]\")/?>|[0-9&;x]{0,3}){0,30}") {
        let bytes = book(&[&format!("<sheetData>{HEADING}{inside}</sheetData>")]);
        if let Ok(facts) = BOOK.inspect(&mut &*bytes) {
            prop_assert_eq!(behind(&bytes, 0).len() as u64, facts.rows);
        }
    }
}
