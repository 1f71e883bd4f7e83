//! Against a real server, with short limits.

use super::{Limits, SerialSource};
use crate::{Surroundings, test_kit::Postgres};
use adapter_sdk::{
    IntakeError,
    source::{Batch, Known, RowFate, Settled, Source, SourceError},
    transport::{Column, DatabaseSettings, SerialTable},
};
use chrono::DateTime;
use domain::{Language, ManualClock};
use std::{collections::HashSet, sync::Arc, time::Duration};

const COLUMNS: &[Column] = &[
    Column { name: "lsh", required: true },
    Column { name: "dfsjzj", required: true },
    Column { name: "djsj", required: false },
    Column { name: "zzbs", required: false },
    Column { name: "nowhere", required: false },
];
const PERMIT_COLUMNS: &[Column] = &[
    Column { name: "lsh", required: true },
    Column { name: "jzmj", required: true },
    Column { name: "fzrq", required: true },
];
const TABLES: &[SerialTable] = &[table("spgl_bdcqz", COLUMNS), table("spgl_jsgcghxkz", PERMIT_COLUMNS)];

const fn table(table: &'static str, columns: &'static [Column]) -> SerialTable {
    SerialTable { table, serial: "lsh", columns, status: "sjsczt", reason: "sbyy", longest: 20 }
}

/// What a runner remembers of rows.
#[derive(Default)]
struct Remembered {
    done: HashSet<String>,
    is_restored: bool,
}

impl Known for Remembered {
    fn is_done(&self, id: &str) -> Result<bool, IntakeError> {
        Ok(self.done.contains(id))
    }

    fn is_restored(&self) -> bool {
        self.is_restored
    }

    fn kept(&self, _name: &str) -> Result<Option<Vec<u8>>, IntakeError> {
        Ok(None)
    }

    fn all_kept(&self, _prefix: &str) -> Result<Vec<(String, Vec<u8>)>, IntakeError> {
        Ok(Vec::new())
    }
}

struct Front {
    server: Postgres,
    clock: Arc<ManualClock>,
}

impl Front {
    fn start() -> Option<Self> {
        let server = Postgres::start().map_err(|skip| eprintln!("{skip}")).ok()?;
        let clock = Arc::new(ManualClock::at(DateTime::from_timestamp(1_767_225_600, 0).unwrap()));
        Some(Self { server, clock })
    }

    fn source(&self) -> SerialSource {
        self.source_by(&self.server.settings(), Language::English)
    }

    fn source_by(&self, settings: &DatabaseSettings, language: Language) -> SerialSource {
        let limits = Limits {
            connect: Duration::from_millis(500),
            statement: Duration::from_millis(500),
            lock: Duration::from_millis(200),
        };
        let around = Surroundings { clock: self.clock.clone(), language };
        let mut source = SerialSource::within(TABLES, settings, &around, limits).unwrap();
        source.open(None).unwrap();
        source
    }

    fn titles(&self, count: u32) {
        self.server.execute(&format!(
            "INSERT INTO spgl_bdcqz (rowguid, dfsjzj, xzqhdm, bdcqzh, djsj, ZZBS) \
             SELECT 'g', 'D' || n, '330106', '号', '2020-03-04 10:11:12.5', CASE n WHEN 1 THEN 'a\"b' END \
             FROM generate_series(1, {count}) n"
        ));
    }
}

fn next(source: &mut SerialSource, known: &Remembered) -> Result<Batch, SourceError> {
    source.next(known, &|| false)
}

/// Ids of all rows up to the end of the poll.
fn poll(source: &mut SerialSource, known: &Remembered) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let batch = next(source, known).unwrap();
        ids.extend(batch.rows.into_iter().filter_map(|row| row.mark).map(|mark| mark.id));
        if batch.end {
            return ids;
        }
    }
}

fn away(result: Result<impl std::fmt::Debug, SourceError>) -> String {
    match result {
        Err(SourceError::Away { message, .. }) => message,
        other => panic!("not away: {other:?}"),
    }
}

fn refused(result: Result<impl std::fmt::Debug, SourceError>) -> String {
    match result {
        Err(SourceError::Refused { message }) => message,
        other => panic!("not refused: {other:?}"),
    }
}

fn settled(serial: i64, fate: RowFate) -> Settled {
    Settled { id: format!("spgl_bdcqz/{serial}"), receipt: Vec::new(), fate }
}

#[test]
fn rows_are_given_out_as_objects_of_their_columns() {
    let Some(front) = Front::start() else { return };
    front.titles(2);
    front.server.execute(
        "INSERT INTO spgl_jsgcghxkz (rowguid, dfsjzj, xkzbh, jzmj, fzrq) VALUES ('g', 'P', 'x', 12345.6, '2026-01-31')",
    );
    let mut source = front.source();
    let batch = next(&mut source, &Remembered::default()).unwrap();
    let texts: Vec<_> = batch.rows.iter().map(|row| String::from_utf8_lossy(&row.bytes).into_owned()).collect();
    assert_eq!(
        texts,
        [
            r#"{"dfsjzj":"D1","djsj":"2020-03-04 10:11:12.5","lsh":1,"zzbs":"a\"b"}"#,
            r#"{"dfsjzj":"D2","djsj":"2020-03-04 10:11:12.5","lsh":2,"zzbs":null}"#
        ]
    );
    assert_eq!((batch.rows[0].kind.as_str(), batch.end), ("spgl_bdcqz", false));
    let batch = next(&mut source, &Remembered::default()).unwrap();
    assert_eq!(batch.rows[0].bytes, br#"{"fzrq":"2026-01-31","jzmj":"12345.60","lsh":1}"#);
    let known = Remembered {
        done: ["spgl_bdcqz/1", "spgl_bdcqz/2", "spgl_jsgcghxkz/1"].map(str::to_owned).into(),
        ..Default::default()
    };
    let batch = next(&mut source, &known).unwrap();
    assert!(batch.end && batch.rows.is_empty() && batch.as_of.is_some());
}

#[test]
fn numbers_that_were_skipped_are_looked_for_from_the_kept_position() {
    let Some(front) = Front::start() else { return };
    front.titles(5);
    front.server.execute("DELETE FROM spgl_bdcqz WHERE lsh IN (1, 3, 4)");
    let mut source = front.source();
    let mut position = None;
    loop {
        let known =
            Remembered { done: ["spgl_bdcqz/2", "spgl_bdcqz/5"].map(str::to_owned).into(), ..Default::default() };
        let batch = next(&mut source, &known).unwrap();
        position = batch.position.or(position);
        if batch.end {
            break;
        }
    }
    front.server.execute("UPDATE spgl_bdcqz SET sjsczt = 1");
    front.server.execute(
        "INSERT INTO spgl_bdcqz (lsh, rowguid, dfsjzj, xzqhdm, bdcqzh) VALUES (4, 'g', 'late', '330106', '号')",
    );
    source.open(position.as_deref()).unwrap();
    let known = Remembered { done: ["spgl_bdcqz/4".to_owned()].into(), ..Default::default() };
    assert_eq!(poll(&mut source, &known), ["spgl_bdcqz/4"]);
    assert_eq!(poll(&mut source, &known), [""; 0]);
}

#[test]
fn the_round_over_the_table_meets_only_new_rows_that_nobody_knows() {
    let Some(front) = Front::start() else { return };
    front.titles(4);
    front.server.execute("UPDATE spgl_bdcqz SET sjsczt = 1 WHERE lsh <> 2");
    let mut source = front.source();
    let known = Remembered { done: ["spgl_bdcqz/2".to_owned()].into(), ..Default::default() };
    assert_eq!(poll(&mut source, &known), ["spgl_bdcqz/2"]);
    front.server.execute("UPDATE spgl_bdcqz SET sjsczt = 0 WHERE lsh IN (1, 3)");
    assert_eq!(poll(&mut source, &known), [""; 0]);
    front.clock.advance(chrono::Duration::minutes(11));
    assert_eq!(poll(&mut source, &known), ["spgl_bdcqz/1", "spgl_bdcqz/3"]);
}

#[test]
fn after_a_loss_of_state_rows_taken_in_are_read_once_more() {
    let Some(front) = Front::start() else { return };
    front.titles(3);
    front.server.execute("UPDATE spgl_bdcqz SET sjsczt = lsh - 1");
    let known = Remembered { is_restored: true, done: ["spgl_bdcqz/1".to_owned()].into() };
    assert_eq!(poll(&mut front.source(), &known), ["spgl_bdcqz/1", "spgl_bdcqz/2"]);
}

#[test]
fn status_and_reason_are_written_to_new_rows_alone() {
    let Some(front) = Front::start() else { return };
    front.titles(3);
    front.server.execute("UPDATE spgl_bdcqz SET sjsczt = 1 WHERE lsh = 3");
    let rejected = |serial| {
        let [rule, field, message] = ["a.b", "c", "一二三四五六七八九十一二三四五六七八九十"].map(str::to_owned);
        settled(serial, RowFate::Rejected { rule, field, message })
    };
    let told = [settled(1, RowFate::Unchanged), rejected(2), rejected(3), settled(9, RowFate::Skipped)];
    let mut source = front.source();
    for _ in 0..2 {
        source.settle(&told).unwrap();
    }
    let rows = front.server.query("SELECT sjsczt, sbyy FROM spgl_bdcqz ORDER BY lsh");
    assert_eq!(rows, [["1", ""], ["2", "a.b c: 一二三四五六七八九十一二三"], ["1", ""]]);
}

#[test]
fn a_locked_table_a_cut_connection_and_a_server_that_is_away_are_waited_for() {
    let Some(mut front) = Front::start() else { return };
    front.titles(1);
    let known = Remembered::default();
    let mut source = front.source();
    let mut session = front.server.session();
    session.execute("BEGIN; LOCK TABLE spgl_bdcqz IN ACCESS EXCLUSIVE MODE");
    assert!(away(next(&mut source, &known)).contains("lock"));
    session.execute("ROLLBACK; BEGIN; UPDATE spgl_bdcqz SET zl = 'x'");
    assert!(away(source.settle(&[settled(1, RowFate::Unchanged)])).contains("lock"));
    session.execute("ROLLBACK");
    assert_eq!(next(&mut source, &known).unwrap().rows.len(), 1);
    front.server.cut();
    away(next(&mut source, &known));
    front.server.freeze();
    assert!(away(next(&mut source, &known)).contains("127.0.0.1"));
    front.server.thaw();
    drop(session);
    front.server.stop();
    assert!(away(next(&mut source, &known)).contains("127.0.0.1"));
    front.server.start_again();
    source.open(None).unwrap();
    assert_eq!(next(&mut source, &known).unwrap().rows.len(), 1);
}

#[test]
fn rights_columns_and_accounts_are_told_with_what_to_do() {
    let Some(front) = Front::start() else { return };
    let known = Remembered::default();
    front.server.execute("REVOKE ALL ON spgl_bdcqz FROM gateway");
    assert!(refused(next(&mut front.source(), &known)).contains("SELECT"));
    front.server.execute("GRANT SELECT ON spgl_bdcqz TO gateway");
    front.titles(1);
    assert!(refused(front.source().settle(&[settled(1, RowFate::Unchanged)])).contains("UPDATE"));
    front.server.execute("ALTER TABLE spgl_jsgcghxkz RENAME jzmj TO mj");
    assert!(refused(next(&mut front.source(), &known)).contains("`jzmj`"));
    front.server.execute("ALTER TABLE spgl_jsgcghxkz RENAME TO other");
    assert!(refused(next(&mut front.source(), &known)).contains("`spgl_jsgcghxkz`"));
    let stranger = DatabaseSettings { user: "stranger".to_owned(), ..front.server.settings() };
    assert!(refused(next(&mut front.source_by(&stranger, Language::English), &known)).contains("password_file"));
    let elsewhere = DatabaseSettings { url: front.server.url() + "x", ..front.server.settings() };
    assert!(refused(next(&mut front.source_by(&elsewhere, Language::English), &known)).contains("`url`"));
}

#[test]
fn a_check_says_what_to_mend() {
    let Some(mut front) = Front::start() else { return };
    let fixes = |source: &mut SerialSource| -> Vec<(&'static str, Option<String>)> {
        source.check().into_iter().map(|finding| (finding.what, finding.fix)).collect()
    };
    front.clock.set(chrono::DateTime::from_timestamp(1_000_000_000, 0).unwrap());
    let found = fixes(&mut front.source());
    let whats: Vec<_> = found.iter().map(|(what, fix)| (*what, fix.is_none())).collect();
    assert_eq!(
        whats,
        [("database.reachable", true), ("table.rights", true), ("table.rights", true), ("database.clock", false)]
    );
    assert!(found[3].1.as_ref().unwrap().contains("min apart"));
    front.server.execute("REVOKE UPDATE (sbyy) ON spgl_bdcqz FROM gateway; DROP TABLE spgl_jsgcghxkz");
    let found = fixes(&mut front.source_by(&front.server.settings(), Language::Chinese));
    assert!(
        found[1]
            .1
            .as_ref()
            .unwrap()
            .contains("请部门执行：GRANT UPDATE (sjsczt, sbyy) ON public.spgl_bdcqz TO \"gateway\";")
    );
    assert!(found[2].1.as_ref().unwrap().contains("没有表"));
    front.server.stop();
    let found = fixes(&mut front.source_by(&front.server.settings(), Language::Chinese));
    assert!(found[0].1.as_ref().unwrap().starts_with("无法连接数据库"));
}

#[test]
fn settings_that_cannot_be_used_are_refused_in_words() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let settings = |url: &str| DatabaseSettings {
        url: url.to_owned(),
        user: "u".to_owned(),
        password_file: file.path().to_owned(),
        ca: None,
    };
    let around = Surroundings {
        clock: Arc::new(ManualClock::at(DateTime::from_timestamp(0, 0).unwrap())),
        language: Language::English,
    };
    let problem =
        |settings: &DatabaseSettings| SerialSource::new(TABLES, settings, &around).err().map(|e| e.to_string());
    assert_eq!(problem(&settings("postgres://h:1/d")), None);
    for bad in ["", "h:1/d", "mysql://h/d", "postgres://h:1", "postgres://h:x/d"] {
        assert!(problem(&settings(bad)).unwrap().contains("postgres://host"), "{bad}");
    }
    assert!(problem(&settings("postgres://me:secret@h/d")).unwrap().contains("password_file"));
    let gone = DatabaseSettings { password_file: "/nowhere".into(), ..settings("postgres://h/d") };
    assert!(problem(&gone).unwrap().contains("/nowhere"));
}
