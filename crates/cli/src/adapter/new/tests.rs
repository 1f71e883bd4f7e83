use super::*;
use clap::ValueEnum;
use domain::catalogue::Catalogue;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn filled(id: &str, source: SourceKind) -> Vec<(PathBuf, Vec<u8>)> {
    files(&Names { id, code: "105001/999999".to_owned() }, source, Path::new("adapters/x"))
}

#[test]
fn nothing_of_the_template_is_left() {
    for source in SourceKind::value_variants() {
        for (path, bytes) in filled("fire-rescue", *source) {
            let text = String::from_utf8_lossy(&bytes);
            for token in ["sample-department", "sample_department", "SAMPLEDEPARTMENT", "SOURCE_"] {
                assert!(!text.contains(token) && !path.to_string_lossy().contains(token), "{} {token}", path.display());
            }
        }
    }
}

#[test]
fn the_kind_in_the_template_is_the_one_that_was_asked_for() {
    for source in SourceKind::value_variants() {
        let kind = source.to_possible_value().unwrap();
        let files = filled("fire-rescue", *source);
        let front = files.iter().find(|(path, _)| path.ends_with("src/lib.rs")).unwrap();
        let says = format!("way(\"{}\")", kind.get_name());
        assert!(String::from_utf8_lossy(&front.1).contains(&says), "{says}");
    }
}

#[test]
fn catalogue_entries_are_consistent_and_fit_the_message() {
    let files = filled("fire-rescue", SourceKind::Push);
    let entries: Vec<(String, String)> = files
        .iter()
        .filter_map(|(path, bytes)| {
            let path = path.strip_prefix(CATALOGUE).ok()?;
            Some((path.to_str()?.to_owned(), String::from_utf8(bytes.clone()).ok()?))
        })
        .collect();
    let catalogue = Catalogue::from_files(entries.iter().map(|(path, text)| (path.as_str(), text.as_str()))).unwrap();
    assert_eq!(gateway::check_catalogue(&catalogue), []);
    assert!(catalogue.resources.contains_key("fire-rescue-record"));
}

#[test]
fn names_that_are_none_are_refused() {
    let too_long = "a".repeat(57);
    for name in ["", "Forestry", "林草", "1st", "a_b", "a--b", "a-", "-a", "type", "core", "test", "../a", &too_long]
    {
        assert!(checked_name(name).is_err(), "{name}");
    }
    assert!(checked_name("forestry").is_ok() && checked_name("grain-reserves-2").is_ok());
    assert!(declares("tokio = \"1\"", "tokio") && declares("bus = { path = \"x\" }", "bus"));
    assert!(!declares("bus = { path = \"x\" }", "bu"));
}

#[test]
fn folders_outside_the_workspace_are_refused() {
    for dir in ["", "/tmp/x", "../x", "adapters/../../x", "a\"b"] {
        assert!(checked_folder(PathBuf::from(dir)).is_err(), "{dir}");
    }
    assert_eq!(checked_folder(PathBuf::from("adapters/x")).unwrap(), Path::new("adapters/x"));
}

#[test]
fn lines_are_put_in_order_into_the_files_of_this_build() {
    let wired = wiring::wire(Path::new(ROOT), "forestry", Path::new("adapters/forestry")).unwrap();
    assert_eq!(wired.by_hand, []);
    for (path, line) in [
        ("Cargo.toml", "forestry = { path = \"adapters/forestry\" }"),
        ("crates/cli/Cargo.toml", "forestry.workspace = true"),
        ("crates/cli/src/shipped.rs", "    entry!(\"departments/forestry.toml\"),"),
        ("crates/cli/src/shipped.rs", "    entry!(\"resources/forestry-record.toml\"),"),
        ("crates/cli/src/shipped.rs", "        forestry::adapter(),"),
    ] {
        let file = wired.files.iter().find(|file| file.path == path).unwrap();
        let lines: Vec<&str> = file.text.lines().collect();
        let place = lines.iter().position(|each| *each == line).unwrap_or_else(|| panic!("{path} lacks {line}"));
        assert!(lines[place - 1] < line && line < lines[place + 1], "{path}: beside {}", lines[place - 1]);
    }
}

#[test]
fn a_line_that_has_no_place_is_left_to_people() {
    let empty = tempfile::tempdir().unwrap();
    let wired = wiring::wire(empty.path(), "forestry", Path::new("adapters/forestry")).unwrap();
    assert!(wired.files.is_empty());
    assert_eq!(wired.by_hand.len(), 6);
}
