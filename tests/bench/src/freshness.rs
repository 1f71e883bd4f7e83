//! `freshness`: how long until what a department hands over can be asked for.
//!
//! - `file`: the register drops a file with one row, then its flag file with count and hash. From the moment at which both
//!   lie there to the first answer with the record: found at the next look into the folder, checked, mapped, durable on the
//!   bus, followed into the view.
//! - `publish`: health pushes one record. From the moment at which it is told that the record is accepted (durable on the bus)
//!   to the first answer with it. The time of the push itself stands beside it.
//!
//! One after the other, each with a new subject, on the embedded bus and on a real Kafka. The consumer asks over one connection
//! with mutual TLS, again a millisecond after each answer, so that the figures are that much and one question too long at
//! most. Files come at any time between two looks into the folder; how often the folder is looked into is configuration
//! (`poll`), and no file can be answered for sooner on the average than after half of that.

use crate::{
    kafka,
    line::{Line, Output},
    measure::{Process, percentile_ms},
    options::Options,
    serving::{Caller, Program, question, with_large_quota},
};
use anyhow::{Context as _, Result, ensure};
use bus::test_kit::RealKafka;
use bytes::Bytes;
use clap::Args;
use exchange_tests::{
    Random,
    generate::{People, births, register},
    product::{Bus, Node, binary},
};
use prost::Message as _;
use std::{
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// How long one answer is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between an answer and the next question.
const PAUSE: Duration = Duration::from_millis(1);
/// What is handed over first, to get warm; it does not count.
const WARMING: u64 = 5;
/// What a node of the tests is told.
const USUAL_POLL: &str = "100ms";

/// What hands over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    File,
    Publish,
}

/// A way, and the bus that it goes over.
struct Case {
    name: &'static str,
    way: Way,
    on_kafka: bool,
}

const CASES: [Case; 4] = [
    Case { name: "file/embedded", way: Way::File, on_kafka: false },
    Case { name: "publish/embedded", way: Way::Publish, on_kafka: false },
    Case { name: "file/kafka", way: Way::File, on_kafka: true },
    Case { name: "publish/kafka", way: Way::Publish, on_kafka: true },
];

/// Which cases.
#[derive(Args, Clone, Debug)]
pub(crate) struct Freshness {
    /// Only cases whose name contains this (file, kafka).
    #[arg(long, value_name = "PART")]
    only: Option<String>,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    program: Program,
    /// Rows of each case, one after the other [default: 300, quick 40].
    #[arg(long, value_name = "N")]
    rows: Option<u64>,
    /// How often folders are looked into; `exchange init` writes 2s.
    #[arg(long, value_name = "TIME", default_value = USUAL_POLL)]
    poll: String,
}

impl From<Options> for Freshness {
    fn from(options: Options) -> Self {
        Self { only: None, options, program: Program::default(), rows: None, poll: USUAL_POLL.to_owned() }
    }
}

/// A node, who asks it, and who hands over.
struct Scene {
    node: Node,
    consumer: Caller,
    health: Caller,
    people: People,
    random: Random,
    files: u64,
    poll: Duration,
}

/// What one row took.
struct Took {
    /// From accepted or complete to answered.
    fresh: Duration,
    /// From handed over to accepted, or to complete.
    handing: Duration,
}

/// Measures each case.
pub(crate) fn run(bench: &Freshness, output: &mut Output) -> Result<()> {
    bench.program.choose();
    let wanted = |case: &&Case| bench.only.as_ref().is_none_or(|part| case.name.contains(part.as_str()));
    for on_kafka in [false, true] {
        let cases: Vec<&Case> = CASES.iter().filter(|case| case.on_kafka == on_kafka).filter(wanted).collect();
        if cases.is_empty() {
            continue;
        }
        let broker = if on_kafka { kafka::start() } else { None };
        if on_kafka && broker.is_none() {
            eprintln!("freshness: left out on Kafka, as there is none here");
            continue;
        }
        let mut scene = Scene::set(bench, broker.as_ref())?;
        for case in cases {
            output.print(scene.play(case, bench)?)?;
        }
    }
    Ok(())
}

impl Scene {
    fn set(bench: &Freshness, broker: Option<&RealKafka>) -> Result<Self> {
        let bus = broker.map_or(Bus::Embedded, |broker| Bus::Kafka(broker.brokers()));
        let mut node = Node::new_in(bench.options.work_folder()?, bus);
        with_large_quota(&node.path("catalogue/grants/one-window.toml"))?;
        let file = node.path("exchange.toml");
        let text = fs::read_to_string(&file)?;
        fs::write(&file, text.replace(&format!("poll = \"{USUAL_POLL}\""), &format!("poll = \"{}\"", bench.poll)))?;
        let pki = node.path("pki");
        let issued = Command::new(binary()).args(["pki", "issue", "department/health", "--dir"]).arg(&pki).output()?;
        ensure!(issued.status.success(), "no certificate for health");
        node.run_adapters(&["public-security"]);
        node.start();
        let consumer = Caller::consumer(node.service(), &pki)?;
        let health = Caller::connect(node.service(), &pki, "department-health")?;
        let poll = read_time(&bench.poll).context("--poll is a number with ms or s")?;
        Ok(Self { node, consumer, health, people: People::new(7), random: Random::new(7), files: 0, poll })
    }

    fn play(&mut self, case: &Case, bench: &Freshness) -> Result<Line> {
        let rows = bench.rows.unwrap_or_else(|| bench.options.amount(300, 40));
        eprintln!("freshness/{}: {rows} rows", case.name);
        for _ in 0..WARMING {
            self.row(case.way)?;
        }
        let processes: Vec<Process> = self.node.processes().into_iter().map(Process::Child).collect();
        for process in &processes {
            process.reset_peak();
        }
        let took = (0..rows).map(|_| self.row(case.way)).collect::<Result<Vec<Took>>>()?;
        let mut fresh: Vec<Duration> = took.iter().map(|took| took.fresh).collect();
        let mut handing: Vec<Duration> = took.iter().map(|took| took.handing).collect();
        let line = Line {
            p50_ms: percentile_ms(&mut fresh, 0.5),
            p99_ms: percentile_ms(&mut fresh, 0.99),
            peak_rss_bytes: Some(processes.iter().map(|process| process.peak_rss_bytes()).sum()),
            ..Line::new(format!("freshness/{}", case.name))
        };
        let line = line.with("rows", rows).with("longest_ms", percentile_ms(&mut fresh, 1.0));
        Ok(match case.way {
            Way::File => Line { limit: Some(format!("poll interval {}", bench.poll)), ..line }.goal("p99_ms < 1000"),
            Way::Publish => Line { limit: Some("no poll interval: accepted records are followed".to_owned()), ..line }
                .goal("p99_ms < 100")
                .with("accepting_p50_ms", percentile_ms(&mut handing, 0.5))
                .with("accepting_p99_ms", percentile_ms(&mut handing, 0.99)),
        })
    }

    fn row(&mut self, way: Way) -> Result<Took> {
        match way {
            Way::File => self.file(),
            Way::Publish => self.publish(),
        }
    }

    /// A file with one resident, some time between two looks into the folder.
    fn file(&mut self) -> Result<Took> {
        let number = self.people.citizen(true);
        let row = register::Row::with_number(&mut self.people, &number, "20261101080000");
        let (day, serial) = (1 + self.files / 900, 1 + self.files % 900);
        self.files += 1;
        let name = format!("CZRK_110101_202611{day:02}_{serial:03}.txt");
        let file = register::file(&name, 'I', &[row.bytes()]);
        thread::sleep(self.poll * u32::try_from(self.random.below(1000))? / 1000);
        let begun = Instant::now();
        self.node.drop_file("public-security", &file);
        self.asked(("natural-person", "citizen-number", &number), begun)
    }

    fn publish(&mut self) -> Result<Took> {
        let line = births::birth(&mut self.people, "2026-11-01 08:00:00");
        let number = line.text("cszmbh");
        let begun = Instant::now();
        self.health.push(line.written())?;
        self.asked(("birth-certificate", "certificate-number", &number), begun)
    }

    /// Asks until the record is there. What was begun is handed over now.
    fn asked(&mut self, (resource, kind, value): (&str, &str, &str), begun: Instant) -> Result<Took> {
        let (handed, handing) = (Instant::now(), begun.elapsed());
        let question = Bytes::from(question(resource, (kind, value)).encode_to_vec());
        while !self.consumer.finds(&question)? {
            self.node.assert_running();
            ensure!(handed.elapsed() < PATIENCE, "a record does not become answerable");
            thread::sleep(PAUSE);
        }
        Ok(Took { fresh: handed.elapsed(), handing })
    }
}

/// A time as the configuration writes it.
fn read_time(text: &str) -> Option<Duration> {
    match text.strip_suffix("ms") {
        Some(number) => number.parse().ok().map(Duration::from_millis),
        None => text.strip_suffix('s')?.parse().ok().map(Duration::from_secs),
    }
}
