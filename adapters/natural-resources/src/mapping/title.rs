//! `spgl_bdcqz`: a title, or the invalidation of its earlier rows; and what a title and its holders together say.

use super::{
    REAL_ESTATE_TITLE, area, draft,
    memory::{self, Memory, Title, Withdrawn},
    row::TableRow,
};
use crate::{
    rules::{self, HOLDER_AWAITED, TITLE_AWAITED},
    tables::TITLES,
};
use adapter_sdk::{
    Draft, Effect, Translated,
    reading::Fault,
    rules::{CERTIFICATE_NUMBER, CODE_UNKNOWN},
};
use contract::canonical::v1::{CertificateStatus, RealEstateTitle};
use domain::{Identifier, IdentifierKind, Rule, identifier::grade_certificate_id};
use prost::Message;

/// Why a title is taken back that the department invalidated, and why one that nobody holds any more.
pub(super) const INVALIDATED: &str = "source.invalidated";
const LAST_HOLDER_ENDED: &str = "holder.last-ended";

const TITLE: &str = "不动产权证书";

/// What a row asks for, once it is in the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// There is something that was not there.
    More,
    /// Something is there no more.
    Less,
}

/// A title's row.
///
/// # Errors
/// The rule that it breaks.
pub(super) fn translate(row: &TableRow, memory: Option<&[u8]>) -> Result<Translated, Fault> {
    let (key, serial) = (row.department_key()?, row.serial()?);
    let id = format!("{TITLES}/{serial}");
    let mut memory = Memory::read(memory);
    let newest = memory.title.as_ref().map_or(0, |title| title.serial);
    if row.is_valid()? {
        let title = read(row, serial)?;
        if serial < newest || serial <= memory.floor {
            return Ok(Translated::Superseded { about: Some(memory::about(&key)) });
        }
        memory.title = Some(title);
        return Ok(together(&key, memory, id, Says::More));
    }
    if serial < newest || serial < memory.floor {
        return Ok(Translated::Superseded { about: Some(memory::about(&key)) });
    }
    Ok(invalidate(&key, memory, row, serial))
}

/// What a title and its holders say together after a row was taken into the memory.
pub(super) fn together(key: &str, mut memory: Memory, id: String, says: Says) -> Translated {
    let parties = memory.parties();
    let title = memory.title.clone().filter(|_| !parties.is_empty());
    if let Some(title) = title {
        let subjects = memory.subjects();
        let body = RealEstateTitle { holders: parties, ..title.body };
        let at = (title.serial, memory::instant(title.at));
        let mut draft = draft(REAL_ESTATE_TITLE, key, at, subjects, Effect::upsert(&body));
        declared(&title.flags).for_each(|flag| draft.flag(flag));
        (memory.is_published, memory.withdrawn) = (true, None);
        memory.overtake(at.0);
        let mut released = std::mem::take(&mut memory.waiting);
        released.retain(|row| *row != id);
        return records(draft, &memory, released);
    }
    if let Some(withdrawn) = memory.left_behind() {
        let mut done = std::mem::take(&mut memory.waiting);
        done.retain(|row| *row != id);
        return withdraw(key, memory, withdrawn, done);
    }
    match memory.withdrawn.clone().filter(|_| says == Says::Less) {
        Some(withdrawn) => withdraw(key, memory, withdrawn, Vec::new()),
        None => wait(key, memory, id),
    }
}

/// Takes a title back. Rows that wait and are not `released` go on waiting: for a title, or for a holder of a newer one.
pub(super) fn withdraw(key: &str, mut memory: Memory, withdrawn: Withdrawn, released: Vec<String>) -> Translated {
    let subjects = withdrawn.subjects.iter().filter_map(memory::trusted).collect();
    let reason = if withdrawn.is_invalidated { INVALIDATED } else { LAST_HOLDER_ENDED };
    let at = (withdrawn.serial, memory::instant(withdrawn.at));
    let draft = draft(REAL_ESTATE_TITLE, key, at, subjects, Effect::Withdraw { reason });
    memory.overtake(at.0);
    (memory.is_published, memory.withdrawn) = (false, Some(withdrawn));
    records(draft, &memory, released)
}

fn records(draft: Draft, memory: &Memory, released: Vec<String>) -> Translated {
    Translated::Records { drafts: vec![draft], memory: Some(memory.encode_to_vec()), released }
}

fn wait(key: &str, mut memory: Memory, id: String) -> Translated {
    let rule = if memory.title.is_some() { &HOLDER_AWAITED } else { &TITLE_AWAITED };
    memory.wait(id);
    Translated::Waiting { rule, about: Some(memory::about(key)), memory: Some(memory.encode_to_vec()) }
}

/// A row that invalidates the earlier ones. The title stays away until a new row says it again; its holders are remembered.
fn invalidate(key: &str, mut memory: Memory, row: &TableRow, serial: u64) -> Translated {
    let before = memory.withdrawn.take();
    if let Some(again) = before.clone().filter(|before| before.is_invalidated && before.serial == serial) {
        return withdraw(key, memory, again, Vec::new());
    }
    let at = row.time("djsj").ok().map(|at| at.timestamp_millis()).filter(|at| *at != 0);
    let at = at.or(memory.title.as_ref().map(|title| title.at)).or(before.as_ref().map(|before| before.at));
    let is_known = memory.title.is_some() || memory.stranded.is_some();
    let mut subjects = if is_known { memory.found_by() } else { Vec::new() };
    subjects.extend(before.map(|before| before.subjects).unwrap_or_default());
    if subjects.is_empty() {
        subjects = memory::lookups(&numbers(row)).iter().map(memory::kept).collect();
    }
    (memory.title, memory.floor) = (None, serial);
    let titles = format!("{TITLES}/");
    let (done, waiting) = std::mem::take(&mut memory.waiting).into_iter().partition(|row| row.starts_with(&titles));
    memory.waiting = waiting;
    let (subjects, at) = (memory::each_once(subjects), at.unwrap_or_default());
    let withdrawn = Withdrawn { serial, is_invalidated: true, subjects, at };
    withdraw(key, memory, withdrawn, done)
}

/// The row as a record without holders.
fn read(row: &TableRow, serial: u64) -> Result<Title, Fault> {
    let number = row.fields().required("bdcqzh")?;
    check_number(number, "bdcqzh")?;
    let at = row.time("djsj")?;
    let (status, status_text, is_known) = status(&row.fields().number("qszt"));
    let area_text = row.text("mj");
    let body = RealEstateTitle {
        certificate_type: TITLE.to_owned(),
        issuer: row.text("djjg"),
        issued_on: row.fields().day("djsj")?,
        status: status.into(),
        status_text,
        location: row.text("zl"),
        right_kind: row.text("qllx"),
        right_nature: row.text("qlxz"),
        r#use: row.text("yt"),
        area: area::first_number(&area_text),
        area_text,
        term: row.text("syqx"),
        ownership_form: row.text("gyqk"),
        ..numbers(row)
    };
    let id_flag = Some(&body.certificate_id).filter(|id| !id.is_empty()).and_then(|id| grade_certificate_id(id).flag());
    let code_flag = (!is_known).then_some(CODE_UNKNOWN.id);
    let flags = id_flag.into_iter().chain(code_flag).map(str::to_owned).collect();
    Ok(Title { serial, body, flags, at: at.timestamp_millis() })
}

fn numbers(row: &TableRow) -> RealEstateTitle {
    RealEstateTitle {
        number: row.text("bdcqzh"),
        certificate_id: row.text("zzbs"),
        unit_number: row.text("bdcdyh"),
        ..RealEstateTitle::default()
    }
}

/// `qszt`: the status, its text where the code says nothing, and whether the code is known.
fn status(code: &str) -> (CertificateStatus, String, bool) {
    match code {
        "1" => (CertificateStatus::Valid, String::new(), true),
        "2" => (CertificateStatus::Superseded, String::new(), true),
        "" => (CertificateStatus::Other, String::new(), true),
        other => (CertificateStatus::Other, other.to_owned(), false),
    }
}

/// A printed number by which the record can be found.
pub(super) fn check_number(number: &str, column: &'static str) -> Result<(), Fault> {
    let fault = Identifier::parse(IdentifierKind::CertificateNumber, number).err();
    fault.map_or(Ok(()), |_| Err(Fault::new(&CERTIFICATE_NUMBER, column)))
}

fn declared(flags: &[String]) -> impl Iterator<Item = &'static Rule> {
    rules::ALL.iter().copied().filter(|rule| flags.iter().any(|flag| flag == rule.id))
}
