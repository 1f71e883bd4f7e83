//! The parts of the archive, read as XML.

use crate::workbook::book::Fault;
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
};
use std::{
    collections::HashMap,
    io::{self, BufReader, Cursor, Read},
};
use zip::{ZipArchive, read::ZipFile, result::ZipError};

/// Bytes of a part when unpacked: more is no list of certificates.
const LARGEST_PART: u64 = 1024 * 1024 * 1024;

/// The archive.
pub(super) struct Parts {
    archive: ZipArchive<Cursor<Vec<u8>>>,
    /// Places of parts by their names, in which case and kind of slash mean nothing.
    places: HashMap<String, usize>,
}

/// A part that is about to be read.
pub(super) struct Part<'a> {
    xml: Reader<BufReader<Bounded<Unpacked<'a>>>>,
}

type Unpacked<'a> = ZipFile<'a, Cursor<Vec<u8>>>;

impl Parts {
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, Fault> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| of_archive(&error))?;
        let names = archive.file_names().enumerate();
        let places = names.filter_map(|(place, name)| Some((known(&name.ok()?), place))).collect();
        Ok(Self { archive, places })
    }

    pub(super) fn open_part(&mut self, name: &str) -> Result<Part<'_>, Fault> {
        let place = self.places.get(&known(name)).ok_or(Fault::Torn("a part of the workbook is missing"))?;
        let file = self.archive.by_index(*place).map_err(|error| of_archive(&error))?;
        let mut xml = Reader::from_reader(BufReader::new(Bounded { inner: file, left: LARGEST_PART }));
        xml.config_mut().expand_empty_elements = true;
        Ok(Part { xml })
    }
}

impl Part<'_> {
    /// Hands out every event up to the end of the part, which is there whole.
    pub(super) fn each(mut self, mut take: impl FnMut(&Event<'_>) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut buffer = Vec::new();
        let mut depth = 0_u32;
        loop {
            buffer.clear();
            let event = self.xml.read_event_into(&mut buffer).map_err(|error| of_xml(&error))?;
            match &event {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth = depth.saturating_sub(1),
                Event::Eof if depth > 0 => return Err(Fault::Torn("a part of the workbook ends early")),
                Event::Eof => return Ok(()),
                Event::DocType(_) => return Err(Fault::Torn("a part of the workbook defines its own words")),
                _ => {}
            }
            take(&event)?;
        }
    }
}

/// The name of an element without its prefix.
pub(super) fn local<'a>(tag: &'a BytesStart<'_>) -> &'a str {
    tag.local_name().into_inner()
}

/// An attribute by its name without prefix.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, Fault> {
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| BROKEN_XML)?;
        if attribute.key.local_name().as_ref() == name {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| BROKEN_XML)?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// The character that a reference stands for.
pub(super) fn resolved(reference: &BytesRef<'_>) -> Result<char, Fault> {
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => reference.resolve_char_ref().ok().flatten().ok_or(BROKEN_XML),
    }
}

const BROKEN_XML: Fault = Fault::Torn("a part of the workbook is not well-formed");

fn known(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_ascii_lowercase()
}

fn of_archive(error: &ZipError) -> Fault {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            Fault::Torn("the workbook is protected by a password")
        }
        _ => Fault::Torn("the archive is cut off or damaged"),
    }
}

fn of_xml(error: &quick_xml::Error) -> Fault {
    match error {
        quick_xml::Error::Io(_) => Fault::Torn("a part of the workbook is damaged, or too large when unpacked"),
        _ => BROKEN_XML,
    }
}

/// A reader that fails rather than give out more than it may.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.left = self.left.checked_sub(read as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}
