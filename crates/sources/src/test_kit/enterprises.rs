//! The register of enterprises as its interface document describes it: what has changed since a second, by SOAP 1.1 over HTTPS.
#![expect(clippy::expect_used, reason = "a test that cannot set up its world ends there")]

mod desk;

use self::desk::Desk;
use super::port::Port;
use adapter_sdk::transport::SoapSettings;
use domain::Clock;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

/// A register that serves on a port of its own until it is dropped. Its time is the clock that it is given.
pub struct EnterpriseRegistry {
    folder: TempDir,
    port: Port,
    desk: Arc<Mutex<Desk>>,
}

/// What goes wrong with the next call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hitch {
    /// A SOAP Fault with HTTP 500.
    Fault,
    /// A SOAP Fault with HTTP 200, as some servers send it.
    QuietFault,
    /// An HTTP status with a page for people, and how long to leave the server alone.
    Status(u16, Option<u64>),
    /// The answer ends in the middle.
    Cut,
    /// No answer comes at all.
    Silent,
    /// A page for people with HTTP 200.
    Garbled,
    /// The document's code is another than `00`.
    Code(&'static str),
    /// This text stands where the document should.
    Text(String),
    /// The document is the first page, whatever was asked for.
    FirstPage,
    /// Before it answers, the register gets another entity, with its time.
    Grows(String, String),
    /// The page lacks its last entity.
    Loses,
}

/// How the document stands in an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wrapping {
    /// Escaped.
    #[default]
    Escaped,
    /// In a CDATA section.
    Section,
    /// In several sections, with other namespace prefixes.
    Sections,
}

/// A call as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// `since`.
    pub since: String,
    /// `pageNo`.
    pub page: u32,
    /// `pageSize`.
    pub size: u32,
}

impl EnterpriseRegistry {
    /// An empty register.
    ///
    /// # Panics
    /// When it cannot be set up.
    #[must_use]
    pub fn start(clock: Arc<dyn Clock>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the register");
        let desk = Arc::new(Mutex::new(Desk::new(Arc::clone(&clock))));
        let port = Port::open(folder.path(), clock, Arc::clone(&desk));
        Self { folder, port, desk }
    }

    /// How it is reached, as a configuration says it.
    #[must_use]
    pub fn settings(&self) -> SoapSettings {
        SoapSettings {
            url: format!("https://{}/ws/ent", self.port.address),
            ca: self.folder.path().join("ca.pem"),
            cert: None,
            key: None,
        }
    }

    /// The `source` of an `[[adapter]]` section, as TOML.
    #[must_use]
    pub fn toml(&self) -> String {
        let SoapSettings { url, ca, .. } = self.settings();
        format!("{{ kind = \"soap\", url = \"{url}\", ca = \"{}\" }}", ca.display())
    }

    /// Adds entities (`<ENT>…</ENT>`) that changed at a time (`yyyy-MM-dd HH:mm:ss`).
    pub fn put<T: Into<String>>(&self, time: &str, entities: impl IntoIterator<Item = T>) {
        self.desk().put(time, entities.into_iter().map(Into::into));
    }

    /// Takes away the entities that hold a text.
    pub fn remove(&self, text: &str) {
        self.desk().remove(text);
    }

    /// Puts documents into answers another way from now on.
    pub fn wrap(&self, wrapping: Wrapping) {
        self.desk().wrapping = wrapping;
    }

    /// Makes the next calls go wrong, one after the other; none is a call that goes well.
    pub fn hitch(&self, hitches: impl IntoIterator<Item = Option<Hitch>>) {
        self.desk().hitches.extend(hitches);
    }

    /// Makes it go away, or come back.
    pub fn set_away(&self, is_away: bool) {
        self.desk().is_away = is_away;
    }

    /// The calls so far.
    #[must_use]
    pub fn queries(&self) -> Vec<Query> {
        self.desk().queries.clone()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
