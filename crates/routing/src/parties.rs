//! Which party of a record an identifier must belong to.
//!
//! One kind of identifier can name several parties of a record: buyers and sellers of a contract. A record knows its
//! subjects only by kind and value, so whose they are is read from its body.

use contract::{canonical::v1::Party, message_of, wire};
use domain::{
    Identifier, IdentifierKind,
    catalogue::{LookupRule, Resource},
};
use prost::Message;

/// The parties that a question may find a record by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sought {
    /// Numbers of the parties' fields; `None` when any subject will do.
    fields: Option<Vec<u32>>,
    is_limited: bool,
}

impl Sought {
    /// The parties of the lookups that take an identifier of `kind` and are allowed.
    pub(crate) fn of(resource: &Resource, kind: IdentifierKind, is_allowed: impl Fn(&LookupRule) -> bool) -> Self {
        let (allowed, refused): (Vec<_>, Vec<_>) = resource.lookups_by(kind).partition(|lookup| is_allowed(lookup));
        let item = |lookup: &&LookupRule| resource.parties.get(&lookup.name);
        let is_open = allowed.iter().any(|lookup| item(lookup).is_none());
        let message = message_of(&resource.message);
        let number = |item: &String| Some(message.as_ref()?.get_field_by_name(item)?.number());
        let fields = || allowed.iter().filter_map(item).filter_map(number).collect();
        Self { fields: (!is_open).then(fields), is_limited: !refused.is_empty() }
    }

    /// Whether a record with this body is found by the identifier.
    pub(crate) fn admits(&self, body: &[u8], by: &Identifier) -> bool {
        let Some(numbers) = &self.fields else { return true };
        let fields = wire::fields(body).map_while(Result::ok).filter(|field| numbers.contains(&field.number));
        let parties = fields.filter_map(|field| match field.content {
            wire::Content::Bytes(bytes) => Party::decode(bytes).ok()?.identifier,
            _ => None,
        });
        let mut identifiers = parties;
        identifiers.any(|known| known.kind == by.kind().as_str() && known.value == by.value())
    }

    /// Whether subjects alone say that a record is found. They are all that a withdrawn record has.
    pub(crate) fn is_plain(&self) -> bool {
        self.fields.is_none() || !self.is_limited
    }
}
