use super::*;
use crate::{
    canonical::v1::{Identifier, LifeStatus, NaturalPerson, Record},
    pack,
    v1::{Outcome, Receipt, RecordView, ResolveRequest, ResolveResponse, StatusRows},
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
