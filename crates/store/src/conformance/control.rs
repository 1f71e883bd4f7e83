//! Positions, control state, announcements.

use super::{
    Place,
    samples::{intake, reached},
};
use crate::{Batch, ControlWrite, IntakeWrite, StoreError, ViewReader, ViewWriter};
use bytes::Bytes;

/// Positions are the furthest reached of each partition.
pub async fn positions_never_go_back<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    assert!(writer.positions()?.is_empty());
    let elsewhere = ("other".to_owned(), 3);
    let mut both = reached(5);
    both.insert(elsewhere.clone(), 9);
    writer.apply(Batch { positions: both.clone(), ..Batch::default() })?;
    writer.apply(Batch { positions: reached(4), ..Batch::default() })?;
    assert_eq!(writer.positions()?, both);
    writer.apply(Batch { positions: reached(6), ..Batch::default() })?;
    assert_eq!(reader.positions().await?, [(elsewhere, 9)].into_iter().chain(reached(6)).collect());
    Ok(())
}

/// The last write of a control key stands, and its removal removes it.
pub async fn control_state_stands_as_last_written<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    writer.apply(controls([("grant/a", Some("1")), ("grant/b", Some("1")), ("grant/a", Some("2"))]))?;
    assert_eq!(shown(&reader).await?, [("grant/a", "2"), ("grant/b", "1")].map(owned));
    writer.apply(controls([("grant/b", None), ("grant/c", Some("1")), ("grant/c", None)]))?;
    assert_eq!(shown(&reader).await?, [("grant/a", "2")].map(owned));
    Ok(())
}

/// An announcement comes into force in the batch that reaches its positions: the same one or a later one.
pub async fn an_intake_is_in_force_once_its_positions_are_reached<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    writer.apply(Batch { positions: reached(3), ..intakes([intake("first", 3)]) })?;
    assert_eq!(in_force(&reader).await?, "first");
    writer.apply(intakes([intake("second", 5)]))?;
    assert_eq!(in_force(&reader).await?, "first");
    writer.apply(Batch { positions: reached(4), ..Batch::default() })?;
    assert_eq!(in_force(&reader).await?, "first");
    writer.apply(Batch { positions: reached(5), ..Batch::default() })?;
    assert_eq!(in_force(&reader).await?, "second");
    Ok(())
}

/// Of two announcements in a batch the one that is reached comes into force, though it is the older.
pub async fn a_later_intake_does_not_take_away_one_that_was_reached<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    let batch = intakes([intake("first", 2), intake("second", 3), intake("third", 9)]);
    writer.apply(Batch { positions: reached(3), ..batch })?;
    assert_eq!(in_force(&reader).await?, "second");
    writer.apply(Batch { positions: reached(9), ..Batch::default() })?;
    assert_eq!(in_force(&reader).await?, "third");
    Ok(())
}

/// Though a newer announcement comes before the positions of the last are reached, again and again.
pub async fn announcements_that_never_rest_come_into_force<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    writer.apply(intakes([intake("first", 2), intake("second", 4)]))?;
    writer.apply(Batch { positions: reached(1), ..intakes([intake("third", 6)]) })?;
    writer.apply(Batch { positions: reached(2), ..intakes([intake("fourth", 8)]) })?;
    assert_eq!(in_force(&reader).await?, "first");
    writer.apply(Batch { positions: reached(8), ..Batch::default() })?;
    assert_eq!(in_force(&reader).await?, "fourth");
    Ok(())
}

/// Replaying a batch from before the positions reached changes neither control state nor what is in force.
pub async fn an_announcement_of_the_past_does_not_come_back<P: Place>(place: &P) -> Result<(), StoreError> {
    let (mut writer, reader) = place.open().await?;
    let first =
        Batch { positions: reached(3), control: controls([("k", Some("1"))]).control, ..intakes([intake("first", 3)]) };
    writer.apply(first.clone())?;
    let second = Batch {
        positions: reached(5),
        control: controls([("k", Some("2"))]).control,
        ..intakes([intake("second", 4)])
    };
    writer.apply(second)?;
    let before = reader.digest().await?;
    writer.apply(first)?;
    assert_eq!(reader.digest().await?, before);
    assert_eq!(in_force(&reader).await?, "second");
    assert_eq!(shown(&reader).await?, [("k", "2")].map(owned));
    Ok(())
}

fn controls<const N: usize>(writes: [(&str, Option<&'static str>); N]) -> Batch {
    let control = writes.map(|(key, payload)| ControlWrite {
        key: key.to_owned(),
        payload: payload.map(|text| Bytes::from_static(text.as_bytes())),
    });
    Batch { control: control.to_vec(), ..Batch::default() }
}

fn intakes(writes: impl Into<Vec<IntakeWrite>>) -> Batch {
    Batch { intakes: writes.into(), ..Batch::default() }
}

fn owned((key, payload): (&str, &str)) -> (String, Bytes) {
    (key.to_owned(), Bytes::copy_from_slice(payload.as_bytes()))
}

async fn shown<R: ViewReader>(reader: &R) -> Result<Vec<(String, Bytes)>, StoreError> {
    Ok(reader.control().await?.into_iter().collect())
}

async fn in_force<R: ViewReader>(reader: &R) -> Result<Bytes, StoreError> {
    Ok(reader.intakes().await?.remove("north").unwrap_or_default())
}
