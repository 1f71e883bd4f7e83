//! What is judged: the parts of a question that a grant speaks of.

use domain::{Caller, Identifier, catalogue::Resource};
use std::sync::Arc;

/// What the caller wants to do with the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Use {
    /// See them.
    Read,
    /// Compare values, each claim counting once.
    Match {
        /// How many values are compared.
        claims: u32,
    },
    /// See who asked about the subject.
    Ledger,
}

/// A question as policy sees it; already well formed.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// What for.
    pub r#use: Use,
    /// Of which resource.
    pub resource: &'a Arc<Resource>,
    /// About whom or what.
    pub by: &'a Identifier,
    /// Items asked for by name; empty asks for all that are granted.
    pub items: &'a [String],
    /// Basic code of the matter.
    pub matter: &'a str,
    /// Whether the question carries the subject's confirmation.
    pub confirmed: bool,
    /// Stands for the subject in the counters of the day: equal for equal subjects, and nothing that tells who it is.
    pub mark: u64,
}
