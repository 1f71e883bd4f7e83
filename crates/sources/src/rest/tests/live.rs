//! Live questions against a bureau.

use super::{REFRESH, TaxBureau, Trouble, USCC, all, around, bureau, clock};
use crate::rest::{live::LiveDesk, live_desk};
use adapter_sdk::transport::{RestFeed, Transport};
use chrono::TimeDelta;
use contract::canonical::v1::{ClearanceState, TaxClearance};
use domain::{Identifier, IdentifierKind, ManualClock};
use prost::Message;
use routing::{Live, LiveFault, LiveRecord};
use std::{sync::Arc, time::Duration};

const QUERY: &str = "/wqs/query";
const RESOURCE: &str = "tax-clearance";

fn feed() -> &'static RestFeed {
    match taxation::adapter().way("rest").unwrap().transport {
        Transport::Rest(feed) => feed,
        _ => panic!("no REST"),
    }
}

fn world() -> (Arc<ManualClock>, TaxBureau, LiveDesk) {
    let clock = clock();
    let bureau = bureau(&clock);
    bureau.know(USCC, "欠税", "2026-11-01 10:00:00");
    let desk = live_desk(feed(), &bureau.settings(), &around(&clock)).unwrap();
    (clock, bureau, desk)
}

fn by(kind: IdentifierKind, value: &str) -> Identifier {
    Identifier::parse(kind, value).unwrap()
}

async fn ask(desk: &LiveDesk) -> Result<Option<LiveRecord>, LiveFault> {
    desk.ask(RESOURCE, &by(IdentifierKind::Uscc, USCC)).await
}

#[tokio::test]
async fn an_answer_is_a_record_and_an_unknown_enterprise_is_none() {
    let (_, bureau, desk) = world();
    let record = ask(&desk).await.unwrap().unwrap();
    let body = TaxClearance::decode(record.body.as_slice()).unwrap();
    assert_eq!((body.state(), record.version.as_str()), (ClearanceState::Owing, "20261101100000"));
    let unknown = by(IdentifierKind::Uscc, "92110101MA0000019Y");
    assert_eq!(desk.ask(RESOURCE, &unknown).await, Ok(None));
    // Asked each time, on the same connection, and never counted as calls of the list.
    ask(&desk).await.unwrap();
    assert_eq!((bureau.calls(QUERY), bureau.connections(), bureau.calls("/dj/changes")), (3, 1, 0));
}

#[tokio::test]
async fn what_cannot_be_asked_is_not() {
    let (_, bureau, desk) = world();
    let code = by(IdentifierKind::OrganisationCode, "600037341");
    assert!(desk.ask(RESOURCE, &code).await.is_err());
    assert!(desk.ask("tax-registration", &by(IdentifierKind::Uscc, USCC)).await.is_err());
    assert_eq!(bureau.calls(QUERY), 0);
}

#[tokio::test]
async fn anything_but_a_plain_answer_is_a_fault() {
    let (clock, bureau, desk) = world();
    let other = r#"{"code":"00","data":{"SHXYDM":"92110101MA0000019Y","ZT":"完税","CXSJ":"2026-11-01 10:00:00"}}"#;
    for trouble in [
        Trouble::Code("9001"),
        Trouble::Status(500),
        Trouble::Cut,
        Trouble::Garbled,
        Trouble::Text(r#"{"code":"00"}"#.to_owned()),
        Trouble::Text(r#"{"code":"01","data":null}"#.to_owned()),
        Trouble::Text(r#"{"data":null}"#.to_owned()),
        Trouble::Text(r#"{"code":"00","data":{}}"#.to_owned()),
        Trouble::Text(other.to_owned()),
    ] {
        bureau.trouble(QUERY, [trouble.clone()]);
        let fault = ask(&desk).await.unwrap_err();
        assert!(!fault.message.contains("MA0000019Y"), "{trouble:?}");
        assert!(ask(&desk).await.unwrap().is_some(), "{trouble:?}");
        clock.advance(TimeDelta::seconds(1));
    }
}

#[tokio::test]
async fn a_department_that_does_not_answer_is_given_up_in_time() {
    let (_, bureau, desk) = world();
    let desk = desk.limited(Duration::from_millis(300));
    ask(&desk).await.unwrap();
    bureau.trouble(QUERY, [Trouble::Silent]);
    assert!(ask(&desk).await.unwrap_err().message.contains("no answer within"));
    assert!(ask(&desk).await.unwrap().is_some());
}

#[tokio::test]
async fn a_department_that_fails_is_left_alone_until_a_probe_goes_well() {
    let (clock, bureau, desk) = world();
    bureau.trouble(QUERY, all(&Trouble::Status(503), 6));
    for _ in 0..5 {
        ask(&desk).await.unwrap_err();
    }
    assert_eq!(ask(&desk).await.unwrap_err().retry_after, Duration::from_secs(10));
    assert_eq!(bureau.calls(QUERY), 5);
    clock.advance(TimeDelta::seconds(10));
    ask(&desk).await.unwrap_err();
    ask(&desk).await.unwrap_err();
    assert_eq!(bureau.calls(QUERY), 6);
    clock.advance(TimeDelta::seconds(10));
    assert!(ask(&desk).await.unwrap().is_some());
    assert!(ask(&desk).await.unwrap().is_some());
}

#[tokio::test]
async fn a_wish_to_be_left_alone_is_heeded() {
    let (clock, bureau, desk) = world();
    bureau.trouble(QUERY, [Trouble::TooMany(30)]);
    assert_eq!(ask(&desk).await.unwrap_err().retry_after, Duration::from_secs(30));
    clock.advance(TimeDelta::seconds(10));
    assert_eq!(ask(&desk).await.unwrap_err().retry_after, Duration::from_secs(20));
    assert_eq!(bureau.calls(QUERY), 1);
}

#[tokio::test]
async fn one_question_refreshes_the_secret_for_all() {
    let (_, bureau, desk) = world();
    let both = || async { tokio::join!(ask(&desk), ask(&desk), ask(&desk)) };
    let (one, two, three) = both().await;
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(bureau.calls(REFRESH), 1);
    bureau.forget_secrets();
    let (one, two, three) = both().await;
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(bureau.calls(REFRESH), 2);
}

#[tokio::test]
async fn nobody_there_is_a_fault() {
    let (_, bureau, desk) = world();
    drop(bureau);
    assert!(ask(&desk).await.is_err());
}
