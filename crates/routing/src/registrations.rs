//! Marriage registrations: whom they name, and which of them a re-issue (补领) stands for.

use crate::{
    joins::MARRIAGE_CERTIFICATE,
    reader::{Batch, Held, Reader, Wanted},
    stop::Stop,
};
use contract::canonical::v1::{MarriageCertificate, Party, RegistrationKind};
use domain::{Identifier, text::fold_for_comparison};
use prost::Message;
use store::{Index, ViewReader};

/// Records read in one go.
const PAGE: usize = 64;
/// Most registrations of one number that are read.
const MAX_READ: usize = 1_000;

/// A registration on record.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    /// Its record.
    pub(crate) held: Held,
    /// What it says.
    pub(crate) certificate: MarriageCertificate,
}

/// The sides of a couple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Husband,
    Wife,
}

impl Side {
    const BOTH: [Self; 2] = [Self::Husband, Self::Wife];

    /// The other side.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Husband => Self::Wife,
            Self::Wife => Self::Husband,
        }
    }
}

impl Registration {
    fn read(held: Held) -> Option<Self> {
        let certificate = MarriageCertificate::decode(held.body()).ok()?;
        Some(Self { held, certificate })
    }

    /// What was registered.
    pub(crate) fn kind(&self) -> RegistrationKind {
        self.certificate.registration_kind()
    }

    /// The party of a side.
    pub(crate) fn party(&self, side: Side) -> Option<&Party> {
        match side {
            Side::Husband => self.certificate.husband.as_ref(),
            Side::Wife => self.certificate.wife.as_ref(),
        }
    }

    /// The side that has this number.
    pub(crate) fn side_of(&self, by: &Identifier) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| self.party(*side).and_then(number) == Some(by.value()))
    }

    /// Whether it only gives out a certificate again.
    pub(crate) fn is_reissue(&self) -> bool {
        matches!(self.kind(), RegistrationKind::ReissuedMarriage | RegistrationKind::ReissuedDivorce)
    }

    /// Whether this re-issue is of what `original` registered. An annulled marriage was one.
    pub(crate) fn reissues(&self, original: &Self) -> bool {
        let kind = original.kind();
        let fits = match self.kind() {
            RegistrationKind::ReissuedMarriage => {
                matches!(kind, RegistrationKind::Marriage | RegistrationKind::Annulment)
            }
            RegistrationKind::ReissuedDivorce => kind == RegistrationKind::Divorce,
            _ => false,
        };
        fits && self.is_of_couple(original)
    }

    /// Whether this re-issue took the place of `earlier`, which may be a re-issue itself.
    fn takes_place_of(&self, earlier: &Self) -> bool {
        let is_again = self.is_reissue() && self.kind() == earlier.kind() && self.is_of_couple(earlier);
        let is_other = self.held.record.key != earlier.held.record.key;
        is_other && (is_again || self.reissues(earlier)) && self.is_newer_than(earlier)
    }

    /// Whether both sides are the same: by number, by name where a number is missing.
    fn is_of_couple(&self, other: &Self) -> bool {
        Side::BOTH.into_iter().all(|side| match (self.party(side), other.party(side)) {
            (Some(one), Some(other)) => is_same(one, other),
            (None, None) => true,
            _ => false,
        })
    }

    /// The newest by day of registration, then by version; an unknown day is older than any.
    pub(crate) fn age(&self) -> (&str, &str) {
        (&self.certificate.registered_on, &self.held.record.version)
    }

    /// With the same day or an unknown one, a re-issue is newer than what it re-issues.
    fn is_newer_than(&self, other: &Self) -> bool {
        let (one, two) = (&self.certificate.registered_on, &other.certificate.registered_on);
        if one != two && !one.is_empty() && !two.is_empty() {
            return one > two;
        }
        let rank = |registration: &Self| (registration.is_reissue(), registration.held.record.version.clone());
        rank(self) > rank(other)
    }
}

/// All current registrations that are found by a number.
pub(crate) async fn of_number<V: ViewReader>(
    reader: &Reader<'_, V>,
    by: &Identifier,
) -> Result<Vec<Registration>, Stop> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let wanted = Wanted { by, after: after.as_ref(), limit: PAGE };
        let Batch { records, next } = reader.joined(MARRIAGE_CERTIFICATE, Index::Subject, wanted).await?;
        found.extend(records.into_iter().filter_map(Registration::read));
        after = next;
        if after.is_none() || found.len() >= MAX_READ {
            return Ok(found);
        }
    }
}

/// All other current registrations of a couple, as far as they are found by a number of this one.
pub(crate) async fn of_couple<V: ViewReader>(
    reader: &Reader<'_, V>,
    one: &Registration,
) -> Result<Vec<Registration>, Stop> {
    let mut found: Vec<Registration> = Vec::new();
    for party in Side::BOTH.into_iter().filter_map(|side| one.party(side)) {
        let Some(by) = party.identifier.as_ref().and_then(|number| Identifier::try_from(number).ok()) else { continue };
        for other in of_number(reader, &by).await? {
            let key = &other.held.record.key;
            let is_known = *key == one.held.record.key || found.iter().any(|known| known.held.record.key == *key);
            if !is_known && one.is_of_couple(&other) {
                found.push(other);
            }
        }
    }
    Ok(found)
}

/// Whether a re-issue has taken the place of the certificate of a record, also one that was annulled since.
pub(crate) async fn is_reissued<V: ViewReader>(reader: &Reader<'_, V>, held: &Held) -> Result<bool, Stop> {
    let Some(one) = Registration::read(held.clone()) else { return Ok(false) };
    let others = of_couple(reader, &one).await?;
    Ok(others.iter().any(|other| other.takes_place_of(&one) || annulled_in_place_of(other, &one, &others)))
}

/// An annulment carries the number of the certificate that it revokes and hides what that was. Of a marriage that did
/// not end in between, it was a re-issue: nobody can marry the same person twice.
fn annulled_in_place_of(annulment: &Registration, marriage: &Registration, others: &[Registration]) -> bool {
    let ended = |other: &Registration| {
        other.kind() == RegistrationKind::Divorce && other.is_newer_than(marriage) && annulment.is_newer_than(other)
    };
    annulment.kind() == RegistrationKind::Annulment
        && matches!(marriage.kind(), RegistrationKind::Marriage | RegistrationKind::ReissuedMarriage)
        && annulment.is_newer_than(marriage)
        && !others.iter().any(ended)
}

fn number(party: &Party) -> Option<&str> {
    party.identifier.as_ref().map(|identifier| identifier.value.as_str())
}

fn is_same(one: &Party, other: &Party) -> bool {
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one == other,
        _ => fold_for_comparison(&one.name) == fold_for_comparison(&other.name),
    }
}
