//! Compiled projections, by resource and items.

use crate::stop::{Away, Stop};
use contract::{message_of, wire::Projection};
use domain::catalogue::Resource;
use policy::Items;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Projections kept of a message; as many as grants and questions of items by name make, but not so many that a search
/// among them takes long.
const MAX_KEPT: usize = 64;

/// Projections that were compiled before.
#[derive(Debug, Default)]
pub(crate) struct Projections(Mutex<Kept>);

/// By message; of each the few selections of items that are asked for.
type Kept = HashMap<String, Vec<(Vec<String>, Arc<Projection>)>>;

impl Projections {
    /// The projection to `items` of `resource`.
    pub(crate) fn get(&self, resource: &Resource, items: &Items) -> Result<Arc<Projection>, Stop> {
        let is_same = |names: &[String]| match items {
            Items::All => names.iter().eq(resource.items.iter().map(|item| &item.name)),
            Items::Named(wanted) => names.iter().eq(wanted.iter()),
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_message = kept.get(&resource.message).into_iter().flatten();
        if let Some((_, projection)) = of_message.into_iter().find(|(names, _)| is_same(names)) {
            return Ok(Arc::clone(projection));
        }
        let names: Vec<String> = match items {
            Items::All => resource.items.iter().map(|item| item.name.clone()).collect(),
            Items::Named(names) => names.iter().cloned().collect(),
        };
        let projection = compile(&resource.message, &names).ok_or_else(|| Away::Damaged(resource.id.clone()))?;
        let projection = Arc::new(projection);
        let of_message = kept.entry(resource.message.clone()).or_default();
        if of_message.len() >= MAX_KEPT {
            of_message.clear();
        }
        of_message.push((names, Arc::clone(&projection)));
        Ok(projection)
    }
}

/// Everything when every field of the message is an item; names that are no field show nothing.
fn compile(message: &str, names: &[String]) -> Option<Projection> {
    let message = message_of(message)?;
    if message.fields().all(|field| names.iter().any(|name| name == field.name())) {
        return Some(Projection::all());
    }
    let is_item = |name: &&str| Projection::new(&message, [*name]).is_ok();
    Projection::new(&message, names.iter().map(String::as_str).filter(is_item)).ok()
}
