//! The folder itself: which files are complete, and where they go afterwards.

use super::{
    flag::Flag,
    reader::Fingerprint,
    settling::{Rest, Settling},
};
use crate::{
    adapter::{FileKind, FileName},
    error::IntakeError,
    transport::Completion,
};
use domain::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
};

/// Where pairs go that were taken in.
pub(crate) const DONE: &str = "done";
/// Where pairs go that were refused.
pub(crate) const REFUSED: &str = "refused";
const FLAG: &str = ".ok";
/// How long a data file may lie without its flag before that is worth a word.
const PATIENCE: chrono::Duration = chrono::Duration::minutes(10);

/// A pair that lies in the folder, or a file alone where the department has no flags.
#[derive(Debug, Clone)]
pub(crate) struct Dropped {
    /// Name of the data file.
    pub(crate) name: String,
    /// What the name says.
    pub(crate) said: FileName,
    /// The data file.
    pub(crate) data: PathBuf,
    /// Its flag file.
    pub(crate) flag: Option<PathBuf>,
    /// Whether it is as its department wants it beyond doubt, so that a fault in it is final.
    pub(crate) firm: bool,
}

/// A department's folder.
pub(crate) struct Inbox {
    department: &'static str,
    folder: PathBuf,
    completion: Completion,
    /// Names reported as not the department's, without the end of flags, so that each is reported once.
    strangers: BTreeSet<String>,
    /// Data files without a flag: since when, and whether that was reported.
    flagless: HashMap<String, (Timestamp, bool)>,
    /// Incomplete flag files as they stood at the last scan: one that stays as it is, is as its writer wants it.
    unfinished: HashMap<String, Vec<u8>>,
    /// Files without flags that may still be being written.
    settling: Settling,
}

/// Name of the flag file of a data file.
pub(crate) fn flag_name(name: &str) -> String {
    format!("{name}{FLAG}")
}

impl Inbox {
    pub(crate) fn new(department: &'static str, folder: PathBuf, completion: Completion) -> Self {
        let (strangers, flagless, unfinished) = (BTreeSet::new(), HashMap::new(), HashMap::new());
        Self { department, folder, completion, strangers, flagless, unfinished, settling: Settling::default() }
    }

    /// The complete pairs, in the order in which they are taken in. A data file without its flag is still being
    /// written; so is a flag without both its lines, until two scans find it the same. Where the department has no flags, a
    /// file is still being written until it has stayed as it is.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn scan(&mut self, kind: &FileKind, now: Timestamp) -> Result<Vec<Dropped>, IntakeError> {
        let names = self.names()?;
        self.report_strangers(&names, kind);
        let found = match self.completion {
            Completion::FlagFile => {
                self.report_flagless(&names, kind, now);
                self.flagged(&names, kind)
            }
            Completion::Settled => self.settled(&names, kind, now),
        };
        let mut ordered = BTreeMap::new();
        for dropped in found {
            ordered.insert((dropped.said.order.clone(), dropped.name.clone()), dropped);
        }
        Ok(ordered.into_values().collect())
    }

    fn flagged(&mut self, names: &BTreeSet<String>, kind: &FileKind) -> Vec<Dropped> {
        let mut unfinished = HashMap::new();
        let mut found = Vec::new();
        for name in names.iter().filter(|name| names.contains(&flag_name(name))) {
            let Some(said) = (kind.parse_name)(name) else { continue };
            let flag = self.folder.join(flag_name(name));
            if self.is_settled(name, &flag, &mut unfinished) {
                found.push(Dropped { flag: Some(flag), ..self.dropped(name, said, true) });
            }
        }
        self.unfinished = unfinished;
        found
    }

    fn settled(&mut self, names: &BTreeSet<String>, kind: &FileKind, now: Timestamp) -> Vec<Dropped> {
        self.settling.keep(|name| names.contains(name));
        let mut found = Vec::new();
        for name in names {
            let Some(said) = (kind.parse_name)(name) else { continue };
            // What cannot be looked at has gone again, or is a link to nowhere.
            let Ok(metadata) = fs::metadata(self.folder.join(name)) else { continue };
            match self.settling.look(name, Fingerprint::of(&metadata), now) {
                Rest::Moving => {}
                rest => found.push(self.dropped(name, said, rest == Rest::Firm)),
            }
        }
        found
    }

    fn dropped(&self, name: &str, said: FileName, firm: bool) -> Dropped {
        Dropped { name: name.to_owned(), said, data: self.folder.join(name), flag: None, firm }
    }

    /// Whether a file of this name lies here, complete or not.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.folder.join(name).symlink_metadata().is_ok()
    }

    /// Flag files whose data file is not here.
    pub(crate) fn lone_flags(&self, kind: &FileKind) -> Result<Vec<Dropped>, IntakeError> {
        if self.completion == Completion::Settled {
            return Ok(Vec::new());
        }
        let names = self.names()?;
        let lone = names.iter().filter_map(|flag| {
            let name = flag.strip_suffix(FLAG).filter(|name| !names.contains(*name))?;
            let said = (kind.parse_name)(name)?;
            Some(Dropped { flag: Some(self.folder.join(flag)), ..self.dropped(name, said, true) })
        });
        Ok(lone.collect())
    }

    /// Moves a pair to `place` without ever writing over anything, with `why` beside it where there is a reason to tell.
    ///
    /// # Errors
    /// When a file cannot be moved or written; nothing is lost then, the pair lies in one place or the other.
    pub(crate) fn shelve(&self, dropped: &Dropped, place: &str, why: Option<&str>) -> Result<(), IntakeError> {
        let folder = self.folder.join(place);
        fs::create_dir_all(&folder).map_err(IntakeError::file("folder cannot be made", &folder))?;
        let name = free_name(&folder, &dropped.name);
        if let Some(why) = why {
            let path = folder.join(format!("{name}.why"));
            fs::write(&path, why).map_err(IntakeError::file("reason cannot be written", &path))?;
        }
        rename(&dropped.data, &folder.join(&name))?;
        match &dropped.flag {
            Some(flag) => rename(flag, &folder.join(flag_name(&name))),
            None => Ok(()),
        }
    }

    /// Names of the plain files in the folder, as far as they are text.
    fn names(&self) -> Result<BTreeSet<String>, IntakeError> {
        let unreadable = || IntakeError::file("inbox folder cannot be read", &self.folder);
        let mut names = BTreeSet::new();
        for entry in fs::read_dir(&self.folder).map_err(unreadable())? {
            let entry = entry.map_err(unreadable())?;
            let is_file = entry.file_type().is_ok_and(|kind| !kind.is_dir());
            if let Some(name) = entry.file_name().to_str().filter(|_| is_file) {
                names.insert(name.to_owned());
            }
        }
        Ok(names)
    }

    fn is_settled(&self, name: &str, flag: &Path, unfinished: &mut HashMap<String, Vec<u8>>) -> bool {
        let Ok(bytes) = fs::read(flag) else { return false };
        if Flag::parse(&bytes).is_complete() {
            return true;
        }
        let settled = self.unfinished.get(name).is_some_and(|before| *before == bytes);
        unfinished.insert(name.to_owned(), bytes);
        settled
    }

    fn report_strangers(&mut self, names: &BTreeSet<String>, kind: &FileKind) {
        let data = names.iter().map(|name| name.strip_suffix(FLAG).unwrap_or(name));
        let here: BTreeSet<String> = data.filter(|name| (kind.parse_name)(name).is_none()).map(str::to_owned).collect();
        let count = here.difference(&self.strangers).count();
        if count > 0 {
            // A name that nobody has agreed on may hold anything, people's names too.
            let (department, pattern) = (self.department, kind.pattern);
            tracing::warn!(department, pattern, count, "files with names that are not the department's are left alone");
        }
        self.strangers = here;
    }

    fn report_flagless(&mut self, names: &BTreeSet<String>, kind: &FileKind, now: Timestamp) {
        let waits = |name: &&String| (kind.parse_name)(name).is_some() && !names.contains(&flag_name(name));
        let mut flagless = HashMap::new();
        for name in names.iter().filter(waits) {
            let (since, reported) = self.flagless.get(name).copied().unwrap_or((now, false));
            let is_late = now - since > PATIENCE;
            if is_late && !reported {
                let minutes = PATIENCE.num_minutes();
                let flag = flag_name(name);
                tracing::warn!(
                    department = self.department,
                    file = name,
                    flag,
                    minutes,
                    "file still waits for its flag file"
                );
            }
            flagless.insert(name.clone(), (since, is_late));
        }
        self.flagless = flagless;
    }
}

/// The name itself, or with the first free `.2`, `.3`, ….
fn free_name(folder: &Path, name: &str) -> String {
    let taken = |name: &str| {
        [name.to_owned(), flag_name(name), format!("{name}.why")]
            .iter()
            .any(|name| folder.join(name).symlink_metadata().is_ok())
    };
    let numbered = (2_u64..).map(|number| format!("{name}.{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_else(|| name.to_owned())
}

fn rename(from: &Path, to: &Path) -> Result<(), IntakeError> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(IntakeError::file("file cannot be moved", from)),
    }
}
