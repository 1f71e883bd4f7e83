//! Why a call came to nothing, and what follows from it.

use crate::https::{GivenUp, NoAnswer};
use adapter_sdk::source::SourceError;
use std::{fmt, time::Duration};

/// A call that came to nothing. Texts never hold what an answer said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// No connection, or no whole answer.
    Away(String),
    /// It took longer than it may.
    TimeLimit(Duration),
    /// The provider asks to be left alone.
    Busy(Option<Duration>),
    /// Our own count says that the provider's calls of the hour are used up.
    Quota,
    /// The answer is no answer of this interface.
    Malformed(String),
    /// The provider reports an error (`provider.error`) that waiting may mend.
    Provider { code: String },
    /// The cursor is broken or has expired.
    LostCursor { code: String },
    /// Somebody has to do something.
    Refused(String),
    /// The intake was asked to stop.
    Stopped,
}

impl Fault {
    /// How long the provider asks to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy(retry_after) => *retry_after,
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away(why) | Self::Malformed(why) | Self::Refused(why) => f.write_str(why),
            Self::TimeLimit(limit) => write!(f, "no answer within {} s", limit.as_secs_f32()),
            Self::Busy(_) => f.write_str("too many calls, it asks to be left alone for a while (HTTP 429)"),
            Self::Quota => f.write_str("the calls that the department allows in an hour are used up"),
            Self::Provider { code } | Self::LostCursor { code } => {
                write!(f, "it reports an error instead of data (provider.error, code {code:?})")
            }
            Self::Stopped => f.write_str("the intake was asked to stop"),
        }
    }
}

impl From<GivenUp> for Fault {
    fn from(given_up: GivenUp) -> Self {
        match given_up {
            GivenUp::Stopped => Self::Stopped,
            GivenUp::Late(limit) => Self::TimeLimit(limit),
        }
    }
}

impl From<NoAnswer> for Fault {
    fn from(none: NoAnswer) -> Self {
        Self::Away(none.to_string())
    }
}

impl From<Fault> for SourceError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Stopped => Self::Stopped,
            Fault::Refused(message) => Self::Refused { message },
            fault => Self::Away { message: fault.to_string(), retry_after: fault.retry_after() },
        }
    }
}

/// A code as it may stand in a log: short, and nothing but letters and digits.
pub(super) fn shown(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).take(16).collect()
}
