//! Values of an entity's elements, read as this department writes them.

use adapter_sdk::{
    formats::xml::Entity,
    rules::{DATE_INVALID, FIELD_INVALID, FIELD_REQUIRED, NUMBER_INVALID},
};
use domain::{
    Rule, Timestamp, code,
    date::{self, DateFault, DayValue},
    money::{self, NumberFault},
    text,
};

/// Longest key of the source, in characters, as for any identifier.
const MAX_KEY: usize = 128;

/// The rule that an entity breaks, and in which element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) rule: &'static Rule,
    pub(crate) field: &'static str,
}

/// The version that an entity states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Fourteen digits, local time.
    pub(crate) digits: String,
    /// The same as an instant.
    pub(crate) at: Timestamp,
}

/// A currency and whether its code is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Currency {
    pub(crate) letters: String,
    pub(crate) unknown: bool,
}

/// The elements of an entity.
pub(crate) struct Fields<'a>(pub(crate) &'a Entity);

impl Fields<'_> {
    /// A name, an address, a text: nothing inside is folded. Absent is `""`.
    pub(crate) fn text(&self, field: &str) -> String {
        self.0.get(field).unwrap_or_default().to_owned()
    }

    /// A number, code or date: half-width, without the `#` that some exports put before numbers. Absent is `""`.
    pub(crate) fn number(&self, field: &str) -> String {
        text::strip_hash(&text::half_width(self.0.get(field).unwrap_or_default())).to_owned()
    }

    /// A number without which the record has no key.
    pub(crate) fn required(&self, field: &'static str) -> Result<String, Fault> {
        let number = self.number(field);
        if number.is_empty() {
            return Err(Fault { rule: &FIELD_REQUIRED, field });
        }
        if number.chars().count() > MAX_KEY || number.chars().any(char::is_control) {
            return Err(Fault { rule: &FIELD_INVALID, field });
        }
        Ok(number)
    }

    /// A day, ISO; what stands for "no end" says nothing in such a field.
    pub(crate) fn day(&self, field: &'static str) -> Result<String, Fault> {
        let day = date::parse_day(&self.number(field)).map_err(|fault| of_date(fault, field))?;
        Ok(day.iso().unwrap_or_default())
    }

    /// The last day of a period that has no end when the element is empty.
    pub(crate) fn end(&self, field: &'static str) -> Result<DayValue, Fault> {
        date::parse_day_with_empty_as_no_end(&self.number(field)).map_err(|fault| of_date(fault, field))
    }

    /// An amount in 万 as decimal text in single units; `""` when absent.
    pub(crate) fn amount(&self, field: &'static str) -> Result<String, Fault> {
        self.decimal(field, money::wan_to_units)
    }

    /// A share in percent as decimal text; `""` when absent.
    pub(crate) fn percent(&self, field: &'static str) -> Result<String, Fault> {
        self.decimal(field, money::percent)
    }

    /// The currency of an amount: `REGCAPCUR`, empty means 156. No amount and no code: none.
    pub(crate) fn currency(&self, amount: &str) -> Currency {
        let given = self.number("REGCAPCUR").to_ascii_uppercase();
        if given.is_empty() {
            let letters = if amount.is_empty() { "" } else { "CNY" };
            return Currency { letters: letters.to_owned(), unknown: false };
        }
        let known =
            code::currency(&format!("{given:0>3}")).or_else(|| code::is_currency(&given).then_some(given.as_str()));
        // An unknown code is kept as it is: absent, it would be read as the default, yuan.
        Currency { letters: known.unwrap_or(&given).to_owned(), unknown: known.is_none() }
    }

    /// `S_EXT_DATATIME`.
    pub(crate) fn stamp(&self) -> Result<Stamp, Fault> {
        let field = "S_EXT_DATATIME";
        let digits = date::stamp14(&self.number(field)).map_err(|fault| of_date(fault, field))?;
        let at = date::stamp_instant(&digits, date::local_offset());
        at.map(|at| Stamp { digits, at }).ok_or(Fault { rule: &DATE_INVALID, field })
    }

    fn decimal(&self, field: &'static str, read: fn(&str) -> Result<String, NumberFault>) -> Result<String, Fault> {
        let given = self.number(field);
        if given.is_empty() {
            return Ok(given);
        }
        read(&given).map_err(|_| Fault { rule: &NUMBER_INVALID, field })
    }
}

fn of_date(fault: DateFault, field: &'static str) -> Fault {
    let rule = match fault {
        DateFault::Missing => &FIELD_REQUIRED,
        DateFault::Invalid => &DATE_INVALID,
    };
    Fault { rule, field }
}
