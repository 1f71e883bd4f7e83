use super::*;
use crate::{
    canonical::v1::{CertificateStatus, Identifier, LegalPerson, MarriageCertificate, Party},
    message_of,
};
use proptest::{prelude::*, sample::subsequence};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use std::borrow::Cow;

const ITEMS: &[&str] = &[
    "number",
    "holders",
    "holders.name",
    "issuer",
    "status",
    "valid_indefinitely",
    "husband",
    "husband.name",
    "wife.name",
];

fn party() -> impl Strategy<Value = Party> {
    ("[a-z]{0,4}", proptest::option::of("[0-9]{0,5}"), 0..3_i32).prop_map(|(name, value, kind)| Party {
        name,
        identifier: value.map(|value| Identifier { kind: "passport".into(), value }),
        kind,
        share: String::new(),
    })
}

fn certificate() -> impl Strategy<Value = MarriageCertificate> {
    let parties =
        (proptest::collection::vec(party(), 0..4), proptest::option::of(party()), proptest::option::of(party()));
    (".{0,5}", ".{0,5}", parties, 0..12_i32, any::<bool>()).prop_map(
        |(number, issuer, (holders, husband, wife), status, valid_indefinitely)| MarriageCertificate {
            number,
            holders,
            issuer,
            valid_indefinitely,
            status,
            husband,
            wife,
            ..MarriageCertificate::default()
        },
    )
}

/// The same by decoding, clearing and encoding.
fn projected_by_reflection(body: &[u8], items: &[&str]) -> DynamicMessage {
    let descriptor = message_of("MarriageCertificate").unwrap();
    let mut message = DynamicMessage::decode(descriptor.clone(), body).unwrap();
    for field in descriptor.fields() {
        let name_only = items.contains(&format!("{}.name", field.name()).as_str());
        if items.contains(&field.name()) || !message.has_field(&field) {
            continue;
        }
        if !name_only {
            message.clear_field(&field);
            continue;
        }
        match message.get_field_mut(&field) {
            Value::Message(party) => keep_name(party),
            Value::List(parties) => parties.iter_mut().filter_map(Value::as_message_mut).for_each(keep_name),
            _ => {}
        }
    }
    message
}

fn keep_name(party: &mut DynamicMessage) {
    for other in ["identifier", "kind", "share"] {
        party.clear_field_by_name(other);
    }
}

#[test]
fn a_grant_of_everything_passes_the_bytes_untouched() {
    let body = MarriageCertificate { number: "J1".into(), ..MarriageCertificate::default() }.encode_to_vec();
    assert!(matches!(Projection::all().project(&body), Ok(Cow::Borrowed(_))));
    let descriptor = message_of("MarriageCertificate").unwrap();
    let names: Vec<_> = descriptor.fields().map(|field| field.name().to_owned()).collect();
    let projection = Projection::new(&descriptor, names.iter().map(String::as_str)).unwrap();
    assert!(matches!(projection.project(&body), Ok(Cow::Borrowed(_))));
}

#[test]
fn fields_of_a_newer_version_are_dropped_unless_everything_is_granted() {
    let mut body = Vec::new();
    append_string_field(&mut body, 1, "J1");
    let known = body.clone();
    append_string_field(&mut body, 4000, "new");
    let descriptor = message_of("MarriageCertificate").unwrap();
    let named = Projection::new(&descriptor, ["number"]).unwrap();
    assert_eq!(named.project(&body).unwrap(), known);
    assert_eq!(Projection::all().project(&body).unwrap(), body);
}

#[test]
fn names_that_are_no_items_are_refused() {
    let descriptor = message_of("LegalPerson").unwrap();
    for item in ["nam", "name.name", "legal_representative.identifier", "legal_representative.name.name", ""] {
        assert!(
            matches!(Projection::new(&descriptor, [item]), Err(crate::ContractError::UnknownItem { .. })),
            "{item}"
        );
    }
}

#[test]
fn a_party_granted_whole_and_by_name_is_kept_whole() {
    let descriptor = message_of("LegalPerson").unwrap();
    let party = Party { name: "a".into(), share: "1".into(), ..Party::default() };
    let body = LegalPerson { legal_representative: Some(party), ..LegalPerson::default() }.encode_to_vec();
    for items in
        [["legal_representative", "legal_representative.name"], ["legal_representative.name", "legal_representative"]]
    {
        assert_eq!(Projection::new(&descriptor, items).unwrap().project(&body).unwrap(), body);
    }
}

#[test]
fn an_appended_field_overrides() {
    let mut body =
        MarriageCertificate { status: CertificateStatus::Valid.into(), ..Default::default() }.encode_to_vec();
    let expired = CertificateStatus::Expired;
    append_varint_field(&mut body, 10, expired as u64);
    assert_eq!(MarriageCertificate::decode(body.as_slice()).unwrap().status(), expired);
    assert_eq!(varint_field(&body, 10), Some(expired as u64));
}

proptest! {
    #[test]
    fn projection_equals_clearing(certificate in certificate(), items in subsequence(ITEMS, 0..=ITEMS.len())) {
        let body = certificate.encode_to_vec();
        let descriptor = message_of("MarriageCertificate").unwrap();
        let projection = Projection::new(&descriptor, items.iter().copied()).unwrap();
        let projected = projection.project(&body).unwrap();
        let decoded = DynamicMessage::decode(descriptor, &*projected).unwrap();
        prop_assert_eq!(decoded, projected_by_reflection(&body, &items));
    }

    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..80), items in subsequence(ITEMS, 0..=ITEMS.len())) {
        let descriptor = message_of("MarriageCertificate").unwrap();
        let projection = Projection::new(&descriptor, items.iter().copied()).unwrap();
        if let Ok(projected) = projection.project(&body) {
            prop_assert!(projected.len() <= body.len());
            prop_assert_eq!(projection.project(&projected).unwrap(), &*projected);
        }
        for number in 0..20 {
            let _ = (string_field(&body, number), varint_field(&body, number), string_fields(&body, number).count());
        }
    }

    #[test]
    fn what_decodes_also_scans(certificate in certificate()) {
        let body = certificate.encode_to_vec();
        prop_assert_eq!(string_field(&body, 1).unwrap_or_default(), certificate.number);
        prop_assert_eq!(varint_field(&body, 10).unwrap_or_default(), u64::try_from(certificate.status).unwrap());
        let names: Vec<_> = fields(&body).map(Result::unwrap).filter(|field| field.number == 4).map(|field| match field.content {
            Content::Bytes(party) => string_field(party, 1).unwrap_or_default(),
            _ => "",
        }).collect();
        prop_assert_eq!(names, certificate.holders.iter().map(|party| party.name.as_str()).collect::<Vec<_>>());
    }

    #[test]
    fn appended_values_are_read_back(number in 1..1_000_u32, integer in any::<u64>(), text in ".*") {
        let mut body = Vec::new();
        append_varint_field(&mut body, number, 1);
        append_varint_field(&mut body, number, integer);
        append_string_field(&mut body, number + 1, &text);
        prop_assert_eq!(varint_field(&body, number), Some(integer));
        prop_assert_eq!(string_field(&body, number + 1), Some(text.as_str()));
    }
}
