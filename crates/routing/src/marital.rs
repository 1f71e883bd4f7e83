//! Marital states, derived from the registrations on record.

use crate::{
    derive::Wish,
    present::{Standing, people},
    registrations::{self, Registration, Side},
    stop::Stop,
};
use contract::canonical::v1::{MaritalState, MaritalStatus, RegistrationKind};
use domain::date::iso_day;
use prost::Message;
use store::{Cursor, ViewReader};

/// The marital state of the person asked for: what the newest registration says, or that there is none on record.
/// Nothing is said before the department has taken in its first unit: the newest may be yet to come.
pub(crate) async fn find<V: ViewReader>(wish: &Wish<'_, V>) -> Result<Option<Standing>, Stop> {
    if !wish.cover.is_complete() {
        return Ok(None);
    }
    let newest = newest(wish).await?;
    let body = MaritalState {
        coverage_from: wish.resource.coverage.from.map(|day| iso_day(day.0)).unwrap_or_default(),
        ..newest.as_ref().map_or_else(none_on_record, |(registration, side)| told(registration, *side))
    };
    let key = wish.by.value().to_owned();
    let body = body.encode_to_vec();
    Ok(Some(match newest {
        Some((Registration { held, .. }, _)) => Standing {
            department: held.record.department,
            cursor: Cursor { source_time: held.cursor.source_time, key },
            version: held.record.version,
            received_at: held.record.received_at,
            flags: Vec::new(),
            body,
            people: people(&held.record.subjects),
        },
        // It rests on the whole of the register, as far as that is taken in.
        None => Standing {
            department: wish.resource.department.clone(),
            cursor: Cursor { source_time: wish.cover.as_of().unwrap_or(wish.now), key },
            version: String::new(),
            received_at: None,
            flags: Vec::new(),
            body,
            people: Vec::new(),
        },
    }))
}

/// The registration that decides, and on which side the person stands in it. A re-issue is left out, unless its
/// original is not on record.
async fn newest<V: ViewReader>(wish: &Wish<'_, V>) -> Result<Option<(Registration, Side)>, Stop> {
    let mut deciding = Vec::new();
    for registration in registrations::of_number(&wish.reader, wish.by).await? {
        let Some(side) = registration.side_of(wish.by) else { continue };
        if !registration.is_reissue() {
            deciding.push((registration, side));
            continue;
        }
        let mut originals = registrations::of_couple(&wish.reader, &registration).await?;
        originals.retain(|original| registration.reissues(original));
        if originals.is_empty() {
            originals.push(registration);
        }
        deciding.extend(originals.into_iter().map(|original| (original, side)));
    }
    let state = |registration: &Registration| status(registration.kind());
    deciding.retain(|(registration, _)| state(registration) != MaritalStatus::Unspecified);
    Ok(deciding.into_iter().max_by(|(one, _), (other, _)| one.age().cmp(&other.age())))
}

fn none_on_record() -> MaritalState {
    MaritalState { state: MaritalStatus::NoneOnRecord.into(), ..MaritalState::default() }
}

/// Who was married or whose marriage was annulled has no spouse.
fn told(registration: &Registration, side: Side) -> MaritalState {
    let state = status(registration.kind());
    let spouse = (state == MaritalStatus::Married).then(|| registration.party(side.other()).cloned()).flatten();
    MaritalState {
        state: state.into(),
        since: registration.certificate.registered_on.clone(),
        basis_certificate: registration.certificate.number.clone(),
        spouse,
        coverage_from: String::new(),
    }
}

fn status(kind: RegistrationKind) -> MaritalStatus {
    match kind {
        RegistrationKind::Marriage | RegistrationKind::ReissuedMarriage => MaritalStatus::Married,
        RegistrationKind::Divorce | RegistrationKind::ReissuedDivorce => MaritalStatus::Divorced,
        RegistrationKind::Annulment => MaritalStatus::Annulled,
        RegistrationKind::Unspecified => MaritalStatus::Unspecified,
    }
}
