//! Compiled projections, by resource and items.

use crate::stop::{Away, Stop};
use contract::{message_of, wire::Projection};
use domain::catalogue::Resource;
use policy::Items;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Projections kept; as many as grants and questions of items by name make, but not without end.
const MAX_KEPT: usize = 1_024;

/// Projections that were compiled before.
#[derive(Debug, Default)]
pub(crate) struct Projections(Mutex<HashMap<Selection, Arc<Projection>>>);

/// A message and names of its items.
type Selection = (String, Vec<String>);

impl Projections {
    /// The projection to `items` of `resource`.
    pub(crate) fn get(&self, resource: &Resource, items: &Items) -> Result<Arc<Projection>, Stop> {
        let listed = resource.items.iter().map(|item| &item.name);
        let names: Vec<String> = match items {
            Items::All => listed.cloned().collect(),
            Items::Named(names) => names.iter().cloned().collect(),
        };
        let key = (resource.message.clone(), names);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(projection) = kept.get(&key) {
            return Ok(Arc::clone(projection));
        }
        let projection = compile(&key.0, &key.1).ok_or_else(|| Away::Damaged(resource.id.clone()))?;
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        let projection = Arc::new(projection);
        kept.insert(key, Arc::clone(&projection));
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
