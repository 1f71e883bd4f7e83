//! Insurance summaries, derived from a person's participations of each insurance over all employers.

use crate::{
    derive::Wish,
    find::place,
    joins::SOCIAL_INSURANCE,
    present::Standing,
    reader::{Batch, Held, Wanted},
    stop::Stop,
};
use contract::canonical::v1::{InsuranceSummary, Party, SocialInsurance};
use domain::Identifier;
use prost::Message;
use std::collections::BTreeMap;
use store::{Cursor, Index, ViewReader};

/// Records read in one go.
const PAGE: usize = 500;
/// Most participations of one person that are read.
const MAX_READ: usize = 10_000;

/// A participation on record.
#[derive(Debug)]
struct Participation {
    held: Held,
    body: SocialInsurance,
}

impl Participation {
    /// The valid ones of which `by` is the insured person; the employer's are no concern of a summary.
    fn read(held: Held, by: &Identifier) -> Option<Self> {
        let body = SocialInsurance::decode(held.body()).ok()?;
        let is_valid = body.valid == Some(true) && is_named(body.insured.as_ref(), by);
        is_valid.then_some(Self { held, body })
    }

    /// First and last month, counted from the year 0; none when one is blank.
    fn period(&self) -> Option<(u32, u32)> {
        month(&self.body.first_month).zip(month(&self.body.last_paid_month)).filter(|(first, last)| first <= last)
    }

    /// The one that decides about the state comes last: by last month, then by day of handling.
    fn rank(&self) -> (&str, &str, &str) {
        (&self.body.last_paid_month, &self.body.handled_on, &self.held.record.version)
    }
}

/// One summary for each insurance that the person has a valid participation of.
pub(crate) async fn find<V: ViewReader>(wish: &Wish<'_, V>) -> Result<Vec<Standing>, Stop> {
    let mut by_insurance: BTreeMap<String, Vec<Participation>> = BTreeMap::new();
    let (mut read, mut after) = (0, None);
    loop {
        let wanted = Wanted { by: wish.by, after: after.as_ref(), limit: PAGE };
        let Batch { records, next } = wish.reader.joined(SOCIAL_INSURANCE, Index::Subject, wanted).await?;
        read += records.len();
        for one in records.into_iter().filter_map(|held| Participation::read(held, wish.by)) {
            by_insurance.entry(one.body.insurance.clone()).or_default().push(one);
        }
        after = next;
        if after.is_none() || read >= MAX_READ {
            break;
        }
    }
    let mut standing: Vec<_> = by_insurance.values().filter_map(|all| summary(wish.by, all)).collect();
    standing.sort_by(|one, other| place(&one.cursor).cmp(&place(&other.cursor)));
    Ok(standing)
}

fn summary(by: &Identifier, all: &[Participation]) -> Option<Standing> {
    let deciding = all.iter().max_by_key(|one| one.rank())?;
    let newest = all.iter().max_by_key(|one| (one.held.cursor.source_time, &one.held.record.version))?;
    let known =
        |month: for<'a> fn(&'a Participation) -> &'a String| all.iter().map(month).filter(|month| !month.is_empty());
    let body = InsuranceSummary {
        insured: deciding.body.insured.clone(),
        insurance: deciding.body.insurance.clone(),
        first_month: known(|one| &one.body.first_month).min().cloned().unwrap_or_default(),
        last_paid_month: known(|one| &one.body.last_paid_month).max().cloned().unwrap_or_default(),
        paid_months: Some(distinct_months(all.iter().filter_map(Participation::period).collect())),
        state: deciding.body.state,
    };
    Some(Standing {
        department: newest.held.record.department.clone(),
        cursor: Cursor {
            source_time: newest.held.cursor.source_time,
            key: format!("{}/{}", by.value(), deciding.body.insurance),
        },
        version: newest.held.record.version.clone(),
        received_at: newest.held.record.received_at,
        flags: Vec::new(),
        body: body.encode_to_vec(),
        people: Vec::new(),
    })
}

/// Months in any of the periods, each counted once.
fn distinct_months(mut periods: Vec<(u32, u32)>) -> u32 {
    periods.sort_unstable();
    let (mut count, mut next) = (0, 0);
    for (first, last) in periods {
        let first = first.max(next);
        if last >= first {
            count += last - first + 1;
            next = last + 1;
        }
    }
    count
}

/// `2020-01` as a number of months.
fn month(text: &str) -> Option<u32> {
    let (year, month) = text.split_once('-')?;
    let (year, month) = (year.parse::<u16>().ok()?, month.parse::<u32>().ok()?);
    (1..=12).contains(&month).then(|| u32::from(year) * 12 + month - 1)
}

fn is_named(party: Option<&Party>, by: &Identifier) -> bool {
    let identifier = party.and_then(|party| party.identifier.as_ref());
    identifier.is_some_and(|identifier| identifier.kind == by.kind().as_str() && identifier.value == by.value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn months_are_counted_over_the_turn_of_the_year() {
        assert_eq!(month("2020-12").unwrap() + 1, month("2021-01").unwrap());
        assert_eq!([month("2020-13"), month("2020-00"), month("2020"), month("")], [None; 4]);
    }

    proptest! {
        #[test]
        fn overlaps_count_once(periods in prop::collection::vec((0_u32..60, 0_u32..12), 0..8)) {
            let periods: Vec<_> = periods.into_iter().map(|(first, length)| (first, first + length)).collect();
            let months: BTreeSet<u32> = periods.iter().flat_map(|(first, last)| *first..=*last).collect();
            prop_assert_eq!(distinct_months(periods) as usize, months.len());
        }
    }
}
