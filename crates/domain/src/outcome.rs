//! What an answer says (contract.md, "Outcomes").

/// The outcome of a question; distinct, so that "error" is never "empty".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// One or more current records.
    Found,
    /// Covered, and nothing there.
    NotFound,
    /// Was there, was taken back.
    Withdrawn,
    /// Nothing here could tell.
    NoCoverage,
    /// More than one current record on a unique lookup; none is shown.
    Ambiguous,
    /// Found, but older than the question allows.
    Stale,
    /// Cannot be answered now.
    Unavailable,
    /// Not allowed.
    Refused,
    /// The question is malformed.
    Invalid,
}

impl Outcome {
    /// The metric label (contract.md §7).
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::NotFound => "not_found",
            Self::Withdrawn => "withdrawn",
            Self::NoCoverage => "no_coverage",
            Self::Ambiguous => "ambiguous",
            Self::Stale => "stale",
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
        }
    }
}

/// Why a question was refused (contract.md, "Outcomes").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// No grant of the caller names the resource.
    NoGrant,
    /// A grant names it, but for another mode.
    Mode,
    /// The matter is not one the grant was given for.
    Purpose,
    /// An item asked for by name is not granted.
    Item,
    /// The lookup is not granted.
    Lookup,
    /// The subject condition is not met (confirmation missing).
    Subject,
    /// Outside the grant's hours.
    Hours,
    /// Before or after the grant's validity.
    Validity,
    /// Too many questions this second.
    QuotaSecond,
    /// Too many questions this day.
    QuotaDay,
    /// Too many questions about this subject this day.
    QuotaSubject,
    /// The catalogue says that the resource is not shared.
    NotShared,
    /// This kind of caller may not use the method.
    CallerKind,
}

impl Reason {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoGrant => "NO_GRANT",
            Self::Mode => "MODE",
            Self::Purpose => "PURPOSE",
            Self::Item => "ITEM",
            Self::Lookup => "LOOKUP",
            Self::Subject => "SUBJECT",
            Self::Hours => "HOURS",
            Self::Validity => "VALIDITY",
            Self::QuotaSecond => "QUOTA_SECOND",
            Self::QuotaDay => "QUOTA_DAY",
            Self::QuotaSubject => "QUOTA_SUBJECT",
            Self::NotShared => "NOT_SHARED",
            Self::CallerKind => "CALLER_KIND",
        }
    }

    /// Whether waiting may help: quotas answer 429 / `RESOURCE_EXHAUSTED`, all else 403 / `PERMISSION_DENIED`.
    #[must_use]
    pub fn is_quota(self) -> bool {
        matches!(self, Self::QuotaSecond | Self::QuotaDay | Self::QuotaSubject)
    }
}
