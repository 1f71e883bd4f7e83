//! What every implementation of the view does, as tests; [`view_conformance!`](crate::view_conformance) runs them.
#![expect(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "a broken promise panics, a store that fails is an error: so says the module for all of them"
)]

mod control;
mod history;
mod records;
mod rejects;
mod samples;

pub use self::{control::*, history::*, records::*, rejects::*};

use crate::{StoreError, ViewReader, ViewWriter};
use std::future::Future;

/// A place for one view, empty at first, that can be opened again after both ends were dropped.
pub trait Place {
    /// Its writing end.
    type Writer: ViewWriter;
    /// Its reading end.
    type Reader: ViewReader;

    /// Opens the view that is there.
    fn open(&self) -> impl Future<Output = Result<(Self::Writer, Self::Reader), StoreError>>;
}

/// Makes one test of every promise of the view. `$fresh` is an expression that gives a new [`Place`]
/// (`conformance::Place`) each time; the crate that calls it needs `tokio` and `proptest`.
#[macro_export]
macro_rules! view_conformance {
    ($fresh:expr) => {
        $crate::view_conformance!(
            @promises $fresh,
            a_record_is_found_by_key_and_by_each_identifier,
            older_never_replaces_newer,
            the_same_version_again_changes_nothing,
            a_changed_subject_no_longer_finds,
            a_withdrawn_record_is_found_as_such_by_its_subjects,
            a_moved_record_is_not_shown_and_keeps_the_order_of_versions,
            kinds_indexes_and_resources_are_told_apart,
            pages_cover_everything_once_in_order,
            any_text_is_told_apart_from_any_other,
            positions_and_content_outlive_reopening,
            older_never_replaces_newer_after_reopening,
            positions_never_go_back,
            control_state_stands_as_last_written,
            an_intake_is_in_force_once_its_positions_are_reached,
            a_later_intake_does_not_take_away_one_that_was_reached,
            announcements_that_never_rest_come_into_force,
            an_announcement_of_the_past_does_not_come_back,
            a_reject_stands_as_last_written_with_its_first_position,
            rejects_are_listed_newest_first_by_filter,
            open_rejects_are_counted,
        );

        #[test]
        fn any_order_gives_one_view() -> std::io::Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let config = proptest::test_runner::Config::with_cases(32);
            proptest::proptest!(config, |(history in $crate::conformance::histories())| {
                let places = [$fresh, $fresh];
                runtime.block_on($crate::conformance::any_order_gives_the_same_view(&places, &history))
                    .map_err(|error| proptest::test_runner::TestCaseError::fail(error.to_string()))?;
            });
            Ok(())
        }

        #[test]
        fn any_replay_gives_one_view() -> std::io::Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let config = proptest::test_runner::Config::with_cases(32);
            proptest::proptest!(config, |(log in $crate::conformance::logs())| {
                let places = [$fresh, $fresh];
                runtime.block_on($crate::conformance::any_replay_gives_the_same_view(&places, &log))
                    .map_err(|error| proptest::test_runner::TestCaseError::fail(error.to_string()))?;
            });
            Ok(())
        }
    };
    (@promises $fresh:expr, $($promise:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $promise() -> Result<(), $crate::StoreError> {
                $crate::conformance::$promise(&$fresh).await
            }
        )*
    };
}
