//! From a department's bytes to records.

use adapter_sdk::{
    Adapter, Draft, Row, Translated,
    formats::framing::{FramedRow, RowStart},
};
use anyhow::{Context as _, Result, ensure};
use std::{hint::black_box, io::Cursor};

/// A file of a department, and who reads it.
pub(crate) struct Rows {
    adapter: Adapter,
    file: &'static [u8],
}

/// Rows of the resident register.
pub(crate) fn register() -> Rows {
    let file = include_bytes!(
        "../../../adapters/public-security/tests/fixtures/full-then-changes/CZRK_330106_20260103_001.txt"
    );
    Rows { adapter: public_security::adapter(), file }
}

/// Enterprises and who stands behind them.
pub(crate) fn enterprises() -> Rows {
    let file = include_bytes!("../../../adapters/market-supervision/tests/fixtures/ENT_20261101_001.xml");
    Rows { adapter: market_supervision::adapter(), file }
}

impl Rows {
    /// Frames and translates every row once, as if nothing were remembered; how many there were.
    pub(crate) fn translate(&mut self) -> Result<u64> {
        let mut rows = 0;
        self.each(|translated| {
            rows += 1;
            black_box(translated);
        })?;
        ensure!(rows > 0, "a file without rows");
        Ok(rows)
    }

    /// What the rows are published as.
    pub(crate) fn drafts(&self) -> Result<Vec<Draft>> {
        let mut all = Vec::new();
        self.each(|translated| {
            if let Translated::Records { drafts, .. } = translated {
                all.extend(drafts);
            }
        })?;
        Ok(all)
    }

    fn each(&self, mut told: impl FnMut(Translated)) -> Result<()> {
        let framing = self.adapter.ways.first().context("a department that drops files")?.files.framing.as_ref();
        let facts = framing.inspect(&mut Cursor::new(self.file)).map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
        let start = RowStart { layout: facts.layout, ..RowStart::default() };
        let mut reader = framing.rows(Box::new(Cursor::new(self.file)), start);
        let mut framed = FramedRow::default();
        while reader.next_row(&mut framed)? {
            let row = Row { kind: &framed.kind, ..Row::of(&framed.bytes) };
            told(self.adapter.mapping.translate(&row, None));
        }
        Ok(())
    }
}
