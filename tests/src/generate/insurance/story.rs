use super::{
    dbf::{COLUMNS, DbfFile, Row},
    traps::{insurance, insurances_with_traps},
};
use crate::generate::{Cast, DropFile, Fate, People, Step};

/// What the department drops over the months.
#[derive(Debug, Clone)]
pub struct Story {
    /// Right files, in the order of intake.
    pub files: Vec<DbfFile>,
    /// Files that must be refused.
    pub wrong: Vec<Step>,
    /// Citizen numbers by what must be said of them.
    pub cast: Cast,
}

/// Name of the first file.
pub const FIRST_FILE: &str = "CBZT_202610_001.dbf";

/// Months of insurances: `size` of them, everything that can happen to them, and every wrong file.
#[must_use]
pub fn story(seed: u64, size: usize) -> Story {
    let mut people = People::new(seed);
    let mut cast = Cast::new();
    let plain: Vec<Row> = (0..size.max(20)).map(|_| insurance(&mut people, "20261015")).collect();
    let mut first = [plain.clone(), summaries(&mut people, &mut cast)].concat();
    first.extend(insurances_with_traps(&mut people, "20261015").into_iter().map(|(_, row)| row));
    people.random().shuffle(&mut first);
    let moved = |place: usize, day: &str| plain[place].clone().with("AAE036", day).with("AAC003", "改名");
    let at = |place: usize, day: &str| plain[place].clone().with("AAE036", day);
    let later_month = vec![at(0, "20261015"), moved(1, "20261110"), moved(2, "20260101"), moved(3, "20261110")];
    let old_month = vec![moved(4, "20261231"), at(3, "20261015"), at(5, "20261015").deleted()];
    let same_month = vec![moved(6, "20261016"), moved(7, "20261014"), moved(8, "20261015"), at(9, "20261015")];
    let mut reordered = COLUMNS.to_vec();
    reordered.reverse();
    reordered.insert(3, ("BEIZHU", b'C', 12));
    let files = vec![
        DbfFile::new(FIRST_FILE, first, 0x4D, COLUMNS),
        DbfFile::new("CBZT_202611_001.dbf", later_month, 0x00, &reordered),
        DbfFile::new("CBZT_202609_001.dbf", old_month, 0x03, COLUMNS),
        DbfFile::new("CBZT_202610_002.dbf", same_month, 0xC9, COLUMNS),
        DbfFile::new("CBZT_202610_003.dbf", Vec::new(), 0x4D, COLUMNS),
    ];
    let wrong = wrong_files(&mut people);
    Story { files, wrong, cast }
}

/// People whose months are easy to count by hand.
fn summaries(people: &mut People, cast: &mut Cast) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut person = |label: &'static str, periods: &[(&str, &str, &str, &str, &str)]| {
        let number = people.citizen(true);
        let id = format!("S{:06}", people.serial());
        for (place, (first, last, state, valid, day)) in periods.iter().enumerate() {
            let row = insurance(people, day).with("AAC001", &id).with("AAC058", "111").with("AAC147", &number);
            let row = row.with("AAE140", "310").with("AAB001", &format!("{id}E{place}")).with("AAC003", "王六");
            let row = row.with("AAE041", first).with("AAE042", last);
            rows.push(row.with("AAC008", state).with("AAE100", valid));
        }
        cast.insert(label, number);
    };
    person("overlapping", &[("202001", "202006", "2", "1", "20261001"), ("202004", "202009", "1", "1", "20261001")]);
    person("apart", &[("202001", "202003", "3", "1", "20261001"), ("202101", "202112", "1", "1", "20261001")]);
    person("partly invalid", &[("202001", "202003", "2", "1", "20261001"), ("202101", "202112", "1", "0", "20261001")]);
    person("never valid", &[("202001", "202003", "1", "0", "20261001")]);
    person("blank month", &[("202001", "202003", "1", "1", "20261001"), ("202101", "", "2", "1", "20261001")]);
    person("tied", &[("202001", "202003", "2", "1", "20261001"), ("202002", "202003", "4", "1", "20261002")]);
    person(
        "tied the other way",
        &[("202001", "202003", "2", "1", "20261003"), ("202002", "202003", "4", "1", "20261002")],
    );
    person("over new year", &[("201911", "202002", "1", "1", "20261001")]);
    rows
}

/// Every way in which a file is refused whole.
fn wrong_files(people: &mut People) -> Vec<Step> {
    let rows: Vec<Row> = (0..3).map(|_| insurance(people, "20261115")).collect();
    let mut serial = 100;
    let mut refused = |rule: &'static str, columns: &[(&'static str, u8, u8)], change: &dyn Fn(&mut Vec<u8>)| {
        serial += 1;
        let name = format!("CBZT_202611_{serial:03}.dbf");
        let mut bytes = DbfFile::new(&name, rows.clone(), 0, columns).file.bytes;
        change(&mut bytes);
        Step { file: DropFile::new(name, bytes, 3), fate: Fate::Refused(rule) }
    };
    let mut steps = vec![
        refused("file.trailer", COLUMNS, &|bytes| bytes[4] = 4),
        refused("file.trailer", COLUMNS, &|bytes| bytes[4] = 2),
        refused("file.trailer", COLUMNS, &|bytes| bytes.truncate(bytes.len() - 50)),
        refused("file.empty", COLUMNS, &Vec::clear),
        refused("file.header", COLUMNS, &|bytes| bytes[0] = 0x50),
    ];
    let empty = steps[3].file.clone();
    steps[3].file = DropFile::new(empty.name, empty.bytes, 0);
    for (name, ..) in COLUMNS {
        let fewer: Vec<_> = COLUMNS.iter().copied().filter(|(column, ..)| column != name).collect();
        steps.push(refused("file.header", &fewer, &|_| ()));
    }
    let right = DbfFile::new("CBZT_202611_201.dbf", rows.clone(), 0, COLUMNS).file;
    steps.push(Step { file: right.clone().with_wrong_hash(3), fate: Fate::Refused("file.hash") });
    let counted = DropFile::new("CBZT_202611_202.dbf", right.bytes, 4);
    steps.push(Step { file: counted, fate: Fate::Refused("file.trailer") });
    let deleted = vec![rows[0].clone(), rows[1].clone().deleted()];
    let file = DbfFile::new("CBZT_202611_203.dbf", deleted, 0, COLUMNS).file;
    steps.push(Step { file: DropFile::new(file.name, file.bytes, 2), fate: Fate::Refused("file.trailer") });
    steps
}
