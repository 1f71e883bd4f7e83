//! What can be wrong with outside bytes and text.

use std::fmt;

/// Why a message or a text is refused. The texts name places, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// No message of this name is known; update the node, or correct the catalogue.
    #[error("unknown message {name}")]
    UnknownMessage {
        /// The name asked for.
        name: String,
    },
    /// The bytes are not a message of the type.
    #[error("malformed {message}")]
    Malformed {
        /// The message's name.
        message: String,
    },
    /// The message cannot be shown as JSON: it holds a body of an unknown type, or bodies inside bodies.
    #[error("{message} has no JSON form")]
    NoJson {
        /// The message's name.
        message: String,
    },
    /// The text is not JSON, or too long or too deep.
    #[error("not valid JSON at line {line} column {column}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A member of the JSON cannot be accepted.
    #[error("{path}: {fault}")]
    Member {
        /// Path of the member (`purpose.matter`, `claims[1].item`), empty for the whole.
        path: String,
        /// What is wrong with it.
        fault: MemberFault,
    },
    /// The message has no such item.
    #[error("{message} has no item {item}")]
    UnknownItem {
        /// The message's name.
        message: String,
        /// The item's name.
        item: String,
    },
    /// A catalogue entry does not fit its message.
    #[error("catalogue entry {id} does not fit its message")]
    Entry {
        /// The entry's id.
        id: String,
    },
    /// A timestamp outside the years 1 to 9999.
    #[error("timestamp out of range")]
    Timestamp,
}

/// What is wrong with a member of a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberFault {
    /// The message has no such member.
    Unknown,
    /// The member occurs twice, perhaps in both spellings.
    Duplicate,
    /// The member is null; leave it out instead.
    Null,
    /// The value does not fit the member's type.
    Type,
}

impl MemberFault {
    /// A stable word for problem details.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Duplicate => "duplicate",
            Self::Null => "null",
            Self::Type => "type",
        }
    }
}

impl fmt::Display for MemberFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown member",
            Self::Duplicate => "member given twice",
            Self::Null => "null is not accepted, leave the member out",
            Self::Type => "value does not fit its type",
        })
    }
}
