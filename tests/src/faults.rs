//! Faults from outside: processes killed, brokers frozen and killed, and an oracle that knows what must be there afterwards.
//!
//! Two departments hand over rows all the time: housing-construction drops files, which an adapter takes in, and health
//! pushes births, which the gateway takes in. Each run strikes once at a moment that follows from a seed, lets everything
//! come back, and then holds what lies on the topics against what was handed over ([`Oracle`]): by resource and key, version
//! and hash of the payload. A row is *lost* when it is not there, or not at its newest version in the view; *doubled* when it
//! stands under two versions; *invented* when nobody handed it over. Rejects and accepted rows together are the input. One
//! version that lies on a topic twice is no double, because versions are total; it is counted all the same
//! ([`Findings::repeated`]). Every answer that was given, in the middle of it too, must carry a receipt that verifies and
//! stands in the log that is there in the end. A fresh row flows after each run.
//!
//! Where a stage boundary can be hit exactly, a test of the room itself hits it, and is not repeated here:
//!
//! | fault | where it is tested |
//! |---|---|
//! | after read, after enqueue, after ack, before and after a checkpoint | `adapter-sdk` `runner/tests/faults.rs`: a kill at every call of the bus; each checkpoint lies between two of them |
//! | inside a checkpoint | `store` `embedded/tests.rs`, `ledger/tests.rs`: the journal cut at any byte |
//! | the same for tables and for pushes | `adapter-sdk` `runner/tests/asked.rs`, `push.rs`: a kill at every call of the bus |
//! | while rejects are driven again | `adapter-sdk` `runner/tests/redrive.rs` |
//! | acknowledgements out of order, one that never comes | `adapter-sdk` `frontier.rs` (property), `runner/tests/stuck.rs`; `bus` `tests/mock.rs` |
//! | fatal producer | `adapter-sdk` `runner/tests/faults.rs`; `bus` `tests/mock.rs` |
//! | loss of power under the embedded log | `bus` `embedded/tests/power.rs` (property); what fjall writes is fjall's own |
//! | materialiser killed anywhere | `view` `tests/following/killed.rs` (property) |
//! | two adapters for one department | `fencing.rs`; `adapter-sdk` `runner/tests/lease.rs` |
//! | state folders cut, emptied, foreign, from the future | `faults_state.rs` |
//! | poison rows; the view's folder lost | `faults_poison.rs`, `faults_view.rs` |
mod disk;
mod fault;
mod feed;
mod findings;
mod life;
mod oracle;
mod poison;
mod stored;
mod strike;

pub use self::{
    disk::SmallDisk,
    fault::{Fault, share},
    findings::Findings,
    life::Life,
    oracle::Oracle,
    poison::{Poison, poisoned},
    stored::{Stored, copy_folder},
};

use crate::Random;
use bus::test_kit::{RealKafka, Skip};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
    thread,
};

/// Runs of one life of a node; the next begins with empty folders.
const RUNS: usize = 20;

/// What came of each fault.
pub type Table = BTreeMap<Fault, Findings>;

/// Which lives there are, and how many at a time.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The first life's; each further one has the next.
    pub seed: u64,
    /// Lives at the same time.
    pub jobs: usize,
}

/// Strikes one process with everything, on the embedded bus.
#[must_use]
pub fn standalone(runs: usize, plan: Plan) -> Table {
    lives(&vec![Fault::Standalone; runs], plan, |seed| Ok::<_, Skip>(Life::standalone(seed)))
}

/// Strikes gateway, adapters and broker apart, on Kafka.
///
/// # Errors
/// There is no Kafka here.
pub fn apart(faults: &[Fault], plan: Plan) -> Result<Table, Skip> {
    if faults.is_empty() {
        return Ok(Table::new());
    }
    // Every other broker is given up by its controller as soon as it stands still.
    let another = |seed: u64| if seed.is_multiple_of(2) { RealKafka::start() } else { RealKafka::start_impatient() };
    let first = Mutex::new(Some(another(plan.seed)?));
    let broker = |seed| {
        let first = if seed == plan.seed { taken(&first) } else { None };
        first.map_or_else(|| another(seed), Ok)
    };
    Ok(lives(faults, plan, |seed| broker(seed).map(|kafka| Life::apart(seed, kafka))))
}

/// Fills the disk of a broker.
///
/// # Errors
/// There is no Kafka here, or no disk can be mounted.
pub fn disk_full(runs: usize, plan: Plan) -> Result<Table, String> {
    if runs == 0 {
        return Ok(Table::new());
    }
    let broker = || -> Result<(SmallDisk, RealKafka), String> {
        let disk = SmallDisk::mount()?;
        let kafka = RealKafka::start_with_log(disk.path()).map_err(|skip| skip.to_string())?;
        Ok((disk, kafka))
    };
    let first = Mutex::new(Some(broker()?));
    let broker = || taken(&first).map_or_else(broker, Ok);
    Ok(lives(&vec![Fault::DiskFull; runs], plan, |seed| {
        broker().map(|(disk, kafka)| Life::on_small_disk(seed, kafka, disk))
    }))
}

fn taken<T>(first: &Mutex<Option<T>>) -> Option<T> {
    first.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// A life for every so many runs, `plan.jobs` of them at a time.
fn lives<E>(faults: &[Fault], plan: Plan, begin: impl Fn(u64) -> Result<Life, E> + Sync) -> Table {
    let left = Mutex::new((plan.seed..).zip(faults.chunks(RUNS)));
    let table = Mutex::new(Table::new());
    let work = || {
        let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
        while let Some((seed, part)) = next() {
            let found = live(seed, part, &begin);
            add(&mut table.lock().unwrap_or_else(PoisonError::into_inner), found);
        }
    };
    thread::scope(|scope| {
        for _ in 0..plan.jobs {
            scope.spawn(work);
        }
    });
    table.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Adds what came of one life to what came of others, and says how far it is.
fn add(table: &mut Table, found: Table) {
    for (fault, found) in found {
        table.entry(fault).or_default().add(found);
    }
    let sum = |number: fn(&Findings) -> u64| table.values().map(number).sum::<u64>();
    let unsound = sum(|found| found.lost + found.doubled + found.invented);
    eprintln!("{} runs, {unsound} unsound, {} lives stuck", sum(|found| found.runs), sum(|found| found.stuck));
}

/// One life. If it ends in a panic it is counted as stuck, and told with its seed.
fn live<E>(seed: u64, faults: &[Fault], begin: impl Fn(u64) -> Result<Life, E>) -> Table {
    let mut table = Table::new();
    let mut order = faults.to_vec();
    Random::new(seed).shuffle(&mut order);
    let mut strike_all = || {
        let Ok(mut life) = begin(seed) else { panic!("there was a Kafka before") };
        for fault in &order {
            let found = life.run(*fault);
            found.details.iter().for_each(|detail| eprintln!("seed {seed}, {fault}: {detail}"));
            table.entry(*fault).or_default().add(found);
        }
        let found = life.end();
        found.details.iter().for_each(|detail| eprintln!("seed {seed}, in the end: {detail}"));
        table.entry(order[order.len() - 1]).or_default().add(found);
    };
    if catch_unwind(AssertUnwindSafe(&mut strike_all)).is_err() {
        eprintln!("seed {seed} is stuck after {order:?}");
        table.entry(order[0]).or_default().stuck += 1;
    }
    table
}
