//! Real databases for tests, each in a folder of its own, as the departments' front-end machines run them.
mod mariadb;
mod postgres;
mod server;
mod tax;

pub use self::{
    mariadb::{MariaDb, Session},
    postgres::{Postgres, Session as PostgresSession},
    server::Skip,
    tax::{TaxBureau, Trouble},
};
