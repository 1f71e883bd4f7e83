//! The tax bureau's list of changes.
use super::{Cast, People};
use crate::numbers::organisation_check;
use serde_json::{Value, json};

/// An answer of `/dj/changes`.
#[derive(Debug, Clone)]
pub struct Page {
    /// Name of the file that it is saved in.
    pub name: String,
    /// Its bytes.
    pub text: String,
    /// What each row is there for, its text, and where it begins.
    pub rows: Vec<(&'static str, String, usize)>,
}

/// Rows in the order of the list.
#[derive(Debug)]
pub struct Taxes {
    /// What each is there for, and its text.
    pub rows: Vec<(&'static str, String)>,
    /// Identifiers worth asking for.
    pub cast: Cast,
    people: People,
}

/// `enterprises` enterprises with their registrations, and every trap of the page.
#[must_use]
pub fn story(seed: u64, enterprises: usize) -> Taxes {
    let mut all = Taxes { rows: Vec::new(), cast: Cast::new(), people: People::new(seed) };
    for traps in [registrations, orders, numbers, representatives, values] {
        traps(&mut all);
    }
    (0..enterprises).for_each(|_| all.enterprise());
    all
}

impl Taxes {
    /// The saved answers, of so many rows each.
    #[must_use]
    pub fn pages(&self, size: usize) -> Vec<Page> {
        let chunks = self.rows.chunks(size);
        let last = chunks.len();
        let page = |(number, rows)| page(number, number + 1 < last, rows);
        chunks.enumerate().map(page).collect()
    }

    /// A few more enterprises.
    pub fn more(&mut self, enterprises: usize) -> Vec<String> {
        let from = self.rows.len();
        (0..enterprises).for_each(|_| self.enterprise());
        self.rows[from..].iter().map(|(_, text)| text.clone()).collect()
    }

    fn row(&mut self) -> Value {
        let serial = self.people.serial();
        let uscc = self.people.uscc();
        let (name, number) = (self.people.name(), self.people.citizen(true));
        let state = self.people.random().pick(&["03", "04", "05", "06", "07", "08"]);
        json!({
            "DJXH": format!("1011320100{serial:010}"), "NSRSBH": uscc, "SHXYDM": uscc, "NSRMC": format!("示例{serial}有限公司"),
            "NSRZT_DM": state, "DJZCLX_DM": "173", "HY_DM": "6513", "DJRQ": "2015-06-01",
            "ZGSWJG_MC": "国家税务总局北京市东城区税务局", "FDDBRXM": name, "FDDBRSFZJHM": number, "YXBZ": "Y",
            "LRRQ": "2026-11-01 03:00:00", "XGRQ": format!("2026-11-01 {:02}:{:02}:{:02}", 3 + serial / 3600 % 20, serial / 60 % 60, serial % 60),
        })
    }

    fn put(&mut self, label: &'static str, row: &Value) {
        self.rows.push((label, row.to_string()));
    }

    fn changed(&mut self, label: &'static str, changes: &[(&str, Value)]) {
        let mut row = self.row();
        for (name, value) in changes {
            row[*name] = value.clone();
        }
        self.put(label, &row);
    }

    fn enterprise(&mut self) {
        let row = self.row();
        self.put("", &row);
        match self.people.random().below(8) {
            0 => self.put("", &row),
            1 => self.put("", &with(&with(&row, "XGRQ", "2026-11-02 03:00:00"), "NSRZT_DM", "07")),
            2 => self.put("", &with(&with(&row, "XGRQ", "2026-11-02 03:00:00"), "YXBZ", "N")),
            3 => {
                let branch = self.row();
                self.put("", &with(&with(&branch, "SHXYDM", text(&row, "SHXYDM")), "NSRSBH", text(&row, "SHXYDM")));
            }
            4 => self.changed("", &[("SHXYDM", "91110000600037341A".into())]),
            _ => {}
        }
    }
}

/// An answer, and where its rows stand in it.
fn page(number: usize, more: bool, rows: &[(&'static str, String)]) -> Page {
    let mut text = format!(r#"{{"code":"00","message":"","data":{{"next":"c{number}","more":{more},"rows":["#);
    let mut placed = Vec::new();
    for (label, row) in rows {
        text.push_str(if placed.is_empty() { "" } else { ",\n " });
        placed.push((*label, row.clone(), text.len()));
        text.push_str(row);
    }
    text.push_str("]}}");
    Page { name: format!("changes-{number:03}.json"), text, rows: placed }
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

fn with(row: &Value, name: &str, value: &str) -> Value {
    let mut row = row.clone();
    row[name] = value.into();
    row
}

fn registrations(all: &mut Taxes) {
    let head = all.row();
    let uscc = text(&head, "SHXYDM").to_owned();
    all.put("head office", &with(&head, "XGRQ", "2026-11-01 09:00:00"));
    for (label, time) in [("a branch", "2026-11-01 11:00:00"), ("an old registration", "2026-11-01 07:00:00")] {
        let row = all.row();
        let row = with(&with(&row, "SHXYDM", &uscc), "NSRSBH", &uscc);
        all.put(label, &with(&row, "XGRQ", time));
    }
    all.cast.insert("several", uscc);
    let row = all.row();
    all.put("to be withdrawn", &row);
    all.put("withdrawn", &with(&with(&row, "YXBZ", "N"), "XGRQ", "2026-11-02 09:00:00"));
    all.cast.insert("withdrawn", text(&row, "SHXYDM").to_owned());
    let row = all.row();
    all.put("withdrawn, never seen", &with(&row, "YXBZ", "N"));
}

fn orders(all: &mut Taxes) {
    let row = with(&all.row(), "XGRQ", "2026-11-01 12:00:00");
    all.put("in the middle", &row);
    all.put("older", &with(&with(&row, "XGRQ", "2026-11-01 11:59:59"), "NSRMC", "旧名"));
    all.put("the same again", &row);
    all.put("of the same time, other content", &with(&row, "NSRMC", "同时"));
    all.put("nothing new, later", &with(&with(&row, "NSRMC", "同时"), "XGRQ", "2026-11-01 12:30:00"));
    all.put("between what was seen", &with(&with(&row, "NSRMC", "之间"), "XGRQ", "2026-11-01 12:15:00"));
    all.put("newer", &with(&with(&row, "NSRMC", "新名"), "XGRQ", "2026-11-01 13:00:00"));
    all.cast.insert("renamed", text(&row, "SHXYDM").to_owned());
}

fn numbers(all: &mut Taxes) {
    let first8 = "60003799";
    let code = format!("{first8}{}", organisation_check(first8));
    let old = format!("110101{code}");
    all.changed("the old number", &[("NSRSBH", old.clone().into()), ("SHXYDM", Value::Null)]);
    all.changed("the old number, empty code", &[("NSRSBH", old.clone().into()), ("SHXYDM", "".into())]);
    all.cast.insert("organisation code", code);
    all.cast.insert("old number", old.clone());
    all.changed("the old number beside the code", &[("NSRSBH", old.into())]);
    all.changed("the code alone", &[("NSRSBH", Value::Null)]);
    all.changed("the taxpayer's number alone", &[("SHXYDM", Value::Null)]);
    let inner = all.people.uscc_with_wrong_inner();
    all.changed("wrong inner check", &[("NSRSBH", inner.clone().into()), ("SHXYDM", inner.into())]);
    let uscc = all.people.uscc();
    all.changed(
        "blanks and small letters",
        &[("SHXYDM", format!("{}  ", uscc.to_lowercase()).into()), ("NSRSBH", uscc.into())],
    );
    all.changed("neither", &[("NSRSBH", Value::Null), ("SHXYDM", Value::Null)]);
    all.changed("neither, blank", &[("NSRSBH", " ".into()), ("SHXYDM", "\u{3000}".into())]);
    let wrong = "91110000600037341A";
    all.changed("wrong check", &[("NSRSBH", wrong.into()), ("SHXYDM", wrong.into())]);
    let masked = "9111********37341L";
    all.changed("masked", &[("NSRSBH", masked.into()), ("SHXYDM", masked.into())]);
    all.changed("no key", &[("DJXH", Value::Null)]);
    all.changed("a blank key", &[("DJXH", "  ".into())]);
}

fn representatives(all: &mut Taxes) {
    for (label, number) in [
        ("a wrong citizen number", "110101199001010000"),
        ("a citizen number of no day", "110101199002300017"),
        ("a passport", "E12345678"),
        ("a small x", "11010519491231002x"),
        ("15 digits", "110105491231002"),
        ("Hong Kong", "H12345678"),
        ("Taiwan", "12345678"),
        ("Hong Kong residence permit", "810000199001010019"),
        ("masked", "110101********0014"),
        ("no number", ""),
    ] {
        all.changed(label, &[("FDDBRSFZJHM", number.into())]);
    }
    all.changed("nobody", &[("FDDBRSFZJHM", Value::Null), ("FDDBRXM", Value::Null)]);
}

fn values(all: &mut Taxes) {
    for (label, name, value) in [
        ("unknown state", "NSRZT_DM", "99"),
        ("no state", "NSRZT_DM", ""),
        ("another form of the day", "DJRQ", "20150601"),
        ("slashes", "DJRQ", "2015/6/1"),
        ("in Chinese", "DJRQ", "2015年6月1日"),
        ("no day of the calendar", "DJRQ", "2015-02-29"),
        ("an unknown day", "DJRQ", "19000101"),
        ("a blank day", "DJRQ", ""),
        ("a time of change that never was", "XGRQ", "2026-11-31 03:00:00"),
        ("no time of change", "XGRQ", ""),
        ("blanks around a name", "NSRMC", "\u{3000}示例 有限公司 "),
        ("text with brackets and quotes", "NSRMC", "示例\"}],{[\\有限公司"),
        ("an empty industry", "HY_DM", ""),
    ] {
        all.changed(label, &[(name, value.into())]);
    }
    for (label, text) in [
        ("a list in place of a row", "[1,2]"),
        ("a text in place of a row", "\"row\""),
        ("null in place of a row", "null"),
    ] {
        all.rows.push((label, text.to_owned()));
    }
    let row = all.row();
    let text = row.to_string().replacen('{', "{ \n  ", 1);
    all.rows.push(("with blanks inside", text));
}
