//! Every method under every limit of a grant, over a view that panics when it is read: refused in the same words whoever
//! the subject is.

use super::{refusals::PanickingView, world::*};
use crate::{Finished, Method, Reply};
use contract::v1;
use domain::{Caller, CallerKind, Reason};
use prost::Message as _;
use std::time::Duration;

const OTHER_USCC: &str = "91310000132200821H";

/// The question of a method about one of two subjects.
fn question(method: Method, other: bool, purpose: Option<v1::Purpose>) -> Vec<u8> {
    let person = by("citizen-number", &citizen(if other { 2 } else { 1 }));
    let enterprise = by("uscc", if other { OTHER_USCC } else { USCC });
    let resource = "natural-person".to_owned();
    match method {
        Method::Resolve => {
            v1::ResolveRequest { resource, by: person, purpose, ..v1::ResolveRequest::default() }.encode_to_vec()
        }
        Method::Verify => {
            let claims = vec![v1::Claim { item: "name".into(), value: "x".into() }];
            v1::VerifyRequest { resource, by: person, claims, purpose, ..v1::VerifyRequest::default() }.encode_to_vec()
        }
        Method::GetEquity => v1::GetEquityRequest {
            by: enterprise,
            direction: v1::Direction::Up.into(),
            depth: 1,
            purpose,
            ..v1::GetEquityRequest::default()
        }
        .encode_to_vec(),
        Method::ListCertificates => {
            v1::ListCertificatesRequest { by: enterprise, purpose, ..v1::ListCertificatesRequest::default() }
                .encode_to_vec()
        }
        Method::ListSubjectAccesses => {
            v1::ListSubjectAccessesRequest { by: person, purpose, ..v1::ListSubjectAccessesRequest::default() }
                .encode_to_vec()
        }
    }
}

/// The grant as a method needs it: the ledger is asked under a mode of its own.
fn grant_for(method: Method, grant: &str) -> String {
    let is_ledger = method == Method::ListSubjectAccesses;
    if is_ledger { grant.replace("mode = \"read\"", "mode = \"ledger\"") } else { grant.to_owned() }
}

fn told(finished: Finished) -> (Reason, String, Option<Duration>) {
    match finished.reply {
        Reply::Refused { reason, detail, retry_after } => (reason, detail, retry_after),
        other => panic!("not refused but {other:?}"),
    }
}

/// Refused by every method for this reason, in the same words about both subjects.
async fn assert_refused(grants: &[&str], caller: &Caller, purpose: Option<v1::Purpose>, expected: Reason) {
    for method in Method::ALL {
        let grants: Vec<String> = grants.iter().map(|grant| grant_for(method, grant)).collect();
        let grants: Vec<&str> = grants.iter().map(String::as_str).collect();
        let world = World::over(PanickingView, &grants);
        let mut answers = Vec::new();
        for other in [false, true] {
            let request = question(method, other, purpose.clone());
            let finished = world.exchange.answer(&asking(caller, method, &request), Duration::from_secs(10)).await;
            answers.push(told(finished));
        }
        assert_eq!(answers[0].0, expected, "{method:?}");
        assert_eq!(answers[0], answers[1], "{method:?}");
    }
}

#[tokio::test]
async fn no_method_reads_a_record_under_a_grant_that_does_not_reach() {
    let cases = [
        (ALL.replace("one-window", "another"), Reason::NoGrant),
        (all_with("valid_to = \"2026-11-01\""), Reason::Validity),
        (all_with("valid_from = \"2026-11-03\""), Reason::Validity),
        (all_with("hours = { days = \"tue-fri\", from = \"08:30\", to = \"17:30\" }"), Reason::Hours),
        (all_with("quota = { per_second = 0 }"), Reason::QuotaSecond),
        (all_with("quota = { per_day = 0 }"), Reason::QuotaDay),
        (all_with("quota = { per_subject_per_day = 0 }"), Reason::QuotaSubject),
        (all_with("subjects = { confirmation = true }"), Reason::Subject),
    ];
    for (grant, expected) in &cases {
        assert_refused(&[grant], &consumer(), purpose(), *expected).await;
    }
    assert_refused(&[], &consumer(), purpose(), Reason::NoGrant).await;
}

#[tokio::test]
async fn no_method_reads_a_record_for_another_matter_or_another_caller() {
    let other_matter = v1::Purpose { matter: "000172149002".into(), ..purpose().unwrap() };
    assert_refused(&[ALL], &consumer(), Some(other_matter), Reason::Purpose).await;
    let stranger = Caller::new(CallerKind::Consumer, "stranger").unwrap();
    assert_refused(&[ALL], &stranger, purpose(), Reason::NoGrant).await;
    for kind in [CallerKind::Department, CallerKind::Operator, CallerKind::Node] {
        let caller = Caller::new(kind, "one-window").unwrap();
        assert_refused(&[ALL], &caller, purpose(), Reason::CallerKind).await;
    }
}

#[tokio::test]
async fn a_grant_that_is_taken_back_is_missed_at_the_next_question() {
    for method in Method::ALL {
        let world = World::over(PanickingView, &[&grant_for(method, ALL)]);
        world.directory.set_catalogue(catalogue(&[]));
        let (caller, request) = (consumer(), question(method, false, purpose()));
        let finished = world.exchange.answer(&asking(&caller, method, &request), Duration::from_secs(10)).await;
        assert_eq!(told(finished).0, Reason::NoGrant, "{method:?}");
    }
}
