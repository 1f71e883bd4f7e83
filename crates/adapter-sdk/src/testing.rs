//! A department for tests: lines of text with a head and a tail.
//!
//! ```text
//! H320102 20260101000000 I
//! 20260101000001|key|what|value
//! T1
//! ```
//! A file's name may end in a second, which then says as well up to when the feed is known. `what` is `U` upsert, `W` withdraw, `H` history, `S` skipped, `B` bad, `P` a mapping that panics at the value
//! `panic`, `2` two records, `T` waits, `R` is published and releases what waited.

use crate::{
    Adapter, Department, Draft, Effect, FileKind, FileName, Mapping, Rejection, Resource, Row, Translated, Way, rules,
    transport::{Completion, Transport},
};
use chrono::NaiveDateTime;
use contract::canonical::v1::{NaturalPerson, Record};
use domain::{Identifier, IdentifierKind, Rule, Severity, Timestamp};
use formats::framing::{Facts, FramedRow, Framing, Refusal, RowReader, RowStart};
use prost::Message;
use std::io::BufRead;

/// A provision that a row is passed over by.
pub(crate) const PASSED: Rule = Rule {
    id: "row.passed-over",
    severity: Severity::Reject,
    en: "the page says that such rows are passed over",
    zh: "按接口说明跳过该行",
};

static DEPARTMENT: Department = Department {
    id: "testing",
    system: "lines",
    mapping_version: "1",
    encoding: "utf-8",
    resources: &[Resource { id: "natural-person", message: "exchange.canonical.v1.NaturalPerson" }],
    rules: &[&rules::FIELD_REQUIRED, &rules::CODE_UNKNOWN, &PASSED],
};

pub(crate) struct Lines;

/// The adapter under test.
pub(crate) fn adapter() -> Adapter {
    Adapter {
        mapping: Box::new(Lines),
        ways: vec![Way {
            transport: Transport::Files(Completion::FlagFile),
            files: FileKind {
                pattern: "L_<area6>_<seq>.txt",
                parse_name,
                recognises: |_| false,
                framing: Box::new(LineFraming),
            },
        }],
    }
}

fn parse_name(name: &str) -> Option<FileName> {
    let (scope, order) = name.strip_prefix("L_")?.strip_suffix(".txt")?.split_once('_')?;
    Some(FileName { order: order.to_owned(), scope: scope.to_owned(), as_of: instant(order), ..FileName::default() })
}

/// A local second as an instant, near enough for tests.
pub(crate) fn instant(stamp: &str) -> Option<Timestamp> {
    let digits = Some(stamp).filter(|stamp| stamp.bytes().all(|b| b.is_ascii_digit()));
    NaiveDateTime::parse_from_str(digits?, "%Y%m%d%H%M%S").ok().map(|time| time.and_utc())
}

impl Mapping for Lines {
    fn department(&self) -> &'static Department {
        &DEPARTMENT
    }

    fn entity(&self, row: &Row<'_>) -> Option<String> {
        fields(row.bytes).map(|[_, key, ..]| key.to_owned())
    }

    fn translate(&self, row: &Row<'_>, memory: Option<&[u8]>) -> Translated {
        let Some([stamp, key, what, value]) = fields(row.bytes) else { return bad(None) };
        let Some(source_time) = instant(stamp) else { return bad(None) };
        let draft = |key: &str, effect| Draft {
            resource: "natural-person",
            key: key.to_owned(),
            stamp: stamp.to_owned(),
            source_time,
            subjects: vec![Identifier::from_trusted(IdentifierKind::SourceKey, key)],
            flags: Vec::new(),
            effect,
        };
        let upsert = |key: &str| {
            let former_name = memory.map(|memory| String::from_utf8_lossy(memory).into_owned()).unwrap_or_default();
            let former_name = if former_name == value { String::new() } else { former_name };
            let body = NaturalPerson { name: value.to_owned(), former_name, ..NaturalPerson::default() };
            draft(key, Effect::upsert(&body))
        };
        let remember = Some(value.as_bytes().to_vec());
        match what {
            "U" => Translated::Records { drafts: vec![upsert(key)], memory: remember, released: Vec::new() },
            "2" => Translated::Records {
                drafts: vec![upsert(key), upsert(&format!("{key}+"))],
                memory: remember,
                released: Vec::new(),
            },
            "W" => Translated::Records {
                drafts: vec![draft(key, Effect::Withdraw { reason: "source.cancelled" })],
                memory: None,
                released: Vec::new(),
            },
            "H" => Translated::Superseded { about: Some(("natural-person", key.to_owned())) },
            "T" => Translated::Waiting {
                rule: &PASSED,
                about: Some(("natural-person", key.to_owned())),
                memory: Some(row.id().into_bytes()),
            },
            "R" => Translated::Records {
                drafts: vec![upsert(key)],
                memory: None,
                released: memory.iter().map(|id| String::from_utf8_lossy(id).into_owned()).collect(),
            },
            "S" => Translated::Skipped { rule: &PASSED },
            "P" if value == "panic" => panic!("the value is {value}"),
            _ => bad(Some(key.to_owned())),
        }
    }

    fn recall(&self, record: &Record) -> Option<(String, Vec<u8>)> {
        let person = NaturalPerson::decode(record.body.as_ref()?.value.as_slice()).ok()?;
        Some((record.key.trim_end_matches('+').to_owned(), person.name.into_bytes()))
    }
}

fn bad(key: Option<String>) -> Translated {
    Translated::Rejected(Rejection { rule: &rules::FIELD_REQUIRED, field: "what", resource: "natural-person", key })
}

fn fields(bytes: &[u8]) -> Option<[&str; 4]> {
    let parts: Vec<&str> = std::str::from_utf8(bytes).ok()?.split('|').collect();
    <[&str; 4]>::try_from(parts).ok().filter(|fields| !fields[1].is_empty())
}

struct LineFraming;

/// What the head says of the rows; a reader that starts behind the head must be told.
const LAYOUT: &str = "four fields";

impl Framing for LineFraming {
    fn inspect(&self, input: &mut dyn BufRead) -> Result<Facts, Refusal> {
        let refusal = |rule, retry| Refusal { rule, detail: String::new(), retry };
        let mut lines = Vec::new();
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            lines.push(String::from_utf8_lossy(line.trim_ascii_end()).into_owned());
            line.clear();
        }
        let (head, tail) = (lines.first().cloned().unwrap_or_default(), lines.last().cloned().unwrap_or_default());
        if head == "E" {
            return Err(refusal(&rules::PROVIDER_ERROR, true));
        }
        let parts: Vec<&str> = head.strip_prefix('H').unwrap_or_default().split(' ').collect();
        let [scope, as_of, mode] = parts[..] else { return Err(refusal(&rules::FILE_HEADER, false)) };
        let rows = lines.len().saturating_sub(2) as u64;
        if lines.len() < 2 || tail != format!("T{rows}") {
            return Err(refusal(&rules::FILE_TRAILER, false));
        }
        let (scope, layout) = (scope.to_owned(), LAYOUT.to_owned());
        Ok(Facts { rows, full: mode == "F", as_of: instant(as_of), scope, layout, ..Facts::default() })
    }

    fn rows<'a>(&self, input: Box<dyn BufRead + Send + 'a>, start: RowStart) -> Box<dyn RowReader + 'a> {
        let knows_layout = start.byte == 0 || start.layout == LAYOUT;
        Box::new(Reader { input, byte: start.byte, number: start.number, ahead: None, knows_layout })
    }
}

/// Knows the last line only by the end behind it, so it reads one line ahead.
struct Reader<'a> {
    input: Box<dyn BufRead + Send + 'a>,
    byte: u64,
    number: u64,
    ahead: Option<(u64, Vec<u8>)>,
    knows_layout: bool,
}

impl Reader<'_> {
    fn line(&mut self) -> std::io::Result<Option<(u64, Vec<u8>)>> {
        let mut line = Vec::new();
        let from = self.byte;
        let read = self.input.read_until(b'\n', &mut line)?;
        self.byte += read as u64;
        Ok((read > 0).then_some((from, line)))
    }
}

impl RowReader for Reader<'_> {
    fn next_row(&mut self, row: &mut FramedRow) -> std::io::Result<bool> {
        if !self.knows_layout {
            return Err(std::io::Error::other("started behind the head without its layout"));
        }
        if self.byte == 0 {
            self.line()?;
        }
        let this = match self.ahead.take() {
            Some(line) => Some(line),
            None => self.line()?,
        };
        self.ahead = self.line()?;
        let (Some((from, line)), Some((next, _))) = (this, &self.ahead) else { return Ok(false) };
        self.number += 1;
        row.number = self.number;
        row.bytes = line.trim_ascii_end().to_vec();
        row.byte_from = from;
        row.byte_to = from + row.bytes.len() as u64;
        row.next_byte = *next;
        Ok(true)
    }
}

/// A file's text.
pub(crate) fn text(mode: char, rows: &[&str]) -> String {
    let head = format!("H320102 20260101000000 {mode}");
    let tail = format!("T{}\n", rows.len());
    [&[head.as_str()], rows, &[tail.as_str()]].concat().join("\n")
}

#[cfg(feature = "test-kit")]
mod conformance {
    crate::conformance!(crate::testing::adapter, fixtures = "tests/fixtures");
}
