//! Resources that are asked of their department at query time.

use super::world::{Node, USCC, answer, asking, body, consumer, grant_of, purpose, resolve};
use crate::{Exchange, Finished, Live, LiveFault, LiveFuture, LiveRecord, Method, Reply};
use chrono::TimeDelta;
use contract::{
    canonical::v1::{ClearanceState, TaxClearance},
    convert,
    v1::{self, ClaimResult},
};
use domain::{Identifier, ManualClock, Outcome, Timestamp};
use prost::Message;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use store::EmbeddedViewReader;

const CLEARANCE: &str = "tax-clearance";
const ENTRY: &str = include_str!("../../../../deploy/catalogue/resources/tax-clearance.toml");

/// A department that says what it is told to.
#[derive(Default)]
struct Department {
    says: Mutex<Option<Result<Option<LiveRecord>, LiveFault>>>,
    asked: AtomicUsize,
}

impl Live for Department {
    fn ask<'a>(&'a self, resource: &'a str, by: &'a Identifier) -> LiveFuture<'a> {
        assert_eq!((resource, by.value()), (CLEARANCE, USCC));
        self.asked.fetch_add(1, Ordering::Relaxed);
        let says = self.says.lock().unwrap().clone();
        Box::pin(async move {
            match says {
                Some(says) => says,
                None => std::future::pending().await,
            }
        })
    }
}

struct World {
    node: Node,
    department: Arc<Department>,
    exchange: Exchange<EmbeddedViewReader>,
}

fn source_time() -> Timestamp {
    super::world::now() - TimeDelta::seconds(2)
}

fn owing() -> LiveRecord {
    let body = TaxClearance {
        uscc: USCC.into(),
        state: ClearanceState::Owing.into(),
        asked_at: Some(convert::to_wire(source_time())),
    };
    LiveRecord {
        key: USCC.into(),
        version: "20261102095958".into(),
        source_time: source_time(),
        received_at: super::world::now(),
        body: body.encode_to_vec(),
    }
}

impl World {
    fn new(says: Option<Result<Option<LiveRecord>, LiveFault>>) -> Self {
        let node = Node::holding(&[ENTRY.to_owned()], &[&grant_of(&[CLEARANCE], "")]);
        let department = Arc::new(Department { says: Mutex::new(says), asked: AtomicUsize::new(0) });
        let provider: Arc<dyn Live> = Arc::<Department>::clone(&department);
        let exchange = node
            .exchange_by(Arc::<ManualClock>::clone(&node.clock))
            .with_providers([("taxation".to_owned(), provider)].into());
        Self { node, department, exchange }
    }

    async fn ask(&self, method: Method, request: &impl Message, limit: Duration) -> Finished {
        self.exchange.answer(&asking(&consumer(), method, &request.encode_to_vec()), limit).await
    }

    async fn resolve(&self) -> Finished {
        self.ask(Method::Resolve, &resolve(CLEARANCE, "uscc", USCC), Duration::from_secs(10)).await
    }

    fn asked(&self) -> usize {
        self.department.asked.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn the_answer_is_shown_with_the_time_of_asking_as_coverage() {
    let world = World::new(Some(Ok(Some(owing()))));
    let mut request = resolve(CLEARANCE, "uscc", USCC);
    request.max_age = Some(prost_types::Duration { seconds: 0, nanos: 0 });
    let response: v1::ResolveResponse = answer(world.ask(Method::Resolve, &request, Duration::from_secs(10)).await);
    assert_eq!(response.outcome(), Outcome::Found.into());
    let coverage = response.coverage.unwrap();
    assert_eq!((coverage.as_of, coverage.complete), (Some(convert::to_wire(world.node.now())), true));
    let [record] = response.records.as_slice() else { panic!("not one record") };
    assert_eq!((record.key.as_str(), record.version.as_str()), (USCC, "20261102095958"));
    assert_eq!((record.department.as_str(), record.source_time), ("taxation", Some(convert::to_wire(source_time()))));
    assert_eq!(body::<TaxClearance>(record).state(), ClearanceState::Owing);
    assert_eq!(response.next_page_token, "");
}

#[tokio::test]
async fn every_question_asks_the_department_and_nothing_is_kept() {
    let world = World::new(Some(Ok(Some(owing()))));
    world.resolve().await;
    *world.department.says.lock().unwrap() = Some(Ok(None));
    let response: v1::ResolveResponse = answer(world.resolve().await);
    assert_eq!(response.outcome(), Outcome::NotFound.into());
    assert!(response.records.is_empty());
    assert_eq!(world.asked(), 2);
}

#[tokio::test]
async fn a_department_that_gives_no_answer_is_unavailable_and_never_not_found() {
    let fault = LiveFault { message: "no connection".into(), retry_after: Duration::from_millis(2_100) };
    let world = World::new(Some(Err(fault)));
    let finished = world.resolve().await;
    assert_eq!(finished.outcome, Outcome::Unavailable);
    let Reply::Unavailable { retry_after, .. } = finished.reply else { panic!("available") };
    assert_eq!(retry_after, Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn the_question_s_own_time_limit_holds() {
    let world = World::new(None);
    let finished = world.ask(Method::Resolve, &resolve(CLEARANCE, "uscc", USCC), Duration::from_millis(200)).await;
    assert_eq!(finished.outcome, Outcome::Unavailable);
}

#[tokio::test]
async fn claims_are_compared_with_the_answer() {
    let world = World::new(Some(Ok(Some(owing()))));
    let claim = |item: &str, value: &str| v1::Claim { item: item.into(), value: value.into() };
    let request = v1::VerifyRequest {
        resource: CLEARANCE.into(),
        by: super::world::by("uscc", USCC),
        claims: vec![claim("state", "OWING"), claim("state", "CLEARED")],
        purpose: purpose(),
        ..v1::VerifyRequest::default()
    };
    let response: v1::VerifyResponse = answer(world.ask(Method::Verify, &request, Duration::from_secs(10)).await);
    let results: Vec<_> = response.results.iter().map(v1::ClaimAnswer::result).collect();
    assert_eq!(results, [ClaimResult::Match, ClaimResult::Mismatch]);
}

#[tokio::test]
async fn without_a_provider_the_resource_has_no_source() {
    let world = World::new(Some(Ok(Some(owing()))));
    let exchange = world.node.exchange_by(Arc::<ManualClock>::clone(&world.node.clock));
    let request = resolve(CLEARANCE, "uscc", USCC).encode_to_vec();
    let finished = exchange.answer(&asking(&consumer(), Method::Resolve, &request), Duration::from_secs(10)).await;
    assert_eq!((finished.outcome, world.asked()), (Outcome::Unavailable, 0));
}

#[tokio::test]
async fn a_refused_question_asks_nobody() {
    let world = World::new(Some(Ok(Some(owing()))));
    let mut request = resolve(CLEARANCE, "uscc", USCC);
    request.purpose.as_mut().unwrap().matter = "000000000000".into();
    let finished = world.ask(Method::Resolve, &request, Duration::from_secs(10)).await;
    assert_eq!((finished.outcome, world.asked()), (Outcome::Refused, 0));
}
