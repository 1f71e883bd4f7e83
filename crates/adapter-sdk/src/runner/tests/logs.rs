//! What the runner tells whoever keeps watch over it.

use super::{
    bus::TestBus,
    world::{GoOn, World},
};
use crate::{IntakeError, Runner, RunnerConfig, Stop, testing};
use bus::{KafkaBus, KafkaConfig};
use std::{
    fs, io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const NAME: &str = "L_320102_001.txt";
const AWAY: &str = "bus is unavailable; trying again";
const BACK: &str = "bus is available again";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that `work` logs on this thread.
pub(super) fn logged(work: impl FnOnce()) -> Vec<String> {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber =
        tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).without_time().finish();
    tracing::subscriber::with_default(subscriber, work);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// Those lines that hold `text`.
pub(super) fn with<'a>(lines: &'a [String], text: &str) -> Vec<&'a str> {
    lines.iter().map(String::as_str).filter(|line| line.contains(text)).collect()
}

/// Heals the bus at the third pause and stops at the fifth.
struct Patient {
    bus: TestBus,
    pauses: AtomicUsize,
}

impl Stop for Patient {
    fn is_stopped(&self) -> bool {
        self.pauses.load(Ordering::Relaxed) >= 5
    }

    fn pause(&self, _time: Duration) {
        if self.pauses.fetch_add(1, Ordering::Relaxed) == 2 {
            self.bus.heal();
        }
    }
}

#[test]
fn a_bus_that_is_away_at_the_start_is_told_once_and_so_is_its_return() {
    let world = World::new(TestBus::default());
    world.bus.leave();
    let stop = Patient { bus: world.bus.clone(), pauses: AtomicUsize::new(0) };
    let lines = logged(|| world.runner().run(&stop).unwrap());
    let away = with(&lines, AWAY);
    assert!(away.len() == 1 && away[0].contains("WARN") && away[0].contains("department=\"testing\""), "{lines:?}");
    assert!(away[0].contains("no broker answers"), "{away:?}");
    assert_eq!(with(&lines, BACK).len(), 1, "{lines:?}");
}

#[test]
fn brokers_that_are_not_there_are_named_once_however_often_they_are_tried() {
    let world = World::new(TestBus::default());
    let config = KafkaConfig { request_timeout: Duration::from_millis(200), ..KafkaConfig::new("127.0.0.1:1", "test") };
    let kafka = Arc::new(KafkaBus::connect(config).unwrap());
    let config = RunnerConfig::new(world.inbox(""), world.dir.path().join("state"));
    let mut runner = Runner::new(testing::adapter(), config, kafka, world.clock.clone()).unwrap();
    let stop = Patient { bus: world.bus.clone(), pauses: AtomicUsize::new(0) };
    let lines = logged(|| runner.run(&stop).unwrap());
    assert_eq!(stop.pauses.load(Ordering::Relaxed), 5, "it was tried five times");
    let told = with(&lines, "WARN");
    assert!(told.len() == 1 && told[0].contains(AWAY) && told[0].contains("brokers 127.0.0.1:1"), "{lines:?}");
}

#[test]
fn a_stop_is_heeded_before_each_question_to_the_bus_while_it_is_connected_to() {
    for calls in 0..8 {
        let world = World::new(TestBus::default());
        let bus = world.bus.clone();
        let stop = move || bus.calls() >= calls;
        assert!(matches!(world.runner().step(&stop), Err(IntakeError::Stopped)));
        assert_eq!(world.bus.calls(), calls);
    }
}

#[test]
fn a_control_topic_that_is_away_is_told_once_per_outage() {
    let world = World::new(TestBus::default());
    let mut runner = world.runner();
    runner.step(&GoOn).unwrap();
    let lines = logged(|| {
        for _ in 0..2 {
            world.bus.away("exchange.control");
            runner.step(&GoOn).unwrap();
            runner.step(&GoOn).unwrap();
            world.bus.heal();
            runner.step(&GoOn).unwrap();
        }
    });
    assert_eq!((with(&lines, AWAY).len(), with(&lines, BACK).len()), (2, 2), "{lines:?}");
}

#[test]
fn a_file_taken_in_is_told_with_what_became_of_its_own_rows() {
    let world = World::new(TestBus::faulty());
    world.put(NAME, 'I', &["20260101000003|a|U|one", "20260101000003|b|B|Zhang"]);
    world.put("L_320102_002.txt", 'I', &["20260101000003|a|U|one", "20260101000004|c|U|Zhang", "20260101000004|d|S|"]);
    let lines = logged(|| assert!(world.step().unwrap().taken > 0));
    let taken = with(&lines, "file taken in");
    assert_eq!(taken.len(), 2, "{lines:?}");
    let rows = |counts: [u64; 7]| {
        let names = ["read", "published", "unchanged", "superseded", "rejected", "skipped", "waiting"];
        let fields: Vec<String> = names.iter().zip(counts).map(|(name, count)| format!("{name}={count}")).collect();
        fields.join(" ")
    };
    assert!(taken[0].contains("INFO") && taken[0].contains("department=\"testing\""), "{taken:?}");
    assert!(taken[0].contains(NAME) && taken[0].contains(&rows([2, 1, 0, 0, 1, 0, 0])), "{taken:?}");
    assert!(taken[1].contains(&rows([3, 1, 1, 0, 0, 1, 0])), "{taken:?}");
    assert!(with(&lines, "Zhang").is_empty());
}

#[test]
fn what_became_of_rows_before_a_crash_is_told_too() {
    let world = World::new(TestBus::faulty());
    let rows: Vec<String> = (0..20).map(|row| format!("20260101000001|k{row}|U|one")).collect();
    world.put("L_320102_000.txt", 'I', &["20260101000001|a|U|one"]);
    world.step().unwrap();
    world.bus.heal();
    world.put(NAME, 'I', &rows.iter().map(String::as_str).collect::<Vec<_>>());
    world.killed_at(40);
    assert!((2..21).contains(&world.counters().read), "{:?}", world.counters());
    let lines = logged(|| assert!(world.step().unwrap().taken > 0));
    assert_eq!(with(&lines, "read=20 published=20").len(), 1, "{lines:?}");
}

#[test]
fn a_stranger_is_told_once_with_its_flag_and_without_its_name() {
    let world = World::new(TestBus::default());
    let mut runner = world.runner();
    fs::write(world.inbox("Zhang San.txt"), "x").unwrap();
    fs::write(world.inbox("Zhang San.txt.ok"), "rows=1").unwrap();
    let lines = logged(|| {
        runner.step(&GoOn).unwrap();
        runner.step(&GoOn).unwrap();
        fs::write(world.inbox("Li Si.txt"), "x").unwrap();
        runner.step(&GoOn).unwrap();
    });
    let told = with(&lines, "names that are not the department's");
    assert_eq!(told.len(), 2, "{lines:?}");
    assert!(told.iter().all(|line| line.contains("department=\"testing\"") && line.contains("count=1")), "{told:?}");
    assert!(with(&lines, "Zhang").is_empty() && with(&lines, "Li Si").is_empty(), "{lines:?}");
}

#[test]
fn a_data_file_whose_flag_is_late_is_told_once() {
    let world = World::new(TestBus::default());
    let mut runner = world.runner();
    let mut look = |minutes: i64| {
        world.clock.advance(chrono::Duration::minutes(minutes));
        with(&logged(|| assert_eq!(runner.step(&GoOn).unwrap().taken, 0)), "file still waits for its flag file").len()
    };
    fs::write(world.inbox(NAME), "x").unwrap();
    assert_eq!([look(0), look(10), look(1), look(60)], [0, 0, 1, 0]);
    fs::write(world.inbox("L_320102_002.txt"), "x").unwrap();
    fs::write(world.inbox("notes.txt"), "x").unwrap();
    assert_eq!([look(0), look(11)], [0, 1]);
}
