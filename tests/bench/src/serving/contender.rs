//! One service under the client's questions.

use super::{Client, Questions, Shape};
use crate::measure::{Pass, Process, timed};
use anyhow::Result;
use std::{path::Path, time::Duration};

/// How long the steps of a round take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Before anything is measured.
    pub(crate) warming: Duration,
    /// While as much as possible is asked.
    pub(crate) asking: Duration,
    /// While latency is measured.
    pub(crate) pacing: Duration,
}

/// A service that is asked, and the processes that answer.
pub(crate) struct Contender {
    client: Client,
    shape: Shape,
    processes: Vec<Process>,
}

impl Contender {
    /// Connects to `address` as the consumer whose certificate is in `pki`.
    pub(crate) fn new(address: &str, pki: &Path, shape: Shape, questions: &Questions) -> Result<Self> {
        let client = Client::connect(address, pki, shape.connections, questions.clone())?;
        Ok(Self { client, shape, processes: Vec::new() })
    }

    /// Whose processor time and memory count.
    pub(crate) fn answered_by(mut self, processes: impl IntoIterator<Item = Process>) -> Self {
        self.processes.extend(processes);
        self
    }

    /// Asks as much as it can for a time, after a while to get warm.
    pub(crate) fn pass(&mut self, times: Times) -> Result<Pass> {
        self.client.saturate(self.shape.in_flight, times.warming)?;
        self.processes.iter().for_each(|process| process.reset_peak());
        let cpu = self.cpu_seconds();
        let (seconds, answered) = timed(|| self.client.saturate(self.shape.in_flight, times.asking));
        let cpu_seconds = self.cpu_seconds() - cpu;
        let peak_rss_bytes = self.processes.iter().map(|process| process.peak_rss_bytes()).sum();
        Ok(Pass { units: answered?, seconds, cpu_seconds, peak_rss_bytes })
    }

    /// How long each answer takes while `per_s` questions a second are asked.
    pub(crate) fn latencies(&mut self, per_s: f64, times: Times) -> Result<Vec<Duration>> {
        self.client.paced(per_s, times.warming)?;
        self.client.paced(per_s, times.pacing)
    }

    fn cpu_seconds(&self) -> f64 {
        self.processes.iter().map(|process| process.cpu_seconds()).sum()
    }
}
