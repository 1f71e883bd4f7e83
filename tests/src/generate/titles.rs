//! The natural resources department's exchange tables.
use super::{Cast, People};
use crate::{oracle::LEGACY, tables::TableRow};
use serde_json::{Value, json};

const TITLE: (&str, &str) = ("spgl_bdcqz", "lsh");
const HOLDER: (&str, &str) = ("spgl_bdcqz_qlr", "lsh");
const PERMIT: (&str, &str) = ("spgl_jsgcghxkz", "lsh");

/// Rows in the order in which they are committed.
#[derive(Debug)]
pub struct Titles {
    /// The rows.
    pub rows: Vec<TableRow>,
    /// Identifiers worth asking for.
    pub cast: Cast,
    people: People,
    /// Serial numbers given out in each table.
    serials: [u64; 3],
}

/// `titles` titles with their stories, and every trap of the page.
#[must_use]
pub fn story(seed: u64, titles: usize) -> Titles {
    let mut all = Titles { rows: Vec::new(), cast: Cast::new(), people: People::new(seed), serials: [0; 3] };
    for traps in [waiting, corrections, late, holders_end, kinds, refused, values, identifiers, permits] {
        traps(&mut all);
    }
    (0..titles).for_each(|_| all.random());
    all
}

impl Titles {
    /// A few more titles.
    pub fn more(&mut self, titles: usize) -> Vec<TableRow> {
        let from = self.rows.len();
        (0..titles).for_each(|_| self.random());
        self.rows[from..].to_vec()
    }

    fn serial(&mut self, table: usize) -> u64 {
        self.serials[table] += 1 + self.people.random().number() % 3;
        self.serials[table]
    }

    fn title(&mut self, label: &'static str) -> TableRow {
        let serial = self.people.serial();
        let open = self.people.random().pick(&["（）", "()"]);
        let (left, right) = (open.chars().next().unwrap(), open.chars().last().unwrap());
        let columns = json!({
            "lsh": self.serial(0), "rowguid": format!("0f0f0f0f-0000-4000-8000-{serial:012}"), "dfsjzj": format!("T{serial:09}"),
            "xzqhdm": "110101", "bdcqzh": format!("京{left}2020{right}东不动产权第{serial:07}号"),
            "bdcdyh": format!("110101001001GB{serial:05}F{serial:08}").chars().take(28).collect::<String>(),
            "zl": format!("示例路{serial}号"), "qllx": "国有建设用地使用权/房屋所有权", "qlxz": "出让", "yt": "住宅",
            "mj": format!("专有面积{}.12平方米,分摊面积20.01平方米", 40 + serial % 90), "syqx": "2020-01-01起2090-01-01止",
            "gyqk": "单独所有", "djsj": "2020-05-06 10:11:12", "djjg": "北京市规划和自然资源委员会", "qszt": 1, "ZZBS": null,
            "sjyxbs": 1, "sjwxyy": null, "sjsczt": 0, "sbyy": null,
        });
        TableRow::new(label, TITLE, columns)
    }

    fn holder(&mut self, label: &'static str, title: &TableRow, place: u64) -> TableRow {
        let (name, number) = (self.people.name(), self.people.citizen(place.is_multiple_of(2)));
        let columns = json!({
            "lsh": self.serial(1), "dfsjzj": title.text("dfsjzj"), "xh": place, "qlrmc": name, "zjlx": "111", "zjhm": number,
            "gyfe": "50%", "sjyxbs": 1, "sjsczt": 0, "sbyy": null,
        });
        TableRow::new(label, HOLDER, columns)
    }

    fn permit(&mut self, label: &'static str) -> TableRow {
        let serial = self.people.serial();
        let code = self.people.uscc();
        let columns = json!({
            "lsh": self.serial(2), "rowguid": format!("1f1f1f1f-0000-4000-8000-{serial:012}"), "dfsjzj": format!("P{serial:09}"),
            "xkzbh": format!("建字第110101{serial:09}号"), "xmdm": format!("2020-110101-70-03-{serial:06}"),
            "jsdw": "示例置业有限公司", "jsdwdm": code, "jsxmmc": "示例家园", "jswz": "示例路", "jzmj": format!("{serial}.50"),
            "fzjg": "北京市规划和自然资源委员会", "fzrq": "2020-06-07", "sjyxbs": 1, "sjsczt": 0, "sbyy": null,
        });
        TableRow::new(label, PERMIT, columns)
    }

    /// The next row of the same table about the same thing.
    fn next(&mut self, row: &TableRow, label: &'static str) -> TableRow {
        let table = [TITLE.0, HOLDER.0, PERMIT.0].iter().position(|table| *table == row.table).unwrap();
        let serial = self.serial(table);
        row.clone().labelled(label).with("lsh", serial)
    }

    fn push(&mut self, rows: impl IntoIterator<Item = TableRow>) {
        self.rows.extend(rows);
    }

    fn whole(&mut self, label: &'static str) -> (TableRow, TableRow) {
        let title = self.title(label);
        let holder = self.holder(label, &title, 1);
        self.push([title.clone(), holder.clone()]);
        (title, holder)
    }

    fn correct(&mut self, row: &TableRow, label: &'static str, changes: &[(&str, Value)]) {
        let gone = self.next(row, label).with("sjyxbs", 0).with("sjwxyy", "更正");
        let gone = if row.table == PERMIT.0 { without(gone, "sjwxyy") } else { gone };
        let row = self.next(row, label);
        let row = changes.iter().fold(row, |row, (column, value)| row.with(column, value.clone()));
        self.push([gone, row]);
    }

    fn random(&mut self) {
        let (title, holder) = self.whole("");
        match self.people.random().below(10) {
            0 => {
                let second = self.holder("", &title, 2);
                self.push([second]);
            }
            1 => self.correct(&title, "", &[("zl", "更正路1号".into())]),
            2 => {
                let end = self.next(&holder, "").with("sjyxbs", 0);
                self.push([end]);
            }
            3 => {
                let wrong = self.holder("", &title, 2).with("zjhm", "110101199001010000");
                self.push([wrong]);
            }
            4 => {
                let alone = self.title("");
                self.push([alone]);
            }
            5 => {
                let permit = self.permit("");
                self.push([permit]);
            }
            6 => {
                let gone = self.next(&title, "").with("sjyxbs", 0);
                self.push([gone]);
            }
            _ => {}
        }
    }
}

fn without(mut row: TableRow, column: &str) -> TableRow {
    row.columns.remove(column);
    row
}

fn waiting(all: &mut Titles) {
    let title = all.title("without any holder");
    all.cast.insert("waits", title.text("bdcqzh"));
    all.push([title]);
    let (title, first) = all.whole("with a holder");
    all.cast.insert("found", title.text("bdcqzh"));
    all.cast.insert("found unit", title.text("bdcdyh"));
    let second = all.holder("a holder that comes later", &title, 2);
    all.cast.insert("second holder", second.text("zjhm"));
    all.cast.insert("first holder", first.text("zjhm"));
    all.push([second]);
    let title = all.title("before its title");
    let (one, two) = (all.holder("before its title", &title, 1), all.holder("before its title, second", &title, 2));
    all.push([one, two, title.labelled("after its holders")]);
    let title = all.title("its only holder is wrong");
    let holder = all.holder("the only holder, wrong", &title, 1).with("zjhm", "110101199001010000");
    all.push([title.clone(), holder]);
    let right = all.holder("the only holder, right at last", &title, 1);
    all.push([right]);
}

fn corrections(all: &mut Titles) {
    let (title, holder) = all.whole("to be corrected");
    all.cast.insert("corrected holder", holder.text("zjhm"));
    all.correct(
        &title,
        "corrected",
        &[("zl", "更正路2号".into()), ("bdcqzh", "京（2021）东不动产权第9000001号".into())],
    );
    let (title, _) = all.whole("to be taken back for good");
    let gone = all.next(&title, "taken back for good").with("sjyxbs", 0);
    all.cast.insert("taken back", title.text("bdcqzh"));
    all.push([gone]);
    let (title, _) = all.whole("to be taken back");
    let gone = all.next(&title, "taken back").with("sjyxbs", 0);
    all.push([gone]);
    let again = all.next(&title, "valid again, with its holder").with("zl", "又一路");
    all.push([again]);
    all.cast.insert("valid again", title.text("bdcqzh"));
    let (title, _) = all.whole("to become history");
    let history = all.next(&title, "history").with("qszt", 2);
    all.cast.insert("history", title.text("bdcqzh"));
    all.push([history]);
    let (title, _) = all.whole("to come again");
    let again = all.next(&title, "nothing new");
    all.push([again]);
}

/// A transaction with a smaller number commits after a larger one was read.
fn late(all: &mut Titles) {
    let title = all.title("the smaller number");
    let newer = all.next(&title, "the larger number").with("zl", "新路");
    let holder = all.holder("of both", &title, 1);
    all.push([newer.clone(), holder.clone(), title.clone().labelled("the smaller number, late")]);
    let (title, _) = all.whole("to be invalidated late");
    let gone = all.next(&title, "invalidates late").with("sjyxbs", 0);
    let newest = all.next(&title, "newest, before its invalidation").with("zl", "最新路");
    all.push([newest, gone]);
    let title = all.title("whose holder is late");
    let old = all.holder("the holder's older row, late", &title, 1);
    let new = all.next(&old, "the holder's newer row").with("qlrmc", "新名");
    all.push([title, new, old]);
    let title = all.title("whose holder ended early");
    let (kept, old) = (all.holder("who stays", &title, 1), all.holder("begins late", &title, 2));
    let end = all.next(&old, "ends early").with("sjyxbs", 0);
    all.push([title, kept, end, old]);
}

fn holders_end(all: &mut Titles) {
    let (title, first) = all.whole("two holders, one ends");
    let second = all.holder("who ends", &title, 2);
    let end = all.next(&second, "ends").with("sjyxbs", 0);
    all.cast.insert("ended", second.text("zjhm"));
    all.cast.insert("stays", first.text("zjhm"));
    all.push([second, end]);
    let (title, holder) = all.whole("the last holder ends");
    let end = all.next(&holder, "the last ends").with("sjyxbs", 0);
    all.cast.insert("without holders", title.text("bdcqzh"));
    all.push([end]);
    let (title, holder) = all.whole("the last holder ends, another comes");
    let end = all.next(&holder, "the last ends for a while").with("sjyxbs", 0);
    let new = all.holder("another comes", &title, 2);
    all.cast.insert("new owner", new.text("zjhm"));
    all.cast.insert("former owner", holder.text("zjhm"));
    all.push([end, new]);
    let (_, holder) = all.whole("to be sold");
    let end = all.next(&holder, "sold: ends").with("sjyxbs", 0).with("zjhm", "");
    all.push([end]);
}

fn kinds(all: &mut Titles) {
    let kinds = [
        ("a unit", "001", "91110000600037341L"),
        ("another organisation", "099", "ORG1"),
        ("an officer", "114", "军字第12345号"),
        ("a soldier", "118", "SB123456"),
        ("a passport", "414", "E12345678"),
        ("Taiwan", "511", "12345678"),
        ("Hong Kong", "516", "H12345678"),
        ("another person", "999", "X-1"),
        ("15 digits", "111", "110105491231002"),
        ("a small x", "111", "11010519491231002x"),
        ("full width", "111", "\u{3000}１１０１０５１９４９１２３１００２Ｘ"),
        ("no kind, a citizen", "", "440524188001010014"),
        ("no kind, a unit", "", "91350100M000100Y43"),
        ("no kind, Macao", "", "M12345678"),
        ("no kind, Taiwan", "", "87654321"),
        ("no kind, Macao residence permit", "", "820000199001010029"),
        ("no kind, another shape", "", "AB-77"),
        ("unknown kind, a citizen", "777", "360426199101010071"),
        ("unknown kind, a unit", "1", "91110000600037341L"),
    ];
    for (label, kind, number) in kinds {
        let title = all.title(label);
        let holder = all.holder(label, &title, 1).with("zjlx", kind).with("zjhm", number);
        all.push([title, holder]);
    }
    let title = all.title("kind is null");
    let holder = all.holder("kind is null", &title, 1).with("zjlx", Value::Null);
    all.push([title, holder]);
}

fn refused(all: &mut Titles) {
    let (title, _) = all.whole("with refused holders");
    let cases = [
        ("wrong check", "111", "110101199001010000"),
        ("wrong day", "111", "110101199002300017"),
        ("masked", "111", "110101********0014"),
        ("missing", "111", ""),
        ("blank", "414", " "),
        ("wrong unit", "001", "91110000600037341A"),
        ("no kind, a wrong citizen", "", "110101199001010000"),
        ("no kind, a wrong unit", "", "91110000600037341A"),
        ("unknown kind, a wrong citizen", "777", "110101199001010000"),
    ];
    for (place, (label, kind, number)) in cases.into_iter().enumerate() {
        let holder = all.holder(label, &title, 2 + place as u64).with("zjlx", kind).with("zjhm", number);
        all.push([holder]);
    }
    let last = all.holder("the title keeps the others", &title, 20);
    all.push([last]);
    let rows = [("a title without a key", "dfsjzj", " "), ("a title without a number", "bdcqzh", " ")];
    for (label, column, value) in rows {
        let row = all.title(label).with(column, value);
        all.push([row]);
    }
    let holder = all.holder("a holder without a key", &title, 1).with("dfsjzj", "");
    all.push([holder]);
}

fn values(all: &mut Titles) {
    let changes: [(&'static str, &str, Value); 13] = [
        ("no area", "mj", Value::Null),
        ("an area in words", "mj", "详见附记".into()),
        ("an area alone", "mj", "120.50".into()),
        ("an area without a point", "mj", "宗地面积200㎡/房屋建筑面积85.12㎡".into()),
        ("no unit number", "bdcdyh", Value::Null),
        ("no place", "zl", "".into()),
        ("blanks around a place", "zl", "\u{3000}示例路1号 ".into()),
        ("full width in a place", "zl", "示例路１２号Ａ座".into()),
        ("half brackets", "bdcqzh", "京(2020)东不动产权第8000001号".into()),
        ("full brackets", "bdcqzh", "京（2020）东不动产权第8000002号".into()),
        ("mixed brackets and blanks", "bdcqzh", " 京（2020)东不动产权第 8000003 号\u{3000}".into()),
        ("no day", "djsj", Value::Null),
        ("parts of a second", "djsj", "2020-02-29 23:59:59.999999".into()),
    ];
    for (label, column, value) in changes {
        let title = all.title(label).with(column, value);
        let holder = all.holder(label, &title, 1);
        all.push([title, holder]);
    }
    let title = all.title("holders out of order");
    let rows = [3, 1, 10, 2].map(|place| all.holder("out of order", &title, place));
    all.push([title]);
    all.push(rows);
    let (_, holder) = all.whole("one person holds two");
    let other = all.title("the other title");
    let same = all.holder("the same person", &other, 1).with("zjhm", holder.text("zjhm"));
    all.cast.insert("holds two", holder.text("zjhm"));
    all.push([other, same]);
}

fn identifiers(all: &mut Titles) {
    let begin = "1.2.156.3005.2.11100000MB03271699001.11110000000021135M";
    let cases = [
        ("conforming", format!("{begin}.0000000001.001.N")),
        ("conforming with letters", format!("{begin}.DEMO0000000000000001.001.B")),
        ("legacy", LEGACY[0].to_owned()),
        ("legacy with letters", LEGACY[1].to_owned()),
        ("wrong", format!("{begin}.0000000001.001.A")),
        ("wrong with letters", format!("{begin}.DEMO0000000000000001.001.C")),
    ];
    for (label, identifier) in cases {
        let title = all.title(label).with("ZZBS", identifier);
        let holder = all.holder(label, &title, 1);
        all.push([title, holder]);
    }
}

fn permits(all: &mut Titles) {
    let row = all.permit("a permit");
    all.cast.insert("developer", row.text("jsdwdm"));
    all.cast.insert("permit", row.text("xkzbh"));
    all.push([row]);
    let row = all.permit("a permit to be corrected");
    all.push([row.clone()]);
    all.correct(&row, "a permit corrected", &[("jswz", "更正路".into())]);
    let row = all.permit("a permit under a wrong number");
    all.push([row.clone()]);
    all.correct(&row, "a permit under its right number", &[("xkzbh", "建字第110101999999999号".into())]);
    let row = all.permit("a permit to be taken back");
    let gone = all.next(&row, "a permit taken back").with("sjyxbs", 0);
    all.cast.insert("permit taken back", row.text("xkzbh"));
    all.push([row, gone]);
    let row = all.permit("a permit, the smaller number");
    let newer = all.next(&row, "a permit, the larger number").with("jswz", "新路");
    all.push([newer, row]);
    let row = all.permit("a permit twice");
    let again = all.next(&row, "a permit twice, nothing new");
    all.push([row, again]);
    let brackets = all.permit("a permit with brackets").with("xkzbh", "建字第（2020）12号");
    all.push([brackets]);
    let changes: [(&'static str, &str, Value); 10] = [
        ("no developer", "jsdwdm", "".into()),
        ("developer is null", "jsdwdm", Value::Null),
        ("a wrong developer", "jsdwdm", "91110000600037341A".into()),
        ("a masked developer", "jsdwdm", "9111********37341L".into()),
        ("a developer with blanks", "jsdwdm", "91110000600037341l  ".into()),
        ("a permit without number", "xkzbh", " ".into()),
        ("a permit without key", "dfsjzj", "".into()),
        ("a permit without area", "jzmj", Value::Null),
        ("a permit without day", "fzrq", Value::Null),
        ("a permit without project", "xmdm", Value::Null),
    ];
    for (label, column, value) in changes {
        let row = all.permit(label).with(column, value);
        all.push([row]);
    }
}
