//! A table as it is found in the database, and its rows.

use super::id_of;
use adapter_sdk::{
    formats::{framing::RowPlace, ndjson::RowWriter},
    source::{Mark, SourceRow},
    transport::SerialTable,
};
use domain::Language;
use tokio_postgres::{Client, Error, Row, Statement};

/// A table that was found.
#[derive(Debug)]
pub(super) struct Table {
    declared: &'static SerialTable,
    /// Its number in the catalogue.
    id: u32,
    /// Its name with its schema, quoted.
    name: String,
    serial: String,
    status: String,
    reason: String,
    columns: Vec<Column>,
}

/// A column that was found.
#[derive(Debug)]
struct Column {
    /// As the adapter knows it.
    declared: &'static str,
    /// As the database has it, quoted.
    name: String,
    is_whole: bool,
}

/// What is asked of a table.
pub(super) struct Statements {
    /// The highest number.
    pub(super) top: Statement,
    /// Rows above a number, up to another.
    pub(super) fresh: Statement,
    /// Rows in ranges of numbers.
    pub(super) skipped: Statement,
    /// Rows by their numbers.
    pub(super) listed: Statement,
    /// The last of so many numbers above one.
    pub(super) stride: Statement,
    /// Numbers of new rows in a range.
    pub(super) new: Statement,
    /// Says of rows that they are taken in.
    pub(super) accept: String,
    /// Says of rows that they are refused, and why.
    pub(super) refuse: String,
}

/// A row that was found.
pub(super) struct Found {
    pub(super) serial: i64,
    /// 0 new, 1 taken in, 2 refused.
    pub(super) status: i32,
    pub(super) row: SourceRow,
}

impl Found {
    /// Whether nobody has dealt with it yet.
    pub(super) fn is_new(&self) -> bool {
        self.status == 0
    }

    pub(super) fn into_row(self) -> SourceRow {
        self.row
    }
}

/// Why a table cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is not in the database.
    NoTable(&'static str),
    /// It lacks a column.
    NoColumn(&'static str, &'static str),
}

impl Unfit {
    /// The table.
    pub(super) fn table(self) -> &'static str {
        let (Self::NoTable(table) | Self::NoColumn(table, _)) = self;
        table
    }

    /// What is wrong and how to mend it.
    pub(super) fn sentence(self, language: Language) -> String {
        match (self, language) {
            (Self::NoTable(table), Language::English) => {
                format!("table `{table}` is not in the database; check `url`, or have the department create the table")
            }
            (Self::NoTable(table), Language::Chinese) => {
                format!("数据库中没有表 `{table}`；请检查 `url`，或请部门建立该表")
            }
            (Self::NoColumn(table, column), Language::English) => format!(
                "table `{table}` has no column `{column}`; have the department add it as its interface document says"
            ),
            (Self::NoColumn(table, column), Language::Chinese) => {
                format!("表 `{table}` 缺少字段 `{column}`；请部门按接口说明补充该字段")
            }
        }
    }
}

impl Table {
    /// Looks for tables and their columns, whatever the case of their names.
    pub(super) async fn find_all(
        tables: &'static [SerialTable],
        client: &Client,
    ) -> Result<Vec<Result<Self, Unfit>>, Error> {
        let mut found = Vec::with_capacity(tables.len());
        for table in tables {
            found.push(Self::find(table, client).await?);
        }
        Ok(found)
    }

    async fn find(declared: &'static SerialTable, client: &Client) -> Result<Result<Self, Unfit>, Error> {
        let Some(named) = client.query_opt(NAMED, &[&declared.table]).await? else {
            return Ok(Err(Unfit::NoTable(declared.table)));
        };
        let id: u32 = named.try_get(0)?;
        let columns: Vec<(String, String, String)> = client
            .query(COLUMNS, &[&id])
            .await?
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
            .collect::<Result<_, Error>>()?;
        Ok(Self::of(declared, (id, named.try_get(1)?), &columns))
    }

    /// `columns`: name in lower case, name quoted, type.
    fn of(
        declared: &'static SerialTable,
        (id, name): (u32, String),
        columns: &[(String, String, String)],
    ) -> Result<Self, Unfit> {
        let find = |wanted: &str| columns.iter().find(|(lower, ..)| *lower == wanted.to_lowercase());
        let needed = |wanted: &'static str| {
            let quoted = find(wanted).map(|(_, quoted, _)| quoted.clone());
            quoted.ok_or(Unfit::NoColumn(declared.table, wanted))
        };
        let mut found = Vec::with_capacity(declared.columns.len());
        for column in declared.columns {
            if let Some((_, quoted, kind)) = find(column.name) {
                let is_whole = matches!(kind.as_str(), "int2" | "int4" | "int8");
                found.push(Column { declared: column.name, name: quoted.clone(), is_whole });
            } else if column.required {
                needed(column.name)?;
            }
        }
        // Rows are given out so.
        found.sort_unstable_by_key(|column| column.declared);
        let [serial, status, reason] = [declared.serial, declared.status, declared.reason].map(needed);
        Ok(Self { declared, id, name, serial: serial?, status: status?, reason: reason?, columns: found })
    }

    /// Rights that the account lacks, as the statements that grant them to `user`.
    pub(super) async fn missing_rights(&self, client: &Client, user: &str) -> Result<Vec<String>, Error> {
        let has = async |column: &str, right: &str| {
            let column = column.trim_matches('"').replace("\"\"", "\"");
            client.query_one(HAS_RIGHT, &[&self.id, &column, &right]).await?.try_get::<_, bool>(0)
        };
        let control = [&self.serial, &self.status];
        let mut may_read = true;
        for column in control.into_iter().chain(self.columns.iter().map(|column| &column.name)) {
            may_read &= has(column, "SELECT").await?;
        }
        let may_write = has(&self.status, "UPDATE").await? && has(&self.reason, "UPDATE").await?;
        let Self { name, status, reason, .. } = self;
        let user = user.replace('"', "\"\"");
        let read = (!may_read).then(|| format!("GRANT SELECT ON {name} TO \"{user}\";"));
        let write = (!may_write).then(|| format!("GRANT UPDATE ({status}, {reason}) ON {name} TO \"{user}\";"));
        Ok(read.into_iter().chain(write).collect())
    }

    pub(super) fn table(&self) -> &'static str {
        self.declared.table
    }

    pub(super) async fn prepare(&self, client: &Client) -> Result<Statements, Error> {
        let Self { name, serial, status, reason, .. } = self;
        let mut wanted = vec![format!("t.{serial}::int8"), format!("t.{status}::int4")];
        wanted.extend(self.columns.iter().map(|column| format!("t.{}::text", column.name)));
        let rows = format!("SELECT {} FROM {name} t", wanted.join(", "));
        let top = format!("SELECT coalesce(max(t.{serial}), 0)::int8 FROM {name} t");
        let fresh =
            format!("{rows} WHERE t.{serial} > $1::int8 AND t.{serial} <= $2::int8 ORDER BY t.{serial} LIMIT $3::int8");
        let skipped = format!(
            "{rows} JOIN unnest($1::int8[], $2::int8[]) AS gap(first, last) ON t.{serial} BETWEEN gap.first AND gap.last \
             ORDER BY t.{serial} LIMIT $3::int8"
        );
        let listed = format!("{rows} WHERE t.{serial} = ANY($1::int8[]) ORDER BY t.{serial}");
        let stride = format!(
            "SELECT max(s)::int8 FROM (SELECT t.{serial} AS s FROM {name} t WHERE t.{serial} > $1::int8 \
             AND t.{serial} <= $2::int8 ORDER BY t.{serial} LIMIT $3::int8) strides"
        );
        let new = format!(
            "SELECT t.{serial}::int8 FROM {name} t WHERE t.{serial} > $1::int8 AND t.{serial} <= $2::int8 \
             AND t.{status} = 0 ORDER BY t.{serial}"
        );
        Ok(Statements {
            top: client.prepare(&top).await?,
            fresh: client.prepare(&fresh).await?,
            skipped: client.prepare(&skipped).await?,
            listed: client.prepare(&listed).await?,
            stride: client.prepare(&stride).await?,
            new: client.prepare(&new).await?,
            // A row that was refused before is taken in when it is redriven; why it was refused then no longer holds.
            accept: format!(
                "UPDATE {name} SET {status} = 1, {reason} = NULL WHERE {serial} = ANY($1::int8[]) AND {status} <> 1"
            ),
            refuse: format!(
                "UPDATE {name} t SET {status} = 2, {reason} = told.why FROM unnest($1::int8[], $2::text[]) \
                 AS told(serial, why) WHERE t.{serial} = told.serial AND t.{status} = 0"
            ),
        })
    }

    /// A row as it is given out: whole numbers as numbers, everything else as text.
    pub(super) fn found(&self, row: &Row) -> Result<Found, Error> {
        let serial: i64 = row.try_get(0)?;
        let status: Option<i32> = row.try_get(1)?;
        let mut members = RowWriter::default();
        for (place, column) in self.columns.iter().enumerate() {
            column.write(row.try_get(place + 2)?, &mut members);
        }
        let row = SourceRow {
            kind: self.declared.table.to_owned(),
            bytes: members.into_bytes(),
            place: RowPlace::Table { key: serial.to_string() },
            mark: Some(Mark { id: id_of(self.declared, serial), receipt: Vec::new() }),
        };
        Ok(Found { serial, status: status.unwrap_or(UNCLEAR), row })
    }
}

impl Column {
    fn write(&self, text: Option<&str>, row: &mut RowWriter) {
        match (text, text.filter(|_| self.is_whole).and_then(|text| text.parse::<i64>().ok())) {
            (None, _) => row.null(self.declared),
            (_, Some(number)) => row.whole(self.declared, number),
            (Some(text), None) => row.text(self.declared, text),
        }
    }
}

/// Stands for a status that is NULL: nobody's business.
const UNCLEAR: i32 = -1;

/// A table by its name in lower case, those first that are found without their schema.
const NAMED: &str = "SELECT c.oid, format('%I.%I', n.nspname, c.relname) \
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE lower(c.relname) = lower($1::text) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
     AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
     ORDER BY pg_catalog.pg_table_is_visible(c.oid) DESC, n.nspname LIMIT 1";

const HAS_RIGHT: &str = "SELECT pg_catalog.has_column_privilege($1::oid, $2::text, $3::text)";

const COLUMNS: &str = "SELECT lower(a.attname), format('%I', a.attname), t.typname::text \
     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
     WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped";
