//! A department that pushes: requests answered once they are durable, and alike when they come again.

use super::{
    bus::TestBus,
    world::{GoOn, World},
};
use crate::{
    IntakeError, Runner, RunnerConfig,
    push::{PushFault, PushHandle, PushRecord, PushRequest, push},
    source::RowFate,
    testing,
};
use std::{fs, sync::Arc};
use tokio::sync::oneshot::{Receiver, error::TryRecvError};

type Answer = Receiver<Result<Vec<RowFate>, PushFault>>;

fn open(world: &World) -> (PushHandle, Runner) {
    let mut config = RunnerConfig::new("", world.dir.path().join("state"));
    (config.window_rows, config.max_message, config.language) = (7, 2000, domain::Language::English);
    let (handle, source) = push(world.clock.clone());
    let bus = Arc::new(world.bus.clone());
    let runner = Runner::asking(Box::new(source), testing::adapter(), config, bus, world.clock.clone()).unwrap();
    (handle, runner)
}

fn records(rows: &[&str]) -> Vec<PushRecord> {
    rows.iter().map(|row| PushRecord { resource: String::new(), bytes: row.as_bytes().to_vec() }).collect()
}

fn send(handle: &PushHandle, key: Option<&str>, rows: &[&str]) -> Answer {
    handle.submit(PushRequest::whole(key.map(str::to_owned), records(rows))).unwrap()
}

/// What the request was answered with.
fn said(answer: &mut Answer) -> Result<Vec<RowFate>, PushFault> {
    answer.try_recv().unwrap()
}

fn words(answer: &mut Answer) -> Vec<String> {
    let fates = said(answer).unwrap();
    let word = |fate: &RowFate| match fate {
        RowFate::Published { .. } => "accepted".to_owned(),
        RowFate::Rejected { rule, field, .. } => format!("{rule} {field}"),
        other => format!("{other:?}").to_lowercase(),
    };
    fates.iter().map(word).collect()
}

const ROWS: &[&str] = &[
    "20260101000001|a|U|first",
    "20260101000002|b|B|bad",
    "20260101000003|a|U|second",
    "20260101000003|c|S|",
    "20260101000001|a|U|late",
    "20260101000003|d|U|fourth",
    "20260101000004|d|U|fourth",
    "no row at all",
];
const WORDS: &[&str] = &[
    "accepted",
    "field.required what",
    "accepted",
    "skipped",
    "superseded",
    "accepted",
    "unchanged",
    "field.required what",
];

#[test]
fn every_record_gets_its_own_answer_once_it_is_on_the_bus() {
    let world = World::new(TestBus::default());
    let (handle, mut runner) = open(&world);
    let mut answer = send(&handle, None, ROWS);
    assert_eq!(runner.step(&GoOn).unwrap().rows, 8);
    let fates = said(&mut answer).unwrap();
    let positions: Vec<_> = fates
        .iter()
        .filter_map(|fate| match fate {
            RowFate::Published { partition, offset } => Some((*partition, *offset)),
            _ => None,
        })
        .collect();
    let on_bus = world.bus.messages(super::world::RECORDS);
    assert_eq!((positions.len(), on_bus.len()), (3, 3));
    for (partition, offset) in positions {
        let same = |position: &bus::Position| (position.partition, position.offset) == (partition, offset);
        assert!(on_bus.iter().any(|delivery| same(&delivery.position)));
    }
    let counters = runner.counters().unwrap();
    assert!(counters.adds_up());
    assert_eq!((counters.read, counters.published, counters.rejected), (8, 3, 2));
    let intake = world.intake();
    assert_eq!((intake.finished_units, intake.finished, intake.unit.as_str()), (1, true, "push"));
    assert!(intake.as_of.is_some());
}

#[test]
fn requests_that_wait_together_are_one_unit_and_each_gets_its_own_answers() {
    let world = World::new(TestBus::default());
    let (handle, mut runner) = open(&world);
    let mut first = send(&handle, Some("1"), &ROWS[..2]);
    let mut second = send(&handle, None, &ROWS[2..4]);
    runner.step(&GoOn).unwrap();
    assert_eq!(words(&mut first), WORDS[..2]);
    assert_eq!(words(&mut second), WORDS[2..4]);
    assert_eq!(world.intake().finished_units, 1);
}

#[test]
fn the_same_key_gets_the_same_answers_and_publishes_nothing() {
    let world = World::new(TestBus::default());
    let (handle, mut runner) = open(&world);
    let mut first = send(&handle, Some("key"), ROWS);
    runner.step(&GoOn).unwrap();
    let answer = said(&mut first).unwrap();
    // By this process, and by the next.
    let mut again = send(&handle, Some("key"), ROWS);
    runner.step(&GoOn).unwrap();
    assert_eq!(said(&mut again).unwrap(), answer);
    drop((runner, handle));
    let (handle, mut runner) = open(&world);
    let mut again = send(&handle, Some("key"), ROWS);
    runner.step(&GoOn).unwrap();
    assert_eq!(said(&mut again).unwrap(), answer);
    assert_eq!(world.records().len(), 3);
    assert_eq!(runner.counters().unwrap().read, 8);
}

#[test]
fn another_request_under_the_same_key_is_refused() {
    let world = World::new(TestBus::default());
    let (handle, mut runner) = open(&world);
    let mut first = send(&handle, Some("key"), &ROWS[..3]);
    // While the first is still waiting, and after it was answered.
    let mut meanwhile = send(&handle, Some("key"), &ROWS[1..3]);
    runner.step(&GoOn).unwrap();
    assert_eq!(said(&mut meanwhile), Err(PushFault::KeyReused));
    assert_eq!(words(&mut first), WORDS[..3]);
    for other in [&ROWS[1..4], &ROWS[..2], &ROWS[..4], &[]] {
        let mut answer = send(&handle, Some("key"), other);
        runner.step(&GoOn).unwrap();
        assert_eq!(said(&mut answer), Err(PushFault::KeyReused));
    }
    assert_eq!(world.records().len(), 2);
}

#[test]
fn the_same_request_twice_at_once_is_judged_once() {
    let world = World::new(TestBus::default());
    let (handle, mut runner) = open(&world);
    let (mut first, mut second) = (send(&handle, Some("key"), ROWS), send(&handle, Some("key"), ROWS));
    runner.step(&GoOn).unwrap();
    assert_eq!(words(&mut first), WORDS);
    assert_eq!(words(&mut second), WORDS);
    assert_eq!(runner.counters().unwrap().read, 8);
}

#[test]
fn parts_of_a_stream_are_remembered_line_by_line() {
    let world = World::new(TestBus::default());
    let (handle, mut runner) = open(&world);
    let part = |first: u64, rows: &[&str]| {
        handle.submit(PushRequest::part(Some("stream".to_owned()), first, records(rows))).unwrap()
    };
    let mut answers = (part(1, &ROWS[..3]), part(4, &ROWS[3..5]));
    runner.step(&GoOn).unwrap();
    assert_eq!([words(&mut answers.0), words(&mut answers.1)].concat(), WORDS[..5]);
    // Cut otherwise the second time, and longer.
    let mut again = part(1, ROWS);
    runner.step(&GoOn).unwrap();
    assert_eq!(words(&mut again), WORDS);
    let mut other = part(2, &ROWS[..1]);
    runner.step(&GoOn).unwrap();
    assert_eq!(said(&mut other), Err(PushFault::KeyReused));
    assert_eq!(world.records().len(), 3);
}

#[test]
fn without_a_key_what_comes_again_is_judged_again() {
    let world = World::new(TestBus::default());
    let (handle, mut runner) = open(&world);
    for expected in [["accepted"], ["unchanged"]] {
        let mut answer = send(&handle, None, &ROWS[..1]);
        runner.step(&GoOn).unwrap();
        assert_eq!(words(&mut answer), expected);
    }
    assert_eq!(world.records().len(), 1);
}

#[test]
fn an_empty_request_says_that_the_department_is_there() {
    let world = World::new(TestBus::default());
    let (handle, mut runner) = open(&world);
    let mut answer = send(&handle, None, &[]);
    runner.step(&GoOn).unwrap();
    assert_eq!(said(&mut answer), Ok(Vec::new()));
    assert_eq!(world.intake().finished_units, 1);
}

#[test]
fn who_no_longer_waits_withdraws_what_was_not_begun() {
    let world = World::new(TestBus::default());
    let (handle, mut runner) = open(&world);
    drop(send(&handle, Some("key"), ROWS));
    runner.step(&GoOn).unwrap();
    assert_eq!(world.records().len(), 0);
}

#[test]
fn nothing_is_answered_while_the_bus_is_away_and_all_of_it_afterwards() {
    let world = World::new(TestBus::default());
    let (handle, mut runner) = open(&world);
    runner.step(&GoOn).unwrap();
    let mut answer = send(&handle, Some("key"), ROWS);
    // The third call from now on finds nobody: what was begun is begun.
    world.bus.die_at(world.bus.calls() + 3);
    assert!(runner.step(&GoOn).unwrap_err().is_retryable());
    assert_eq!(answer.try_recv().unwrap_err(), TryRecvError::Empty);
    world.bus.heal();
    runner.step(&GoOn).unwrap();
    assert_eq!(words(&mut answer), WORDS);
    assert_eq!(world.records().len(), 3);
    assert_eq!(runner.counters().unwrap().read, 8);
}

#[test]
fn a_runner_that_ended_answers_nobody() {
    let world = World::new(TestBus::default());
    let (handle, runner) = open(&world);
    let answer = send(&handle, None, ROWS);
    drop(runner);
    assert!(answer.blocking_recv().is_err());
    assert_eq!(handle.submit(PushRequest::whole(None, Vec::new())).unwrap_err(), PushFault::Away);
}

#[test]
fn a_kill_at_any_call_of_the_bus_is_not_seen_in_the_answers_to_what_is_sent_again() {
    let whole = World::new(TestBus::faulty());
    let calls = {
        let (handle, mut runner) = open(&whole);
        let mut answer = send(&handle, Some("key"), ROWS);
        runner.step(&GoOn).unwrap();
        assert_eq!(words(&mut answer), WORDS);
        whole.bus.calls()
    };
    for call in 1..=calls {
        let world = World::new(TestBus::faulty());
        let (state, killed) = (world.dir.path().join("state"), world.dir.path().join("killed"));
        let folders = (state.clone(), killed.clone());
        let (handle, mut runner) = open(&world);
        let mut answer = send(&handle, Some("key"), ROWS);
        world.bus.when_it_dies(move || crate::kit::copy_folder(&folders.0, &folders.1).unwrap());
        world.bus.die_at(call);
        assert!(matches!(runner.step(&GoOn), Err(IntakeError::Bus(_))), "call {call}");
        let first = answer.try_recv().ok();
        drop((runner, handle));
        fs::remove_dir_all(&state).unwrap();
        fs::rename(&killed, &state).unwrap();
        world.bus.heal();
        // Between the crash and the repeat there may be runs that hear nothing.
        for _ in 0..2 {
            open(&world).1.step(&GoOn).unwrap();
        }
        let (handle, mut runner) = open(&world);
        let mut again = send(&handle, Some("key"), ROWS);
        runner.step(&GoOn).unwrap();
        let second = said(&mut again);
        if let Some(first) = first {
            assert_eq!(first, second, "killed at call {call} of {calls}");
        }
        let mut third = send(&handle, Some("key"), ROWS);
        runner.step(&GoOn).unwrap();
        assert_eq!(said(&mut third), second, "killed at call {call} of {calls}");
        let mut third = send(&handle, Some("key"), ROWS);
        runner.step(&GoOn).unwrap();
        assert_eq!(words(&mut third), WORDS, "killed at call {call} of {calls}");
        assert_eq!(world.records().len(), 3, "killed at call {call} of {calls}");
        let counters = runner.counters().unwrap();
        assert_eq!((counters.read, counters.published), (8, 3), "killed at call {call} of {calls}");
    }
}
