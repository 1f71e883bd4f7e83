//! `spgl_jsgcghxkz`: a planning permit, or the invalidation of its earlier rows.

use super::{PLANNING_PERMIT, draft, memory, row::TableRow};
use adapter_sdk::{
    Draft, Effect, Translated,
    reading::{Fault, Parties, number_lookups},
    rules::PARTY_MISSING,
};
use contract::canonical::v1::{self as canonical, CertificateStatus, Party, PartyKind, PlanningPermit};
use domain::{Identifier, IdentifierKind, identifier::detect};
use prost::Message;

const PERMIT: &str = "建设工程规划许可证";
const INVALIDATED: &str = super::title::INVALIDATED;
const KEY_CHANGED: &str = "key.changed";

/// What is remembered of a permit, under its `dfsjzj`: the newest row, and what is published by it.
#[derive(Clone, PartialEq, Message)]
struct Memory {
    #[prost(uint64, tag = "1")]
    serial: u64,
    /// The permit's number, its key.
    #[prost(string, tag = "2")]
    key: String,
    #[prost(message, repeated, tag = "3")]
    subjects: Vec<canonical::Identifier>,
    #[prost(bool, tag = "4")]
    is_withdrawn: bool,
}

/// A permit's row.
///
/// # Errors
/// The rule that it breaks.
pub(super) fn translate(row: &TableRow, memory: Option<&[u8]>) -> Result<Translated, Fault> {
    row.department_key()?;
    let (key, serial) = (row.key("xkzbh")?, row.serial()?);
    let memory = memory.and_then(|bytes| Memory::decode(bytes).ok());
    if row.is_valid()? {
        super::title::check_number(&key, "xkzbh")?;
        let permit = read(row)?;
        let is_older = memory.as_ref().is_some_and(|memory| serial < memory.serial);
        return if is_older { Ok(superseded(key)) } else { said(row, &key, (serial, permit), memory) };
    }
    if memory.as_ref().is_some_and(|memory| serial < memory.serial) {
        return Ok(superseded(key));
    }
    let before = memory.unwrap_or_else(|| Memory { key, subjects: numbers_of(row), ..Memory::default() });
    let draft = withdrawal(&before, row, serial, INVALIDATED);
    Ok(records(vec![draft], &Memory { serial, is_withdrawn: true, ..before }))
}

/// A permit that stands; when its number is another than before, the record under the old one is taken back.
fn said(
    row: &TableRow,
    key: &str,
    (serial, permit): (u64, PlanningPermit),
    before: Option<Memory>,
) -> Result<Translated, Fault> {
    let holder = permit.holders.first().and_then(|holder| holder.identifier.as_ref());
    let mut subjects = number_lookups(&permit.number, "");
    subjects.extend(holder.and_then(memory::trusted));
    let kept = subjects.iter().map(memory::kept).collect();
    let at = (serial, row.time("fzrq")?);
    let mut drafts = vec![draft(PLANNING_PERMIT, key, at, subjects, Effect::upsert(&permit))];
    if let Some(before) = before.filter(|before| before.key != key && !before.is_withdrawn) {
        drafts.push(withdrawal(&before, row, serial, KEY_CHANGED));
    }
    Ok(records(drafts, &Memory { serial, key: key.to_owned(), subjects: kept, is_withdrawn: false }))
}

fn withdrawal(before: &Memory, row: &TableRow, serial: u64, reason: &'static str) -> Draft {
    let subjects = before.subjects.iter().filter_map(memory::trusted).collect();
    let at = row.time("fzrq").unwrap_or_default();
    draft(PLANNING_PERMIT, &before.key, (serial, at), subjects, Effect::Withdraw { reason })
}

fn records(drafts: Vec<Draft>, memory: &Memory) -> Translated {
    Translated::Records { drafts, memory: Some(memory.encode_to_vec()), released: Vec::new() }
}

fn superseded(key: String) -> Translated {
    Translated::Superseded { about: Some((PLANNING_PERMIT, key)) }
}

fn read(row: &TableRow) -> Result<PlanningPermit, Fault> {
    Ok(PlanningPermit {
        number: row.text("xkzbh"),
        certificate_type: PERMIT.to_owned(),
        holders: vec![developer(row)?],
        issuer: row.text("fzjg"),
        issued_on: row.fields().day("fzrq")?,
        status: CertificateStatus::Valid.into(),
        project_code: row.text("xmdm"),
        project_name: row.text("jsxmmc"),
        location: row.text("jswz"),
        floor_area: row.fields().decimal("jzmj")?,
        ..PlanningPermit::default()
    })
}

/// The developer is the only party: without a good credit code nobody finds the permit.
fn developer(row: &TableRow) -> Result<Party, Fault> {
    let detected = detect::declared(IdentifierKind::Uscc, row.fields().text("jsdwdm"));
    let mut parties = Parties::default();
    let party = parties.read(row.fields().text("jsdw"), detected, PartyKind::Organisation, "jsdwdm")?;
    parties.finish()?;
    party.ok_or(Fault::new(&PARTY_MISSING, "jsdwdm"))
}

/// The numbers that a row names, as far as they are good.
fn numbers_of(row: &TableRow) -> Vec<canonical::Identifier> {
    let mut subjects = number_lookups(row.fields().text("xkzbh"), "");
    subjects.extend(Identifier::parse(IdentifierKind::Uscc, row.fields().text("jsdwdm")).ok());
    subjects.iter().map(memory::kept).collect()
}
