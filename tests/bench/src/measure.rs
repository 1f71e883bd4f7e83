//! Time and memory of this process.

use std::{fs, io::Write as _, time::Instant};

/// Begins to count peak memory anew, where the system lets it.
pub(crate) fn reset_peak() {
    // Without the right to write there, the peak is that of the whole process, which is larger.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Peak resident memory in bytes; 0 where the system does not tell.
pub(crate) fn peak_rss_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

/// Processor time that this process has taken in seconds, of all its threads; 0 where the system does not tell.
pub(crate) fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15, in hundredths of a second; the name before them may hold blanks.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Seconds that `work` takes, and what it gives.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let result = work();
    (begun.elapsed().as_secs_f64(), result)
}

/// A result, as one line of JSON.
pub(crate) fn print(result: &serde_json::Value) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{result}")?;
    Ok(())
}
