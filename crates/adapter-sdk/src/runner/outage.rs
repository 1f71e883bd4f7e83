//! The bus is away: said once, however often it is tried, and once more when it is back.

use bus::BusError;

/// Whether the bus was last found away.
#[derive(Debug)]
pub(crate) struct Outage {
    department: &'static str,
    is_on: bool,
}

impl Outage {
    pub(crate) fn new(department: &'static str) -> Self {
        Self { department, is_on: false }
    }

    /// Lets pass what may pass, with a warning when it is news.
    pub(crate) fn let_pass(&mut self, result: Result<(), BusError>) -> Result<(), BusError> {
        match result {
            Err(error) if error.is_retryable() => {
                self.began(&error);
                Ok(())
            }
            result => result,
        }
    }

    /// The bus was found away.
    pub(crate) fn began(&mut self, error: &BusError) {
        if !self.is_on {
            tracing::warn!(department = self.department, %error, "bus is unavailable; trying again");
        }
        self.is_on = true;
    }

    /// The bus did what it was asked. An empty answer is no sign of that.
    pub(crate) fn ended(&mut self) {
        if self.is_on {
            tracing::info!(department = self.department, "bus is available again");
        }
        self.is_on = false;
    }
}
