//! The use cases: what an intake system asks, and how it is answered.
//!
//! [`Exchange::answer`] takes a question as bytes and gives a [`Finished`] back; every answer, refused
//! and malformed questions too, is recorded in the evidence log before it leaves. A question is judged in one order, so that
//! a refusal never depends on a record: caller, form, grant, an earlier answer to the same request,
//! quota, and only then the view. Records are read through a reader that takes a `policy::Permit`.
//!
//! What depends on other records is decided here, when it is read: households, marital states, insurance
//! summaries, composed bases, and whether a certificate has expired or another one has taken its place.
//!
//! Hides how records are found, joined, filtered, projected, compared and paged.
mod accesses;
mod account;
mod answered;
mod asking;
mod base;
mod certificates;
mod compare;
mod coverage;
mod derive;
mod equity;
mod exchange;
mod fault;
mod find;
mod finished;
mod front;
mod ground;
mod household;
mod insurance;
mod joins;
mod live;
mod marital;
mod parties;
mod person;
mod present;
mod project;
mod question;
mod reader;
mod registrations;
mod repeat;
mod resolve;
mod sentence;
mod show;
mod stop;
mod supersede;
#[cfg(test)]
mod tests;
mod token;
mod verify;

pub use self::{
    account::{Deed, caller_name},
    asking::{Asking, Form},
    exchange::{Exchange, Settings, Watch},
    finished::{Departure, FieldFault, Finished, Method, Reply},
    live::{Live, LiveFault, LiveFuture, LiveRecord, Providers},
};
