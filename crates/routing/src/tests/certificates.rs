//! All certificates of a holder, with an outcome for each type.

use super::world::*;
use crate::Method;
use contract::{
    canonical::v1::{Certificate, CertificateStatus},
    v1::{CertificateResult, ListCertificatesRequest, ListCertificatesResponse, Outcome},
};

fn ask(n: u32, types: &[&str]) -> ListCertificatesRequest {
    ListCertificatesRequest {
        by: by("uscc", &uscc(n)),
        types: types.iter().map(ToString::to_string).collect(),
        purpose: purpose(),
        ..ListCertificatesRequest::default()
    }
}

fn outcomes(response: &ListCertificatesResponse) -> Vec<(&str, Outcome, &str)> {
    let outcome = |result: &CertificateResult| result.outcome();
    response.results.iter().map(|result| (result.resource.as_str(), outcome(result), result.reason.as_str())).collect()
}

fn numbers(response: &ListCertificatesResponse) -> Vec<String> {
    response.records.iter().map(|record| body::<Certificate>(record).number).collect()
}

const BUSINESS: &str = "business-licence";
const FOOD: &str = "food-operation-licence";

#[tokio::test]
async fn certificates_of_all_granted_types_come_in_one_order() {
    let mut node = Node::new();
    node.put(Put::from(licence("JY1", company(1))).at_second(10));
    node.put(business_licence(1).at_second(20));
    node.put(Put::from(licence("JY2", company(1))).at_second(30));
    node.put(licence("JY3", company(2)));
    let response = node.certificates(&ask(1, &[])).await;
    assert_eq!(outcomes(&response), [(BUSINESS, Outcome::Found, ""), (FOOD, Outcome::Found, "")]);
    assert_eq!(numbers(&response), ["JY2".to_owned(), uscc(1), "JY1".into()]);
    assert!(response.results.iter().all(|result| result.coverage.as_ref().unwrap().complete));
    assert_eq!(response.records[0].flags, ["holder.unknown"]);
}

#[tokio::test]
async fn each_type_has_its_own_outcome() {
    let mut node = Node::new();
    node.put(business_licence(1));
    let response = node.certificates(&ask(1, &[])).await;
    assert_eq!(outcomes(&response), [(BUSINESS, Outcome::Found, ""), (FOOD, Outcome::NotFound, "")]);
    let mut old = ask(1, &[]);
    old.max_age = Some(prost_types::Duration { seconds: 1, nanos: 0 });
    assert_eq!(outcomes(&node.certificates(&old).await)[0].1, Outcome::Stale);
    let nothing = node.ask(Method::ListCertificates, &ask(2, &[])).await;
    assert_eq!(nothing.outcome, domain::Outcome::NotFound);
}

#[tokio::test]
async fn expired_ones_are_told_as_such() {
    let mut node = Node::new();
    node.put(licence("JY1", company(1)));
    node.clock.set(at("2027-03-01T00:00:00+08:00"));
    assert_eq!(status(&node.certificates(&ask(1, &[FOOD])).await.records[0]), CertificateStatus::Expired);
}

fn without(resource: &str) -> String {
    ALL.replace(&format!("  {{ resource = \"{resource}\", items = [\"*\"] }},\n"), "")
}

#[tokio::test]
async fn a_named_type_that_is_not_granted_is_refused_by_itself() {
    let mut node = Node::with(&[&without(FOOD)]);
    node.put(business_licence(1));
    let response = node.certificates(&ask(1, &[FOOD, BUSINESS, BUSINESS])).await;
    assert_eq!(outcomes(&response), [(FOOD, Outcome::Refused, "NO_GRANT"), (BUSINESS, Outcome::Found, "")]);
    assert_eq!(response.results[0].coverage, None);
    // Not named, it is left out.
    assert_eq!(outcomes(&node.certificates(&ask(1, &[])).await), [(BUSINESS, Outcome::Found, "")]);
    let refused = node.ask(Method::ListCertificates, &ask(1, &[FOOD])).await;
    assert_eq!(refused.reason, Some(domain::Reason::NoGrant));
    assert_eq!(refused.resource.as_deref(), Some(FOOD));
}

#[tokio::test]
async fn a_type_that_such_a_holder_cannot_be_found_by_is_not_covered() {
    let node = Node::with(&[&without(FOOD)]);
    let request = ListCertificatesRequest { by: by("citizen-number", &citizen(1)), ..ask(1, &[]) };
    let response = node.certificates(&request).await;
    assert_eq!(outcomes(&response), [(BUSINESS, Outcome::NoCoverage, "")]);
}

#[tokio::test]
async fn one_question_is_counted_once_whatever_the_number_of_types() {
    let node = Node::with(&[&counted_grant()]);
    node.certificates(&ask(1, &[])).await;
    assert_eq!(node.counted(), 1);
}

#[tokio::test]
async fn pages_over_all_types_cover_everything_once() {
    let mut node = Node::new();
    node.put(business_licence(1).at_second(13));
    let licence = |n: i64| Put::from(licence(&format!("JY{n:02}"), company(1))).at_second(n % 7 + 10);
    node.put_all((0..20).map(licence));
    let whole = numbers(&node.certificates(&ask(1, &[])).await);
    assert_eq!(whole.len(), 21);
    for size in [1, 2, 7, 20, 21] {
        assert_eq!(all_pages(&node, ListCertificatesRequest { page_size: size, ..ask(1, &[]) }).await, whole);
    }
}

/// Numbers on all pages, in order.
async fn all_pages(node: &Node, mut request: ListCertificatesRequest) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let response = node.certificates(&request).await;
        assert_eq!(outcomes(&response), [(BUSINESS, Outcome::Found, ""), (FOOD, Outcome::Found, "")]);
        found.extend(numbers(&response));
        if response.next_page_token.is_empty() {
            return found;
        }
        request.page_token = response.next_page_token;
    }
}

#[tokio::test]
async fn a_token_of_another_method_or_holder_is_refused() {
    let mut node = Node::new();
    node.put_all((0..5).map(|n| licence(&format!("JY{n}"), company(1)).into()));
    let request = ListCertificatesRequest { page_size: 2, ..ask(1, &[]) };
    let token = node.certificates(&request).await.next_page_token;
    let other = ListCertificatesRequest { page_token: token.clone(), ..ask(2, &[]) };
    assert_eq!(faults(&node.ask(Method::ListCertificates, &other).await), [("page_token", "page-token")]);
    let other = contract::v1::ResolveRequest { page_token: token, ..resolve(FOOD, "uscc", &uscc(1)) };
    assert_eq!(faults(&node.ask(Method::Resolve, &other).await), [("page_token", "page-token")]);
}
