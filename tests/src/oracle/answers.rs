use super::seen::Seen;
use crate::Draft;

/// What a question must be answered with.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<'a> {
    /// These records are current.
    Found(Vec<&'a Draft>),
    /// More than one where there must be one.
    Ambiguous,
    /// Taken back at this time, `yyyyMMddHHmmss`.
    Withdrawn(&'a str),
    /// Nothing.
    NotFound,
}

/// The answer to a question on a lookup that is unique (contract.md, "Order of judgement").
#[must_use]
pub fn answer<'a>(seen: &'a Seen, resource: &str, kind: &str, value: &str) -> Answer<'a> {
    let speaks = |draft: &&Draft| {
        draft.resource == resource && draft.subjects.iter().any(|(k, v)| (*k, v.as_str()) == (kind, value))
    };
    let (current, withdrawn): (Vec<&Draft>, Vec<&Draft>) =
        seen.newest().filter(speaks).partition(|draft| draft.withdrawn.is_none());
    let here: Vec<&Draft> = current.iter().copied().filter(|draft| !is(draft, "LIFE_STATUS_MOVED_OUT")).collect();
    let counted = if here.is_empty() { current } else { here };
    let withdrawn = withdrawn.into_iter().filter(|draft| draft.withdrawn != Some("key.changed"));
    match (counted.len(), withdrawn.map(|draft| draft.stamp.as_str()).max()) {
        (0, Some(stamp)) => Answer::Withdrawn(stamp),
        (0, None) => Answer::NotFound,
        (1, _) => Answer::Found(counted),
        _ => Answer::Ambiguous,
    }
}

fn is(draft: &Draft, state: &str) -> bool {
    draft.body["life_status"] == state
}

/// Members of a household, by citizen number, in order.
#[must_use]
pub fn household<'a>(seen: &'a Seen, number: &str) -> Vec<&'a Draft> {
    let states = ["NORMAL", "IN_SERVICE", "SETTLED_ABROAD", "MISSING", "OTHER"];
    let lives = |draft: &&Draft| states.iter().any(|state| is(draft, &format!("LIFE_STATUS_{state}")));
    let people = seen.current("natural-person").filter(|draft| draft.body["household_number"] == number);
    let mut members: Vec<&Draft> = people.filter(lives).collect();
    members.sort_by_key(|draft| draft.body["citizen_number"].to_string());
    members
}
