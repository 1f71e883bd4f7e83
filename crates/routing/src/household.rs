//! Households, derived from their members' records.

use crate::{
    person::{self, NATURAL_PERSON},
    present::{Standing, people},
    reader::{Batch, Held, Reader, Wanted},
    stop::Stop,
};
use contract::canonical::v1::{Household, HouseholdMember, NaturalPerson};
use domain::{Identifier, IdentifierKind, code::is_head};
use prost::Message;
use store::{Cursor, Index, ViewReader};

/// Flag of a household that is shown in part.
const COLLECTIVE: &str = "household.collective";
/// Most members that are shown.
const MAX_MEMBERS: usize = 50;
/// Most records of one household that are read.
const MAX_READ: usize = 10_000;
/// Records read in one go.
const PAGE: usize = 500;
/// Most records of one citizen number that are looked at.
const MAX_PEOPLE: usize = 100;

/// What was found.
pub(crate) enum Found {
    /// The household.
    One(Box<Standing>),
    /// More than one record of the number.
    Several,
    /// None.
    None,
}

/// A resident's record.
#[derive(Debug, Clone)]
struct Resident {
    held: Held,
    person: NaturalPerson,
}

/// The household of a number, or of the person of a citizen number.
///
/// A person who is dead or has moved out belongs to no household, so none is found by their number.
pub(crate) async fn find<V: ViewReader>(reader: &Reader<'_, V>, by: &Identifier) -> Result<Found, Stop> {
    if by.kind() == IdentifierKind::HouseholdNumber {
        let household = gather(reader, by.value(), None).await?;
        return Ok(household.map_or(Found::None, |standing| Found::One(Box::new(standing))));
    }
    let wanted = Wanted { by, after: None, limit: MAX_PEOPLE };
    let people = reader.joined(NATURAL_PERSON, Index::Subject, wanted).await?.records;
    let people = if reader.permit().divisions().is_empty() { people } else { inside(reader, people).await? };
    let people = person::without_moved_out(people);
    let [one] = people.as_slice() else {
        return Ok(if people.is_empty() { Found::None } else { Found::Several });
    };
    let household = match resident(one.clone()) {
        Some(asked) if person::is_member(&asked.person) => of_resident(reader, &asked).await?,
        _ => None,
    };
    Ok(household.map_or(Found::None, |standing| Found::One(Box::new(standing))))
}

/// Those whose household is inside the divisions of the permit; the others are not there. Of somebody
/// without household the own division decides.
async fn inside<V: ViewReader>(reader: &Reader<'_, V>, people: Vec<Held>) -> Result<Vec<Held>, Stop> {
    let mut kept = Vec::new();
    for held in people {
        let Some(asked) = resident(held) else { continue };
        let is_inside = if person::is_member(&asked.person) && !asked.person.household_number.is_empty() {
            of_resident(reader, &asked).await?.is_some()
        } else {
            reader.is_inside(&asked.person.division)
        };
        if is_inside {
            kept.push(asked.held);
        }
    }
    Ok(kept)
}

async fn of_resident<V: ViewReader>(reader: &Reader<'_, V>, asked: &Resident) -> Result<Option<Standing>, Stop> {
    if asked.person.household_number.is_empty() {
        return Ok(None);
    }
    gather(reader, &asked.person.household_number, Some(asked)).await
}

fn resident(held: Held) -> Option<Resident> {
    let person = NaturalPerson::decode(held.body()).ok()?;
    Some(Resident { held, person })
}

/// Members, as they are read one after the other.
#[derive(Default)]
struct Members {
    count: usize,
    /// All of them, up to one more than are shown.
    kept: Vec<Resident>,
    /// The head; of several the first by key.
    head: Option<Resident>,
    /// The first by key.
    first: Option<Resident>,
    newest: Option<Held>,
}

impl Members {
    fn add(&mut self, resident: Resident) {
        self.count += 1;
        let newer = |newest: &Held| resident.held.cursor.source_time > newest.cursor.source_time;
        if self.newest.as_ref().is_none_or(newer) {
            self.newest = Some(resident.held.clone());
        }
        let earlier = |known: &Option<Resident>| {
            known.as_ref().is_none_or(|known| resident.held.cursor.key < known.held.cursor.key)
        };
        if is_head(&resident.person.relation_to_head) && earlier(&self.head) {
            self.head = Some(resident.clone());
        }
        if earlier(&self.first) {
            self.first = Some(resident.clone());
        }
        if self.kept.len() <= MAX_MEMBERS {
            self.kept.push(resident);
        }
    }

    /// Those that are shown, the head first, then by key.
    fn shown(&self, asked: Option<&Resident>) -> Vec<Resident> {
        let mut shown = self.kept.clone();
        if self.count > MAX_MEMBERS {
            shown = self.head.iter().chain(asked).cloned().collect();
        }
        let head = self.head.as_ref().map(|head| &head.held.cursor.key);
        shown.sort_by_key(|member| (Some(&member.held.cursor.key) != head, member.held.cursor.key.clone()));
        shown.dedup_by_key(|member| member.held.cursor.key.clone());
        shown
    }
}

/// The household of a number, unless nobody belongs to it or it lies outside the permit's divisions.
async fn gather<V: ViewReader>(
    reader: &Reader<'_, V>,
    number: &str,
    asked: Option<&Resident>,
) -> Result<Option<Standing>, Stop> {
    let by = Identifier::from_trusted(IdentifierKind::HouseholdNumber, number);
    let mut members = Members::default();
    let (mut read, mut after) = (0, None);
    loop {
        let wanted = Wanted { by: &by, after: after.as_ref(), limit: PAGE };
        let Batch { records, next } = reader.joined(NATURAL_PERSON, Index::Join, wanted).await?;
        read += records.len();
        records
            .into_iter()
            .filter_map(resident)
            .filter(|one| person::is_member(&one.person))
            .for_each(|one| members.add(one));
        after = next;
        if after.is_none() || read >= MAX_READ {
            break;
        }
    }
    let household = compose(number, &members, asked);
    Ok(household.filter(|(_, division)| reader.is_inside(division)).map(|(standing, _)| standing))
}

/// The household with its division.
fn compose(number: &str, members: &Members, asked: Option<&Resident>) -> Option<(Standing, String)> {
    let place = members.head.as_ref().or(members.first.as_ref())?;
    let newest = members.newest.as_ref()?;
    let body = Household {
        household_number: number.to_owned(),
        division: place.person.division.clone(),
        address: place.person.address.clone(),
        head: members.head.as_ref().map(|head| person::party(&head.person)),
        members: members.shown(asked).iter().map(|member| listed(&member.person)).collect(),
    };
    let standing = Standing {
        department: newest.record.department.clone(),
        cursor: Cursor { source_time: newest.cursor.source_time, key: number.to_owned() },
        version: newest.record.version.clone(),
        received_at: newest.record.received_at,
        flags: (members.count > MAX_MEMBERS).then(|| COLLECTIVE.to_owned()).into_iter().collect(),
        people: people(body.members.iter().filter_map(|member| member.party.as_ref()?.identifier.as_ref())),
        body: body.encode_to_vec(),
    };
    Some((standing, body.division))
}

fn listed(person: &NaturalPerson) -> HouseholdMember {
    HouseholdMember {
        party: Some(person::party(person)),
        relation_to_head: person.relation_to_head.clone(),
        sex: person.sex.clone(),
        birth_date: person.birth_date.clone(),
    }
}
