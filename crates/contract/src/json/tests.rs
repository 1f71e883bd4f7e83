use super::*;
use crate::{
    canonical::v1::{Identifier, LifeStatus, NaturalPerson, Record},
    pack,
    v1::{Confirmation, Outcome, Purpose, Receipt, RecordView, ResolveRequest, ResolveResponse, StatusRows},
};
use proptest::prelude::*;

fn answer() -> ResolveResponse {
    let person =
        NaturalPerson { name: "示例".into(), life_status: LifeStatus::Dead.into(), ..NaturalPerson::default() };
    let view = RecordView {
        resource: "natural-person".into(),
        body: Some(pack("exchange.canonical.v1.NaturalPerson", person.encode_to_vec())),
        ..RecordView::default()
    };
    ResolveResponse { outcome: Outcome::Found.into(), records: vec![view], ..ResolveResponse::default() }
}

fn refusal(text: &str) -> ContractError {
    decode::<ResolveRequest>(text).unwrap_err()
}

fn member(path: &str, fault: MemberFault) -> ContractError {
    ContractError::Member { path: path.into(), fault }
}

#[test]
fn an_answer_has_proto_names_prefixed_enums_and_open_bodies() {
    let text = r#"{"outcome":"OUTCOME_FOUND","records":[{"resource":"natural-person","body":{"@type":"type.googleapis.com/exchange.canonical.v1.NaturalPerson","name":"示例","life_status":"LIFE_STATUS_DEAD"}}]}"#;
    assert_eq!(encode(&answer()).unwrap(), text);
    assert_eq!(decode::<ResolveResponse>(text).unwrap(), answer());
}

#[test]
fn row_counts_are_numbers_and_zero_is_shown() {
    let rows = StatusRows { read: Some(3), rejected: Some(0), ..StatusRows::default() };
    assert_eq!(encode(&rows).unwrap(), r#"{"read":3,"rejected":0}"#);
}

#[test]
fn long_integers_are_text() {
    assert_eq!(encode(&Receipt { leaf_index: 7, ..Receipt::default() }).unwrap(), r#"{"leaf_index":"7"}"#);
}

#[test]
fn both_spellings_are_read() {
    let snake: ResolveRequest = decode(r#"{"page_size": 5, "max_age": "60s"}"#).unwrap();
    let camel: ResolveRequest = decode(r#"{"pageSize": 5, "maxAge": "60s"}"#).unwrap();
    assert_eq!(snake, camel);
    assert_eq!(snake.max_age.unwrap().seconds, 60);
}

#[test]
fn unknown_members_are_refused_at_any_depth() {
    assert_eq!(refusal(r#"{"resuorce": "x"}"#), member("resuorce", MemberFault::Unknown));
    assert_eq!(
        refusal(r#"{"purpose": {"confirmation": {"sort": "x"}}}"#),
        member("purpose.confirmation.sort", MemberFault::Unknown)
    );
    let body =
        r#"{"records": [{"body": {"@type": "type.googleapis.com/exchange.canonical.v1.NaturalPerson", "nam": "x"}}]}"#;
    assert_eq!(decode::<ResolveResponse>(body).unwrap_err(), member("records[0].body.nam", MemberFault::Unknown));
}

#[test]
fn a_value_in_the_place_of_a_name_is_not_repeated() {
    assert_eq!(refusal(r#"{"by": {"11010519491231002X": 1}}"#), member("by.*", MemberFault::Unknown));
    assert_eq!(refusal(r#"{"张三": 1}"#), member("*", MemberFault::Unknown));
}

#[test]
fn members_given_twice_are_refused_in_either_spelling() {
    assert_eq!(refusal(r#"{"resource": "a", "resource": "a"}"#), member("resource", MemberFault::Duplicate));
    assert_eq!(refusal(r#"{"by": {"kind": "a", "kind": "b"}}"#), member("by.kind", MemberFault::Duplicate));
    assert_eq!(refusal(r#"{"page_size": 1, "pageSize": 1}"#), member("page_size", MemberFault::Duplicate));
}

#[test]
fn nulls_are_refused() {
    assert_eq!(refusal(r#"{"resource": null}"#), member("resource", MemberFault::Null));
    assert_eq!(refusal(r#"{"items": ["a", null]}"#), member("items[1]", MemberFault::Null));
    assert_eq!(refusal("null"), member("", MemberFault::Null));
}

#[test]
fn a_misfit_is_named_without_its_value() {
    assert_eq!(refusal(r#"{"by": {"kind": "a", "value": 110101190001010014}}"#), member("by.value", MemberFault::Type));
    assert_eq!(refusal(r#"{"items": "name"}"#), member("items", MemberFault::Type));
    assert_eq!(refusal(r#"{"max_age": "soon"}"#), member("max_age", MemberFault::Type));
    assert_eq!(refusal("[]"), member("", MemberFault::Type));
    let claims = r#"{"claims": [{"item": "a"}, {"item": 1}]}"#;
    assert_eq!(from_str("VerifyRequest", claims).unwrap_err(), member("claims[1].item", MemberFault::Type));
}

#[test]
fn depth_is_bounded() {
    let text = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(parse(&text), Err(ContractError::Syntax { .. })));
}

#[test]
fn bodies_inside_bodies_are_refused() {
    let mut record = Record::default();
    for _ in 0..10_000 {
        record =
            Record { body: Some(pack("exchange.canonical.v1.Record", record.encode_to_vec())), ..Record::default() };
        if record.encoded_len() > 100_000 {
            break;
        }
    }
    assert!(matches!(encode(&record), Err(ContractError::NoJson { .. })));
}

#[test]
fn a_body_of_an_unknown_type_has_no_json() {
    let record = Record { body: Some(pack("exchange.canonical.v1.Nobody", Vec::new())), ..Record::default() };
    assert!(matches!(encode(&record), Err(ContractError::NoJson { .. })));
}

#[test]
fn values_are_sorted_for_canonical_json() {
    let by = Identifier { kind: "a".into(), value: "b".into() };
    let value = to_value("Identifier", &by.encode_to_vec()).unwrap();
    assert_eq!(value.to_string(), r#"{"kind":"a","value":"b"}"#);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for name in ["Record", "ResolveResponse", "ComposedRecord", "Reject"] {
            let _ = to_string(name, &bytes);
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in r#"[\{\}\[\]":,a-z0-9_@\.\-]{0,60}"#) {
        let _ = from_str("ResolveResponse", &text);
    }

    #[test]
    fn what_is_written_is_read_again(kind in ".*", value in ".*", items in proptest::collection::vec(".*", 0..4), page_size in any::<u32>()) {
        let request = ResolveRequest { by: Some(Identifier { kind, value }), items, page_size, ..ResolveRequest::default() };
        prop_assert_eq!(decode::<ResolveRequest>(&encode(&request).unwrap()).unwrap(), request);
    }
}

/// What the direct way says, checked against the long one; whether the direct way was gone.
fn both_ways<M: Message + Name>(message: &M, more: &[u8]) -> bool {
    let name = M::full_name();
    let bytes = [&message.encode_to_vec(), more].concat();
    let mut value = to_value(&name, &bytes).unwrap();
    value.as_object_mut().unwrap().remove("request_signature");
    let long = canonical(&value).unwrap();
    assert_eq!(canonical_of(&name, &bytes, "request_signature").unwrap(), long);
    direct::canonical(&name, &bytes, "request_signature").is_some()
}

prop_compose! {
    fn any_question()(
        texts in proptest::array::uniform6(any::<String>()),
        items in proptest::collection::vec(any::<String>(), 0..3),
        has_parts in any::<[bool; 2]>(),
        page_size in any::<u32>(),
        signature in any::<Vec<u8>>(),
        confirmed in any::<Option<(String, String)>>(),
    ) -> ResolveRequest {
        let [resource, kind, value, matter, case_number, request_id] = texts;
        let confirmation = confirmed.map(|(kind, reference)| Confirmation { kind, reference });
        let purpose = Purpose { matter, case_number, confirmation, ..Purpose::default() };
        ResolveRequest {
            resource,
            by: has_parts[0].then_some(Identifier { kind, value }),
            items,
            purpose: has_parts[1].then_some(purpose),
            request_id,
            page_size,
            request_signature: signature,
            ..ResolveRequest::default()
        }
    }
}

proptest! {
    #[test]
    fn the_canonical_form_is_the_same_by_the_direct_and_the_long_way(question in any_question()) {
        prop_assert!(both_ways(&question, &[]));
    }

    #[test]
    fn what_is_not_plain_goes_the_long_way(question in any_question(), seconds in 0..1_000_i64) {
        let named = ResolveRequest { resource: "x".into(), ..question.clone() };
        prop_assert!(!both_ways(&named, &named.encode_to_vec()));
        let max_age = Some(prost_types::Duration { seconds, nanos: 0 });
        let aged = ResolveRequest { max_age, ..question.clone() };
        prop_assert!(!both_ways(&aged, &[]));
        // A field of a later version.
        prop_assert!(!both_ways(&question, b"\xf8\x07\x01"));
    }

    #[test]
    fn bytes_that_are_no_message_are_refused_both_ways(bytes in prop_oneof![
        any::<Vec<u8>>(),
        // Tags of the fields with values of any kind behind them.
        proptest::collection::vec((1_u8..16, prop_oneof![Just(0_u8), Just(2)], 0_u8..2), 0..4)
            .prop_map(|fields| fields.iter().flat_map(|(number, kind, value)| [number << 3 | kind, *value]).collect()),
    ]) {
        let name = "exchange.v1.ResolveRequest";
        let long = to_value(name, &bytes).and_then(|value| canonical(&value));
        match canonical_of(name, &bytes, "") {
            Ok(text) => prop_assert_eq!(text, long.unwrap()),
            Err(_) => prop_assert!(long.is_err()),
        }
    }
}
