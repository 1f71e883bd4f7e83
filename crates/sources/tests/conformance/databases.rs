//! Front-end exchange databases.

use crate::{clock, number_behind, open};
use adapter_sdk::{
    kit::source::SourceBench,
    source::{Source, SourceRow},
    transport::SourceSettings,
};
use domain::Clock;
use sources::test_kit::{MariaDb, Postgres};
use std::{ops::Range, sync::Arc};

pub(crate) struct Marriages {
    clock: Arc<dyn Clock>,
    server: MariaDb,
}

pub(crate) struct Titles {
    clock: Arc<dyn Clock>,
    server: Postgres,
}

pub(crate) fn marriages() -> Option<Marriages> {
    let server = MariaDb::start().map_err(|skip| eprintln!("{skip}")).ok()?;
    Some(Marriages { clock: clock(), server })
}

pub(crate) fn titles() -> Option<Titles> {
    let server = Postgres::start().map_err(|skip| eprintln!("{skip}")).ok()?;
    Some(Titles { clock: clock(), server })
}

impl SourceBench for Marriages {
    fn put(&mut self, numbers: Range<u32>) {
        let numbers: Vec<u32> = numbers.collect();
        for some in numbers.chunks(1000) {
            let rows: Vec<String> = some
                .iter()
                .map(|number| {
                    format!(
                        "(MD5({number}), 'I', DATE_ADD('2026-03-01', INTERVAL {number} SECOND), 'b', NULL, 'J110101-2020-{number:09}', \
                         '结婚登记', '朱镕', NULL, NULL, NULL, '李秀瑛', NULL, NULL, NULL, '20200520000000', '民政局')"
                    )
                })
                .collect();
            self.server.execute(&format!("INSERT INTO hydj_up VALUES {}", rows.join(", ")));
        }
    }

    fn number(&self, row: &SourceRow) -> u32 {
        number_behind("J110101-2020-", &row.bytes)
    }

    fn source(&self) -> Box<dyn Source> {
        open(&civil_affairs::adapter(), &SourceSettings::Mariadb(self.server.settings()), &self.clock)
    }

    fn cut(&mut self) {
        self.server.stop();
    }

    fn mend(&mut self) {
        self.server.start_again();
    }
}

impl SourceBench for Titles {
    fn put(&mut self, numbers: Range<u32>) {
        let Range { start, end } = numbers;
        self.server.execute(&format!(
            "INSERT INTO spgl_bdcqz (rowguid, dfsjzj, xzqhdm, bdcqzh) \
             SELECT 'g', 'D' || n, '330106', '号' FROM generate_series({start}, {end} - 1) n"
        ));
    }

    fn number(&self, row: &SourceRow) -> u32 {
        number_behind("\"dfsjzj\":\"D", &row.bytes)
    }

    fn source(&self) -> Box<dyn Source> {
        open(&natural_resources::adapter(), &SourceSettings::Postgres(self.server.settings()), &self.clock)
    }

    fn cut(&mut self) {
        self.server.stop();
    }

    fn mend(&mut self) {
        self.server.start_again();
    }
}
