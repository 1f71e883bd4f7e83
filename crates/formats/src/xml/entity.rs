//! One entity: its elements' text by name.
use super::{ENTITY_MALFORMED, ENTITY_SIZE, Encoding, MAX_ENTITY};
use crate::gb18030;
use domain::{Rule, rules::ROW_ENCODING};
use quick_xml::{Reader, events::Event};
use std::borrow::Cow;

/// The text of an entity's elements.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entity {
    name: String,
    fields: Vec<(String, String)>,
}

impl Entity {
    /// Reads the bytes of one entity element, tags included.
    ///
    /// Text, CDATA sections and references of an element are joined; comments, attributes, instructions and the
    /// elements inside an element are passed over. Where an element stands twice, the first that is not blank counts.
    ///
    /// # Errors
    /// The rule that the entity breaks: its size, its encoding, or well-formedness (a bare `&`, a reference that
    /// XML itself does not define).
    pub fn parse(bytes: &[u8], encoding: Encoding) -> Result<Self, &'static Rule> {
        if bytes.len() > MAX_ENTITY {
            return Err(&ENTITY_SIZE);
        }
        read(&decode(bytes, encoding)?, |_| false).ok_or(&ENTITY_MALFORMED)
    }

    /// The beginning of an entity named `name`, up to the first `element` that is not blank; what stands behind it is not judged.
    ///
    /// `None` when the entity has another name or no such element, or is broken before it.
    #[must_use]
    pub fn parse_up_to(bytes: &[u8], encoding: Encoding, name: &str, element: &str) -> Option<Self> {
        let text = decode(bytes, encoding).ok().filter(|_| bytes.len() <= MAX_ENTITY)?;
        let enough = |entity: &Self| entity.name != name || entity.get(element).is_some();
        read(&text, enough).filter(|entity| entity.name == name && entity.get(element).is_some())
    }

    /// Local name of the entity's own element (`ENT`).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The trimmed text of an element; `None` when it is absent, empty or blank, which mean the same.
    #[must_use]
    pub fn get(&self, element: &str) -> Option<&str> {
        self.fields.iter().find(|(name, _)| name == element).map(|(_, text)| text.as_str())
    }
}

fn decode(bytes: &[u8], encoding: Encoding) -> Result<Cow<'_, str>, &'static Rule> {
    match encoding {
        Encoding::Gb18030 => gb18030::decode(bytes).map_err(|_| &ROW_ENCODING),
        Encoding::Utf8 => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| &ROW_ENCODING),
    }
}

/// `None` when the text is not one well-formed element; reads no further once there is `enough`.
fn read(text: &str, enough: impl Fn(&Entity) -> bool) -> Option<Entity> {
    let mut reader = Reader::from_str(text);
    let (mut entity, mut field, mut depth, mut roots) = (Entity::default(), Field::default(), 0_usize, 0_usize);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                depth += 1;
                match depth {
                    1 => entity.name = begin(&tag, &mut roots)?,
                    2 if enough(&entity) => return Some(entity),
                    2 => field = Field { name: tag.local_name().as_ref().to_owned(), text: String::new() },
                    _ => {}
                }
            }
            Event::Empty(tag) if depth == 0 => entity.name = begin(&tag, &mut roots)?,
            Event::End(_) => {
                if depth == 2 {
                    entity.add(std::mem::take(&mut field));
                }
                depth = depth.checked_sub(1)?;
            }
            Event::Text(text) if depth == 2 => field.text.push_str(&text),
            Event::CData(text) if depth == 2 => field.text.push_str(&text),
            Event::GeneralRef(reference) => {
                let resolved = resolve(&reference)?;
                if depth == 2 {
                    field.text.push(resolved);
                }
            }
            Event::DocType(_) => return None,
            Event::Eof => return (depth == 0 && roots == 1).then_some(entity),
            _ => {}
        }
    }
}

/// The name of a root element, which must be the only one.
fn begin(tag: &quick_xml::events::BytesStart<'_>, roots: &mut usize) -> Option<String> {
    *roots += 1;
    (*roots == 1).then(|| tag.local_name().as_ref().to_owned())
}

#[derive(Default)]
struct Field {
    name: String,
    text: String,
}

impl Entity {
    fn add(&mut self, field: Field) {
        let text = domain::text::trim(&field.text);
        if !text.is_empty() && self.get(&field.name).is_none() {
            self.fields.push((field.name, text.to_owned()));
        }
    }
}

/// A character reference or one of the five names; nothing is ever expanded to more than one character.
pub(crate) fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if reference.is_char_ref() {
        return reference.resolve_char_ref().ok().flatten().filter(|c| !c.is_control() || c.is_ascii_whitespace());
    }
    match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}
