//! Rejects: state, listing, counting.

use super::{
    Place,
    samples::{at, reject, rejects},
};
use crate::{RejectFilter, RejectState, RejectWrite, StoreError, ViewReader, ViewWriter};
use std::collections::BTreeMap;

/// A change of state is shown with its own payload, and with the position of the write that holds the original.
pub async fn a_reject_stands_as_last_written_with_its_first_position<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    let closing = RejectWrite { state: RejectState::Dismissed, ..reject("r", 1, 8) };
    writer.apply(rejects([reject("r", 1, 5)]))?;
    writer.apply(rejects([closing.clone()]))?;
    writer.apply(rejects([reject("r", 1, 5)]))?;
    let Some(found) = reader.reject("r").await? else { panic!("the reject is not there") };
    assert_eq!((found.state, found.partition, found.offset), (RejectState::Dismissed, 0, 5));
    assert_eq!((found.payload, found.rejected_at), (closing.payload, at(1)));
    assert!(reader.reject("other").await?.is_none());
    Ok(())
}

/// Newest first, then by id; every condition holds; goes on after a given one.
pub async fn rejects_are_listed_newest_first_by_filter<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    let south = RejectWrite { department: "south".to_owned(), ..reject("d", 3, 4) };
    let ruled = RejectWrite { rule: "other.rule".to_owned(), ..reject("e", 2, 5) };
    writer.apply(rejects([reject("a", 1, 1), reject("b", 3, 2), reject("c", 2, 3), south, ruled]))?;
    writer.apply(rejects([RejectWrite { state: RejectState::Redriven, ..reject("c", 2, 6) }]))?;
    let all = RejectFilter { limit: 10, ..RejectFilter::default() };
    assert_eq!(listed(&reader, &all).await?, "bdcea");
    assert_eq!(listed(&reader, &RejectFilter { limit: 2, ..all.clone() }).await?, "bd");
    assert_eq!(listed(&reader, &RejectFilter { limit: 0, ..all.clone() }).await?, "");
    let of = |department: &str| RejectFilter { department: Some(department.to_owned()), ..all.clone() };
    assert_eq!(listed(&reader, &of("south")).await?, "d");
    assert_eq!(listed(&reader, &of("west")).await?, "");
    assert_eq!(listed(&reader, &RejectFilter { rule: Some("other.rule".to_owned()), ..all.clone() }).await?, "e");
    assert_eq!(listed(&reader, &RejectFilter { state: Some(RejectState::Open), ..all.clone() }).await?, "bdea");
    assert_eq!(listed(&reader, &RejectFilter { from: Some(at(2)), ..all.clone() }).await?, "bdce");
    assert_eq!(listed(&reader, &RejectFilter { to: Some(at(3)), ..all.clone() }).await?, "cea");
    let after = |second, id: &str| RejectFilter { after: Some((at(second), id.to_owned())), ..all.clone() };
    assert_eq!(listed(&reader, &after(3, "d")).await?, "cea");
    assert_eq!(listed(&reader, &RejectFilter { to: Some(at(2)), ..after(3, "b") }).await?, "a");
    Ok(())
}

/// Open ones only, by department and rule, through changes of state and replays.
pub async fn open_rejects_are_counted<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    let south = RejectWrite { department: "south".to_owned(), ..reject("c", 3, 3) };
    writer.apply(rejects([reject("a", 1, 1), reject("b", 1, 2), south]))?;
    writer.apply(rejects([reject("a", 1, 1)]))?;
    let of = |department: &str| (department.to_owned(), "sample.rule".to_owned());
    assert_eq!(reader.open_rejects().await?, BTreeMap::from([(of("north"), 2), (of("south"), 1)]));
    let closed = |id, second, offset| RejectWrite { state: RejectState::Redriven, ..reject(id, second, offset) };
    let closed_south = RejectWrite { department: "south".to_owned(), ..closed("c", 3, 5) };
    writer.apply(rejects([closed("a", 1, 4), closed_south]))?;
    assert_eq!(reader.open_rejects().await?, BTreeMap::from([(of("north"), 1)]));
    writer.apply(rejects([reject("a", 1, 6)]))?;
    assert_eq!(reader.open_rejects().await?, BTreeMap::from([(of("north"), 2)]));
    Ok(())
}

async fn listed<R: ViewReader>(reader: &R, filter: &RejectFilter) -> Result<String, StoreError> {
    Ok(reader.rejects(filter).await?.into_iter().map(|reject| reject.id).collect())
}
