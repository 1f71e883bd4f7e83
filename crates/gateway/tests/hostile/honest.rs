//! The honest caller beside an attack, and the process under it.

use crate::world::{World, question};
use std::{
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, MutexGuard};

/// Attacks go one after the other: what is measured is one attack's doing.
static TURN: Mutex<()> = Mutex::const_new(());
/// What an attack may cost in memory, the attacker's own side included, in bytes.
const MEMORY: u64 = 512 << 20;

/// A gateway under attack.
pub(crate) struct Siege {
    pub(crate) world: World,
    _turn: MutexGuard<'static, ()>,
}

impl Siege {
    pub(crate) async fn begin() -> Self {
        let turn = TURN.lock().await;
        let world = World::ready().await;
        world.take_in_a_person().await;
        Self { world, _turn: turn }
    }

    /// Attacks while the honest caller asks, each time on a new connection, until the attack is over; what the attack gave.
    pub(crate) async fn beside<T>(&self, name: &str, attack: impl Future<Output = T>) -> T {
        let mut attack = pin!(attack);
        let mut times = vec![self.ask().await];
        let before = resident();
        let mut most = before;
        let outcome = loop {
            tokio::select! {
                outcome = &mut attack => break outcome,
                time = self.ask() => times.push(time),
            }
            most = most.max(resident());
        };
        times.push(self.ask().await);
        most = most.max(resident());
        let grown = most.saturating_sub(before);
        report(name, times, grown);
        assert!(grown < MEMORY, "{name}: memory grew by {grown} bytes");
        outcome
    }

    /// How long an answer takes.
    async fn ask(&self) -> Duration {
        // Quotas are by the second of the gateway's clock.
        self.world.clock.advance(chrono::Duration::milliseconds(100));
        let began = Instant::now();
        let answer = self.world.consumer().rest("POST", "/v1/resolve", Some(&question().to_string())).await;
        assert_eq!((answer.status, &answer.json()["outcome"]), (200, &"OUTCOME_FOUND".into()), "{}", answer.text);
        began.elapsed()
    }
}

fn report(name: &str, mut times: Vec<Duration>, grown: u64) {
    times.sort();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    let (count, mebibytes) = (times.len(), grown >> 20);
    eprintln!(
        "{name}: {count} honest answers, p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms, memory +{mebibytes} MiB",
        at(50),
        at(99),
        at(100)
    );
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse::<u64>().ok());
    kibibytes.unwrap_or_default() * 1024
}
