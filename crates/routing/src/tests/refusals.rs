//! Refusals: decided from request and grant alone. The view of these tests panics when it is read.

use super::world::*;
use crate::{Finished, Method, Reply};
use contract::v1;
use domain::{
    Caller, CallerKind, Outcome, Reason,
    catalogue::{Entry, Sharing},
};
use std::{collections::BTreeMap, time::Duration};
use store::{Lookup, Page, Positions, RejectFilter, StoreError, StoredRecord, StoredReject, ViewReader};

/// A view that must not be read.
pub(super) struct PanickingView;

impl ViewReader for PanickingView {
    async fn record(&self, _: &str, _: &str) -> Result<Option<StoredRecord>, StoreError> {
        panic!("read")
    }

    async fn lookup(&self, _: Lookup<'_>) -> Result<Page, StoreError> {
        panic!("read")
    }

    async fn rejects(&self, _: &RejectFilter) -> Result<Vec<StoredReject>, StoreError> {
        panic!("read")
    }

    async fn reject(&self, _: &str) -> Result<Option<StoredReject>, StoreError> {
        panic!("read")
    }

    async fn open_rejects(&self) -> Result<BTreeMap<(String, String), u64>, StoreError> {
        panic!("read")
    }

    async fn control(&self) -> Result<BTreeMap<String, bytes::Bytes>, StoreError> {
        panic!("read")
    }

    async fn intakes(&self) -> Result<BTreeMap<String, bytes::Bytes>, StoreError> {
        panic!("read")
    }

    async fn positions(&self) -> Result<Positions, StoreError> {
        panic!("read")
    }

    async fn digest(&self) -> Result<[u8; 32], StoreError> {
        panic!("read")
    }
}

fn ask() -> v1::ResolveRequest {
    resolve("natural-person", "citizen-number", &citizen(1))
}

fn reason(finished: &Finished) -> (Reason, Option<Duration>) {
    match &finished.reply {
        Reply::Refused { reason, retry_after, detail } => {
            assert_eq!((finished.outcome, finished.reason), (Outcome::Refused, Some(*reason)));
            assert!(!detail.is_empty());
            (*reason, *retry_after)
        }
        other => panic!("not refused but {other:?}"),
    }
}

/// Asks about a person under this grant.
async fn refused(grant: &str, request: &v1::ResolveRequest) -> Reason {
    let world = World::over(PanickingView, &[grant]);
    reason(&world.ask(Method::Resolve, request).await).0
}

fn narrowed(from: &str, to: &str) -> String {
    assert!(ALL.contains(from));
    ALL.replace(from, to)
}

#[tokio::test]
async fn every_limit_of_a_grant_refuses_with_its_reason() {
    let other_matter = v1::ResolveRequest {
        purpose: Some(v1::Purpose { matter: "000172149002".into(), ..purpose().unwrap() }),
        ..ask()
    };
    let some_items = narrowed(r#""natural-person", items = ["*"]"#, r#""natural-person", items = ["name"]"#);
    let address = v1::ResolveRequest { items: vec!["name".into(), "address".into()], ..ask() };
    let cases = [
        (narrowed("one-window", "another"), ask(), Reason::NoGrant),
        (narrowed("\"natural-person\"", "\"other\""), ask(), Reason::NoGrant),
        (narrowed("\"read\"", "\"match\""), ask(), Reason::Mode),
        (ALL.to_owned(), other_matter, Reason::Purpose),
        (narrowed("\"citizen-number\", ", ""), ask(), Reason::Lookup),
        (some_items, address, Reason::Item),
        (all_with("subjects = { confirmation = true }"), ask(), Reason::Subject),
        (all_with("hours = { days = \"tue-fri\", from = \"08:30\", to = \"17:30\" }"), ask(), Reason::Hours),
        (all_with("valid_to = \"2026-11-01\""), ask(), Reason::Validity),
        (all_with("valid_from = \"2026-11-03\""), ask(), Reason::Validity),
    ];
    for (grant, request, expected) in cases {
        assert_eq!(refused(&grant, &request).await, expected);
    }
}

#[tokio::test]
async fn quotas_refuse_and_say_when_to_come_again() {
    let cases = [
        ("per_second = 0", Reason::QuotaSecond, Duration::from_secs(1)),
        ("per_day = 0", Reason::QuotaDay, Duration::from_hours(14)),
        ("per_subject_per_day = 0", Reason::QuotaSubject, Duration::from_hours(14)),
    ];
    for (quota, expected, wait) in cases {
        let world = World::over(PanickingView, &[&all_with(&format!("quota = {{ {quota} }}"))]);
        assert_eq!(reason(&world.ask(Method::Resolve, &ask()).await), (expected, Some(wait)));
    }
}

#[tokio::test]
async fn a_resource_that_is_not_shared_is_refused_whatever_the_grant() {
    let world = World::over(PanickingView, &[ALL]);
    let mut catalogue = catalogue(&[ALL]);
    let mut resource = catalogue.resources["natural-person"].as_ref().clone();
    resource.sharing = Sharing::NotShared;
    catalogue.insert(Entry::Resource(Box::new(resource)));
    world.directory.set_catalogue(catalogue);
    assert_eq!(reason(&world.ask(Method::Resolve, &ask()).await).0, Reason::NotShared);
}

#[tokio::test]
async fn only_consumers_ask_even_malformed_questions() {
    let world = World::over(PanickingView, &[ALL]);
    for kind in [CallerKind::Department, CallerKind::Operator, CallerKind::Node] {
        let caller = Caller::new(kind, "one-window").unwrap();
        for method in Method::ALL {
            let finished = world.exchange.answer(&asking(&caller, method, b"\xff"), Duration::from_secs(1)).await;
            assert_eq!(reason(&finished), (Reason::CallerKind, None));
        }
    }
    assert_eq!(world.told().len(), 3 * Method::ALL.len());
}

#[tokio::test]
async fn form_is_judged_before_the_grant() {
    let world = World::over(PanickingView, &[]);
    let request = v1::ResolveRequest { purpose: None, ..ask() };
    assert_eq!(faults(&world.ask(Method::Resolve, &request).await), [("purpose", "required")]);
    assert_eq!(reason(&world.ask(Method::Resolve, &ask()).await).0, Reason::NoGrant);
}

#[tokio::test]
async fn a_refusal_names_the_resource_and_is_told() {
    let world = World::over(PanickingView, &[]);
    let finished = world.ask(Method::Resolve, &ask()).await;
    assert_eq!(finished.resource.as_deref(), Some("natural-person"));
    assert_eq!(world.told(), [(Outcome::Refused, Some(Reason::NoGrant), false)]);
}

#[tokio::test]
async fn verify_refuses_a_claim_on_an_item_that_is_not_granted() {
    let grant = narrowed(r#""natural-person", items = ["*"]"#, r#""natural-person", items = ["name"]"#);
    let world = World::over(PanickingView, &[&grant]);
    let claim = |item: &str| v1::Claim { item: item.into(), value: "x".into() };
    let request = v1::VerifyRequest {
        resource: "natural-person".into(),
        by: by("citizen-number", &citizen(1)),
        claims: vec![claim("name"), claim("address")],
        purpose: purpose(),
        ..v1::VerifyRequest::default()
    };
    assert_eq!(reason(&world.ask(Method::Verify, &request).await).0, Reason::Item);
}

#[tokio::test]
async fn equity_without_the_holder_is_refused() {
    let grant = narrowed(r#""shareholding", items = ["*"]"#, r#""shareholding", items = ["share_percent"]"#);
    let request = v1::GetEquityRequest {
        by: by("uscc", USCC),
        direction: v1::Direction::Up.into(),
        depth: 1,
        purpose: purpose(),
        ..v1::GetEquityRequest::default()
    };
    let world = World::over(PanickingView, &[&grant]);
    assert_eq!(reason(&world.ask(Method::GetEquity, &request).await).0, Reason::Item);
    let world = World::over(PanickingView, &[]);
    assert_eq!(reason(&world.ask(Method::GetEquity, &request).await).0, Reason::NoGrant);
}

#[tokio::test]
async fn certificates_are_refused_when_no_type_is_granted() {
    let request = v1::ListCertificatesRequest {
        by: by("uscc", USCC),
        purpose: purpose(),
        ..v1::ListCertificatesRequest::default()
    };
    let world = World::over(PanickingView, &[]);
    assert_eq!(reason(&world.ask(Method::ListCertificates, &request).await).0, Reason::NoGrant);
    // The grant that came closest says why.
    let world = World::over(PanickingView, &[&all_with("valid_to = \"2026-11-01\"")]);
    assert_eq!(reason(&world.ask(Method::ListCertificates, &request).await).0, Reason::Validity);
}
