//! A Debezium change event, with or without its schema.

use adapter_sdk::{
    reading::{Fault, Fields},
    rules::{FIELD_REQUIRED, MESSAGE_JSON, MESSAGE_OP, MESSAGE_VERSION},
};
use chrono::DateTime;
use domain::Timestamp;
use serde_json::{Map, Value};

/// What happened to a row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// `c`, `u`, or `r` of a snapshot: the row says this now.
    Write,
    /// `d`.
    Delete,
    /// `t`: the whole table was emptied.
    Truncate,
}

/// A change event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) operation: Operation,
    envelope: Map<String, Value>,
}

/// How new an event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Twenty-one digits: whether there is a log position, then the position, else microseconds since 1970.
    pub(crate) digits: String,
    /// The source's own time.
    pub(crate) at: Timestamp,
}

impl Event {
    /// Reads a message's value.
    ///
    /// # Errors
    /// `message.json` when it is no JSON object, `message.op` when it does not say what happened.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let json = Fault::new(&MESSAGE_JSON, "");
        let mut envelope: Map<String, Value> = serde_json::from_slice(bytes).map_err(|_| json)?;
        if !envelope.contains_key("op")
            && let Some(Value::Object(payload)) = envelope.remove("payload")
        {
            envelope = payload;
        }
        let operation = match envelope.get("op").and_then(Value::as_str) {
            Some("c" | "u" | "r") => Operation::Write,
            Some("d") => Operation::Delete,
            Some("t") => Operation::Truncate,
            _ => return Err(Fault::new(&MESSAGE_OP, "op")),
        };
        Ok(Self { operation, envelope })
    }

    /// The row as it is after the event.
    ///
    /// # Errors
    /// `field.required` when the event does not have it.
    pub(crate) fn after(&self) -> Result<Fields, Fault> {
        self.row("after")?.ok_or(Fault::new(&FIELD_REQUIRED, "after"))
    }

    /// The row as it was before the event; none where the event does not say.
    ///
    /// # Errors
    /// `message.json` when it is no row.
    pub(crate) fn before(&self) -> Result<Option<Fields>, Fault> {
        self.row("before")
    }

    /// How new the event is: the source's log position. Without one, what `row` says of itself, or for a delete the time of
    /// the event, which never replaces what has a position.
    ///
    /// # Errors
    /// `message.version` when there is none of these.
    pub(crate) fn stamp(&self, row: &Fields) -> Result<Stamp, Fault> {
        let source = |name| self.envelope.get("source").and_then(|source| source.get(name)).and_then(whole);
        let event_micros = source("ts_ms").and_then(|millis| millis.checked_mul(1000));
        let row_micros = row.number("gxsj").parse::<u64>().ok();
        if let Some(position) = source("lsn") {
            let envelope_micros =
                self.envelope.get("ts_ms").and_then(whole).and_then(|millis| millis.checked_mul(1000));
            let at = event_micros.or(row_micros).or(envelope_micros).and_then(instant);
            let at = at.unwrap_or(DateTime::UNIX_EPOCH);
            return Ok(Stamp { digits: format!("1{position:020}"), at });
        }
        let micros = if self.operation == Operation::Delete { event_micros } else { row_micros };
        let stamp = micros.and_then(|micros| Some((micros, instant(micros)?)));
        let (micros, at) = stamp.ok_or(Fault::new(&MESSAGE_VERSION, "source"))?;
        Ok(Stamp { digits: format!("0{micros:020}"), at })
    }

    fn row(&self, name: &'static str) -> Result<Option<Fields>, Fault> {
        match self.envelope.get(name) {
            Some(Value::Object(members)) => {
                Fields::from_members(members).map(Some).map_err(|fault| Fault { field: name, ..fault })
            }
            None | Some(Value::Null) => Ok(None),
            Some(_) => Err(Fault::new(&MESSAGE_JSON, name)),
        }
    }
}

/// A whole number, as JSON number or as text.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn instant(micros: u64) -> Option<Timestamp> {
    DateTime::from_timestamp_micros(i64::try_from(micros).ok()?)
}
