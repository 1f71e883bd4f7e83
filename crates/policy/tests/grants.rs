//! What each limit of a grant refuses, and how quotas count.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use chrono::{DateTime, Duration, FixedOffset, Utc};
use domain::{
    Caller, CallerKind, Identifier, IdentifierKind, Reason, Timestamp,
    catalogue::{Catalogue, Entry, EntryKind, Resource},
};
use policy::{Ask, Denial, Gate, Items, Permit, Use, explain};
use proptest::prelude::*;
use std::sync::Arc;

const RESOURCE: &str = r#"
id = "natural-person"
code = "1/1"
name = "自然人"
department = "public-security"
kind = "record"
message = "m"
sharing = "unconditional"
update_cycle = "daily"
key_items = ["number"]
lookup = [
  { name = "citizen-number", kind = "citizen-number", unique = true },
  { name = "household-number", kind = "household-number", wide = true },
]
item = [
  { name = "name", title = "姓名", type = "text", sensitivity = "personal" },
  { name = "number", title = "号码", type = "text", sensitivity = "personal" },
  { name = "head", title = "户主", type = "party", sensitivity = "personal" },
]
flag = [{ name = "name.private-use", item = "name", at = "intake" }]
"#;

const GRANT: &str = r#"
id = "g1"
consumer = "one-window"
mode = "read"
resources = [{ resource = "natural-person", items = ["name", "head.name"] }]
matters = ["000172149001"]
valid_from = "2026-01-01"
valid_to = "2026-12-31"
quota = { per_second = 2, per_day = 4, per_subject_per_day = 3 }
hours = { days = "mon-fri", from = "08:30", to = "17:30" }
"#;

/// A Monday, 10:00 in UTC+08:00.
fn monday() -> Timestamp {
    DateTime::parse_from_rfc3339("2026-11-02T10:00:00+08:00").unwrap().with_timezone(&Utc)
}

fn offset() -> FixedOffset {
    FixedOffset::east_opt(8 * 3600).unwrap()
}

struct World {
    gate: Gate,
    catalogue: Catalogue,
    caller: Caller,
    by: Identifier,
}

/// A question with what the tests vary.
#[derive(Clone)]
struct Question {
    r#use: Use,
    items: Vec<String>,
    matter: &'static str,
    confirmed: bool,
}

fn question() -> Question {
    Question { r#use: Use::Read, items: vec![], matter: "000172149001", confirmed: false }
}

/// Equal for equal subjects.
fn mark(by: &Identifier) -> u64 {
    by.value().bytes().fold(0, |mark, byte| mark * 31 % 1_000_003 + u64::from(byte))
}

impl World {
    fn with(grants: &[&str]) -> Self {
        let mut catalogue = Catalogue::default();
        catalogue.insert(Entry::parse(EntryKind::Resource, "r", RESOURCE).unwrap());
        for grant in grants {
            catalogue.insert(Entry::parse(EntryKind::Grant, "g", grant).unwrap());
        }
        let by = Identifier::parse(IdentifierKind::CitizenNumber, "110101190001010014").unwrap();
        let caller = Caller::new(CallerKind::Consumer, "one-window").unwrap();
        Self { gate: Gate::new(offset()), catalogue, caller, by }
    }

    fn resource(&self) -> Arc<Resource> {
        Arc::clone(&self.catalogue.resources["natural-person"])
    }

    fn ask(&self, question: &Question, now: Timestamp) -> Result<Permit, Denial> {
        let resource = self.resource();
        let ask = Ask {
            caller: &self.caller,
            r#use: question.r#use,
            resource: &resource,
            by: &self.by,
            items: &question.items,
            matter: question.matter,
            confirmed: question.confirmed,
            mark: mark(&self.by),
        };
        self.gate.admit(&self.catalogue, &ask, now)
    }

    fn reason(&self, question: &Question, now: Timestamp) -> Option<Reason> {
        self.ask(question, now).err().map(|denial| denial.reason)
    }
}

#[test]
fn a_fitting_question_gets_a_permit_for_what_is_granted() {
    let world = World::with(&[GRANT]);
    let permit = world.ask(&question(), monday()).unwrap();
    assert!(permit.items().contains("name") && permit.items().contains("head.name"));
    assert!(!permit.items().contains("head"));
    assert_eq!(permit.withheld(), ["number", "head"]);
    assert!(permit.is_unique() && !permit.shows_key() && permit.shows_flag("name.private-use"));
}

#[test]
fn items_asked_for_by_name_narrow_what_is_shown_but_not_what_is_withheld() {
    let world = World::with(&[GRANT]);
    let permit = world.ask(&Question { items: vec!["head.name".into()], ..question() }, monday()).unwrap();
    assert!(!permit.items().contains("name") && !permit.shows_flag("name.private-use"));
    assert_eq!(permit.withheld(), ["number", "head"]);
}

#[test]
fn each_limit_refuses_with_its_own_reason() {
    let world = World::with(&[GRANT]);
    let item = Question { items: vec!["head".into()], ..question() };
    assert_eq!(world.reason(&item, monday()), Some(Reason::Item));
    let purpose = Question { matter: "000172149002", ..question() };
    assert_eq!(world.reason(&purpose, monday()), Some(Reason::Purpose));
    assert_eq!(world.reason(&question(), monday() - Duration::days(1)), Some(Reason::Hours));
    assert_eq!(world.reason(&question(), monday() + Duration::hours(8)), Some(Reason::Hours));
    assert_eq!(world.reason(&question(), monday() + Duration::days(365)), Some(Reason::Validity));
    assert_eq!(World::with(&[]).reason(&question(), monday()), Some(Reason::NoGrant));
}

#[test]
fn the_last_minute_of_validity_and_hours_counts() {
    let grant = GRANT.replace("days = \"mon-fri\"", "days = \"mon-sun\"").replace("2026-12-31", "2026-11-02");
    let world = World::with(&[&grant]);
    let last = monday() + Duration::minutes(7 * 60 + 29);
    assert_eq!(world.reason(&question(), last), None);
    assert_eq!(world.reason(&question(), monday() + Duration::days(1)), Some(Reason::Validity));
}

#[test]
fn a_match_grant_lets_compare_and_not_see() {
    let grant = GRANT.replace("\"read\"", "\"match\"");
    let world = World::with(&[&grant]);
    assert_eq!(world.reason(&question(), monday()), Some(Reason::Mode));
    assert_eq!(world.reason(&Question { r#use: Use::Match { claims: 1 }, ..question() }, monday()), None);
}

#[test]
fn a_wide_lookup_is_granted_only_by_name() {
    let named = GRANT.replace("matters =", "lookups = [\"household-number\"]\nmatters =");
    for (grant, expected) in [(GRANT, Some(Reason::Lookup)), (named.as_str(), None)] {
        let mut world = World::with(&[grant]);
        world.by = Identifier::parse(IdentifierKind::HouseholdNumber, "H0001").unwrap();
        assert_eq!(world.reason(&question(), monday()), expected);
    }
}

#[test]
fn a_grant_on_confirmation_needs_it() {
    let grant = format!("{GRANT}subjects = {{ confirmation = true }}\n");
    let world = World::with(&[&grant]);
    assert_eq!(world.reason(&question(), monday()), Some(Reason::Subject));
    assert_eq!(world.reason(&Question { confirmed: true, ..question() }, monday()), None);
}

#[test]
fn only_consumers_may_ask() {
    let mut world = World::with(&[GRANT]);
    world.caller = Caller::new(CallerKind::Operator, "one-window").unwrap();
    assert_eq!(world.reason(&question(), monday()), Some(Reason::CallerKind));
}

#[test]
fn a_second_grant_can_allow_what_the_first_does_not() {
    let other = GRANT.replace("\"g1\"", "\"g2\"").replace("000172149001", "000172149002");
    let world = World::with(&[GRANT, &other]);
    let permit = world.ask(&Question { matter: "000172149002", ..question() }, monday()).unwrap();
    assert_eq!(permit.grant().id, "g2");
}

#[test]
fn quotas_are_exact_and_come_back() {
    let world = World::with(&[GRANT]);
    let asks: Vec<_> = (0..3).map(|_| world.reason(&question(), monday())).collect();
    assert_eq!(asks, [None, None, Some(Reason::QuotaSecond)]);
    let later = monday() + Duration::seconds(1);
    assert_eq!(world.reason(&question(), later), None);
    assert_eq!(world.reason(&question(), later), Some(Reason::QuotaSubject));
    assert_eq!(world.reason(&question(), monday() + Duration::days(1)), None);
}

#[test]
fn a_refused_question_is_not_counted() {
    let world = World::with(&[GRANT]);
    let wrong = Question { items: vec!["head".into()], ..question() };
    for _ in 0..10 {
        assert_eq!(world.reason(&wrong, monday()), Some(Reason::Item));
    }
    assert_eq!(world.reason(&question(), monday()), None);
    assert_eq!(world.gate.left(&world.catalogue.grants["g1"], monday()).per_day, Some(3));
}

#[test]
fn each_claim_counts_against_the_subject() {
    let world = World::with(&[GRANT]);
    let two = Question { r#use: Use::Match { claims: 2 }, ..question() };
    assert_eq!(world.reason(&two, monday()), None);
    assert_eq!(world.reason(&two, monday()), Some(Reason::QuotaSubject));
}

#[test]
fn quotas_go_on_where_they_stood_before_a_restart() {
    let before = World::with(&[GRANT]);
    let world = World::with(&[GRANT]);
    let used = |seconds| monday() - Duration::seconds(seconds);
    for seconds in [100, 50, 20] {
        before.ask(&question(), used(seconds)).unwrap();
        let counted = policy::Counted { grant: "g1", subject: Some(mark(&world.by)), weight: 1, at: used(seconds) };
        world.gate.recount(&counted, monday());
    }
    let yesterday = policy::Counted { grant: "g1", subject: None, weight: 1, at: monday() - Duration::days(1) };
    world.gate.recount(&yesterday, monday());
    let grant = &world.catalogue.grants["g1"];
    assert_eq!(world.gate.left(grant, monday()), before.gate.left(grant, monday()));
    assert_eq!(world.reason(&question(), monday()), Some(Reason::QuotaSubject));
}

#[test]
fn a_subject_is_counted_for_each_grant_on_its_own() {
    let other = GRANT.replace("\"g1\"", "\"g2\"").replace("000172149001", "000172149002");
    let world = World::with(&[GRANT, &other]);
    let two = |matter| Question { r#use: Use::Match { claims: 2 }, matter, ..question() };
    assert_eq!(world.reason(&two("000172149001"), monday()), None);
    assert_eq!(world.reason(&two("000172149002"), monday()), None);
    assert_eq!(world.reason(&two("000172149002"), monday()), Some(Reason::QuotaSubject));
    assert_eq!(world.reason(&two("000172149001"), monday()), Some(Reason::QuotaSubject));
}

#[test]
fn a_question_on_two_grants_is_counted_on_both_at_once() {
    let other = GRANT.replace("\"g1\"", "\"g2\"").replace("000172149001", "000172149002");
    let world = World::with(&[GRANT, &other]);
    let resource = world.resource();
    let judged = |matter| {
        let ask = Ask {
            caller: &world.caller,
            r#use: Use::Match { claims: 3 },
            resource: &resource,
            by: &world.by,
            items: &[],
            matter,
            confirmed: false,
            mark: mark(&world.by),
        };
        world.gate.judge(&world.catalogue, &ask, monday()).unwrap()
    };
    let both = || vec![judged("000172149001"), judged("000172149002")];
    assert_eq!(world.gate.count(both(), monday()).unwrap().len(), 2);
    assert_eq!(world.gate.count(both(), monday()).unwrap_err().reason, Reason::QuotaSubject);
    let later = monday() + Duration::seconds(1);
    let one = world.gate.count(vec![judged("000172149002")], later).unwrap_err();
    assert_eq!((one.reason, one.grant.as_deref()), (Reason::QuotaSubject, Some("g2")));
}

#[test]
fn explain_names_every_grant() {
    let other = GRANT.replace("\"g1\"", "\"g2\"").replace("000172149001", "000172149002");
    let world = World::with(&[GRANT, &other]);
    let resource = world.resource();
    let ask = Ask {
        caller: &world.caller,
        r#use: Use::Read,
        resource: &resource,
        by: &world.by,
        items: &[],
        matter: "000172149002",
        confirmed: false,
        mark: mark(&world.by),
    };
    let findings = explain(&world.catalogue, &ask, monday(), offset());
    let reasons: Vec<_> = findings.iter().map(|finding| finding.reason).collect();
    assert_eq!(reasons, [Some(Reason::Purpose), None]);
}

proptest! {
    #[test]
    fn never_more_than_the_daily_quota(gaps in prop::collection::vec(0i64..3, 1..60)) {
        let grant = GRANT.replace("per_second = 2, ", "").replace(", per_subject_per_day = 3", "");
        let world = World::with(&[&grant]);
        let mut now = monday();
        let mut allowed = 0;
        for gap in gaps {
            now += Duration::seconds(gap);
            allowed += usize::from(world.ask(&question(), now).is_ok());
        }
        prop_assert!(allowed <= 4);
    }

    #[test]
    fn what_is_withheld_is_never_contained(names in prop::collection::btree_set("(name|number|head|head\\.name)", 0..4)) {
        let world = World::with(&[GRANT]);
        let names: Vec<String> = names.into_iter().collect();
        let items = Items::from_names(&names);
        for withheld in items.withheld(&world.resource()) {
            prop_assert!(!items.contains(&withheld));
        }
    }
}
