use super::{
    rows::{teacher, teachers_with_traps},
    workbook::{COLUMNS, Row, Sheet, Workbook},
};
use crate::generate::{Cast, People};

/// What the clerk uploads.
#[derive(Debug, Clone)]
pub struct Story {
    /// Right workbooks, in the order of intake.
    pub books: Vec<Workbook>,
    /// Workbooks that must be refused, by any of these rules.
    pub wrong: Vec<(&'static [&'static str], Workbook)>,
    /// Identifiers worth asking for.
    pub cast: Cast,
}

const FIRST: u64 = 1_793_500_000;
const LATER: u64 = 1_793_600_000;
const OLDER: u64 = 1_793_400_000;

/// Uploads of `size` teachers, everything that can stand in a workbook, and every wrong one.
#[must_use]
pub fn story(seed: u64, size: usize) -> Story {
    let mut people = People::new(seed);
    let plain: Vec<Row> = (0..size.max(20)).map(|_| teacher(&mut people)).collect();
    let mut traps: Vec<Row> = teachers_with_traps(&mut people).into_iter().map(|(_, row)| row).collect();
    people.random().shuffle(&mut traps);
    let number = people.citizen(true);
    let both = plain[7].clone().with("证件类型", "居民身份证").with("证件号码", number.clone());
    let cast = Cast::from([("holder", number), ("certificate", both.text("资格证书号码").to_owned())]);
    let mut first = plain.clone();
    first[7] = both;
    let books = vec![
        Workbook::new("JSZG_2026_上半年 教师.xlsx", FIRST, sheets(&mut people, &first, traps)),
        Workbook::new("JSZG_2026_补充.xlsx", LATER, vec![Sheet::plain("表1", later(&plain))]),
        Workbook::new(
            "JSZG_2025_旧表.xlsx",
            OLDER,
            vec![Sheet::plain("表1", vec![moved(&plain[8]), plain[9].clone()])],
        ),
    ];
    let wrong = wrong_books(&mut people);
    Story { books, wrong, cast }
}

fn moved(row: &Row) -> Row {
    row.clone().with("认定机构", "北京市西城区教育委员会")
}

/// One unchanged, one changed, one twice with other content, one twice with the same.
fn later(plain: &[Row]) -> Vec<Row> {
    vec![plain[0].clone(), moved(&plain[1]), moved(&plain[2]), plain[2].clone(), moved(&plain[3]), moved(&plain[3])]
}

/// Titles, a sheet without a header, another order of columns, columns that nobody knows, merged cells.
fn sheets(people: &mut People, plain: &[Row], traps: Vec<Row>) -> Vec<Sheet> {
    let notes = Sheet {
        name: "填表说明", titles: vec!["教师资格填表说明", "姓名按身份证填写"], ..Sheet::default()
    };
    let mut shuffled: Vec<String> = COLUMNS.iter().map(|(column, _)| (*column).to_owned()).collect();
    shuffled.push("备注".to_owned());
    people.random().shuffle(&mut shuffled);
    shuffled[0] = format!(" {} ", shuffled[0]);
    let titles = vec!["2026年上半年教师资格认定名册", "填报单位:东城区 姓名以证件为准"];
    let first = Sheet { titles: titles.clone(), ..Sheet::plain("幼儿园", plain.to_vec()) };
    let second =
        Sheet { titles: titles[..1].to_vec(), columns: shuffled, rows: traps, ..Sheet::plain("小学", Vec::new()) };
    let group: Vec<Row> = (0..6).map(|_| teacher(people).with("认定日期", "2020-07-01")).collect();
    let merged = vec![("认定机构", 0, 3), ("资格种类", 1, 2), ("认定日期", 2, 5)];
    let third = Sheet { merged, ..Sheet::plain("合并", group) };
    vec![notes, first, second, third]
}

fn wrong_books(people: &mut People) -> Vec<(&'static [&'static str], Workbook)> {
    let rows: Vec<Row> = (0..3).map(|_| teacher(people)).collect();
    let plain = Sheet::plain("表1", rows);
    let mut serial = 0;
    let mut book = |sheet: &Sheet| {
        serial += 1;
        Workbook::new(&format!("JSZG_2026_{serial}.xlsx"), LATER, vec![sheet.clone()])
    };
    let right = book(&plain);
    let half = right.bytes[..right.bytes.len() / 2].to_vec();
    let mut wrong: Vec<(&'static [&'static str], Workbook)> = vec![
        (&["file.torn"], right.holding(half)),
        (&["file.torn", "file.header"], book(&plain).holding(b"this is no workbook".to_vec())),
        (&["file.empty"], book(&plain).holding(Vec::new())),
    ];
    for (name, _) in COLUMNS.iter().filter(|(name, required)| *required && !["姓名", "证件号码"].contains(name)) {
        let columns = plain.columns.iter().filter(|column| column != name).cloned().collect();
        wrong.push((&["file.header"], book(&Sheet { columns, ..plain.clone() })));
    }
    wrong
}
