//! The list of changes through a runner, on an embedded bus.

use super::{CHANGES, REFRESH, TaxBureau, Trouble, around, bureau, clock, row, rows};
use crate::open;
use adapter_sdk::{
    Adapter, Counters, IntakeError, Runner, RunnerConfig, Step, Stop, Way,
    source::SourceError,
    transport::{RestFeed, RestSettings, SecretCipher, SourceSettings, Transport},
};
use bus::{Bus, EmbeddedBus, EmbeddedConfig, Event, Start};
use chrono::TimeDelta;
use contract::v1::{DepartmentIntake, Reject};
use domain::{Clock, ManualClock};
use prost::Message;
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

struct World {
    folder: TempDir,
    clock: Arc<ManualClock>,
    bureau: TaxBureau,
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
        let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
        let config = EmbeddedConfig::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let bus = EmbeddedBus::open(folder.path().join("bus"), config).unwrap();
        Self { folder, bureau: bureau(&clock), clock, bus }
    }

    fn runner(&self) -> Runner {
        self.runner_with(self.bureau.settings(), taxation::adapter(), &self.clock)
    }

    fn runner_with(&self, settings: RestSettings, adapter: Adapter, clock: &Arc<ManualClock>) -> Runner {
        let source = open(&adapter, &SourceSettings::Rest(settings), &around(clock)).unwrap().unwrap();
        let config = RunnerConfig::new("", self.folder.path().join("state"));
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        Runner::asking(source, adapter, config, Arc::new(self.bus.clone()), clock).unwrap()
    }

    fn messages<M: Message + Default>(&self, topic: &str) -> Vec<M> {
        let mut consumer = self.bus.consumer(&[Start::beginning(topic)]).unwrap();
        let (mut messages, mut events) = (Vec::new(), Vec::new());
        while !events.iter().any(|event| matches!(event, Event::End { .. })) {
            consumer.poll(1000, Duration::ZERO, &mut events).unwrap();
        }
        for event in events {
            if let Event::Record(delivery) = event {
                messages.extend(delivery.payload.and_then(|bytes| M::decode(bytes.as_ref()).ok()));
            }
        }
        messages
    }

    fn as_of(&self) -> i64 {
        let intakes = self.messages::<DepartmentIntake>("exchange.status");
        intakes.last().unwrap().as_of.unwrap().seconds
    }
}

fn step(runner: &mut Runner) -> Step {
    runner.step(&GoOn).unwrap()
}

fn counts(runner: &Runner) -> (u64, u64, u64) {
    let Counters { read, published, unchanged, .. } = runner.counters().unwrap();
    (read, published, unchanged)
}

/// What keeps the source from answering, and how long it asks to be left alone.
fn away(runner: &mut Runner) -> (String, Option<Duration>) {
    match runner.step(&GoOn) {
        Err(IntakeError::Source(SourceError::Away { message, retry_after })) => (message, retry_after),
        other => panic!("not away but {other:?}"),
    }
}

fn refused(runner: &mut Runner) -> String {
    match runner.step(&GoOn) {
        Err(IntakeError::Source(SourceError::Refused { message })) => message,
        other => panic!("not refused but {other:?}"),
    }
}

/// The department with another number of calls an hour.
fn stingy(calls_per_hour: u32) -> Adapter {
    let mut adapter = taxation::adapter();
    let Way { transport: Transport::Rest(feed), files } = adapter.ways.remove(0) else { panic!("no REST") };
    let feed: &'static RestFeed = Box::leak(Box::new(RestFeed { calls_per_hour, ..*feed }));
    adapter.ways.push(Way { transport: Transport::Rest(feed), files });
    adapter
}

#[test]
fn pages_are_followed_to_their_end_and_the_cursor_is_kept() {
    let world = World::new();
    world.bureau.put(rows(1003));
    let began = world.clock.now().timestamp();
    let mut runner = world.runner();
    assert_eq!(step(&mut runner).rows, 1003);
    assert_eq!(counts(&runner), (1003, 1003, 0));
    assert_eq!(world.as_of(), began);
    let queries = world.bureau.queries();
    assert_eq!(queries.len(), 3);
    assert_eq!(queries[0], "limit=500");
    assert!(queries[1].starts_with("cursor=500%2F") && queries[2].starts_with("cursor=1000%2F"));

    // Nothing new: the feed is known until now, from the place behind the last row.
    world.clock.advance(TimeDelta::seconds(30));
    assert_eq!(step(&mut runner).rows, 0);
    assert_eq!(world.as_of(), began + 30);
    assert!(world.bureau.queries()[3].starts_with("cursor=1003%2F"));
    assert_eq!((world.bureau.calls(REFRESH), world.bureau.connections()), (1, 2));
}

#[test]
fn another_process_goes_on_at_the_cursor() {
    let world = World::new();
    world.bureau.put(rows(3));
    step(&mut world.runner());
    world.bureau.put([row(3, "新增", "2026-11-01 09:00:00")]);
    let mut second = world.runner();
    assert_eq!(step(&mut second).rows, 1);
    assert_eq!(counts(&second), (4, 4, 0));
    assert!(world.bureau.queries()[1].starts_with("cursor=3%2F"));
}

#[test]
fn an_expired_cursor_starts_the_load_again() {
    let world = World::new();
    world.bureau.put(rows(3));
    let mut runner = world.runner();
    step(&mut runner);
    world.clock.advance(TimeDelta::days(8));
    assert_eq!(step(&mut runner).rows, 3);
    assert_eq!(counts(&runner), (6, 3, 3));
    let queries = world.bureau.queries();
    assert_eq!((queries.len(), queries[2].as_str()), (3, "limit=500"));
    // A broken one as well; one that is called broken although none was sent is the provider's error.
    world.bureau.trouble(CHANGES, [Trouble::Code("4108"), Trouble::Code("4108")]);
    assert!(away(&mut runner).0.contains("4108"));
    assert_eq!(step(&mut runner).rows, 0);
}

#[test]
fn a_page_that_comes_again_changes_nothing() {
    let world = World::new();
    world.bureau.put(rows(3));
    let mut runner = world.runner();
    step(&mut runner);
    world.bureau.trouble(CHANGES, [Trouble::Repeated]);
    step(&mut runner);
    assert_eq!(counts(&runner), (6, 3, 3));
}

#[test]
fn a_secret_is_refreshed_in_time_and_when_it_is_called_expired() {
    let world = World::new();
    let mut runner = world.runner();
    step(&mut runner);
    step(&mut runner);
    assert_eq!(world.bureau.calls(REFRESH), 1);
    world.clock.advance(TimeDelta::minutes(115));
    step(&mut runner);
    assert_eq!((world.bureau.calls(REFRESH), world.bureau.calls(CHANGES)), (2, 3));
    world.bureau.trouble(CHANGES, [Trouble::Code("4101")]);
    step(&mut runner);
    assert_eq!((world.bureau.calls(REFRESH), world.bureau.calls(CHANGES)), (3, 5));
    world.bureau.forget_secrets();
    step(&mut runner);
    assert_eq!((world.bureau.calls(REFRESH), world.bureau.calls(CHANGES)), (4, 7));
    // Once, and no more.
    world.bureau.trouble(CHANGES, [Trouble::Code("4101"), Trouble::Code("4101")]);
    assert!(away(&mut runner).0.contains("4101"));
    assert_eq!(world.bureau.calls(REFRESH), 5);
}

#[test]
fn either_cipher_is_understood_and_the_wrong_one_is_said() {
    let world = World::new();
    world.bureau.encrypt(SecretCipher::Cbc);
    assert!(refused(&mut world.runner()).contains("cipher"));
    let settings = RestSettings { cipher: SecretCipher::Cbc, ..world.bureau.settings() };
    step(&mut world.runner_with(settings, taxation::adapter(), &world.clock));
}

#[test]
fn what_somebody_has_to_mend_is_said_with_how() {
    let world = World::new();
    let of = |settings| refused(&mut world.runner_with(settings, taxation::adapter(), &world.clock));
    let key_file = world.folder.path().join("other.key");
    fs::write(&key_file, "other").unwrap();
    fs::set_permissions(&key_file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert!(of(RestSettings { key_file, ..world.bureau.settings() }).contains("key_file"));
    assert!(of(RestSettings { requester: "x".into(), ..world.bureau.settings() }).contains("requester"));
    let mut runner = world.runner();
    world.bureau.trouble(CHANGES, [Trouble::Code("4102"), Trouble::Code("4102")]);
    assert!(refused(&mut runner).contains("4102"));
}

#[test]
fn a_clock_that_is_off_is_said_in_minutes() {
    let world = World::new();
    let ahead = clock();
    ahead.advance(TimeDelta::minutes(7));
    let mut runner = world.runner_with(world.bureau.settings(), taxation::adapter(), &ahead);
    assert!(refused(&mut runner).contains("7 minutes ahead"));
}

#[test]
fn an_error_is_never_an_empty_page() {
    let world = World::new();
    world.bureau.put(rows(3));
    let mut runner = world.runner();
    let page = r#"{"code":"00","data":{"next":null,"more":true,"rows":[]}}"#;
    for (trouble, says) in [
        (Trouble::Code("9001"), "provider.error"),
        (Trouble::Cut, "cut off"),
        (Trouble::Garbled, "no page"),
        (Trouble::Status(502), "502"),
        (Trouble::Text(r#"{"code":"00","data":null}"#.to_owned()), "no page"),
        (Trouble::Text(page.to_owned()), "same one"),
    ] {
        world.bureau.trouble(CHANGES, [trouble]);
        let (message, retry_after) = away(&mut runner);
        assert!(message.contains(says), "{message}");
        assert_eq!(retry_after, None);
    }
    assert_eq!(counts(&runner), (0, 0, 0));
    assert_eq!(step(&mut runner).rows, 3);
}

#[test]
fn a_wish_to_be_left_alone_is_passed_on() {
    let world = World::new();
    world.bureau.trouble(CHANGES, [Trouble::TooMany(120)]);
    assert_eq!(away(&mut world.runner()).1, Some(Duration::from_mins(2)));
}

#[test]
fn no_more_calls_are_made_than_the_department_allows_whatever_process_makes_them() {
    let world = World::new();
    let runner = || world.runner_with(world.bureau.settings(), stingy(3), &world.clock);
    let mut first = runner();
    for _ in 0..2 {
        step(&mut first);
    }
    drop(first);
    let mut second = runner();
    for _ in 0..5 {
        step(&mut second);
    }
    assert_eq!(world.bureau.calls(CHANGES), 3);
    world.bureau.put(rows(1));
    world.clock.advance(TimeDelta::minutes(59));
    assert_eq!(step(&mut second).rows, 0);
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(step(&mut second).rows, 1);
    assert_eq!(world.bureau.calls(CHANGES), 4);
}

/// Says that it is time to stop once it was asked a few times.
struct Soon(AtomicUsize);

impl Stop for Soon {
    fn is_stopped(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) > 4
    }

    fn pause(&self, _time: Duration) {}
}

#[test]
fn a_call_under_way_is_given_up_when_the_intake_is_stopped() {
    let world = World::new();
    let mut runner = world.runner();
    step(&mut runner);
    world.bureau.trouble(CHANGES, [Trouble::Silent]);
    let stopped = runner.step(&Soon(AtomicUsize::new(0)));
    assert!(matches!(stopped, Err(IntakeError::Stopped)), "{stopped:?}");
}

#[test]
fn a_check_says_what_is_wrong_and_where() {
    let world = World::new();
    let check = |settings| {
        let mut source = open(&taxation::adapter(), &SourceSettings::Rest(settings), &around(&world.clock));
        let findings = source.as_mut().unwrap().as_mut().unwrap().check();
        findings.into_iter().map(|finding| (finding.what, finding.fix)).collect::<Vec<_>>()
    };
    assert_eq!(check(world.bureau.settings()), [("secret.refreshed", None), ("list.answers", None)]);
    let wrong = check(RestSettings { requester: "x".into(), ..world.bureau.settings() });
    let [("secret.refreshed", Some(fix))] = wrong.as_slice() else { panic!("{wrong:?}") };
    assert!(fix.contains("requester"));
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    let world = World::new();
    let of = |settings| {
        let opened = open(&taxation::adapter(), &SourceSettings::Rest(settings), &around(&world.clock));
        opened.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(of(RestSettings { url: "http://tax".into(), ..world.bureau.settings() }).contains("source.url"));
    assert!(of(RestSettings { ca: "none.pem".into(), ..world.bureau.settings() }).contains("source.ca"));
    assert!(of(RestSettings { key_file: "none".into(), ..world.bureau.settings() }).contains("source.key_file"));
    assert!(of(RestSettings { service: String::new(), ..world.bureau.settings() }).contains("source.service"));
    assert!(of(RestSettings { cert: Some("c".into()), ..world.bureau.settings() }).contains("source.cert"));
}

#[test]
fn a_reject_keeps_the_bytes_as_they_stood_in_the_answer() {
    let world = World::new();
    let odd = r#"{ "DJXH" : "9",  "SHXYDM":"911100006000373411" , "XGRQ":"2026-11-01 03:00:00","YXBZ":"Y"}"#;
    world.bureau.put([odd.to_owned(), r#"{"DJXH":tru}"#.to_owned()]);
    world.bureau.put(rows(1));
    let mut runner = world.runner();
    step(&mut runner);
    let rejects = world.messages::<Reject>("exchange.rejects.taxation");
    let kept: Vec<_> = rejects.iter().map(|reject| (reject.rule.as_str(), reject.original.as_slice())).collect();
    assert_eq!(kept, [("uscc.checksum", odd.as_bytes()), ("message.json", br#"{"DJXH":tru}"#.as_slice())]);
    assert_eq!(counts(&runner).1, 1);
}
