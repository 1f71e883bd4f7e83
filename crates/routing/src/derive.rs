//! Records that are derived from others when they are read.

use crate::{
    coverage::Cover, household, insurance, joins, marital, person::NATURAL_PERSON, present::Standing, reader::Reader,
    stop::Stop,
};
use contract::canonical::v1::{Household, InsuranceSummary, MaritalState};
use domain::{
    Identifier, Timestamp,
    catalogue::{Resource, ResourceKind},
};
use prost::Name;
use store::ViewReader;

/// What can be derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Derivation {
    Household,
    MaritalState,
    InsuranceSummary,
}

/// What is derived, and of whom.
pub(crate) struct Wish<'a, V> {
    /// Reads the records that it is derived from.
    pub(crate) reader: Reader<'a, V>,
    /// The derived resource.
    pub(crate) resource: &'a Resource,
    /// Its coverage.
    pub(crate) cover: &'a Cover,
    /// The identifier asked by.
    pub(crate) by: &'a Identifier,
    /// The moment of the question.
    pub(crate) now: Timestamp,
}

/// What came of it.
pub(crate) enum Derived {
    /// These, in the order of listings; none when there is nothing to derive from.
    Standing(Vec<Standing>),
    /// More than one record where one is needed.
    Several,
}

impl Derivation {
    /// How the records of a resource are derived, if they are.
    pub(crate) fn of(resource: &Resource) -> Option<Self> {
        let by_message = [
            (Household::full_name(), Self::Household),
            (MaritalState::full_name(), Self::MaritalState),
            (InsuranceSummary::full_name(), Self::InsuranceSummary),
        ];
        let found = by_message.into_iter().find(|(message, _)| resource.message == *message)?;
        (resource.kind == ResourceKind::Derived).then_some(found.1)
    }

    /// The resource that it is derived from.
    pub(crate) fn published(self) -> &'static str {
        match self {
            Self::Household => NATURAL_PERSON,
            Self::MaritalState => joins::MARRIAGE_CERTIFICATE,
            Self::InsuranceSummary => joins::SOCIAL_INSURANCE,
        }
    }

    /// Derives.
    pub(crate) async fn derive<V: ViewReader>(self, wish: &Wish<'_, V>) -> Result<Derived, Stop> {
        if self == Self::Household {
            return Ok(match household::find(&wish.reader, wish.by).await? {
                household::Found::One(standing) => Derived::Standing(vec![*standing]),
                household::Found::Several => Derived::Several,
                household::Found::None => Derived::Standing(Vec::new()),
            });
        }
        // Neither registrations nor insurances say of a division, so a limit to divisions leaves nothing; what a base
        // is composed of follows the base.
        let permit = wish.reader.permit();
        if permit.resource().id == wish.resource.id && !permit.divisions().is_empty() {
            return Ok(Derived::Standing(Vec::new()));
        }
        Ok(Derived::Standing(match self {
            Self::MaritalState => marital::find(wish).await?.into_iter().collect(),
            _ => insurance::find(wish).await?,
        }))
    }
}
