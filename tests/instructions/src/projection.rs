//! From records to what a grant shows of them.

use crate::mapping;
use adapter_sdk::Effect;
use anyhow::{Context as _, Result, ensure};
use contract::{message_of, wire::Projection};
use std::hint::black_box;

/// What the sample grant shows a window of a person.
const ITEMS: [&str; 7] = ["citizen_number", "name", "sex", "birth_date", "division", "address", "life_status"];

/// Records of one resource.
pub(crate) struct Records {
    projection: Projection,
    bodies: Vec<Vec<u8>>,
}

impl Records {
    /// Those of the resident register.
    pub(crate) fn of_register() -> Result<Self> {
        let bodies = mapping::register().drafts()?.into_iter().filter_map(|draft| match draft.effect {
            Effect::Upsert { body, .. } => Some(body),
            Effect::Withdraw { .. } => None,
        });
        let message = message_of("exchange.canonical.v1.NaturalPerson").context("the message of a person")?;
        Ok(Self { projection: Projection::new(&message, ITEMS)?, bodies: bodies.collect() })
    }

    /// Projects each; how many there were.
    pub(crate) fn project(&mut self) -> Result<u64> {
        ensure!(!self.bodies.is_empty(), "no records");
        for body in &self.bodies {
            let shown = self.projection.project(body).map_err(|_| anyhow::anyhow!("a record that cannot be read"))?;
            black_box(shown);
        }
        Ok(self.bodies.len().try_into()?)
    }
}
