use super::*;
use serde::Deserialize;
use std::{fs, os::unix::fs::PermissionsExt as _};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    listen: Listen,
    adapter: Vec<Adapter>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Listen {
    service: String,
    ops: String,
    backlog: u16,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Adapter {
    department: String,
    poll: Option<HumanDuration>,
    source: Option<Source>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Source {
    Files { folder: PathBuf },
    Kafka { brokers: String },
}

fn refusal(text: &str) -> String {
    parse::<Config>("exchange.toml".as_ref(), text).unwrap_err().to_string()
}

#[test]
fn whole_file_is_read() {
    let text = "[listen]\nservice = \"127.0.0.1:7443\"\n[[adapter]]\ndepartment = \"health\"\npoll = \"2s\"\n\
                source = { kind = \"files\", folder = \"inbox\" }\n";
    let config: Config = parse("exchange.toml".as_ref(), text).unwrap();
    assert_eq!((config.listen.service.as_str(), config.listen.ops.as_str()), ("127.0.0.1:7443", ""));
    assert_eq!(config.listen.backlog, 0);
    assert_eq!(config.adapter[0].department, "health");
    assert_eq!(config.adapter[0].poll, Some(HumanDuration::from_secs(2)));
    assert!(matches!(&config.adapter[0].source, Some(Source::Files { folder }) if folder.ends_with("inbox")));
    let kafka: Source = parse("exchange.toml".as_ref(), "kind = \"kafka\"\nbrokers = \"b:9092\"").unwrap();
    assert!(matches!(kafka, Source::Kafka { brokers } if brokers == "b:9092"));
}

#[test]
fn unknown_section_names_the_nearest_one() {
    assert_eq!(refusal("\n[lisen]\n"), "exchange.toml:2:2: unknown key `lisen`, did you mean `listen`?");
}

#[test]
fn unknown_key_is_named_with_its_whole_path() {
    assert_eq!(
        refusal("[listen]\nops = \"x\"\nservce = \"y\"\n"),
        "exchange.toml:3:1: unknown key `listen.servce`, did you mean `listen.service`?"
    );
    assert_eq!(
        refusal("[[adapter]]\ndepartment = \"a\"\n[[adapter]]\ndepartment = \"b\"\npol = \"2s\"\n"),
        "exchange.toml:5:1: unknown key `adapter[1].pol`, did you mean `adapter[1].poll`?"
    );
}

#[test]
fn a_key_that_needs_quotes_is_named_in_them() {
    assert!(refusal("['']\n").starts_with("exchange.toml:1:2: unknown key `\"\"`, did you mean"));
    let refused = refusal("[listen]\n\"ser vice\" = \"x\"\n");
    assert_eq!(refused, "exchange.toml:2:1: unknown key `listen.\"ser vice\"`, did you mean `listen.service`?");
}

#[test]
fn unknown_key_inside_a_tagged_value_is_named() {
    let text = "[[adapter]]\ndepartment = \"a\"\nsource = { kind = \"files\", foldr = \"x\" }\n";
    let refused = refusal(text);
    assert!(refused.starts_with("exchange.toml:3:"), "{refused}");
    assert!(
        refused.ends_with("unknown key `adapter[0].source.foldr`, did you mean `adapter[0].source.folder`?"),
        "{refused}"
    );
}

#[test]
fn unknown_value_names_the_nearest_one() {
    let refused = refusal("[[adapter]]\ndepartment = \"a\"\nsource = { kind = \"file\" }\n");
    assert!(refused.contains("`adapter[0].source"), "{refused}");
    assert!(refused.ends_with("unknown value `file`, did you mean `files`?"), "{refused}");
}

#[test]
fn wrong_type_is_named_with_line_and_key() {
    let refused = refusal("[listen]\nbacklog = \"many\"\n");
    assert!(refused.starts_with("exchange.toml:2:11: `listen.backlog`: invalid type: string"), "{refused}");
}

#[test]
fn wrong_duration_says_how_to_write_one() {
    let refused = refusal("[[adapter]]\ndepartment = \"a\"\npoll = \"2 sec\"\n");
    assert!(refused.starts_with("exchange.toml:3:8: `adapter[0].poll`: \"2 sec\" is no duration"), "{refused}");
}

#[test]
fn missing_key_is_named() {
    let refused = refusal("[[adapter]]\npoll = \"2s\"\n");
    assert!(refused.contains("missing field `department`"), "{refused}");
}

#[test]
fn text_that_is_no_toml_is_refused_with_its_line() {
    assert!(refusal("[listen]\nservice =\n").starts_with("exchange.toml:2:"));
    assert!(refusal("名 = [[[").starts_with("exchange.toml:1:"));
}

#[test]
fn missing_file_is_named() {
    let missing = load::<Config>("no/such.toml".as_ref()).unwrap_err();
    assert_eq!(missing.to_string(), "no/such.toml: cannot be read");
}

#[test]
fn paths_start_from_the_folder_of_the_file() {
    let file = Path::new("/etc/exchange/exchange.toml");
    assert_eq!(resolve(file, Path::new("ca.pem")), Path::new("/etc/exchange/ca.pem"));
    assert_eq!(resolve(file, Path::new("/srv/ca.pem")), Path::new("/srv/ca.pem"));
    assert_eq!(resolve(Path::new("exchange.toml"), Path::new("ca.pem")), Path::new("ca.pem"));
}

#[test]
fn secret_is_read_only_from_a_closed_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, "s3cret\r\n").unwrap();
    let secret = SecretFile("password".into()).resolved(&folder.path().join("exchange.toml"));

    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let exposed = secret.read().unwrap_err().to_string();
    assert!(exposed.contains(&format!("run `chmod 600 {}`", file.display())), "{exposed}");

    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let read = secret.read().unwrap();
    assert_eq!(read.reveal(), "s3cret");
    assert_eq!(format!("{read:?}"), "Secret(..)");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text: String) {
        let _ = parse::<Config>("exchange.toml".as_ref(), &text);
    }
}
