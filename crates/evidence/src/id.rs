//! Names: of a log, and of one exchange in it.

use crate::{EvidenceError, tile::decimal};
use domain::{Caller, CallerKind};
use std::{fmt, str::FromStr};

/// The first word of every origin.
const EXCHANGE: &str = "exchange";

/// Name of a node's log: `exchange/<node>/<epoch>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    node: String,
    epoch: u64,
}

/// Name of one exchange's evidence: `<node>-<epoch>-<index>`, so that its leaf is found without any search.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EvidenceId {
    node: String,
    epoch: u64,
    index: u64,
}

impl Origin {
    /// The log of `node` in `epoch`, the first of which is 1; `None` when the node's id is not
    /// `[a-z0-9-]{1,63}`, or the epoch zero.
    #[must_use]
    pub fn new(node: &str, epoch: u64) -> Option<Self> {
        let named = Caller::new(CallerKind::Node, node).is_some();
        (named && epoch > 0).then(|| Self { node: node.to_owned(), epoch })
    }

    /// Id of the node.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Epoch of its log, from 1.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Id of the evidence at `index`.
    #[must_use]
    pub fn evidence(&self, index: u64) -> EvidenceId {
        EvidenceId { node: self.node.clone(), epoch: self.epoch, index }
    }
}

impl FromStr for Origin {
    type Err = EvidenceError;

    fn from_str(text: &str) -> Result<Self, EvidenceError> {
        let read = || {
            let (exchange, rest) = text.split_once('/')?;
            let (node, epoch) = rest.split_once('/')?;
            if exchange == EXCHANGE { Self::new(node, decimal(epoch)?) } else { None }
        };
        read().ok_or_else(|| EvidenceError::malformed("origin", "not exchange/<node>/<epoch>"))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{EXCHANGE}/{}/{}", self.node, self.epoch)
    }
}

impl EvidenceId {
    /// The log it is in.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin { node: self.node.clone(), epoch: self.epoch }
    }

    /// Id of the node.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Epoch of its log, from 1.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Index of its leaf.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }
}

/// Reads from the right, as a node's id may have hyphens and digits of its own.
impl FromStr for EvidenceId {
    type Err = EvidenceError;

    fn from_str(text: &str) -> Result<Self, EvidenceError> {
        let read = || {
            let (rest, index) = text.rsplit_once('-')?;
            let (node, epoch) = rest.rsplit_once('-')?;
            Some(Origin::new(node, decimal(epoch)?)?.evidence(decimal(index)?))
        };
        read().ok_or_else(|| EvidenceError::malformed("evidence id", "not <node>-<epoch>-<index>"))
    }
}

impl fmt::Display for EvidenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.node, self.epoch, self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn evidence_is_read_from_the_right() {
        let id: EvidenceId = "city-7-1-42".parse().unwrap();
        assert_eq!((id.node(), id.epoch(), id.index()), ("city-7", 1, 42));
        assert_eq!(id.origin().to_string(), "exchange/city-7/1");
    }

    #[test]
    fn anything_but_the_plain_form_is_refused() {
        for text in ["", "city", "city-1", "city-0-1", "city-01-1", "city-1-01", "city-1-+1", "City-1-1", "-1", "1-1"] {
            assert!(text.parse::<EvidenceId>().is_err(), "{text}");
        }
        for text in ["", "exchange/city", "exchange/city/0", "exchange/city/1/", "exchange/c y/1", "other/city/1"] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
        assert!("city-1-18446744073709551616".parse::<EvidenceId>().is_err());
    }

    proptest! {
        #[test]
        fn every_name_reads_back(node in "[a-z0-9-]{1,63}", epoch in 1..u64::MAX, index: u64) {
            let origin = Origin::new(&node, epoch).unwrap();
            prop_assert_eq!(&origin.to_string().parse::<Origin>().unwrap(), &origin);
            let id = origin.evidence(index);
            prop_assert_eq!(&id.to_string().parse::<EvidenceId>().unwrap(), &id);
            prop_assert_eq!(id.origin(), origin);
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = (text.parse::<Origin>(), text.parse::<EvidenceId>());
        }
    }
}
