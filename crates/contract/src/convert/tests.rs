use super::*;
use domain::catalogue::{Entry, EntryKind};
use proptest::prelude::*;

const RESOURCE: &str = r#"
id = "natural-person"
code = "307010001/000001"
name = "常住人口"
department = "public-security"
kind = "record"
message = "exchange.canonical.v1.NaturalPerson"
summary = "s"
format = "f"
sharing = "conditional"
conditions = "c"
legal_basis = "l"
open = true
update_cycle = "daily"
published_on = "2026-01-01"
related = ["a"]
key_items = ["source_person_id"]
division_item = "division"
[coverage]
from = "2006-01-01"
divisions = ["11"]
complete = "full"
[route]
held = false
live = "x"
upstream = "y"
[[lookup]]
name = "citizen-number"
kind = "citizen-number"
unique = true
wide = true
[parties]
seller = "sellers"
[[source]]
item = "name"
resources = ["a", "b"]
authority = "a"
fields = { b = "c" }
[[item]]
name = "name"
title = "姓名"
type = "text"
sensitivity = "personal"
[[flag]]
name = "name.private-use"
item = "name"
at = "intake"
"#;

const GRANT: &str = r#"
id = "g"
consumer = "one-window"
mode = "read"
resources = [{ resource = "natural-person", items = ["name"] }]
lookups = ["citizen-number"]
matters = ["*"]
matters_reason = "r"
max_records = 3
legal_basis = "l"
valid_from = "2026-01-01"
valid_to = "2026-12-31"
[quota]
per_second = 1
per_day = 2
per_subject_per_day = 3
[hours]
days = "mon-fri"
from = "08:30"
to = "17:30"
[subjects]
divisions = ["11"]
confirmation = true
"#;

#[test]
fn every_key_of_a_resource_reaches_the_wire() {
    let Ok(Entry::Resource(entry)) = Entry::parse(EntryKind::Resource, "r", RESOURCE) else { panic!("resource") };
    let wire = resource(&entry).unwrap();
    assert_eq!(wire.sharing, "conditional");
    assert_eq!(wire.lookup[0].kind, "citizen-number");
    assert_eq!(wire.item[0].r#type, "text");
    assert_eq!(wire.flag[0].at, "intake");
    assert_eq!(wire.coverage.unwrap().complete, "full");
    assert_eq!(wire.published_on, "2026-01-01");
}

#[test]
fn every_key_of_a_grant_reaches_the_wire() {
    let Ok(Entry::Grant(entry)) = Entry::parse(EntryKind::Grant, "g", GRANT) else { panic!("grant") };
    let wire = grant(&entry).unwrap();
    assert_eq!(wire.max_records, 3);
    assert_eq!(wire.quota.unwrap().per_subject_per_day, 3);
    assert_eq!(wire.hours.unwrap().to, "17:30");
    assert!(wire.subjects.unwrap().confirmation);
}

#[test]
fn identifiers_are_normalised_on_the_way_in() {
    let wire = canonical::Identifier { kind: "citizen-number".into(), value: " 11010519491231002x".into() };
    let identifier = Identifier::try_from(&wire).unwrap();
    assert_eq!(identifier.value(), "11010519491231002X");
    assert_eq!(canonical::Identifier::from(&identifier).value, "11010519491231002X");
}

#[test]
fn a_wrong_kind_and_a_wrong_value_are_told_apart() {
    let kind = canonical::Identifier { kind: "shoe-size".into(), value: "42".into() };
    assert_eq!(Identifier::try_from(&kind).unwrap_err(), IdentifierError::Kind);
    let value = canonical::Identifier { kind: "citizen-number".into(), value: "42".into() };
    assert!(matches!(Identifier::try_from(&value).unwrap_err(), IdentifierError::Value(_)));
}

proptest! {
    #[test]
    fn any_wire_timestamp_is_judged(seconds in any::<i64>(), nanos in any::<i32>()) {
        let wire = WireTimestamp { seconds, nanos };
        if let Ok(instant) = from_wire(&wire) {
            prop_assert_eq!(to_wire(instant), wire);
        }
    }

    #[test]
    fn timestamps_of_our_time_come_back(seconds in SECONDS, nanos in 0..1_000_000_000_i32) {
        let wire = WireTimestamp { seconds, nanos };
        prop_assert_eq!(to_wire(from_wire(&wire).unwrap()), wire);
    }
}
