//! `exchange adapter new`: a department's crate that builds at once, its catalogue entries, and its place in the build.
//!
//! Everything is looked at before anything is written: a name, folder or workspace that does not do leaves all as it was.

mod template;
mod wiring;

use crate::{
    args::SourceKind,
    output::{line, usage},
};
use anyhow::{Context, Result};
use domain::caller::is_id;
use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path, PathBuf},
    process::ExitCode,
};
use template::Names;

/// The workspace's own manifest, by which its folder is known.
const MANIFEST: &str = "Cargo.toml";
/// Where catalogue entries lie.
const CATALOGUE: &str = "deploy/catalogue";
/// Beginning of the codes of certificates (信息资源代码).
const CERTIFICATES: &str = "105001/";
/// Words that no crate can be called: of the language, of its libraries, and folders of every build.
const RESERVED: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// Writes what is new in the workspace of the current folder, and says what it did.
pub(crate) fn run(name: &str, source: SourceKind, dir: Option<PathBuf>) -> Result<ExitCode> {
    let root = Path::new("");
    let names = Names { id: checked_name(name)?, code: String::new() };
    let folder = checked_folder(dir.unwrap_or_else(|| Path::new("adapters").join(name)))?;
    let manifest = fs::read_to_string(MANIFEST).unwrap_or_default();
    if !manifest.contains("[workspace.dependencies]") || !Path::new(CATALOGUE).is_dir() {
        return Err(usage(
            "the current folder is not the workspace of the exchange (no Cargo.toml of a workspace, or no deploy/catalogue); \
             change into it",
        ));
    }
    if declares(&manifest, name) {
        return Err(usage(format!("{MANIFEST} has a dependency `{name}` already; choose another name")));
    }
    let names = Names { code: free_code(&Path::new(CATALOGUE).join("resources"))?, ..names };
    let files = files(&names, source, &folder);
    if folder.exists() {
        return Err(usage(format!("{} is there already", folder.display())));
    }
    if let Some((there, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(usage(format!("{} is there already", there.display())));
    }
    let wired = wiring::wire(root, name, &folder)?;
    for (path, bytes) in &files {
        write(path, bytes)?;
    }
    for file in &wired.files {
        write(Path::new(file.path), file.text.as_bytes())?;
    }
    report(&names, &files, &wired)?;
    Ok(ExitCode::SUCCESS)
}

fn checked_name(name: &str) -> Result<&str> {
    let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
    let well_formed = begins && !name.ends_with('-') && !name.contains("--");
    // Its resource, `NAME-record`, is an id as well.
    if !well_formed || !is_id(&template::resource(name)) {
        return Err(usage(format!(
            "`{name}` is no id of a department: up to 56 of a-z, 0-9 and single -, beginning with a letter (`forestry`)"
        )));
    }
    if RESERVED.contains(&name) {
        return Err(usage(format!("no crate can be called `{name}`; choose another id, such as `{name}-bureau`")));
    }
    Ok(name)
}

/// A folder inside the workspace: the crate takes version and lints from there.
fn checked_folder(dir: PathBuf) -> Result<PathBuf> {
    let inside = dir.components().all(|part| matches!(part, Component::Normal(_)));
    let fits = dir.to_str().is_some_and(|text| !text.is_empty() && !text.contains(['"', '\\', '`', '|', '\n']));
    if inside && fits {
        return Ok(dir);
    }
    Err(usage(format!("--dir {}: name a folder inside the workspace, relative to it", dir.display())))
}

/// Whether a manifest has a dependency of this name.
fn declares(manifest: &str, name: &str) -> bool {
    manifest.lines().filter_map(|line| line.split_once('=')).any(|(key, _)| key.trim() == name)
}

/// The first code of a certificate that no resource has yet.
fn free_code(resources: &Path) -> Result<String> {
    let mut taken = BTreeSet::new();
    let entries = fs::read_dir(resources).with_context(|| format!("cannot list {}", resources.display()))?;
    for entry in entries {
        let text = fs::read_to_string(entry?.path()).unwrap_or_default();
        taken.extend(
            text.lines().filter_map(|line| Some(line.strip_prefix("code = \"")?.trim_end_matches('"').to_owned())),
        );
    }
    let mut codes = (1..=999_999).map(|number| format!("{CERTIFICATES}{number:06}"));
    codes.find(|code| !taken.contains(code)).context("every code of a certificate is taken")
}

/// Every new file, the crate's first.
fn files(names: &Names<'_>, source: SourceKind, folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = template::of_crate(source)
        .map(|part| (folder.join(names.fill_path(part.path)), part.fill(names, source)))
        .collect();
    let entries = [
        (format!("departments/{}.toml", names.id), &template::DEPARTMENT),
        (format!("resources/{}.toml", template::resource(names.id)), &template::RESOURCE),
    ];
    files.extend(entries.map(|(path, part)| (Path::new(CATALOGUE).join(path), part.fill(names, source))));
    files
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn report(names: &Names<'_>, files: &[(PathBuf, Vec<u8>)], wired: &wiring::Wired) -> Result<()> {
    for (path, _) in files {
        line(&format!("wrote  {}", path.display()))?;
    }
    for file in &wired.files {
        line(&format!("added  {}: {}", file.path, file.added.join(" · ")))?;
    }
    for (path, by_hand) in &wired.by_hand {
        line(&format!("ADD BY HAND to {path}: {by_hand}"))?;
    }
    let folder = files.first().and_then(|(path, _)| path.parent()).unwrap_or(Path::new(""));
    line(&format!(
        "
Next:
  cargo test -p {name}
      passes at once
  grep -rn 'FILL IN' {folder} {CATALOGUE}
      what the department's interface document decides
  exchange catalogue validate {CATALOGUE}
  cargo run -- adapter try {name} FILE
      what its files translate to, with nothing published

docs/new-department.md goes through it step by step.",
        name = names.id,
        folder = folder.display(),
    ))
}

#[cfg(test)]
mod tests;
