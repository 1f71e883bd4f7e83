use super::{
    CONTRACT, PERMIT,
    contracts::{contract, contracts_with_traps},
    csv::{CsvFile, Layout, Row},
    permits::{certificate_id, permit, permits_with_traps},
};
use crate::generate::{Cast, DropFile, Fate, People, Step};

/// What the department drops over the days.
#[derive(Debug, Clone)]
pub struct Story {
    /// Right files, in the order of intake.
    pub files: Vec<CsvFile>,
    /// Files that must be refused.
    pub wrong: Vec<Step>,
    /// Identifiers worth asking for.
    pub cast: Cast,
}

const FIRST: &str = "2026-11-01 08:00:00";
const LATER: &str = "2026-11-02 08:00:00";
const OLDER: &str = "2026-10-31 08:00:00";

/// Days of contracts and permits: `size` of each, everything that can happen to them, and every wrong file.
#[must_use]
pub fn story(seed: u64, size: usize) -> Story {
    let mut people = People::new(seed);
    let mut cast = Cast::new();
    let contracts: Vec<Row> = (0..size.max(20)).map(|_| contract(&mut people, FIRST)).collect();
    let permits: Vec<Row> = (0..size.max(20)).map(|_| permit(&mut people, FIRST)).collect();
    let mut first = [contracts.clone(), sales(&mut people, &mut cast)].concat();
    first.extend(contracts_with_traps(&mut people, FIRST).into_iter().map(|(_, row)| row));
    let mut third = [permits.clone(), replaced(&mut people, &mut cast)].concat();
    third.extend(permits_with_traps(&mut people, FIRST).into_iter().map(|(_, row)| row));
    people.random().shuffle(&mut first);
    people.random().shuffle(&mut third);
    let second = changes(&contracts, "房屋坐落");
    let fourth = changes(&permits, "建设地址");
    let fewer: Vec<Row> = (0..3).map(|_| contract(&mut people, LATER)).collect();
    let random = people.random();
    let strange = |columns, random: &mut _| Layout::plain(columns).strange(random);
    let few = ["买受人证件类型", "出卖人", "出卖人证件号码", "建筑面积", "备案日期"]
        .iter()
        .fold(Layout::plain(CONTRACT), |layout, name| layout.without(name));
    let (second_layout, fourth_layout) = (strange(CONTRACT, random), strange(PERMIT, random));
    let files = vec![
        CsvFile::new("FWHT_20261101_001.csv", &Layout::plain(CONTRACT), first, random),
        CsvFile::new("FWHT_20261102_001.csv", &second_layout, second, random),
        CsvFile::new("FWHT_20261103_001.csv", &few, fewer, random),
        CsvFile::new("FWHT_20261104_001.csv", &Layout::plain(CONTRACT), Vec::new(), random),
        CsvFile::new("SGXKZ_20261101_001.csv", &Layout::plain(PERMIT), third, random),
        CsvFile::new("SGXKZ_20261102_001.csv", &fourth_layout, fourth, random),
    ];
    let wrong = wrong_files(&mut people);
    Story { files, wrong, cast }
}

/// Unchanged, older, equal and newer rows of the first.
fn changes(rows: &[Row], moved: &'static str) -> Vec<Row> {
    let at = |place: usize, stamp: &str| rows[place].clone().with("更新时间", stamp);
    let moved = |place: usize, stamp: &str| at(place, stamp).with(moved, "另一处地址，二单元,三室");
    vec![
        at(0, FIRST),
        at(1, LATER),
        moved(2, OLDER),
        moved(3, FIRST),
        moved(4, LATER),
        moved(4, FIRST),
        at(5, LATER),
        moved(5, FIRST),
        at(6, "20261102080000"),
        at(6, OLDER),
    ]
}

/// One person who buys and another who sells, and buys elsewhere.
fn sales(people: &mut People, cast: &mut Cast) -> Vec<Row> {
    let (buyer, seller, second) = (people.citizen(true), people.citizen(false), people.citizen(true));
    let mut sale = |buyers: &str, names: &str, seller: &str| {
        let row = contract(people, FIRST).with("买受人证件类型", "111").with("买受人", names);
        row.with("买受人证件号码", buyers).with("出卖人", "钱二").with("出卖人证件号码", seller)
    };
    let rows = vec![sale(&format!("{buyer}、{second}"), "赵一、孙三", &seller), sale(&seller, "钱二", &second)];
    cast.insert("sale", rows[0].text("合同编号").to_owned());
    cast.insert("purchase of the seller", rows[1].text("合同编号").to_owned());
    cast.extend([("buyer", buyer), ("seller", seller), ("second buyer", second)]);
    rows
}

/// A permit, and the one that renews it; both of one developer.
fn replaced(people: &mut People, cast: &mut Cast) -> Vec<Row> {
    let uscc = people.uscc();
    let (old_id, new_id) = (certificate_id(770_001, false), certificate_id(770_002, false));
    let mut of = |id: &str, operation: &str| {
        let row = permit(people, FIRST).with("建设单位代码", uscc.clone()).with("电子证照标识", id);
        row.with("业务类型", operation).with("证照状态", "01")
    };
    let rows = vec![of(&old_id, "01"), of(&new_id, "02").with("关联证照标识", old_id.clone())];
    cast.insert("replaced permit", rows[0].text("证照编号").to_owned());
    cast.insert("renewed permit", rows[1].text("证照编号").to_owned());
    cast.extend([("developer", uscc), ("replaced id", old_id), ("renewed id", new_id)]);
    rows
}

/// Every way in which a file is refused whole.
fn wrong_files(people: &mut People) -> Vec<Step> {
    let rows: Vec<Row> = (0..3).map(|_| contract(people, LATER)).collect();
    let permits: Vec<Row> = (0..2).map(|_| permit(people, LATER)).collect();
    let plain = Layout::plain(CONTRACT);
    let mut serial = 0;
    let mut refused = |rule: &'static str, layout: &Layout, rows: &[Row], change: fn(DropFile) -> DropFile| {
        serial += 1;
        let name = format!("FWHT_20261109_{serial:03}.csv");
        let file = CsvFile::new(&name, layout, rows.to_vec(), people.random()).file;
        Step { file: change(file), fate: Fate::Refused(rule) }
    };
    let mut steps = vec![
        refused("file.trailer", &plain, &rows, |file| DropFile::new(file.name, file.bytes, 4)),
        refused("file.hash", &plain, &rows, |file| file.with_wrong_hash(3)),
        refused("file.empty", &plain, &rows, |file| DropFile::new(file.name, Vec::new(), 0)),
        refused("file.torn", &plain, &rows, |file| {
            let bytes = [file.bytes.strip_suffix(b"\r\n").unwrap_or(&file.bytes), b"\r\n\"YS1,"].concat();
            DropFile::new(file.name, bytes, 4)
        }),
    ];
    for (name, _) in CONTRACT.iter().filter(|(_, required)| *required) {
        steps.push(refused("file.header", &plain.clone().without(name), &rows, |file| file));
    }
    for (serial, (name, _)) in PERMIT.iter().filter(|(_, required)| *required).enumerate() {
        let file = format!("SGXKZ_20261109_{serial:03}.csv");
        let file = CsvFile::new(&file, &Layout::plain(PERMIT).without(name), permits.clone(), people.random()).file;
        steps.push(Step { file, fate: Fate::Refused("file.header") });
    }
    steps
}

/// Columns of permits in a file that is named after contracts.
#[must_use]
pub fn file_of_the_other_kind(seed: u64) -> Step {
    let mut people = People::new(seed);
    let permits: Vec<Row> = (0..2).map(|_| permit(&mut people, LATER)).collect();
    let file = CsvFile::new("FWHT_20261110_001.csv", &Layout::plain(PERMIT), permits, people.random()).file;
    Step { file, fate: Fate::Refused("file.header") }
}
