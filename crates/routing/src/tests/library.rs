//! The certificate library over all types, and certificates that another one replaces.

use super::world::*;
use contract::{
    canonical::v1::{Certificate, CertificateStatus, ConstructionPermit, RealEstateTitle},
    v1::{ListCertificatesRequest, Outcome},
};
use store::RecordState;

const PERMIT: &str = "construction-permit";
const ID: &str = "1.2.156.3005.2.11100000000013127D001.11110000000012345X.BJ1.001.0";

fn permit(number: &str, replaces: &str) -> ConstructionPermit {
    ConstructionPermit {
        number: number.into(),
        certificate_id: format!("{ID}{number}"),
        holders: vec![company(1)],
        status: CertificateStatus::Valid.into(),
        replaces: replaces.into(),
        operation: if replaces.is_empty() { "01" } else { "02" }.into(),
        ..ConstructionPermit::default()
    }
}

fn put(permit: &ConstructionPermit) -> Put {
    let subjects = vec![
        id("uscc", &uscc(1)),
        id("certificate-number", &permit.number),
        id("certificate-id", &permit.certificate_id),
    ];
    Put::new(PERMIT, &permit.number, subjects, permit).replacing(&permit.replaces)
}

fn node() -> Node {
    let entry = certificate(PERMIT, "ConstructionPermit", &["uscc"]);
    Node::holding(&[entry], &[&grant_of(&[PERMIT], "")])
}

async fn status_of(node: &Node, number: &str) -> CertificateStatus {
    status(&node.resolve(&resolve(PERMIT, "certificate-number", number)).await.records[0])
}

#[tokio::test]
async fn a_certificate_named_by_another_ones_replaces_is_superseded() {
    for name in [format!("{ID}A1"), "A1".to_owned(), " a1 ".to_owned()] {
        let mut node = node();
        node.put(put(&permit("A1", "")));
        node.put(put(&permit("B1", &name)));
        node.put(put(&permit("C1", "somebody else's")));
        assert_eq!(status_of(&node, "A1").await, CertificateStatus::Superseded, "{name}");
        assert_eq!(status_of(&node, "B1").await, CertificateStatus::Valid);
    }
}

#[tokio::test]
async fn what_was_withdrawn_or_void_or_undone_replaces_nothing() {
    let mut node = node();
    node.put(put(&permit("A1", "")));
    let replacing = permit("B1", "A1");
    node.put(put(&replacing));
    assert_eq!(status_of(&node, "A1").await, CertificateStatus::Superseded);
    node.put(put(&ConstructionPermit { operation: "10".into(), ..replacing.clone() }));
    assert_eq!(status_of(&node, "A1").await, CertificateStatus::Valid);
    node.put(put(&ConstructionPermit { status: CertificateStatus::Void.into(), ..replacing.clone() }));
    assert_eq!(status_of(&node, "A1").await, CertificateStatus::Valid);
    node.put(put(&ConstructionPermit { status: CertificateStatus::Cancelled.into(), ..replacing.clone() }));
    assert_eq!(status_of(&node, "A1").await, CertificateStatus::Superseded);
    node.withdraw(put(&replacing), RecordState::Withdrawn);
    assert_eq!(status_of(&node, "A1").await, CertificateStatus::Valid);
}

#[tokio::test]
async fn what_the_issuer_said_of_the_end_stays_said() {
    let mut node = node();
    node.put(put(&permit("B1", "A1")));
    for (own, shown) in [
        (CertificateStatus::Revoked, CertificateStatus::Revoked),
        (CertificateStatus::WithdrawnAsSanction, CertificateStatus::WithdrawnAsSanction),
        (CertificateStatus::Expired, CertificateStatus::Superseded),
        (CertificateStatus::Suspended, CertificateStatus::Superseded),
    ] {
        node.put(put(&ConstructionPermit { status: own.into(), ..permit("A1", "") }));
        assert_eq!(status_of(&node, "A1").await, shown);
    }
    let past = ConstructionPermit { valid_to: "2020-01-01".into(), ..permit("A1", "A1") };
    node.put(put(&past));
    assert_eq!(status_of(&node, "A1").await, CertificateStatus::Superseded);
}

#[tokio::test]
async fn a_certificate_does_not_supersede_itself() {
    let mut node = node();
    node.put(put(&permit("A1", "A1")));
    assert_eq!(status_of(&node, "A1").await, CertificateStatus::Valid);
}

#[tokio::test]
async fn every_type_of_certificate_is_in_the_library() {
    let messages = [
        ("birth-certificate", "BirthCertificate"),
        ("construction-permit", "ConstructionPermit"),
        ("marriage-certificate", "MarriageCertificate"),
        ("planning-permit", "PlanningPermit"),
        ("real-estate-title", "RealEstateTitle"),
        ("teacher-qualification", "TeacherQualification"),
    ];
    let entries = messages.map(|(id, message)| certificate(id, message, &["citizen-number"]));
    let mut node = Node::holding(&entries, &[&grant_of(&messages.map(|(id, _)| id), "")]);
    for (resource, message) in messages {
        let held = Certificate {
            number: format!("N-{resource}"),
            holders: vec![investor(1)],
            status: CertificateStatus::Valid.into(),
            ..Certificate::default()
        };
        node.put(Put::new(resource, &held.number, vec![id("citizen-number", &citizen(1))], &held).of(message));
    }
    let request = ListCertificatesRequest {
        by: by("citizen-number", &citizen(1)),
        purpose: purpose(),
        ..ListCertificatesRequest::default()
    };
    let response = node.certificates(&request).await;
    assert!(response.results.iter().all(|result| result.outcome() == Outcome::Found));
    let numbers: Vec<_> = response.records.iter().map(|record| body::<Certificate>(record).number).collect();
    assert_eq!(numbers, messages.iter().rev().map(|(id, _)| format!("N-{id}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_title_says_of_itself_that_it_is_superseded() {
    let entry = certificate("real-estate-title", "RealEstateTitle", &["citizen-number"]);
    let mut node = Node::holding(&[entry], &[&grant_of(&["real-estate-title"], "")]);
    let body = RealEstateTitle {
        number: "T1".into(),
        status: CertificateStatus::Superseded.into(),
        ..RealEstateTitle::default()
    };
    node.put(Put::new("real-estate-title", "k", vec![id("certificate-number", "T1")], &body));
    let response = node.resolve(&resolve("real-estate-title", "certificate-number", "T1")).await;
    assert_eq!(status(&response.records[0]), CertificateStatus::Superseded);
}
