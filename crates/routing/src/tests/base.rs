//! Composed bases.

use super::world::*;
use crate::Method;
use contract::{
    canonical::v1::{
        BusinessLicence, ComposedItem, ComposedRecord, LegalPerson, Party, SocialInsurance, TaxRegistration, TaxStatus,
    },
    json,
    v1::{Claim, ClaimResult, Outcome, RecordView, VerifyRequest},
};
use domain::{
    Reason,
    catalogue::{Entry, EntryKind},
};
use prost::Message;
use serde_json::{Value, json};
use store::RecordState;

const BASE: &str = "legal-entity";
const TAX: &str = "tax-registration";

const SOURCES: &str = r#"
[[source]]
item = "uscc"
resources = ["legal-person", "tax-registration"]
authority = "legal-person"
[[source]]
item = "name"
resources = ["tax-registration", "legal-person"]
authority = "legal-person"
[[source]]
item = "address"
resources = ["legal-person", "business-licence"]
authority = "legal-person"
[[source]]
item = "legal_representative"
resources = ["legal-person", "tax-registration"]
authority = "legal-person"
[[source]]
item = "tax_states"
resources = ["tax-registration"]
authority = "tax-registration"
fields = { tax-registration = "status" }
"#;

fn base() -> String {
    let entry = entry(BASE, "base", "ComposedRecord", &[("uscc", "uscc")], "key_items = [\"uscc\"]");
    let entry = entry.replace(&item("items", "text"), "");
    let items = [("uscc", "text"), ("name", "text"), ("address", "text"), ("legal_representative", "party")];
    let items = items.map(|(name, data_type)| item(name, data_type)).concat();
    [&entry, items.as_str(), &item("tax_states", "list"), SOURCES].concat()
}

fn tax() -> String {
    entry(TAX, "record", "TaxRegistration", &[("uscc", "uscc")], "")
}

fn grant(items: &str) -> String {
    grant_of(&[BASE], "").replace("items = [\"*\"]", &format!("items = {items}"))
}

fn node(items: &str, others: &[&str]) -> Node {
    let grant = grant(items);
    Node::holding(&[tax(), base()], &[&[grant.as_str()], others].concat())
}

fn registration(key: &str, name: &str, status: TaxStatus) -> Put {
    let body = TaxRegistration {
        registration_key: key.into(),
        uscc: uscc(1),
        name: name.into(),
        status: status.into(),
        legal_representative: Some(investor(2)),
        ..TaxRegistration::default()
    };
    Put::new(TAX, key, vec![id("uscc", &uscc(1))], &body)
}

fn legal_person() -> LegalPerson {
    LegalPerson { legal_representative: Some(investor(1)), ..enterprise(1) }
}

fn fill(node: &mut Node) {
    node.put(Put::from(legal_person()).at_second(10));
    node.put(registration("T1", "示例一公司", TaxStatus::Normal).at_second(20));
    node.put(registration("T2", "另名公司", TaxStatus::Cancelled).at_second(15));
    let licence = BusinessLicence { number: uscc(1), address: "示例路1号".into(), ..BusinessLicence::default() };
    node.put(Put::new("business-licence", &uscc(1), vec![id("uscc", &uscc(1))], &licence).at_second(5));
}

fn items(view: &RecordView) -> Vec<ComposedItem> {
    body::<ComposedRecord>(view).items
}

/// As JSON shows it: item → (value, resource, resources that differ).
fn told(view: &RecordView) -> Vec<(String, Value, String, Vec<String>)> {
    let composed = json::to_value("ComposedRecord", &view.body.as_ref().unwrap().value).unwrap();
    let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    let items = composed["items"].as_array().unwrap().iter();
    let differing = |item: &Value| {
        let all = item.get("differing").and_then(Value::as_array).into_iter().flatten();
        all.map(|other| text(other, "resource")).collect()
    };
    items.map(|it| (text(it, "item"), it["value"].clone(), text(it, "resource"), differing(it))).collect()
}

async fn one(node: &Node) -> RecordView {
    let response = node.resolve(&resolve(BASE, "uscc", &uscc(1))).await;
    assert_eq!((response.outcome(), response.records.len()), (Outcome::Found, 1));
    response.records.into_iter().next().unwrap()
}

#[tokio::test]
async fn each_item_comes_from_its_authority_or_else_from_the_next_that_says_something() {
    let mut node = node("[\"*\"]", &[]);
    fill(&mut node);
    let view = one(&node).await;
    let found = told(&view);
    let expected = [
        ("uscc", json!(uscc(1)), "legal-person"),
        ("name", json!("示例1公司"), "legal-person"),
        ("address", json!("示例路1号"), "business-licence"),
    ];
    for ((item, value, resource), told) in expected.iter().zip(&found) {
        assert_eq!((told.0.as_str(), &told.1, told.2.as_str()), (*item, value, *resource));
    }
    assert_eq!(found[3].1["name"], json!("张1"));
    assert_eq!(found[4].1, json!(["TAX_STATUS_NORMAL", "TAX_STATUS_CANCELLED"]));
    assert_eq!(items(&view)[0].source_time.unwrap().seconds, at("2026-01-01T00:00:10Z").timestamp());
    assert_eq!(view.source_time.unwrap().seconds, at("2026-01-01T00:00:20Z").timestamp());
    assert_eq!((view.key.as_str(), view.department.as_str()), (uscc(1).as_str(), "market-supervision"));
}

#[tokio::test]
async fn what_others_say_is_shown_only_where_they_are_granted_themselves() {
    let differing = async |others: &[&str]| {
        let mut node = node("[\"*\"]", others);
        fill(&mut node);
        told(&one(&node).await).into_iter().map(|(.., differing)| differing).collect::<Vec<_>>()
    };
    assert!(differing(&[]).await.iter().all(Vec::is_empty));
    let tax = grant_of(&[TAX], "").replace("id = \"more\"", "id = \"tax\"");
    let all = differing(&[&tax]).await;
    assert_eq!(all[1], [TAX]);
    assert_eq!(all[3], [TAX]);
    assert!(all[0].is_empty() && all[2].is_empty());
    let name = tax.replace("[\"*\"]", "[\"name\"]");
    let some = differing(&[&name]).await;
    assert_eq!((some[1].as_slice(), some[3].len()), (&[TAX.to_owned()][..], 0));
}

#[tokio::test]
async fn items_that_are_not_granted_are_withheld() {
    let mut node = node("[\"name\", \"legal_representative.name\"]", &[]);
    fill(&mut node);
    let view = one(&node).await;
    assert_eq!(view.withheld_items, ["uscc", "address", "legal_representative", "tax_states"]);
    assert_eq!(view.key, "");
    let found: Vec<_> = told(&view).into_iter().map(|(item, value, ..)| (item, value)).collect();
    let expected = [("name", json!("示例1公司")), ("legal_representative", json!({"name": "张1"}))];
    assert_eq!(found, expected.map(|(item, value)| (item.to_owned(), value)));
    let mut request = resolve(BASE, "uscc", &uscc(1));
    request.items = vec!["name".into()];
    let response = node.resolve(&request).await;
    assert_eq!(items(&response.records[0]).len(), 1);
    request.items = vec!["address".into()];
    assert_eq!(node.ask(Method::Resolve, &request).await.reason, Some(Reason::Item));
}

#[tokio::test]
async fn coverage_is_the_strictest_of_the_sources_shown() {
    let mut node = node("[\"*\"]", &[]);
    let mut catalogue = node.directory.now().catalogue.as_ref().clone();
    let far = tax().replace("department = \"market-supervision\"", "department = \"taxation\"");
    catalogue.insert(Entry::parse(EntryKind::Resource, "r", &far).unwrap());
    node.directory.set_catalogue(catalogue);
    assert_eq!(node.resolve(&resolve(BASE, "uscc", &uscc(1))).await.outcome(), Outcome::NoCoverage);
    let mut intakes = both_intakes(now() - chrono::TimeDelta::minutes(10));
    intakes.insert("taxation".into(), intake("taxation", now() - chrono::TimeDelta::hours(3)));
    node.directory.set_intakes(intakes);
    assert_eq!(node.resolve(&resolve(BASE, "uscc", &uscc(1))).await.outcome(), Outcome::NotFound);
    fill(&mut node);
    let mut request = resolve(BASE, "uscc", &uscc(1));
    request.max_age = Some(prost_types::Duration { seconds: 3_600, nanos: 0 });
    let response = node.resolve(&request).await;
    assert_eq!((response.outcome(), response.records.len()), (Outcome::Stale, 1));
    assert_eq!(response.coverage.unwrap().as_of.unwrap().seconds, (now() - chrono::TimeDelta::hours(3)).timestamp());
    request.items = vec!["address".into()];
    assert_eq!(node.resolve(&request).await.outcome(), Outcome::Found);
}

#[tokio::test]
async fn several_records_on_a_unique_lookup_are_ambiguous_and_a_withdrawn_one_is_told() {
    let mut node = node("[\"*\"]", &[]);
    node.put(legal_person());
    node.withdraw(Put::from(legal_person()), RecordState::Withdrawn);
    let withdrawn = node.resolve(&resolve(BASE, "uscc", &uscc(1))).await;
    assert_eq!(withdrawn.outcome(), Outcome::Withdrawn);
    assert!(withdrawn.withdrawn_at.is_some());
    for key in ["one", "other"] {
        let body = legal_person();
        node.put(Put::new("legal-person", key, vec![id("uscc", &uscc(1))], &body));
    }
    let response = node.resolve(&resolve(BASE, "uscc", &uscc(1))).await;
    assert_eq!((response.outcome(), response.records.len()), (Outcome::Ambiguous, 0));
}

#[tokio::test]
async fn a_limit_to_divisions_holds_whatever_items_are_shown() {
    let outcome = async |divisions: &str| {
        let limits = format!("subjects = {{ divisions = [\"{divisions}\"] }}");
        let grant = grant_of(&[BASE], &limits).replace("[\"*\"]", "[\"name\"]");
        let base = base().replace("key_items = [\"uscc\"]", "division_item = \"division\"");
        let base = base.replace(
            "[[source]]\nitem = \"uscc\"",
            &format!(
                "{}[[source]]\nitem = \"division\"\nresources = [\"legal-person\"]\nauthority = \"legal-person\"\nfields \
                 = {{ legal-person = \"registration_authority_code\" }}\n[[source]]\nitem = \"uscc\"",
                item("division", "text")
            ),
        );
        let mut node = Node::holding(&[tax(), base], &[&grant]);
        fill(&mut node);
        let response = node.resolve(&resolve(BASE, "uscc", &uscc(1))).await;
        (response.outcome(), response.records.iter().map(|record| items(record).len()).sum::<usize>())
    };
    assert_eq!(outcome("1101").await, (Outcome::Found, 1));
    assert_eq!(outcome("1102").await, (Outcome::NoCoverage, 0));
}

#[tokio::test]
async fn claims_are_compared_with_what_is_composed() {
    let mut node = node("[\"*\"]", &[]);
    fill(&mut node);
    let claims = [
        ("name", " 示例1公司 ", ClaimResult::Match),
        ("name", "另名公司", ClaimResult::Mismatch),
        ("uscc", &uscc(1).to_lowercase(), ClaimResult::Match),
        ("legal_representative", &citizen(1), ClaimResult::Match),
        ("legal_representative.name", "张2", ClaimResult::Mismatch),
        ("tax_states", "CANCELLED", ClaimResult::Match),
        ("tax_states", "CLOSING", ClaimResult::Mismatch),
    ];
    let request = VerifyRequest {
        resource: BASE.into(),
        by: by("uscc", &uscc(1)),
        claims: claims.iter().map(|(item, value, _)| Claim { item: (*item).into(), value: (*value).into() }).collect(),
        purpose: purpose(),
        ..VerifyRequest::default()
    };
    let results: Vec<_> = node.verify(&request).await.results.iter().map(contract::v1::ClaimAnswer::result).collect();
    assert_eq!(results, claims.map(|(.., expected)| expected));
}

#[tokio::test]
async fn a_base_is_shown_in_json() {
    let mut node = node("[\"*\"]", &[]);
    fill(&mut node);
    let response = node.resolve(&resolve(BASE, "uscc", &uscc(1))).await;
    let text = json::to_string("ResolveResponse", &response.encode_to_vec()).unwrap();
    assert!(text.contains(r#""value":["TAX_STATUS_NORMAL","TAX_STATUS_CANCELLED"]"#), "{text}");
}

const SHIPPED: [&str; 7] = [
    include_str!("../../../../deploy/catalogue/resources/population.toml"),
    include_str!("../../../../deploy/catalogue/resources/legal-entity.toml"),
    include_str!("../../../../deploy/catalogue/resources/marriage-certificate.toml"),
    include_str!("../../../../deploy/catalogue/resources/marital-state.toml"),
    include_str!("../../../../deploy/catalogue/resources/social-insurance.toml"),
    include_str!("../../../../deploy/catalogue/resources/insurance-summary.toml"),
    include_str!("../../../../deploy/catalogue/resources/tax-registration.toml"),
];

/// A node with the shipped bases and their sources, where every department has taken in something.
fn shipped(others: &[&str]) -> Node {
    let grant = grant_of(&["population", BASE], "");
    let node = Node::holding(&SHIPPED.map(ToOwned::to_owned), &[&[grant.as_str()], others].concat());
    let departments = ["public-security", "market-supervision", "civil-affairs", "social-security", "taxation"];
    node.directory.set_intakes(departments.map(|id| (id.to_owned(), intake(id, now()))).into());
    node
}

fn participation() -> Put {
    let body = SocialInsurance {
        insured: Some(Party { name: "甲乙".into(), ..investor(1) }),
        insurance: "110".into(),
        first_month: "2020-01".into(),
        last_paid_month: "2020-03".into(),
        valid: Some(true),
        ..SocialInsurance::default()
    };
    Put::new("social-insurance", "A/110/B", vec![id("citizen-number", &citizen(1))], &body)
}

#[tokio::test]
async fn the_shipped_population_is_composed_of_three_departments() {
    let summary = grant_of(&["insurance-summary"], "").replace("id = \"more\"", "id = \"summary\"");
    let mut node = shipped(&[&summary]);
    let ask = resolve("population", "citizen-number", &citizen(1));
    // That nothing is registered of a stranger does not make them known.
    assert_eq!(node.resolve(&ask).await.outcome(), Outcome::NotFound);
    node.put(person("r1", &citizen(1)));
    node.put(participation());
    let response = node.resolve(&ask).await;
    assert_eq!((response.outcome(), response.records.len()), (Outcome::Found, 1));
    let found = told(&response.records[0]);
    let item = |name: &str| found.iter().find(|(item, ..)| item == name).cloned().unwrap();
    let name = item("name");
    assert_eq!((name.1, name.3), (json!("甲r1"), vec!["insurance-summary".to_owned()]));
    assert_eq!(item("marital_state").1, json!("MARITAL_STATUS_NONE_ON_RECORD"));
    assert_eq!(item("marital_coverage_from").1, json!("2006-01-01"));
    assert_eq!(item("insurances").1[0]["paid_months"], json!(3.0));
    assert_eq!(response.coverage.unwrap().from, "2006-01-01");
}

#[tokio::test]
async fn the_shipped_legal_entity_is_composed_of_two_departments() {
    let mut node = shipped(&[]);
    fill(&mut node);
    let found = told(&one(&node).await);
    let item = |name: &str| found.iter().find(|(item, ..)| item == name).cloned().unwrap();
    assert_eq!(item("address").2, "business-licence");
    assert_eq!(item("tax_registrations").1.as_array().unwrap().len(), 2);
    assert_eq!(item("tax_registrations").1[1]["status"], json!("TAX_STATUS_CANCELLED"));
}

#[tokio::test]
async fn all_tax_registrations_of_a_code_come_the_newest_first() {
    let mut node = Node::holding(&[SHIPPED[6].to_owned()], &[&grant_of(&[TAX], "")]);
    node.put(registration("T2", "乙", TaxStatus::Cancelled).at_second(15));
    node.put(registration("T1", "甲", TaxStatus::Normal).at_second(20));
    let response = node.resolve(&resolve(TAX, "uscc", &uscc(1))).await;
    let keys: Vec<_> = response.records.iter().map(|record| record.key.as_str()).collect();
    assert_eq!((response.outcome(), keys), (Outcome::Found, vec!["T1", "T2"]));
}
