//! Which cells show a number as a day.

use super::parts::{Part, attribute, local};
use crate::workbook::{
    book::Fault,
    cell::{is_built_in_day, shows_day},
};
use quick_xml::events::Event;
use std::collections::HashMap;

/// Styles by number: whether they show a day.
#[derive(Debug, Default)]
pub(super) struct Styles(Vec<bool>);

impl Styles {
    pub(super) fn read(part: Part<'_>) -> Result<Self, Fault> {
        let mut written: HashMap<String, bool> = HashMap::new();
        let (mut styles, mut in_cells) = (Vec::new(), false);
        part.each(|event| {
            match event {
                Event::Start(tag) => match local(tag) {
                    "numFmt" => {
                        let code = attribute(tag, "formatCode")?.unwrap_or_default();
                        written.insert(attribute(tag, "numFmtId")?.unwrap_or_default(), shows_day(&code));
                    }
                    "cellXfs" => in_cells = true,
                    "xf" if in_cells => {
                        let id = attribute(tag, "numFmtId")?.unwrap_or_default();
                        let built_in = || id.parse().is_ok_and(is_built_in_day);
                        styles.push(written.get(&id).copied().unwrap_or_else(built_in));
                    }
                    _ => {}
                },
                Event::End(tag) if tag.local_name().as_ref() == "cellXfs" => in_cells = false,
                _ => {}
            }
            Ok(())
        })?;
        Ok(Self(styles))
    }

    /// Whether a style shows a day; a cell without style does not.
    pub(super) fn is_day(&self, style: &str) -> bool {
        style.parse().ok().and_then(|style: usize| self.0.get(style).copied()).unwrap_or_default()
    }
}
