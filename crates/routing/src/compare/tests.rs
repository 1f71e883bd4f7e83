use super::*;
use contract::canonical::v1::{
    CertificateStatus, FoodOperationLicence, Identifier as WireIdentifier, Party, Shareholding,
};
use domain::catalogue::{Entry, EntryKind};
use proptest::prelude::*;
use prost::Message;

const LICENCE: &str = include_str!("../../../../deploy/catalogue/resources/food-operation-licence.toml");
const SHARE: &str = include_str!("../../../../deploy/catalogue/resources/shareholding.toml");

fn entry(text: &str) -> Resource {
    match Entry::parse(EntryKind::Resource, "r", text).unwrap() {
        Entry::Resource(resource) => *resource,
        _ => unreachable!(),
    }
}

fn party(name: &str, kind: &str, value: &str) -> Party {
    let identifier = (!value.is_empty()).then(|| WireIdentifier { kind: kind.into(), value: value.into() });
    Party { name: name.into(), identifier, ..Party::default() }
}

fn licence() -> FoodOperationLicence {
    FoodOperationLicence {
        number: "京(2020)第1号".into(),
        holders: vec![party("示例公司", "uscc", "91110000600037341L"), party("李四", "", "")],
        status: CertificateStatus::WithdrawnAsSanction.into(),
        issued_on: "2020-01-31".into(),
        ..FoodOperationLicence::default()
    }
}

fn result(resource: &str, body: &impl Message, item: &str, value: &str) -> ClaimResult {
    let claim = Claim { item: item.into(), value: value.into() };
    compare(&Catalogue::default(), &entry(resource), &body.encode_to_vec(), &[claim]).unwrap()[0]
}

#[test]
fn items_are_compared_by_what_they_are() {
    use ClaimResult::{Match, Mismatch, NotHeld};
    for (item, value, expected) in [
        ("number", "京（2020）第1号", Match),
        ("number", "京(2020)第2号", Mismatch),
        ("issued_on", "2020-01-31", Match),
        ("issued_on", "2020-1-31", Mismatch),
        ("status", "WITHDRAWN_AS_SANCTION", Match),
        ("status", "CERTIFICATE_STATUS_WITHDRAWN_AS_SANCTION", Match),
        ("status", "SANCTION", Mismatch),
        ("status", "UNSPECIFIED", Mismatch),
        ("holders", "91110000600037341l", Match),
        ("holders", "示例公司", Match),
        ("holders", "李四", Match),
        ("holders", "王五", Mismatch),
        ("holders.name", "李四", Match),
        ("holders.name", "91110000600037341L", Mismatch),
        ("valid_to", "2020-01-31", NotHeld),
        ("valid_indefinitely", "true", Mismatch),
        ("valid_indefinitely", "false", Match),
        ("valid_indefinitely", "no", Mismatch),
    ] {
        assert_eq!(result(LICENCE, &licence(), item, value), expected, "{item} {value}");
    }
}

#[test]
fn a_party_without_a_name_does_not_hold_one() {
    let nameless = FoodOperationLicence { holders: vec![party("", "uscc", "91110000600037341L")], ..licence() };
    assert_eq!(result(LICENCE, &nameless, "holders.name", "李四"), ClaimResult::NotHeld);
    let nobody = FoodOperationLicence { holders: vec![], ..licence() };
    assert_eq!(result(LICENCE, &nobody, "holders", "李四"), ClaimResult::NotHeld);
}

#[test]
fn numbers_are_compared_as_numbers() {
    let share = Shareholding { share_percent: "60.00".into(), ..Shareholding::default() };
    for (value, expected) in [("60", ClaimResult::Match), ("60.000", ClaimResult::Match), ("6", ClaimResult::Mismatch)]
    {
        assert_eq!(result(SHARE, &share, "share_percent", value), expected);
    }
    // More digits than a record ever has do not make two numbers equal.
    let odd = Shareholding { share_percent: "about 60".into(), ..Shareholding::default() };
    assert_eq!(result(SHARE, &odd, "share_percent", "60"), ClaimResult::Mismatch);
}

proptest! {
    #[test]
    fn what_a_record_holds_matches_itself(text in "\\PC{1,20}") {
        prop_assume!(!domain::text::trim(&text).is_empty());
        let share = Shareholding { holder_type: text.clone(), ..Shareholding::default() };
        prop_assert_eq!(result(SHARE, &share, "holder_type", &text), ClaimResult::Match);
    }

    #[test]
    fn any_claim_is_judged_without_panic(value in "\\PC{0,20}") {
        for item in ["number", "holders", "holders.name", "status", "valid_indefinitely", "issued_on"] {
            result(LICENCE, &licence(), item, &value);
        }
    }
}
