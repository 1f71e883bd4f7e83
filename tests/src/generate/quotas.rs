//! The transport department's change events.
use super::{Cast, People};
use serde_json::{Value, json};

/// Messages of the topic's only partition, in order.
#[derive(Debug)]
pub struct Quotas {
    /// What each is there for, and its text; `null` stands for a tombstone.
    pub messages: Vec<(&'static str, String)>,
    /// Identifiers worth asking for.
    pub cast: Cast,
    people: People,
    lsn: u64,
}

/// Somewhere above what a number of 53 bits holds.
const LSN: u64 = 9_007_199_254_740_993;

/// `quotas` quotas with their stories, and every trap of the page.
#[must_use]
pub fn story(seed: u64, quotas: usize) -> Quotas {
    let mut all = Quotas { messages: Vec::new(), cast: Cast::new(), people: People::new(seed), lsn: LSN };
    for traps in [lives, orders, moves, holders, values, refused] {
        traps(&mut all);
    }
    (0..quotas).for_each(|_| all.quota());
    all
}

impl Quotas {
    /// A few more quotas.
    pub fn more(&mut self, quotas: usize) -> Vec<(&'static str, String)> {
        let from = self.messages.len();
        (0..quotas).for_each(|_| self.quota());
        self.messages[from..].to_vec()
    }

    /// The text of every message.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().map(|(_, text)| text.as_str())
    }

    fn row(&mut self) -> Value {
        let serial = self.people.serial();
        let (name, number) = (self.people.name(), self.people.citizen(serial.is_multiple_of(2)));
        let kind = self.people.random().pick(&["普通", "新能源"]);
        let to = if self.people.random().below(2) == 0 { Value::Null } else { 20_818.into() };
        json!({
            "id": serial, "sqbm": format!("SQ{serial:012}"), "xm": name, "zjlx": "111", "zjhm": number, "zblx": kind,
            "zbbh": format!("ZB{serial:010}"), "yxqq": 20_000 + serial % 900, "yxqz": to, "zt": 1,
            "gxsj": 1_767_225_600_000_000_u64 + serial * 1_000_003,
        })
    }

    fn source(&mut self) -> Value {
        self.lsn += 1 + self.people.random().number() % 100;
        json!({ "connector": "postgresql", "table": "zb_info", "ts_ms": 1_790_000_000_000_u64 + self.lsn - LSN, "lsn": self.lsn })
    }

    fn event(&mut self, label: &'static str, op: &str, (before, after): (&Value, &Value)) -> Value {
        let source = self.source();
        let event =
            json!({ "before": before, "after": after, "source": source, "op": op, "ts_ms": 1_790_000_000_001_u64 });
        self.put(label, &event);
        event
    }

    fn put(&mut self, label: &'static str, event: &Value) {
        self.messages.push((label, event.to_string()));
    }

    fn create(&mut self, label: &'static str) -> Value {
        let row = self.row();
        self.event(label, "c", (&Value::Null, &row));
        row
    }

    fn name(&mut self, label: &'static str, row: &Value) {
        self.cast.insert(label, row["zjhm"].as_str().unwrap_or_default().to_owned());
    }

    fn quota(&mut self) {
        let op = self.people.random().pick(&["c", "r"]);
        let row = self.row();
        let event = self.event("", op, (&Value::Null, &row));
        let used = with(&row, "zt", 2.into());
        match self.people.random().below(8) {
            0 => self.put("", &event),
            1 | 2 => {
                self.event("", "u", (&row, &used));
            }
            3 => {
                self.event("", "d", (&row, &Value::Null));
                self.messages.push(("", "null".to_owned()));
            }
            4 => {
                let wrapped = json!({ "schema": { "type": "struct" }, "payload": event });
                self.put("", &wrapped);
            }
            5 => self.messages.push(("", "not json".to_owned())),
            _ => {}
        }
    }
}

fn with(row: &Value, column: &str, value: Value) -> Value {
    let mut row = row.clone();
    row[column] = value;
    row
}

fn without(event: &Value, member: &str) -> Value {
    let mut event = event.clone();
    if let Some(members) = event.as_object_mut() {
        members.remove(member);
    }
    event
}

fn lives(all: &mut Quotas) {
    let row = all.create("valid");
    all.name("valid", &row);
    all.cast.insert("application", row["sqbm"].as_str().unwrap_or_default().to_owned());
    let row = all.row();
    all.event("a row of the snapshot", "r", (&Value::Null, &row));
    for (state, label) in [(2, "used"), (3, "lapsed"), (4, "returned")] {
        let row = all.create("to change its state");
        all.name(label, &row);
        all.event(label, "u", (&row, &with(&row, "zt", state.into())));
    }
    let row = all.create("to be deleted");
    let gone = all.event("deleted", "d", (&row, &Value::Null));
    all.name("deleted", &row);
    all.messages.push(("tombstone", "null".to_owned()));
    all.put("deleted again", &gone);
    let row = all.create("to be deleted and made again");
    all.event("deleted for a while", "d", (&row, &Value::Null));
    all.messages.push(("tombstone", "null".to_owned()));
    all.event("made again", "c", (&Value::Null, &row));
    let truncated = json!({ "before": null, "after": null, "source": { "lsn": 1, "ts_ms": 1 }, "op": "t", "ts_ms": 1 });
    all.put("truncated", &truncated);
    let row = all.row();
    let event = json!({ "before": null, "after": row, "source": all.source(), "op": "c" });
    all.put("with the wrapper", &json!({ "schema": { "type": "struct", "fields": [] }, "payload": event }));
    let row = all.row();
    let event = json!({ "before": null, "after": row, "source": all.source(), "op": "c" });
    all.put("without the wrapper", &event);
}

fn orders(all: &mut Quotas) {
    let row = all.row();
    let first = all.event("first of two", "c", (&Value::Null, &row));
    let used = with(&row, "zt", 2.into());
    let second = all.event("second of two", "u", (&row, &used));
    all.put("first comes again", &first);
    all.put("second comes again", &second);
    let mut bare = without(&second, "source");
    bare["after"]["gxsj"] = 1_999_999_999_999_999_u64.into();
    bare["after"]["zt"] = 3.into();
    all.put("without lsn, never newer than one with", &bare);
    let row = all.row();
    let event = json!({ "before": null, "after": row, "op": "c" });
    all.put("without source", &event);
    let mut newer = event.clone();
    newer["after"]["gxsj"] = (row["gxsj"].as_u64().unwrap_or_default() + 1).into();
    newer["after"]["zt"] = 2.into();
    all.put("without source, newer", &newer);
    all.put("without source, older", &event);
    let mut old = event.clone();
    old["source"] = json!({ "lsn": 5, "ts_ms": 1 });
    old["after"]["zt"] = 4.into();
    all.put("with a small lsn after one without", &old);
    let gone = json!({ "before": row, "after": null, "op": "d", "source": { "ts_ms": 1_799_999_999_999_u64 } });
    all.put("deleted without lsn after one with", &gone);
    let row = all.row();
    all.put(
        "to be deleted without lsn",
        &json!({ "before": null, "after": row, "op": "c", "source": { "lsn": null } }),
    );
    let gone =
        json!({ "before": row, "after": null, "op": "d", "source": { "lsn": null, "ts_ms": 1_799_999_999_999_u64 } });
    all.put("deleted without lsn", &gone);
    let row = without(&all.row(), "gxsj");
    all.put("no version at all", &json!({ "before": null, "after": row, "op": "c", "source": { "ts_ms": 5 } }));
    let row = all.row();
    all.put("a deletion without any time", &json!({ "before": row, "after": null, "op": "d", "source": {} }));
}

fn moves(all: &mut Quotas) {
    let row = all.create("whose number changes");
    let moved = with(&row, "zbbh", "ZBMOVED00001".into());
    let event = all.event("its number changed", "u", (&row, &moved));
    all.name("moved", &row);
    all.put("its number changed, again", &event);
    let late =
        json!({ "before": row, "after": with(&row, "zt", 2.into()), "op": "u", "source": { "lsn": LSN, "ts_ms": 1 } });
    all.put("older than the move", &late);
    all.event("after the move", "u", (&moved, &with(&moved, "zt", 2.into())));
    let row = all.row();
    let moved = with(&row, "zbbh", "ZBMOVED00002".into());
    all.event("the move of one never seen", "u", (&row, &moved));
}

fn holders(all: &mut Quotas) {
    let kinds = [
        ("a passport", "414", "E12345678"),
        ("a diplomat", "411", "DE1234567"),
        ("an officer", "114", "军字第12345号"),
        ("Taiwan", "511", "12345678"),
        ("Hong Kong", "516", "H12345678"),
        ("another person", "999", "X-1"),
        ("another organisation", "099", "ORG1"),
        ("a unit", "001", "91110000600037341L"),
        ("no kind, a citizen", "", "11010519491231002X"),
        ("no kind, a unit", "", "91350100M000100Y43"),
        ("no kind, Hong Kong", "", "M1234567890"),
        ("no kind, Taiwan", "", "87654321"),
        ("no kind, Hong Kong residence permit", "", "810000199408230021"),
        ("no kind, another shape", "", "AB-77"),
        ("unknown kind, a citizen", "777", "440524188001010014"),
        ("a small x", "111", "11010519491231002x"),
        ("15 digits", "111", "110105491231002"),
        ("no kind, 15 digits", "", "110105491231002"),
        ("full width", "111", "\u{3000}１１０１０５１９４９１２３１００２Ｘ"),
        ("masked", "111", "110101********0014"),
        ("missing", "111", ""),
        ("blank", "111", " "),
        ("wrong check", "111", "110101199001010000"),
        ("wrong day", "111", "110101199002300017"),
        ("wrong unit", "001", "91110000600037341A"),
        ("no kind, a wrong citizen", "", "110101199001010000"),
        ("no kind, a wrong unit", "", "91110000600037341A"),
        ("no kind, masked", "", "91110000*********L"),
    ];
    for (label, kind, number) in kinds {
        let mut row = with(&with(&all.row(), "zjlx", kind.into()), "zjhm", number.into());
        if ["001", "099"].contains(&kind) {
            row = with(&row, "zblx", "单位".into());
        }
        all.event(label, "c", (&Value::Null, &row));
    }
    let row = with(&all.row(), "zjhm", Value::Null);
    all.event("null", "c", (&Value::Null, &row));
    let row = with(&all.row(), "zjlx", Value::Null);
    all.event("kind is null", "c", (&Value::Null, &row));
}

fn values(all: &mut Quotas) {
    let changes = [
        ("not yet used", "yxqz", Value::Null),
        ("no beginning", "yxqq", Value::Null),
        ("from 29 February", "yxqq", 11_016.into()),
        ("unknown kind", "zblx", "摩托车".into()),
        ("unknown state", "zt", 9.into()),
        ("no application", "sqbm", Value::Null),
        ("no name", "xm", Value::Null),
        ("a day in words", "yxqq", "soon".into()),
        ("no number of its own", "zbbh", Value::Null),
        ("a blank number of its own", "zbbh", "  ".into()),
        ("blanks around the number", "zbbh", " ZBBLANK0001 ".into()),
    ];
    for (label, column, value) in changes {
        let row = with(&all.row(), column, value);
        all.event(label, "c", (&Value::Null, &row));
    }
}

fn refused(all: &mut Quotas) {
    let row = all.row();
    let event = json!({ "before": null, "after": row, "source": all.source(), "op": "c" });
    all.put("no op", &without(&event, "op"));
    all.put("op is null", &with(&event, "op", Value::Null));
    all.put("no op inside the wrapper", &json!({ "schema": {}, "payload": without(&event, "op") }));
    for (label, text) in [
        ("no JSON", "{\"before\": null, \"after\""),
        ("text", "hello"),
        ("a list", "[1, 2]"),
        ("a number", "17"),
        ("a string", "\"c\""),
        ("an empty object", "{}"),
    ] {
        all.messages.push((label, text.to_owned()));
    }
    let none = json!({ "before": null, "after": null, "source": all.source(), "op": "c" });
    all.put("nothing after a creation", &none);
    all.put("the op is fine after all", &event);
}
