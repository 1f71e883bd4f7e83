//! What the account may do, what is told of refused rows, and what `exchange adapter check` says.

use crate::world::{GoOn, World, database, insert, row};
use adapter_sdk::{IntakeError, source::SourceError};
use domain::Language;
use std::fs;

const TIME: &str = "'2026-03-01 12:00:00.123456'";

fn refused(result: Result<impl std::fmt::Debug, IntakeError>) -> String {
    match result {
        Err(error @ IntakeError::Source(SourceError::Refused { .. })) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refused_row_is_told_with_its_rule_and_a_sentence() {
    let database = database!();
    let mut session = database.session();
    insert(&mut session, TIME, 0, 2);
    session.execute(&format!(
        "INSERT INTO hydj_up VALUES {}",
        row(TIME, 7).replace("110101199001010111", "1101**********0111")
    ));
    session.execute(&format!("INSERT INTO hydj_up VALUES {}", row(TIME, 8).replace("20200520000000", "20200230")));
    let world = World::new(&database);
    world.step().unwrap();
    let told = session.query("SELECT row_guid, cd_time, error_remark FROM hydj_up_err ORDER BY error_remark");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0][2].starts_with("date.invalid the date is not") && told[0][2].ends_with("(djrq)"), "{told:?}");
    assert!(told[1][2].starts_with("party.masked a party's"), "{told:?}");
    let of_seven = session
        .query("SELECT COUNT(*) FROM hydj_up_err WHERE row_guid = MD5(7) AND cd_time = '2026-03-01 12:00:00.123456'");
    assert_eq!(of_seven[0][0], "1");
    let counters = world.runner().counters().unwrap();
    assert_eq!((counters.read, counters.published, counters.rejected), (4, 2, 2));
    world.step().unwrap();
    assert_eq!(session.query("SELECT COUNT(*) FROM hydj_up_err")[0][0], "2");
}

#[test]
fn a_missing_right_is_told_with_the_grant_and_nothing_is_lost_meanwhile() {
    let database = database!();
    let mut session = database.session();
    insert(&mut session, TIME, 0, 2);
    session.execute(&format!("INSERT INTO hydj_up VALUES {}", row(TIME, 7).replace("20200520000000", "20200230")));
    session.execute("REVOKE SELECT ON qz.hydj_up FROM 'gateway'@'%'");
    session.execute("REVOKE INSERT ON qz.hydj_up_err FROM 'gateway'@'%'");
    let world = World::new(&database);
    let mut runner = world.runner();
    assert!(refused(runner.step(&GoOn)).contains("GRANT SELECT ON qz.hydj_up TO gateway"));
    session.execute("GRANT SELECT ON qz.hydj_up TO 'gateway'@'%'");
    assert!(refused(runner.step(&GoOn)).contains("GRANT INSERT ON qz.hydj_up_err TO gateway"));
    session.execute("GRANT INSERT ON qz.hydj_up_err TO 'gateway'@'%'");
    runner.step(&GoOn).unwrap();
    let counters = runner.counters().unwrap();
    assert_eq!((counters.read, counters.published, counters.rejected), (3, 2, 1));
    assert_eq!(session.query("SELECT COUNT(*) FROM hydj_up_err")[0][0], "1");
}

#[test]
fn a_locked_error_table_is_waited_for() {
    let database = database!();
    let mut session = database.session();
    session.execute(&format!("INSERT INTO hydj_up VALUES {}", row(TIME, 7).replace("20200520000000", "20200230")));
    let world = World::new(&database);
    let mut runner = world.runner();
    session.execute("LOCK TABLES hydj_up_err WRITE");
    assert!(matches!(runner.step(&GoOn), Err(IntakeError::Source(SourceError::Away { .. }))));
    session.execute("UNLOCK TABLES");
    runner.step(&GoOn).unwrap();
    assert_eq!(session.query("SELECT COUNT(*) FROM hydj_up_err")[0][0], "1");
    assert_eq!(runner.counters().unwrap().rejected, 1);
}

#[test]
fn a_setup_that_works_has_nothing_to_mend_but_the_clock() {
    let database = database!();
    let world = World::new(&database);
    let found = world.check(Language::English);
    let names: Vec<_> = found.keys().copied().collect();
    assert_eq!(names, ["database.clock", "database.reachable", "errors.writable", "table.readable"]);
    assert!(found["database.clock"].as_ref().unwrap().contains("minutes"));
    assert_eq!(found.values().flatten().count(), 1, "{found:?}");
    assert_eq!(database.session().query("SELECT COUNT(*) FROM hydj_up_err")[0][0], "0");
}

#[test]
fn what_is_wrong_with_a_setup_is_told_in_the_language_of_the_node() {
    let mut database = database!();
    let world = World::new(&database);
    database.execute("ALTER TABLE hydj_up DROP COLUMN djrq");
    database.execute("REVOKE INSERT ON qz.hydj_up_err FROM 'gateway'@'%'");
    let found = world.check(Language::Chinese);
    assert!(found["table.readable"].as_ref().unwrap().contains("djrq"), "{found:?}");
    assert!(
        found["errors.writable"].as_ref().unwrap().contains("GRANT INSERT ON qz.hydj_up_err TO gateway"),
        "{found:?}"
    );
    assert!(refused(world.step()).contains("djrq"));
    fs::write(database.password_file(), "wrong").unwrap();
    assert!(world.check(Language::Chinese)["database.reachable"].as_ref().unwrap().contains("密码"));
    assert!(refused(world.step()).contains("does not let gateway in"));
    database.stop();
    assert!(world.check(Language::English)["database.reachable"].as_ref().unwrap().contains("cannot connect"));
}
