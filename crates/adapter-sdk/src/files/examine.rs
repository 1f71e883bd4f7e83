//! The look at a whole file before anything of it is published.

use super::{
    flag::Flag,
    reader::{Content, Metered},
};
use crate::{rules, runner::Stop};
use domain::Rule;
use formats::framing::{Facts, Framing, Refusal};
use std::{fs::File, io};

/// A file that was read once.
#[derive(Debug)]
pub(crate) struct Examined {
    /// What its bytes are.
    pub(crate) content: Content,
    facts: Result<Facts, Refusal>,
}

/// Reads a whole file.
///
/// # Errors
/// When the file cannot be read; that says nothing about what is in it.
pub(crate) fn examine(file: &mut File, framing: &dyn Framing, stop: &dyn Stop) -> io::Result<Examined> {
    let mut reader = Metered::first(file, stop)?;
    let facts = framing.inspect(&mut reader);
    if let Some(failure) = reader.take_failure() {
        return Err(failure);
    }
    Ok(Examined { content: reader.finish()?, facts })
}

impl Examined {
    /// Whether the bytes are those that the flag file speaks of.
    pub(crate) fn is_as_flagged(&self, flag: &Flag) -> bool {
        flag.sm3.as_ref() == Some(&self.content.sm3)
    }

    /// What the file holds, if it can be taken in. Other bytes than the flag speaks of are told first: whatever else is
    /// wrong then follows from it. `flag` is none only where a file is tried without one.
    ///
    /// # Errors
    /// The rule that refuses the file.
    pub(crate) fn facts(&self, flag: Option<&Flag>) -> Result<Facts, Refusal> {
        if self.content.length == 0 {
            return Err(refusal(&rules::FILE_EMPTY, String::new()));
        }
        if let Some(flag) = flag.filter(|flag| !self.is_as_flagged(flag)) {
            let detail = if flag.sm3.is_some() { "the digests differ" } else { "the flag file has no line sm3=" };
            return Err(refusal(&rules::FILE_HASH, detail.to_owned()));
        }
        let facts = self.facts.clone()?;
        match flag.map(|flag| flag.rows) {
            Some(None) => Err(refusal(&rules::FILE_TRAILER, "the flag file has no line rows=".to_owned())),
            Some(Some(rows)) if rows != facts.rows => {
                Err(refusal(&rules::FILE_TRAILER, format!("the flag file says {rows}, counted {}", facts.rows)))
            }
            _ => Ok(facts),
        }
    }
}

fn refusal(rule: &'static Rule, detail: String) -> Refusal {
    Refusal { rule, detail, retry: false }
}
