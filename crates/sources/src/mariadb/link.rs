//! The connection: made when it is needed, given up at the first failure, every call under a time limit.

use super::{
    account::Account,
    failure::Failure,
    statements::{self, Asked, From},
    tally::{Key, Place, Tally},
    value,
};
use adapter_sdk::{
    source::SourceError,
    transport::{Column, TimeTable},
};
use mysql::{Conn, Params, Row, prelude::Queryable};
use std::collections::HashMap;

pub(super) struct Link {
    pub(super) account: Account,
    table: &'static TimeTable,
    open: Option<Open>,
}

/// A connection, and the columns that the table has there.
struct Open {
    connection: Conn,
    columns: Vec<&'static str>,
}

impl Link {
    pub(super) fn new(account: Account, table: &'static TimeTable) -> Self {
        Self { account, table, open: None }
    }

    /// A page of keys.
    pub(super) fn keys(&mut self, from: &From, until: Option<&Place>) -> Result<Vec<Key>, SourceError> {
        let mut keys = Vec::with_capacity(statements::PAGE);
        self.read_each(&statements::keys(self.table, from, until), |row| keys.extend(key(row)))?;
        Ok(keys)
    }

    /// Number and checksum of all keys up to a place; none where the server takes too long over it.
    pub(super) fn tally(&mut self, until: &Place) -> Result<Option<Tally>, SourceError> {
        match self.ask(&statements::tally(self.table, until)) {
            Ok(rows) => Ok(rows.first().and_then(|row| {
                let (rows, sum) = (value::whole(row, 0)?, value::whole(row, 1)?);
                Some(Tally { rows, sum })
            })),
            Err(failure) if failure.is_too_long() => Ok(None),
            Err(failure) => Err(self.on_reading(&failure)),
        }
    }

    /// The time from which on rows may still be committed; none where the newest time is none.
    pub(super) fn look_back(&mut self, newest: &Place, seconds: u32) -> Result<Option<String>, SourceError> {
        let rows = self.read(&statements::look_back(newest, seconds))?;
        Ok(rows.first().and_then(|row| value::text(row, 0)))
    }

    /// The next rows with their keys.
    pub(super) fn page(&mut self, from: &From) -> Result<Vec<(Key, Vec<u8>)>, SourceError> {
        let columns = self.columns().map_err(|failure| self.on_reading(&failure))?;
        let mut rows = Vec::with_capacity(statements::AT_ONCE);
        let take = |row: &Row| rows.extend(key(row).map(|key| (key, value::object(row, 3))));
        self.read_each(&statements::page(self.table, &columns, from), take)?;
        Ok(rows)
    }

    /// The rows of these keys, by key, as far as they are still there.
    pub(super) fn rows(&mut self, keys: &[&str]) -> Result<HashMap<String, Vec<u8>>, SourceError> {
        let mut found = HashMap::with_capacity(keys.len());
        for some in keys.chunks(statements::AT_ONCE) {
            let columns = self.columns().map_err(|failure| self.on_reading(&failure))?;
            let take = |row: &Row| found.extend(value::text(row, 0).map(|key| (key, value::object(row, 1))));
            self.read_each(&statements::rows(self.table, &columns, some), take)?;
        }
        Ok(found)
    }

    /// Asks, and gives up the connection when that fails.
    pub(super) fn ask(&mut self, asked: &Asked) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        self.ask_each(asked, |row| rows.push(row))?;
        Ok(rows)
    }

    /// The same, row by row: of many rows no more than one is held in pieces.
    fn ask_each(&mut self, (statement, values): &Asked, mut take: impl FnMut(Row)) -> Result<(), Failure> {
        let open = self.connected()?;
        let values = if values.is_empty() { Params::Empty } else { Params::Positional(values.clone()) };
        let answer = || -> Result<(), mysql::Error> {
            for row in open.connection.exec_iter(statement, values)? {
                take(row?);
            }
            Ok(())
        };
        answer().map_err(|error| self.given_up(error.into()))
    }

    /// Does all or nothing of this. Begun and ended without preparing: not every server prepares
    /// `START TRANSACTION`.
    pub(super) fn change(&mut self, all: &[Asked]) -> Result<(), Failure> {
        self.say("START TRANSACTION")?;
        for asked in all {
            self.ask(asked)?;
        }
        self.say("COMMIT")
    }

    fn say(&mut self, statement: &str) -> Result<(), Failure> {
        let said = self.connected()?.connection.query_drop(statement);
        said.map_err(|error| self.given_up(error.into()))
    }

    /// The columns that are asked for.
    pub(super) fn columns(&mut self) -> Result<Vec<&'static str>, Failure> {
        Ok(self.connected()?.columns.clone())
    }

    /// Connects without looking at the table.
    pub(super) fn connect(&self) -> Result<Conn, Failure> {
        let options = self.account.options().map_err(|error| Failure::Password(error.kind()))?;
        Ok(Conn::new(options)?)
    }

    pub(super) fn on_reading(&self, failure: &Failure) -> SourceError {
        failure.tell(&self.account, self.table.table, "SELECT")
    }

    fn read_each(&mut self, asked: &Asked, mut take: impl FnMut(&Row)) -> Result<(), SourceError> {
        self.ask_each(asked, |row| take(&row)).map_err(|failure| self.on_reading(&failure))
    }

    fn read(&mut self, asked: &Asked) -> Result<Vec<Row>, SourceError> {
        self.ask(asked).map_err(|failure| self.on_reading(&failure))
    }

    fn connected(&mut self) -> Result<&mut Open, Failure> {
        let open = match self.open.take() {
            Some(open) => open,
            None => self.opened()?,
        };
        Ok(self.open.insert(open))
    }

    fn opened(&self) -> Result<Open, Failure> {
        let mut connection = self.connect()?;
        let (statement, _) = statements::columns(self.table);
        let rows: Vec<Row> = connection.query(statement)?;
        let there: Vec<_> = rows.iter().filter_map(|row| value::text(row, 0)).collect();
        let is_there = |name: &str| there.iter().any(|there| there.eq_ignore_ascii_case(name));
        let (columns, missing): (Vec<&Column>, Vec<&Column>) =
            self.table.columns.iter().partition(|column| is_there(column.name));
        let missing: Vec<_> = missing.iter().filter(|column| column.required).map(|column| column.name).collect();
        if !missing.is_empty() {
            return Err(Failure::Columns(missing));
        }
        let mut columns: Vec<_> = columns.iter().map(|column| column.name).collect();
        // Rows are given out so.
        columns.sort_unstable();
        Ok(Open { connection, columns })
    }

    /// After a failure nobody knows how the connection stands.
    fn given_up(&mut self, failure: Failure) -> Failure {
        self.open = None;
        failure
    }
}

fn key(row: &Row) -> Option<Key> {
    let (time, key, sum) = (value::text(row, 0)?, value::text(row, 1)?, value::whole(row, 2)?);
    Some(Key { place: Place { time, key }, sum })
}
