use super::{Row, bytes, file, traps::rows_with_traps};
use crate::generate::{Cast, DropFile, Fate, People, Step, people::spoiled};

/// What the department drops over the days, and the people worth asking for.
#[derive(Debug, Clone)]
pub struct Story {
    /// Files in the order of intake; each batch is dropped when the one before it is taken in.
    pub batches: Vec<Vec<Step>>,
    /// Citizen numbers by what became of them.
    pub cast: Cast,
    /// Published keys that the full export leaves out.
    pub missing_from_full: u64,
}

const FIRST: &str = "20261101080000";
const LATER: &str = "20261102080000";
const OLDER: &str = "20261031080000";

/// Days of the register: `size` residents, everything that can happen to them, and every wrong file.
#[must_use]
pub fn story(seed: u64, size: usize) -> Story {
    let mut people = People::new(seed);
    let residents: Vec<Row> = (0..size.max(60)).map(|_| Row::of(&mut people, FIRST)).collect();
    let mut rows: Vec<Vec<u8>> = residents.iter().map(Row::bytes).collect();
    rows.extend(collective(&mut people));
    rows.extend(rows_with_traps(&mut people, FIRST).into_iter().map(|(_, row)| row));
    people.random().shuffle(&mut rows);
    let first = file("CZRK_110101_20261101_001.txt", 'I', &rows);
    let mut cast = Cast::new();
    let changes = changes(&mut people, &residents, &mut cast);
    let second = file("CZRK_110101_20261102_001.txt", 'I', &changes);
    let area: Vec<Row> = (0..30).map(|_| Row::of(&mut people, FIRST).with("ssxq", "110102")).collect();
    let third = file("CZRK_110102_20261103_001.txt", 'I', &area.iter().map(Row::bytes).collect::<Vec<_>>());
    let fourth = file("CZRK_110102_20261104_001.txt", 'F', &full(&area));
    let mut steps: Vec<Step> = [first.clone(), second, third, fourth].into_iter().map(Step::taken).collect();
    steps.extend(wrong_files(&mut people));
    let corrected = file("CZRK_110101_20261102_001.txt", 'I', &correction(&residents, &mut cast));
    let again = vec![Step::taken(corrected), Step { file: first, fate: Fate::Known }];
    Story { batches: vec![steps, again], cast, missing_from_full: 5 }
}

/// More members than a household shows.
fn collective(people: &mut People) -> Vec<Vec<u8>> {
    let mut member = |relation| Row::of(people, FIRST).with("hh", "HCOLLECTIVE").with("yhzgx", relation).bytes();
    let head = member("02");
    std::iter::once(head).chain((0..54).map(|_| member("10"))).collect()
}

/// Twenty-five of thirty are named again: one with news, one with a number that is wrong.
fn full(area: &[Row]) -> Vec<Vec<u8>> {
    let mut rows: Vec<Row> = area[..25].to_vec();
    rows[0] = rows[0].clone().with("mlxz", "新地址一号").with("gxsj", LATER);
    rows[1] = rows[1].clone().with("gmsfhm", &spoiled(&rows[1].text("gmsfhm"))).with("gxsj", LATER);
    rows.iter().map(Row::bytes).collect()
}

fn changes(people: &mut People, residents: &[Row], cast: &mut Cast) -> Vec<Vec<u8>> {
    let mut rows = versions(residents);
    rows.extend(ends(residents, cast));
    rows.extend(same_numbers(people, residents, cast));
    rows.extend(moves(people, residents, cast));
    rows.iter().map(Row::bytes).collect()
}

/// Unchanged, older, equal and newer rows.
fn versions(residents: &[Row]) -> Vec<Row> {
    let at = |place: usize, stamp: &str| residents[place].clone().with("gxsj", stamp);
    let moved = |place: usize, stamp: &str| at(place, stamp).with("mlxz", "另一处地址");
    let wrong = spoiled(&residents[7].text("gmsfhm"));
    vec![
        at(0, FIRST),
        at(1, LATER),
        moved(2, OLDER),
        moved(3, FIRST),
        moved(4, LATER),
        moved(4, FIRST),
        at(5, LATER),
        moved(5, FIRST),
        moved(6, LATER).with("jlbz", "2"),
        moved(7, LATER).with("gmsfhm", &wrong),
        at(8, LATER).with("hyzk", "1"),
        at(8, LATER).with("hyzk", "10"),
    ]
}

/// Withdrawals, deaths and moves out of the register.
fn ends(residents: &[Row], cast: &mut Cast) -> Vec<Row> {
    let later = |place: usize| residents[place].clone().with("gxsj", LATER);
    let mut named = |label, place: usize| cast.insert(label, residents[place].text("gmsfhm"));
    for (label, place) in [("cancelled", 10), ("deleted", 11), ("deregistered", 12), ("dead", 13), ("gone", 14)] {
        named(label, place);
    }
    named("returned", 15);
    named("cancelled too late", 16);
    named("cancelled twice", 17);
    named("kept", 20);
    vec![
        later(10).with("czbs", "D"),
        later(11).with("ryzt", "7"),
        later(12).with("ryzt", "8"),
        later(13).with("ryzt", "1"),
        later(14).with("ryzt", "2"),
        later(15).with("czbs", "D"),
        later(15).with("czbs", "I").with("gxsj", "20261102090000"),
        residents[16].clone().with("czbs", "D").with("gxsj", OLDER),
        later(17).with("czbs", "D"),
        later(17).with("czbs", "D").with("gxsj", "20261102100000"),
    ]
}

/// 重号, moved-out rows beside others, and both moved out.
fn same_numbers(people: &mut People, residents: &[Row], cast: &mut Cast) -> Vec<Row> {
    let mut double = |label, place: usize| {
        let number = residents[place].text("gmsfhm");
        cast.insert(label, number.clone());
        Row::with_number(people, &number, LATER)
    };
    let gone = |place: usize| residents[place].clone().with("gxsj", LATER).with("ryzt", "2");
    let resolved = double("doubled and resolved", 24);
    vec![
        double("doubled", 21),
        double("moved here", 22),
        gone(22),
        double("gone twice", 23).with("ryzt", "2"),
        gone(23),
        resolved.clone(),
        resolved.with("czbs", "D").with("gxsj", "20261102090000"),
    ]
}

/// Another household, another number.
fn moves(people: &mut People, residents: &[Row], cast: &mut Cast) -> Vec<Row> {
    let later = |place: usize| residents[place].clone().with("gxsj", LATER);
    let fresh = people.citizen(true);
    cast.insert("moved house", residents[30].text("gmsfhm"));
    cast.insert("left behind", residents[31].text("gmsfhm"));
    cast.insert("old number", residents[36].text("gmsfhm"));
    cast.insert("new number", fresh.clone());
    let birth = fresh[6..14].to_owned();
    vec![
        later(30).with("hh", "HNEW").with("mlxz", "新居一号").with("yhzgx", "02"),
        later(36).with("gmsfhm", &fresh).with("csrq", &birth).with("xb", "1"),
    ]
}

/// The same name with other content: news of two people.
fn correction(residents: &[Row], cast: &mut Cast) -> Vec<Vec<u8>> {
    let corrected = "20261102120000";
    cast.insert("revoked by correction", residents[40].text("gmsfhm"));
    cast.insert("corrected", residents[41].text("gmsfhm"));
    vec![
        residents[40].clone().with("czbs", "D").with("gxsj", corrected).bytes(),
        residents[41].clone().with("mlxz", "更正后的地址").with("gxsj", corrected).bytes(),
        residents[0].bytes(),
    ]
}

/// Every way in which a file is refused whole, and one that is still being written.
fn wrong_files(people: &mut People) -> Vec<Step> {
    let rows: Vec<Vec<u8>> = (0..3).map(|_| Row::of(people, LATER).bytes()).collect();
    let name = |number: u32| format!("CZRK_110101_20261105_{number:03}.txt");
    let right = |number: u32| bytes(&name(number), 'I', &rows, 3);
    let cut = |number: u32, less: usize| {
        let mut all = right(number);
        all.truncate(all.len() - less);
        all
    };
    let refused = |file, rule| Step { file, fate: Fate::Refused(rule) };
    let trailer = "T0000000003\r\n".len();
    let unfinished = file("CZRK_110101_20261106_001.txt", 'I', &rows).unfinished();
    vec![
        refused(DropFile::new(name(1), right(1), 4), "file.trailer"),
        refused(DropFile::new(name(2), right(2), 3).with_wrong_hash(3), "file.hash"),
        refused(DropFile::new(name(3), bytes(&name(3), 'I', &rows, 2), 3), "file.trailer"),
        refused(DropFile::new(name(4), cut(4, trailer), 3), "file.trailer"),
        refused(DropFile::new(name(5), cut(5, trailer + 100), 3), "file.trailer"),
        refused(DropFile::new(name(6), Vec::new(), 0), "file.empty"),
        refused(DropFile::new(name(7), [b"\xEF\xBB\xBF".to_vec(), right(7)].concat(), 3), "file.header"),
        refused(DropFile::new(name(8), bytes(&name(8), 'X', &rows, 3), 3), "file.header"),
        Step { file: unfinished, fate: Fate::LeftAlone },
    ]
}
