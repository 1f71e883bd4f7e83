//! `spgl_bdcqz_qlr`: a holder of a title, or that one is a holder no more.

use super::{
    memory::{self, Holder, Memory, Withdrawn},
    row::TableRow,
    title::{self, Says},
};
use crate::tables::HOLDERS;
use adapter_sdk::{
    Translated,
    reading::{Fault, Parties},
    rules::PARTY_MISSING,
};
use contract::canonical::v1::{Party, PartyKind};
use domain::identifier::detect;

/// A holder's row.
///
/// # Errors
/// The rule that it breaks: the title keeps its other holders.
pub(super) fn translate(row: &TableRow, memory: Option<&[u8]>) -> Result<Translated, Fault> {
    let (key, serial, place) = (row.department_key()?, row.serial()?, row.place()?);
    let id = format!("{HOLDERS}/{serial}");
    let is_valid = row.is_valid()?;
    let party = if is_valid { Some(party(row)?) } else { None };
    let mut memory = Memory::read(memory);
    if memory.holders.iter().any(|holder| holder.place == Some(place) && holder.serial > serial) {
        return Ok(Translated::Superseded { about: Some(memory::about(&key)) });
    }
    if is_valid {
        memory.hold(Holder { place: Some(place), serial, party });
        return Ok(title::together(&key, memory, id, Says::More));
    }
    Ok(end(&key, memory, row, Holder { place: Some(place), serial, party: None }))
}

/// A holder ends. When it was the last, what the title was found by is what its withdrawal is found by.
fn end(key: &str, mut memory: Memory, row: &TableRow, ended: Holder) -> Translated {
    let id = format!("{HOLDERS}/{}", ended.serial);
    let before = memory.found_by();
    memory.end(ended, &row.fields().number("zjhm"));
    let is_last = memory.is_published && memory.parties().is_empty();
    match memory.title.as_ref().filter(|_| is_last) {
        Some(title) => {
            let withdrawn = Withdrawn { serial: title.serial, is_invalidated: false, subjects: before, at: title.at };
            title::withdraw(key, memory, withdrawn, Vec::new())
        }
        None => title::together(key, memory, id, Says::Less),
    }
}

/// Who it is: a wrong number rejects the row, as it is the only one.
fn party(row: &TableRow) -> Result<Party, Fault> {
    let code = row.fields().number("zjlx");
    let kind = match code.as_str() {
        "001" | "099" => PartyKind::Organisation,
        _ => PartyKind::Person,
    };
    let detected = detect::by_holder_code(&code, row.fields().text("zjhm"));
    let mut parties = Parties::default();
    let party = parties.read(row.fields().text("qlrmc"), detected, kind, "zjhm")?;
    parties.finish()?;
    let party = party.ok_or(Fault::new(&PARTY_MISSING, "zjhm"))?;
    Ok(Party { share: row.text("gyfe"), ..party })
}

impl Memory {
    /// Takes a holder in: under its `xh`, else as one who is known from the published record alone, else as another.
    fn hold(&mut self, holder: Holder) {
        let unplaced = |known: &Holder| known.place.is_none() && known.party.is_some();
        let same = |known: &&Holder| known.party == holder.party;
        let named = |known: &&Holder| number(known) == number(&holder);
        let by_record = self.holders.iter().filter(|known| unplaced(known));
        let known = by_record.clone().find(same).or_else(|| by_record.clone().find(named)).cloned();
        let place = self.holders.iter().position(|known| known.place == holder.place);
        let place = place.or_else(|| self.holders.iter().position(|other| Some(other) == known.as_ref()));
        match place {
            Some(place) => self.holders[place] = holder,
            None => self.holders.push(holder),
        }
        self.in_order();
    }

    /// Ends a holder by its `xh`, else, of those known from the published record alone, by the number.
    fn end(&mut self, ended: Holder, given: &str) {
        let place = self.holders.iter().position(|known| known.place == ended.place);
        let by_number = |known: &Holder| known.place.is_none() && number(known).is_some_and(|known| known == given);
        match place.or_else(|| self.holders.iter().position(by_number)) {
            Some(place) => self.holders[place] = ended,
            None => self.holders.push(ended),
        }
        self.in_order();
    }

    /// Holders stand in the order of their `xh`, unless some are known from the published record, whose order they keep.
    fn in_order(&mut self) {
        if self.holders.iter().all(|holder| holder.place.is_some()) {
            self.holders.sort_by_key(|holder| holder.place);
        }
    }
}

fn number(holder: &Holder) -> Option<&str> {
    holder.party.as_ref()?.identifier.as_ref().map(|identifier| identifier.value.as_str())
}
