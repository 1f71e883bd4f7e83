//! Marital states, derived from registrations, and marriage certificates that were issued again.

use super::world::*;
use crate::Method;
use contract::{
    canonical::v1::{CertificateStatus, MaritalState, MaritalStatus, MarriageCertificate, Party, RegistrationKind},
    v1::{Outcome, RecordView},
};
use domain::Identifier;
use std::collections::BTreeMap;
use store::RecordState;

const CERTIFICATE: &str = "marriage-certificate";
const STATE: &str = "marital-state";

fn node() -> Node {
    let by_person = [("holder", "citizen-number"), ("holder", "passport")];
    let state = entry(STATE, "derived", "MaritalState", &by_person, "[coverage]\nfrom = \"2006-01-01\"");
    let certificate = certificate(CERTIFICATE, "MarriageCertificate", &["citizen-number", "passport"]);
    Node::holding(&[state, certificate], &[&grant_of(&[STATE, CERTIFICATE], "")])
}

fn registration(number: &str, kind: RegistrationKind, day: &str, (husband, wife): (Party, Party)) -> Put {
    let parties = [&husband, &wife];
    let mut subjects: Vec<Identifier> =
        parties.iter().filter_map(|party| Identifier::try_from(party.identifier.as_ref()?).ok()).collect();
    subjects.push(id("certificate-number", number));
    let status =
        if kind == RegistrationKind::Annulment { CertificateStatus::Revoked } else { CertificateStatus::Valid };
    let body = MarriageCertificate {
        number: number.into(),
        holders: vec![husband.clone(), wife.clone()],
        status: status.into(),
        registration_kind: kind.into(),
        husband: Some(husband),
        wife: Some(wife),
        registered_on: day.into(),
        ..MarriageCertificate::default()
    };
    Put::new(CERTIFICATE, number, subjects, &body)
}

fn couple() -> (Party, Party) {
    (investor(1), investor(2))
}

fn nameless(n: u32, name: &str) -> Party {
    Party { identifier: None, name: name.into(), ..investor(n) }
}

async fn state_of(node: &Node, kind: &str, number: &str) -> (MaritalStatus, MaritalState) {
    let response = node.resolve(&resolve(STATE, kind, number)).await;
    assert_eq!((response.outcome(), response.records.len()), (Outcome::Found, 1));
    let state: MaritalState = body(&response.records[0]);
    assert_eq!(state.coverage_from, "2006-01-01");
    (state.state(), state)
}

async fn state(node: &Node, n: u32) -> (MaritalStatus, String, String) {
    let (status, state) = state_of(node, "citizen-number", &citizen(n)).await;
    (status, state.since, state.basis_certificate)
}

fn told(status: MaritalStatus, since: &str, basis: &str) -> (MaritalStatus, String, String) {
    (status, since.into(), basis.into())
}

#[tokio::test]
async fn the_newest_registration_decides_whatever_the_order_of_arrival() {
    let mut node = node();
    node.put(registration("L1", RegistrationKind::Divorce, "2015-03-04", couple()));
    node.put(registration("J1", RegistrationKind::Marriage, "2010-01-02", couple()));
    assert_eq!(state(&node, 1).await, told(MaritalStatus::Divorced, "2015-03-04", "L1"));
    assert_eq!(state_of(&node, "citizen-number", &citizen(2)).await.1.spouse, None);
    node.put(registration("J3", RegistrationKind::Marriage, "2020-05-06", (investor(1), investor(3))));
    assert_eq!(state(&node, 1).await, told(MaritalStatus::Married, "2020-05-06", "J3"));
    assert_eq!(state(&node, 2).await.0, MaritalStatus::Divorced);
    assert_eq!(state_of(&node, "citizen-number", &citizen(1)).await.1.spouse, Some(investor(3)));
    assert_eq!(state_of(&node, "citizen-number", &citizen(3)).await.1.spouse, Some(investor(1)));
    // The row carries the number of the certificate that it makes void of effect.
    node.put(registration("J3", RegistrationKind::Annulment, "2021-07-08", (investor(1), investor(3))));
    assert_eq!(state(&node, 3).await, told(MaritalStatus::Annulled, "2021-07-08", "J3"));
}

#[tokio::test]
async fn of_registrations_of_one_day_the_newest_version_decides() {
    let mut node = node();
    node.put(registration("J1", RegistrationKind::Marriage, "2010-01-02", couple()).at_second(9));
    node.put(registration("L1", RegistrationKind::Divorce, "2010-01-02", couple()).at_second(5));
    assert_eq!(state(&node, 1).await.0, MaritalStatus::Divorced);
}

#[tokio::test]
async fn none_on_record_is_found_and_never_before_the_first_unit() {
    let mut node = node();
    let nothing = told(MaritalStatus::NoneOnRecord, "", "");
    assert_eq!(state(&node, 1).await, nothing);
    let response = node.resolve(&resolve(STATE, "citizen-number", &citizen(1))).await;
    assert_eq!(response.records[0].source_time, response.coverage.unwrap().as_of);
    let marriage = registration("J1", RegistrationKind::Marriage, "2010-01-02", couple());
    node.put(marriage.clone());
    node.withdraw(marriage, RecordState::Withdrawn);
    assert_eq!(state(&node, 1).await, nothing);
    node.directory.set_intakes(BTreeMap::new());
    let untold = node.resolve(&resolve(STATE, "citizen-number", &citizen(3))).await;
    assert_eq!((untold.outcome(), untold.records.len()), (Outcome::NoCoverage, 0));
}

#[tokio::test]
async fn a_withdrawn_registration_gives_way_to_the_one_before() {
    let mut node = node();
    node.put(registration("J1", RegistrationKind::Marriage, "2010-01-02", couple()));
    let mistake = registration("L1", RegistrationKind::Divorce, "2015-03-04", couple());
    node.put(mistake.clone());
    node.withdraw(mistake, RecordState::Withdrawn);
    assert_eq!(state(&node, 1).await, told(MaritalStatus::Married, "2010-01-02", "J1"));
}

#[tokio::test]
async fn a_reissue_is_left_out_unless_its_original_is_not_on_record() {
    let mut node = node();
    node.put(registration("J9", RegistrationKind::ReissuedMarriage, "2018-01-01", couple()));
    assert_eq!(state(&node, 1).await, told(MaritalStatus::Married, "2018-01-01", "J9"));
    node.put(registration("J1", RegistrationKind::Marriage, "2010-01-02", couple()));
    assert_eq!(state(&node, 1).await, told(MaritalStatus::Married, "2010-01-02", "J1"));
    node.put(registration("L1", RegistrationKind::Divorce, "2015-03-04", couple()));
    assert_eq!(state(&node, 1).await, told(MaritalStatus::Divorced, "2015-03-04", "L1"));
    node.put(registration("L9", RegistrationKind::ReissuedDivorce, "2019-01-01", couple()));
    assert_eq!(state(&node, 2).await, told(MaritalStatus::Divorced, "2015-03-04", "L1"));
}

#[tokio::test]
async fn an_original_without_the_number_asked_by_is_found_through_the_spouse() {
    let mut node = node();
    let wife = nameless(2, "张2");
    node.put(registration("J1", RegistrationKind::Marriage, "2010-01-02", (investor(1), wife)));
    node.put(registration("J9", RegistrationKind::ReissuedMarriage, "2018-01-01", couple()));
    assert_eq!(state(&node, 2).await, told(MaritalStatus::Married, "2010-01-02", "J1"));
    // Another couple's registration is no original of this one.
    let other = (investor(4), nameless(5, "王五"));
    node.put(registration("J2", RegistrationKind::Marriage, "2010-01-02", other));
    node.put(registration("J8", RegistrationKind::ReissuedMarriage, "2018-01-01", (investor(4), investor(6))));
    assert_eq!(state(&node, 6).await, told(MaritalStatus::Married, "2018-01-01", "J8"));
}

#[tokio::test]
async fn a_passport_finds_the_state_too() {
    let mut node = node();
    let foreigner = Party { identifier: by("passport", "P1234567"), ..investor(2) };
    node.put(registration("J1", RegistrationKind::Marriage, "2010-01-02", (investor(1), foreigner)));
    let (status, state) = state_of(&node, "passport", "P1234567").await;
    assert_eq!((status, state.spouse), (MaritalStatus::Married, Some(investor(1))));
}

async fn certificate_of(node: &Node, number: &str) -> RecordView {
    node.resolve(&resolve(CERTIFICATE, "certificate-number", number)).await.records.remove(0)
}

async fn statuses(node: &Node, numbers: &[&str]) -> Vec<CertificateStatus> {
    let mut found = Vec::new();
    for number in numbers {
        found.push(status(&certificate_of(node, number).await));
    }
    found
}

#[tokio::test]
async fn a_reissue_supersedes_the_earlier_certificates_of_the_same_couple() {
    use CertificateStatus::{Superseded, Valid};
    let mut node = node();
    let wife = |name| (investor(1), nameless(2, name));
    node.put(registration("J1", RegistrationKind::Marriage, "2010-01-02", wife("爱·丽丝")));
    node.put(registration("J2", RegistrationKind::Marriage, "2010-01-02", wife("玛丽")));
    node.put(registration("L1", RegistrationKind::Divorce, "2012-01-02", wife("爱·丽丝")));
    assert_eq!(statuses(&node, &["J1", "J2"]).await, [Valid, Valid]);
    let reissue = registration("J8", RegistrationKind::ReissuedMarriage, "2014-01-02", wife("爱•丽丝"));
    node.put(reissue.clone());
    assert_eq!(statuses(&node, &["J1", "J2", "L1", "J8"]).await, [Superseded, Valid, Valid, Valid]);
    node.put(registration("J9", RegistrationKind::ReissuedMarriage, "2016-01-02", wife("爱·丽丝")));
    assert_eq!(statuses(&node, &["J1", "J8", "J9"]).await, [Superseded, Superseded, Valid]);
    for number in ["J8", "J9"] {
        let mistake = registration(number, RegistrationKind::ReissuedMarriage, "2016-01-02", wife("爱·丽丝"));
        node.withdraw(mistake, RecordState::Withdrawn);
    }
    assert_eq!(statuses(&node, &["J1"]).await, [Valid]);
}

#[tokio::test]
async fn a_marriage_after_the_reissue_is_not_superseded_and_a_revoked_one_stays_revoked() {
    use CertificateStatus::{Revoked, Valid};
    let mut node = node();
    node.put(registration("J9", RegistrationKind::ReissuedMarriage, "2014-01-02", couple()));
    node.put(registration("J2", RegistrationKind::Marriage, "2016-01-02", couple()));
    assert_eq!(statuses(&node, &["J2"]).await, [Valid]);
    node.put(registration("J1", RegistrationKind::Annulment, "2013-01-02", couple()));
    assert_eq!(statuses(&node, &["J1"]).await, [Revoked]);
}

#[tokio::test]
async fn an_annulled_reissue_has_superseded_its_original_all_the_same() {
    use CertificateStatus::{Revoked, Superseded, Valid};
    let mut node = node();
    node.put(registration("J1", RegistrationKind::Marriage, "2010-01-02", couple()));
    node.put(registration("J9", RegistrationKind::ReissuedMarriage, "2014-01-02", couple()));
    node.put(registration("J9", RegistrationKind::Annulment, "2015-01-02", couple()));
    assert_eq!(statuses(&node, &["J1", "J9"]).await, [Superseded, Revoked]);
    assert_eq!(state(&node, 1).await, told(MaritalStatus::Annulled, "2015-01-02", "J9"));
    // With a divorce in between it was another marriage.
    node.put(registration("L1", RegistrationKind::Divorce, "2012-01-02", couple()));
    assert_eq!(statuses(&node, &["J1", "L1"]).await, [Valid, Valid]);
}

#[tokio::test]
async fn superseded_is_said_to_those_who_list_and_those_who_compare() {
    let mut node = node();
    node.put(registration("J1", RegistrationKind::Marriage, "2010-01-02", couple()));
    node.put(registration("J9", RegistrationKind::ReissuedMarriage, "2014-01-02", couple()));
    let list = contract::v1::ListCertificatesRequest {
        by: by("citizen-number", &citizen(2)),
        purpose: purpose(),
        ..Default::default()
    };
    let listed: Vec<_> = node.certificates(&list).await.records.iter().map(status).collect();
    assert_eq!(listed, [CertificateStatus::Valid, CertificateStatus::Superseded]);
    let claim = |value: &str| contract::v1::VerifyRequest {
        resource: CERTIFICATE.into(),
        by: by("certificate-number", "J1"),
        claims: vec![contract::v1::Claim { item: "status".into(), value: value.into() }],
        purpose: purpose(),
        ..Default::default()
    };
    let node = &node;
    let result = async |value| node.verify(&claim(value)).await.results[0].result();
    assert_eq!(result("SUPERSEDED").await, contract::v1::ClaimResult::Match);
    assert_eq!(result("VALID").await, contract::v1::ClaimResult::Mismatch);
    assert_eq!(node.ask(Method::Verify, &claim("VALID")).await.outcome, domain::Outcome::Found);
}
