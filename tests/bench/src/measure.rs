//! Time, processor and memory of this process or of another.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    time::{Duration, Instant},
};

/// What one pass over the work took.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Pass {
    /// Units of work done.
    pub(crate) units: u64,
    /// Time that it took.
    pub(crate) seconds: f64,
    /// Processor time that it took, of all threads.
    pub(crate) cpu_seconds: f64,
    /// Peak resident memory of the process.
    pub(crate) peak_rss_bytes: u64,
}

/// Whose time and memory is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Process {
    /// This one.
    Own,
    /// A child, by its id.
    Child(u32),
}

impl Pass {
    /// Units in a second.
    pub(crate) fn per_s(&self) -> f64 {
        real(self.units) / self.seconds
    }

    /// Processor time for one unit in microseconds.
    pub(crate) fn cpu_us_per_unit(&self) -> f64 {
        self.cpu_seconds * 1e6 / real(self.units.max(1))
    }
}

impl Process {
    /// Does `work`, which tells how many units it did, and says what that took of this process.
    pub(crate) fn pass(self, work: impl FnOnce() -> Result<u64>) -> Result<Pass> {
        self.reset_peak();
        let cpu = self.cpu_seconds();
        let (seconds, units) = timed(work);
        let cpu_seconds = self.cpu_seconds() - cpu;
        Ok(Pass { units: units?, seconds, cpu_seconds, peak_rss_bytes: self.peak_rss_bytes() })
    }

    /// Begins to count peak memory anew, where the system lets it.
    pub(crate) fn reset_peak(self) {
        // Without the right to write there, the peak is that of the whole process, which is larger.
        let _ = fs::write(self.path("clear_refs"), "5");
    }

    /// Peak resident memory in bytes; 0 where the system does not tell.
    pub(crate) fn peak_rss_bytes(self) -> u64 {
        self.status("VmHWM:")
    }

    /// Resident memory in bytes; 0 where the system does not tell.
    pub(crate) fn rss_bytes(self) -> u64 {
        self.status("VmRSS:")
    }

    /// Processor time taken in seconds, of all threads; 0 where the system does not tell.
    pub(crate) fn cpu_seconds(self) -> f64 {
        let stat = fs::read_to_string(self.path("stat")).unwrap_or_default();
        // Fields 14 and 15, in hundredths of a second; the name before them may hold blanks.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
    }

    fn status(self, name: &str) -> u64 {
        let status = fs::read_to_string(self.path("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        kilobytes.unwrap_or_default() * 1024
    }

    fn path(self, file: &str) -> String {
        match self {
            Self::Own => format!("/proc/self/{file}"),
            Self::Child(id) => format!("/proc/{id}/{file}"),
        }
    }
}

/// Seconds that `work` takes, and what it gives.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let result = work();
    (begun.elapsed().as_secs_f64(), result)
}

/// The middle one of `values`, the mean of the middle two; none of none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2)?;
    let lower = values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

/// The time in milliseconds below which `share` (0 to 1) of `times` lie; none of none. Sorts them.
pub(crate) fn percentile_ms(times: &mut [Duration], share: f64) -> Option<f64> {
    times.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list"
    )]
    let place = (times.len() as f64 * share) as usize;
    times.get(place.min(times.len().saturating_sub(1))).map(|time| time.as_secs_f64() * 1000.0)
}

/// An amount as a real number.
#[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
pub(crate) fn real(amount: u64) -> f64 {
    amount as f64
}
