//! Verify: results without values.

use super::world::*;
use contract::{
    canonical::v1::{LegalPerson, LifeStatus, NaturalPerson},
    v1::{Claim, ClaimResult, Outcome, VerifyRequest, VerifyResponse},
};
use prost::Message;

fn ask(resource: &str, kind: &str, value: &str, claims: &[(&str, &str)]) -> VerifyRequest {
    let claim = |(item, value): &(&str, &str)| Claim { item: (*item).into(), value: (*value).into() };
    VerifyRequest {
        resource: resource.into(),
        by: by(kind, value),
        claims: claims.iter().map(claim).collect(),
        purpose: purpose(),
        ..VerifyRequest::default()
    }
}

fn results(response: &VerifyResponse) -> Vec<ClaimResult> {
    response.results.iter().map(contract::v1::ClaimAnswer::result).collect()
}

const MATCH: ClaimResult = ClaimResult::Match;
const MISMATCH: ClaimResult = ClaimResult::Mismatch;

#[tokio::test]
async fn each_claim_has_its_result_in_order_and_no_value_is_told() {
    let mut node = Node::new();
    node.put(NaturalPerson { name: "买买提·艾力".into(), ..person("r1", &citizen(1)) });
    let claims = [
        ("name", " 买买提•艾力 "),
        ("address", "别处"),
        ("employer", "x"),
        ("life_status", "NORMAL"),
        ("name", "李四"),
        ("id_card_valid_indefinitely", "false"),
    ];
    let response = node.verify(&ask("natural-person", "citizen-number", &citizen(1), &claims)).await;
    assert_eq!(response.outcome(), Outcome::Found);
    assert_eq!(results(&response), [MATCH, MISMATCH, ClaimResult::NotHeld, MATCH, MISMATCH, MATCH]);
    assert_eq!(response.results[1].item, "address");
    assert!(response.coverage.as_ref().unwrap().complete);
    let text = String::from_utf8_lossy(&response.encode_to_vec()).into_owned();
    assert!(!text.contains("买买提") && !text.contains("示例路"));
}

#[tokio::test]
async fn there_are_results_only_when_something_was_found() {
    let mut node = Node::new();
    let question = |n| ask("natural-person", "citizen-number", &citizen(n), &[("name", "甲r1")]);
    node.put(person("r1", &citizen(1)));
    let mut old = question(1);
    old.max_age = Some(prost_types::Duration { seconds: 1, nanos: 0 });
    let stale = node.verify(&old).await;
    assert_eq!((stale.outcome(), results(&stale)), (Outcome::Stale, vec![MATCH]));
    node.put(person("r2", &citizen(1)));
    let ambiguous = node.verify(&question(1)).await;
    assert_eq!((ambiguous.outcome(), results(&ambiguous)), (Outcome::Ambiguous, vec![]));
    let nothing = node.verify(&question(2)).await;
    assert_eq!((nothing.outcome(), results(&nothing)), (Outcome::NotFound, vec![]));
}

#[tokio::test]
async fn a_grant_to_match_is_enough_and_each_claim_counts() {
    let grant = r#"
id = "match"
consumer = "one-window"
mode = "match"
matters = ["*"]
resources = [{ resource = "natural-person", items = ["name"] }]
quota = { per_subject_per_day = 3 }
"#;
    let mut node = Node::with(&[grant]);
    node.put(person("r1", &citizen(1)));
    let question = ask("natural-person", "citizen-number", &citizen(1), &[("name", "甲r1"), ("name", "x")]);
    assert_eq!(results(&node.verify(&question).await), [MATCH, MISMATCH]);
    let refused = node.ask(crate::Method::Verify, &question).await;
    assert_eq!(refused.reason, Some(domain::Reason::QuotaSubject));
}

#[tokio::test]
async fn what_is_decided_at_read_is_compared_as_decided() {
    let mut node = Node::new();
    node.put(licence("JY1", company(1)));
    node.put(enterprise(1));
    node.put(share(1, 1, investor(1), "60.00"));
    node.clock.set(at("2027-03-01T00:00:00+08:00"));
    let claims = [("status", "EXPIRED"), ("status", "VALID"), ("status", "CERTIFICATE_STATUS_EXPIRED")];
    let response = node.verify(&ask("food-operation-licence", "certificate-number", "JY1", &claims)).await;
    assert_eq!(results(&response), [MATCH, MISMATCH, MATCH]);
    let claims = [("enterprise.name", "示例1公司"), ("enterprise", &uscc(1)), ("share_percent", "60")];
    let response = node.verify(&ask("shareholding", "citizen-number", &citizen(1), &claims)).await;
    assert_eq!(results(&response), [MATCH, MATCH, MATCH]);
}

#[tokio::test]
async fn of_several_records_one_alone_decides() {
    let mut node = Node::new();
    node.put(share(1, 1, investor(1), "60.00"));
    node.put(share(2, 1, investor(1), "10.00"));
    let question = |claims| ask("shareholding", "citizen-number", &citizen(1), claims);
    let older = node.verify(&question(&[("enterprise_source_id", "P1"), ("share_percent", "60")])).await;
    assert_eq!(results(&older), [MATCH, MATCH]);
    let mixed = node.verify(&question(&[("enterprise_source_id", "P1"), ("share_percent", "10")])).await;
    assert_eq!(results(&mixed).iter().filter(|result| **result == MATCH).count(), 1);
}

#[tokio::test]
async fn households_are_compared_by_any_member() {
    let mut node = Node::new();
    node.put(member("r1", &citizen(1), "H1", "02"));
    node.put(member("r2", &citizen(2), "H1", "20"));
    let claims = [
        ("members", &*citizen(2)),
        ("members", "甲r1"),
        ("members", &citizen(3)),
        ("head", "甲r1"),
        ("head.name", "甲r2"),
    ];
    let response = node.verify(&ask("household", "citizen-number", &citizen(1), &claims)).await;
    assert_eq!(results(&response), [MATCH, MATCH, MISMATCH, MATCH, MISMATCH]);
}

#[tokio::test]
async fn identifiers_and_states_are_compared_in_normal_form() {
    let mut node = Node::new();
    let number = citizen(10);
    let fifteen = format!("{}{}", &number[..6], &number[8..17]);
    node.put(NaturalPerson { life_status: LifeStatus::MovedOut.into(), ..person("r1", &number) });
    let claims = [("citizen_number", &*fifteen), ("life_status", "moved_out"), ("life_status", "OUT")];
    let response = node.verify(&ask("natural-person", "citizen-number", &number, &claims)).await;
    assert_eq!(results(&response), [MATCH, MATCH, MISMATCH]);
    node.put(LegalPerson { registered_capital: "5000000.00".into(), ..enterprise(1) });
    let lower = uscc(1).to_lowercase();
    let claims = [("uscc", &*lower), ("registered_capital", "5,000,000"), ("registered_capital", "500")];
    let response = node.verify(&ask("legal-person", "uscc", &uscc(1), &claims)).await;
    assert_eq!(results(&response), [MATCH, MATCH, MISMATCH]);
}
