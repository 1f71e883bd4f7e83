//! Two adapters for one department: one stops, and what it still sends changes nothing.

use super::{
    bus::TestBus,
    embedded::read,
    world::{Effect, GoOn, World, effect},
};
use crate::{Counters, IntakeError, Observer, Progress, Runner, RunnerConfig, Step, Stop, testing};
use bus::{
    Ack, Bus, BusError, Consumer, EmbeddedBus, EmbeddedConfig, Event, Message as Sent, Position, Producer, SendError,
    Start, Topic,
};
use contract::v1::AdapterLease;
use proptest::prelude::*;
use prost::{Message, Name};
use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

const RECORDS: &str = "exchange.records.testing";
const CONTROL: &str = "exchange.control";
const KEY: &str = "lease/testing";
const NAME: &str = "L_320102_001.txt";

type Happens = Box<dyn FnOnce() + Send>;

/// Two machines, each with an inbox and a state of its own, and the bus between them.
struct Machines {
    world: World,
    bus: EmbeddedBus,
}

/// A bus on which something happens right before a call.
#[derive(Clone)]
struct Watched {
    bus: EmbeddedBus,
    /// What is called, how often it may be before, and what happens then.
    hook: Arc<Mutex<Option<(String, usize, Happens)>>>,
}

struct WatchedProducer(Box<dyn Producer>, Watched);

/// Lets something happen when the first rows are written down.
struct Meanwhile(Mutex<Option<Happens>>);

impl Machines {
    fn new() -> Self {
        let world = World::new(TestBus::default());
        let bus = EmbeddedBus::open(world.dir.path().join("bus"), EmbeddedConfig::new(world.clock.clone())).unwrap();
        Self { world, bus }
    }

    /// The adapter on a machine; a process each time.
    fn runner(&self, machine: &str) -> Runner {
        self.runner_on(Arc::new(self.bus.clone()), machine, machine)
    }

    fn runner_on(&self, bus: Arc<dyn Bus>, machine: &str, inbox: &str) -> Runner {
        let inbox = self.world.dir.path().join(format!("inbox of {inbox}"));
        fs::create_dir_all(&inbox).unwrap();
        let mut config = RunnerConfig::new(inbox, self.world.dir.path().join(machine));
        machine.clone_into(&mut config.node);
        Runner::new(testing::adapter(), config, bus, self.world.clock.clone()).unwrap()
    }

    /// Drops a file on a machine.
    fn put(&self, machine: &str, name: &str, rows: &[String]) {
        self.world.put(name, 'I', &rows.iter().map(String::as_str).collect::<Vec<_>>());
        let inbox = self.world.dir.path().join(format!("inbox of {machine}"));
        fs::create_dir_all(&inbox).unwrap();
        for name in [name.to_owned(), format!("{name}.ok")] {
            fs::rename(self.world.inbox(&name), inbox.join(&name)).unwrap();
        }
    }

    fn lies(&self, machine: &str, name: &str) -> bool {
        self.world.dir.path().join(format!("inbox of {machine}/{name}")).exists()
    }

    fn watched(&self, call: &str, before: usize, happens: impl FnOnce() + Send + 'static) -> Arc<Watched> {
        let hook: (String, usize, Happens) = (call.to_owned(), before, Box::new(happens));
        Arc::new(Watched { bus: self.bus.clone(), hook: Arc::new(Mutex::new(Some(hook))) })
    }

    fn effect(&self) -> Effect {
        effect(read(self.bus.consumer(&[Start::beginning(RECORDS)]).unwrap().as_mut()))
    }

    /// What a view shows, without the versions that it is ordered by.
    fn digest(&self) -> BTreeMap<String, Option<(String, String)>> {
        self.effect().into_iter().map(|(key, (_, content))| (key, content)).collect()
    }

    /// Epochs and nodes of the leases, in the order in which they lie on the topic.
    fn leases(&self) -> Vec<(u64, String)> {
        let mut consumer = self.bus.consumer(&[Start::beginning(CONTROL)]).unwrap();
        let mut events = Vec::new();
        consumer.poll(1000, Duration::ZERO, &mut events).unwrap();
        let leases = events.into_iter().filter_map(|event| match event {
            Event::Record(delivery) => {
                assert_eq!(delivery.key, KEY);
                Some(AdapterLease::decode(delivery.payload.unwrap().as_ref()).unwrap())
            }
            Event::End { .. } => None,
        });
        leases.map(|lease| (lease.epoch, lease.holder.split('/').next().unwrap().to_owned())).collect()
    }
}

impl Watched {
    fn at(&self, call: &str) {
        let happens = {
            let mut hook = self.hook.lock().unwrap();
            match hook.take() {
                Some((name, 0, happens)) if name == call => Some(happens),
                Some((name, before, happens)) if name == call => {
                    *hook = Some((name, before - 1, happens));
                    None
                }
                other => {
                    *hook = other;
                    None
                }
            }
        };
        if let Some(happens) = happens {
            happens();
        }
    }
}

impl Bus for Watched {
    fn create_topics(&self, topics: &[Topic]) -> Result<(), BusError> {
        self.bus.create_topics(topics)
    }

    fn producer(&self) -> Result<Box<dyn Producer>, BusError> {
        Ok(Box::new(WatchedProducer(self.bus.producer()?, self.clone())))
    }

    fn consumer(&self, from: &[Start]) -> Result<Box<dyn Consumer>, BusError> {
        self.bus.consumer(from)
    }

    fn end(&self, topic: &str) -> Result<Vec<Position>, BusError> {
        self.at(&format!("end {topic}"));
        self.bus.end(topic)
    }
}

impl Producer for WatchedProducer {
    fn send(&mut self, topic: &str, ticket: u64, message: &Sent<'_>) -> Result<(), SendError> {
        self.1.at(&format!("send {topic}"));
        self.0.send(topic, ticket, message)
    }

    fn poll(&mut self, wait: Duration, acks: &mut Vec<Ack>) -> Result<(), BusError> {
        self.0.poll(wait, acks)
    }

    fn in_flight(&self) -> usize {
        self.0.in_flight()
    }
}

impl Observer for Meanwhile {
    fn progress(&self, _progress: &Progress) {
        if let Some(happens) = self.0.lock().unwrap().take() {
            happens();
        }
    }
}

fn rows(count: usize) -> Vec<String> {
    (0..count).map(|row| format!("20260101000001|k{row}|U|v{row}")).collect()
}

/// Who took over, and how the sentence reads.
fn fenced(result: Result<Step, IntakeError>) -> (String, u64, String) {
    let error = result.unwrap_err();
    assert!(!error.is_retryable());
    let sentence = error.to_string();
    let IntakeError::Fenced { department, holder, epoch } = error else { panic!("{sentence}") };
    assert_eq!(department, "testing");
    (holder.split('/').next().unwrap().to_owned(), epoch, sentence)
}

fn one_file(count: usize) -> BTreeMap<String, Option<(String, String)>> {
    let calm = Machines::new();
    calm.put("a", NAME, &rows(count));
    assert_eq!(calm.runner("a").step(&GoOn).unwrap().taken, 1);
    calm.digest()
}

/// The second adapter takes over while the first, which looks into the folder `of_first`, is in the middle of a file.
fn take_over_in_a_file(of_first: &str) -> (Machines, Result<Step, IntakeError>, [Counters; 3]) {
    let machines = Machines::new();
    machines.put(of_first, NAME, &rows(5000));
    let mut second = machines.runner("b");
    let counts = Arc::new(Mutex::new(Counters::default()));
    let counted = Arc::clone(&counts);
    let happens = move || {
        second.step(&GoOn).unwrap();
        *counted.lock().unwrap() = second.counters().unwrap();
    };
    let mut first = machines.runner_on(Arc::new(machines.bus.clone()), "a", of_first);
    first = first.with_observer(Arc::new(Meanwhile(Mutex::new(Some(Box::new(happens))))));
    let ended = first.step(&GoOn);
    let of_second = counts.lock().unwrap().clone();
    let at_the_end = first.counters().unwrap();
    assert_eq!(fenced(first.step(&GoOn)).1, 2, "it does not take the lease back by itself");
    let later = first.counters().unwrap();
    (machines, ended, [at_the_end, later, of_second])
}

#[test]
fn the_second_takes_over_in_the_middle_of_a_file_and_the_first_stops() {
    let (machines, ended, [first, later, second]) = take_over_in_a_file("b");
    let (holder, epoch, sentence) = fenced(ended);
    assert_eq!((holder.as_str(), epoch), ("b", 2));
    assert!(sentence.contains("department testing, lease 2 held by b/") && sentence.contains("stop the other"));
    assert_eq!(machines.leases(), [(1, "a".to_owned()), (2, "b".to_owned())]);
    assert_eq!(machines.digest(), one_file(5000));
    // Its position stands where it stood when it saw the lease, however much was on its way.
    assert!((1..5000).contains(&first.read), "{first:?}");
    assert_eq!(first, later);
    // Nothing was announced of the file before; it counts once, whoever published the row.
    assert!(second.adds_up() && second.unchanged > 0, "{second:?}");
    assert_eq!((second.read, second.published + second.unchanged), (5000, 5000), "{second:?}");
    assert!(!machines.lies("b", NAME) && machines.lies("b", &format!("done/{NAME}")));
}

#[test]
fn late_rows_of_the_first_change_nothing() {
    let (machines, ended, _) = take_over_in_a_file("b");
    fenced(ended);
    let records = read(machines.bus.consumer(&[Start::beginning(RECORDS)]).unwrap().as_mut());
    let intake = |version: &str| version.split('.').nth(1).unwrap().parse::<u64>().unwrap();
    let last_of_second = records.iter().rposition(|record| intake(&record.version) > 1).unwrap();
    let late = &records[last_of_second + 1..];
    assert!(!late.is_empty() && late.iter().all(|record| intake(&record.version) == 1));
    assert_eq!(effect(records[..=last_of_second].to_vec()), machines.effect());
}

#[test]
fn a_file_that_lies_with_the_first_stays_there_and_is_dropped_again_with_the_second() {
    let (machines, ended, [first, ..]) = take_over_in_a_file("a");
    fenced(ended);
    assert!(machines.lies("a", NAME));
    machines.put("b", NAME, &rows(5000));
    let mut second = machines.runner("b");
    assert_eq!(second.step(&GoOn).unwrap().taken, 1);
    assert_eq!(machines.digest(), one_file(5000));
    let counters = second.counters().unwrap();
    assert!(counters.adds_up() && counters.unchanged >= first.published, "{counters:?}");
}

#[test]
fn a_unit_that_was_begun_and_not_published_has_its_number_to_itself() {
    let machines = Machines::new();
    let row = |value: &str| vec![format!("20260101000001|k|U|{value}")];
    machines.put("a", NAME, &row("of the first"));
    machines.put("b", "L_320102_002.txt", &row("of the second"));
    let mut second = machines.runner("b");
    let bus = machines.watched("send exchange.records.testing", 0, move || {
        assert_eq!(second.step(&GoOn).unwrap().taken, 1);
    });
    let mut first = machines.runner_on(bus, "a", "a");
    assert_eq!(fenced(first.step(&GoOn)).1, 2);
    let effect = machines.effect();
    assert_eq!(
        effect["k"],
        ("20260101000001.0000000002.0000000001".to_owned(), Some(("of the second".to_owned(), String::new())))
    );
}

#[test]
fn of_two_that_start_at_once_the_one_whose_lease_lies_later_goes_on() {
    let machines = Machines::new();
    machines.put("a", NAME, &rows(10));
    let other = Arc::new(Mutex::new(machines.runner("b")));
    let starts = Arc::clone(&other);
    // Both have read that nobody holds it.
    let bus = machines.watched("send exchange.control", 0, move || {
        starts.lock().unwrap().step(&GoOn).unwrap();
    });
    let mut first = machines.runner_on(bus, "a", "a");
    assert_eq!(first.step(&GoOn).unwrap().taken, 1);
    assert_eq!(machines.leases(), [(1, "b".to_owned()), (1, "a".to_owned())]);
    let (holder, epoch, _) = fenced(other.lock().unwrap().step(&GoOn));
    assert_eq!((holder.as_str(), epoch), ("a", 1));
    first.step(&GoOn).unwrap();
    assert_eq!(machines.digest(), one_file(10));
}

#[test]
fn who_is_overtaken_before_it_has_read_its_own_lease_publishes_nothing() {
    let machines = Machines::new();
    machines.put("a", NAME, &rows(10));
    let mut second = machines.runner("b");
    let bus = machines.watched("end exchange.control", 1, move || {
        second.step(&GoOn).unwrap();
    });
    assert_eq!(fenced(machines.runner_on(bus, "a", "a").step(&GoOn)).0, "b");
    assert!(machines.effect().is_empty() && machines.lies("a", NAME));
}

#[test]
fn of_many_that_start_on_threads_of_their_own_one_goes_on() {
    const MANY: usize = 4;
    let machines = Machines::new();
    let names = ["a", "b", "c", "d"];
    let (start, looked) = (Barrier::new(MANY), Barrier::new(MANY));
    for name in names {
        machines.put(name, NAME, &rows(300));
    }
    let going_on = AtomicUsize::new(0);
    thread::scope(|scope| {
        for name in names {
            let (machines, start, looked, going_on) = (&machines, &start, &looked, &going_on);
            scope.spawn(move || {
                let mut runner = machines.runner(name);
                start.wait();
                let ended = runner.step(&GoOn);
                looked.wait();
                match ended.and_then(|_| runner.step(&GoOn)) {
                    Ok(_) => going_on.fetch_add(1, Ordering::Relaxed),
                    Err(error) => panic_unless_fenced(&error),
                }
            });
        }
    });
    assert_eq!(going_on.load(Ordering::Relaxed), 1);
    assert_eq!(machines.digest(), one_file(300));
}

fn panic_unless_fenced(error: &IntakeError) -> usize {
    assert!(matches!(error, IntakeError::Fenced { .. }), "{error}");
    0
}

#[test]
fn a_lease_of_an_older_epoch_that_arrives_late_changes_nothing() {
    let machines = Machines::new();
    machines.runner("a").step(&GoOn).unwrap();
    let mut second = machines.runner("b");
    second.step(&GoOn).unwrap();
    let late = AdapterLease { department: "testing".to_owned(), epoch: 1, holder: "c/1/2".to_owned(), taken_at: None };
    let mut producer = machines.bus.producer().unwrap();
    let ce_type = AdapterLease::full_name();
    let message =
        Sent { key: KEY.as_bytes(), headers: &[("ce_type", ce_type.as_bytes())], payload: Some(&late.encode_to_vec()) };
    producer.send(CONTROL, 1, &message).unwrap();
    producer.poll(Duration::from_secs(1), &mut Vec::new()).unwrap();
    machines.put("b", NAME, &rows(10));
    assert_eq!(second.step(&GoOn).unwrap().taken, 1);
    // Compaction keeps what lies last under the key: that is again the lease that holds, written once.
    second.step(&GoOn).unwrap();
    let leases = machines.leases();
    assert_eq!(leases[2..], [(1, "c".to_owned()), (2, "b".to_owned())]);
    machines.runner("a").step(&GoOn).unwrap();
    assert_eq!(machines.leases().last().unwrap(), &(3, "a".to_owned()));
    assert_eq!(fenced(second.step(&GoOn)).0, "a");
}

#[test]
fn a_restart_takes_over_at_once_and_leaves_out_no_number() {
    let machines = Machines::new();
    for number in 1..=3 {
        machines.put("a", &format!("L_320102_00{number}.txt"), &[format!("20260101000001|k{number}|U|v")]);
        assert_eq!(machines.runner("a").step(&GoOn).unwrap().taken, 1);
    }
    assert_eq!(machines.leases().iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(machines.effect()["k3"].0, "20260101000001.0000000003.0000000001");
}

#[test]
fn who_comes_back_goes_on_with_the_counts_of_the_one_between() {
    let machines = Machines::new();
    let file = |number: usize| format!("L_320102_00{number}.txt");
    let rows_of =
        |number: usize| vec![format!("2026010100000{number}|k|U|v"), format!("2026010100000{number}|k{number}|B|x")];
    for (number, machine) in [(1, "a"), (2, "b"), (3, "a"), (4, "a"), (5, "b")] {
        machines.put(machine, &file(number), &rows_of(number));
        let mut runner = machines.runner(machine);
        assert_eq!(runner.step(&GoOn).unwrap().taken, 1);
        let counters = runner.counters().unwrap();
        let number = number as u64;
        assert_eq!((counters.read, counters.rejected), (2 * number, number), "{machine}: {counters:?}");
        assert!(counters.adds_up());
        // Known from the topic, whoever published it.
        assert_eq!(counters.unchanged, number - 1);
    }
}

#[test]
fn whose_bus_fails_while_another_takes_over_does_not_take_the_lease_back() {
    let world = World::new(TestBus::default());
    let mut first = world.runner();
    first.step(&GoOn).unwrap();
    world.bus.die_at(world.bus.calls() + 1);
    assert!(first.step(&GoOn).unwrap_err().is_retryable());
    world.bus.heal();
    second_of(&world).step(&GoOn).unwrap();
    assert_eq!(fenced(first.step(&GoOn)).1, 2);
    assert!(matches!(first.run(&GoOn), Err(IntakeError::Fenced { .. })));
}

fn second_of(world: &World) -> Runner {
    machine_of(world, "second")
}

/// The adapter on a machine that shares the inbox.
fn machine_of(world: &World, machine: &str) -> Runner {
    let mut config = RunnerConfig::new(world.inbox(""), world.dir.path().join(machine));
    config.window_rows = 7;
    Runner::new(testing::adapter(), config, Arc::new(world.bus.clone()), world.clock.clone()).unwrap()
}

/// Heals the bus once it was looked whether to stop so often.
struct Heals(TestBus, AtomicUsize);

impl Stop for Heals {
    fn is_stopped(&self) -> bool {
        if self.1.fetch_add(1, Ordering::Relaxed) == 50 {
            self.0.heal();
        }
        false
    }

    fn pause(&self, _time: Duration) {}
}

#[test]
fn a_bus_that_is_away_while_the_lease_is_taken_is_waited_for() {
    let world = World::new(TestBus::default());
    world.put(NAME, 'I', &["20260101000001|a|U|one"]);
    world.bus.away(CONTROL);
    let stop = Heals(world.bus.clone(), AtomicUsize::new(0));
    assert_eq!(world.runner().step(&stop).unwrap().taken, 1);
    assert_eq!(world.bus.messages(CONTROL).len(), 1);
}

#[test]
fn wherever_the_bus_fails_the_same_run_has_one_lease_and_the_next_takes_it_over() {
    let calls = {
        let world = World::new(TestBus::default());
        world.step().unwrap();
        world.bus.calls()
    };
    for call in 1..=calls {
        let world = World::new(TestBus::faulty());
        world.put(NAME, 'I', &["20260101000001|a|U|one"]);
        let mut first = world.runner();
        world.bus.die_at(call);
        assert!(first.step(&GoOn).is_err(), "call {call}");
        world.bus.heal();
        assert_eq!(first.step(&GoOn).unwrap().taken, 1, "call {call}");
        second_of(&world).step(&GoOn).unwrap();
        fenced(first.step(&GoOn));
        drop(first);
        assert_eq!(world.counters().read, 1, "call {call}");
    }
}

#[test]
fn who_may_not_write_its_lease_publishes_nothing() {
    let world = World::new(TestBus::default());
    world.put(NAME, 'I', &["20260101000001|a|U|one"]);
    world.bus.forbid(CONTROL);
    let error = world.step().unwrap_err();
    assert!(matches!(error, IntakeError::NoLease(_)) && !error.is_retryable());
    assert!(world.records().is_empty());
}

/// The limit of what a topic can tell: an unchanged row is not on it, so a machine that takes over without a state does not
/// know how late the department last said the same.
#[test]
fn who_takes_over_knows_the_stamps_of_what_was_published_and_no_newer_ones() {
    let world = World::new(TestBus::default());
    let shown = || names(world.effect())["k"].clone();
    world.put(NAME, 'I', &["20260101000000|k|U|v1", "20260101000003|k|U|v1", "20260101000001|k|U|v2"]);
    world.runner().step(&GoOn).unwrap();
    assert_eq!(shown().as_deref(), Some("v1"));
    world.put("L_320102_002.txt", 'I', &["20260101000001|k|U|v3"]);
    second_of(&world).step(&GoOn).unwrap();
    assert_eq!(shown().as_deref(), Some("v3"));
}

/// A look of one of two machines at the inbox that they share: the bus dies in it, and the process may, too.
#[derive(Debug, Clone)]
struct Look {
    machine: usize,
    dies_at: usize,
    is_killed: bool,
}

fn look() -> impl Strategy<Value = Look> {
    (0..2_usize, 1..120_usize, any::<bool>()).prop_map(|(machine, dies_at, is_killed)| Look {
        machine,
        dies_at,
        is_killed,
    })
}

fn names(effect: Effect) -> BTreeMap<String, Option<String>> {
    effect.into_iter().map(|(key, (_, content))| (key, content.map(|(name, _)| name))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any rows that do not say the same again under a newer stamp (what becomes of those is tested above; so withdrawals
    /// have one stamp), however often the machines take over from each other: no version has two contents, the newest of
    /// each key is what one machine publishes, and the counts add up.
    #[test]
    fn taking_over_anywhere_and_often_changes_nothing(
        rows in prop::collection::vec(
            (0..4_u8, 0..4_u8, prop::sample::select(vec!["U", "W", "2", "B", "H"]), 0..3_u8), 2..40),
        looks in prop::collection::vec(look(), 1..7),
    ) {
        let rows: Vec<String> =
            rows.iter().map(|(stamp, key, what, value)| {
                let stamp = if *what == "W" { 2 } else { *stamp };
                format!("2026010100000{stamp}|k{key}|{what}|v{stamp}{value}")
            }).collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let (calm, stormy) = (World::new(TestBus::default()), World::new(TestBus::faulty()));
        for world in [&calm, &stormy] {
            let (first, second) = rows.split_at(rows.len() / 2);
            world.put(NAME, 'I', first);
            world.put("L_320102_002.txt", 'I', second);
        }
        calm.step().unwrap();
        let mut running = [None, None];
        for Look { machine, dies_at, is_killed } in looks {
            let runner = running[machine].get_or_insert_with(|| machine_of(&stormy, ["a", "b"][machine]));
            stormy.bus.die_at(dies_at);
            let is_over = runner.step(&GoOn).is_err_and(|error| !error.is_retryable());
            stormy.bus.heal();
            if is_over || is_killed {
                running[machine] = None;
            }
        }
        drop(running);
        let mut last = machine_of(&stormy, "a");
        last.step(&GoOn).unwrap();
        prop_assert_eq!(names(stormy.effect()), names(calm.effect()));
        prop_assert_eq!(stormy.names(), calm.names());
        let counters = last.counters().unwrap();
        prop_assert!(counters.adds_up(), "{:?}", counters);
    }
}
