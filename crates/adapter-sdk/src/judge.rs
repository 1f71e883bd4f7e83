//! The judgement of a row against the newest seen (canonical.md, "Versions").

use crate::{
    hash,
    mapping::{Draft, Effect, Mapping, Rejection, Row, Translated},
    translate,
    uncounted::{OnBus, Uncounted, Which},
};
use domain::{Rule, Version};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use store::{Fresh, Ledger, Seen, StoreError};

/// What a row, or one record of it, ends as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Published,
    Unchanged,
    Superseded,
    Rejected,
    Skipped,
    Waiting,
}

/// Where a row stands, as far as its judgement goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing<'a> {
    /// Intake number of its unit.
    pub(crate) intake: u64,
    /// Number within the unit.
    pub(crate) number: u64,
    /// Whether the unit states all that exists: then every key it speaks of is noted as mentioned.
    pub(crate) full: bool,
    /// The part of the stock the unit speaks of.
    pub(crate) scope: &'a str,
    /// Whether the row comes a second time, long after the rows around it: what was published under a later
    /// version since then stands, even under the same stamp.
    pub(crate) again: bool,
}

/// A judged row.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    pub(crate) content: Content,
    /// What becomes the newest seen once the row is done.
    pub(crate) seen: Vec<(String, String, Seen)>,
    /// What is remembered of its entity.
    pub(crate) memory: Option<(String, Vec<u8>)>,
    /// Rows that waited and are done with this one.
    pub(crate) released: Vec<String>,
}

/// What is in a judged row.
#[derive(Debug)]
pub(crate) enum Content {
    Records(Vec<Weighed>),
    History { about: Option<(&'static str, String)> },
    Skipped(&'static Rule),
    Waiting { rule: &'static Rule, about: Option<(&'static str, String)> },
    Rejected(Rejection),
}

/// A judged record.
#[derive(Debug)]
pub(crate) struct Weighed {
    pub(crate) draft: Draft,
    pub(crate) verdict: Verdict,
    pub(crate) version: Version,
    /// Where it lies on the bus already: published by a run that ended before it could write that down.
    pub(crate) on_bus: Option<OnBus>,
}

/// What is known: the ledger, and over it what rows in flight will make known.
pub(crate) struct Known {
    ledger: Arc<Ledger>,
    /// By resource, of which there are few, and key.
    seen: BTreeMap<String, HashMap<String, (u64, Seen)>>,
    memories: HashMap<String, (u64, Vec<u8>)>,
    uncounted: Uncounted,
    /// There when the ledger was empty at first: then it need not be asked of most keys.
    fresh: Option<Fresh>,
}

impl Known {
    pub(crate) fn new(ledger: Arc<Ledger>, uncounted: Uncounted) -> Self {
        Self { ledger, seen: BTreeMap::new(), memories: HashMap::new(), uncounted, fresh: None }
    }

    /// The same over a ledger that holds nothing seen. From now on nothing becomes seen there that was not first told to
    /// [`Known::expect`].
    pub(crate) fn over_empty(ledger: Arc<Ledger>, uncounted: Uncounted) -> Self {
        Self { fresh: Some(Fresh::empty()), ..Self::new(ledger, uncounted) }
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Lays what a row will make known over the ledger, until [`Known::settle`] hears that it is there.
    pub(crate) fn expect(&mut self, sequence: u64, judged: &Judged) {
        for (resource, key, seen) in &judged.seen {
            if let Some(fresh) = &mut self.fresh {
                fresh.add(&(resource.as_str(), key.as_str()));
            }
            let laid = (sequence, seen.clone());
            if let Some(keys) = self.seen.get_mut(resource) {
                keys.insert(key.clone(), laid);
            } else {
                self.seen.insert(resource.clone(), HashMap::from([(key.clone(), laid)]));
            }
        }
        if let Some((entity, memory)) = &judged.memory {
            self.memories.insert(entity.clone(), (sequence, memory.clone()));
        }
    }

    /// Takes away what rows up to `sequence` laid over the ledger.
    pub(crate) fn settle<'a>(
        &mut self,
        sequence: u64,
        seen: impl Iterator<Item = (&'a str, &'a str)>,
        entities: impl Iterator<Item = &'a str>,
    ) {
        for (resource, key) in seen {
            let Some(keys) = self.seen.get_mut(resource) else { continue };
            // A later row lies over the same key: it stays.
            if let Some((key, laid)) = keys.remove_entry(key).filter(|(_, (last, _))| *last > sequence) {
                keys.insert(key, laid);
            }
        }
        for entity in entities {
            if self.memories.get(entity).is_some_and(|(last, _)| *last <= sequence) {
                self.memories.remove(entity);
            }
        }
    }

    fn seen(&self, resource: &str, key: &str) -> Result<Option<Seen>, StoreError> {
        match self.seen.get(resource).and_then(|keys| keys.get(key)) {
            Some((_, seen)) => Ok(Some(seen.clone())),
            None if self.fresh.as_ref().is_some_and(|fresh| !fresh.may_hold(&(resource, key))) => Ok(None),
            None => self.ledger.seen(resource, key),
        }
    }

    fn memory(&self, entity: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.memories.get(entity) {
            Some((_, memory)) => Ok(Some(memory.clone())),
            None => self.ledger.memory(entity),
        }
    }
}

/// Translates and judges a row.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) fn judge(
    mapping: &dyn Mapping,
    row: &Row<'_>,
    standing: &Standing<'_>,
    known: &Known,
) -> Result<Judged, StoreError> {
    let entity = translate::entity(mapping, row);
    let stored = entity.as_deref().map(|entity| known.memory(entity)).transpose()?.flatten();
    let memory = stored.as_deref().map(|stored| Memory::read(stored).content);
    match translate::translate(mapping, row, memory) {
        Translated::Records { drafts, memory, released } => {
            let mut judged = Judged { released, ..weigh_all(drafts, standing, known, entity.as_deref())? };
            judged.memory = entity.zip(memory).map(|(entity, memory)| {
                let version = judged.newest_version();
                (entity, Memory { version: &version, content: &memory }.write())
            });
            Ok(judged)
        }
        Translated::Waiting { rule, about, memory } => {
            // Nothing of it is published: any record of the entity is newer than what is remembered here.
            let memory = entity.zip(memory).map(|(entity, memory)| {
                let version = stored.as_deref().map(|stored| Memory::read(stored).version).unwrap_or_default();
                (entity, Memory { version, content: &memory }.write())
            });
            Ok(Judged { memory, ..Judged::without_records(Verdict::Waiting, Content::Waiting { rule, about }) })
        }
        Translated::Superseded { about } => {
            let seen = mention(about.as_ref().map(|(resource, key)| (*resource, key.as_str())), standing, known)?;
            Ok(Judged { seen, ..Judged::without_records(Verdict::Superseded, Content::History { about }) })
        }
        Translated::Skipped { rule } => Ok(Judged::without_records(Verdict::Skipped, Content::Skipped(rule))),
        Translated::Rejected(rejection) => reject(rejection, standing, known),
    }
}

/// A row that is rejected; its key counts as mentioned all the same.
pub(crate) fn reject(rejection: Rejection, standing: &Standing<'_>, known: &Known) -> Result<Judged, StoreError> {
    let about = rejection.key.as_deref().map(|key| (rejection.resource, key));
    let seen = mention(about, standing, known)?;
    Ok(Judged { seen, ..Judged::without_records(Verdict::Rejected, Content::Rejected(rejection)) })
}

impl Judged {
    fn without_records(verdict: Verdict, content: Content) -> Self {
        Self { verdict, content, seen: Vec::new(), memory: None, released: Vec::new() }
    }

    /// The records that go out.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Weighed> {
        let records: &[Weighed] = if let Content::Records(records) = &self.content { records } else { &[] };
        records.iter().filter(|record| record.verdict == Verdict::Published)
    }

    fn newest_version(&self) -> String {
        let Content::Records(records) = &self.content else { return String::new() };
        records.iter().map(|record| record.version.as_str()).max().unwrap_or_default().to_owned()
    }
}

/// Judges the records of a row, of an entity or for itself.
fn weigh_all(
    drafts: Vec<Draft>,
    standing: &Standing<'_>,
    known: &Known,
    entity: Option<&str>,
) -> Result<Judged, StoreError> {
    let mut seen = Vec::new();
    let mut records = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let before = known.seen(draft.resource, &draft.key)?;
        let version = Version::new(&draft.stamp, standing.intake, standing.number);
        let digest = hash::of_draft(&draft);
        let which = if entity.is_some() { Which::LastWord(before.as_ref()) } else { Which::Any };
        let on_bus = known.uncounted.take((draft.resource, &draft.key), (&draft.stamp, &digest), which);
        let verdict = match on_bus {
            // What is on the bus is seen.
            Some(_) => Verdict::Published,
            None => weigh(before.as_ref(), &digest, &version, standing.again),
        };
        if on_bus.is_none() && verdict == Verdict::Published {
            known.uncounted.overtaken(draft.resource, &draft.key, &draft.stamp);
        }
        let weighed = if on_bus.is_some() { Verdict::Superseded } else { verdict };
        let after = after(before.as_ref(), weighed, standing, (&draft, digest, &version));
        if let Some(after) = after.filter(|after| before.as_ref() != Some(after)) {
            seen.push((draft.resource.to_owned(), draft.key.clone(), after));
        }
        records.push(Weighed { draft, verdict, version, on_bus });
    }
    // The row's own verdict is the first that applies.
    let verdict = [Verdict::Published, Verdict::Unchanged]
        .into_iter()
        .find(|verdict| records.iter().any(|record| record.verdict == *verdict))
        .unwrap_or(Verdict::Superseded);
    Ok(Judged { seen, ..Judged::without_records(verdict, Content::Records(records)) })
}

fn weigh(before: Option<&Seen>, digest: &[u8; 16], version: &Version, again: bool) -> Verdict {
    match before {
        Some(before) if version.stamp() < before.stamp.as_str() => Verdict::Superseded,
        Some(before) if *digest == before.digest => Verdict::Unchanged,
        Some(before) if again && version.as_str() < before.version.as_str() => Verdict::Superseded,
        _ => Verdict::Published,
    }
}

fn after(
    before: Option<&Seen>,
    verdict: Verdict,
    standing: &Standing<'_>,
    (draft, digest, version): (&Draft, [u8; 16], &Version),
) -> Option<Seen> {
    match verdict {
        Verdict::Published => Some(Seen {
            stamp: draft.stamp.clone(),
            digest,
            current: matches!(draft.effect, Effect::Upsert { .. }),
            scope: standing.scope.to_owned(),
            mentioned: if standing.again { before.map_or(0, |before| before.mentioned) } else { standing.intake },
            version: version.as_str().to_owned(),
        }),
        Verdict::Unchanged => before.map(|before| Seen {
            stamp: draft.stamp.clone(),
            scope: standing.scope.to_owned(),
            mentioned: standing.mentioned(before),
            ..before.clone()
        }),
        _ => before.map(|before| Seen { mentioned: standing.mentioned(before), ..before.clone() }),
    }
}

impl Standing<'_> {
    fn mentioned(&self, before: &Seen) -> u64 {
        if self.full && !self.again { self.intake } else { before.mentioned }
    }
}

/// Notes that a full export spoke of a key, whatever it said.
fn mention(
    about: Option<(&str, &str)>,
    standing: &Standing<'_>,
    known: &Known,
) -> Result<Vec<(String, String, Seen)>, StoreError> {
    let Some((resource, key)) = about.filter(|_| standing.full && !standing.again) else { return Ok(Vec::new()) };
    let before = known.seen(resource, key)?.filter(|before| before.mentioned != standing.intake);
    let after = before.map(|before| Seen { mentioned: standing.intake, ..before });
    Ok(after.map(|after| (resource.to_owned(), key.to_owned(), after)).into_iter().collect())
}

/// A memory as it lies in the ledger: with the version of the row that left it, so that lost state can be put
/// together again from records in any order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Memory<'a> {
    pub(crate) version: &'a str,
    pub(crate) content: &'a [u8],
}

impl<'a> Memory<'a> {
    pub(crate) fn read(stored: &'a [u8]) -> Self {
        let end = memchr::memchr(b'\n', stored).unwrap_or(stored.len());
        let version = std::str::from_utf8(&stored[..end]).unwrap_or_default();
        Self { version, content: stored.get(end + 1..).unwrap_or_default() }
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        [self.version.as_bytes(), b"\n", self.content].concat()
    }
}

#[cfg(test)]
mod tests;
