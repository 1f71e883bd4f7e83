use crate::generate::{
    People,
    births::{self, Line},
    housing::{self, CONTRACT, CsvFile, Layout, Row},
};

/// Rows of both departments, without end.
pub(super) struct Feed {
    people: People,
    /// Contracts nobody could find anything wrong with, as they stand now.
    good: Vec<Row>,
    files: u64,
    minutes: u64,
}

/// A row that is asked for by its buyer.
pub(super) struct Fresh {
    pub(super) file: CsvFile,
    pub(super) key: String,
    pub(super) citizen: String,
}

impl Feed {
    pub(super) fn new(seed: u64) -> Self {
        Self { people: People::new(seed), good: Vec::new(), files: 0, minutes: 0 }
    }

    /// New contracts, changes of old ones, old ones again, and wrong ones.
    pub(super) fn file(&mut self, size: usize) -> CsvFile {
        let stamp = self.stamp();
        let mut rows: Vec<Row> = (0..size).map(|_| housing::contract(&mut self.people, &stamp)).collect();
        let mut wrong = housing::contracts_with_traps(&mut self.people, &stamp);
        self.people.random().shuffle(&mut wrong);
        self.people.random().shuffle(&mut self.good);
        for (place, row) in self.good.iter_mut().enumerate().take(size / 5) {
            match place % 4 {
                0 => rows.push(row.clone()),
                1 => rows.push(row.clone().with("更新时间", "2026-10-31 08:00:00")),
                _ => {
                    *row = row.clone().with("更新时间", &stamp).with("房屋坐落", format!("改动于{stamp}"));
                    rows.push(row.clone());
                }
            }
        }
        self.good.extend(rows.iter().take(size / 4).cloned());
        rows.extend(wrong.into_iter().take(size / 20).map(|(_, row)| row));
        self.people.random().shuffle(&mut rows);
        self.named(rows)
    }

    /// One contract of a buyer who has no other.
    pub(super) fn fresh(&mut self) -> Fresh {
        let stamp = self.stamp();
        let citizen = self.people.citizen(true);
        let row = housing::contract(&mut self.people, &stamp).with("买受人", "张三");
        let row = row.with("买受人证件类型", "111").with("买受人证件号码", &citizen);
        let key = row.text("合同编号").to_owned();
        Fresh { file: self.named(vec![row]), key, citizen }
    }

    /// Births, some of them wrong.
    pub(super) fn births(&mut self, size: usize) -> Vec<Line> {
        let stamp = self.stamp();
        let mut lines: Vec<Line> = (0..size).map(|_| births::birth(&mut self.people, &stamp)).collect();
        let mut wrong = births::births_with_traps(&mut self.people, &stamp);
        self.people.random().shuffle(&mut wrong);
        let wrong = wrong.into_iter().take(size / 10).map(|(_, line)| self.only_here(line));
        lines.extend(wrong);
        self.people.random().shuffle(&mut lines);
        lines
    }

    /// The same bytes pushed twice are one reject; these are pushed once.
    fn only_here(&mut self, line: Line) -> Line {
        match line {
            Line::Other(text) => Line::Other(format!("{text} {}", self.people.serial())),
            Line::Birth(fields) => Line::Birth(fields),
        }
    }

    fn named(&mut self, rows: Vec<Row>) -> CsvFile {
        let name = format!("FWHT_202611{:02}_{:03}.csv", 1 + self.files / 900, 1 + self.files % 900);
        self.files += 1;
        CsvFile::new(&name, &Layout::plain(CONTRACT), rows, self.people.random())
    }

    /// A minute later than the last.
    fn stamp(&mut self) -> String {
        self.minutes += 1;
        let (days, minute) = (self.minutes / 1440, self.minutes % 1440);
        format!("2026-11-{:02} {:02}:{:02}:00", 1 + days, minute / 60, minute % 60)
    }
}
