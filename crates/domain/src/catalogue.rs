//! The resource catalogue (资源目录): departments, resources, consumers and grants, one TOML entry a
//! file (contract.md §6), read strictly and checked as a whole.

mod day;
mod entry;
mod grant;
mod problem;
mod resource;
#[cfg(test)]
mod tests;
mod validate;

pub use self::{
    day::{Day, TimeOfDay},
    entry::{Catalogue, Consumer, Department, Entry, EntryKind},
    grant::{Grant, GrantMode, GrantedResource, Hours, Quota, Subjects, WeekDays},
    problem::Problem,
    resource::{
        Completeness, CoverageRule, Flag, FlagMoment, Item, LookupRule, Resource, ResourceKind, Route, Sensitivity,
        Sharing, SourceRule, UpdateCycle,
    },
};
