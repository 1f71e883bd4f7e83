//! Residents: which of several records of one number count.

use crate::reader::Held;
use contract::{
    canonical::v1::{Identifier, LifeStatus, NaturalPerson, Party, PartyKind},
    wire,
};
use domain::IdentifierKind;

/// Catalogue resource of residents.
pub(crate) const NATURAL_PERSON: &str = "natural-person";

/// Number of `NaturalPerson.life_status`.
const LIFE_STATUS: u32 = 22;

/// States of those who belong to a household.
const MEMBERS: [LifeStatus; 5] =
    [LifeStatus::Normal, LifeStatus::InService, LifeStatus::SettledAbroad, LifeStatus::Missing, LifeStatus::Other];

/// Records without those moved out, while another has not moved out.
pub(crate) fn without_moved_out(mut records: Vec<Held>) -> Vec<Held> {
    if !records.iter().all(has_moved_out) {
        records.retain(|held| !has_moved_out(held));
    }
    records
}

fn has_moved_out(held: &Held) -> bool {
    wire::varint_field(held.body(), LIFE_STATUS) == u64::try_from(LifeStatus::MovedOut as i32).ok()
}

/// Whether the person belongs to the household of the record.
pub(crate) fn is_member(person: &NaturalPerson) -> bool {
    MEMBERS.contains(&person.life_status())
}

/// The person as others name them.
pub(crate) fn party(person: &NaturalPerson) -> Party {
    let number = Some(&person.citizen_number).filter(|number| !number.is_empty());
    Party {
        name: person.name.clone(),
        identifier: number.map(|number| Identifier {
            kind: IdentifierKind::CitizenNumber.as_str().to_owned(),
            value: number.clone(),
        }),
        kind: PartyKind::Person.into(),
        share: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::message_of;

    #[test]
    fn the_number_of_the_field_is_that_of_the_message() {
        let field = message_of("NaturalPerson").unwrap().get_field_by_name("life_status").unwrap();
        assert_eq!(field.number(), LIFE_STATUS);
    }
}
