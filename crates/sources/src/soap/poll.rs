//! One poll, from its first page to its last.

use super::{
    fault::Fault,
    position::{Given, Position, REMEMBERED},
};
use adapter_sdk::{
    formats::xml::{XmlEntity, XmlPage},
    transport::SoapFeed,
};
use chrono::{DurationRound, TimeDelta};
use domain::{Timestamp, date};
use std::collections::BTreeSet;

/// How often a poll is begun anew because the list changed; then it is read to its end as it comes, and the position stays.
const ANEW: u32 = 3;

/// Kind and bytes.
pub(super) type Entity = (String, Vec<u8>);

/// A poll that is under way.
pub(super) struct Poll {
    feed: &'static SoapFeed,
    began: Timestamp,
    /// What it asks for.
    since: String,
    /// Number of the page that comes next.
    page: u32,
    list: Option<List>,
    entities: u64,
    begun_anew: u32,
    /// Whether its pages are of different states of the list.
    is_mixed: bool,
    newest: Newest,
}

/// What all pages of a poll say of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct List {
    pages: Option<u32>,
    total: Option<u64>,
    batch: Option<String>,
}

/// What a page leads to.
pub(super) enum Turn {
    /// Rows that were not given out before.
    Rows { rows: Vec<Entity>, is_last: bool },
    /// The list has changed: the poll begins anew.
    Anew,
}

/// The newest second of a poll, and the rows that will come again with the next one.
struct Newest {
    /// The second asked for.
    asked: Option<Timestamp>,
    /// Later than the time at which the poll began no second is believed: the rows of one in the future come again with every
    /// poll, and hide none.
    horizon: Timestamp,
    second: Option<Timestamp>,
    /// Rows of that second.
    there: BTreeSet<Given>,
    /// Rows outside of what can be asked for: later than the horizon, earlier than asked for, or without a second.
    besides: BTreeSet<Given>,
}

impl Poll {
    /// A poll that begins now.
    pub(super) fn begin(feed: &'static SoapFeed, position: &Position, now: Timestamp) -> Self {
        let since = position.since.clone().unwrap_or_else(|| feed.since.to_owned());
        let newest = Newest::new(position, now);
        let (list, is_mixed) = (None, false);
        Self { feed, began: now, since, page: 1, list, entities: 0, begun_anew: 0, is_mixed, newest }
    }

    /// The same poll from its first page.
    pub(super) fn anew(&self, position: &Position, now: Timestamp) -> Self {
        Self { begun_anew: self.begun_anew + 1, ..Self::begin(self.feed, position, now) }
    }

    pub(super) fn began(&self) -> Timestamp {
        self.began
    }

    pub(super) fn since(&self) -> &str {
        &self.since
    }

    pub(super) fn page(&self) -> u32 {
        self.page
    }

    /// Takes in the page that was asked for; `date` is the server's time.
    pub(super) fn take(&mut self, page: XmlPage, date: Option<Timestamp>, position: &Position) -> Result<Turn, Fault> {
        let list = self.list(&page)?;
        let first = self.list.get_or_insert_with(|| list.clone());
        if *first != list {
            if self.begun_anew < ANEW {
                return Ok(Turn::Anew);
            }
            self.is_mixed = true;
            *first = list;
        }
        self.newest.horizon = self.newest.horizon.min(date.unwrap_or(self.newest.horizon));
        let count = page.entities.len();
        self.entities += count as u64;
        let rows = page.entities.into_iter().filter_map(|entity| self.row(entity, position)).collect();
        let is_last = match self.list.as_ref().and_then(|list| list.pages) {
            Some(pages) => self.page >= pages,
            None => count < usize::try_from(self.feed.page).unwrap_or(usize::MAX),
        };
        self.page += 1;
        Ok(Turn::Rows { rows, is_last })
    }

    /// The position behind the poll, which was read to its end; none where its pages are not one state of the list.
    pub(super) fn into_position(self) -> Option<Position> {
        let total = self.list.and_then(|list| list.total);
        let is_whole = !self.is_mixed && total.is_none_or(|total| total == self.entities);
        is_whole.then(|| self.newest.into_position())
    }

    /// What a page says of the list.
    fn list(&self, page: &XmlPage) -> Result<List, Fault> {
        let names = self.feed.pages;
        let number = |name| page.head(name).map(str::parse::<u32>).transpose().map_err(|_| Fault::NoNumber);
        if number(names.page)?.is_some_and(|page| page != self.page) {
            return Err(Fault::OtherPage);
        }
        let total = number(names.total)?.map(u64::from);
        Ok(List { pages: number(names.pages)?, total, batch: page.head(names.batch).map(str::to_owned) })
    }

    fn row(&mut self, entity: XmlEntity, position: &Position) -> Option<Entity> {
        let XmlEntity { kind, bytes, stamp } = entity;
        let given = Given::of(&bytes);
        self.newest.meet(stamp, given);
        (!position.given.contains(&given)).then_some((kind, bytes))
    }
}

impl Newest {
    fn new(position: &Position, now: Timestamp) -> Self {
        let since = position.since.as_deref().and_then(|since| date::stamp_instant(since, date::local_offset()));
        let (there, besides) = (BTreeSet::new(), BTreeSet::new());
        Self { asked: since, horizon: now, second: since, there, besides }
    }

    fn meet(&mut self, stamp: Option<Timestamp>, given: Given) {
        let second = stamp.and_then(|stamp| stamp.duration_trunc(TimeDelta::seconds(1)).ok());
        match second.filter(|second| *second <= self.horizon && Some(*second) >= self.asked) {
            None => remember(&mut self.besides, given),
            Some(second) if Some(second) == self.second => remember(&mut self.there, given),
            Some(second) if Some(second) > self.second => {
                self.second = Some(second);
                self.there.clear();
                remember(&mut self.there, given);
            }
            // Earlier than the newest: it does not come again.
            Some(_) => {}
        }
    }

    fn into_position(mut self) -> Position {
        for given in std::mem::take(&mut self.besides) {
            remember(&mut self.there, given);
        }
        let local =
            |second: Timestamp| second.with_timezone(&date::local_offset()).format("%Y-%m-%d %H:%M:%S").to_string();
        Position { since: self.second.map(local), given: self.there }
    }
}

fn remember(rows: &mut BTreeSet<Given>, given: Given) {
    if rows.len() < REMEMBERED {
        rows.insert(given);
    }
}
