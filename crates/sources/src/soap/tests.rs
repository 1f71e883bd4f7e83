//! The list of changes through a runner, on an embedded bus.

use crate::{
    Surroundings, open,
    test_kit::{EnterpriseRegistry, Hitch, Query, Wrapping},
};
use adapter_sdk::{
    Adapter, Counters, IntakeError, Runner, RunnerConfig, Step, Stop, Way,
    source::SourceError,
    transport::{SoapFeed, SoapSettings, SourceSettings, Transport},
};
use bus::{Bus, EmbeddedBus, EmbeddedConfig, Event, Start};
use chrono::{DateTime, TimeDelta};
use contract::{
    canonical::v1::Record,
    v1::{DepartmentIntake, Reject},
};
use domain::{Clock, Language, ManualClock};
use prost::Message;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

const FIRST: &str = "1900-01-01 00:00:00";
const EARLY: &str = "2026-11-01 02:11:08";
const TIME: &str = "2026-11-01 02:11:09";

struct World {
    folder: TempDir,
    clock: Arc<ManualClock>,
    registry: EnterpriseRegistry,
    bus: EmbeddedBus,
}

struct GoOn;

impl Stop for GoOn {
    fn is_stopped(&self) -> bool {
        false
    }

    fn pause(&self, _time: Duration) {}
}

impl World {
    fn new() -> Self {
        let start = DateTime::parse_from_rfc3339("2026-11-01T10:00:00+08:00").unwrap();
        let clock = Arc::new(ManualClock::at(start.to_utc()));
        let folder = tempfile::tempdir().unwrap();
        let config = EmbeddedConfig::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let bus = EmbeddedBus::open(folder.path().join("bus"), config).unwrap();
        Self { folder, registry: EnterpriseRegistry::start(clock.clone()), clock, bus }
    }

    fn around(&self, language: Language) -> Surroundings {
        Surroundings { clock: self.clock.clone(), language }
    }

    fn runner(&self) -> Runner {
        self.runner_of(market_supervision::adapter())
    }

    fn runner_of(&self, adapter: Adapter) -> Runner {
        let settings = SourceSettings::Soap(self.registry.settings());
        let source = open(&adapter, &settings, &self.around(Language::English)).unwrap().unwrap();
        let config = RunnerConfig::new("", self.folder.path().join("state"));
        Runner::asking(source, adapter, config, Arc::new(self.bus.clone()), self.clock.clone()).unwrap()
    }

    fn messages<M: Message + Default>(&self, topic: &str) -> Vec<M> {
        let mut consumer = self.bus.consumer(&[Start::beginning(topic)]).unwrap();
        let mut open: BTreeMap<u32, u64> =
            self.bus.end(topic).unwrap().iter().map(|end| (end.partition, end.offset)).collect();
        open.retain(|_, end| *end > 0);
        let (mut messages, mut events) = (Vec::new(), Vec::new());
        while !open.is_empty() {
            consumer.poll(1000, Duration::ZERO, &mut events).unwrap();
            for event in &events {
                forget_ended(event, &mut open);
            }
            messages.extend(events.drain(..).filter_map(message));
        }
        messages
    }

    /// Keys of the records of a resource, in order of publication within a key.
    fn keys(&self, resource: &str) -> Vec<String> {
        let records: Vec<Record> = self.messages("exchange.records.market-supervision");
        let mut keys: Vec<String> =
            records.into_iter().filter(|record| record.resource == resource).map(|record| record.key).collect();
        keys.sort();
        keys
    }

    fn as_of(&self) -> i64 {
        let intakes = self.messages::<DepartmentIntake>("exchange.status");
        intakes.last().unwrap().as_of.unwrap().seconds
    }

    fn asked(&self) -> Vec<(String, u32)> {
        self.registry.queries().into_iter().map(|Query { since, page, .. }| (since, page)).collect()
    }
}

/// Forgets a partition that has given out everything up to the end that is known of it.
fn forget_ended(event: &Event, open: &mut BTreeMap<u32, u64>) {
    if let Event::End { next, .. } = event {
        open.retain(|partition, end| *partition != next.partition || next.offset < *end);
    }
}

fn message<M: Message + Default>(event: Event) -> Option<M> {
    let Event::Record(delivery) = event else { return None };
    M::decode(delivery.payload?.as_ref()).ok()
}

fn step(runner: &mut Runner) -> Step {
    runner.step(&GoOn).unwrap()
}

fn counts(runner: &Runner) -> (u64, u64, u64) {
    let Counters { read, published, unchanged, .. } = runner.counters().unwrap();
    (read, published, unchanged)
}

fn away(runner: &mut Runner) -> (String, Option<Duration>) {
    match runner.step(&GoOn) {
        Err(IntakeError::Source(SourceError::Away { message, retry_after })) => (message, retry_after),
        other => panic!("not away but {other:?}"),
    }
}

fn share(number: usize, amount: &str, time: &str) -> String {
    format!(
        "<INV><PRIPID>32</PRIPID><INVID>{number}</INVID><INVTYPE>20</INVTYPE><INV>张㐀·𠀀 &amp; 示例</INV>\
         <SUBCONAM>{amount}</SUBCONAM><S_EXT_DATATIME>{time}</S_EXT_DATATIME></INV>"
    )
}

fn shares(numbers: std::ops::Range<usize>, time: &str) -> Vec<String> {
    numbers.map(|number| share(number, "1.00", time)).collect()
}

fn query(since: &str, page: u32) -> (String, u32) {
    (since.to_owned(), page)
}

/// The department with smaller pages and less patience.
fn small(page: u32) -> Adapter {
    let mut adapter = market_supervision::adapter();
    let Way { transport: Transport::Soap(feed), files } = adapter.ways.remove(1) else { panic!("no SOAP") };
    let feed: &'static SoapFeed =
        Box::leak(Box::new(SoapFeed { page, answers_within: Duration::from_millis(500), ..*feed }));
    adapter.ways.push(Way { transport: Transport::Soap(feed), files });
    adapter
}

#[test]
fn every_row_is_published_once_and_the_last_second_is_asked_for_next() {
    let world = World::new();
    world.registry.put(EARLY, shares(0..1000, EARLY));
    world.registry.put(TIME, shares(1000..1003, TIME));
    let began = world.clock.now().timestamp();
    let mut runner = world.runner();
    assert_eq!(step(&mut runner).rows, 1003);
    assert_eq!(world.registry.queries()[0], Query { since: FIRST.to_owned(), page: 1, size: 1000 });
    assert_eq!(world.as_of(), began);
    // The rows of the last second come again, and are no news.
    world.clock.advance(TimeDelta::seconds(30));
    assert_eq!(step(&mut runner).rows, 0);
    assert_eq!(counts(&runner), (1003, 1003, 0));
    assert_eq!(world.keys("shareholding").len(), 1003);
    assert_eq!(world.asked(), [query(FIRST, 1), query(FIRST, 2), query(TIME, 1)]);
    // Another one of that second is.
    world.registry.put(TIME, [share(7000, "1.00", TIME)]);
    assert_eq!(step(&mut runner).rows, 1);
    assert_eq!(step(&mut runner).rows, 0);
}

#[test]
fn text_arrives_however_the_document_stands_in_the_answer() {
    for wrapping in [Wrapping::Escaped, Wrapping::Section, Wrapping::Sections] {
        let world = World::new();
        world.registry.wrap(wrapping);
        world.registry.put(TIME, shares(0..3, TIME));
        let mut runner = world.runner_of(small(2));
        assert_eq!(step(&mut runner).rows, 3, "{wrapping:?}");
        let records: Vec<Record> = world.messages("exchange.records.market-supervision");
        let body = &records[0].body.as_ref().unwrap().value;
        let share = contract::canonical::v1::Shareholding::decode(body.as_slice()).unwrap();
        assert_eq!(share.holder.unwrap().name, "张㐀·𠀀 & 示例");
    }
}

#[test]
fn a_row_that_changed_within_the_last_second_comes_through_and_so_does_its_former_state() {
    let world = World::new();
    world.registry.put(TIME, shares(0..3, TIME));
    let mut runner = world.runner();
    step(&mut runner);
    for (amount, rows) in [("2.00", 1), ("2.00", 0), ("1.00", 1), ("1.00", 0)] {
        world.registry.remove("<INVID>1</INVID>");
        world.registry.put(TIME, [share(1, amount, TIME)]);
        assert_eq!(step(&mut runner).rows, rows, "{amount}");
    }
    assert_eq!(counts(&runner), (5, 5, 0));
}

#[test]
fn another_process_goes_on_at_the_last_second() {
    let world = World::new();
    world.registry.put(EARLY, shares(0..2, EARLY));
    world.registry.put(TIME, shares(2..4, TIME));
    step(&mut world.runner());
    world.registry.put("2026-11-01 09:00:00", shares(4..5, "2026-11-01 09:00:00"));
    let mut second = world.runner();
    assert_eq!(step(&mut second).rows, 1);
    assert_eq!(counts(&second), (5, 5, 0));
    assert_eq!(world.asked()[1..], [query(TIME, 1)]);
}

#[test]
fn whatever_is_no_good_answer_is_the_providers_error_and_keeps_the_position() {
    let world = World::new();
    world.registry.put(EARLY, shares(0..2, EARLY));
    let mut runner = world.runner_of(small(2));
    step(&mut runner);
    world.registry.put(TIME, shares(2..7, TIME));
    for (hitch, says) in [
        (Hitch::Fault, "soap:Server"),
        (Hitch::QuietFault, "soap:Server"),
        (Hitch::Status(503, None), "HTTP 503"),
        (Hitch::Cut, "cut off"),
        (Hitch::Silent, "no answer within 0.5 s"),
        (Hitch::Garbled, "no SOAP envelope"),
        (Hitch::Code("99"), "provider.error, code \"99\""),
        (Hitch::Text(String::new()), "not the document"),
        (Hitch::Text("<response/>".to_owned()), "provider.error"),
        (Hitch::Text("<html/>".to_owned()), "not the document"),
        (Hitch::Text("<response><head><code>00</code><pages>x</pages></head></response>".to_owned()), "no number"),
        (Hitch::FirstPage, "another page"),
    ] {
        world.registry.hitch([None, Some(hitch.clone())]);
        let before = world.registry.queries().len();
        let (message, _) = away(&mut runner);
        assert!(message.contains(says), "{message} for {hitch:?}");
        assert!(!message.contains('异'), "{message}");
        assert_eq!(world.asked()[before..], [query(EARLY, 1), query(EARLY, 2)], "{hitch:?}");
    }
    step(&mut runner);
    assert_eq!(world.keys("shareholding").len(), 7);
    step(&mut runner);
    assert_eq!(world.asked().last(), Some(&query(TIME, 3)));
}

#[test]
fn a_wish_to_be_left_alone_is_passed_on_and_a_closed_door_is_said() {
    let world = World::new();
    let mut runner = world.runner();
    world.registry.hitch([Some(Hitch::Status(503, Some(120))), Some(Hitch::Status(403, None))]);
    assert_eq!(away(&mut runner).1, Some(Duration::from_mins(2)));
    let refused = runner.step(&GoOn);
    assert!(matches!(refused, Err(IntakeError::Source(SourceError::Refused { .. }))), "{refused:?}");
}

#[test]
fn a_list_that_grows_while_it_is_read_is_read_anew() {
    let world = World::new();
    world.registry.put(EARLY, shares(0..5, EARLY));
    let mut runner = world.runner_of(small(2));
    world.registry.hitch([None, Some(Hitch::Grows(TIME.to_owned(), share(9, "1.00", TIME)))]);
    assert_eq!(step(&mut runner).rows, 2 + 6);
    assert_eq!(counts(&runner), (8, 6, 2));
    let pages: Vec<u32> = world.asked().into_iter().map(|(_, page)| page).collect();
    assert_eq!(pages, [1, 2, 1, 2, 3]);
    step(&mut runner);
    assert_eq!(world.asked().last(), Some(&query(TIME, 1)));
}

#[test]
fn a_list_that_never_rests_is_given_out_and_the_position_stays() {
    let world = World::new();
    world.registry.put(EARLY, shares(0..5, EARLY));
    let mut runner = world.runner_of(small(2));
    let grows = |number| Some(Hitch::Grows(TIME.to_owned(), share(number, "1.00", TIME)));
    world.registry.hitch((0..4).flat_map(|turn| [None, grows(100 + turn)]));
    step(&mut runner);
    assert_eq!(world.keys("shareholding").len(), 9);
    step(&mut runner);
    assert_eq!(world.asked().iter().filter(|(since, _)| since == TIME).count(), 0);
    step(&mut runner);
    assert_eq!(world.asked().last().unwrap().0, TIME);
}

#[test]
fn a_poll_that_lacks_rows_leaves_the_position() {
    let world = World::new();
    world.registry.put(TIME, shares(0..3, TIME));
    let mut runner = world.runner();
    world.registry.hitch([Some(Hitch::Loses)]);
    assert_eq!(step(&mut runner).rows, 2);
    assert_eq!(step(&mut runner).rows, 3);
    assert_eq!(counts(&runner), (5, 3, 2));
    assert_eq!(step(&mut runner).rows, 0);
    assert_eq!(world.asked(), [query(FIRST, 1), query(FIRST, 1), query(TIME, 1)]);
}

#[test]
fn times_in_the_future_and_times_that_are_none_hide_no_row() {
    let world = World::new();
    let future = "2099-01-01 00:00:00";
    world.registry.put(TIME, shares(0..1, TIME));
    world.registry.put(future, shares(1..2, future));
    world.registry.put(TIME, [share(2, "1.00", "bald")]);
    let mut runner = world.runner();
    assert_eq!(step(&mut runner).rows, 3);
    assert_eq!(step(&mut runner).rows, 0);
    assert_eq!(world.asked()[1..], [query(TIME, 1)]);
    let later = "2026-11-01 09:30:00";
    world.registry.put(later, shares(3..4, later));
    assert_eq!(step(&mut runner).rows, 1);
    assert_eq!(step(&mut runner).rows, 0);
    assert_eq!(world.asked().last(), Some(&query(later, 1)));
}

#[test]
fn a_reject_keeps_the_entity_in_the_encoding_that_the_mapping_reads() {
    let world = World::new();
    let odd = "<LIC><LICID>1</LICID><LICTYPE>食品经营许可证</LICTYPE></LIC>";
    world.registry.put(TIME, [odd.to_owned()]);
    world.registry.put(TIME, shares(0..1, TIME));
    let mut runner = world.runner();
    step(&mut runner);
    let rejects = world.messages::<Reject>("exchange.rejects.market-supervision");
    let expected = adapter_sdk::formats::gb18030::encode_xml(odd);
    assert_eq!(rejects.len(), 1);
    assert_eq!((rejects[0].encoding.as_str(), rejects[0].original.as_slice()), ("GB18030", expected.as_slice()));
    assert_eq!(counts(&runner).1, 1);
}

/// Says that it is time to stop once it was asked a few times.
struct Soon(AtomicUsize);

impl Stop for Soon {
    fn is_stopped(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) > 2
    }

    fn pause(&self, _time: Duration) {}
}

#[test]
fn a_call_under_way_is_given_up_when_the_intake_is_stopped() {
    let world = World::new();
    let mut runner = world.runner();
    world.registry.hitch([Some(Hitch::Silent)]);
    let stopped = runner.step(&Soon(AtomicUsize::new(0)));
    assert!(matches!(stopped, Err(IntakeError::Stopped)), "{stopped:?}");
}

fn check(world: &World, settings: SoapSettings, language: Language) -> Vec<(&'static str, Option<String>)> {
    let source = open(&small(2), &SourceSettings::Soap(settings), &world.around(language)).unwrap();
    source.unwrap().check().into_iter().map(|finding| (finding.what, finding.fix)).collect()
}

#[test]
fn a_check_says_what_is_wrong_in_the_language_of_the_node() {
    let world = World::new();
    let all = |language| check(&world, world.registry.settings(), language);
    let well = [("service.reachable", None), ("service.answers", None), ("service.clock", None)];
    assert_eq!(all(Language::English), well);
    world.registry.hitch([Some(Hitch::Fault), Some(Hitch::Code("77")), Some(Hitch::Silent)]);
    assert!(all(Language::Chinese)[1].1.as_ref().unwrap().contains("SOAP Fault"));
    assert!(all(Language::Chinese)[1].1.as_ref().unwrap().contains("77"));
    assert!(all(Language::Chinese)[0].1.as_ref().unwrap().contains("没有应答"));
    let elsewhere = SoapSettings { url: "https://127.0.0.1:1/ws".to_owned(), ..world.registry.settings() };
    let found = check(&world, elsewhere, Language::Chinese);
    assert!(found.len() == 1 && found[0].1.as_ref().unwrap().contains("无法连接"), "{found:?}");
    let stranger = World::new();
    let settings = SoapSettings { ca: stranger.registry.settings().ca, ..world.registry.settings() };
    assert!(check(&world, settings, Language::English)[0].1.as_ref().unwrap().contains("(TLS)"));
}

#[test]
fn a_clock_that_is_off_is_said_in_minutes() {
    let world = World::new();
    let ahead = World::new();
    ahead.clock.advance(TimeDelta::minutes(7));
    let there = ahead.registry.settings();
    let found = check(&world, there.clone(), Language::English);
    assert!(found[2].1.as_ref().unwrap().contains("7 minutes ahead"), "{found:?}");
    world.clock.advance(TimeDelta::minutes(10));
    assert!(check(&world, there, Language::Chinese)[2].1.as_ref().unwrap().contains("慢 3 分钟"));
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    let world = World::new();
    let of = |settings| {
        let opened =
            open(&market_supervision::adapter(), &SourceSettings::Soap(settings), &world.around(Language::English));
        opened.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(of(SoapSettings { url: "http://ent".into(), ..world.registry.settings() }).contains("source.url"));
    assert!(of(SoapSettings { ca: "none.pem".into(), ..world.registry.settings() }).contains("source.ca"));
    assert!(of(SoapSettings { cert: Some("c".into()), ..world.registry.settings() }).contains("source.cert"));
}
