//! What all questions have in common: the parts that are read and checked the same way.

use crate::{
    Method,
    fault::{Fault, Faults},
    front::{Opened, Wire},
    ground::Ground,
    stop::Stop,
};
use chrono::TimeDelta;
use contract::{canonical::v1 as canonical, convert::IdentifierError, v1};
use domain::Identifier;
use policy::{Approved, Permit};
use security::digest::Digest32;
use std::future::Future;
use store::ViewReader;
use uuid::Uuid;

/// Most characters of a case number.
const CASE_NUMBER: usize = 64;
/// Most characters of a reason, and of each part of a confirmation.
const REASON: usize = 200;
/// Most records on a page.
const MAX_PAGE: u32 = 1_000;
/// Records on a page when the question does not say.
const DEFAULT_PAGE: u32 = 50;

/// A well-formed question of one method.
pub(crate) trait Question: Sized + Send + Sync {
    /// Its method.
    const METHOD: Method;

    /// Its message.
    type Wire: Wire;

    /// Reads what the method has of its own, and checks its form.
    fn read<V>(ground: &Ground<'_, V>, opened: Opened<Self::Wire>) -> Result<Self, Stop>;

    /// The catalogue resource asked for.
    fn resource(&self) -> Option<&str>;

    /// About whom or what it is.
    fn subject(&self) -> &Identifier;

    /// What it has in common with others.
    fn common(&self) -> &Common;

    /// What the caller's grants say; at least one approval.
    fn judge<V>(&mut self, ground: &Ground<'_, V>) -> Result<Vec<Approved>, Stop>;

    /// Answers from the view. `permits` are those of the approvals, in order.
    fn answer<V: ViewReader>(
        &self,
        ground: &Ground<'_, V>,
        permits: &[Permit],
    ) -> impl Future<Output = Result<crate::answered::Answered, Stop>> + Send;
}

/// Parts that every question has.
#[derive(Debug)]
pub(crate) struct Common {
    /// Basic code of the matter.
    pub(crate) matter: String,
    /// The case number.
    pub(crate) case_number: String,
    /// The caller's signature of the request, checked; empty without one.
    pub(crate) signature: Vec<u8>,
    /// Whether the subject's confirmation is given.
    pub(crate) confirmed: bool,
    /// Oldest acceptable age.
    pub(crate) max_age: Option<TimeDelta>,
    /// Id of the request.
    pub(crate) request_id: Option<Uuid>,
    /// Digest of the whole request without id and signature.
    pub(crate) digest: Digest32,
}

/// The parts of a request that make up [`Common`].
pub(crate) struct Parts<'a> {
    /// Why it is asked.
    pub(crate) purpose: Option<&'a v1::Purpose>,
    /// Oldest acceptable age.
    pub(crate) max_age: Option<&'a prost_types::Duration>,
    /// Id of the request.
    pub(crate) request_id: &'a str,
    /// Digest of the whole request without id and signature.
    pub(crate) digest: Digest32,
}

impl Common {
    /// Reads and checks the parts.
    pub(crate) fn read(parts: &Parts<'_>, faults: &mut Faults) -> Self {
        let (matter, confirmed) = purpose(parts.purpose, faults);
        Self {
            matter,
            case_number: parts.purpose.map(|purpose| purpose.case_number.clone()).unwrap_or_default(),
            signature: Vec::new(),
            confirmed,
            max_age: max_age(parts.max_age, faults),
            request_id: request_id(parts.request_id, faults),
            digest: parts.digest,
        }
    }
}

/// The identifier of a question, in normal form.
pub(crate) fn identifier(by: Option<&canonical::Identifier>, faults: &mut Faults) -> Option<Identifier> {
    let Some(by) = by else {
        faults.add("by", Fault::Required);
        return None;
    };
    match Identifier::try_from(by) {
        Ok(identifier) => Some(identifier),
        Err(IdentifierError::Kind) => {
            faults.add("by.kind", if by.kind.is_empty() { Fault::Required } else { Fault::UnknownKind });
            None
        }
        Err(IdentifierError::Value(fault)) => {
            let missing = domain::text::trim(&by.value).is_empty();
            faults.add("by.value", if missing { Fault::Required } else { Fault::Identifier(fault.rule) });
            None
        }
    }
}

/// The number of records on a page.
pub(crate) fn page_size(asked: u32, faults: &mut Faults) -> usize {
    if asked > MAX_PAGE {
        faults.add("page_size", Fault::PageSize);
    }
    let size = if asked == 0 { DEFAULT_PAGE } else { asked.min(MAX_PAGE) };
    usize::try_from(size).unwrap_or_default()
}

/// The basic code of the matter, and whether the subject's confirmation is given.
fn purpose(purpose: Option<&v1::Purpose>, faults: &mut Faults) -> (String, bool) {
    let Some(purpose) = purpose else {
        faults.add("purpose", Fault::Required);
        return Default::default();
    };
    case_number(&purpose.case_number, faults);
    if purpose.reason.chars().count() > REASON {
        faults.add("purpose.reason", Fault::TooLong);
    }
    let confirmed = purpose.confirmation.as_ref().is_some_and(|given| is_confirmed(given, faults));
    (matter(&purpose.matter, faults), confirmed)
}

/// Characters 20 to 31 of the long forms are the basic code (基本编码).
fn matter(text: &str, faults: &mut Faults) -> String {
    let text = domain::text::trim(text);
    let basic = match text.len() {
        12 => Some(text),
        31 | 33 => text.get(19..31),
        _ => None,
    };
    let fault = if text.is_empty() { Fault::Required } else { Fault::Matter };
    let basic = basic.filter(|_| text.bytes().all(|b| b.is_ascii_alphanumeric()));
    if basic.is_none() {
        faults.add("purpose.matter", fault);
    }
    basic.unwrap_or_default().to_owned()
}

fn case_number(text: &str, faults: &mut Faults) {
    if domain::text::trim(text).is_empty() {
        faults.add("purpose.case_number", Fault::Required);
    } else if text.chars().count() > CASE_NUMBER {
        faults.add("purpose.case_number", Fault::TooLong);
    }
}

fn is_confirmed(given: &v1::Confirmation, faults: &mut Faults) -> bool {
    let mut complete = true;
    for (field, text) in [("kind", &given.kind), ("reference", &given.reference)] {
        let fault = if domain::text::trim(text).is_empty() {
            Some(Fault::Required)
        } else {
            (text.chars().count() > REASON).then_some(Fault::TooLong)
        };
        if let Some(fault) = fault {
            faults.add(format!("purpose.confirmation.{field}"), fault);
            complete = false;
        }
    }
    complete
}

fn max_age(age: Option<&prost_types::Duration>, faults: &mut Faults) -> Option<TimeDelta> {
    let age = age?;
    let nanos = u32::try_from(age.nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    let delta = nanos.filter(|_| age.seconds >= 0).and_then(|nanos| TimeDelta::new(age.seconds, nanos));
    if delta.is_none() {
        faults.add("max_age", Fault::Duration);
    }
    delta
}

/// The hyphenated form only, in either case.
fn request_id(text: &str, faults: &mut Faults) -> Option<Uuid> {
    if text.is_empty() {
        return None;
    }
    let id = (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten();
    if id.is_none() {
        faults.add("request_id", Fault::NotUuid);
    }
    id
}
