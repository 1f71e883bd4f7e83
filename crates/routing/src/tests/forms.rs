//! Malformed questions: each fault names its field, and nothing is read.

use super::{refusals::PanickingView, world::*};
use crate::{Method, Reply};
use contract::v1;
use domain::Outcome;
use proptest::prelude::*;
use std::time::Duration;

fn world() -> World<PanickingView> {
    World::over(PanickingView, &[ALL])
}

fn ask() -> v1::ResolveRequest {
    resolve("natural-person", "citizen-number", &citizen(1))
}

fn with_purpose(change: impl FnOnce(&mut v1::Purpose)) -> v1::ResolveRequest {
    let mut purpose = purpose().unwrap();
    change(&mut purpose);
    v1::ResolveRequest { purpose: Some(purpose), ..ask() }
}

#[expect(clippy::unnecessary_wraps, reason = "as fields of messages are")]
fn confirmation(kind: &str, reference: &str) -> Option<v1::Confirmation> {
    Some(v1::Confirmation { kind: kind.into(), reference: reference.into() })
}

async fn check(request: v1::ResolveRequest, expected: &[(&str, &str)]) {
    let finished = world().ask(Method::Resolve, &request).await;
    assert_eq!(finished.outcome, Outcome::Invalid);
    assert_eq!(faults(&finished), expected);
}

#[tokio::test]
async fn each_fault_of_the_purpose_names_its_field() {
    check(v1::ResolveRequest { purpose: None, ..ask() }, &[("purpose", "required")]).await;
    for matter in ["00017214900", "0001721490011", "00017214900-", "事事事事", &"1".repeat(32)] {
        check(with_purpose(|purpose| purpose.matter = matter.into()), &[("purpose.matter", "matter.form")]).await;
    }
    check(with_purpose(|purpose| purpose.matter.clear()), &[("purpose.matter", "required")]).await;
    check(with_purpose(|purpose| purpose.case_number = " ".into()), &[("purpose.case_number", "required")]).await;
    check(with_purpose(|purpose| purpose.case_number = "件".repeat(65)), &[("purpose.case_number", "length")]).await;
    check(with_purpose(|purpose| purpose.reason = "由".repeat(201)), &[("purpose.reason", "length")]).await;
    let incomplete = with_purpose(|purpose| purpose.confirmation = confirmation("face", ""));
    check(incomplete, &[("purpose.confirmation.reference", "required")]).await;
}

#[tokio::test]
async fn each_fault_of_the_identifier_names_its_field() {
    check(v1::ResolveRequest { by: None, ..ask() }, &[("by", "required")]).await;
    for (kind, value, expected) in [
        ("", "1", ("by.kind", "required")),
        ("number", "1", ("by.kind", "identifier.kind")),
        ("citizen-number", "", ("by.value", "required")),
        ("citizen-number", "110101190001010015", ("by.value", "citizen-id.checksum")),
        ("uscc", USCC, ("by.kind", "identifier.lookup")),
    ] {
        check(v1::ResolveRequest { by: by(kind, value), ..ask() }, &[expected]).await;
    }
}

#[tokio::test]
async fn unknown_names_and_sizes_out_of_range_name_their_fields() {
    check(v1::ResolveRequest { resource: "people".into(), ..ask() }, &[("resource", "resource.unknown")]).await;
    check(v1::ResolveRequest { resource: String::new(), ..ask() }, &[("resource", "required")]).await;
    let items = vec!["name".into(), "names".into(), "name.name".into(), "*".into()];
    let unknown = [("items[1]", "item.unknown"), ("items[2]", "item.unknown"), ("items[3]", "item.unknown")];
    check(v1::ResolveRequest { items, ..ask() }, &unknown).await;
    check(v1::ResolveRequest { request_id: "1".into(), ..ask() }, &[("request_id", "request-id.form")]).await;
    check(v1::ResolveRequest { page_size: 1_001, ..ask() }, &[("page_size", "page-size")]).await;
    for token in ["?", "AAAA", &"A".repeat(70_000)] {
        check(v1::ResolveRequest { page_token: token.into(), ..ask() }, &[("page_token", "page-token")]).await;
    }
    for (seconds, nanos) in [(-1, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0)] {
        let max_age = Some(prost_types::Duration { seconds, nanos });
        check(v1::ResolveRequest { max_age, ..ask() }, &[("max_age", "duration")]).await;
    }
}

#[tokio::test]
async fn all_faults_are_named_at_once() {
    let request = v1::ResolveRequest { purpose: None, page_size: 9_999, ..resolve("x", "y", "z") };
    let expected = [
        ("purpose", "required"),
        ("resource", "resource.unknown"),
        ("by.kind", "identifier.kind"),
        ("page_size", "page-size"),
    ];
    check(request, &expected).await;
}

#[tokio::test]
async fn claims_are_checked_one_by_one() {
    let claim = |item: &str, value: &str| v1::Claim { item: item.into(), value: value.into() };
    let request = v1::VerifyRequest {
        resource: "legal-person".into(),
        by: by("uscc", USCC),
        purpose: purpose(),
        ..v1::VerifyRequest::default()
    };
    let world = world();
    for (claims, expected) in [
        (vec![], vec![("claims", "required")]),
        (vec![claim("name", "x"); 51], vec![("claims", "count")]),
        (
            vec![claim("name", "x"), claim("", "x"), claim("title", "x"), claim("name.name", "x")],
            vec![
                ("claims[1].item", "required"),
                ("claims[2].item", "item.unknown"),
                ("claims[3].item", "item.unknown"),
            ],
        ),
        (vec![claim("name", " ")], vec![("claims[0].value", "required")]),
        (vec![claim("name", &"x".repeat(5_000))], vec![("claims[0].value", "length")]),
    ] {
        let request = v1::VerifyRequest { claims, ..request.clone() };
        assert_eq!(faults(&world.ask(Method::Verify, &request).await), expected);
    }
}

#[tokio::test]
async fn types_and_holder_of_certificates_are_checked() {
    let request = |kind: &str, value: &str, types: &[&str]| v1::ListCertificatesRequest {
        by: by(kind, value),
        types: types.iter().map(ToString::to_string).collect(),
        purpose: purpose(),
        ..v1::ListCertificatesRequest::default()
    };
    let world = world();
    for (request, expected) in [
        (request("certificate-number", "1", &[]), ("by.kind", "identifier.lookup")),
        (request("uscc", USCC, &["business-licence", "passport"]), ("types[1]", "type.unknown")),
        // A resource, but no type of certificate.
        (request("uscc", USCC, &["legal-person"]), ("types[0]", "type.unknown")),
    ] {
        assert_eq!(faults(&world.ask(Method::ListCertificates, &request).await), [expected]);
    }
}

#[tokio::test]
async fn direction_depth_and_party_of_equity_are_checked() {
    let request = |kind: &str, value: &str, direction: i32, depth| v1::GetEquityRequest {
        by: by(kind, value),
        direction,
        depth,
        purpose: purpose(),
        ..v1::GetEquityRequest::default()
    };
    let world = world();
    for (request, expected) in [
        (request("uscc", USCC, 0, 1), ("direction", "required")),
        (request("uscc", USCC, 9, 1), ("direction", "direction")),
        (request("uscc", USCC, 1, 0), ("depth", "required")),
        (request("uscc", USCC, 1, 11), ("depth", "depth")),
        (request("citizen-number", &citizen(1), 1, 1), ("by.kind", "identifier.lookup")),
        (request("household-number", "1", 2, 1), ("by.kind", "identifier.lookup")),
    ] {
        assert_eq!(faults(&world.ask(Method::GetEquity, &request).await), [expected]);
    }
}

#[tokio::test]
async fn long_matter_codes_are_matched_by_their_basic_code() {
    let node = Node::new();
    let long = |length: usize| format!("{:0<19}{MATTER}{:0<width$}", "1", "", width = length - 31);
    for matter in [MATTER.to_owned(), long(31), long(33)] {
        let response = node.resolve(&with_purpose(|purpose| purpose.matter = matter.clone())).await;
        assert_eq!(response.outcome(), v1::Outcome::NotFound, "{matter}");
    }
}

#[tokio::test]
async fn limits_of_length_are_inclusive_and_count_characters() {
    let node = Node::with(&[&all_with("subjects = { confirmation = true }")]);
    let request = with_purpose(|purpose| {
        purpose.case_number = "件".repeat(64);
        purpose.reason = "由".repeat(200);
        purpose.confirmation = confirmation("face", "R-1");
    });
    let request = v1::ResolveRequest { page_size: 1_000, ..request };
    assert_eq!(node.resolve(&request).await.outcome(), v1::Outcome::NotFound);
}

proptest! {
    #[test]
    fn any_bytes_are_judged_without_panic_and_without_a_read(bytes: Vec<u8>, method in 0usize..4) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let world = World::over(PanickingView, &[]);
        let caller = consumer();
        let asked = asking(&caller, Method::ALL[method], &bytes);
        let answer = world.exchange.answer(&asked, Duration::from_secs(1));
        let finished = runtime.block_on(answer);
        let is_judged = matches!(finished.reply, Reply::Invalid { .. } | Reply::Refused { .. });
        prop_assert!(is_judged);
    }
}
