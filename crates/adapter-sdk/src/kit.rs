//! What every adapter promises, checked over its own fixtures.
//!
//! ```text
//! // tests/conformance.rs
//! adapter_sdk::conformance!(public_security::adapter, fixtures = "tests/fixtures");
//! ```
//! A fixture is a file with its flag file beside it, or a folder whose files are taken in name order. What it translates
//! to stands in `<name without extension>.expected.ndjson`, the lines of `exchange adapter try`. Where that is missing it
//! is written and the test fails once, so that it is read before it is believed.
mod fixtures;
mod framing;
mod meaning;
mod robust;
pub mod source;
mod state;

pub use self::{
    fixtures::{fixtures_translate_as_expected, rows_add_up, translating_twice_gives_the_same},
    framing::{chunks_of_any_size_give_the_same_rows, reading_goes_on_at_any_row},
    meaning::{
        bodies_flags_and_rules_are_declared, department_is_well_formed, recalled_memory_means_the_same,
        rejects_translate_to_the_same_reject,
    },
    robust::{damaged_files_are_refused_without_panic, damaged_rows_are_translated_without_panic},
    state::copy_folder,
};

/// Makes a test of each promise for an adapter (`fn() -> Adapter`) and a folder of fixtures, relative to the crate.
#[macro_export]
macro_rules! conformance {
    ($adapter:path, fixtures = $fixtures:literal) => {
        $crate::conformance! { @tests $adapter, concat!(env!("CARGO_MANIFEST_DIR"), "/", $fixtures),
            department_is_well_formed
            fixtures_translate_as_expected
            translating_twice_gives_the_same
            rows_add_up
            bodies_flags_and_rules_are_declared
            rejects_translate_to_the_same_reject
            recalled_memory_means_the_same
            chunks_of_any_size_give_the_same_rows
            reading_goes_on_at_any_row
            damaged_rows_are_translated_without_panic
            damaged_files_are_refused_without_panic
        }
    };
    (@tests $adapter:path, $fixtures:expr, $($promise:ident)*) => {
        $(
            #[test]
            fn $promise() {
                $crate::kit::$promise(&$adapter(), ::std::path::Path::new($fixtures));
            }
        )*
    };
}
