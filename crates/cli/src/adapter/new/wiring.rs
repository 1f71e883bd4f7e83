//! The lines by which a build knows a department: put where lines of their kind stand in order.

use super::template;
use anyhow::{Context, Result};
use std::{fs, io::ErrorKind, path::Path};

/// What was found out before anything is written.
#[derive(Debug, Default)]
pub(super) struct Wired {
    /// Files as they will be.
    pub(super) files: Vec<Changed>,
    /// Lines whose place was not found: the file and the line.
    pub(super) by_hand: Vec<(&'static str, String)>,
}

/// A file with lines added.
#[derive(Debug)]
pub(super) struct Changed {
    /// Where it lies in the workspace.
    pub(super) path: &'static str,
    /// Its new text.
    pub(super) text: String,
    /// The lines, without blanks around them.
    pub(super) added: Vec<String>,
}

/// A line among others of its kind.
struct Wire {
    path: &'static str,
    line: String,
    belongs: Belongs,
}

/// Which lines are of the same kind.
#[derive(Clone, Copy)]
enum Belongs {
    /// Those that contain it.
    Containing(&'static str),
    /// Those of the section with this heading, up to a blank line.
    Under(&'static str),
}

/// The files below `root` with the department's lines in place.
pub(super) fn wire(root: &Path, name: &str, folder: &Path) -> Result<Wired> {
    let mut wired = Wired::default();
    for wire in wires(name, &folder.to_string_lossy()) {
        add(root, &wire, &mut wired)?;
    }
    Ok(wired)
}

fn wires(name: &str, folder: &str) -> [Wire; 6] {
    let shipped = "crates/cli/src/shipped.rs";
    let wire = |path, belongs, line| Wire { path, line, belongs };
    [
        wire(
            super::MANIFEST,
            Belongs::Containing("= { path = \"adapters/"),
            format!("{name} = {{ path = \"{folder}\" }}"),
        ),
        wire("crates/cli/Cargo.toml", Belongs::Under("[dependencies]"), format!("{name}.workspace = true")),
        wire(
            shipped,
            Belongs::Containing("entry!(\"departments/"),
            format!("    entry!(\"departments/{name}.toml\"),"),
        ),
        wire(
            shipped,
            Belongs::Containing("entry!(\"resources/"),
            format!("    entry!(\"resources/{}.toml\"),", template::resource(name)),
        ),
        wire(shipped, Belongs::Containing("::adapter(),"), format!("        {}::adapter(),", name.replace('-', "_"))),
        wire(
            "README.md",
            Belongs::Containing("| `adapters/"),
            format!("| `{folder}` | what the rows of the department `{name}` mean |"),
        ),
    ]
}

fn add(root: &Path, wire: &Wire, wired: &mut Wired) -> Result<()> {
    let before = wired.files.iter().position(|file| file.path == wire.path);
    let text = match before {
        Some(place) => Some(wired.files[place].text.clone()),
        None => read(&root.join(wire.path))?,
    };
    let added = wire.line.trim().to_owned();
    match (text.and_then(|text| inserted(&text, wire)), before) {
        (None, _) => wired.by_hand.push((wire.path, added)),
        (Some(text), Some(place)) => {
            wired.files[place].text = text;
            wired.files[place].added.push(added);
        }
        (Some(text), None) => wired.files.push(Changed { path: wire.path, text, added: vec![added] }),
    }
    Ok(())
}

fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// The text with the line before the first of its kind that sorts behind it, else behind the last; none where there is no such
/// line to go by.
fn inserted(text: &str, wire: &Wire) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let mut place = None;
    for number in of_kind(&lines, wire.belongs) {
        if lines[number] > wire.line.as_str() {
            place = Some(number);
            break;
        }
        place = Some(number + 1);
    }
    lines.insert(place?, &wire.line);
    Some(lines.join("\n") + "\n")
}

fn of_kind(lines: &[&str], belongs: Belongs) -> Vec<usize> {
    let numbered = || lines.iter().enumerate();
    match belongs {
        Belongs::Containing(part) => {
            numbered().filter(|(_, line)| line.contains(part)).map(|(number, _)| number).collect()
        }
        Belongs::Under(heading) => {
            let section = numbered().skip_while(|(_, line)| **line != heading).skip(1);
            section.take_while(|(_, line)| !line.trim().is_empty()).map(|(number, _)| number).collect()
        }
    }
}
