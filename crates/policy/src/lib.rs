//! Grants and sharing class → [`Permit`] or [`Denial`].
//!
//! Pure: decides from the request, the catalogue and the time alone, before any record is read, so
//! that a refusal cannot say whether the subject exists. A [`Gate`] is the only maker of a
//! [`Permit`], once it has counted the question, and `routing` cannot read a record without one.
//!
//! Quotas are counted here, exactly, in the node's memory, which [`Gate::recount`] fills again after a restart; a question that any limit refuses is not
//! counted against the others.
mod ask;
mod gate;
mod items;
mod judge;
mod permit;
mod quota;

pub use self::{
    ask::{Ask, Use},
    gate::Gate,
    items::Items,
    judge::{Denial, Finding, explain},
    permit::{Approved, Permit},
    quota::{Counted, Left},
};
