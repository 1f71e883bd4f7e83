//! A look at everything that the configuration names, before it is needed.

use super::{BusKind, Config, ListenSection};
use crate::{GatewayError, catalogue};
use bus::KafkaConfig;
use runtime::SystemClock;
use security::{NoBindings, SecurityError, ServerTls};
use std::{fs::File, path::PathBuf, sync::Arc};
use tracing_subscriber::EnvFilter;

impl Config {
    /// What is wrong or without effect, opening the files that are named: a sentence each, which begins with the
    /// key and says how to mend it. Empty when all is well. Blocks for the time of reading the files.
    #[must_use]
    pub fn inspect(&self) -> Vec<String> {
        let mut found: Vec<_> = self.check().err().iter().map(sentence).collect();
        found.extend(self.filter_problem());
        found.extend(self.bus_problem());
        found.extend(self.tls_problems());
        found.extend(self.catalogue_problems());
        let without_effect = self.without_effect().into_iter();
        found.extend(without_effect.map(|key| format!("`{key}`: has no effect here; take it out of the file")));
        found
    }

    fn filter_problem(&self) -> Option<String> {
        let filter = &self.telemetry.log;
        let error = EnvFilter::try_new(filter).err()?;
        Some(format!(
            "`telemetry.log`: {filter:?} is no filter ({error}): write a level, or a list such as info,bus=debug"
        ))
    }

    fn bus_problem(&self) -> Option<String> {
        let file = self.bus.security_file.as_deref().filter(|_| self.bus.kind == BusKind::Kafka)?;
        let error = KafkaConfig::read_properties(file).err()?;
        Some(format!("`bus.security_file`: {error}: name a file of key=value lines that this user can read"))
    }

    fn tls_problems(&self) -> Vec<String> {
        if self.is_for_adapters_alone() {
            return Vec::new();
        }
        let unreadable = self.tls_files().into_iter().filter_map(|(_, path)| {
            let source = File::open(path).err()?;
            Some(SecurityError::Unreadable { path: path.clone(), source })
        });
        let mut problems: Vec<_> = unreadable.map(|error| self.tls_sentence(&error)).collect();
        if problems.is_empty() {
            match ServerTls::load(&self.tls.files(), Arc::new(NoBindings), Arc::new(SystemClock)) {
                Ok(tls) => problems.extend(tls.problem().map(|problem| format!("`tls`: {problem}"))),
                Err(error) => problems.push(self.tls_sentence(&error)),
            }
        }
        problems
    }

    /// A department's machine that serves no port has no certificates: they are for the exchange's own.
    fn is_for_adapters_alone(&self) -> bool {
        let tls = &self.tls;
        self.bus.kind == BusKind::Kafka
            && !self.adapter.is_empty()
            && self.listen == ListenSection::default()
            && ![&tls.ca, &tls.cert, &tls.key].into_iter().any(|path| path.exists())
    }

    fn tls_files(&self) -> Vec<(&'static str, &PathBuf)> {
        let tls = &self.tls;
        let list = tls.crl.as_ref().filter(|path| !path.as_os_str().is_empty());
        let always = [("tls.ca", &tls.ca), ("tls.cert", &tls.cert), ("tls.key", &tls.key)];
        always.into_iter().chain(list.map(|path| ("tls.crl", path))).collect()
    }

    fn tls_sentence(&self, error: &SecurityError) -> String {
        let key = |path: &PathBuf| {
            let found = self.tls_files().into_iter().find(|(_, named)| *named == path);
            found.map_or("tls", |(key, _)| key)
        };
        match error {
            SecurityError::Unreadable { path, source } => {
                format!("`{}`: {error} ({source}): name a file that is there and that this user can read", key(path))
            }
            SecurityError::Malformed { path, .. } => format!("`{}`: {error}: put one there in PEM", key(path)),
            SecurityError::Exposed { path } => format!("`{}`: {error}", key(path)),
            SecurityError::KeyMismatch { .. } => {
                format!("`tls.key`: {error}: name the key that the certificate was issued for")
            }
            SecurityError::Unusable { path, source } => {
                format!("`{}`: {error} ({source}): have it issued anew", key(path))
            }
            other => format!("`tls`: {other}"),
        }
    }

    fn catalogue_problems(&self) -> Vec<String> {
        let Some(dir) = &self.catalogue.dir else { return Vec::new() };
        if !dir.is_dir() {
            let dir = dir.display();
            return vec![format!("`catalogue.dir`: {dir} is no folder: name that of the catalogue files, or none")];
        }
        match catalogue::read_folder(dir) {
            Ok(_) => Vec::new(),
            Err(GatewayError::Catalogue { problems }) => {
                problems.iter().map(|problem| format!("`catalogue.dir`: {problem}")).collect()
            }
            Err(other) => vec![sentence(&other)],
        }
    }
}

fn sentence(error: &GatewayError) -> String {
    match error {
        GatewayError::Config { key, problem } => format!("`{key}`: {problem}"),
        other => other.to_string(),
    }
}
