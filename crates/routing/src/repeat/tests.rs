use super::*;
use bytes::Bytes;
use domain::Outcome;
use std::future::Future;
use std::task::{Context, Poll, Waker};

fn request(caller: &str, n: u128) -> Request {
    Request { caller: caller.into(), method: Method::Resolve, id: Uuid::from_u128(n) }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_timestamp_micros(second * 1_000_000).unwrap()
}

fn kept(length: usize, second: i64) -> Kept {
    let answered = Answered { outcome: Outcome::Found, bytes: vec![0; length].into(), people: Vec::new() };
    let reply = Reply::Answer(Bytes::new());
    let finished = Finished { outcome: Outcome::Found, reason: None, resource: None, reply, evidence_id: None };
    Kept { question: [0; 32], standing: [0; 32], answered, form: Form::Protobuf, finished, at: at(second) }
}

async fn keep(repeats: &Repeats, request: Request, kept: Kept) {
    repeats.enter(request).await.keep(kept);
}

async fn has(repeats: &Repeats, request: Request, second: i64) -> bool {
    repeats.enter(request).await.earlier(at(second)).is_some()
}

/// What is accounted for is what is there.
fn check(repeats: &Repeats) {
    let shelved = repeats.shelved();
    assert_eq!(shelved.slots.len(), shelved.order.len());
    assert_eq!(shelved.bytes, shelved.order.iter().map(|(.., length)| length).sum::<usize>());
    assert_eq!(shelved.bytes, shelved.bytes_by_caller.values().sum::<usize>());
}

#[tokio::test]
async fn answers_are_kept_for_ten_minutes() {
    let repeats = Repeats::default();
    keep(&repeats, request("a", 1), kept(10, 0)).await;
    assert!(has(&repeats, request("a", 1), 599).await);
    assert!(!has(&repeats, request("a", 1), 600).await);
    keep(&repeats, request("a", 2), kept(10, 600)).await;
    check(&repeats);
    assert_eq!(repeats.shelved().order.len(), 1);
}

#[tokio::test]
async fn one_caller_does_not_drive_out_another() {
    let repeats = Repeats::default();
    keep(&repeats, request("quiet", 0), kept(10, 0)).await;
    for n in 0..100 {
        keep(&repeats, request("loud", n), kept(1 << 20, 0)).await;
    }
    check(&repeats);
    assert!(has(&repeats, request("quiet", 0), 0).await);
    assert!(has(&repeats, request("loud", 99), 0).await);
    assert!(!has(&repeats, request("loud", 0), 0).await);
    assert!(repeats.shelved().bytes <= MAX_BYTES_OF_CALLER + OVERHEAD + 10);
}

#[tokio::test]
async fn all_callers_together_are_bounded() {
    let repeats = Repeats::default();
    for n in 0..100 {
        keep(&repeats, request(&format!("caller-{n}"), 0), kept(1 << 20, 0)).await;
    }
    check(&repeats);
    assert!(repeats.shelved().bytes <= MAX_BYTES);
}

#[tokio::test]
async fn an_answer_kept_again_is_accounted_for_once() {
    let repeats = Repeats::default();
    keep(&repeats, request("a", 1), kept(10, 0)).await;
    keep(&repeats, request("a", 1), kept(20, 1)).await;
    check(&repeats);
    assert!(has(&repeats, request("a", 1), 600).await);
}

#[tokio::test]
async fn a_turn_without_answer_leaves_nothing_and_lets_the_next_in() {
    let repeats = Repeats::default();
    let first = repeats.enter(request("a", 1)).await;
    let mut second = Box::pin(repeats.enter(request("a", 1)));
    let mut third = Box::pin(repeats.enter(request("a", 1)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert!(third.as_mut().poll(&mut context).is_pending());
    drop(first);
    // Gives up while it waits.
    drop(third);
    let Poll::Ready(turn) = second.as_mut().poll(&mut context) else { panic!("still waits") };
    assert!(turn.earlier(at(0)).is_none());
    drop(turn);
    check(&repeats);
    assert!(repeats.shelved().slots.is_empty());
}
