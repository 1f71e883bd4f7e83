//! What departments run, for tests: real databases, each in a folder of its own, and servers that answer as the interface
//! documents say.
mod enterprises;
mod mariadb;
mod port;
mod postgres;
mod server;
mod tax;
mod topic;

pub use self::{
    enterprises::{EnterpriseRegistry, Hitch, Query, Wrapping},
    mariadb::{MariaDb, Session},
    postgres::{Postgres, Session as PostgresSession},
    server::Skip,
    tax::{TaxBureau, Trouble},
    topic::topic_on,
};
