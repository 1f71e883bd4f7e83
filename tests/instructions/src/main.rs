//! The hot paths one by one, so often that their instructions can be counted: two runs that differ in `--times` alone
//! differ by the path alone (`.ci/instructions`).
mod evidence_path;
mod mapping;
mod projection;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use mimalloc::MiMalloc;
use std::{
    hint::black_box,
    io::{self, Write as _},
};

/// The allocator of the `exchange` binary, whose parts are measured here.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Walks a hot path so many times and prints how many rows, records or answers that were.
#[derive(Parser)]
#[command(name = "exchange-instructions", version)]
struct Arguments {
    path: Path,
    /// How often.
    #[arg(long, default_value_t = 1)]
    times: u64,
}

/// A hot path.
#[derive(Clone, Copy, ValueEnum)]
enum Path {
    /// Rows of the resident register into records.
    Register,
    /// Enterprises in XML into records.
    Enterprises,
    /// Records down to the items of a grant.
    Projection,
    /// Answers into the log: commitments, leaf, tree, path, signature.
    Evidence,
}

fn main() -> Result<()> {
    let Arguments { path, times } = Arguments::parse();
    writeln!(io::stdout(), "{}", walk(path, times)?)?;
    Ok(())
}

fn walk(path: Path, times: u64) -> Result<u64> {
    match path {
        Path::Register => repeat(times, mapping::register(), mapping::Rows::translate),
        Path::Enterprises => repeat(times, mapping::enterprises(), mapping::Rows::translate),
        Path::Projection => repeat(times, projection::Records::of_register()?, projection::Records::project),
        Path::Evidence => repeat(times, evidence_path::Answers::new()?, evidence_path::Answers::record),
    }
}

fn repeat<T>(times: u64, mut work: T, once: impl Fn(&mut T) -> Result<u64>) -> Result<u64> {
    (0..times).try_fold(0, |units, _| Ok(units + once(black_box(&mut work))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_its_bound() {
        let bounds: Vec<_> = include_str!("../bounds").lines().filter_map(|line| line.split(' ').next()).collect();
        let paths: Vec<_> = Path::value_variants()
            .iter()
            .filter_map(|path| Some(path.to_possible_value()?.get_name().to_owned()))
            .collect();
        assert_eq!(bounds, paths);
    }

    #[test]
    fn every_path_is_walked_as_often_as_asked() {
        for path in Path::value_variants() {
            let once = walk(*path, 1).unwrap();
            assert!(once > 0 && walk(*path, 3).unwrap() == 3 * once);
        }
    }
}
