//! The stock of real-estate titles and their holders in a real `PostgreSQL`: seven holders to five titles.

use crate::numbers;
use anyhow::{Result, anyhow};
use sources::test_kit::Postgres;
use std::{
    fs::{self, File, Permissions},
    io::{BufWriter, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

/// Starts a server that holds `rows` rows of both tables.
pub(super) fn serve(folder: &Path, rows: u64) -> Result<Postgres> {
    let server = Postgres::start().map_err(|skip| anyhow!("{skip}"))?;
    // The server's own account reads the files.
    fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    let titles = rows * 5 / 12;
    copy(&server, folder, "spgl_bdcqz (rowguid, dfsjzj, xzqhdm, bdcqzh, bdcdyh, zl, mj, djsj, qszt)", titles, |row| {
        format!(
            "{row:032x}\tT{row:012}\t110101\t京（2020）东不动产权第{row:08}号\t{row:028}\t北京市东城区示例路{row}号\t\
             专有面积85.12平方米,分摊面积20.01平方米\t2020-01-01 00:00:00\t1"
        )
    })?;
    copy(&server, folder, "spgl_bdcqz_qlr (dfsjzj, xh, qlrmc, zjlx, zjhm, gyfe)", rows - titles, |row| {
        let title = row * 5 / 7;
        format!("T{title:012}\t{}\t测试人员{row}\t111\t{}\t50%", 1 + row % 7, numbers::citizen(row))
    })?;
    Ok(server)
}

fn copy(server: &Postgres, folder: &Path, table: &str, rows: u64, line: impl Fn(u64) -> String) -> Result<()> {
    let path = folder.join("rows.tsv");
    let mut out = BufWriter::new(File::create(&path)?);
    for row in 0..rows {
        writeln!(out, "{}", line(row))?;
    }
    out.flush()?;
    drop(out);
    server.execute(&format!("COPY {table} FROM '{}'", path.display()));
    fs::remove_file(path)?;
    Ok(())
}
