//! A tax bureau as its interface document describes it: a list of changes and live questions behind the national platform's
//! signed headers, over HTTPS.
#![expect(clippy::expect_used, reason = "a test that cannot set up its world ends there")]

mod desk;

use self::desk::Desk;
use super::port::Port;
use adapter_sdk::transport::{RestSettings, SecretCipher};
use domain::Clock;
use std::{
    collections::VecDeque,
    fs,
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tempfile::TempDir;

const REQUESTER: &str = "5f1c8f0e-demo-requester@0001";
const SERVICE: &str = "s_110000_tax_0001";
const APPKEY: &str = "0123456789abcdef0123456789abcdef";

/// A tax bureau that serves on a port of its own until it is dropped. Its time is the clock that it is given.
pub struct TaxBureau {
    folder: TempDir,
    port: Port,
    desk: Arc<Mutex<Desk>>,
}

/// What goes wrong with the next call of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// An error code with HTTP 200.
    Code(&'static str),
    /// HTTP 429 with `Retry-After`, in seconds.
    TooMany(u64),
    /// Another HTTP status with a page for people.
    Status(u16),
    /// The answer ends in the middle.
    Cut,
    /// No answer comes at all.
    Silent,
    /// An answer that is no JSON.
    Garbled,
    /// This text with HTTP 200.
    Text(String),
    /// The page of the call before comes again, as the list would give it to that call.
    Repeated,
}

impl TaxBureau {
    /// A bureau with an empty list.
    ///
    /// # Panics
    /// When it cannot be set up.
    #[must_use]
    pub fn start(clock: Arc<dyn Clock>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the bureau");
        let key = folder.path().join("app.key");
        fs::write(&key, APPKEY).expect("key file");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("key file closed");
        let desk = Arc::new(Mutex::new(Desk::new(Arc::clone(&clock))));
        let port = Port::open(folder.path(), clock, Arc::clone(&desk));
        Self { folder, port, desk }
    }

    /// How it is reached, as a configuration says it.
    #[must_use]
    pub fn settings(&self) -> RestSettings {
        RestSettings {
            url: format!("https://{}", self.port.address),
            ca: self.folder.path().join("ca.pem"),
            requester: REQUESTER.to_owned(),
            service: SERVICE.to_owned(),
            key_file: self.folder.path().join("app.key"),
            live_service: None,
            live_key_file: None,
            refresh: "/sysapi/auth/refreshappsecret".to_owned(),
            cipher: SecretCipher::Ecb,
            cert: None,
            key: None,
        }
    }

    /// The `source` of an `[[adapter]]` section, as TOML.
    #[must_use]
    pub fn toml(&self) -> String {
        let settings = self.settings();
        format!(
            "{{ kind = \"rest\", url = \"{}\", ca = \"{}\", requester = \"{REQUESTER}\", service = \"{SERVICE}\", key_file = \"{}\" }}",
            settings.url,
            settings.ca.display(),
            settings.key_file.display()
        )
    }

    /// Adds rows to the end of the list, each a JSON text.
    pub fn put<T: Into<String>>(&self, rows: impl IntoIterator<Item = T>) {
        self.desk().rows.extend(rows.into_iter().map(Into::into));
    }

    /// Makes it answer live questions about an enterprise with a state (`完税`, `欠税`) and a time.
    pub fn know(&self, uscc: &str, state: &str, asked_at: &str) {
        self.desk().clearances.insert(uscc.to_owned(), (state.to_owned(), asked_at.to_owned()));
    }

    /// Encrypts secrets another way from now on.
    pub fn encrypt(&self, cipher: SecretCipher) {
        self.desk().cipher = cipher;
    }

    /// Forgets all secrets that it gave out, as after a restart.
    pub fn forget_secrets(&self) {
        self.desk().secrets.clear();
    }

    /// Makes the next calls of `path` go wrong, one after the other.
    pub fn trouble(&self, path: &str, troubles: impl IntoIterator<Item = Trouble>) {
        let queue: VecDeque<Trouble> = troubles.into_iter().collect();
        self.desk().troubles.entry(path.to_owned()).or_default().extend(queue);
    }

    /// Makes it go away, or come back.
    pub fn set_away(&self, is_away: bool) {
        self.desk().is_away = is_away;
    }

    /// Calls of `path` so far.
    #[must_use]
    pub fn calls(&self, path: &str) -> usize {
        self.desk().calls.iter().filter(|(called, _)| called == path).count()
    }

    /// Queries of the calls of the list so far.
    #[must_use]
    pub fn queries(&self) -> Vec<String> {
        let desk = self.desk();
        desk.calls.iter().filter(|(path, _)| path == "/dj/changes").map(|(_, query)| query.clone()).collect()
    }

    /// Connections that were opened so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.desk().connections
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
