//! No place in the table proves that nothing comes before it.

use crate::world::{AllDone, GoOn, World, database, insert, row};
use domain::Language;

const NOON: &str = "'2026-03-01 12:00:00.000001'";

#[test]
fn rows_that_share_a_time_are_all_read_across_page_borders() {
    let database = database!();
    let mut session = database.session();
    insert(&mut session, NOON, 0, 4_321);
    insert(&mut session, "'2026-03-01 12:00:00.000000'", 5_000, 2_000);
    let world = World::new(&database);
    assert_eq!(world.step().unwrap().rows, 6_321);
    world.assert_all_once(6_321);
    assert_eq!(world.step().unwrap().rows, 0);
    insert(&mut session, NOON, 8_000, 7);
    assert_eq!(world.step().unwrap().rows, 7);
    world.assert_all_once(6_328);
}

#[test]
fn text_of_the_national_character_set_arrives_as_it_was_written() {
    let database = database!();
    database.execute(&format!("INSERT INTO hydj_up VALUES {}", row(NOON, 1)));
    let world = World::new(&database);
    world.step().unwrap();
    let published = world.published();
    let certificate = &published["J110101-2020-000000001"];
    assert_eq!(certificate.husband.as_ref().unwrap().name, "朱镕");
    assert_eq!(certificate.wife.as_ref().unwrap().name, "李秀瑛");
    assert_eq!(certificate.issuer, "北京市东城区民政局");
    let record = &world.records()[0];
    let source = record.source.as_ref().unwrap();
    assert_eq!((source.table.as_str(), source.key.len()), ("hydj_up", 32));
    assert!(record.version.starts_with("20260301120000000001"));
}

#[test]
fn clocks_that_step_back_by_minutes_or_years_hide_no_row() {
    let database = database!();
    let mut session = database.session();
    let world = World::new(&database);
    let mut runner = world.runner();
    let times = [NOON, "'2026-03-01 11:51:00'", "'2026-03-01 03:00:00'", "'2019-01-01 00:00:00'", "'2099-01-01'", NOON];
    for (first, time) in (0..).step_by(100).zip(times) {
        insert(&mut session, time, first, 100);
        assert_eq!(runner.step(&GoOn).unwrap().rows, 100, "{time}");
    }
    drop(runner);
    world.assert_all_once(600);
}

#[test]
fn a_row_committed_nine_minutes_late_is_taken_in() {
    let database = database!();
    let (mut late, mut session) = (database.session(), database.session());
    insert(&mut session, "'2026-03-01 11:50:00'", 0, 50);
    let world = World::new(&database);
    world.step().unwrap();
    late.execute("START TRANSACTION");
    insert(&mut late, "'2026-03-01 12:00:00'", 100, 10);
    insert(&mut session, "'2026-03-01 12:09:00'", 200, 50);
    assert_eq!(world.step().unwrap().rows, 50);
    late.execute("COMMIT");
    assert_eq!(world.step().unwrap().rows, 10);
    world.assert_all_once(110);
}

#[test]
fn rows_that_are_cleared_away_leave_what_was_published() {
    let database = database!();
    let mut session = database.session();
    insert(&mut session, "'2026-02-01 12:00:00'", 0, 3_000);
    insert(&mut session, NOON, 3_000, 10);
    let world = World::new(&database);
    world.step().unwrap();
    session.execute("DELETE FROM hydj_up WHERE cd_time < '2026-03-01'");
    insert(&mut session, "'2026-02-02 12:00:00'", 4_000, 3_000);
    assert_eq!(world.step().unwrap().rows, 3_000);
    session.execute("DELETE FROM hydj_up");
    assert_eq!(world.step().unwrap().rows, 0);
    insert(&mut session, NOON, 8_000, 1);
    assert_eq!(world.step().unwrap().rows, 1);
    world.assert_all_once(6_011);
}

#[test]
fn a_page_leads_to_its_place_without_going_through_the_rows_before_it() {
    const ROWS: u64 = 40_000;
    let database = database!();
    let mut session = database.session();
    let columns = "'I', '2026-03-01 12:00:00', 'b', NULL, CONCAT('J', seq), '', '', '', '', '', '', '', '', '', '', ''";
    session.execute(&format!("INSERT INTO hydj_up SELECT MD5(seq), {columns} FROM seq_1_to_{ROWS}"));
    let world = World::new(&database);
    let mut source = world.source(Language::English);
    let read_by_index = "SHOW GLOBAL STATUS LIKE 'Handler_read_next'";
    let mut read = || session.query(read_by_index)[0][1].parse::<u64>().unwrap();
    let before = read();
    source.open(None).unwrap();
    while !source.next(&AllDone, &GoOn).unwrap().end {}
    // Once for the keys and once for their checksum.
    let once = read() - before;
    assert!(once < 3 * ROWS, "{once} index entries were read");
}
