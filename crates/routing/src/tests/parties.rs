//! Lookups of one kind of identifier that are for different parties of a record.

use super::world::*;
use crate::Method;
use contract::{
    canonical::v1::{HousingContract, Party},
    v1::{Outcome, ResolveRequest},
};
use domain::Reason;
use store::RecordState;

const CONTRACT: &str = "housing-contract";

fn node(lookups: &str) -> Node {
    let rules = [
        ("buyer", "citizen-number"),
        ("buyer", "uscc"),
        ("seller wide", "citizen-number"),
        ("seller wide", "uscc"),
        ("seller wide", "passport"),
        ("contract", "source-key"),
    ];
    let parties = "[parties]\nbuyer = \"buyers\"\nseller = \"sellers\"";
    let entry = entry(CONTRACT, "record", "HousingContract", &rules, parties);
    Node::holding(&[entry], &[&grant_of(&[CONTRACT], lookups)])
}

fn sale(number: &str, buyers: Vec<Party>, sellers: Vec<Party>) -> Put {
    let parties = buyers.iter().chain(&sellers).filter_map(|party| party.identifier.as_ref());
    let mut subjects: Vec<_> = parties.map(|number| id(&number.kind, &number.value)).collect();
    subjects.push(id("source-key", number));
    let body = HousingContract { contract_number: number.into(), buyers, sellers, ..HousingContract::default() };
    Put::new(CONTRACT, number, subjects, &body)
}

async fn found(node: &Node, kind: &str, value: &str) -> Vec<String> {
    let response = node.resolve(&resolve(CONTRACT, kind, value)).await;
    let outcome = if response.records.is_empty() { Outcome::NotFound } else { Outcome::Found };
    assert_eq!(response.outcome(), outcome);
    response.records.iter().map(|record| body::<HousingContract>(record).contract_number).collect()
}

#[tokio::test]
async fn the_narrow_lookup_never_finds_what_the_subject_only_sold() {
    let mut node = node("");
    node.put(sale("H1", vec![investor(1), investor(2)], vec![company(1)]));
    node.put(sale("H2", vec![investor(3)], vec![investor(1)]));
    node.put(sale("H3", vec![investor(4)], vec![investor(1), investor(5)]));
    assert_eq!(found(&node, "citizen-number", &citizen(1)).await, ["H1"]);
    assert_eq!(found(&node, "citizen-number", &citizen(2)).await, ["H1"]);
    assert!(found(&node, "citizen-number", &citizen(5)).await.is_empty());
    assert!(found(&node, "uscc", &uscc(1)).await.is_empty());
    assert_eq!(found(&node, "source-key", "H2").await, ["H2"]);
    let refused = node.ask(Method::Resolve, &resolve(CONTRACT, "passport", "P1234567")).await;
    assert_eq!(refused.reason, Some(Reason::Lookup));
}

#[tokio::test]
async fn the_wide_lookup_finds_its_own_party_when_it_is_named() {
    let sales = || [sale("H1", vec![investor(1)], vec![company(1)]), sale("H2", vec![investor(3)], vec![investor(1)])];
    let mut sellers = node("lookups = [\"seller\"]");
    sellers.put_all(sales());
    assert_eq!(found(&sellers, "citizen-number", &citizen(1)).await, ["H2"]);
    let mut both = node("lookups = [\"seller\", \"buyer\"]");
    both.put_all(sales());
    assert_eq!(found(&both, "citizen-number", &citizen(1)).await, ["H2", "H1"]);
    assert_eq!(found(&both, "uscc", &uscc(1)).await, ["H1"]);
}

#[tokio::test]
async fn a_withdrawal_is_told_only_where_it_does_not_matter_whose_it_was() {
    let outcome = async |lookups: &str| {
        let mut node = node(lookups);
        let sale = sale("H1", vec![investor(1)], vec![investor(2)]);
        node.put(sale.clone());
        node.withdraw(sale, RecordState::Withdrawn);
        node.resolve(&resolve(CONTRACT, "citizen-number", &citizen(2))).await.outcome()
    };
    assert_eq!(outcome("").await, Outcome::NotFound);
    assert_eq!(outcome("lookups = [\"buyer\", \"seller\"]").await, Outcome::Withdrawn);
}

#[tokio::test]
async fn pages_leave_out_what_is_not_found_by_the_lookup() {
    let mut node = node("");
    let sale = |n: u32| {
        let (buyer, seller) =
            if n.is_multiple_of(70) { (investor(1), investor(2)) } else { (investor(2), investor(1)) };
        sale(&format!("H{n:03}"), vec![buyer], vec![seller])
    };
    node.put_all((0..300).map(sale));
    let mut request = ResolveRequest { page_size: 2, ..resolve(CONTRACT, "citizen-number", &citizen(1)) };
    let mut found = Vec::new();
    loop {
        let page = node.resolve(&request).await;
        found.extend(page.records.iter().map(|record| body::<HousingContract>(record).contract_number));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(found, ["H280", "H210", "H140", "H070", "H000"]);
}
