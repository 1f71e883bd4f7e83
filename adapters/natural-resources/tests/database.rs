//! The department's own database, read, published from and written back to.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod front;

use adapter_sdk::{IntakeError, source::SourceError};
use front::{Front, Hook, LI, ZHANG};

#[test]
fn a_title_waits_without_being_touched_and_a_late_holder_makes_a_new_version() {
    let Some(front) = Front::start() else { return };
    front.title("D1", "");
    front.step().unwrap();
    assert_eq!(front.statuses("spgl_bdcqz"), [["1", "0", ""]]);
    assert_eq!(front.counters().waiting, 1);
    front.holder("D1", 1, ZHANG);
    front.step().unwrap();
    front.holder("D1", 2, LI);
    front.step().unwrap();
    assert_eq!(front.holders_published(), [("D1".to_owned(), 1), ("D1".to_owned(), 2)]);
    assert_eq!(front.statuses("spgl_bdcqz"), [["1", "1", ""]]);
    assert_eq!(front.statuses("spgl_bdcqz_qlr"), [["1", "1", ""], ["2", "1", ""]]);
    let counters = front.counters();
    assert_eq!((counters.read, counters.published, counters.waiting), (3, 3, 0));
}

#[test]
fn a_title_with_all_its_holders_there_is_published_once() {
    let Some(front) = Front::start() else { return };
    front.title("D1", "");
    front.holder("D1", 1, ZHANG);
    front.holder("D1", 2, LI);
    front.step().unwrap();
    assert_eq!(front.holders_published(), [("D1".to_owned(), 2)]);
}

#[test]
fn a_row_whose_transaction_commits_after_a_larger_number_was_read_is_not_missed() {
    let Some(front) = Front::start() else { return };
    let mut slow = front.server.session();
    slow.execute("BEGIN");
    slow.execute(&Front::title_row("D1", ""));
    slow.execute(&Front::holder_row("D1", 1, ZHANG));
    front.title("D2", "");
    front.holder("D2", 1, LI);
    front.step().unwrap();
    front.step().unwrap();
    assert_eq!(front.holders_published(), [("D2".to_owned(), 1)]);
    slow.execute("COMMIT");
    // A process of its own: what was skipped is remembered.
    front.step().unwrap();
    assert_eq!(front.holders_published(), [("D2".to_owned(), 1), ("D1".to_owned(), 1)]);
    assert_eq!(front.statuses("spgl_bdcqz"), [["1", "1", ""], ["2", "1", ""]]);
}

#[test]
fn rejected_rows_are_told_why() {
    let Some(front) = Front::start() else { return };
    front.title("D1", "");
    front.holder("D1", 1, "110101199003078831");
    front.holder("D1", 2, LI);
    front.server.execute(
        "INSERT INTO spgl_jsgcghxkz (rowguid, dfsjzj, xkzbh, jsdw, jsdwdm) VALUES ('g', 'P1', '建字第1号', '某公司', '')",
    );
    front.step().unwrap();
    let told = front.statuses("spgl_bdcqz_qlr");
    assert_eq!((told[0][1].as_str(), told[1][1].as_str()), ("2", "1"));
    assert!(told[0][2].starts_with("citizen-id.checksum zjhm: 公民身份号码"), "{}", told[0][2]);
    assert!(front.statuses("spgl_jsgcghxkz")[0][2].starts_with("party.missing jsdwdm: "));
    assert_eq!(front.holders_published(), [("D1".to_owned(), 1)]);
    assert_eq!(front.counters().rejected, 2);
}

#[test]
fn a_crash_between_publishing_and_writing_back_neither_loses_nor_doubles() {
    let Some(front) = Front::start() else { return };
    front.title("D1", "");
    front.holder("D1", 1, ZHANG);
    front.holder("D1", 2, "110101199003078831");
    for told in ["spgl_bdcqz_qlr/2", "spgl_bdcqz/1"] {
        let failed = front.runner(Hook::dies_when_told(told)).step(&front::GoOn);
        assert!(matches!(failed, Err(IntakeError::Source(SourceError::Away { .. }))), "{failed:?}");
        assert_eq!(front.statuses("spgl_bdcqz"), [["1", "0", ""]]);
    }
    assert_eq!(front.holders_published().len(), 1);
    front.step().unwrap();
    front.step().unwrap();
    assert_eq!(front.statuses("spgl_bdcqz"), [["1", "1", ""]]);
    assert_eq!(front.statuses("spgl_bdcqz_qlr").map_status(), ["1", "2"]);
    assert_eq!(front.holders_published().len(), 1);
    let counters = front.counters();
    assert_eq!((counters.read, counters.published, counters.rejected), (3, 2, 1));
}

#[test]
fn a_server_that_dies_in_the_middle_and_a_connection_that_is_cut_lose_nothing() {
    let Some(front) = Front::start() else { return };
    front.many(3000);
    let server = front.shared();
    let died = front.runner(Hook::before_next(3, move || server.lock().unwrap().kill())).step(&front::GoOn);
    assert!(matches!(died, Err(IntakeError::Source(SourceError::Away { .. }))), "{died:?}");
    front.server.start_again();
    let server = front.shared();
    let mut runner = front.runner(Hook::before_next(2, move || server.lock().unwrap().cut()));
    assert!(runner.step(&front::GoOn).is_err());
    runner.step(&front::GoOn).unwrap();
    drop(runner);
    front.step().unwrap();
    assert_eq!(front.current().len(), 3000);
    assert!(front.current().values().all(|holders| *holders == 2));
    assert_eq!(front.server.query("SELECT count(*) FROM spgl_bdcqz WHERE sjsczt <> 1"), [["0"]]);
    assert_eq!(front.server.query("SELECT count(*) FROM spgl_bdcqz_qlr WHERE sjsczt <> 1"), [["0"]]);
    assert!(front.counters().adds_up());
}

#[test]
fn corrections_and_ends_go_through_the_tables() {
    let Some(front) = Front::start() else { return };
    front.title("D1", "");
    front.holder("D1", 1, ZHANG);
    front.step().unwrap();
    front.server.execute(
        "INSERT INTO spgl_bdcqz (rowguid, dfsjzj, xzqhdm, bdcqzh, sjyxbs) VALUES ('g', 'D1', '330106', '京(2020)东不动产权第0000001号', 0)",
    );
    front.title("D1", "2.1.1");
    front.step().unwrap();
    assert_eq!(front.newest("D1"), Some(1));
    front.server.execute("INSERT INTO spgl_bdcqz_qlr (dfsjzj, xh, sjyxbs) VALUES ('D1', 1, 0)");
    front.step().unwrap();
    assert_eq!(front.newest("D1"), None);
    assert_eq!(front.counters().waiting, 0);
}

#[test]
fn rows_set_back_by_hand_are_found_by_the_slow_round() {
    let Some(front) = Front::start() else { return };
    front.title("D1", "");
    front.holder("D1", 1, ZHANG);
    let mut runner = front.runner(Hook::none());
    runner.step(&front::GoOn).unwrap();
    front.server.execute("UPDATE spgl_bdcqz SET sjsczt = 0");
    runner.step(&front::GoOn).unwrap();
    assert_eq!(front.statuses("spgl_bdcqz").map_status(), ["0"]);
    front.clock.advance(chrono::Duration::minutes(11));
    runner.step(&front::GoOn).unwrap();
    assert_eq!(front.statuses("spgl_bdcqz").map_status(), ["1"]);
    drop(runner);
    assert_eq!(front.counters().unchanged, 1);
}

#[test]
fn titles_that_wait_for_more_than_a_day_are_reported_and_left_as_they_are() {
    let Some(front) = Front::start() else { return };
    front.title("D1", "");
    front.title("D2", "");
    front.holder("D2", 1, ZHANG);
    front.step().unwrap();
    assert_eq!(front.announced().waiting_overdue, 0);
    front.clock.advance(chrono::Duration::hours(25));
    front.step().unwrap();
    let announced = front.announced();
    assert_eq!((announced.rows.unwrap().waiting, announced.waiting_overdue), (1, 1));
    assert_eq!(front.statuses("spgl_bdcqz").map_status(), ["0", "1"]);
    front.holder("D1", 1, LI);
    front.step().unwrap();
    assert_eq!(front.announced().waiting_overdue, 0);
}

#[test]
fn lost_state_is_put_together_from_the_tables_without_publishing_anything_twice() {
    let Some(front) = Front::start() else { return };
    front.title("D1", "");
    front.holder("D1", 1, ZHANG);
    front.holder("D1", 3, LI);
    front.step().unwrap();
    front.lose_state();
    front.step().unwrap();
    assert_eq!(front.holders_published(), [("D1".to_owned(), 2)]);
    front.server.execute("INSERT INTO spgl_bdcqz_qlr (dfsjzj, xh, sjyxbs) VALUES ('D1', 3, 0)");
    front.step().unwrap();
    assert_eq!(front.newest("D1"), Some(1));
}

#[test]
fn rows_that_somebody_else_took_in_or_refused_before_are_left_alone() {
    let Some(front) = Front::start() else { return };
    front.title("D1", "");
    front.holder("D1", 1, ZHANG);
    front.server.execute("UPDATE spgl_bdcqz_qlr SET sjsczt = 2, sbyy = '旧'");
    front.server.execute("UPDATE spgl_bdcqz SET sjsczt = 1");
    front.step().unwrap();
    assert_eq!(front.holders_published(), []);
    assert_eq!(front.statuses("spgl_bdcqz_qlr"), [["1", "2", "旧"]]);
}

trait MapStatus {
    fn map_status(&self) -> Vec<&str>;
}

impl MapStatus for Vec<Vec<String>> {
    fn map_status(&self) -> Vec<&str> {
        self.iter().map(|row| row[1].as_str()).collect()
    }
}
