//! Which fields of a message may be seen.

use super::{Content, Malformed, append_bytes_field, fields};
use crate::ContractError;
use prost::Name;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use std::{borrow::Cow, collections::BTreeMap};

/// The granted items of a message, ready to be applied to its bytes.
///
/// An item is a field of the message, or `<party>.name` of a party field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// `None` for everything.
    kept: Option<BTreeMap<u32, Kept>>,
}

/// How much of a field is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    Whole,
    /// Only this field of the message inside.
    Part(u32),
}

impl Projection {
    /// Everything: bytes pass untouched, fields of newer versions included.
    #[must_use]
    pub fn all() -> Self {
        Self { kept: None }
    }

    /// The named items of `message`, and nothing else.
    ///
    /// # Errors
    /// [`ContractError::UnknownItem`] for a name that is no item of the message.
    pub fn new<'a>(
        message: &MessageDescriptor,
        items: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, ContractError> {
        let mut kept = BTreeMap::new();
        for item in items {
            let (number, part) = find(message, item).ok_or_else(|| ContractError::UnknownItem {
                message: message.full_name().to_owned(),
                item: item.to_owned(),
            })?;
            if part == Kept::Whole || !kept.contains_key(&number) {
                kept.insert(number, part);
            }
        }
        Ok(Self { kept: Some(kept) })
    }

    /// The part of `body` that may be seen; borrowed when that is all of it. Fields that the message
    /// does not have are dropped unless everything may be seen.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are not a message.
    pub fn project<'a>(&self, body: &'a [u8]) -> Result<Cow<'a, [u8]>, Malformed> {
        match &self.kept {
            None => Ok(Cow::Borrowed(body)),
            Some(kept) => project(kept, body),
        }
    }
}

/// Copies only from the first field on that is not kept whole.
fn project<'a>(kept: &BTreeMap<u32, Kept>, body: &'a [u8]) -> Result<Cow<'a, [u8]>, Malformed> {
    let mut out: Option<Vec<u8>> = None;
    let mut done = 0;
    for field in fields(body) {
        let field = field?;
        let keep = kept.get(&field.number);
        if keep != Some(&Kept::Whole) && out.is_none() {
            out = Some(body.get(..done).unwrap_or_default().to_vec());
        }
        done += field.raw.len();
        match (keep, &mut out) {
            (Some(Kept::Whole), Some(out)) => out.extend_from_slice(field.raw),
            (Some(Kept::Part(part)), Some(out)) => {
                let Content::Bytes(inner) = field.content else { return Err(Malformed) };
                let inner = project(&BTreeMap::from([(*part, Kept::Whole)]), inner)?;
                append_bytes_field(out, field.number, &inner);
            }
            _ => {}
        }
    }
    Ok(out.map_or(Cow::Borrowed(body), Cow::Owned))
}

fn find(message: &MessageDescriptor, item: &str) -> Option<(u32, Kept)> {
    if let Some(field) = message.get_field_by_name(item) {
        return Some((field.number(), Kept::Whole));
    }
    let party = message.get_field_by_name(item.strip_suffix(".name")?)?;
    Some((party.number(), Kept::Part(name_of_party(&party)?)))
}

fn name_of_party(field: &FieldDescriptor) -> Option<u32> {
    match field.kind() {
        Kind::Message(message) if message.full_name() == crate::canonical::v1::Party::full_name() => {
            message.get_field_by_name("name").map(|name| name.number())
        }
        _ => None,
    }
}
