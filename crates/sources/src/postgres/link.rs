//! The connection to the database: made when it is needed, given up at the first error, every call under a time limit.

use super::{
    Limits,
    table::{Found, Statements, Table, Unfit},
    trouble,
};
use crate::SetupError;
use adapter_sdk::{
    Stop,
    source::SourceError,
    transport::{DatabaseSettings, SerialTable},
};
use domain::Language;
use std::{fs, future::Future, path::PathBuf, pin::Pin, time::Duration};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, Config, Error, NoTls, Statement, config::SslMode, types::ToSql};

/// How often somebody is asked whether to stop while the database takes its time.
const GLANCE: Duration = Duration::from_millis(100);
/// How much longer than the server the client waits.
const MARGIN: Duration = Duration::from_secs(2);

/// A way to the database.
pub(super) struct Link {
    runtime: Runtime,
    config: Config,
    password_file: PathBuf,
    limits: Limits,
    tables: &'static [SerialTable],
    session: Option<Session>,
}

/// A connection, with the tables as they are found behind it.
struct Session {
    client: Client,
    driver: Driver,
    tables: Vec<(Table, Statements)>,
}

/// What moves the bytes of a connection; it ends with the connection.
type Driver = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

impl Link {
    pub(super) fn new(
        tables: &'static [SerialTable],
        settings: &DatabaseSettings,
        limits: Limits,
    ) -> Result<Self, SetupError> {
        let config = config(settings, limits)?;
        password(&settings.password_file).map_err(|source| SetupError::File {
            what: "the database's password",
            path: settings.password_file.clone(),
            source,
        })?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| wrong("source", format!("no connection can be driven ({error})")))?;
        Ok(Self { runtime, config, password_file: settings.password_file.clone(), limits, tables, session: None })
    }

    pub(super) fn tables(&self) -> &'static [SerialTable] {
        self.tables
    }

    /// The account that is used.
    pub(super) fn user(&self) -> &str {
        self.config.get_user().unwrap_or_default()
    }

    /// `host:port/database`, for people.
    pub(super) fn address(&self) -> String {
        trouble::address(&self.config)
    }

    /// The highest serial number of each table; 0 where there is none.
    pub(super) fn tops(&mut self, stop: &dyn Stop) -> Result<Vec<i64>, SourceError> {
        self.ask(stop, async |session| {
            let mut tops = Vec::with_capacity(session.tables.len());
            for (_, statements) in session.tables {
                tops.push(session.client.query_one(&statements.top, &[]).await?.try_get(0)?);
            }
            Ok(tops)
        })
    }

    /// The rows that a statement of a table finds.
    pub(super) fn rows(
        &mut self,
        table: usize,
        statement: fn(&Statements) -> &Statement,
        parameters: &[&(dyn ToSql + Sync)],
        stop: &dyn Stop,
    ) -> Result<Vec<Found>, SourceError> {
        self.ask(stop, async |session| {
            let (table, statements) = &session.tables[table];
            let rows = session.client.query(statement(statements), parameters).await?;
            rows.iter().map(|row| table.found(row)).collect()
        })
    }

    /// Of the next `stride` numbers after `from` and up to `last`: the highest, and those whose rows are new.
    pub(super) fn new_between(
        &mut self,
        table: usize,
        (from, last, stride): (i64, i64, i64),
        stop: &dyn Stop,
    ) -> Result<Option<(i64, Vec<i64>)>, SourceError> {
        self.ask(stop, async |session| {
            let (_, statements) = &session.tables[table];
            let bound = session.client.query_one(&statements.stride, &[&from, &last, &stride]).await?;
            let Some(to) = bound.try_get::<_, Option<i64>>(0)? else { return Ok(None) };
            let rows = session.client.query(&statements.new, &[&from, &to]).await?;
            let new = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
            Ok(Some((to, new)))
        })
    }

    /// Sets the status of new rows.
    pub(super) fn set(
        &mut self,
        table: usize,
        statement: fn(&Statements) -> &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, SourceError> {
        self.ask(&|| false, async |session| {
            session.client.execute(statement(&session.tables[table].1), parameters).await
        })
    }

    /// Whatever else is asked of the database.
    pub(super) fn ask<T>(
        &mut self,
        stop: &dyn Stop,
        work: impl AsyncFnOnce(&SessionView<'_>) -> Result<T, Error>,
    ) -> Result<T, SourceError> {
        let Session { client, mut driver, tables } = match self.session.take() {
            Some(session) => session,
            None => self.connect(stop)?,
        };
        let view = SessionView { client: &client, tables: &tables };
        let limit = self.limits.statement + MARGIN;
        let result = self.runtime.block_on(driven(&mut driver, work(&view), limit, stop));
        let result = result.map_err(|failure| failure.into_source_error(&self.config))?;
        self.session = Some(Session { client, driver, tables });
        Ok(result)
    }

    /// The same of a connection that knows no tables: to find out what is wrong with them.
    pub(super) fn ask_bare<T>(
        &mut self,
        work: impl AsyncFnOnce(&Client) -> Result<T, Error>,
    ) -> Result<T, SourceError> {
        self.session = None;
        let (client, mut driver) = self.dial(&|| false)?;
        let limit = self.limits.statement + MARGIN;
        let result = self.runtime.block_on(driven(&mut driver, work(&client), limit, &|| false));
        result.map_err(|failure| failure.into_source_error(&self.config))
    }

    fn connect(&self, stop: &dyn Stop) -> Result<Session, SourceError> {
        let (client, mut driver) = self.dial(stop)?;
        let limit = self.limits.statement + MARGIN;
        let found = self.runtime.block_on(driven(&mut driver, Table::find_all(self.tables, &client), limit, stop));
        let found = found.map_err(|failure| failure.into_source_error(&self.config))?;
        let tables = found.into_iter().collect::<Result<Vec<_>, Unfit>>();
        let tables = tables.map_err(|unfit| SourceError::refused(unfit.sentence(Language::English)))?;
        let prepared = async {
            let mut prepared = Vec::with_capacity(tables.len());
            for table in tables {
                let statements = table.prepare(&client).await?;
                prepared.push((table, statements));
            }
            Ok(prepared)
        };
        let prepared = self.runtime.block_on(driven(&mut driver, prepared, limit, stop));
        let tables = prepared.map_err(|failure| failure.into_source_error(&self.config))?;
        Ok(Session { client, driver, tables })
    }

    fn dial(&self, stop: &dyn Stop) -> Result<(Client, Driver), SourceError> {
        let password = password(&self.password_file).map_err(|error| {
            SourceError::refused(format!("the file with the database's password cannot be read ({error})"))
        })?;
        let mut config = self.config.clone();
        config.password(password);
        let connected = async { Ok::<_, Error>(config.connect(NoTls).await) };
        let mut nothing: Driver = Box::pin(std::future::pending());
        let limit = self.limits.connect + MARGIN;
        let connected = self.runtime.block_on(driven(&mut nothing, connected, limit, stop));
        let connected = connected.map_err(|failure| failure.into_source_error(&self.config))?;
        let (client, connection) = connected.map_err(|error| trouble::of(&error, &self.config))?;
        let mut driver: Driver = Box::pin(connection);
        let settings = settings(self.limits);
        let set = self.runtime.block_on(driven(&mut driver, client.batch_execute(&settings), limit, stop));
        set.map_err(|failure| failure.into_source_error(&self.config))?;
        Ok((client, driver))
    }
}

/// What work on a connection may use.
pub(super) struct SessionView<'a> {
    pub(super) client: &'a Client,
    tables: &'a [(Table, Statements)],
}

/// Why work on a connection did not end.
enum Failure {
    Database(Error),
    Silent(Duration),
    Stopped,
}

impl Failure {
    fn into_source_error(self, config: &Config) -> SourceError {
        match self {
            Self::Database(error) => trouble::of(&error, config),
            Self::Silent(limit) => SourceError::away(format!(
                "database {} did not answer within {} s",
                trouble::address(config),
                limit.as_secs()
            )),
            Self::Stopped => SourceError::Stopped,
        }
    }
}

/// Does `work` while `driver` moves its bytes.
async fn driven<T>(
    driver: &mut Driver,
    work: impl Future<Output = Result<T, Error>>,
    limit: Duration,
    stop: &dyn Stop,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        Err(error) = driver => Err(Failure::Database(error)),
        result = work => result.map_err(Failure::Database),
        () = stopped(stop) => Err(Failure::Stopped),
        () = tokio::time::sleep(limit) => Err(Failure::Silent(limit)),
    }
}

async fn stopped(stop: &dyn Stop) {
    while !stop.is_stopped() {
        tokio::time::sleep(GLANCE).await;
    }
}

/// The address, the account and how to behave.
fn config(settings: &DatabaseSettings, limits: Limits) -> Result<Config, SetupError> {
    let is_address = settings.url.starts_with("postgres://") || settings.url.starts_with("postgresql://");
    let parsed = settings.url.parse::<Config>().ok().filter(|_| is_address);
    let is_whole = |config: &Config| !config.get_hosts().is_empty() && config.get_dbname().is_some();
    let Some(mut config) = parsed.filter(is_whole) else {
        return Err(wrong("url", "it should look like postgres://host:5432/database".to_owned()));
    };
    if config.get_password().is_some() {
        return Err(wrong("url", "a password does not belong here; use `password_file`".to_owned()));
    }
    if settings.ca.is_some() {
        return Err(wrong("ca", "encrypted connections to PostgreSQL are not offered; leave it out".to_owned()));
    }
    config.user(&settings.user).application_name("exchange").ssl_mode(SslMode::Disable).connect_timeout(limits.connect);
    Ok(config)
}

fn wrong(setting: &'static str, problem: String) -> SetupError {
    SetupError::Setting { setting, problem }
}

fn password(file: &PathBuf) -> std::io::Result<String> {
    Ok(fs::read_to_string(file)?.trim_end_matches(['\r', '\n']).to_owned())
}

/// Sequential scans are switched off because the planner's figures lag behind the tables: a poll must cost what it reads.
fn settings(limits: Limits) -> String {
    format!(
        "SET statement_timeout = {}; SET lock_timeout = {}; SET DateStyle = 'ISO, YMD'; SET enable_seqscan = off",
        limits.statement.as_millis(),
        limits.lock.as_millis()
    )
}
