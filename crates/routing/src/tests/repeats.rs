//! The same request again gives the same answer, counted once.

use super::{refusals::PanickingView, world::*};
use crate::{Method, Reply};
use chrono::TimeDelta;
use contract::v1::ResolveRequest;
use domain::{Caller, CallerKind, Outcome, Reason};

const ID: &str = "6f1c3f0e-8a52-4a6e-9d3b-0123456789ab";

fn ask(n: u32) -> ResolveRequest {
    ResolveRequest { request_id: ID.into(), ..resolve("natural-person", "citizen-number", &citizen(n)) }
}

#[tokio::test]
async fn the_same_request_gives_the_identical_answer_counted_once() {
    let mut node = Node::with(&[&counted_grant()]);
    node.put(person("r1", &citizen(1)));
    let first = node.ask(Method::Resolve, &ask(1)).await;
    node.put(person("r2", &citizen(1)));
    node.clock.advance(TimeDelta::seconds(599));
    let again = ResolveRequest { request_id: ID.to_uppercase(), ..ask(1) };
    assert_eq!(node.ask(Method::Resolve, &again).await, first);
    assert_eq!(node.counted(), 1);
    let told = node.told();
    assert_eq!(told, [(Outcome::Found, None, false), (Outcome::Found, None, true)]);
    // After ten minutes it is a question like any other.
    node.clock.advance(TimeDelta::seconds(1));
    assert_ne!(node.ask(Method::Resolve, &ask(1)).await, first);
    assert_eq!(node.counted(), 2);
}

#[tokio::test]
async fn another_question_under_the_id_is_a_conflict() {
    let node = Node::with(&[&counted_grant()]);
    node.ask(Method::Resolve, &ask(1)).await;
    let finished = node.ask(Method::Resolve, &ask(2)).await;
    assert!(matches!(finished.reply, Reply::Conflict { .. }));
    assert_eq!((finished.outcome, node.counted()), (Outcome::Invalid, 1));
}

#[tokio::test]
async fn the_id_belongs_to_caller_and_method() {
    let other = counted_grant().replace("one-window", "another").replace("\"all\"", "\"other\"");
    let node = Node::with(&[&counted_grant(), &other]);
    node.ask(Method::Resolve, &ask(1)).await;
    let another = Caller::new(CallerKind::Consumer, "another").unwrap();
    let finished = node.ask_as(&another, Method::Resolve, &ask(2)).await;
    assert_eq!(finished.outcome, Outcome::NotFound);
    let certificates = contract::v1::ListCertificatesRequest {
        by: by("uscc", USCC),
        purpose: purpose(),
        request_id: ID.into(),
        ..Default::default()
    };
    assert_eq!(node.ask(Method::ListCertificates, &certificates).await.outcome, Outcome::NotFound);
}

#[tokio::test]
async fn the_grant_is_checked_again() {
    let mut node = Node::with(&[&counted_grant()]);
    node.put(person("r1", &citizen(1)));
    let first = node.ask(Method::Resolve, &ask(1)).await;
    // A grant that shows less now is not answered with what it showed before.
    let narrower =
        counted_grant().replace(r#""natural-person", items = ["*"]"#, r#""natural-person", items = ["name"]"#);
    node.directory.set_catalogue(catalogue(&[&narrower]));
    let narrow = node.ask(Method::Resolve, &ask(1)).await;
    assert_eq!(narrow.outcome, Outcome::Found);
    assert_ne!(narrow, first);
    assert_eq!(node.ask(Method::Resolve, &ask(1)).await, narrow);
    node.directory.set_catalogue(catalogue(&[]));
    assert_eq!(node.ask(Method::Resolve, &ask(1)).await.reason, Some(Reason::NoGrant));
}

#[tokio::test]
async fn other_changes_of_the_catalogue_do_not_make_it_a_new_question() {
    let mut node = Node::with(&[&counted_grant()]);
    node.put(person("r1", &citizen(1)));
    let first = node.ask(Method::Resolve, &ask(1)).await;
    let other = ALL.replace("one-window", "another").replace("\"all\"", "\"other\"");
    node.directory.set_catalogue(catalogue(&[&counted_grant(), &other]));
    assert_eq!(node.ask(Method::Resolve, &ask(1)).await, first);
    assert_eq!(node.counted(), 1);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let world = World::over(PanickingView, &[&all_with("quota = { per_second = 0 }")]);
    assert_eq!(world.ask(Method::Resolve, &ask(1)).await.reason, Some(Reason::QuotaSecond));
    // Another question under the id is no conflict, as there was no answer.
    assert_eq!(world.ask(Method::Resolve, &ask(2)).await.reason, Some(Reason::QuotaSecond));
}

#[tokio::test]
async fn duplicates_at_the_same_time_are_counted_once() {
    let mut node = Node::with(&[&counted_grant()]);
    node.put(person("r1", &citizen(1)));
    let request = ask(1);
    let (one, two, three) = tokio::join!(
        node.ask(Method::Resolve, &request),
        node.ask(Method::Resolve, &request),
        node.ask(Method::Resolve, &request),
    );
    assert_eq!((&one, &one), (&two, &three));
    assert_eq!(node.counted(), 1);
}
