use super::{Entity, Page, entities_with_traps};
use crate::generate::{Cast, DropFile, Fate, People, Step};

/// What the department drops, and the enterprises worth asking for.
#[derive(Debug, Clone)]
pub struct Story {
    /// Files in the order of intake; each batch is dropped when the one before it is taken in.
    pub batches: Vec<Vec<Step>>,
    /// The entities of each right file, in the same order.
    pub pages: Vec<Page>,
    /// Identifiers by what became of whom they name.
    pub cast: Cast,
}

const FIRST: &str = "2026-11-01 02:11:09";
const LATER: &str = "2026-11-02 02:11:09";
const OLDER: &str = "2026-10-31 02:11:09";

/// Days of the enterprise register, with every trap and every wrong file.
#[must_use]
pub fn story(seed: u64, size: usize) -> Story {
    let mut people = People::new(seed);
    let mut cast = Cast::new();
    let base: Vec<Entity> = (0..size.max(40)).map(|_| Entity::enterprise(&mut people, FIRST)).collect();
    let mut entities = base.clone();
    for enterprise in &base[20..] {
        entities.push(Entity::investment(&mut people, enterprise.text("PRIPID"), FIRST));
        entities.push(Entity::licence(&mut people, enterprise.text("UNISCID"), FIRST));
    }
    entities.extend(tree(&mut people, &base, &mut cast));
    entities.extend(without_uscc(&base));
    entities.extend(entities_with_traps(&mut people, FIRST).into_iter().map(|(_, entity)| entity));
    people.random().shuffle(&mut entities);
    let first = Page::new("ENT_20261101_001.xml", entities, people.random());
    let changes = changes(&mut people, &base, &mut cast);
    let second = Page::new("ENT_20261102_001.xml", changes, people.random());
    let corrected = correction(&base, &mut cast);
    let third = Page::new("ENT_20261102_001.xml", corrected, people.random());
    let mut steps = vec![Step::taken(first.file.clone()), Step::taken(second.file.clone())];
    steps.extend(wrong_files(&mut people));
    let again = vec![Step::taken(third.file.clone()), Step { file: first.file.clone(), fate: Fate::Known }];
    Story { batches: vec![steps, again], pages: vec![first, second, third], cast }
}

/// Three enterprises that hold one another, a person above them, and one with too many shares.
fn tree(people: &mut People, base: &[Entity], cast: &mut Cast) -> Vec<Entity> {
    let holder = people.citizen(false);
    let uscc = |place: usize| base[place].text("UNISCID");
    let mut held = |place: usize, kind: &str, number: &str, share: &str| {
        let certificate = if kind == "20" { "10" } else { "" };
        let entity = Entity::investment(people, base[place].text("PRIPID"), FIRST).with("INVTYPE", kind);
        entity.with("CERTYPE", certificate).with("CERNO", number).with("SUBCONPROP", share)
    };
    let entities = vec![
        held(0, "35", uscc(2), "10.00"),
        held(1, "35", uscc(0), "60.00"),
        held(2, "35", uscc(1), "30.00"),
        held(0, "20", &holder, "60.00"),
        held(3, "20", &holder, "40.00"),
        held(3, "35", uscc(1), "40.00"),
        held(3, "35", uscc(2), "20.60"),
    ];
    for (label, place) in
        [("ring one", 0), ("ring two", 1), ("ring three", 2), ("sum", 3), ("kept", 19), ("licensed", 20)]
    {
        cast.insert(label, uscc(place).to_owned());
    }
    cast.insert("ring holder", holder);
    entities
}

/// Enterprises that are known by their registration number alone on the first day, as on other days they are not.
fn without_uscc(base: &[Entity]) -> Vec<Entity> {
    (4..8).map(|place| no_uscc(base, place).with("PRIPID", &format!("32019{place:011}"))).collect()
}

/// The entity of `place` without its USCC and with another registration number, so that it is somebody else.
fn no_uscc(base: &[Entity], place: usize) -> Entity {
    let number = format!("1101020000{place:04}");
    let check = crate::numbers::registration_check(&number);
    base[place].clone().without("UNISCID").with("REGNO", &format!("{number}{check}"))
}

fn changes(people: &mut People, base: &[Entity], cast: &mut Cast) -> Vec<Entity> {
    let mut entities = moves(people, base, cast);
    entities.extend(conflicts(people, base, cast));
    let at = |place: usize, stamp: &str| base[place].clone().with("S_EXT_DATATIME", stamp);
    cast.insert("withdrawn licence", base[17].text("UNISCID").to_owned());
    cast.insert("cancelled", base[18].text("UNISCID").to_owned());
    entities.extend([
        at(11, FIRST),
        at(12, LATER),
        at(13, OLDER).with("ENTNAME", "旧名称"),
        at(14, FIRST).with("ENTNAME", "同时的新名称"),
        at(15, LATER).with("ENTNAME", "新名称"),
        at(16, LATER).with("LEREP", "李四四"),
        at(17, LATER).with("REGSTATE", "2"),
        at(18, LATER).with("REGSTATE", "3"),
    ]);
    entities
}

/// A registration number that becomes a USCC, in both orders, and what comes after.
fn moves(people: &mut People, base: &[Entity], cast: &mut Cast) -> Vec<Entity> {
    let known = |place: usize, stamp: &str| {
        no_uscc(base, place).with("PRIPID", &format!("32019{place:011}")).with("S_EXT_DATATIME", stamp)
    };
    let codes: Vec<String> = (0..4).map(|_| people.uscc()).collect();
    cast.insert("moved from", no_uscc(base, 4).text("REGNO").to_owned());
    cast.insert("moved to", codes[0].clone());
    let fresh = Entity::enterprise(people, LATER);
    let without = |stamp| fresh.clone().without("UNISCID").with("S_EXT_DATATIME", stamp);
    cast.insert("never moved", fresh.text("UNISCID").to_owned());
    vec![
        known(4, LATER).with("UNISCID", &codes[0]),
        known(5, LATER).with("UNISCID", &codes[1]),
        known(5, "2026-11-02 03:00:00").with("ENTNAME", "没有代码的新行"),
        known(6, OLDER).with("UNISCID", &codes[2]),
        known(7, FIRST).with("UNISCID", &codes[3]),
        fresh.clone(),
        without(FIRST),
        without("2026-11-02 04:00:00"),
    ]
}

/// Two numbers of one legal representative at one time.
fn conflicts(people: &mut People, base: &[Entity], cast: &mut Cast) -> Vec<Entity> {
    let (one, other) = (people.citizen(true), people.citizen(false));
    let row = |place: usize, number: &str| base[place].clone().with("S_EXT_DATATIME", LATER).with("CERNO", number);
    cast.insert("conflict", base[8].text("UNISCID").to_owned());
    vec![
        row(8, &one),
        row(8, &other),
        row(8, &other),
        row(9, &one),
        row(9, ""),
        row(10, &one),
        row(10, &other),
        row(10, &other).with("S_EXT_DATATIME", "2026-11-02 05:00:00"),
    ]
}

/// The same name with other content.
fn correction(base: &[Entity], cast: &mut Cast) -> Vec<Entity> {
    let stamp = "2026-11-02 12:00:00";
    cast.insert("corrected", base[16].text("UNISCID").to_owned());
    vec![base[16].clone().with("ENTNAME", "更正后的名称").with("S_EXT_DATATIME", stamp), base[0].clone()]
}

/// Every way in which a file is refused whole or has to wait.
fn wrong_files(people: &mut People) -> Vec<Step> {
    let entities: Vec<Entity> = (0..3).map(|_| Entity::enterprise(people, LATER)).collect();
    let mut page =
        |number: u32| Page::new(&format!("ENT_20261105_{number:03}.xml"), entities.clone(), people.random()).file;
    let refused = |file, rule| Step { file, fate: Fate::Refused(rule) };
    let rewritten = |file: DropFile, from: &[u8], to: &[u8]| {
        let at = file.bytes.windows(from.len()).position(|window| window == from).unwrap();
        let bytes = [&file.bytes[..at], to, &file.bytes[at + from.len()..]].concat();
        DropFile::new(file.name, bytes, 3)
    };
    let cut = |file: DropFile, less: usize| {
        let bytes = file.bytes[..file.bytes.len() - less].to_vec();
        DropFile::new(file.name, bytes, 3)
    };
    vec![
        refused(DropFile::new(page(1).name, page(1).bytes, 4), "file.trailer"),
        refused(page(2).with_wrong_hash(3), "file.hash"),
        refused(cut(page(3), "</response>\n".len()), "file.torn"),
        refused(cut(page(4), 100), "file.torn"),
        refused(DropFile::new(page(5).name, Vec::new(), 0), "file.empty"),
        refused(rewritten(page(6), b"GB2312", b"UTF-8"), "file.header"),
        refused(rewritten(rewritten(page(7), b"<response>", b"<answer>"), b"</response>", b"</answer>"), "file.header"),
        Step { file: page(8).unfinished(), fate: Fate::LeftAlone },
        Step { file: rewritten(page(9), b"<code>00<", b"<code>99<"), fate: Fate::TriedAgain },
    ]
}
