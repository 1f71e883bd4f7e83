//! Trees of shareholdings.

use super::world::*;
use crate::Method;
use chrono::TimeDelta;
use contract::{
    canonical::v1::Party,
    v1::{Direction, GetEquityRequest, GetEquityResponse, Outcome},
};
use domain::{Clock, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::RecordState;

fn ask(kind: &str, value: &str, direction: Direction, depth: u32) -> GetEquityRequest {
    GetEquityRequest {
        by: by(kind, value),
        direction: direction.into(),
        depth,
        purpose: purpose(),
        ..GetEquityRequest::default()
    }
}

fn up(n: u32, depth: u32) -> GetEquityRequest {
    ask("uscc", &uscc(n), Direction::Up, depth)
}

fn down(n: u32, depth: u32) -> GetEquityRequest {
    ask("uscc", &uscc(n), Direction::Down, depth)
}

/// Names of nodes with their depth, in order.
fn nodes(response: &GetEquityResponse) -> Vec<(String, u32)> {
    let name = |party: &Option<Party>| party.as_ref().map(|party| party.name.clone()).unwrap_or_default();
    response.nodes.iter().map(|node| (name(&node.party), node.depth.unwrap())).collect()
}

/// Holder, enterprise and share of each edge, by name.
fn edges(response: &GetEquityResponse) -> Vec<(String, String, String)> {
    let names: BTreeMap<_, _> = response.nodes.iter().map(|node| &node.id).zip(nodes(response)).collect();
    let edge = |edge: &contract::v1::EquityEdge| {
        (names[&edge.holder].0.clone(), names[&edge.enterprise].0.clone(), edge.share_percent.clone())
    };
    response.edges.iter().map(edge).collect()
}

fn edge(holder: &str, enterprise: &str, share: &str) -> (String, String, String) {
    (holder.into(), enterprise.into(), share.into())
}

fn node(name: &str, depth: u32) -> (String, u32) {
    (name.into(), depth)
}

/// 张1 holds 60 % of 1 and 100 % of 2; 2 holds 40 % of 1; 1 holds 5 % of 2.
fn circle() -> Node {
    let mut world = Node::new();
    world.put(enterprise(1));
    world.put(enterprise(2));
    world.put(share(1, 1, company(2), "40.00"));
    world.put(share(1, 2, investor(1), "60.00"));
    world.put(share(2, 1, investor(1), "95.00"));
    world.put(share(2, 2, company(1), "5.00"));
    world
}

#[tokio::test]
async fn upwards_come_the_holders_largest_share_first() {
    let response = circle().equity(&up(1, 1)).await;
    assert_eq!(response.outcome(), Outcome::Found);
    assert_eq!(nodes(&response), [node("示例1公司", 0), node("张1", 1), node("示例2公司", 1)]);
    let expected = [edge("张1", "示例1公司", "60.00"), edge("示例2公司", "示例1公司", "40.00")];
    assert_eq!(edges(&response), expected);
    assert!(!response.truncated && response.coverage.unwrap().complete);
    assert_eq!((response.edges[0].amount.as_str(), response.edges[0].currency.as_str()), ("1000.00", "CNY"));
    assert_eq!(response.nodes[0].party, Some(company(1)));
    assert_eq!(response.nodes[1].party, Some(investor(1)));
}

#[tokio::test]
async fn cycles_end_and_each_party_is_one_node() {
    let world = circle();
    let response = world.equity(&up(1, 10)).await;
    assert_eq!(nodes(&response).len(), 3);
    let expected: BTreeSet<_> = [
        edge("张1", "示例1公司", "60.00"),
        edge("示例2公司", "示例1公司", "40.00"),
        edge("张1", "示例2公司", "95.00"),
        edge("示例1公司", "示例2公司", "5.00"),
    ]
    .into();
    assert_eq!(edges(&response).into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(response.edges.len(), 4);
    let response = world.equity(&down(1, 10)).await;
    assert_eq!(nodes(&response), [node("示例1公司", 0), node("示例2公司", 1)]);
    assert_eq!(edges(&response), [edge("示例1公司", "示例2公司", "5.00"), edge("示例2公司", "示例1公司", "40.00")]);
}

#[tokio::test]
async fn downwards_come_the_enterprises_of_a_person() {
    let world = circle();
    let response = world.equity(&ask("citizen-number", &citizen(1), Direction::Down, 1)).await;
    assert_eq!(nodes(&response), [node("张1", 0), node("示例2公司", 1), node("示例1公司", 1)]);
    assert_eq!(edges(&response), [edge("张1", "示例2公司", "95.00"), edge("张1", "示例1公司", "60.00")]);
}

#[tokio::test]
async fn a_chain_ends_at_the_depth_asked_for() {
    let mut world = Node::new();
    for n in 0..12 {
        world.put(enterprise(n));
        world.put(share(n, 1, company(n + 1), "100.00"));
    }
    for depth in 1..=10 {
        let response = world.equity(&up(0, depth)).await;
        assert_eq!(response.nodes.len(), depth as usize + 1);
        assert_eq!(response.nodes.last().unwrap().depth, Some(depth));
        assert!(!response.truncated);
    }
}

#[tokio::test]
async fn an_enterprise_is_found_by_registration_number_and_source_key_too() {
    let mut world = Node::new();
    let number = "110000001234568";
    let mut first = enterprise(1);
    first.registration_number = number.into();
    world.put(first);
    let mut held = company(1);
    held.identifier = by("registration-number", number);
    world.put(share(2, 1, held, "10.00"));
    world.put(share(3, 1, company(1), "20.00"));
    for question in [
        down(1, 1),
        ask("registration-number", number, Direction::Down, 1),
        ask("source-key", "P1", Direction::Down, 1),
    ] {
        let response = world.equity(&question).await;
        assert_eq!((response.nodes.len(), response.edges.len()), (3, 2));
        assert_eq!(response.nodes[0].party, Some(company(1)));
    }
    world.put(share(1, 1, investor(1), "1.00"));
    let response = world.equity(&ask("source-key", "P1", Direction::Up, 1)).await;
    assert_eq!(edges(&response), [edge("张1", "示例1公司", "1.00")]);
}

#[tokio::test]
async fn holders_without_number_and_enterprises_without_entry_are_nodes_of_their_own() {
    let mut world = Node::new();
    let nobody = |name: &str| Party { name: name.into(), ..Party::default() };
    world.put(share(1, 1, nobody("甲"), "1.00"));
    world.put(share(1, 2, nobody("甲"), "2.00"));
    let response = world.equity(&ask("source-key", "P1", Direction::Up, 2)).await;
    assert_eq!(nodes(&response), [node("", 0), node("甲", 1), node("甲", 1)]);
    assert_eq!(response.nodes[0].party, None);
}

#[tokio::test]
async fn shares_above_a_whole_are_flagged_on_the_enterprise() {
    let mut world = circle();
    world.put(share(1, 3, investor(2), "0.51"));
    let flagged = |response: &GetEquityResponse| -> Vec<String> {
        let flagged = response.nodes.iter().filter(|node| node.flags == ["shareholding.sum"]);
        flagged.map(|node| node.party.clone().unwrap().name).collect()
    };
    for question in [up(1, 1), up(2, 1), down(2, 1), down(1, 1)] {
        assert_eq!(flagged(&world.equity(&question).await), ["示例1公司"]);
    }
}

#[tokio::test]
async fn a_tree_is_cut_at_two_thousand_nodes() {
    let mut world = Node::new();
    world.put(enterprise(1));
    world.put_all((0..2_500).map(|n| share(1, n, investor(n), &format!("0.{n:04}"))));
    let response = world.equity(&up(1, 1)).await;
    assert!(response.truncated);
    assert_eq!((response.nodes.len(), response.edges.len()), (2_000, 1_999));
    // The largest are in it.
    assert_eq!(response.edges[0].share_percent, "0.2499");
    assert_eq!(response.edges.last().unwrap().share_percent, "0.0501");
}

/// A clock that goes on by a little each time it is read.
struct TickingClock(std::sync::Mutex<Timestamp>);

impl Clock for TickingClock {
    fn now(&self) -> Timestamp {
        let mut now = self.0.lock().unwrap();
        *now += TimeDelta::milliseconds(100);
        *now
    }
}

#[tokio::test]
async fn a_tree_is_cut_after_a_second() {
    let mut world = Node::new();
    world.put(enterprise(1));
    world.put_all((0..100).map(|n| share(1, n, investor(n), "0.10")));
    let clock = std::sync::Arc::new(TickingClock(std::sync::Mutex::new(now())));
    let response: GetEquityResponse = answer(world.ask_by(clock, Method::GetEquity, &up(1, 1)).await);
    assert!(response.truncated && response.nodes.len() > 1 && response.nodes.len() < 20);
}

#[tokio::test]
async fn an_enterprise_without_shares_is_found_alone() {
    let mut world = Node::new();
    world.put(enterprise(1));
    let response = world.equity(&up(1, 3)).await;
    assert_eq!((response.outcome(), nodes(&response)), (Outcome::Found, vec![node("示例1公司", 0)]));
    let mut old = up(1, 3);
    old.max_age = Some(prost_types::Duration { seconds: 1, nanos: 0 });
    assert_eq!(world.equity(&old).await.outcome(), Outcome::Stale);
}

#[tokio::test]
async fn nothing_known_is_judged_in_order() {
    let mut world = Node::new();
    let person = ask("citizen-number", &citizen(1), Direction::Down, 1);
    assert_eq!(world.equity(&person).await.outcome(), Outcome::NotFound);
    assert_eq!(world.equity(&up(1, 1)).await.outcome(), Outcome::NotFound);
    world.withdraw(share(1, 1, investor(1), "1.00"), RecordState::Withdrawn);
    world.withdraw(enterprise(1).into(), RecordState::Withdrawn);
    world.directory.set_intakes(BTreeMap::new());
    let response = world.equity(&person).await;
    assert_eq!((response.outcome(), response.nodes.len()), (Outcome::Withdrawn, 0));
    assert_eq!(world.equity(&up(1, 1)).await.outcome(), Outcome::Withdrawn);
    // A share taken back says nothing of who holds the holder.
    world.withdraw(share(1, 2, company(2), "1.00"), RecordState::Withdrawn);
    assert_eq!(world.equity(&up(2, 1)).await.outcome(), Outcome::NoCoverage);
    assert_eq!(world.equity(&down(2, 1)).await.outcome(), Outcome::Withdrawn);
}

#[tokio::test]
async fn two_enterprises_of_one_code_are_ambiguous() {
    let mut world = Node::new();
    world.put(enterprise(1));
    let twin = contract::canonical::v1::LegalPerson { uscc: uscc(1), source_id: "P9".into(), ..enterprise(1) };
    let subjects = vec![id("uscc", &uscc(1))];
    world.put(Put::new("legal-person", "other", subjects, &twin));
    let response = world.equity(&up(1, 1)).await;
    assert_eq!((response.outcome(), response.nodes.len()), (Outcome::Ambiguous, 0));
}

#[tokio::test]
async fn nodes_and_edges_show_what_is_granted() {
    let grant = r#"
id = "part"
consumer = "one-window"
mode = "read"
matters = ["*"]
resources = [{ resource = "shareholding", items = ["holder.name", "enterprise"] }]
"#;
    let mut world = Node::with(&[grant]);
    world.put(enterprise(1));
    world.put(share(1, 1, investor(1), "200.00"));
    let response = world.equity(&up(1, 1)).await;
    assert_eq!(response.nodes[0].party, Some(company(1)));
    assert_eq!(response.nodes[1].party, Some(Party { name: "张1".into(), ..Party::default() }));
    let edge = &response.edges[0];
    assert_eq!((edge.share_percent.as_str(), edge.amount.as_str(), edge.currency.as_str()), ("", "", ""));
    assert!(response.nodes[0].flags.is_empty());
}

#[tokio::test]
async fn a_holder_of_doubtful_identity_carries_the_flag_of_its_share() {
    let mut world = Node::new();
    world.put(enterprise(1));
    world.put(share(1, 1, investor(1), "60.00").flagged("party.identifier"));
    world.put(share(1, 2, investor(2), "40.00"));
    let flags = |response: GetEquityResponse| response.nodes.into_iter().map(|node| node.flags).collect::<Vec<_>>();
    assert_eq!(flags(world.equity(&up(1, 1)).await), [vec![], vec!["party.identifier".to_owned()], vec![]]);
    let below = ask("citizen-number", &citizen(1), Direction::Down, 1);
    assert_eq!(flags(world.equity(&below).await), [vec!["party.identifier".to_owned()], vec![]]);
}

#[tokio::test]
async fn a_limit_to_divisions_leaves_nothing_as_shares_say_of_none() {
    let mut world = Node::with(&[&all_with("subjects = { divisions = [\"110101\"] }")]);
    world.put(enterprise(1));
    world.put(share(1, 1, investor(1), "1.00"));
    assert_eq!(world.equity(&up(1, 1)).await, world.equity(&up(2, 1)).await);
}
