//! The only way to a record: with a permit.

use crate::{
    parties::Sought,
    stop::{Away, Stop},
};
use contract::{canonical::v1::Record, message_of, wire};
use domain::{Identifier, Timestamp};
use policy::Permit;
use prost::Message;
use store::{Cursor, Index, Lookup, RecordState, StoredRecord, ViewReader};

/// The view, closed to everybody without a permit.
pub(crate) struct Shelf<V>(V);

impl<V> Shelf<V> {
    /// Closes a view.
    pub(crate) fn new(view: V) -> Self {
        Self(view)
    }

    /// A reader of what `permit` allows.
    pub(crate) fn reader<'a>(&'a self, permit: &'a Permit) -> Reader<'a, V> {
        Reader { view: &self.0, permit }
    }
}

/// Reads records for one question.
pub(crate) struct Reader<'a, V> {
    view: &'a V,
    permit: &'a Permit,
}

impl<V> Clone for Reader<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Reader<'_, V> {}

/// A record as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    /// Where a listing that ends with it goes on.
    pub(crate) cursor: Cursor,
    /// Its envelope.
    pub(crate) record: Box<Record>,
}

impl Held {
    fn read(resource: &str, stored: &StoredRecord) -> Result<Self, Stop> {
        let damaged = || Away::Damaged(resource.to_owned());
        let record = Box::new(Record::decode(stored.envelope.clone()).map_err(|_| damaged())?);
        if record.body.is_none() {
            return Err(damaged().into());
        }
        Ok(Self { cursor: stored.cursor(), record })
    }

    /// The bytes of its body.
    pub(crate) fn body(&self) -> &[u8] {
        self.record.body.as_ref().map(|body| body.value.as_slice()).unwrap_or_default()
    }
}

/// Which records: by what, in which order of reading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The identifier.
    pub(crate) by: &'a Identifier,
    /// After this one.
    pub(crate) after: Option<&'a Cursor>,
    /// At most so many are looked at.
    pub(crate) limit: usize,
}

/// Some records, and where the listing goes on if there are more.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// In order.
    pub(crate) records: Vec<Held>,
    /// After the last one looked at.
    pub(crate) next: Option<Cursor>,
}

impl<'a, V: ViewReader> Reader<'a, V> {
    /// The permit.
    pub(crate) fn permit(&self) -> &'a Permit {
        self.permit
    }

    /// Current records of the permit's resource; those outside its divisions, and those in which the identifier is
    /// only of a party that the grant's lookups are not for, are not there.
    pub(crate) async fn current(&self, wanted: Wanted<'_>) -> Result<Batch, Stop> {
        let resource = self.permit.resource();
        let mut batch = self.read(&resource.id, Index::Subject, wanted).await?;
        let sought = self.sought(wanted.by);
        batch.records.retain(|held| sought.admits(held.body(), wanted.by));
        if !self.permit.divisions().is_empty() {
            let field = resource
                .division_item
                .as_deref()
                .and_then(|item| Some(message_of(&resource.message)?.get_field_by_name(item)?.number()));
            batch.records.retain(|held| {
                field.and_then(|field| wire::string_field(held.body(), field)).is_some_and(|code| self.is_inside(code))
            });
        }
        Ok(batch)
    }

    /// Current records of another resource, to be joined to those of the permit's. Divisions are not
    /// looked at: what is joined follows the record it is joined to.
    pub(crate) async fn joined(&self, resource: &str, index: Index, wanted: Wanted<'_>) -> Result<Batch, Stop> {
        self.read(resource, index, wanted).await
    }

    /// When the newest withdrawn record of `resource` was taken back. A withdrawal says nothing of a
    /// division, so under a limit to divisions there is none; nor does it say which party an identifier is of.
    pub(crate) async fn withdrawn(&self, resource: &str, by: &Identifier) -> Result<Option<Timestamp>, Stop> {
        let is_told = self.permit.resource().id != resource || self.sought(by).is_plain();
        if !self.permit.divisions().is_empty() || !is_told {
            return Ok(None);
        }
        let state = RecordState::Withdrawn;
        let lookup = Lookup { resource, index: Index::Subject, by, state, after: None, limit: 1 };
        let page = self.view.lookup(lookup).await?;
        Ok(page.records.first().map(|record| record.source_time))
    }

    fn sought(&self, by: &Identifier) -> Sought {
        let grant = self.permit.grant();
        Sought::of(self.permit.resource(), by.kind(), |lookup| grant.allows(lookup))
    }

    /// Whether a division code is inside those of the permit.
    pub(crate) fn is_inside(&self, code: &str) -> bool {
        let limits = self.permit.divisions();
        limits.is_empty() || limits.iter().any(|prefix| code.starts_with(prefix.as_str()))
    }

    /// Gives way to other work, and to the time limit, now and then: every time would cost more than the read.
    async fn read(&self, resource: &str, index: Index, wanted: Wanted<'_>) -> Result<Batch, Stop> {
        tokio::task::coop::consume_budget().await;
        let Wanted { by, after, limit } = wanted;
        let lookup = Lookup { resource, index, by, state: RecordState::Current, after, limit };
        let page = self.view.lookup(lookup).await?;
        let next = page.records.last().filter(|_| page.more).map(StoredRecord::cursor);
        let records = page.records.iter().map(|stored| Held::read(resource, stored)).collect::<Result<_, _>>()?;
        Ok(Batch { records, next })
    }
}
