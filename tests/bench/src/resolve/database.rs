//! The same records in a table of `PostgreSQL`.

use crate::{measure::Process, serving::answer_row};
use anyhow::{Context as _, Result, anyhow};
use bytes::{BufMut as _, BytesMut};
use domain::Clock as _;
use futures_util::SinkExt as _;
use runtime::SystemClock;
use sources::test_kit::Postgres;
use std::{
    fs,
    path::{Path, PathBuf},
    pin::pin,
};
use tokio_postgres::{Client, NoTls};

/// Bytes that are handed over at once.
const PIECE: usize = 1 << 20;
const TABLE: &str = "CREATE TABLE enterprise (uscc text NOT NULL, answer bytea NOT NULL);
ALTER TABLE enterprise ALTER COLUMN answer SET STORAGE PLAIN";
const INDEX: &str = "ALTER TABLE enterprise ADD PRIMARY KEY (uscc); VACUUM (FREEZE, ANALYZE) enterprise";
/// Memory for its own cache, beside that of the system.
const MEMORY: &str = "ALTER SYSTEM SET shared_buffers = '2GB'";
/// Begin and end of what the binary form of `COPY` carries.
const COPY_HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const COPY_END: i16 = -1;

/// A server with the records, which ends with this value.
pub(super) struct Database {
    server: Postgres,
}

impl Database {
    /// A server that holds `records` records, each as the answer about it.
    pub(super) fn holding(records: u64) -> Result<Self> {
        let mut server = Postgres::start().map_err(|skip| anyhow!("{skip}"))?;
        server.execute(MEMORY);
        server.start_again();
        let database = Self { server };
        database.server.execute(TABLE);
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(database.fill(records))?;
        for statement in INDEX.split("; ") {
            database.server.execute(statement);
        }
        Ok(database)
    }

    /// How it is reached.
    pub(super) fn reached(&self) -> Result<String> {
        let url = self.server.url();
        let port = url.rsplit(':').next().and_then(|end| end.split('/').next()).context("a server without a port")?;
        // Over its socket, which is faster than over loopback.
        Ok(format!("host={} port={port} user=postgres dbname=qzk", self.folder()?.display()))
    }

    /// Its processes: the server's own, and one for each connection.
    pub(super) fn processes(&self) -> Result<Vec<Process>> {
        let file = fs::read_to_string(self.folder()?.join("data/postmaster.pid"))?;
        let id = file.lines().next().context("a server without a process")?.trim();
        let children = fs::read_to_string(Path::new("/proc").join(id).join("task").join(id).join("children"))?;
        let all = std::iter::once(id).chain(children.split_whitespace());
        all.map(|id| Ok(Process::Child(id.parse()?))).collect()
    }

    fn folder(&self) -> Result<PathBuf> {
        Ok(self.server.password_file().parent().context("a server without a folder")?.to_owned())
    }

    async fn fill(&self, records: u64) -> Result<()> {
        let (client, connection) = tokio_postgres::connect(&self.reached()?, NoTls).await?;
        let copied = copy(&client, records);
        tokio::select! {
            copied = copied => copied,
            ended = connection => Err(anyhow!("the server hung up: {ended:?}")),
        }
    }
}

/// Copies the records in, as fast as the server takes them.
async fn copy(client: &Client, records: u64) -> Result<()> {
    let sink = client.copy_in("COPY enterprise FROM STDIN (FORMAT binary)").await?;
    let mut sink = pin!(sink);
    let now = contract::convert::to_wire(SystemClock.now());
    let mut piece = BytesMut::from(COPY_HEAD);
    for index in 0..records {
        put_row(&mut piece, index, &now)?;
        if piece.len() >= PIECE {
            sink.send(piece.split().freeze()).await?;
        }
    }
    piece.put_i16(COPY_END);
    sink.send(piece.freeze()).await?;
    sink.finish().await?;
    Ok(())
}

fn put_row(piece: &mut BytesMut, index: u64, now: &prost_types::Timestamp) -> Result<()> {
    let (uscc, answer) = answer_row(index, now);
    piece.put_i16(2);
    for field in [uscc.as_bytes(), &answer] {
        piece.put_u32(u32::try_from(field.len())?);
        piece.put_slice(field);
    }
    Ok(())
}
