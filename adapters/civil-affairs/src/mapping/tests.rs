use super::*;
use proptest::prelude::*;

const TIME: &str = "2026-03-01 08:00:00.000001";

/// A row of these columns beside the good ones; a later value counts.
fn json(columns: &[(&str, &str)]) -> String {
    let good = [
        ("row_guid", "g1"),
        ("cd_operation", "I"),
        ("cd_time", TIME),
        ("djzh", "J110101-2020-000001"),
        ("hydjywlx", "结婚登记"),
        ("nfxm", "王建国"),
        ("nfgmsfhm", "110101199001010111"),
        ("lfxm", "李秀英"),
        ("lfgmsfhm", "110102199202010229"),
        ("djrq", "20200520000000"),
    ];
    let members: Vec<_> = good.iter().chain(columns).map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
    format!("{{{}}}", members.join(","))
}

fn translate(json: &str, memory: Option<&[u8]>) -> Translated {
    Registrations.translate(&Row { kind: table::NAME, ..Row::of(json.as_bytes()) }, memory)
}

fn written(json: &str, memory: Option<&[u8]>) -> (Draft, Option<Vec<u8>>) {
    match translate(json, memory) {
        Translated::Records { mut drafts, memory, .. } => (drafts.remove(0), memory),
        other => panic!("{other:?}"),
    }
}

fn body(draft: &Draft) -> MarriageCertificate {
    match &draft.effect {
        Effect::Upsert { body, .. } => prost::Message::decode(body.as_slice()).unwrap(),
        Effect::Withdraw { reason } => panic!("withdrawn: {reason}"),
    }
}

#[test]
fn versions_are_ordered_by_time_and_then_by_key() {
    let stamp = |time, key| written(&json(&[("cd_time", time), ("row_guid", key)]), None).0.stamp;
    let in_order = [
        stamp("2026-02-28 23:59:59.999999", "z"),
        stamp("2026-03-01 00:00:00.000000", "0-a"),
        stamp("2026-03-01 00:00:00.000000", "0a"),
        stamp("2026-03-01 00:00:00.000000", "A"),
        stamp("2026-03-01 00:00:00.000000", "a"),
        stamp("2026-03-01 00:00:00.000001", "0"),
    ];
    assert!(in_order.is_sorted_by(|a, b| a < b), "{in_order:?}");
    assert!(in_order.iter().all(|stamp| stamp.len() == 100));
}

#[test]
fn an_older_row_leaves_what_is_remembered_as_it_is() {
    let (_, memory) = written(&json(&[]), None);
    let (late, left) = written(&json(&[("cd_time", "2026-03-01 07:55:00"), ("lfxm", "李")]), memory.as_deref());
    assert_eq!((body(&late).wife.unwrap().name.as_str(), left), ("李", None));
}

#[test]
fn an_annulment_that_names_other_people_says_what_it_says() {
    let (_, memory) = written(&json(&[]), None);
    let annulled =
        [("hydjywlx", "撤销婚姻"), ("lfxm", "赵丽"), ("lfgmsfhm", ""), ("djrq", "20210101"), ("row_guid", "g2")];
    let (draft, _) = written(&json(&annulled), memory.as_deref());
    let wife = body(&draft).wife.unwrap();
    assert_eq!((wife.name.as_str(), wife.identifier), ("赵丽", None));
    assert_eq!(draft.subjects.len(), 2);
}

#[test]
fn an_annulment_taken_back_after_the_state_was_lost_leaves_the_certificate_as_it_was() {
    let (before, memory) = written(&json(&[]), None);
    let (annulled, _) =
        written(&json(&[("hydjywlx", "撤销婚姻"), ("row_guid", "g2"), ("djrq", "20210101")]), memory.as_deref());
    let record = Record {
        resource: MARRIAGE_CERTIFICATE.to_owned(),
        key: annulled.key.clone(),
        version: domain::Version::new(&annulled.stamp, 1, 1).as_str().to_owned(),
        operation: contract::canonical::v1::Operation::Upsert.into(),
        body: Some(contract::pack(
            "exchange.canonical.v1.MarriageCertificate",
            prost::Message::encode_to_vec(&body(&annulled)),
        )),
        ..Record::default()
    };
    let (entity, recalled) = Registrations.recall(&record).unwrap();
    assert_eq!(entity, "J110101-2020-000001");
    let undone = json(&[("hydjywlx", "撤销婚姻"), ("cd_operation", "D"), ("row_guid", "g3")]);
    let (after, _) = written(&undone, Some(&recalled));
    assert_eq!((body(&after), after.subjects), (body(&before), before.subjects));
}

#[test]
fn what_is_withdrawn_is_not_remembered() {
    let (_, memory) = written(&json(&[]), None);
    let (draft, memory) = written(&json(&[("cd_operation", "D"), ("row_guid", "g2")]), memory.as_deref());
    assert_eq!(draft.effect, Effect::Withdraw { reason: "source.cancelled" });
    let annulled = json(&[("hydjywlx", "撤销婚姻"), ("row_guid", "g3"), ("nfgmsfhm", ""), ("lfgmsfhm", "")]);
    assert!(
        matches!(translate(&annulled, memory.as_deref()), Translated::Rejected(rejection) if rejection.rule.id == "party.missing")
    );
}

proptest! {
    #[test]
    fn any_values_translate_to_something(
        columns in prop::collection::vec((0..13_usize, "[0-9XIUD*一-龥 ]{0,20}"), 0..6),
        memory in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let names = ["row_guid", "cd_operation", "cd_time", "djzh", "hydjywlx", "nfxm", "nfgmsfhm", "nfgj", "lfxm", "lfgmsfhm", "lfgj", "djrq", "djjg"];
        let columns: Vec<_> = columns.iter().map(|(place, value)| (names[*place], value.as_str())).collect();
        let _ = translate(&json(&columns), Some(&memory));
    }
}
