//! A JSON object, read member by member without making a tree of it first.

use super::{Fields, Place, Span};
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;
use std::fmt;

/// An object of simple members.
pub(super) struct Members(pub(super) Fields);

impl Members {
    /// Reads all of `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let members = json.deserialize_map(Object { bytes: bytes.len() })?;
        json.end()?;
        Ok(members)
    }
}

/// Members that most rows have at most.
const MEMBERS: usize = 32;

struct Object {
    /// How long it is: its names and values are shorter.
    bytes: usize,
}

impl<'de> Visitor<'de> for Object {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of simple members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Members, A::Error> {
        let mut fields = Fields::with_room(self.bytes, MEMBERS);
        // Names of lists and objects and of what is null: they count only where no later member has the name.
        let (mut nested, mut absent) = (Vec::new(), Vec::new());
        while let Some(name) = members.next_key_seed(Name(&mut fields))? {
            let place = fields.places.len();
            match members.next_value_seed(Member { fields: &mut fields, name })? {
                Kind::Simple => {}
                Kind::Absent => absent.push(place),
                Kind::Nested => nested.push(place),
            }
        }
        settle(fields, &nested, &absent).ok_or_else(|| A::Error::custom("a member is a list or an object"))
    }
}

/// None where a list or an object is left.
fn settle(mut fields: Fields, nested: &[usize], absent: &[usize]) -> Option<Members> {
    if nested.is_empty() && absent.is_empty() {
        return Some(Members(fields.in_order()));
    }
    let is_last = |place: usize| {
        let name = fields.at(fields.places[place].name);
        fields.places[place + 1..].iter().all(|later| fields.at(later.name) != name)
    };
    if nested.iter().any(|&place| is_last(place)) {
        return None;
    }
    let gone: Vec<_> = absent.iter().filter(|&&place| is_last(place)).map(|&place| fields.places[place].name).collect();
    fields = fields.in_order();
    fields.places.retain(|place| !gone.contains(&place.name));
    Some(Members(fields))
}

/// What a member turned out to be; it has its place in any case.
enum Kind {
    Simple,
    Absent,
    Nested,
}

struct Name<'a>(&'a mut Fields);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Span;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.push(name))
    }
}

struct Member<'a> {
    fields: &'a mut Fields,
    name: Span,
}

impl Member<'_> {
    fn empty(self, kind: Kind) -> Kind {
        self.fields.places.push(Place { name: self.name, value: Span::new(0, 0) });
        kind
    }

    fn shown(self, value: impl fmt::Display) -> Kind {
        self.fields.place_shown(self.name, value);
        Kind::Simple
    }
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Kind;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Kind, E> {
        self.fields.place(self.name, text);
        Ok(Kind::Simple)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Kind, E> {
        Ok(self.shown(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Kind, E> {
        Ok(self.shown(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Kind, E> {
        Ok(self.shown(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Kind, E> {
        Ok(match Number::from_f64(number) {
            Some(number) => self.shown(number),
            None => self.empty(Kind::Absent),
        })
    }

    fn visit_unit<E: Error>(self) -> Result<Kind, E> {
        Ok(self.empty(Kind::Absent))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kind, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.empty(Kind::Nested))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Kind, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self.empty(Kind::Nested))
    }
}
