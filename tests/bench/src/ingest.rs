//! A department's whole file onto the bus: taken from its folder by the adapter's runner, against a bare client of the
//! bus that sends the same finished bytes.

mod send;
mod take_in;

pub(crate) use self::{send::Send, take_in::TakeIn};

use crate::{
    child::Task,
    kafka,
    line::{Line, Output},
    measure::Pass,
    options::Options,
    place::Place,
    stock::Stock,
};
use anyhow::Result;
use bus::test_kit::RealKafka;
use clap::Args;
use std::path::Path;
use tempfile::TempDir;

/// A department's file on a bus, with its rows in a full and in a quick run.
struct Case {
    name: &'static str,
    department: &'static str,
    on_kafka: bool,
    rows: (u64, u64),
    goal: &'static str,
}

const CASES: &[Case] = &[
    Case {
        name: "public-security/kafka",
        department: "public-security",
        on_kafka: true,
        rows: (1_000_000, 120_000),
        goal: "ratio >= 0.5; memory < 300 MB",
    },
    Case {
        name: "public-security/embedded",
        department: "public-security",
        on_kafka: false,
        rows: (1_000_000, 120_000),
        goal: "memory < 300 MB",
    },
    Case {
        name: "market-supervision/kafka",
        department: "market-supervision",
        on_kafka: true,
        rows: (600_000, 20_000),
        goal: "memory < 300 MB",
    },
    Case {
        name: "market-supervision/embedded",
        department: "market-supervision",
        on_kafka: false,
        rows: (600_000, 20_000),
        goal: "memory < 300 MB",
    },
];

/// Which cases.
#[derive(Args, Clone, Debug)]
pub(crate) struct Ingest {
    /// Only cases whose name contains this (public-security, embedded).
    #[arg(long, value_name = "PART")]
    only: Option<String>,
    #[command(flatten)]
    options: Options,
}

/// What ours and the limits took, round by round.
#[derive(Default)]
struct Rounds {
    ours: Vec<Pass>,
    limit: Vec<Pass>,
    without_headers: Vec<Pass>,
    messages: u64,
    bytes: u64,
}

impl From<Options> for Ingest {
    fn from(options: Options) -> Self {
        Self { only: None, options }
    }
}

/// Measures each case.
pub(crate) fn run(ingest: &Ingest, output: &mut Output) -> Result<()> {
    let folder = ingest.options.work_folder()?;
    let wanted = |case: &&Case| ingest.only.as_ref().is_none_or(|part| case.name.contains(part.as_str()));
    let cases: Vec<&Case> = CASES.iter().filter(wanted).collect();
    let broker = if cases.iter().any(|case| case.on_kafka) { kafka::start() } else { None };
    if let Some(broker) = &broker {
        warm_up(broker, folder.path(), ingest.options.amount(100_000, 20_000))?;
    }
    for case in cases {
        let rows = ingest.options.amount(case.rows.0, case.rows.1);
        let stock = Stock::write(case.department, &folder.path().join(format!("stock-{rows}")), rows)?;
        match (&broker, case.on_kafka) {
            (None, true) => eprintln!("{}: left out, as there is no Kafka here", case.name),
            (broker, _) => {
                let broker = broker.as_ref().filter(|_| case.on_kafka);
                output.print(measure(case, &stock, broker, &ingest.options, folder.path())?)?;
            }
        }
    }
    Ok(())
}

/// A broker that has just started takes a while to be as fast as it can; neither side is to pay for that.
fn warm_up(broker: &RealKafka, folder: &Path, rows: u64) -> Result<()> {
    let stock = Stock::write("public-security", &folder.join("warm-up"), rows)?;
    eprintln!("warming up");
    round(&stock, Some(broker), folder, &mut Rounds::default())
}

fn measure(case: &Case, stock: &Stock, broker: Option<&RealKafka>, options: &Options, folder: &Path) -> Result<Line> {
    let mut rounds = Rounds::default();
    for number in 1..=options.rounds() {
        eprintln!("{}: round {number} of {}", case.name, options.rounds());
        round(stock, broker, folder, &mut rounds)?;
    }
    let limit = if case.on_kafka {
        "plain librdkafka sending the same finished messages, same settings"
    } else {
        "bare append of the same finished messages to the embedded bus"
    };
    let plain = Line::default().ours(&rounds.without_headers).ours_per_s;
    Ok(Line::new(format!("ingest/{}", case.name))
        .ours(&rounds.ours)
        .limit(limit, &rounds.limit)
        .goal(case.goal)
        .with("rows", stock.rows)
        .with("input_bytes", stock.bytes)
        .with("messages", rounds.messages)
        .with("finished_bytes", rounds.bytes)
        .with("limit_without_headers_per_s", plain.map(f64::round)))
}

/// Ours, then the limit on what ours has sent, each in a process of its own.
fn round(stock: &Stock, broker: Option<&RealKafka>, folder: &Path, rounds: &mut Rounds) -> Result<()> {
    let work = TempDir::new_in(folder)?;
    let place = |name: &str| match broker {
        Some(broker) => Place::Kafka(broker.brokers()),
        None => Place::Embedded(work.path().join(name)),
    };
    let department = stock.department.to_owned();
    let take_in = TakeIn { stock: stock.path.clone(), department, bus: place("bus"), folder: work.path().to_owned() };
    rounds.ours.push(Task::TakeIn(take_in).run()?);
    let topic = contract::topics::records(stock.department);
    let again = Task::Send(Send { rows: stock.rows, topic, from: place("bus"), to: place("bare") });
    let limit: send::Sent = again.run()?;
    rounds.limit.push(limit.whole);
    rounds.without_headers.push(limit.without_headers);
    (rounds.messages, rounds.bytes) = (limit.messages, limit.bytes);
    broker.map_or(Ok(()), |broker| kafka::clear(&broker.brokers()))
}
