//! What an adapter says of the transport that its department uses: plain facts of the department's page. Reading by them is
//! the business of the crate `sources`, and of the runner for files.

mod rest;
mod soap;
mod table;
mod topic;

pub use self::{
    rest::{LiveAnswer, LiveFeed, LiveRecord, RestCodes, RestFeed, RestSettings, SecretCipher},
    soap::{SoapFeed, SoapPages, SoapSettings},
    table::{Column, DatabaseSettings, ErrorTable, SerialTable, TimeTable},
    topic::{TopicFeed, TopicSettings},
};

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What carries a department's rows.
#[derive(Debug, Clone, Copy)]
pub enum Transport {
    /// A folder into which files are dropped (文件投递).
    Files(Completion),
    /// A front-end exchange table (前置库) in `MariaDB`, read by time.
    TimeTable(&'static TimeTable),
    /// Front-end exchange tables in `PostgreSQL`, read by serial number, with the status written back.
    SerialTables(&'static [SerialTable]),
    /// Pages of a REST interface, by cursor.
    Rest(&'static RestFeed),
    /// A SOAP 1.1 operation, asked again and again.
    Soap(&'static SoapFeed),
    /// A Kafka topic of the department's own cluster.
    Topic(&'static TopicFeed),
    /// The department pushes to the exchange's publish interface.
    Push,
}

/// When a dropped file is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// When its flag file lies beside it, which states its rows and digest.
    FlagFile,
    /// When its size and time of change have stayed as they are for ten seconds, and it opens.
    Settled,
}

impl Transport {
    /// The `kind` of a `source` in the configuration.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Files(_) => "files",
            Self::TimeTable(_) => "mariadb",
            Self::SerialTables(_) => "postgres",
            Self::Rest(_) => "rest",
            Self::Soap(_) => "soap",
            Self::Topic(_) => "kafka",
            Self::Push => "push",
        }
    }
}

/// Where a department's data comes from (`[[adapter]] source = { kind = …, … }`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SourceSettings {
    /// Files put into a folder.
    Files {
        /// The folder.
        folder: PathBuf,
    },
    /// A front-end exchange table in `MariaDB`.
    Mariadb(DatabaseSettings),
    /// Front-end exchange tables in `PostgreSQL`.
    Postgres(DatabaseSettings),
    /// A REST interface.
    Rest(RestSettings),
    /// A SOAP interface.
    Soap(SoapSettings),
    /// A topic of the department's own Kafka.
    Kafka(TopicSettings),
    /// The department pushes.
    Push {},
}

impl SourceSettings {
    /// Its `kind`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Files { .. } => "files",
            Self::Mariadb(_) => "mariadb",
            Self::Postgres(_) => "postgres",
            Self::Rest(_) => "rest",
            Self::Soap(_) => "soap",
            Self::Kafka(_) => "kafka",
            Self::Push {} => "push",
        }
    }

    /// Its paths, to be made relative to the configuration file.
    pub fn paths(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Self::Files { folder } => vec![folder],
            Self::Mariadb(database) | Self::Postgres(database) => {
                database.ca.iter_mut().chain([&mut database.password_file]).collect()
            }
            Self::Rest(rest) => rest.paths().collect(),
            Self::Soap(soap) => soap.paths().collect(),
            Self::Kafka(topic) => topic.security_file.iter_mut().collect(),
            Self::Push {} => Vec::new(),
        }
    }
}
