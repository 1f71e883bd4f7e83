//! No place in the table proves that nothing comes before it.

use crate::world::{World, database, insert, row};

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
        assert_eq!(runner.step(&crate::world::GoOn).unwrap().rows, 100, "{time}");
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
fn looking_for_what_is_new_needs_the_index_alone() {
    let database = database!();
    let mut session = database.session();
    insert(&mut session, NOON, 0, 3_000);
    insert(&mut session, "'2026-03-01 13:00:00'", 3_000, 3_000);
    session.execute("ANALYZE TABLE hydj_up");
    let behind = "cd_time >= CAST('2026-03-01 13:00:00' AS DATETIME(6)) AND (cd_time > CAST('2026-03-01 13:00:00' AS \
                  DATETIME(6)) OR row_guid > 'f')";
    let plan = session.query(&format!(
        "EXPLAIN SELECT cd_time, row_guid, CRC32(row_guid) FROM hydj_up WHERE {behind} ORDER BY cd_time, row_guid LIMIT 2000"
    ));
    assert_eq!(plan[0][5], "k_time", "{plan:?}");
    assert!(plan[0][9].contains("Using index") && !plan[0][9].contains("filesort"), "{plan:?}");
}

#[test]
fn zz_stock() {
    let database = database!();
    let mut session = database.session();
    let n: u64 = std::env::var("STOCK").ok().and_then(|n| n.parse().ok()).unwrap_or(200_000);
    session.execute("SET foreign_key_checks=0, unique_checks=0");
    let begun = std::time::Instant::now();
    session.execute(&format!("INSERT INTO hydj_up SELECT UUID(), 'I', DATE_ADD('2006-01-01', INTERVAL seq*150 SECOND), 'b', NULL, CONCAT('J110101-2020-', LPAD(seq,9,'0')), '结婚登记', '朱镕', '110101199001010111', '19900101', '中国', '李秀瑛', '110102199202010229', '19920202', NULL, '20200520000000', '北京市东城区民政局' FROM seq_1_to_{n}"));
    eprintln!("inserted in {:?}", begun.elapsed());
    let world = World::new(&database);
    let begun = std::time::Instant::now();
    struct No;
    impl adapter_sdk::source::Known for No {
        fn is_done(&self, _: &str) -> Result<bool, adapter_sdk::IntakeError> { Ok(false) }
        fn kept(&self, _: &str) -> Result<Option<Vec<u8>>, adapter_sdk::IntakeError> { Ok(None) }
        fn all_kept(&self, _: &str) -> Result<Vec<(String, Vec<u8>)>, adapter_sdk::IntakeError> { Ok(vec![]) }
    }
    let mut source = world.source(domain::Language::English);
    source.open(None).unwrap();
    let mut count = 0;
    loop { let b = source.next(&No, &crate::world::GoOn).unwrap(); count += b.rows.len(); if b.end { break; } }
    eprintln!("source alone {count} in {:?}", begun.elapsed());
    let begun = std::time::Instant::now();
    let mut runner = world.runner();
    let rows = runner.step(&crate::world::GoOn).unwrap().rows;
    eprintln!("{rows} rows in {:?}: {} rows/s", begun.elapsed(), rows as f64 / begun.elapsed().as_secs_f64());
    for _ in 0..3 {
    let begun = std::time::Instant::now();
    assert_eq!(runner.step(&crate::world::GoOn).unwrap().rows, 0);
    eprintln!("idle {:?}", begun.elapsed());
    }
    insert(&mut session, "'2006-06-01 12:00:00'", 90_000_000, 10);
    for _ in 0..3 {
    let begun = std::time::Instant::now();
    eprintln!("late {} {:?}", runner.step(&crate::world::GoOn).unwrap().rows, begun.elapsed());
    }
    eprintln!("{}", std::fs::read_to_string("/proc/self/status").unwrap().lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS")).collect::<Vec<_>>().join(" "));
}
