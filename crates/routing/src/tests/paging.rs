//! Pages cover everything once, and a token is good for one caller, question and grant.

use super::world::*;
use crate::Method;
use contract::{
    canonical::v1::Shareholding,
    v1::{Outcome, ResolveRequest, ResolveResponse},
};
use domain::{Caller, CallerKind};
use proptest::prelude::*;
use store::ViewReader;

fn ask(page_size: u32) -> ResolveRequest {
    ResolveRequest { page_size, ..resolve("shareholding", "citizen-number", &citizen(1)) }
}

fn keys(response: &ResolveResponse) -> Vec<String> {
    response.records.iter().map(|record| body::<Shareholding>(record).enterprise_source_id).collect()
}

/// All pages of a question.
async fn pages<V: ViewReader>(world: &World<V>, mut request: ResolveRequest) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    loop {
        let response = world.resolve(&request).await;
        assert_eq!(response.outcome(), Outcome::Found);
        pages.push(keys(&response));
        if response.next_page_token.is_empty() {
            return pages;
        }
        request.page_token = response.next_page_token;
    }
}

fn with_shares(grants: &[&str], count: u32) -> Node {
    let mut node = Node::with(grants);
    node.put_all((0..count).map(|n| share(n, 1, investor(1), "1.00")));
    node
}

fn expected(count: u32) -> Vec<String> {
    (0..count).rev().map(|n| format!("P{n}")).collect()
}

#[tokio::test]
async fn without_a_size_a_page_has_fifty_records() {
    let node = with_shares(&[ALL], 120);
    let pages = pages(&node.world, ask(0)).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 20]);
    assert_eq!(pages.concat(), expected(120));
}

#[tokio::test]
async fn a_full_last_page_has_no_token() {
    let node = with_shares(&[ALL], 4);
    assert_eq!(pages(&node.world, ask(2)).await.len(), 2);
}

#[tokio::test]
async fn a_grant_bounds_the_records_of_an_answer() {
    let grant = all_with("max_records = 3");
    let node = with_shares(&[&grant], 7);
    let pages = pages(&node.world, ask(5)).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    assert_eq!(pages.concat(), expected(7));
}

#[tokio::test]
async fn the_size_of_pages_may_change_on_the_way() {
    let node = with_shares(&[ALL], 10);
    let first = node.resolve(&ask(3)).await;
    let rest = node.resolve(&ResolveRequest { page_token: first.next_page_token.clone(), ..ask(100) }).await;
    assert_eq!([keys(&first), keys(&rest)].concat(), expected(10));
}

#[tokio::test]
async fn an_answer_stays_within_three_mebibytes() {
    let mut node = Node::new();
    let long = |n: u32| {
        let mut holder = investor(1);
        holder.name = "名".repeat(100_000);
        share(n, 1, holder, "1.00")
    };
    node.put_all((0..25).map(long));
    let request = ask(1_000);
    let first = node.ask(Method::Resolve, &request).await;
    let crate::Reply::Answer(bytes) = &first.reply else { panic!() };
    assert!(bytes.len() <= 3 << 20);
    let pages = pages(&node.world, request).await;
    assert_eq!(pages.len(), 3);
    assert_eq!(pages.concat(), expected(25));
}

#[tokio::test]
async fn a_token_is_good_for_its_caller_question_and_grant_only() {
    let other_grant = ALL.replace("one-window", "another").replace("\"all\"", "\"other\"");
    let node = with_shares(&[ALL, &other_grant], 10);
    let token = node.resolve(&ask(3)).await.next_page_token;
    let bad = [("page_token", "page-token")];

    let next = ResolveRequest { page_token: token.clone(), ..ask(3) };
    let another = Caller::new(CallerKind::Consumer, "another").unwrap();
    assert_eq!(faults(&node.ask_as(&another, Method::Resolve, &next).await), bad);

    let other_subject = ResolveRequest { by: by("citizen-number", &citizen(2)), ..next.clone() };
    assert_eq!(faults(&node.ask(Method::Resolve, &other_subject).await), bad);
    let other_items = ResolveRequest { items: vec!["holder".into()], ..next.clone() };
    assert_eq!(faults(&node.ask(Method::Resolve, &other_items).await), bad);
    let mut altered = next.clone();
    let last = if altered.page_token.pop() == Some('A') { 'B' } else { 'A' };
    altered.page_token.push(last);
    altered.page_token.insert(0, 'A');
    assert_eq!(faults(&node.ask(Method::Resolve, &altered).await), bad);

    assert_eq!(keys(&node.resolve(&next).await), ["P6", "P5", "P4"]);
    node.directory.set_catalogue(catalogue(&[&all_with("max_records = 9")]));
    assert_eq!(faults(&node.ask(Method::Resolve, &next).await), bad);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn pages_of_any_size_cover_everything_once(seconds in proptest::collection::vec(0..5_i64, 0..30), size in 1..10_u32) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut node = Node::new();
        let shares = seconds.iter().enumerate();
        node.put_all(shares.map(|(n, second)| {
            share(u32::try_from(n).unwrap(), 1, investor(1), "1.00").at_second(*second)
        }));
        let mut order: Vec<_> = seconds.iter().enumerate().map(|(n, second)| (-second, format!("P{n}/1"), n)).collect();
        order.sort();
        let expected: Vec<_> = order.into_iter().map(|(_, _, n)| format!("P{n}")).collect();
        if !expected.is_empty() {
            prop_assert_eq!(runtime.block_on(pages(&node.world, ask(size))).concat(), expected);
        }
    }
}
