//! A node that holds many records.

use super::records::{DEPARTMENT, RESOURCE, record};
use crate::measure::{Process, timed};
use anyhow::{Context as _, Result, bail, ensure};
use bus::{Bus as _, EmbeddedBus, EmbeddedConfig, Message, Producer, SendError, Topic};
use clap::Args;
use contract::{
    topics,
    v1::{DepartmentIntake, IntakeRows, TopicPosition},
};
use domain::Clock as _;
use exchange_tests::product::{Bus, Node, take_binary};
use prost::Message as _;
use runtime::SystemClock;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long a node may take to hold all records.
const PATIENCE: Duration = Duration::from_mins(20);
/// How long it may still tidy up after that.
const SETTLING: Duration = Duration::from_mins(2);

/// Which binary of the product is measured.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Program {
    /// The `exchange` binary; one that is built now by default.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

impl Program {
    /// Says so to what starts it.
    pub(crate) fn choose(&self) {
        self.binary.clone().into_iter().for_each(take_binary);
    }
}

/// A node with records of about 2 KB, all found by the codes that the questions ask for; a process of its own.
pub(crate) struct Held {
    node: Node,
    /// How many records it holds.
    pub(crate) records: u64,
    /// How long it took to publish them and to have them in its view, in seconds.
    pub(crate) prepared_s: f64,
}

impl Held {
    /// A node in `folder` that holds `records` records: published on its bus, followed by its own view.
    pub(crate) fn prepare(folder: TempDir, records: u64) -> Result<Self> {
        Self::prepare_with(folder, records, None)
    }

    /// The same with so much memory for what its view reads from the disk, in MiB.
    pub(crate) fn prepare_with(folder: TempDir, records: u64, cache_mib: Option<u64>) -> Result<Self> {
        let (prepared_s, node) = timed(|| {
            let mut node = Node::new_in(folder, Bus::Embedded);
            without_adapters(&node.path("exchange.toml"))?;
            cache_mib.map_or(Ok(()), |mib| with_cache(&node.path("exchange.toml"), mib))?;
            with_large_quota(&node.path("catalogue/grants/one-window.toml"))?;
            publish(&node.path("data/bus"), records)?;
            eprintln!("{records} records are published");
            node.start();
            wait_until_held(&mut node)?;
            Ok::<_, anyhow::Error>(node)
        });
        let held = Self { node: node?, records, prepared_s };
        eprintln!("the node (process {}) holds them after {prepared_s:.1} s", held.id()?);
        held.settle()?;
        Ok(held)
    }

    /// Where it answers.
    pub(crate) fn address(&self) -> &str {
        self.node.service()
    }

    /// The folder of its certificates.
    pub(crate) fn pki(&self) -> PathBuf {
        self.node.path("pki")
    }

    /// The folder of its data.
    pub(crate) fn data(&self) -> PathBuf {
        self.node.path("data")
    }

    /// Groups of answers that it has made durable and signed since its start.
    pub(crate) fn groups(&self) -> Result<u64> {
        let page = self.node.ops("/metrics").1;
        let line = page.lines().find_map(|line| line.strip_prefix("exchange_evidence_checkpoints_total"));
        let count = line.and_then(|rest| rest.split_whitespace().last()?.parse().ok());
        count.context("the node does not say how many checkpoints it has signed")
    }

    /// Ends it, lets `change` have its folder of data, and starts it again where it was.
    pub(crate) fn anew(&mut self, change: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        self.node.stop();
        change(&self.data())?;
        self.node.start();
        self.settle()
    }

    /// Its process.
    pub(crate) fn process(&self) -> Result<Process> {
        Ok(Process::Child(self.id()?))
    }

    fn id(&self) -> Result<u32> {
        self.node.processes().first().copied().context("the node does not run")
    }

    /// Waits until it does nothing more by itself.
    fn settle(&self) -> Result<()> {
        let process = self.process()?;
        let end = Instant::now() + SETTLING;
        let mut before = process.cpu_seconds();
        while Instant::now() < end {
            thread::sleep(Duration::from_secs(1));
            let now = process.cpu_seconds();
            if now - before < 0.05 {
                return Ok(());
            }
            before = now;
        }
        eprintln!("the node is still busy with itself; what follows is measured all the same");
        Ok(())
    }
}

fn without_adapters(file: &Path) -> Result<()> {
    let text = fs::read_to_string(file)?;
    let end = ["\n[[adapter]]", "\n# Fill in"].iter().filter_map(|begin| text.find(begin)).min();
    Ok(fs::write(file, &text[..end.unwrap_or(text.len())])?)
}

fn with_cache(file: &Path, mib: u64) -> Result<()> {
    let text = fs::read_to_string(file)?;
    ensure!(text.contains("\n[store]\n"), "the sample configuration says where the view is");
    Ok(fs::write(file, text.replacen("\n[store]\n", &format!("\n[store]\ncache_mib = {mib}\n"), 1))?)
}

/// Every question is counted, and none is refused for that.
pub(crate) fn with_large_quota(file: &Path) -> Result<()> {
    let text = fs::read_to_string(file)?;
    let quota = text.find("[quota]").context("the sample grant has a quota")?;
    Ok(fs::write(file, format!("{}[quota]\nper_second = 4000000000\nper_day = 4000000000\n", &text[..quota]))?)
}

fn publish(folder: &Path, records: u64) -> Result<()> {
    let bus = EmbeddedBus::open(folder, EmbeddedConfig::new(Arc::new(SystemClock)))?;
    let topic = topics::records(DEPARTMENT);
    bus.create_topics(&[
        Topic { name: topic.clone(), partitions: 1, compacted: false },
        Topic { name: topics::STATUS.to_owned(), partitions: 1, compacted: true },
    ])?;
    let mut outbox = Outbox { producer: bus.producer()?, sent: 0 };
    let now = now();
    for index in 0..records {
        let record = record(index, &now);
        let headers = topics::record_headers(&record);
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_bytes()));
        let (key, payload) = (topics::record_key(&record.resource, &record.key), record.encode_to_vec());
        outbox.send(&topic, &Message { key: key.as_bytes(), headers: &headers, payload: Some(&payload) })?;
    }
    outbox.flush()?;
    let payload = intake(records, now)?.encode_to_vec();
    outbox.send(topics::STATUS, &Message { key: DEPARTMENT.as_bytes(), headers: &[], payload: Some(&payload) })?;
    outbox.flush()
}

struct Outbox {
    producer: Box<dyn Producer>,
    sent: u64,
}

impl Outbox {
    fn send(&mut self, topic: &str, message: &Message<'_>) -> Result<()> {
        self.sent += 1;
        loop {
            match self.producer.send(topic, self.sent, message) {
                Ok(()) => return Ok(()),
                Err(SendError::Full) => self.acknowledged()?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn flush(&mut self) -> Result<()> {
        while self.producer.in_flight() > 0 {
            self.acknowledged()?;
        }
        Ok(())
    }

    fn acknowledged(&mut self) -> Result<()> {
        let mut acks = Vec::new();
        self.producer.poll(Duration::from_millis(100), &mut acks)?;
        let failed = acks.into_iter().find_map(|ack| ack.result.err());
        ensure!(failed.is_none(), "a record was not published: {failed:?}");
        Ok(())
    }
}

/// What the adapter announces after a full export of all records.
fn intake(records: u64, now: prost_types::Timestamp) -> Result<DepartmentIntake> {
    Ok(DepartmentIntake {
        department: DEPARTMENT.into(),
        intake: 1,
        unit: "enterprises-20260101.xml".into(),
        finished: true,
        full: true,
        as_of: Some(now),
        last_success: Some(now),
        rows: Some(IntakeRows { read: records, published: records, ..IntakeRows::default() }),
        resources: vec![RESOURCE.into()],
        positions: vec![TopicPosition { partition: 0, offset: i64::try_from(records)? }],
        finished_units: 1,
        finished_full_units: 1,
        ..DepartmentIntake::default()
    })
}

/// The present, as it stands in messages.
pub(super) fn now() -> prost_types::Timestamp {
    contract::convert::to_wire(SystemClock.now())
}

/// The announcement of intake is in force only once everything before it is in the view.
fn wait_until_held(node: &mut Node) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        node.assert_running();
        let status = node.status(DEPARTMENT);
        if !status["last_success"].is_null() && status["lag_records"].as_u64().unwrap_or(0) == 0 {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(200));
    }
    bail!("the node does not come to hold its records")
}
