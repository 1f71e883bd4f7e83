//! What an adapter says is what it declared.

use super::fixtures;
use crate::{
    Adapter, Draft, Effect, Row, Translated, envelope,
    judge::{Verdict, Weighed},
    rules,
};
use contract::canonical::v1::{Record, Source};
use domain::{Rule, Severity, Version};
use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};

/// The department's id, resources and rules can stand in catalogue, messages and documents.
///
/// # Panics
/// When one cannot.
pub fn department_is_well_formed(adapter: &Adapter, _folder: &Path) {
    let department = adapter.mapping.department();
    assert!(domain::caller::is_id(department.id), "department id {}", department.id);
    assert!(!department.system.is_empty() && !department.mapping_version.is_empty() && !department.encoding.is_empty());
    assert!(!department.resources.is_empty());
    for resource in department.resources {
        assert!(domain::caller::is_id(resource.id), "resource id {}", resource.id);
        assert!(contract::message_of(resource.message).is_some(), "unknown message {}", resource.message);
    }
    let ids: BTreeSet<&str> = department.rules.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), department.rules.len(), "a rule is declared twice");
    for rule in department.rules {
        assert!(rules::is_well_formed(rule), "rule {}", rule.id);
        let shared = rules::ALL.iter().find(|shared| shared.id == rule.id);
        assert!(shared.is_none_or(|shared| shared == rule), "rule {} is declared anew, use the shared one", rule.id);
    }
}

/// Bodies are messages of their resource, flags and rules are declared with the severity they are used with.
///
/// # Panics
/// When a fixture's row says something that is not declared.
pub fn bodies_flags_and_rules_are_declared(adapter: &Adapter, folder: &Path) {
    let declared = |id: &str, severity| {
        adapter.mapping.department().rules.iter().any(|rule| rule.id == id && rule.severity == severity)
    };
    each_row(adapter, folder, |_, _, translated| match translated {
        Translated::Records { drafts, .. } => {
            for draft in drafts {
                body_is_declared(adapter, draft);
                for flag in &draft.flags {
                    assert!(declared(flag, Severity::Flag), "flag {flag} is not declared");
                }
                assert!(draft.flags.is_sorted_by(|a, b| a < b), "flags are not in order: {:?}", draft.flags);
                assert!(!draft.subjects.is_empty(), "a record of {} is found by nothing", draft.resource);
            }
        }
        Translated::Rejected(rejection) => {
            assert_ne!(rejection.rule, &rules::MAPPING_FAILED, "the mapping fails");
            assert!(declared(rejection.rule.id, Severity::Reject), "rule {} is not declared", rejection.rule.id);
        }
        Translated::Skipped { rule } | Translated::Waiting { rule, .. } => {
            let rules: &[&Rule] = adapter.mapping.department().rules;
            assert!(rules.contains(rule), "rule {} is not declared", rule.id);
        }
        Translated::Superseded { .. } => {}
    });
}

/// A reject can be driven again from its original bytes.
///
/// # Panics
/// When the same bytes are refused otherwise the second time.
pub fn rejects_translate_to_the_same_reject(adapter: &Adapter, folder: &Path) {
    each_row(adapter, folder, |row, memory, translated| {
        if matches!(translated, Translated::Rejected(_)) {
            let original = row.bytes.to_vec();
            let again = adapter.mapping.translate(&Row { bytes: &original, ..*row }, memory);
            assert_eq!(&again, translated);
        }
    });
}

/// What is recalled from a row's records means the same as what the row left in memory, as does nothing where no record recalls
/// anything: the same row says the same records. The memory itself may know less, where a record does not tell.
///
/// # Panics
/// When an adapter that lost its state would translate the same row otherwise.
pub fn recalled_memory_means_the_same(adapter: &Adapter, folder: &Path) {
    each_row(adapter, folder, |row, _, translated| {
        let Translated::Records { drafts, memory: Some(memory), .. } = translated else { return };
        let records = drafts.iter().map(|draft| envelope_of(adapter, draft));
        let recalled = records.filter_map(|record| adapter.mapping.recall(&record)).last();
        if let Some((entity, _)) = &recalled {
            assert_eq!(Some(entity), adapter.mapping.entity(row).as_ref());
        }
        let recalled = recalled.as_ref().map(|(_, memory)| memory.as_slice());
        assert_eq!(said(adapter.mapping.translate(row, recalled)), said(adapter.mapping.translate(row, Some(memory))));
    });
}

fn said(translated: Translated) -> Translated {
    match translated {
        Translated::Records { drafts, released, .. } => Translated::Records { drafts, memory: None, released },
        other => other,
    }
}

fn body_is_declared(adapter: &Adapter, draft: &Draft) {
    let resources = adapter.mapping.department().resources;
    let resource = resources.iter().find(|resource| resource.id == draft.resource);
    let resource = resource.unwrap_or_else(|| panic!("resource {} is not declared", draft.resource));
    if let Effect::Upsert { message, body } = &draft.effect {
        assert_eq!(message, resource.message, "message of {}", resource.id);
        if let Err(error) = contract::json::to_value(message, body) {
            panic!("a body of {} is no {message}: {error}", resource.id);
        }
    }
}

fn envelope_of(adapter: &Adapter, draft: &Draft) -> Record {
    let version = Version::new(&draft.stamp, 1, 1);
    let weighed = Weighed { draft: draft.clone(), verdict: Verdict::Published, version, on_bus: None };
    envelope::record(adapter.mapping.department(), &weighed, Source::default(), None)
}

/// Translates the rows of all fixtures in order, each with what the rows before it left in memory.
fn each_row(adapter: &Adapter, folder: &Path, mut look: impl FnMut(&Row<'_>, Option<&[u8]>, &Translated)) {
    let mut memories: HashMap<String, Vec<u8>> = HashMap::new();
    for sample in fixtures::all_rows(adapter, folder) {
        let row = sample.row(&sample.framed.bytes);
        let entity = adapter.mapping.entity(&row);
        let before = entity.as_ref().and_then(|entity| memories.get(entity)).cloned();
        let translated = adapter.mapping.translate(&row, before.as_deref());
        look(&row, before.as_deref(), &translated);
        let left = match translated {
            Translated::Records { memory, .. } | Translated::Waiting { memory, .. } => memory,
            _ => None,
        };
        memories.extend(entity.zip(left));
    }
}
