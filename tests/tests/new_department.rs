//! `docs/new-department.md` is true: it is followed word by word, in a workspace of its own beside this one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "new_department/page.rs"]
mod page;

use page::Step;
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const PAGE: &str = include_str!("../../docs/new-department.md");
const OTHER_SOURCES: [&str; 6] = ["mariadb", "postgres", "rest", "soap", "kafka", "push"];

/// A workspace that has of this one the crates, by their paths, and the files that a new department is written into.
struct Workspace {
    folder: TempDir,
}

impl Workspace {
    fn new() -> Self {
        let workspace = Self { folder: TempDir::new().unwrap() };
        let root = fs::canonicalize(ROOT).unwrap();
        for file in ["Cargo.lock", ".clippy.toml", "README.md", "crates/cli/Cargo.toml", "crates/cli/src/shipped.rs"] {
            workspace.write(file, &fs::read(root.join(file)).unwrap());
        }
        for folder in ["departments", "resources", "consumers", "grants"] {
            let folder = Path::new("deploy/catalogue").join(folder);
            for entry in fs::read_dir(root.join(&folder)).unwrap() {
                let entry = entry.unwrap();
                let path = folder.join(entry.file_name());
                workspace.write(path.to_str().unwrap(), &fs::read(entry.path()).unwrap());
            }
        }
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        workspace.write("Cargo.toml", elsewhere(&manifest, &root).as_bytes());
        workspace
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Runs a script as the page's reader does, with `exchange` to be called by its name.
    fn shell(&self, script: &str) -> Output {
        let binary = exchange_tests::product::binary();
        let (profile, search) = (binary.parent().unwrap(), env::var_os("PATH").unwrap_or_default());
        let search: Vec<PathBuf> = [profile.to_owned()].into_iter().chain(env::split_paths(&search)).collect();
        let mut shell = Command::new("sh");
        // Cargo describes this package to its tests, which is none of the workspace's business.
        let about_us = env::vars_os().map(|(name, _)| name).filter(|name| {
            let name = name.to_string_lossy();
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        });
        for name in about_us {
            shell.env_remove(name);
        }
        shell.args(["-e", "-c", script]).current_dir(self.folder.path());
        shell.env("PATH", env::join_paths(search).unwrap()).env("CARGO_NET_OFFLINE", "true");
        shell.env("CARGO_TARGET_DIR", profile.parent().unwrap()).env("CARGO_TERM_COLOR", "never");
        shell.output().unwrap()
    }

    fn succeeds(&self, script: &str) -> String {
        let output = self.shell(script);
        assert!(output.status.success(), "{script}\n{}", said(&output));
        said(&output)
    }

    fn follow(&self, step: &Step) {
        match step {
            Step::Run { script, fails: false } => drop(self.succeeds(script)),
            Step::Run { script, fails: true } => {
                let output = self.shell(script);
                assert!(!output.status.success(), "{script} was to fail\n{}", said(&output));
            }
            Step::File { path, text } => self.write(path, text.as_bytes()),
            Step::Items { path, text } => self.write(path, page::with_items(&self.read(path), text).as_bytes()),
            Step::Lines { path, text } => self.write(path, page::with_lines(&self.read(path), text).as_bytes()),
            Step::Append { path, text } => self.write(path, (self.read(path) + text).as_bytes()),
            Step::Says { path, text } => {
                let (said, told) = (self.read(path), text.lines().map(json));
                let said: Vec<Value> = said.lines().map(json).collect();
                assert_eq!(said.len(), text.lines().count(), "{path}");
                for (said, told) in said.iter().zip(told) {
                    let parts = told.as_object().unwrap();
                    let differs = parts.iter().find(|(name, part)| said.get(name) != Some(part));
                    assert!(differs.is_none(), "{path} says {said}, the page {told}");
                }
            }
        }
    }
}

/// The manifest for another folder: only adapters are members, all other crates are where they are.
fn elsewhere(manifest: &str, root: &Path) -> String {
    let lines = manifest.lines().filter(|line| !line.starts_with("default-members")).map(|line| {
        if line.starts_with("members = ") {
            return "members = [\"adapters/*\"]".to_owned();
        }
        if line.contains("{ path = \"adapters/") {
            return line.to_owned();
        }
        line.replace("{ path = \"", &format!("{{ path = \"{}/", root.display()))
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_page_leads_to_a_department_and_so_does_every_other_kind_of_source() {
    let workspace = Workspace::new();
    for source in OTHER_SOURCES {
        workspace.succeeds(&format!("exchange adapter new from-{source} --source {source}"));
    }
    for step in page::steps(PAGE) {
        workspace.follow(&step);
    }
    for file in ["src/lib.rs", "src/source.rs", "src/mapping.rs", "src/rules.rs", "README.md", "Cargo.toml"] {
        let text = workspace.read(&format!("adapters/forestry/{file}"));
        assert!(!text.contains("FILL IN"), "the page leaves {file} to be filled in");
    }
    let report = workspace.succeeds("cargo test --workspace");
    assert_eq!(report.matches("test fixtures_translate_as_expected ... ok").count(), 1 + OTHER_SOURCES.len());
    workspace.succeeds("cargo clippy --workspace --all-targets -- -D warnings");
    workspace.succeeds("exchange catalogue validate deploy/catalogue");
}

#[test]
fn a_new_department_is_known_to_the_build() {
    let workspace = Workspace::new();
    let report = workspace.succeeds("exchange adapter new fire-rescue --source push");
    assert!(!report.contains("ADD BY HAND"), "{report}");
    for (file, line) in [
        ("Cargo.toml", "\nfire-rescue = { path = \"adapters/fire-rescue\" }\n"),
        ("crates/cli/Cargo.toml", "\nfire-rescue.workspace = true\n"),
        ("crates/cli/src/shipped.rs", "    entry!(\"departments/fire-rescue.toml\"),\n"),
        ("crates/cli/src/shipped.rs", "    entry!(\"resources/fire-rescue-record.toml\"),\n"),
        ("crates/cli/src/shipped.rs", "        fire_rescue::adapter(),\n"),
        ("README.md", "\n| `adapters/fire-rescue` |"),
    ] {
        assert_eq!(workspace.read(file).matches(line).count(), 1, "{file}: {line}");
    }
}

#[test]
fn what_does_not_do_is_refused_and_leaves_everything_as_it_was() {
    let workspace = Workspace::new();
    let before = workspace.read("Cargo.toml");
    fs::create_dir_all(workspace.path("adapters/taken")).unwrap();
    for (script, why) in [
        ("exchange adapter new taken --source rest", "is there already"),
        ("exchange adapter new health --source rest", "already"),
        ("exchange adapter new domain --source rest", "has a dependency `domain` already"),
        ("exchange adapter new Forestry --source rest", "is no id of a department"),
        ("exchange adapter new forestry --source ftp", "possible values: files, mariadb"),
        ("exchange adapter new forestry --source rest --dir ../out", "inside the workspace"),
        ("cd deploy; exchange adapter new forestry --source rest", "is not the workspace"),
    ] {
        let output = workspace.shell(script);
        assert_eq!(output.status.code(), Some(2), "{script}\n{}", said(&output));
        assert!(said(&output).contains(why), "{script}\n{}", said(&output));
    }
    assert_eq!(workspace.read("Cargo.toml"), before);
    assert!(!workspace.path("adapters/forestry").exists());
}
