//! The stock of marriage registrations in a real `MariaDB`.

use crate::numbers;
use anyhow::{Result, anyhow};
use sources::test_kit::MariaDb;
use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::Path,
};

/// Starts a server that holds `rows` registrations.
pub(super) fn serve(folder: &Path, rows: u64) -> Result<MariaDb> {
    let server = MariaDb::start().map_err(|skip| anyhow!("{skip}"))?;
    let path = folder.join("hydj_up.tsv");
    let mut out = BufWriter::new(File::create(&path)?);
    for row in 0..rows {
        let (husband, wife) = (numbers::citizen(2 * row), numbers::citizen(2 * row + 1));
        let (minute, second) = (row / 60_000 % 60, row / 1000 % 60);
        writeln!(
            out,
            "{row:032x}\tI\t2026-01-{:02} {:02}:{minute:02}:{second:02}\tstock\tJ110101-2020-{row:08}\t结婚登记\t测试男{row}\t\
             {husband}\t测试女{row}\t{wife}\t20200101000000\t北京市东城区民政局",
            1 + row / 200_000 % 28,
            row % 24,
        )?;
    }
    out.flush()?;
    drop(out);
    server.execute(&format!(
        "LOAD DATA INFILE '{}' INTO TABLE hydj_up CHARACTER SET utf8mb4 (row_guid, cd_operation, cd_time, cd_batch, djzh, \
         hydjywlx, nfxm, nfgmsfhm, lfxm, lfgmsfhm, djrq, djjg)",
        path.display()
    ));
    fs::remove_file(path)?;
    Ok(server)
}
