//! Insurance summaries, derived from participations, and whom a participation is found by.

use super::world::*;
use contract::{
    canonical::v1::{InsuranceState, InsuranceSummary, SocialInsurance},
    v1::{Outcome, ResolveRequest},
};

const PARTICIPATION: &str = "social-insurance";
const SUMMARY: &str = "insurance-summary";

fn node() -> Node {
    let lookups = [("insured", "citizen-number"), ("employer wide", "uscc"), ("employer wide", "citizen-number")];
    let parties = "[parties]\ninsured = \"insured\"\nemployer = \"employer\"";
    let participation = entry(PARTICIPATION, "record", "SocialInsurance", &lookups, parties);
    let insured = [("insured", "citizen-number")];
    let summary = entry(SUMMARY, "derived", "InsuranceSummary", &insured, "key_items = [\"insured\", \"insurance\"]");
    Node::holding(&[participation, summary], &[&grant_of(&[PARTICIPATION, SUMMARY], "")])
}

/// A row of the person 1: insurance and employer, months, state, day of handling.
fn row(of: (&str, u32), months: (&str, &str), state: InsuranceState, handled_on: &str) -> (String, SocialInsurance) {
    let body = SocialInsurance {
        person_number: "A1".into(),
        insured: Some(investor(1)),
        employer: Some(company(of.1)),
        employer_number: of.1.to_string(),
        insurance: of.0.into(),
        first_month: months.0.into(),
        last_paid_month: months.1.into(),
        state: state.into(),
        valid: Some(true),
        handled_on: handled_on.into(),
    };
    (format!("A1/{}/{}", of.0, of.1), body)
}

fn put((key, body): (String, SocialInsurance)) -> Put {
    let parties = [&body.insured, &body.employer];
    let identifiers = parties.into_iter().flatten().filter_map(|party| party.identifier.as_ref());
    let subjects = identifiers.map(|number| id(&number.kind, &number.value)).collect();
    Put::new(PARTICIPATION, &key, subjects, &body)
}

async fn summaries(node: &Node) -> Vec<InsuranceSummary> {
    let response = node.resolve(&resolve(SUMMARY, "citizen-number", &citizen(1))).await;
    response.records.iter().map(body).collect()
}

use InsuranceState::{Ended, Insured, Paused, Retired};

#[tokio::test]
async fn months_of_all_valid_rows_count_once_and_the_latest_row_decides() {
    let mut node = node();
    node.put(put(row(("110", 1), ("2019-11", "2020-03"), Ended, "2020-04-01")));
    node.put(put(row(("110", 2), ("2020-02", "2020-06"), Insured, "2020-07-01")));
    node.put(put(row(("110", 3), ("", "2019-01"), Paused, "2024-07-01")));
    let mut invalid = row(("110", 4), ("2000-01", "2022-12"), Retired, "2023-01-01");
    invalid.1.valid = Some(false);
    node.put(put(invalid));
    let found = summaries(&node).await;
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((one.paid_months, one.state()), (Some(8), Insured));
    assert_eq!((one.first_month.as_str(), one.last_paid_month.as_str()), ("2019-11", "2020-06"));
    assert_eq!(one.insured, Some(investor(1)));
}

#[tokio::test]
async fn of_rows_with_the_same_last_month_the_later_handled_decides() {
    let mut node = node();
    node.put(put(row(("310", 1), ("2020-01", "2020-06"), Ended, "2020-09-01")));
    node.put(put(row(("310", 2), ("2020-01", "2020-06"), Paused, "2020-08-01")));
    let found = summaries(&node).await;
    assert_eq!((found[0].state(), found[0].paid_months), (Ended, Some(6)));
}

#[tokio::test]
async fn each_insurance_has_its_own_summary() {
    let mut node = node();
    node.put(put(row(("310", 1), ("2020-01", "2020-06"), Insured, "2020-07-01")).at_second(30));
    node.put(put(row(("110", 1), ("2020-01", ""), Paused, "2020-07-01")).at_second(20));
    node.put(put(row(("210", 1), ("2020-01", "2020-06"), Insured, "2020-07-01")).at_second(20));
    let response = node.resolve(&resolve(SUMMARY, "citizen-number", &citizen(1))).await;
    let keys: Vec<_> = response.records.iter().map(|record| record.key.clone()).collect();
    assert_eq!(keys, ["310", "110", "210"].map(|insurance| format!("{}/{insurance}", citizen(1))));
    let blank: InsuranceSummary = body(&response.records[1]);
    assert_eq!((blank.paid_months, blank.state()), (Some(0), Paused));
    let mut paged = Vec::new();
    let mut request = ResolveRequest { page_size: 1, ..resolve(SUMMARY, "citizen-number", &citizen(1)) };
    loop {
        let page = node.resolve(&request).await;
        assert_eq!(page.outcome(), Outcome::Found);
        paged.extend(page.records.into_iter().map(|record| record.key));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, keys);
}

#[tokio::test]
async fn a_person_without_a_valid_row_has_no_summary() {
    let mut node = node();
    let mut unknown = row(("110", 1), ("2020-01", "2020-06"), Insured, "2020-07-01");
    unknown.1.valid = None;
    node.put(put(unknown));
    let mut employer = row(("110", 2), ("2020-01", "2020-06"), Insured, "2020-07-01");
    (employer.1.insured, employer.1.employer) = (Some(investor(2)), Some(investor(1)));
    node.put(put(employer));
    let response = node.resolve(&resolve(SUMMARY, "citizen-number", &citizen(1))).await;
    assert_eq!((response.outcome(), response.records.len()), (Outcome::NotFound, 0));
}

#[tokio::test]
async fn a_person_who_employs_is_not_found_by_what_the_employed_pay() {
    let mut node = node();
    let mut employed = row(("110", 2), ("2020-01", "2020-06"), Insured, "2020-07-01");
    (employed.1.insured, employed.1.employer) = (Some(investor(2)), Some(investor(1)));
    node.put(put(employed));
    let response = node.resolve(&resolve(PARTICIPATION, "citizen-number", &citizen(1))).await;
    assert_eq!(response.outcome(), Outcome::NotFound);
    let response = node.resolve(&resolve(PARTICIPATION, "citizen-number", &citizen(2))).await;
    assert_eq!(response.outcome(), Outcome::Found);
}
