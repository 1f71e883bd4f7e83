//! The civil affairs department's exchange table.
use super::{Cast, People};
use crate::{numbers::citizen_check, tables::TableRow};
use serde_json::json;

const TABLE: (&str, &str) = ("hydj_up", "row_guid");

/// Rows in the order in which they are committed.
#[derive(Debug)]
pub struct Marriages {
    /// The rows.
    pub rows: Vec<TableRow>,
    /// People worth asking for: a label, and a number.
    pub cast: Cast,
    writer: Writer,
}

/// Writes rows.
#[derive(Debug)]
struct Writer {
    people: People,
    /// Microseconds since 08:00 of the day.
    clock: u64,
    rows: u64,
}

impl Writer {
    fn guid(&mut self) -> String {
        self.rows += 1;
        let mixed = self.rows.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        format!("{:08x}-{:04x}-4000-8000-{:012x}", mixed >> 32, mixed >> 16 & 0xFFFF, self.rows)
    }

    /// Several rows share one value.
    fn now(&mut self) -> String {
        if self.people.random().below(3) > 0 {
            self.clock += self.people.random().number() % 900_000;
        }
        time(self.clock)
    }

    fn certificate(&mut self, letter: char) -> String {
        format!("{letter}110101-2020-{:06}", self.people.serial())
    }

    /// A marriage of two people who are nobody else.
    fn marriage(&mut self, label: &'static str) -> TableRow {
        let (man, woman) = (self.people.citizen(true), self.people.citizen(false));
        let names = [self.people.name(), self.people.name()];
        let day = format!(
            "20{:02}{:02}{:02}",
            6 + self.people.random().below(20),
            1 + self.people.random().below(12),
            1 + self.people.random().below(28)
        );
        let form = self.people.random().below(3);
        let day = match form {
            0 => format!("{day}000000"),
            1 => format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]),
            _ => day,
        };
        let columns = json!({
            "row_guid": self.guid(), "cd_operation": "I", "cd_time": self.now(), "cd_batch": "B20261101", "data_source": "110",
            "djzh": self.certificate('J'), "hydjywlx": "结婚登记", "nfxm": names[0], "nfgmsfhm": man, "nfcsrq": null,
            "nfgj": "中国", "lfxm": names[1], "lfgmsfhm": woman, "lfcsrq": null, "lfgj": null, "djrq": day,
            "djjg": "北京市东城区民政局",
        });
        TableRow::new(label, TABLE, columns)
    }

    /// The next row about the same couple.
    fn next(&mut self, row: &TableRow, label: &'static str) -> TableRow {
        let row = row.clone().labelled(label).with("row_guid", self.guid());
        row.with("cd_time", self.now())
    }
}

/// A time of the day, in microseconds from 08:00.
fn time(clock: u64) -> String {
    let seconds = clock / 1_000_000;
    let (hour, minute, second) = (8 + seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("2026-11-01 {hour:02}:{minute:02}:{second:02}.{:06}", clock % 1_000_000)
}

/// `couples` couples with their stories, and every trap of the page.
#[must_use]
pub fn story(seed: u64, couples: usize) -> Marriages {
    let writer = Writer { people: People::new(seed), clock: 0, rows: 0 };
    let mut all = Marriages { rows: Vec::new(), cast: Cast::new(), writer };
    let lives: [fn(&mut Marriages); 8] =
        [divorced, undone, reissued, reissued_unseen, annulled, taken_back, late_rows, of_one_moment];
    for life in lives {
        life(&mut all);
    }
    foreigners(&mut all);
    numbers(&mut all);
    refused(&mut all);
    values(&mut all);
    for _ in 0..couples {
        all.couple();
    }
    all
}

impl Marriages {
    /// A few more couples.
    pub fn more(&mut self, couples: usize) -> Vec<TableRow> {
        let from = self.rows.len();
        (0..couples).for_each(|_| self.couple());
        self.rows[from..].to_vec()
    }

    fn couple(&mut self) {
        let first = self.married("");
        match self.writer.people.random().below(10) {
            0 => {
                let divorce = self.divorce(&first, "");
                self.rows.push(divorce);
            }
            1 => {
                let again = self.writer.next(&first, "").with("cd_operation", "U").with("djjg", "北京市西城区民政局");
                self.rows.push(again);
            }
            2 => self.rows.push(first),
            3 => {
                let gone = self.writer.next(&first, "").with("cd_operation", "D");
                self.rows.push(gone);
            }
            4 => {
                let spoilt = self.writer.marriage("").with("nfgmsfhm", "110101199001010000").with("lfgmsfhm", null());
                self.rows.push(spoilt);
            }
            _ => {}
        }
    }

    fn married(&mut self, label: &'static str) -> TableRow {
        let row = self.writer.marriage(label);
        self.rows.push(row.clone());
        row
    }

    fn divorce(&mut self, row: &TableRow, label: &'static str) -> TableRow {
        let number = self.writer.certificate('L');
        self.writer.next(row, label).with("djzh", number).with("hydjywlx", "离婚登记").with("djrq", "2026-10-30")
    }

    fn name(&mut self, label: &'static str, row: &TableRow) {
        self.cast.insert(label, row.text("nfgmsfhm"));
    }

    fn push(&mut self, rows: impl IntoIterator<Item = TableRow>) {
        self.rows.extend(rows);
    }
}

fn null() -> serde_json::Value {
    serde_json::Value::Null
}

fn divorced(all: &mut Marriages) {
    let row = all.writer.marriage("married").with("djrq", "2019-05-20");
    all.name("married", &row);
    all.cast.insert("married to", row.text("lfgmsfhm"));
    all.cast.insert("married by", row.text("djzh"));
    all.push([row]);
    let row = all.married("then divorced");
    let divorce = all.divorce(&row, "the divorce");
    all.name("divorced", &row);
    all.push([divorce]);
    // The divorce is written before the marriage that it ends: the newest by day of registration decides.
    let marriage = all.writer.marriage("registered before, written after").with("djrq", "20100101");
    let divorce = all.divorce(&marriage, "registered after, written before");
    let marriage = all.writer.next(&marriage, "registered before, written after");
    all.name("divorced, written before", &marriage);
    all.push([divorce, marriage]);
    // Twice on one day: then the later version decides.
    let marriage = all.writer.marriage("married and divorced in a day").with("djrq", "2026-10-30");
    let divorce =
        all.divorce(&marriage, "divorced on the day of the marriage").with("cd_time", "2026-11-01 20:00:00.000000");
    all.name("divorced in a day", &marriage);
    all.push([marriage, divorce]);
}

fn reissued(all: &mut Marriages) {
    let row = all.writer.marriage("whose certificate was lost").with("djrq", "20110101000000");
    let number = all.writer.certificate('J');
    let again = all.writer.next(&row, "re-issued").with("djzh", number.clone()).with("hydjywlx", "补领结婚证");
    let again = again.with("djrq", "20200101");
    all.name("re-issued", &row);
    all.cast.insert("lost certificate", row.text("djzh"));
    all.cast.insert("new certificate", number);
    all.push([row, again]);
    // Married again after a divorce: the re-issue of the divorce certificate changes nothing.
    let row = all.writer.marriage("to be divorced with a re-issue").with("djrq", "20110101");
    let divorce = all.divorce(&row, "whose divorce certificate was lost").with("djrq", "20120101");
    let number = all.writer.certificate('L');
    let again = all.writer.next(&divorce, "divorce certificate re-issued").with("djzh", number);
    let again = again.with("hydjywlx", "补领离婚证").with("djrq", "20130101");
    all.name("divorced and re-issued", &row);
    all.push([row, divorce, again]);
    // By name where a number is missing.
    let row = all.writer.marriage("lost, without her number").with("lfgmsfhm", null()).with("djrq", "20120101");
    let number = all.writer.certificate('J');
    let again = all.writer.next(&row, "re-issued without her number").with("djzh", number);
    all.cast.insert("lost by name", row.text("djzh"));
    all.push([row, again.with("hydjywlx", "补领结婚证").with("djrq", "20210101")]);
}

/// What a row taken back said no longer counts.
fn undone(all: &mut Marriages) {
    let row = all.writer.marriage("whose divorce is taken back").with("djrq", "20110101");
    let divorce = all.divorce(&row, "a divorce by mistake");
    let gone = all.writer.next(&divorce, "the divorce taken back").with("cd_operation", "D");
    all.name("divorce taken back", &row);
    all.push([row, divorce, gone]);
    let row = all.writer.marriage("whose re-issue is taken back").with("djrq", "20110102");
    let number = all.writer.certificate('J');
    let again = all.writer.next(&row, "a re-issue by mistake").with("djzh", number).with("hydjywlx", "补领结婚证");
    let gone = all.writer.next(&again, "the re-issue taken back").with("cd_operation", "D");
    all.cast.insert("re-issue taken back", row.text("djzh"));
    all.push([row, again, gone]);
    let row = all.writer.marriage("re-issued twice").with("djrq", "20110103");
    let mut rows = vec![row.clone()];
    for (label, day) in [("re-issued once", "20120103"), ("re-issued again", "20130103")] {
        let number = all.writer.certificate('J');
        let again = all.writer.next(&row, label).with("djzh", number.clone()).with("hydjywlx", "补领结婚证");
        rows.push(again.with("djrq", day));
        all.cast.insert(label, number);
    }
    all.cast.insert("re-issued twice", row.text("djzh"));
    all.push(rows);
    let row = all.writer.marriage("the original is taken back").with("djrq", "20110104");
    let number = all.writer.certificate('J');
    let again = all.writer.next(&row, "the re-issue stays").with("djzh", number).with("hydjywlx", "补领结婚证");
    let gone = all.writer.next(&row, "the original, taken back").with("cd_operation", "D");
    all.name("original taken back", &row);
    all.push([row, again.with("djrq", "20140104"), gone]);
    // Married again, to somebody else.
    let row = all.writer.marriage("the first marriage").with("djrq", "20110105");
    let divorce = all.divorce(&row, "its end").with("djrq", "20120105");
    let second = all.writer.marriage("the second marriage").with("nfgmsfhm", row.text("nfgmsfhm"));
    all.name("married twice", &row);
    all.cast.insert("first wife", row.text("lfgmsfhm"));
    all.cast.insert("second wife", second.text("lfgmsfhm"));
    all.push([row, divorce, second.with("djrq", "20130105")]);
}

fn reissued_unseen(all: &mut Marriages) {
    let row = all.writer.marriage("re-issued, the original not on record").with("hydjywlx", "补领结婚证");
    let row = row.with("djrq", "20150303");
    all.name("only re-issued", &row);
    all.push([row]);
}

fn annulled(all: &mut Marriages) {
    let row = all.writer.marriage("to be annulled").with("djrq", "20180808");
    let end = all.writer.next(&row, "annulled").with("hydjywlx", "撤销婚姻").with("djrq", "20190909");
    all.name("annulled", &row);
    all.cast.insert("annulled certificate", row.text("djzh"));
    all.push([row.clone(), end]);
    let late = row.labelled("older than the annulment").with("row_guid", all.writer.guid());
    all.push([late.with("djjg", "北京市朝阳区民政局")]);
}

fn taken_back(all: &mut Marriages) {
    let row = all.married("entered by mistake");
    let gone = all.writer.next(&row, "taken back").with("cd_operation", "D");
    all.name("taken back", &row);
    all.cast.insert("taken back certificate", row.text("djzh"));
    all.push([gone.clone(), gone.labelled("taken back, read twice")]);
    let row = all.married("to be taken back and entered again");
    let gone = all.writer.next(&row, "taken back for a while").with("cd_operation", "D");
    all.push([gone]);
    let again = all.writer.next(&row, "entered again");
    all.name("entered again", &again);
    all.push([again]);
    let stranger = all.writer.marriage("taken back, never seen").with("cd_operation", "D");
    all.push([stranger]);
}

fn late_rows(all: &mut Marriages) {
    let row = all.married("to be corrected");
    let newer = all.writer.next(&row, "corrected").with("cd_operation", "U").with("nfxm", "欧阳·伟");
    all.name("corrected", &row);
    let late = row.clone().labelled("committed late, written before").with("row_guid", all.writer.guid());
    all.push([newer.clone(), late.with("nfxm", "某人")]);
    all.push([newer.clone().labelled("the same row again")]);
    let same = all.writer.next(&newer, "nothing new");
    all.push([same]);
}

/// Rows of one moment are in the order of their identifiers.
fn of_one_moment(all: &mut Marriages) {
    let row = all.writer.marriage("of one moment, the later").with("row_guid", "ffffffff-0000-4000-8000-000000000001");
    let first =
        row.clone().labelled("of one moment, the earlier").with("row_guid", "00000000-0000-4000-8000-000000000001");
    all.push([row, first.with("djjg", "另一机关")]);
    let first =
        all.writer.marriage("of another moment, the earlier").with("row_guid", "00000000-0000-4000-8000-000000000002");
    let row =
        first.clone().labelled("of another moment, the later").with("row_guid", "ffffffff-0000-4000-8000-000000000002");
    all.push([first, row.with("djjg", "另一机关")]);
    let first = all.writer.marriage("parts of a second, the earlier").with("cd_time", "2026-11-01 08:00:00.000009");
    let row = all.writer.next(&first, "parts of a second, the later").with("cd_time", "2026-11-01 08:00:00.000010");
    all.push([row.with("djjg", "另一机关"), first]);
}

fn foreigners(all: &mut Marriages) {
    let mut spouse = |label, number: &str, country: &str| {
        let row = all.writer.marriage(label).with("lfxm", "Мария").with("lfgmsfhm", number).with("lfgj", country);
        all.rows.push(row);
    };
    spouse("a passport", "E12345678", "俄罗斯");
    spouse("a passport that looks like a citizen number", "110101199001010000", "美国");
    spouse("a passport of 15 digits", "110105491231002", "日本");
    spouse("Hong Kong permit", "H12345678", "中国香港");
    spouse("Hong Kong permit of ten digits", "H1234567890", "中国香港");
    spouse("Macao permit", "M12345678", "中国澳门");
    spouse("Taiwan permit", "12345678", "中国台湾");
    spouse("Hong Kong residence permit", "810000199001010019", "中国香港");
    spouse("Macao residence permit", "820000199001010029", "中国澳门");
    spouse("Taiwan residence permit", "830000199001010039", "中国台湾");
    spouse("Hong Kong residence permit without nationality", "810000199408230021", "");
    spouse("Taiwan residence permit with a wrong check", "830000199001010030", "中国台湾");
    spouse("China by its letters", "11010519491231002X", "CHN");
    let row = all.writer.marriage("a passport alone").with("nfgmsfhm", null()).with("lfgmsfhm", "P7654321");
    let row = row.with("lfgj", "法国");
    all.cast.insert("passport", "P7654321".to_owned());
    all.push([row]);
    let row = all.writer.marriage("a masked passport").with("lfgmsfhm", "P76***21").with("lfgj", "法国");
    all.push([row]);
}

fn numbers(all: &mut Marriages) {
    let old = all.writer.people.old_citizen(true);
    let row = all.writer.marriage("a number of 15 digits").with("nfgmsfhm", old.clone());
    all.cast.insert("15 digits", old);
    all.push([row]);
    let first = loop {
        let number = all.writer.people.citizen(true);
        if number.ends_with('X') {
            break number;
        }
    };
    let row = all.writer.marriage("a small x").with("nfgmsfhm", first.replace('X', "x"));
    all.push([row]);
    let full: String = all
        .writer
        .people
        .citizen(true)
        .chars()
        .map(|c| match c {
            '0'..='9' => char::from_u32(u32::from(c) + 0xFEE0).unwrap(),
            _ => 'Ｘ',
        })
        .collect();
    let row = all.writer.marriage("full width").with("nfgmsfhm", format!("\u{3000}{full} "));
    all.push([row]);
    let row = all.writer.marriage("his number is wrong").with("nfgmsfhm", "110101199001010000");
    all.push([row]);
    let first = "11010119900230001";
    let number = format!("{first}{}", citizen_check(first));
    let row = all.writer.marriage("a day that never was").with("lfgmsfhm", number.clone());
    all.push([row]);
    let row = all.writer.marriage("that day alone").with("lfgmsfhm", number).with("nfgmsfhm", "");
    all.push([row]);
    let row = all.writer.marriage("her number is missing").with("lfgmsfhm", "");
    all.push([row]);
}

fn refused(all: &mut Marriages) {
    let (bad, none) = ("110101199001010000", "");
    let mut row = |label, changes: &[(&str, &str)]| {
        let row = changes.iter().fold(all.writer.marriage(label), |row, (column, value)| row.with(column, *value));
        all.rows.push(row);
    };
    row("both numbers missing", &[("nfgmsfhm", none), ("lfgmsfhm", none)]);
    row("both numbers blank", &[("nfgmsfhm", "  "), ("lfgmsfhm", "\u{3000}")]);
    row("both numbers wrong", &[("nfgmsfhm", bad), ("lfgmsfhm", "110101199002020000")]);
    row("the only number wrong", &[("nfgmsfhm", bad), ("lfgmsfhm", none)]);
    row("her only number wrong", &[("nfgmsfhm", none), ("lfgmsfhm", bad)]);
    row("masked", &[("nfgmsfhm", "110101********0014")]);
    row("both masked", &[("nfgmsfhm", "110101********0014"), ("lfgmsfhm", "110101********0028")]);
    row("wrong and masked", &[("nfgmsfhm", bad), ("lfgmsfhm", "110101********0028")]);
    row("no operation", &[("cd_operation", "")]);
    row("unknown operation", &[("cd_operation", "X")]);
    row("no certificate number", &[("djzh", " ")]);
    row("no day of the calendar", &[("djrq", "20210229")]);
    row("no day at all", &[("djrq", "去年")]);
}

fn values(all: &mut Marriages) {
    let mut row = |label, changes: &[(&str, &str)]| {
        let row = changes.iter().fold(all.writer.marriage(label), |row, (column, value)| row.with(column, *value));
        all.rows.push(row);
    };
    row("a day with a time", &[("djrq", "20200229000000")]);
    row("a day with dashes", &[("djrq", "2020-02-29")]);
    row("a day without anything", &[("djrq", "20200229")]);
    row("the day is unknown", &[("djrq", "19000101")]);
    row("the day is 0", &[("djrq", "0")]);
    row("unknown business", &[("hydjywlx", "复婚登记")]);
    row("a question mark in a name", &[("nfxm", "张?")]);
    row("a private character in a name", &[("lfxm", "李\u{E000}")]);
    row("dots in names", &[("nfxm", "阿·买提"), ("lfxm", "古丽•汗")]);
    row("blanks around a name", &[("nfxm", "　张三 ")]);
    row("full width within a name", &[("nfxm", "ＡＢ１")]);
    row("a quote in a name", &[("nfxm", "O'Brien")]);
    row("blanks around the number", &[("djzh", " J110101-2020-900001 ")]);
}
