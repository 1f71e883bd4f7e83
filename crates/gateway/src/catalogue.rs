//! The catalogue's files, and what its entries must be in the messages they speak of.

use crate::GatewayError;
use contract::message_of;
use domain::catalogue::{Catalogue, Problem, Resource, ResourceKind};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use std::{fs, io, path::Path, time::Duration};
use tokio::time::{sleep, timeout};
use view::{Change, Directory, Plan};

/// The message of a party (当事人), whose name can be granted alone.
const PARTY: &str = "exchange.canonical.v1.Party";

/// How long a published catalogue is awaited, and how often it is looked for.
const IN_FORCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);

/// The catalogue files below `dir`, as `(path relative to dir, text)` in order of path, for
/// [`Catalogue::from_files`]. Hidden files are passed over.
///
/// # Errors
/// [`GatewayError::Catalogue`] with what cannot be read, and files that are none of the catalogue's.
pub fn catalogue_files(dir: &Path) -> Result<Vec<(String, String)>, GatewayError> {
    let mut found = Found::default();
    match names(dir) {
        Ok(folders) => folders.iter().for_each(|folder| found.folder(dir, folder)),
        Err(error) => found.add(&dir.display().to_string(), format!("cannot be read: {error}")),
    }
    if found.problems.is_empty() { Ok(found.files) } else { Err(GatewayError::Catalogue { problems: found.problems }) }
}

/// Where the resources of a catalogue do not fit the messages they name; empty when they do.
/// [`Catalogue::problems`] finds what is wrong among the entries themselves.
#[must_use]
pub fn check_catalogue(catalogue: &Catalogue) -> Vec<Problem> {
    catalogue.resources.values().flat_map(|resource| misfits(resource)).collect()
}

/// A catalogue from its files, consistent in itself and with its messages.
pub(crate) fn read_catalogue<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Catalogue, Vec<Problem>> {
    let catalogue = Catalogue::from_files(files)?;
    let problems = check_catalogue(&catalogue);
    if problems.is_empty() { Ok(catalogue) } else { Err(problems) }
}

/// The catalogue in the folder `dir`, as [`read_catalogue`].
pub(crate) fn read_folder(dir: &Path) -> Result<Catalogue, GatewayError> {
    let files = catalogue_files(dir)?;
    let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    read_catalogue(files).map_err(|problems| GatewayError::Catalogue { problems })
}

/// The catalogue once `planned` is applied to `current`.
pub(crate) fn after(current: &Catalogue, planned: &Plan) -> Catalogue {
    let mut after = current.clone();
    for difference in &planned.differences {
        match &difference.change {
            Change::Create(entry) | Change::Update(entry) => after.insert(entry.clone()),
            Change::Remove => after.remove(difference.kind, &difference.id),
        }
    }
    after
}

/// Waits until the catalogue of `revision` is in force, but not for long: it comes into force all the same.
pub(crate) async fn in_force(directory: &Directory, revision: &str) {
    let comes = async {
        while directory.now().revision != revision {
            sleep(LOOK).await;
        }
    };
    if timeout(IN_FORCE, comes).await.is_err() {
        tracing::warn!(revision, "published catalogue is not in force yet");
    }
}

#[derive(Default)]
struct Found {
    files: Vec<(String, String)>,
    problems: Vec<Problem>,
}

impl Found {
    fn add(&mut self, file: &str, message: impl Into<String>) {
        self.problems.push(problem(file, "", message));
    }

    fn folder(&mut self, dir: &Path, folder: &str) {
        let path = dir.join(folder);
        if !path.is_dir() {
            self.add(folder, "is not a catalogue file; entries lie in folders by their kind");
            return;
        }
        match names(&path) {
            Ok(files) => files.iter().for_each(|file| self.file(dir, &format!("{folder}/{file}"))),
            Err(error) => self.add(folder, format!("cannot be read: {error}")),
        }
    }

    /// Whether folder and name are right is said by whoever reads the text.
    fn file(&mut self, dir: &Path, path: &str) {
        match fs::read_to_string(dir.join(path)) {
            Ok(text) => self.files.push((path.to_owned(), text)),
            Err(error) => self.add(path, format!("cannot be read: {error}")),
        }
    }
}

fn names(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn misfits(resource: &Resource) -> Vec<Problem> {
    let file = format!("resources/{}.toml", resource.id);
    let named = resource.message.contains('.').then(|| message_of(&resource.message)).flatten();
    let Some(message) = named else {
        return vec![problem(&file, "message", format!("`{}` is not a message of this build", resource.message))];
    };
    if resource.kind == ResourceKind::Base {
        // Its items are named by its sources, and listed in the one message of all bases.
        return Vec::new();
    }
    let items = resource.items.iter();
    let mut problems: Vec<_> = items
        .filter_map(|item| misfit(&message, &item.name, item.is_party()))
        .map(|what| problem(&file, "item", what))
        .collect();
    for (key, name) in names_of_text(resource) {
        if message.get_field_by_name(name).is_some_and(|field| !is_text(&field)) {
            problems.push(problem(&file, key, format!("`{name}` is not a text in {}", message.name())));
        }
    }
    problems
}

/// The items whose values are compared as text: the key is made of them, or a division is read from them.
fn names_of_text(resource: &Resource) -> impl Iterator<Item = (&'static str, &String)> {
    let keys = resource.key_items.iter().map(|name| ("key_items", name));
    keys.chain(resource.division_item.iter().map(|name| ("division_item", name)))
}

fn misfit(message: &MessageDescriptor, name: &str, is_party: bool) -> Option<String> {
    let Some(field) = message.get_field_by_name(name) else {
        return Some(format!("`{name}` is not a field of {}", message.name()));
    };
    let holds_party = matches!(field.kind(), Kind::Message(inner) if inner.full_name() == PARTY);
    match (holds_party, is_party) {
        (false, true) => Some(format!("`{name}` has type party, but is none in {}", message.name())),
        _ => None,
    }
}

fn is_text(field: &FieldDescriptor) -> bool {
    matches!(field.kind(), Kind::String | Kind::Enum(_)) && !field.is_list()
}

fn problem(file: &str, key: &str, message: impl Into<String>) -> Problem {
    Problem { file: file.to_owned(), key: key.to_owned(), message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/catalogue");

    fn shipped() -> Vec<(String, String)> {
        catalogue_files(Path::new(SHIPPED)).unwrap()
    }

    fn read(files: &[(String, String)]) -> Result<Catalogue, Vec<Problem>> {
        read_catalogue(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
    }

    fn change(path: &str, from: &str, to: &str) -> Vec<Problem> {
        let mut files = shipped();
        let file = files.iter_mut().find(|(each, _)| each == path).unwrap();
        assert!(file.1.contains(from));
        file.1 = file.1.replacen(from, to, 1);
        read(&files).unwrap_err()
    }

    #[test]
    fn the_shipped_catalogue_fits_its_messages() {
        read(&shipped()).unwrap();
    }

    #[test]
    fn an_item_that_the_message_lacks_is_named() {
        let problems = change("resources/natural-person.toml", "name = \"id_card_issuer\"", "name = \"nick_name\"");
        assert!(problems[0].to_string().contains("`nick_name` is not a field of NaturalPerson"), "{}", problems[0]);
    }

    #[test]
    fn an_unknown_message_is_named() {
        let problems = change("resources/natural-person.toml", "canonical.v1.NaturalPerson", "canonical.v1.Nobody");
        assert_eq!(problems[0].key, "message");
    }

    #[test]
    fn files_that_are_none_of_the_catalogue_are_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("README.md"), "hello").unwrap();
        fs::write(folder.path().join(".gitkeep"), "").unwrap();
        let GatewayError::Catalogue { problems } = catalogue_files(folder.path()).unwrap_err() else { panic!() };
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].file, "README.md");
        assert!(catalogue_files(&folder.path().join("nowhere")).is_err());
    }
}
