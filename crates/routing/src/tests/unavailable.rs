//! What cannot be answered now is an error, never an empty answer.

use super::world::*;
use crate::{Finished, Method, Reply};
use contract::v1::ResolveRequest;
use domain::{
    Outcome,
    catalogue::{Entry, ResourceKind},
};
use std::{collections::BTreeMap, time::Duration};
use store::{Lookup, Page, Positions, RejectFilter, StoreError, StoredRecord, StoredReject, ViewReader};

/// A view whose records cannot be read: it fails, or never answers.
struct AbsentView {
    hangs: bool,
}

impl AbsentView {
    fn fails<T>() -> Result<T, StoreError> {
        Err(StoreError::Unavailable("disk".into()))
    }
}

impl ViewReader for AbsentView {
    async fn record(&self, _: &str, _: &str) -> Result<Option<StoredRecord>, StoreError> {
        Self::fails()
    }

    async fn lookup(&self, _: Lookup<'_>) -> Result<Page, StoreError> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Self::fails()
    }

    async fn rejects(&self, _: &RejectFilter) -> Result<Vec<StoredReject>, StoreError> {
        Self::fails()
    }

    async fn reject(&self, _: &str) -> Result<Option<StoredReject>, StoreError> {
        Self::fails()
    }

    async fn open_rejects(&self) -> Result<BTreeMap<(String, String), u64>, StoreError> {
        Self::fails()
    }

    async fn control(&self) -> Result<BTreeMap<String, bytes::Bytes>, StoreError> {
        Self::fails()
    }

    async fn intakes(&self) -> Result<BTreeMap<String, bytes::Bytes>, StoreError> {
        Self::fails()
    }

    async fn positions(&self) -> Result<Positions, StoreError> {
        Self::fails()
    }

    async fn digest(&self) -> Result<[u8; 32], StoreError> {
        Self::fails()
    }
}

fn ask() -> ResolveRequest {
    ResolveRequest {
        request_id: "6f1c3f0e-8a52-4a6e-9d3b-0123456789ab".into(),
        ..resolve("natural-person", "citizen-number", &citizen(1))
    }
}

fn check(finished: &Finished) {
    assert_eq!((finished.outcome, finished.resource.as_deref()), (Outcome::Unavailable, Some("natural-person")));
    let Reply::Unavailable { retry_after, detail } = &finished.reply else { panic!("{finished:?}") };
    assert!(*retry_after >= Duration::from_secs(1) && !detail.is_empty());
}

#[tokio::test]
async fn a_view_that_fails_is_unavailable_and_not_kept() {
    let world = World::over(AbsentView { hangs: false }, &[ALL]);
    check(&world.ask(Method::Resolve, &ask()).await);
    let mut other = ask();
    other.by = by("citizen-number", &citizen(2));
    check(&world.ask(Method::Resolve, &other).await);
    assert_eq!(world.told(), [(Outcome::Unavailable, None, false); 2]);
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_is_ten_seconds_and_can_be_shorter() {
    let world = World::over(AbsentView { hangs: true }, &[ALL]);
    let request = prost::Message::encode_to_vec(&ask());
    for (deadline, expected) in [(3, 3), (3_600, 10)] {
        let begin = tokio::time::Instant::now();
        let deadline = Duration::from_secs(deadline);
        check(&world.exchange.answer(&asking(&consumer(), Method::Resolve, &request), deadline).await);
        assert_eq!(begin.elapsed().as_secs(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_same_request_is_let_in_when_it_is_given_up() {
    let world = World::over(AbsentView { hangs: true }, &[ALL]);
    let request = prost::Message::encode_to_vec(&ask());
    let caller = consumer();
    let asked = asking(&caller, Method::Resolve, &request);
    let answer = |seconds| world.exchange.answer(&asked, Duration::from_secs(seconds));
    let (one, two) = tokio::join!(answer(2), answer(5));
    check(&one);
    check(&two);
}

#[tokio::test]
async fn a_resource_that_is_held_nowhere_is_unavailable() {
    let world = World::over(AbsentView { hangs: true }, &[ALL]);
    for kind in [ResourceKind::Live, ResourceKind::Base, ResourceKind::Derived] {
        let mut catalogue = catalogue(&[ALL]);
        let mut resource = catalogue.resources["natural-person"].as_ref().clone();
        resource.kind = kind;
        catalogue.insert(Entry::Resource(Box::new(resource)));
        world.directory.set_catalogue(catalogue);
        let mut request = ask();
        request.request_id.clear();
        check(&world.ask(Method::Resolve, &request).await);
    }
}

#[tokio::test]
async fn a_record_of_another_message_is_no_answer() {
    let mut node = Node::new();
    let subjects = vec![id("citizen-number", &citizen(1))];
    node.put(Put::new("natural-person", "r1", subjects, &enterprise(1)));
    check(&node.ask(Method::Resolve, &ask()).await);
}
