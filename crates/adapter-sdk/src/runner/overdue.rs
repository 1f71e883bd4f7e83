//! Rows that have waited for more than a day: said once, and told with each announcement.

use super::marks::Marks;
use crate::error::IntakeError;
use domain::Timestamp;
use store::Ledger;

/// After how long a row's waiting is reported.
const LIMIT: chrono::Duration = chrono::Duration::hours(24);
/// How often they are counted: all rows that wait are read for it.
const PERIOD: chrono::Duration = chrono::Duration::minutes(1);

/// The last count.
#[derive(Debug, Default)]
pub(crate) struct Overdue {
    looked: Option<Timestamp>,
    rows: u64,
}

impl Overdue {
    /// How many rows are overdue, of those that wait.
    pub(crate) fn count(
        &mut self,
        waiting: u64,
        ledger: &Ledger,
        now: Timestamp,
        department: &'static str,
    ) -> Result<u64, IntakeError> {
        if waiting == 0 {
            *self = Self::default();
        } else if self.looked.is_none_or(|looked| now - looked >= PERIOD) {
            let before = std::mem::replace(
                &mut self.rows,
                Marks::waiting_since_before(ledger, (now - LIMIT).timestamp_millis())?,
            );
            self.looked = Some(now);
            if before == 0 && self.rows > 0 {
                let rows = self.rows;
                tracing::warn!(department, rows, "rows have waited for another row for more than 24 hours");
            }
        }
        Ok(self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Commit;

    #[test]
    fn rows_are_overdue_after_a_day_and_counted_once_a_minute() {
        let ledger = Ledger::in_memory();
        let wait = |id: &str, since: i64| {
            let blob = format!("{{\"since\":{since},\"receipt\":[]}}").into_bytes();
            let blobs = vec![(format!("waits/{id}"), Some(blob))];
            ledger.commit(Commit { blobs, ..Commit::default() }).unwrap();
        };
        let at = |minutes: i64| Timestamp::from_timestamp(minutes * 60, 0).unwrap();
        let day = 24 * 60;
        let mut overdue = Overdue::default();
        let mut count = |waiting, minutes| overdue.count(waiting, &ledger, at(minutes), "testing").unwrap();
        wait("t/1", 0);
        wait("t/2", at(2).timestamp_millis());
        assert_eq!(count(2, day), 0);
        assert_eq!(count(2, day + 1), 1);
        wait("t/3", 0);
        assert_eq!(count(3, day + 1), 1);
        assert_eq!(count(3, day + 3), 3);
        assert_eq!(count(0, day + 3), 0);
    }
}
