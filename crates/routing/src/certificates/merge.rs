//! Certificates of all types in one order: newest source time, then key, then type.

use crate::{
    answered::Room,
    find::{Hits, place},
    front::Paging,
    ground::Ground,
    present::Standing,
    resolve::page_limit,
    show::Showing,
    stop::Stop,
    token::Bookmark,
};
use contract::v1::RecordView;
use domain::Identifier;
use policy::Permit;
use store::{Cursor, ViewReader};

/// Fills one page from several listings.
pub(super) struct Merge<'a, V> {
    ground: &'a Ground<'a, V>,
    paging: &'a Paging,
    permits: &'a [Permit],
    bookmark: Bookmark,
    lanes: Vec<Lane<'a, V>>,
}

/// The listing of one type, and its next record.
struct Lane<'a, V> {
    permit: &'a Permit,
    showing: Showing<'a>,
    hits: Hits<'a, V>,
    next: Standing,
}

impl<'a, V: ViewReader> Merge<'a, V> {
    /// An empty page under `permits` that begins at `bookmark`.
    pub(super) fn new(
        ground: &'a Ground<'a, V>,
        paging: &'a Paging,
        permits: &'a [Permit],
        bookmark: Bookmark,
    ) -> Self {
        Self { ground, paging, permits, bookmark, lanes: Vec::new() }
    }

    /// After which record of a type the page begins.
    pub(super) fn place(&self, resource: &str) -> Option<Cursor> {
        self.bookmark.place(resource)
    }

    /// Adds the listing of one type.
    pub(super) async fn add(&mut self, permit: &'a Permit, mut hits: Hits<'a, V>) -> Result<(), Stop> {
        if let Some(next) = hits.next().await? {
            self.lanes.push(Lane { permit, showing: Showing::of_certificates(self.ground, permit)?, hits, next });
        }
        Ok(())
    }

    /// The page, the token of the next, and the people of whom it speaks.
    pub(super) async fn page(mut self) -> Result<(Vec<RecordView>, String, Vec<Identifier>), Stop> {
        let mut people = Vec::new();
        let size = page_limit(self.paging.size, self.lanes.iter().map(|lane| lane.permit));
        let (mut records, mut room) = (Vec::new(), Room::new());
        while let Some(first) = self.first() {
            let lane = &mut self.lanes[first];
            let cursor = lane.next.cursor.clone();
            let record = lane.showing.show(lane.next.clone())?;
            let is_full = records.len() == size || !room.take(&record);
            if is_full && !records.is_empty() {
                return Ok((records, self.paging.seal(self.ground, self.permits, &self.bookmark)?, people));
            }
            self.bookmark.advance(&lane.permit.resource().id, &cursor);
            records.push(record);
            people.append(&mut lane.next.people);
            match lane.hits.next().await? {
                Some(next) => lane.next = next,
                None => drop(self.lanes.remove(first)),
            }
        }
        Ok((records, String::new(), people))
    }

    /// The listing whose next record comes first.
    fn first(&self) -> Option<usize> {
        let order = |lane: &usize| {
            let lane = &self.lanes[*lane];
            (place(&lane.next.cursor), &lane.permit.resource().id)
        };
        (0..self.lanes.len()).min_by(|one, other| order(one).cmp(&order(other)))
    }
}
