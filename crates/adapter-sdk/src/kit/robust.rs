//! Bad input never panics.

use super::fixtures;
use crate::{Adapter, Translated};
use domain::Version;
use formats::framing::{FramedRow, RowStart};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

/// Damage to bytes, by shares of their length.
#[derive(Debug, Clone)]
enum Damage {
    Cut(f64),
    Flip(f64, u8),
    Insert(f64, Vec<u8>),
    Replace(f64, Vec<u8>),
}

/// Whatever happens to a row's bytes, it translates to something.
///
/// # Panics
/// When the mapping panics, or gives a record without key or stamp.
pub fn damaged_rows_are_translated_without_panic(adapter: &Adapter, folder: &Path) {
    let rows = fixtures::all_rows(adapter, folder);
    if rows.is_empty() {
        return;
    }
    run(0..rows.len(), |place, damages| {
        let sample = &rows[place];
        let bytes = damages.iter().fold(sample.framed.bytes.clone(), damaged);
        let row = sample.row(&bytes);
        let entity = adapter.mapping.entity(&row);
        prop_assert_ne!(entity, Some(String::new()));
        if let Translated::Records { drafts, .. } = adapter.mapping.translate(&row, None) {
            for draft in drafts {
                prop_assert!(!draft.key.is_empty() && Version::is_stamp(&draft.stamp));
            }
        }
        Ok(())
    });
}

/// Whatever happens to a file's bytes, it is refused, or its rows can be read.
///
/// # Panics
/// When the framing panics, or accepts a file whose rows it then cannot give out.
pub fn damaged_files_are_refused_without_panic(adapter: &Adapter, folder: &Path) {
    let files: Vec<PathBuf> = fixtures::fixtures(folder).into_iter().flat_map(|fixture| fixture.files).collect();
    let contents: Vec<(PathBuf, Vec<u8>)> =
        files.into_iter().filter_map(|file| fs::read(&file).ok().map(|content| (file, content))).collect();
    run(0..contents.len(), |place, damages| {
        let (file, content) = &contents[place];
        let bytes = damages.iter().fold(content.clone(), damaged);
        let framing = fixtures::framing(adapter, file);
        let Ok(facts) = framing.inspect(&mut Cursor::new(&bytes)) else { return Ok(()) };
        let mut reader = framing.rows(Box::new(Cursor::new(&bytes)), RowStart::default());
        let mut row = FramedRow::default();
        let mut count = 0;
        while reader.next_row(&mut row).map_err(|error| TestCaseError::fail(error.to_string()))? {
            count += 1;
        }
        prop_assert!(count >= facts.rows, "{} rows counted, {} given out", facts.rows, count);
        Ok(())
    });
}

fn run(places: std::ops::Range<usize>, check: impl Fn(usize, Vec<Damage>) -> Result<(), TestCaseError>) {
    let damages = prop::collection::vec(damage(), 1..4);
    let config = Config { failure_persistence: None, ..Config::with_cases(512) };
    let result = TestRunner::new(config).run(&(places, damages), |(place, damages)| check(place, damages));
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let share = || 0.0..1.0_f64;
    let bytes = || prop::collection::vec(any::<u8>(), 1..9);
    prop_oneof![
        share().prop_map(Damage::Cut),
        (share(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        (share(), bytes()).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (share(), bytes()).prop_map(|(at, bytes)| Damage::Replace(at, bytes)),
    ]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of a fixture's length is a place in it"
)]
fn damaged(mut bytes: Vec<u8>, damage: &Damage) -> Vec<u8> {
    let place = |share: f64| ((bytes.len() as f64 * share) as usize).min(bytes.len());
    match damage {
        Damage::Cut(at) => bytes.truncate(place(*at)),
        Damage::Flip(at, bit) => {
            let place = place(*at);
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << bit;
            }
        }
        Damage::Insert(at, more) => {
            let place = place(*at);
            bytes.splice(place..place, more.iter().copied());
        }
        Damage::Replace(at, more) => {
            let from = place(*at);
            let to = (from + more.len()).min(bytes.len());
            bytes.splice(from..to, more.iter().copied());
        }
    }
    bytes
}
