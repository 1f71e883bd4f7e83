//! What the disk takes for one `fdatasync`.

use crate::measure::percentile_ms;
use anyhow::Result;
use std::{fs::File, io::Write as _, path::Path, time::Instant};

/// Bytes of a group commit of some twenty answers.
const WRITTEN: usize = 16 << 10;
const TIMES: usize = 300;

/// The 99th percentile of appending 16 KiB to a file in `folder` and making them durable, in milliseconds; nobody else writes
/// meanwhile.
pub(crate) fn fsync_p99_ms(folder: &Path) -> Result<Option<f64>> {
    let path = folder.join("fsync.probe");
    let mut file = File::create(&path)?;
    let bytes = vec![0x5a; WRITTEN];
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    drop(file);
    std::fs::remove_file(&path)?;
    Ok(percentile_ms(&mut times, 0.99))
}
