//! Households, with what makes them difficult.

use super::world::*;
use contract::{
    canonical::v1::{Household, LifeStatus, NaturalPerson},
    v1::{Outcome, ResolveRequest, ResolveResponse},
};
use store::RecordState;

fn of(n: u32) -> ResolveRequest {
    resolve("household", "citizen-number", &citizen(n))
}

fn numbered(number: &str) -> ResolveRequest {
    resolve("household", "household-number", number)
}

fn household(response: &ResolveResponse) -> Household {
    assert_eq!(response.outcome(), Outcome::Found);
    assert_eq!(response.records.len(), 1);
    body(&response.records[0])
}

/// Numbers of the members, in order.
fn members(household: &Household) -> Vec<String> {
    let parties = household.members.iter().map(|member| member.party.clone().unwrap());
    parties.map(|party| party.identifier.unwrap().value).collect()
}

fn in_state(person: NaturalPerson, state: LifeStatus) -> NaturalPerson {
    NaturalPerson { life_status: state.into(), ..person }
}

fn family(node: &mut Node) {
    node.put(member("r3", &citizen(3), "H1", "20"));
    node.put(member("r1", &citizen(1), "H1", "10"));
    node.put(member("r2", &citizen(2), "H1", "02"));
}

#[tokio::test]
async fn any_member_leads_to_the_whole_household() {
    let mut node = Node::new();
    family(&mut node);
    let response = node.resolve(&of(3)).await;
    let found = household(&response);
    assert_eq!((found.household_number.as_str(), found.division.as_str()), ("H1", "110101"));
    // The head's, not that of whoever was asked for.
    assert_eq!(found.address, "示例路r2号");
    assert_eq!(found.head.as_ref().unwrap().name, "甲r2");
    assert_eq!(members(&found), [citizen(2), citizen(1), citizen(3)]);
    assert_eq!(found.members[1].relation_to_head, "10");
    let record = &response.records[0];
    assert_eq!((record.key.as_str(), record.department.as_str()), ("H1", "public-security"));
    assert!(record.flags.is_empty());
    for other in [of(1), of(2), numbered("H1")] {
        assert_eq!(household(&node.resolve(&other).await), found);
    }
}

#[tokio::test]
async fn version_and_time_are_those_of_the_newest_member() {
    let mut node = Node::new();
    family(&mut node);
    let before = node.resolve(&of(1)).await.records.remove(0);
    node.put(member("r1", &citizen(1), "H1", "10"));
    let after = node.resolve(&of(3)).await.records.remove(0);
    assert!(after.version > before.version);
    assert!(after.source_time.unwrap().seconds > before.source_time.unwrap().seconds);
}

#[tokio::test]
async fn somebody_who_moves_to_another_household_leaves_the_old_one() {
    let mut node = Node::new();
    family(&mut node);
    node.put(member("r3", &citizen(3), "H2", "02"));
    assert_eq!(members(&household(&node.resolve(&of(1)).await)), [citizen(2), citizen(1)]);
    assert_eq!(members(&household(&node.resolve(&of(3)).await)), [citizen(3)]);
}

#[tokio::test]
async fn the_dead_the_moved_out_and_the_withdrawn_are_no_members() {
    let mut node = Node::new();
    family(&mut node);
    node.put(in_state(member("r4", &citizen(4), "H1", "20"), LifeStatus::Dead));
    node.put(in_state(member("r5", &citizen(5), "H1", "20"), LifeStatus::MovedOut));
    node.put(member("r6", &citizen(6), "H1", "20"));
    node.withdraw(member("r6", &citizen(6), "H1", "20").into(), RecordState::Withdrawn);
    for (n, state) in
        [(7, LifeStatus::InService), (8, LifeStatus::SettledAbroad), (9, LifeStatus::Missing), (10, LifeStatus::Other)]
    {
        node.put(in_state(member(&format!("s{n:02}"), &citizen(n), "H1", "20"), state));
    }
    let expected: Vec<_> = [2, 1, 3, 7, 8, 9, 10].map(citizen).into();
    assert_eq!(members(&household(&node.resolve(&numbered("H1")).await)), expected);
    // Who is no member leads to no household.
    assert_eq!(node.resolve(&of(4)).await.outcome(), Outcome::NotFound);
    assert_eq!(node.resolve(&of(5)).await.outcome(), Outcome::NotFound);
    assert_eq!(node.resolve(&of(6)).await.outcome(), Outcome::Withdrawn);
}

#[tokio::test]
async fn without_a_head_the_address_is_that_of_the_first_by_key() {
    let mut node = Node::new();
    node.put(member("r2", &citizen(2), "H1", "20"));
    node.put(member("r1", &citizen(1), "H1", "20"));
    node.put(in_state(member("r0", &citizen(3), "H1", "01"), LifeStatus::Dead));
    let found = household(&node.resolve(&of(2)).await);
    assert_eq!((found.head, found.address.as_str()), (None, "示例路r1号"));
}

#[tokio::test]
async fn two_records_of_the_number_are_ambiguous_unless_one_moved_out() {
    let mut node = Node::new();
    node.put(member("r1", &citizen(1), "H1", "02"));
    node.put(in_state(member("r2", &citizen(1), "H2", "02"), LifeStatus::MovedOut));
    assert_eq!(household(&node.resolve(&of(1)).await).household_number, "H1");
    node.put(member("r3", &citizen(1), "H3", "02"));
    let response = node.resolve(&of(1)).await;
    assert_eq!((response.outcome(), response.records.len()), (Outcome::Ambiguous, 0));
}

#[tokio::test]
async fn nobody_there_and_nobody_with_a_household() {
    let mut node = Node::new();
    node.put(person("r1", &citizen(1)));
    assert_eq!(node.resolve(&of(1)).await.outcome(), Outcome::NotFound);
    assert_eq!(node.resolve(&of(2)).await.outcome(), Outcome::NotFound);
    assert_eq!(node.resolve(&numbered("H9")).await.outcome(), Outcome::NotFound);
    node.directory.set_intakes(std::collections::BTreeMap::new());
    assert_eq!(node.resolve(&numbered("H9")).await.outcome(), Outcome::NoCoverage);
}

fn dormitory(node: &mut Node, count: u32) {
    let relation = |n| if n == 30 { "01" } else { "99" };
    node.put_all((0..count).map(|n| member(&format!("r{n:04}"), &citizen(n), "H1", relation(n)).into()));
}

#[tokio::test]
async fn fifty_members_are_shown() {
    let mut node = Node::new();
    dormitory(&mut node, 50);
    let response = node.resolve(&of(1)).await;
    assert_eq!(household(&response).members.len(), 50);
    assert!(response.records[0].flags.is_empty());
}

#[tokio::test]
async fn of_a_collective_household_only_the_head_and_the_one_asked_for_are_shown() {
    let mut node = Node::new();
    dormitory(&mut node, 700);
    let response = node.resolve(&of(650)).await;
    let found = household(&response);
    assert_eq!(members(&found), [citizen(30), citizen(650)]);
    assert_eq!(found.address, "示例路r0030号");
    assert_eq!(response.records[0].flags, ["household.collective"]);
    assert_eq!(members(&household(&node.resolve(&of(30)).await)), [citizen(30)]);
    assert_eq!(members(&household(&node.resolve(&numbered("H1")).await)), [citizen(30)]);
}

#[tokio::test]
async fn a_grant_of_the_heads_name_shows_only_that() {
    let part = r#"
id = "part"
consumer = "one-window"
mode = "read"
matters = ["*"]
resources = [{ resource = "household", items = ["head.name"] }]
"#;
    let mut node = Node::with(&[part]);
    dormitory(&mut node, 60);
    let response = node.resolve(&of(1)).await;
    let found = household(&response);
    assert_eq!((found.head.as_ref().unwrap().name.as_str(), found.members.len()), ("甲r0030", 0));
    assert_eq!(found.head.unwrap().identifier, None);
    let record = &response.records[0];
    assert_eq!((record.key.as_str(), record.flags.len()), ("", 0));
}

#[tokio::test]
async fn households_outside_the_divisions_of_the_grant_are_not_there() {
    let limited = all_with("subjects = { divisions = [\"110101\"] }");
    let mut node = Node::with(&[&limited]);
    let elsewhere = |key: &str, n, household: &str| NaturalPerson {
        division: "320102".into(),
        ..member(key, &citizen(n), household, "02")
    };
    node.put(elsewhere("r1", 1, "H1"));
    assert_eq!(node.resolve(&of(1)).await.outcome(), Outcome::NotFound);
    assert_eq!(node.resolve(&numbered("H1")).await.outcome(), Outcome::NotFound);
    // One of two is outside: what is left is not ambiguous.
    node.put(member("r2", &citizen(1), "H2", "02"));
    assert_eq!(household(&node.resolve(&of(1)).await).household_number, "H2");
}
