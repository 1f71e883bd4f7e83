use super::{Catalogue, Entry, EntryKind, TimeOfDay, WeekDays};
use chrono::Weekday;

const DEPARTMENT: &str = "id = \"public-security\"\nname = \"公安局\"\n";
const CONSUMER: &str = "id = \"one-window\"\nname = \"一窗受理\"\n";
const RESOURCE: &str = r#"
id = "natural-person"
code = "101001/000001"
name = "自然人"
department = "public-security"
kind = "record"
message = "exchange.canonical.v1.NaturalPerson"
sharing = "conditional"
conditions = "依授权"
update_cycle = "daily"
key_items = ["name"]
[[lookup]]
name = "citizen-number"
kind = "citizen-number"
unique = true
[[item]]
name = "name"
title = "姓名"
type = "text"
sensitivity = "personal"
[[item]]
name = "head"
title = "户主"
type = "party"
sensitivity = "personal"
"#;
const GRANT: &str = r#"
id = "one-window"
consumer = "one-window"
mode = "read"
resources = [{ resource = "natural-person", items = ["name", "head.name"] }]
matters = ["000172149001"]
legal_basis = "条例第十条"
valid_from = 2026-01-01
valid_to = "2026-12-31"
[hours]
days = "mon-fri"
from = "08:30"
to = "17:30"
"#;

fn files(grant: &str) -> Vec<(&str, &str)> {
    vec![
        ("departments/public-security.toml", DEPARTMENT),
        ("resources/natural-person.toml", RESOURCE),
        ("consumers/one-window.toml", CONSUMER),
        ("grants/one-window.toml", grant),
    ]
}

fn problems(grant: &str) -> String {
    match Catalogue::from_files(files(grant)) {
        Ok(_) => String::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn a_consistent_catalogue_reads_and_writes_back_the_same() {
    let catalogue = Catalogue::from_files(files(GRANT)).unwrap();
    let texts: Vec<(String, String)> = catalogue.entries().map(|entry| (entry.path(), entry.to_toml())).collect();
    let again = Catalogue::from_files(texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))).unwrap();
    assert_eq!(again, catalogue);
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let message = problems(&GRANT.replace("matters =", "matter ="));
    assert!(
        message.contains("grants/one-window.toml") && message.contains("line") && message.contains("matter"),
        "{message}"
    );
}

#[test]
fn a_file_named_otherwise_than_its_id_is_refused() {
    let problem = Catalogue::from_files([("consumers/other.toml", CONSUMER)]).unwrap_err();
    assert!(problem[0].to_string().contains("`other.toml`"));
}

#[test]
fn every_problem_is_listed() {
    let grant = GRANT
        .replace("head.name", "heads")
        .replace("000172149001", "*")
        .replace("条例第十条", "")
        .replace("legal_basis = \"\"", "");
    let message = problems(&grant);
    assert!(message.contains("`heads` is not an item"), "{message}");
    assert!(message.contains("matters_reason"), "{message}");
    assert!(message.contains("legal_basis"), "{message}");
}

#[test]
fn mode_match_needs_a_limit_per_subject() {
    assert!(problems(&GRANT.replace("\"read\"", "\"match\"")).contains("quota.per_subject_per_day"));
}

#[test]
fn a_resource_that_is_not_shared_cannot_be_granted() {
    let resource = RESOURCE.replace("conditional", "not-shared").replace("conditions = ", "legal_basis = ");
    let mut all = files(GRANT);
    all[1].1 = &resource;
    let problems = Catalogue::from_files(all).unwrap_err();
    assert!(problems[0].to_string().contains("is not shared"));
}

#[test]
fn week_days_wrap_round_the_week() {
    let days = WeekDays::parse("fri-mon,wed").unwrap();
    assert!(days.contains(Weekday::Sun) && days.contains(Weekday::Wed) && !days.contains(Weekday::Tue));
    assert!(WeekDays::parse("noday").is_none());
}

#[test]
fn the_end_of_the_day_is_a_time() {
    let grant = GRANT.replace("\"17:30\"", "\"24:00\"");
    let Ok(Entry::Grant(grant)) = Entry::parse(EntryKind::Grant, "grants/one-window.toml", &grant) else {
        panic!("reads")
    };
    assert_eq!(grant.hours.unwrap().to, TimeOfDay(1440));
}

#[test]
fn a_division_limit_needs_resources_that_know_their_division() {
    let grant = GRANT.replace("[hours]", "[subjects]\ndivisions = [\"1101\"]\n[hours]");
    assert!(problems(&grant).contains("has no division_item"));
}
