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
