use super::*;
use crate::{framing::FramedRow, gb18030};
use encoding_rs::GB18030;
use proptest::prelude::*;
use std::io::BufReader;

static KINDS: [Kind; 2] = [
    Kind { name: "SALE", required: &["编号", "姓名", "时间"], optional: &["价款(元)"], changed: "时间" },
    Kind { name: "PERMIT", required: &["证号", "单位", "时间"], optional: &[], changed: "时间" },
];
const CSV: Csv = Csv { kinds: &KINDS };
const HEAD: &str = "编号,姓名,时间\r\n";

fn gbk(text: &str) -> Vec<u8> {
    let (bytes, _, unmappable) = GB18030.encode(text);
    assert!(!unmappable);
    bytes.into_owned()
}

fn inspect(file: &[u8]) -> Result<Facts, (&'static str, String)> {
    let mut input = BufReader::with_capacity(3, file);
    CSV.inspect(&mut input).map_err(|refusal| (refusal.rule.id, refusal.detail))
}

fn read_from(file: &[u8], start: RowStart) -> Vec<FramedRow> {
    let at = usize::try_from(start.byte).unwrap();
    let mut reader = CSV.rows(Box::new(BufReader::with_capacity(3, &file[at..])), start);
    let (mut rows, mut row) = (Vec::new(), FramedRow::default());
    while reader.next_row(&mut row).unwrap() {
        rows.push(row.clone());
    }
    rows
}

fn read(file: &[u8]) -> Vec<FramedRow> {
    read_from(file, RowStart::default())
}

/// The values of a row's columns, by the layout that travels with it.
fn values(row: &FramedRow) -> Vec<String> {
    let layout = Layout::parse(&row.kind).unwrap();
    let names: &[&str] =
        if layout.kind() == "SALE" { &["编号", "姓名", "时间"] } else { &["证号", "单位", "时间"] };
    layout.split(&row.bytes, names).unwrap().into_iter().map(|(_, value)| value).collect()
}

fn fault(row: &FramedRow) -> RowFault {
    Layout::parse(&row.kind).unwrap().split(&row.bytes, &["编号", "姓名", "时间"]).unwrap_err()
}

#[test]
fn rows_know_their_bytes() {
    let file = gbk(&format!("{HEAD}A1,王五,20260101\r\n\r\nA2,\"赵\r\n六\",20260102\nA3,钱,20260103"));
    let rows = read(&file);
    let bytes: Vec<&[u8]> = rows
        .iter()
        .map(|row| &file[usize::try_from(row.byte_from).unwrap()..usize::try_from(row.byte_to).unwrap()])
        .collect();
    assert_eq!(bytes, [&gbk("A1,王五,20260101"), &gbk("A2,\"赵\r\n六\",20260102"), &gbk("A3,钱,20260103")]);
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(rows[0].byte_from, gbk(HEAD).len() as u64);
    assert_eq!(values(&rows[1]), ["A2", "赵\r\n六", "20260102"]);
    assert_eq!(inspect(&file).unwrap().rows, 3);
}

#[test]
fn line_ends_of_every_sort_end_a_row() {
    let file = gbk("编号,姓名,时间\rA1,a,1\r\nA2,b,2\nA3,c,3\r\r\nA4,d,4\r");
    let rows = read(&file);
    assert_eq!(rows.iter().map(|row| values(row)[0].clone()).collect::<Vec<_>>(), ["A1", "A2", "A3", "A4"]);
    assert!(rows.iter().all(|row| row.bytes.len() == 6 && row.byte_to - row.byte_from == 6));
    assert_eq!(rows[3].next_byte, file.len() as u64);
}

#[test]
fn columns_stand_in_any_order_with_blanks_around_them() {
    let file = gbk(" 时间 ,\"编号\",　备注　, \"姓名\" ,价款（元）\nt,A1,x,王五,3\n");
    let facts = inspect(&file).unwrap();
    assert_eq!((facts.rows, facts.unknown_columns), (1, 1));
    let rows = read(&file);
    assert_eq!(rows[0].kind, "SALE\t,\t时间\t编号\t备注\t姓名\t价款(元)");
    assert_eq!(facts.layout, rows[0].kind);
    assert_eq!(values(&rows[0]), ["A1", "王五", "t"]);
}

#[test]
fn the_header_chooses_the_separator() {
    let wide = read(&gbk("编号，姓名，时间\nA1，王五,赵六，t\n\"A2\"，\"王，五\" ，\"t\"\n"));
    assert_eq!(values(&wide[0]), ["A1", "王五,赵六", "t"]);
    assert_eq!(values(&wide[1]), ["A2", "王，五", "t"]);
    let narrow = read(&gbk("编号,姓名,时间,附注，说明\nA1,王，五,t,\n"));
    assert_eq!(values(&narrow[0]), ["A1", "王，五", "t"]);
}

#[test]
fn halves_of_neighbouring_characters_separate_nothing() {
    // The second byte of the first character and the first byte of the next are A3 AC.
    let name: &[u8] = &[0xB0, 0xA3, 0xAC, 0xA1];
    let file = [&gbk("编号，姓名，时间\nA1，")[..], name, &gbk("，t\n")].concat();
    assert_eq!(values(&read(&file)[0])[1], gb18030::decode(name).unwrap());
    // Second bytes that look like ASCII.
    let name: &[u8] = &[0x81, 0x7C, 0x81, 0x5C, 0x81, 0x40, 0x90, 0x7E];
    let file = [&gbk("编号,姓名,时间\nA1,")[..], name, b",t\n"].concat();
    assert_eq!(values(&read(&file)[0])[1], gb18030::decode(name).unwrap());
}

#[test]
fn quotes_are_doubled_and_stand_inside_plain_fields_as_they_are() {
    let rows = read(&gbk(&format!("{HEAD}\"A\"\"1\",\"王,五\",\"\"\n=\"0012\",王\"五,t\n \"A3\"\t, b ,t\n")));
    assert_eq!(values(&rows[0]), ["A\"1", "王,五", ""]);
    assert_eq!(values(&rows[1]), ["=\"0012\"", "王\"五", "t"]);
    assert_eq!(values(&rows[2]), ["A3", " b ", "t"]);
}

#[test]
fn rows_that_do_not_fit_the_header_are_told_by_what_is_wrong() {
    let file = [&gbk(&format!("{HEAD}A1,王五\nA2,a,b,c\n\"A3\"x,a,b\n,,\nA5,"))[..], &[0x81, 0x20], b",t\n"].concat();
    assert_eq!(inspect(&file).unwrap().rows, 5);
    let rows = read(&file);
    let wrong: Vec<RowFault> = [0, 1, 2, 4].map(|place: usize| fault(&rows[place])).to_vec();
    assert_eq!(wrong, [RowFault::Columns, RowFault::Columns, RowFault::Columns, RowFault::Encoding("姓名")]);
    assert_eq!(values(&rows[3]), ["", "", ""]);
}

#[test]
fn files_without_the_columns_are_refused() {
    for (file, detail) in [
        ("编号,姓名\nA1,a\n", "columns missing: 时间"),
        ("证号,时间\nA1,a\n", "columns missing: 单位"),
        ("编号,姓名,时间,姓名\n", "column given twice: 姓名"),
        ("编号;姓名;时间\n", "line 1 names none of the columns"),
        ("\n编号,姓名,时间\n", "line 1 names none of the columns"),
        ("\"编号,姓名,时间\nA1,a,b\n", "line 1 names none of the columns"),
    ] {
        assert_eq!(inspect(&gbk(file)), Err(("file.header", detail.to_owned())), "{file:?}");
    }
    assert_eq!(inspect("编号,姓名,时间\n".as_bytes()).unwrap_err().0, "file.header", "UTF-8");
    assert_eq!(inspect(b"").unwrap_err().0, "file.empty");
}

#[test]
fn a_header_alone_is_a_file_without_rows() {
    assert_eq!(inspect(&gbk("编号,姓名,时间")).unwrap().rows, 0);
    assert!(read(&gbk("编号,姓名,时间")).is_empty());
}

#[test]
fn a_file_that_ends_inside_a_row_is_torn() {
    let torn = [gbk(&format!("{HEAD}A1,a,t\nA2,\"王五,t\n")), [gbk(&format!("{HEAD}A1,a,")), vec![0xCD]].concat()];
    for (file, row) in torn.iter().zip([2, 1]) {
        assert_eq!(inspect(file), Err(("file.torn", format!("the file ends inside row {row}"))));
        let mut reader = CSV.rows(Box::new(&file[..]), RowStart::default());
        let mut row = FramedRow::default();
        while let Ok(true) = reader.next_row(&mut row) {}
        assert!(reader.next_row(&mut row).is_ok_and(|more| !more), "nothing behind it");
    }
    assert_eq!(inspect(&gbk(&format!("{HEAD}A1,a,\"t\""))).unwrap().rows, 1);
}

#[test]
fn the_latest_change_is_what_the_file_knows() {
    let file = gbk(&format!("{HEAD}A1,a,2026-01-02 03:04:05\nA2,a,=\"2026/1/3\"\nA3,a,x\nA4,b\n"));
    assert_eq!(inspect(&file).unwrap().as_of.unwrap().to_rfc3339(), "2026-01-02T16:00:00+00:00");
}

#[test]
fn a_row_without_end_is_passed_over_in_bounded_memory() {
    let long = "x".repeat(LONGEST_ROW + 10);
    let rows = read(&gbk(&format!("{HEAD}A1,{long},t\nA2,b,t\n")));
    assert_eq!((rows[0].bytes.len(), rows[0].byte_to - rows[0].byte_from), (LONGEST_ROW, LONGEST_ROW as u64 + 15));
    assert_eq!(fault(&rows[0]), RowFault::Columns);
    assert_eq!(values(&rows[1]), ["A2", "b", "t"]);
}

#[test]
fn what_excel_puts_around_numbers_goes() {
    for text in ["0012", "=\"0012\"", "'0012", " ' 0012", "=\"'0012\"", "　=\" 0012 \" "] {
        assert_eq!(plain_number(text), "0012", "{text}");
    }
    for text in ["", "=\"", "=\"0012", "00'12"] {
        assert_eq!(plain_number(text), text);
    }
    assert_eq!(plain_number("=\"\""), "");
}

#[test]
fn a_layout_reads_its_own_text_and_no_other() {
    let layout = Layout::new("SALE", cutter::Separator::Wide, vec!["编号".to_owned(), String::new()]);
    assert_eq!(Layout::parse(&layout.to_text()), Some(layout));
    for text in ["", "SALE", "SALE\t,", "SALE\t;\ta", "ENT"] {
        assert_eq!(Layout::parse(text), None, "{text}");
    }
}

/// A field as a department writes it.
fn written(value: &str, quoted: bool, separator: &str) -> String {
    let must = value.contains(['"', '\r', '\n']) || value.contains(separator);
    if quoted || must { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.to_owned() }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(
        table in prop::collection::vec(prop::collection::vec(("[\u{4E00}-\u{9FA5}\u{3400}-\u{3440}，、a-z0-9,\"\r\n|\\\\]{0,8}", any::<bool>()), 3), 0..8),
        wide: bool,
        ends in prop::collection::vec(prop::sample::select(vec!["\r\n", "\n", "\r"]), 8),
        pieces in 1..9usize,
    ) {
        let separator = if wide { "，" } else { "," };
        let mut text = format!("{}\r\n", ["编号", "姓名", "时间"].join(separator));
        for (row, end) in table.iter().zip(&ends) {
            let fields: Vec<String> = row.iter().map(|(value, quoted)| written(value, *quoted, separator)).collect();
            text += &fields.join(separator);
            text += end;
        }
        let file = gbk(&text);
        let facts = CSV.inspect(&mut BufReader::with_capacity(pieces, &file[..])).unwrap();
        prop_assert_eq!(facts.rows, table.len() as u64);
        let rows = read(&file);
        for (row, expected) in rows.iter().zip(&table) {
            let expected: Vec<&str> = expected.iter().map(|(value, _)| value.as_str()).collect();
            prop_assert_eq!(values(row), expected);
            let start = RowStart { byte: row.next_byte, number: row.number, layout: facts.layout.clone() };
            prop_assert_eq!(&read_from(&file, start)[..], &rows[usize::try_from(row.number).unwrap()..]);
        }
    }

    #[test]
    fn damaged_bytes_are_refused_or_read(bytes in prop::collection::vec(prop_oneof![prop::sample::select(b"\",\r\n\xA3\xAC a".to_vec()), any::<u8>()], 0..80)) {
        let file = [gbk(HEAD), bytes].concat();
        if let Ok(facts) = inspect(&file) {
            let rows = read(&file);
            prop_assert_eq!(rows.len() as u64, facts.rows);
            for row in rows {
                let layout = Layout::parse(&row.kind).unwrap();
                prop_assert!(layout.split(&row.bytes, &["编号", "姓名", "时间"]).is_ok_and(|all| all.len() == 3) || matches!(fault(&row), RowFault::Columns | RowFault::Encoding(_)));
            }
        }
    }

    #[test]
    fn any_header_is_judged(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        drop((inspect(&bytes), Layout::parse(&String::from_utf8_lossy(&bytes))));
    }
}
