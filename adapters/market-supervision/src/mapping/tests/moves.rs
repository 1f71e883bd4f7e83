//! What rows of one enterprise make of each other.
use super::*;

const EARLY: (&str, &str) = ("S_EXT_DATATIME", "2026-11-01 00:00:00");
const LATE: (&str, &str) = ("S_EXT_DATATIME", "2026-11-02 00:00:00");
const NO_USCC: (&str, &str) = ("UNISCID", "");

/// The outcomes of rows in order, one memory passed on from each to the next.
fn run(rows: &[&[(&str, &str)]]) -> Vec<Translated> {
    let mut memory: Option<Vec<u8>> = None;
    let step = |row: &&[(&str, &str)]| {
        let outcome = translate_with(&ent(row), memory.as_deref());
        if let Translated::Records { memory: Some(next), .. } = &outcome {
            memory = Some(next.clone());
        }
        outcome
    };
    rows.iter().map(step).collect()
}

/// `resource key` of each draft, a withdrawal with its reason.
fn summary(outcome: &Translated) -> Vec<String> {
    match outcome {
        Translated::Records { drafts, .. } => drafts.iter().map(line).collect(),
        Translated::Superseded { about: Some((resource, key)) } => vec![format!("superseded {resource} {key}")],
        other => panic!("{other:?}"),
    }
}

fn line(draft: &Draft) -> String {
    match draft.effect {
        Effect::Upsert { .. } => format!("{} {}", draft.resource, draft.key),
        Effect::Withdraw { reason } => format!("{reason} {} {}", draft.resource, draft.key),
    }
}

fn published_under(key: &str) -> Vec<String> {
    vec![format!("legal-person {key}"), format!("business-licence {key}")]
}

fn moved(from: &str, to: &str) -> Vec<String> {
    let withdrawn = [format!("key.changed legal-person {from}"), format!("key.changed business-licence {from}")];
    published_under(to).into_iter().chain(withdrawn).collect()
}

fn drafts(outcome: &Translated) -> &[Draft] {
    match outcome {
        Translated::Records { drafts, .. } => drafts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_enterprise_that_gets_a_credit_code_moves_to_it() {
    let outcomes = run(&[&[NO_USCC, EARLY], &[LATE]]);
    assert_eq!(summary(&outcomes[0]), published_under(REGNO));
    assert_eq!(summary(&outcomes[1]), moved(REGNO, USCC));
    let withdrawn = &drafts(&outcomes[1])[2];
    assert_eq!(subjects(withdrawn)[0], ("registration-number", REGNO.to_owned()));
    assert_eq!(withdrawn.stamp, "20261102000000");
}

#[test]
fn a_move_within_one_time_goes_to_the_later_row() {
    assert_eq!(summary(&run(&[&[NO_USCC], &[]])[1]), moved(REGNO, USCC));
}

#[test]
fn after_the_move_an_older_row_without_credit_code_is_superseded() {
    let outcomes = run(&[&[NO_USCC, EARLY], &[LATE], &[NO_USCC, EARLY]]);
    // Told under the known code with its old stamp: the newest seen of that key refuses it.
    assert_eq!(summary(&outcomes[2]), published_under(USCC));
    assert!(drafts(&outcomes[2]).iter().all(|draft| draft.stamp == "20261101000000"));
    assert!(matches!(&outcomes[2], Translated::Records { memory: None, .. }));
}

#[test]
fn after_the_move_a_newer_row_without_credit_code_is_published_under_it() {
    let outcomes = run(&[&[EARLY], &[NO_USCC, LATE]]);
    assert_eq!(summary(&outcomes[1]), published_under(USCC));
    let draft = &drafts(&outcomes[1])[0];
    assert_eq!(body::<LegalPerson>(draft).uscc, USCC);
    assert!(draft.flags.is_empty());
    assert_eq!(subjects(draft)[0], ("uscc", USCC.to_owned()));
    assert_eq!(subjects(&drafts(&outcomes[1])[1])[0], ("certificate-number", USCC.to_owned()));
}

#[test]
fn an_older_row_with_credit_code_does_not_move_a_newer_one() {
    let outcomes = run(&[&[NO_USCC, LATE], &[EARLY], &[("S_EXT_DATATIME", "20261103000000")]]);
    assert_eq!(summary(&outcomes[1]), [format!("superseded legal-person {REGNO}")]);
    assert_eq!(summary(&outcomes[2]), moved(REGNO, USCC));
}

#[test]
fn changed_numbers_move_as_well() {
    assert_eq!(summary(&run(&[&[EARLY], &[("UNISCID", OTHER_USCC), LATE]])[1]), moved(USCC, OTHER_USCC));
    let outcomes = run(&[&[NO_USCC, EARLY], &[NO_USCC, ("REGNO", OTHER_REGNO), LATE], &[NO_USCC, EARLY]]);
    assert_eq!(summary(&outcomes[1]), moved(REGNO, OTHER_REGNO));
    assert_eq!(summary(&outcomes[2]), [format!("superseded legal-person {OTHER_REGNO}")]);
}

#[test]
fn a_row_without_any_number_is_rejected_even_of_a_known_enterprise() {
    let outcomes = run(&[&[EARLY], &[NO_USCC, ("REGNO", ""), LATE]]);
    assert!(matches!(&outcomes[1], Translated::Rejected(rejection) if rejection.rule.id == "uscc.absent"));
}

#[test]
fn representatives_that_differ_at_one_time_are_a_conflict_of_the_later_row() {
    let flags = |outcome: &Translated| drafts(outcome).iter().map(|draft| draft.flags.clone()).collect::<Vec<_>>();
    let (first, second) = (&[("CERNO", PERSON)][..], &[("CERNO", OTHER_PERSON)][..]);
    let outcomes = run(&[first, second, second, &[("CERNO", "")]]);
    assert_eq!(flags(&outcomes[0]), [vec![], vec![]] as [Vec<&str>; 2]);
    assert_eq!(flags(&outcomes[1]), [vec!["legal-rep.conflict"], vec![]]);
    assert_eq!(flags(&outcomes[2]), flags(&outcomes[1]), "the same row again changes nothing");
    assert_eq!(flags(&outcomes[3]), flags(&outcomes[1]), "no number is no agreement");
    let calm = run(&[first, &[("CERNO", OTHER_PERSON), LATE], &[("CERNO", ""), LATE]]);
    assert!(calm.iter().all(|outcome| flags(outcome).concat().is_empty()), "another time, another representative");
}

#[test]
fn memory_keeps_no_number_of_a_person_and_is_rebuilt_from_the_record() {
    for row in [&[][..], &[NO_USCC], &[("CERNO", "")], &[("REGNO", "")]] {
        let Translated::Records { drafts, memory: Some(memory), .. } = translate_with(&ent(row), None) else {
            panic!("no memory")
        };
        assert!(!String::from_utf8(memory.clone()).unwrap().contains(PERSON));
        let Effect::Upsert { message, body } = drafts[0].effect.clone() else { panic!("withdrawn") };
        let mut record = canonical::Record {
            resource: drafts[0].resource.to_owned(),
            version: domain::Version::new(&drafts[0].stamp, 1, 1).as_str().to_owned(),
            operation: canonical::Operation::Upsert.into(),
            body: Some(prost_types::Any { type_url: format!("type.googleapis.com/{message}"), value: body }),
            ..canonical::Record::default()
        };
        let recalled = EnterpriseRegister.recall(&record);
        assert_eq!(recalled.clone(), Some(("ent/3201000000000001".to_owned(), memory)));
        // Of a record whose row comes again as much as makes that row mean the same, and a move after it one.
        let noted = EnterpriseRegister.note_on_bus(&record, None).unwrap();
        assert_eq!(EnterpriseRegister.note_on_bus(&record, Some(&noted)), None);
        let drafts_after = |memory: &[u8], row| match translate_with(&ent(row), Some(memory)) {
            Translated::Records { drafts, .. } => drafts,
            other => panic!("no records: {other:?}"),
        };
        assert_eq!(drafts_after(&noted, row), drafts);
        let moved = &[("UNISCID", OTHER_USCC), LATE];
        assert_eq!(drafts_after(&noted, moved), drafts_after(&recalled.clone().unwrap().1, moved));
        record.resource = "business-licence".to_owned();
        assert_eq!(EnterpriseRegister.recall(&record), None);
    }
}

proptest! {
    /// Whatever the order of rows, the enterprise ends under one key, and every other key it had is withdrawn.
    #[test]
    fn one_key_stays(rows in proptest::collection::vec((0usize..3, 0usize..3, 0usize..4), 1..8)) {
        let stamps = ["20261101000000", "20261102000000", "20261103000000"];
        let texts: Vec<[(&str, &str); 3]> = rows
            .iter()
            .map(|(uscc, registration, stamp)| {
                [
                    ("UNISCID", ["", USCC, OTHER_USCC][*uscc]),
                    ("REGNO", [REGNO, OTHER_REGNO, REGNO][*registration]),
                    ("S_EXT_DATATIME", stamps[stamp % 3]),
                ]
            })
            .collect();
        let borrowed: Vec<&[(&str, &str)]> = texts.iter().map(<[_; 3]>::as_slice).collect();
        // The ledger's judgement in small: newest stamp per key, and whether the key is there.
        let mut seen: std::collections::BTreeMap<String, (String, bool)> = std::collections::BTreeMap::new();
        for outcome in run(&borrowed) {
            let Translated::Records { drafts, .. } = outcome else { continue };
            for draft in drafts.into_iter().filter(|draft| draft.resource == "legal-person") {
                let newest = seen.get(&draft.key).map(|(stamp, _)| stamp.clone()).unwrap_or_default();
                if draft.stamp >= newest {
                    seen.insert(draft.key, (draft.stamp, matches!(draft.effect, Effect::Upsert { .. })));
                }
            }
        }
        prop_assert_eq!(seen.values().filter(|(_, there)| *there).count(), 1);
        let (newest, _) = seen.values().find(|(_, there)| *there).unwrap();
        prop_assert_eq!(Some(newest.as_str()), texts.iter().map(|row| row[2].1).max());
    }
}
