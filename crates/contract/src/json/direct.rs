//! The canonical JSON (RFC 8785) of plain messages, straight from their bytes: every question passes here.
//!
//! What is not plain (maps, bodies, instants, a field given twice, …) is left to the long way; both give the same bytes.

use crate::{
    descriptors::pool,
    wire::{Content, fields},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use std::{
    collections::{BTreeMap, HashMap},
    io::Write as _,
    sync::LazyLock,
};

/// Messages in messages, at most; those that hold themselves are not plain.
const DEPTH: usize = 8;

/// A plain message: its members by name.
struct Shape(Vec<Member>);

struct Member {
    number: u32,
    name: String,
    kind: Plain,
    is_list: bool,
    has_presence: bool,
}

enum Plain {
    Text,
    Bytes,
    Bool,
    Uint32,
    Word(BTreeMap<u64, String>),
    Message(Shape),
    /// Nothing is said of it here.
    Other,
}

/// The canonical JSON of a message without one of its members; `None` where the long way must be gone.
pub(super) fn canonical(message: &str, bytes: &[u8], without: &str) -> Option<Vec<u8>> {
    static SHAPES: LazyLock<HashMap<String, Shape>> = LazyLock::new(|| {
        let all = pool().all_messages();
        all.filter_map(|message| Some((message.full_name().to_owned(), Shape::of(&message, DEPTH)?))).collect()
    });
    let mut text = Vec::with_capacity(bytes.len() * 2);
    SHAPES.get(message)?.write(bytes, without, &mut text)?;
    Some(text)
}

impl Shape {
    fn of(message: &MessageDescriptor, depth: usize) -> Option<Self> {
        if depth == 0 || message.full_name().starts_with("google.") {
            return None;
        }
        let mut members: Vec<_> = message.fields().map(|field| Member::of(&field, depth)).collect();
        members.sort_by(|one, other| one.name.cmp(&other.name));
        Some(Self(members))
    }

    fn write(&self, bytes: &[u8], without: &str, text: &mut Vec<u8>) -> Option<()> {
        let mut found = Vec::new();
        for field in fields(bytes) {
            let field = field.ok()?;
            found.push((self.0.iter().position(|member| member.number == field.number)?, field.content));
        }
        // Those of a list stay in their order.
        found.sort_by_key(|(place, _)| *place);
        text.push(b'{');
        let mut is_first = true;
        for values in found.chunk_by(|one, other| one.0 == other.0) {
            let member = self.0.get(values.first()?.0)?;
            if member.name == without || member.is_unset(values)? {
                continue;
            }
            if !std::mem::take(&mut is_first) {
                text.push(b',');
            }
            member.write(values, text)?;
        }
        text.push(b'}');
        Some(())
    }
}

impl Member {
    fn of(field: &FieldDescriptor, depth: usize) -> Self {
        Self {
            number: field.number(),
            name: field.name().to_owned(),
            kind: Plain::of(field, depth).unwrap_or(Plain::Other),
            is_list: field.is_list(),
            has_presence: field.supports_presence(),
        }
    }

    /// Whether what stands there is what stands for nothing; `None` for a field that is given twice.
    fn is_unset(&self, values: &[(usize, Content<'_>)]) -> Option<bool> {
        let [(_, value)] = values else { return self.is_list.then_some(false) };
        let is_default = match self.kind {
            Plain::Text | Plain::Bytes => *value == Content::Bytes(&[]),
            Plain::Bool | Plain::Uint32 | Plain::Word(_) => *value == Content::Varint(0),
            Plain::Message(_) | Plain::Other => false,
        };
        Some(is_default && !self.has_presence && !self.is_list)
    }

    fn write(&self, values: &[(usize, Content<'_>)], text: &mut Vec<u8>) -> Option<()> {
        serde_json::to_writer(&mut *text, &self.name).ok()?;
        text.push(b':');
        if !self.is_list {
            return self.kind.write(values.first()?.1, text);
        }
        text.push(b'[');
        for (place, (_, value)) in values.iter().enumerate() {
            if place > 0 {
                text.push(b',');
            }
            self.kind.write(*value, text)?;
        }
        text.push(b']');
        Some(())
    }
}

impl Plain {
    fn of(field: &FieldDescriptor, depth: usize) -> Option<Self> {
        if field.is_map() || field.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic()) {
            return None;
        }
        let kind = match field.kind() {
            Kind::String => Self::Text,
            Kind::Bytes => Self::Bytes,
            Kind::Bool => Self::Bool,
            Kind::Uint32 => Self::Uint32,
            Kind::Enum(words) => {
                let word = |number: i32, name: &str| Some((u64::try_from(number).ok()?, name.to_owned()));
                Self::Word(words.values().map(|each| word(each.number(), each.name())).collect::<Option<_>>()?)
            }
            Kind::Message(message) => Self::Message(Shape::of(&message, depth - 1)?),
            _ => return None,
        };
        // A list of numbers may be packed.
        let is_apart = matches!(kind, Self::Text | Self::Bytes | Self::Message(_));
        (is_apart || !field.is_list()).then_some(kind)
    }

    fn write(&self, value: Content<'_>, text: &mut Vec<u8>) -> Option<()> {
        match (self, value) {
            (Self::Text, Content::Bytes(bytes)) => {
                serde_json::to_writer(text, std::str::from_utf8(bytes).ok()?).ok()?;
            }
            (Self::Bytes, Content::Bytes(bytes)) => serde_json::to_writer(text, &STANDARD.encode(bytes)).ok()?,
            (Self::Message(shape), Content::Bytes(bytes)) => shape.write(bytes, "", text)?,
            (Self::Bool, Content::Varint(value @ (0 | 1))) => serde_json::to_writer(text, &(value == 1)).ok()?,
            (Self::Uint32, Content::Varint(value)) => write!(text, "{}", u32::try_from(value).ok()?).ok()?,
            (Self::Word(words), Content::Varint(value)) => serde_json::to_writer(text, words.get(&value)?).ok()?,
            _ => return None,
        }
        Some(())
    }
}
