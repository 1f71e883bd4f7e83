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

const POPULATION: &str = r#"
id = "population"
code = "101001/000009"
name = "人口基础库"
department = "public-security"
kind = "base"
message = "exchange.canonical.v1.ComposedRecord"
sharing = "conditional"
conditions = "依授权"
update_cycle = "daily"
[[lookup]]
name = "citizen-number"
kind = "citizen-number"
[[item]]
name = "head_name"
title = "户主姓名"
type = "text"
sensitivity = "personal"
[[source]]
item = "head_name"
resources = ["natural-person"]
authority = "natural-person"
fields = { natural-person = "head.name" }
"#;

fn with_base(base: &str) -> String {
    let mut all = files(GRANT);
    all.push(("resources/population.toml", base));
    match Catalogue::from_files(all) {
        Ok(_) => String::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn a_base_names_known_resources_and_items() {
    assert_eq!(with_base(POPULATION), "");
    let wrong = [
        ("resources = [\"natural-person\"]", "resources = [\"nobody\", \"natural-person\"]", "`nobody` has no entry"),
        ("\"head.name\"", "\"tail\"", "`tail` is not an item of `natural-person`"),
        ("authority = \"natural-person\"", "authority = \"other\"", "`other` is not among the resources"),
        ("{ natural-person =", "{ other =", "source.fields"),
        ("[[source]]\nitem = \"head_name\"", "[[source]]\nitem = \"x\"", "`head_name` needs one [[source]], and has 0"),
        ("kind = \"base\"", "kind = \"record\"", "only a resource of kind base"),
        ("resources = [\"natural-person\"]", "resources = [\"population\", \"natural-person\"]", "is not held here"),
        ("kind = \"citizen-number\"", "kind = \"passport\"", "cannot be asked by passport"),
    ];
    for (from, to, problem) in wrong {
        assert!(POPULATION.contains(from), "{from}");
        let found = with_base(&POPULATION.replacen(from, to, 1));
        assert!(found.contains(problem), "{to}: {found}");
    }
}

#[test]
fn a_base_is_shared_as_its_strictest_source() {
    let wide = POPULATION.replace("\"conditional\"", "\"unconditional\"");
    assert!(with_base(&wide).contains("strictest"));
}

#[test]
fn a_lookup_of_a_party_names_a_party_item() {
    let resource = |parties: &str| RESOURCE.replace("[[lookup]]", &format!("[parties]\n{parties}\n[[lookup]]"));
    let problems = |parties: &str| {
        let resource = resource(parties);
        let mut all = files(GRANT);
        all[1].1 = &resource;
        Catalogue::from_files(all).map_or_else(|found| found[0].to_string(), |_| String::new())
    };
    assert_eq!(problems("citizen-number = \"head\""), "");
    assert!(problems("citizen-number = \"name\"").contains("`name` is not an item of type party"));
    assert!(problems("seller = \"head\"").contains("`seller` is not a lookup"));
}

#[test]
fn a_narrow_lookup_beside_a_wide_one_of_its_kind_says_which_party_it_is_for() {
    let wide = "[[lookup]]\nname = \"seller\"\nkind = \"citizen-number\"\nwide = true\n[[lookup]]";
    let resource = RESOURCE.replace("[[lookup]]", wide);
    let mut all = files(GRANT);
    all[1].1 = &resource;
    let found = Catalogue::from_files(all).unwrap_err();
    assert!(found[0].to_string().contains("say which party `citizen-number` is for"), "{}", found[0]);
}

#[test]
fn parties_and_sources_are_written_back_the_same() {
    let parties = RESOURCE.replace("[[lookup]]", "[parties]\ncitizen-number = \"head\"\n[[lookup]]");
    for text in [POPULATION, &parties] {
        let entry = Entry::parse(EntryKind::Resource, "r", text).unwrap();
        assert_eq!(Entry::parse(EntryKind::Resource, "r", &entry.to_toml()).unwrap(), entry);
    }
}
