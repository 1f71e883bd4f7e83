//! Every outcome of Resolve, and the order in which they are judged.

use super::world::*;
use chrono::TimeDelta;
use contract::{
    canonical::v1::{CertificateStatus, LegalPerson, LifeStatus, NaturalPerson, Shareholding},
    convert,
    v1::Outcome,
};
use std::collections::BTreeMap;
use store::RecordState;

fn ask_person(n: u32) -> contract::v1::ResolveRequest {
    resolve("natural-person", "citizen-number", &citizen(n))
}

#[tokio::test]
async fn a_current_record_is_found_with_its_envelope() {
    let mut node = Node::new();
    node.put(person("r1", &citizen(1)));
    let response = node.resolve(&ask_person(1)).await;
    assert_eq!(response.outcome(), Outcome::Found);
    let [record] = response.records.as_slice() else { panic!() };
    assert_eq!(body::<NaturalPerson>(record), person("r1", &citizen(1)));
    assert_eq!((record.resource.as_str(), record.department.as_str()), ("natural-person", "public-security"));
    assert_eq!((record.key.as_str(), record.version.is_empty()), ("r1", false));
    assert!(record.source_time.is_some() && record.received_at.is_some() && record.withheld_items.is_empty());
    let coverage = response.coverage.unwrap();
    assert!(coverage.complete);
    assert_eq!(coverage.as_of, Some(convert::to_wire(now() - TimeDelta::minutes(10))));
    assert_eq!((response.next_page_token.as_str(), response.detail.as_str()), ("", ""));
    assert_eq!(node.told(), [(domain::Outcome::Found, None, false)]);
}

#[test]
fn answers_can_be_given_on_any_thread() {
    fn check<T: Send>(_: &T) {}
    let (node, caller) = (Node::new(), consumer());
    for method in crate::Method::ALL {
        check(&node.exchange.answer(&asking(&caller, method, b""), std::time::Duration::ZERO));
    }
}

#[tokio::test]
async fn a_fifteen_digit_number_finds_the_record() {
    let mut node = Node::new();
    let number = citizen(7);
    let fifteen = format!("{}{}", &number[..6], &number[8..17]);
    node.put(person("r1", &number));
    let response = node.resolve(&resolve("natural-person", "citizen-number", &fifteen)).await;
    assert_eq!(response.outcome(), Outcome::Found);
}

#[tokio::test]
async fn nothing_there_is_not_found_once_a_unit_of_intake_is_finished() {
    let node = Node::new();
    assert_eq!(node.resolve(&ask_person(1)).await.outcome(), Outcome::NotFound);
    node.directory.set_intakes(BTreeMap::new());
    let response = node.resolve(&ask_person(1)).await;
    assert_eq!(response.outcome(), Outcome::NoCoverage);
    assert!(!response.coverage.unwrap().complete);
}

#[tokio::test]
async fn a_resource_that_wants_a_full_export_waits_for_one() {
    let node = Node::new();
    let mut catalogue = catalogue(&[ALL]);
    let mut resource = catalogue.resources["natural-person"].as_ref().clone();
    resource.coverage.complete = domain::catalogue::Completeness::Full;
    resource.coverage.from = Some(domain::catalogue::Day(chrono::NaiveDate::from_ymd_opt(2020, 1, 31).unwrap()));
    catalogue.insert(domain::catalogue::Entry::Resource(Box::new(resource)));
    node.directory.set_catalogue(catalogue);
    assert_eq!(node.resolve(&ask_person(1)).await.outcome(), Outcome::NoCoverage);
    let mut intakes = both_intakes(now());
    intakes.get_mut("public-security").unwrap().finished_full_units = 1;
    node.directory.set_intakes(intakes);
    let response = node.resolve(&ask_person(1)).await;
    assert_eq!(response.outcome(), Outcome::NotFound);
    assert_eq!(response.coverage.unwrap().from, "2020-01-31");
}

#[tokio::test]
async fn a_resource_that_the_intake_does_not_publish_is_not_covered() {
    let node = Node::new();
    let mut intakes = both_intakes(now());
    intakes.get_mut("public-security").unwrap().resources = vec!["other".into()];
    node.directory.set_intakes(intakes.clone());
    assert_eq!(node.resolve(&ask_person(1)).await.outcome(), Outcome::NoCoverage);
    intakes.get_mut("public-security").unwrap().resources = vec!["natural-person".into()];
    node.directory.set_intakes(intakes);
    assert_eq!(node.resolve(&ask_person(1)).await.outcome(), Outcome::NotFound);
    let household = resolve("household", "citizen-number", &citizen(1));
    assert_eq!(node.resolve(&household).await.outcome(), Outcome::NotFound);
}

#[tokio::test]
async fn the_newest_withdrawal_is_told_with_its_time() {
    let mut node = Node::new();
    let withdrawn = |key: &str, second| Put::from(person(key, &citizen(1))).at_second(second);
    node.withdraw(withdrawn("r1", 100), RecordState::Withdrawn);
    node.withdraw(withdrawn("r2", 200), RecordState::Withdrawn);
    let response = node.resolve(&ask_person(1)).await;
    assert_eq!(response.outcome(), Outcome::Withdrawn);
    let time = at("2026-01-01T00:00:00Z") + TimeDelta::seconds(200);
    assert_eq!(response.withdrawn_at, Some(convert::to_wire(time)));
    assert!(response.records.is_empty() && !response.detail.is_empty());
}

#[tokio::test]
async fn a_current_record_comes_before_a_withdrawn_one_and_that_before_coverage() {
    let mut node = Node::new();
    node.withdraw(person("r1", &citizen(1)).into(), RecordState::Withdrawn);
    node.directory.set_intakes(BTreeMap::new());
    assert_eq!(node.resolve(&ask_person(1)).await.outcome(), Outcome::Withdrawn);
    node.put(person("r2", &citizen(1)));
    assert_eq!(node.resolve(&ask_person(1)).await.outcome(), Outcome::Found);
}

#[tokio::test]
async fn a_moved_record_is_never_told_as_withdrawn() {
    let mut node = Node::new();
    node.withdraw(enterprise(1).into(), RecordState::Moved);
    let response = node.resolve(&resolve("legal-person", "uscc", &uscc(1))).await;
    assert_eq!(response.outcome(), Outcome::NotFound);
}

#[tokio::test]
async fn two_records_of_one_number_are_ambiguous_and_neither_is_shown() {
    let mut node = Node::new();
    node.put(person("r1", &citizen(1)));
    node.put(person("r2", &citizen(1)));
    let response = node.resolve(&ask_person(1)).await;
    assert_eq!(response.outcome(), Outcome::Ambiguous);
    assert!(response.records.is_empty());
}

fn moved_out(key: &str, number: &str) -> NaturalPerson {
    NaturalPerson { life_status: LifeStatus::MovedOut.into(), ..person(key, number) }
}

#[tokio::test]
async fn somebody_who_moved_out_does_not_count_beside_one_who_has_not() {
    let mut node = Node::new();
    node.put(moved_out("r1", &citizen(1)));
    let alone = node.resolve(&ask_person(1)).await;
    assert_eq!((alone.outcome(), alone.records[0].key.as_str()), (Outcome::Found, "r1"));
    node.put(person("r2", &citizen(1)));
    let response = node.resolve(&ask_person(1)).await;
    assert_eq!(response.outcome(), Outcome::Found);
    assert_eq!(response.records.iter().map(|record| record.key.as_str()).collect::<Vec<_>>(), ["r2"]);
}

#[tokio::test]
async fn two_who_moved_out_are_ambiguous() {
    let mut node = Node::new();
    node.put(moved_out("r1", &citizen(1)));
    node.put(moved_out("r2", &citizen(1)));
    assert_eq!(node.resolve(&ask_person(1)).await.outcome(), Outcome::Ambiguous);
}

#[tokio::test]
async fn an_answer_older_than_asked_for_is_stale_and_shown() {
    let mut node = Node::new();
    node.put(person("r1", &citizen(1)));
    let mut request = ask_person(1);
    let limit = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    request.max_age = limit(600);
    assert_eq!(node.resolve(&request).await.outcome(), Outcome::Found);
    request.max_age = limit(599);
    let response = node.resolve(&request).await;
    assert_eq!((response.outcome(), response.records.len()), (Outcome::Stale, 1));
    // Of a feed whose time is not known any age is too old.
    node.directory.set_intakes(BTreeMap::new());
    request.max_age = limit(1 << 40);
    assert_eq!(node.resolve(&request).await.outcome(), Outcome::Stale);
    request.max_age = None;
    assert_eq!(node.resolve(&request).await.outcome(), Outcome::Found);
}

#[tokio::test]
async fn an_identifier_registered_elsewhere_is_not_covered() {
    let node = Node::new();
    let mut catalogue = catalogue(&[ALL]);
    let mut resource = catalogue.resources["legal-person"].as_ref().clone();
    resource.coverage.divisions = vec!["1101".into()];
    catalogue.insert(domain::catalogue::Entry::Resource(Box::new(resource)));
    node.directory.set_catalogue(catalogue);
    let here = node.resolve(&resolve("legal-person", "uscc", &uscc_in("110101", 1))).await;
    assert_eq!(here.outcome(), Outcome::NotFound);
    assert_eq!(here.coverage.unwrap().divisions, ["1101"]);
    let elsewhere = node.resolve(&resolve("legal-person", "uscc", &uscc_in("320102", 1))).await;
    assert_eq!(elsewhere.outcome(), Outcome::NoCoverage);
}

const LIMITED: &str = r#"
id = "limited"
consumer = "one-window"
mode = "read"
matters = ["*"]
resources = [
  { resource = "natural-person", items = ["*"] },
  { resource = "legal-person", items = ["*"] },
  { resource = "household", items = ["*"] },
  { resource = "shareholding", items = ["*"] },
]
subjects = { divisions = ["110101"] }
"#;

#[tokio::test]
async fn outside_the_divisions_of_the_grant_is_answered_like_nothing_there() {
    let mut node = Node::with(&[LIMITED]);
    let outside = |key: &str, n| NaturalPerson { division: "320102".into(), ..person(key, &citizen(n)) };
    node.put(outside("r1", 1));
    node.withdraw(person("r2", &citizen(2)).into(), RecordState::Withdrawn);
    let answers =
        [node.resolve(&ask_person(1)).await, node.resolve(&ask_person(2)).await, node.resolve(&ask_person(3)).await];
    for response in &answers {
        assert_eq!(*response, answers[0]);
        assert_eq!(response.outcome(), Outcome::NotFound);
        assert_eq!(response.coverage.as_ref().unwrap().divisions, ["110101"]);
    }
    // What lies outside does not make ambiguous what lies inside, nor does it hide who moved out.
    node.put(outside("r3", 4));
    node.put(moved_out("r4", &citizen(4)));
    let inside = node.resolve(&ask_person(4)).await;
    assert_eq!((inside.outcome(), inside.records[0].key.as_str()), (Outcome::Found, "r4"));
}

#[tokio::test]
async fn under_a_limit_to_divisions_codes_of_elsewhere_are_not_covered_present_or_not() {
    let mut node = Node::with(&[LIMITED]);
    let elsewhere =
        LegalPerson { uscc: uscc_in("320102", 1), registration_authority_code: "320102".into(), ..enterprise(1) };
    node.put(elsewhere);
    let present = node.resolve(&resolve("legal-person", "uscc", &uscc_in("320102", 1))).await;
    let absent = node.resolve(&resolve("legal-person", "uscc", &uscc_in("320102", 2))).await;
    assert_eq!(present, absent);
    assert_eq!(present.outcome(), Outcome::NoCoverage);
}

#[tokio::test]
async fn a_resource_without_division_shows_nothing_under_a_limit() {
    let mut node = Node::with(&[LIMITED]);
    node.put(share(1, 1, investor(1), "60.00"));
    let response = node.resolve(&resolve("shareholding", "citizen-number", &citizen(1))).await;
    assert_eq!(response.outcome(), Outcome::NotFound);
}

#[tokio::test]
async fn only_granted_items_are_shown_with_the_flags_and_key_that_speak_of_them() {
    const PART: &str = r#"
id = "part"
consumer = "one-window"
mode = "read"
matters = ["*"]
resources = [
  { resource = "natural-person", items = ["name", "citizen_number"] },
  { resource = "legal-person", items = ["uscc", "registration_number", "legal_representative.name"] },
]
"#;
    let mut node = Node::with(&[PART]);
    node.put(Put::from(person("r1", &citizen(1))).flagged("name.private-use").flagged("citizen-id.sex-mismatch"));
    let response = node.resolve(&ask_person(1)).await;
    let record = &response.records[0];
    let shown = body::<NaturalPerson>(record);
    let expected = NaturalPerson { citizen_number: citizen(1), name: "甲r1".into(), ..NaturalPerson::default() };
    assert_eq!(shown, expected);
    assert_eq!((record.key.as_str(), record.flags.as_slice()), ("", ["name.private-use".to_owned()].as_slice()));
    // Present or not.
    assert!(
        record.withheld_items.contains(&"address".to_owned()) && record.withheld_items.contains(&"employer".to_owned())
    );
    assert!(!record.withheld_items.contains(&"name".to_owned()));

    let mut named = ask_person(1);
    named.items = vec!["name".into()];
    let response = node.resolve(&named).await;
    assert_eq!(body::<NaturalPerson>(&response.records[0]).citizen_number, "");
    assert!(!response.records[0].withheld_items.contains(&"citizen_number".to_owned()));

    node.put(LegalPerson { legal_representative: Some(investor(9)), ..enterprise(1) });
    let response = node.resolve(&resolve("legal-person", "uscc", &uscc(1))).await;
    let party = body::<LegalPerson>(&response.records[0]).legal_representative.unwrap();
    assert_eq!((party.name.as_str(), party.identifier, party.kind), ("张9", None, 0));
    assert_eq!(response.records[0].key, uscc(1));
}

#[tokio::test]
async fn a_certificate_answers_expired_from_local_midnight() {
    let mut node = Node::new();
    node.put(licence("JY1", company(1)));
    let question = resolve("food-operation-licence", "certificate-number", "JY1");
    node.clock.set(at("2027-02-28T23:59:59+08:00"));
    assert_eq!(status(&node.resolve(&question).await.records[0]), CertificateStatus::Valid);
    node.clock.set(at("2027-03-01T00:00:00+08:00"));
    assert_eq!(status(&node.resolve(&question).await.records[0]), CertificateStatus::Expired);
}

#[tokio::test]
async fn a_licence_whose_holder_is_not_in_the_register_is_flagged() {
    let mut node = Node::new();
    node.put(licence("JY1", company(1)));
    let question = resolve("food-operation-licence", "certificate-number", "JY1");
    assert_eq!(node.resolve(&question).await.records[0].flags, ["holder.unknown"]);
    node.put(enterprise(1));
    assert!(node.resolve(&question).await.records[0].flags.is_empty());
}

#[tokio::test]
async fn a_shareholding_names_its_enterprise_and_flags_shares_above_a_whole() {
    let mut node = Node::new();
    node.put(enterprise(1));
    node.put(share(1, 1, investor(1), "60.00"));
    node.put(share(1, 2, investor(2), "40.50"));
    let question = resolve("shareholding", "citizen-number", &citizen(1));
    let response = node.resolve(&question).await;
    assert_eq!(body::<Shareholding>(&response.records[0]).enterprise, Some(company(1)));
    assert!(response.records[0].flags.is_empty());
    node.put(share(1, 3, investor(3), "0.01"));
    assert_eq!(node.resolve(&question).await.records[0].flags, ["shareholding.sum"]);
}

#[tokio::test]
async fn several_records_on_a_lookup_that_is_not_unique_come_newest_first() {
    let mut node = Node::new();
    node.put(share(1, 1, investor(1), "60.00").at_second(5));
    node.put(share(2, 1, investor(1), "10.00").at_second(9));
    node.put(share(3, 1, investor(1), "10.00").at_second(5));
    let response = node.resolve(&resolve("shareholding", "citizen-number", &citizen(1))).await;
    let sources: Vec<_> =
        response.records.iter().map(|record| body::<Shareholding>(record).enterprise_source_id).collect();
    assert_eq!(sources, ["P2", "P1", "P3"]);
}
