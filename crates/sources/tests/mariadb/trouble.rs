//! Locks, kills, crashes: the position is kept, nothing is lost and nothing comes twice.

use crate::world::{GoOn, World, database, insert, shared};
use adapter_sdk::{IntakeError, source::SourceError};
use std::{fs, thread};

const TIME: &str = "'2026-03-01 12:00:00'";

/// What the runner was told, which names the place and no value.
fn away(result: Result<impl std::fmt::Debug, IntakeError>) -> String {
    match result {
        Err(error @ IntakeError::Source(SourceError::Away { .. })) => {
            let text = error.to_string();
            assert!(text.contains("127.0.0.1:") && text.contains("hydj_up"), "{text}");
            assert!(error.is_retryable());
            text
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_that_is_restarted_amid_the_rows_is_read_on() {
    let database = database!();
    insert(&mut database.session(), TIME, 0, 9_000);
    let world = World::new(&database);
    let database = shared(database);
    let server = database.clone();
    let mut runner = world.troubled(move |asked| {
        if asked == 3 {
            server.lock().unwrap().stop();
        }
    });
    away(runner.step(&GoOn));
    away(runner.step(&GoOn));
    database.lock().unwrap().start_again();
    runner.step(&GoOn).unwrap();
    drop(runner);
    world.assert_all_once(9_000);
}

#[test]
fn a_server_that_is_killed_amid_the_rows_is_read_on() {
    let database = database!();
    insert(&mut database.session(), TIME, 0, 9_000);
    let world = World::new(&database);
    let database = shared(database);
    let server = database.clone();
    let mut runner = world.troubled(move |asked| {
        if asked == 2 {
            server.lock().unwrap().start_again();
        }
    });
    away(runner.step(&GoOn));
    runner.step(&GoOn).unwrap();
    drop(runner);
    world.assert_all_once(9_000);
}

#[test]
fn a_locked_table_is_waited_for() {
    let database = database!();
    let mut session = database.session();
    insert(&mut session, TIME, 0, 3_000);
    let world = World::new(&database);
    let mut runner = world.runner();
    session.execute("LOCK TABLES hydj_up WRITE");
    assert!(away(runner.step(&GoOn)).contains("1205"));
    session.execute("UNLOCK TABLES");
    runner.step(&GoOn).unwrap();
    drop(runner);
    world.assert_all_once(3_000);
}

#[test]
fn a_query_that_is_killed_is_asked_again() {
    let database = database!();
    let (mut locker, mut killer) = (database.session(), database.session());
    insert(&mut locker, TIME, 0, 3_000);
    let world = World::new(&database);
    let mut runner = world.runner();
    for what in ["QUERY", "CONNECTION"] {
        locker.execute("LOCK TABLES hydj_up WRITE");
        thread::scope(|scope| {
            scope.spawn(|| {
                let waiting =
                    "SELECT id FROM information_schema.processlist WHERE user = 'gateway' AND state LIKE '%lock%'";
                let id =
                    std::iter::repeat_with(|| killer.query(waiting)).find_map(|rows| rows.into_iter().next()).unwrap();
                killer.execute(&format!("KILL {what} {}", id[0]));
            });
            away(runner.step(&GoOn));
        });
        locker.execute("UNLOCK TABLES");
    }
    runner.step(&GoOn).unwrap();
    drop(runner);
    world.assert_all_once(3_000);
}

#[test]
fn a_server_that_does_not_answer_is_given_up_for_now() {
    let database = database!();
    insert(&mut database.session(), TIME, 0, 10);
    let world = World::new(&database);
    let mut runner = world.runner();
    runner.step(&GoOn).unwrap();
    database.freeze();
    away(runner.step(&GoOn));
    database.thaw();
    insert(&mut database.session(), TIME, 10, 10);
    runner.step(&GoOn).unwrap();
    drop(runner);
    world.assert_all_once(20);
}

#[test]
fn a_process_that_stops_anywhere_is_followed_by_one_that_goes_on() {
    let database = database!();
    insert(&mut database.session(), TIME, 0, 9_000);
    let world = World::new(&database);
    for _ in 0..3 {
        let looked = std::sync::atomic::AtomicUsize::new(0);
        let stop = || looked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 5;
        assert!(matches!(world.runner().step(&stop), Err(IntakeError::Stopped)));
    }
    world.step().unwrap();
    world.assert_all_once(9_000);
}

#[test]
fn a_process_that_begins_again_from_an_old_copy_of_its_state_publishes_nothing_twice() {
    let database = database!();
    insert(&mut database.session(), TIME, 0, 9_000);
    let world = World::new(&database);
    let (state, kept) = (world.state(), world.kept());
    let mut runner = world.troubled(move |asked| {
        if asked == 3 {
            adapter_sdk::kit::copy_folder(&state, &kept).unwrap();
        }
    });
    runner.step(&GoOn).unwrap();
    drop(runner);
    fs::remove_dir_all(world.state()).unwrap();
    fs::rename(world.kept(), world.state()).unwrap();
    world.step().unwrap();
    let counters = world.runner().counters().unwrap();
    assert!(counters.adds_up() && counters.read == 9_000, "{counters:?}");
    assert_eq!(world.published().len(), 9_000);
}

#[test]
fn a_process_that_lost_its_state_publishes_nothing_twice() {
    let database = database!();
    insert(&mut database.session(), TIME, 0, 3_000);
    let world = World::new(&database);
    world.step().unwrap();
    fs::remove_dir_all(world.state()).unwrap();
    assert_eq!(world.step().unwrap().rows, 3_000);
    assert_eq!(world.published().len(), 3_000);
}
