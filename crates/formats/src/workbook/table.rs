//! A sheet as a table: its header row, its merged cells, its rows.

use super::{
    Workbook,
    book::{Fault, Merge, bounded_row},
    cell::{Cell, write_text},
};
use std::collections::{BTreeMap, BTreeSet};

/// A sheet while it is read.
pub(super) struct Table {
    workbook: Workbook,
    /// Number of the sheet, from 0.
    sheet: usize,
    /// Names of its columns by their place, once the header row is found.
    heading: Option<Vec<(u32, String)>>,
    unknown_columns: u64,
    repeated: Repeated,
    /// Place of the last row.
    last: Option<u32>,
    /// Rows so far.
    rows: u64,
}

impl Table {
    pub(super) fn new(workbook: Workbook, sheet: usize, merges: Vec<Merge>) -> Self {
        let (repeated, heading, last) = (Repeated::new(merges), None, None);
        Self { workbook, sheet, heading, unknown_columns: 0, repeated, last, rows: 0 }
    }

    pub(super) fn has_heading(&self) -> bool {
        self.heading.is_some()
    }

    /// Columns of the header row that the interface does not have.
    pub(super) fn unknown_columns(&self) -> u64 {
        self.unknown_columns
    }

    /// Takes a row of the sheet: its number and, in `json`, its object, where it is one of the table.
    pub(super) fn row(
        &mut self,
        at: u32,
        cells: &mut Vec<(u32, Cell)>,
        json: &mut Vec<u8>,
    ) -> Result<Option<u64>, Fault> {
        if self.last.is_some_and(|last| last >= at) {
            return Err(Fault::Torn("the rows of a sheet are not in order"));
        }
        self.last = Some(at);
        cells.sort_by_key(|(column, _)| *column);
        cells.dedup_by_key(|(column, _)| *column);
        let Some(heading) = &self.heading else {
            self.look_for_heading(cells)?;
            return Ok(None);
        };
        if cells.is_empty() {
            return Ok(None);
        }
        self.repeated.fill(at, cells);
        bounded_row(cells.iter().map(|(_, cell)| cell.bytes()).sum())?;
        self.rows += 1;
        write_object(heading, cells, json);
        Ok(Some(self.rows))
    }

    fn look_for_heading(&mut self, cells: &[(u32, Cell)]) -> Result<(), Fault> {
        let mut heading: Vec<(u32, String)> = cells.iter().filter_map(|(at, cell)| Some((*at, name(cell)?))).collect();
        let Workbook { marks, required, optional } = self.workbook;
        let count = |column: &str| heading.iter().filter(|(_, name)| name == column).count();
        if !marks.iter().all(|mark| count(mark) > 0) {
            return Ok(());
        }
        let sheet = self.sheet + 1;
        if let Some(missing) = required.iter().find(|column| count(column) == 0) {
            return Err(Fault::Foreign(format!("sheet {sheet} has no column {missing}")));
        }
        let is_known = |name: &str| required.contains(&name) || optional.contains(&name);
        if let Some(twice) = required.iter().chain(optional).find(|column| count(column) > 1) {
            return Err(Fault::Foreign(format!("sheet {sheet} has the column {twice} twice")));
        }
        self.unknown_columns = heading.iter().filter(|(_, name)| !is_known(name)).count() as u64;
        // Of the others of one name the second and later have none.
        let mut seen = BTreeSet::new();
        heading.retain(|(_, name)| seen.insert(name.clone()));
        self.heading = Some(heading);
        Ok(())
    }
}

/// The name of a column as it is known: without blanks, line breaks and asterisks.
fn name(cell: &Cell) -> Option<String> {
    let Cell::Text(text) = cell else { return None };
    let name: String =
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '*' | '＊' | '\u{feff}' | '\u{200b}')).collect();
    (!name.is_empty()).then_some(name)
}

/// The object of a row: every named column, and what stands in columns without a name.
fn write_object(heading: &[(u32, String)], cells: &[(u32, Cell)], json: &mut Vec<u8>) {
    let find = |column: u32| cells.binary_search_by_key(&column, |(at, _)| *at).ok().map(|place| &cells[place].1);
    json.clear();
    json.push(b'{');
    for (column, name) in heading {
        member(name, find(*column), json);
    }
    for (column, cell) in cells {
        if heading.binary_search_by_key(column, |(at, _)| *at).is_err() {
            member(&format!("({})", letters(*column)), Some(cell), json);
        }
    }
    json.push(b'}');
}

fn member(name: &str, cell: Option<&Cell>, json: &mut Vec<u8>) {
    if json.len() > 1 {
        json.push(b',');
    }
    write_text(name, json);
    json.push(b':');
    match cell {
        Some(cell) => cell.write(json),
        None => json.extend_from_slice(b"null"),
    }
}

/// The letters of a column: `A`, `Z`, `AA`.
fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = Some(column);
    while let Some(place) = rest {
        letters.push(char::from(b'A' + u8::try_from(place % 26).unwrap_or_default()));
        rest = (place / 26).checked_sub(1);
    }
    letters.iter().rev().collect()
}

/// Merged cells of a sheet while its rows pass by.
struct Repeated {
    /// In order of their first rows.
    all: Vec<Merge>,
    next: usize,
    /// Values under way, by column, with the last row they go to.
    open: BTreeMap<u32, (u32, Cell)>,
}

impl Repeated {
    fn new(mut all: Vec<Merge>) -> Self {
        all.sort_by_key(|merge| (merge.from, merge.column));
        Self { all, next: 0, open: BTreeMap::new() }
    }

    /// Repeats in a row what is merged into it. What began above the first row given here is no value of the table.
    fn fill(&mut self, at: u32, cells: &mut Vec<(u32, Cell)>) {
        self.open.retain(|_, (to, _)| *to >= at);
        while let Some(merge) = self.all.get(self.next).filter(|merge| merge.from <= at) {
            self.next += 1;
            let own = cells.binary_search_by_key(&merge.column, |(column, _)| *column);
            if let Ok(place) = own
                && merge.from == at
            {
                self.open.insert(merge.column, (merge.to, cells[place].1.clone()));
            }
        }
        for (column, (_, value)) in &self.open {
            if let Err(place) = cells.binary_search_by_key(column, |(column, _)| *column) {
                cells.insert(place, (*column, value.clone()));
            }
        }
    }
}
