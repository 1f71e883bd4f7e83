//! Who is calling: the name in the certificate's URI SAN (contract.md §2).

use std::fmt;

/// The four kinds of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallerKind {
    /// An intake system that asks questions.
    Consumer,
    /// A department's own system.
    Department,
    /// Somebody who runs the exchange.
    Operator,
    /// Another exchange node.
    Node,
}

impl CallerKind {
    /// The word in the URI.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Department => "department",
            Self::Operator => "operator",
            Self::Node => "node",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Consumer, Self::Department, Self::Operator, Self::Node].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A caller's name, `exchange://<kind>/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Caller {
    /// What kind of party it is.
    pub kind: CallerKind,
    id: String,
}

impl Caller {
    /// A caller of `kind` named `id`; `None` when the id is not `[a-z0-9-]{1,63}`.
    #[must_use]
    pub fn new(kind: CallerKind, id: &str) -> Option<Self> {
        is_id(id).then(|| Self { kind, id: id.to_owned() })
    }

    /// Reads `exchange://<kind>/<id>`, compared as bytes: no port, query, fragment, escape or further path.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        let (kind, id) = uri.strip_prefix("exchange://")?.split_once('/')?;
        Self::new(CallerKind::from_word(kind)?, id)
    }

    /// Reads `<kind>/<id>`, the form the command line takes.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let (kind, id) = name.split_once('/')?;
        Self::new(CallerKind::from_word(kind)?, id)
    }

    /// The id inside its kind.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The URI of the certificate's SAN.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("exchange://{self}")
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.id)
    }
}

/// Whether `text` is a name as the exchange writes them: `[a-z0-9-]{1,63}`.
#[must_use]
pub fn is_id(text: &str) -> bool {
    (1..=63).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn uri_and_name_lead_to_the_same_caller() {
        let caller = Caller::from_uri("exchange://department/public-security").unwrap();
        assert_eq!(Caller::from_name("department/public-security"), Some(caller.clone()));
        assert_eq!((caller.kind, caller.id()), (CallerKind::Department, "public-security"));
        assert_eq!(caller.uri(), "exchange://department/public-security");
    }

    #[test]
    fn anything_but_the_plain_form_is_refused() {
        for uri in [
            "exchange://guest/a",
            "exchange://consumer/",
            "exchange://consumer/A",
            "exchange://consumer/a/b",
            "exchange://consumer:1/a",
            "exchange://consumer/a?b",
            "exchange://consumer/a%41",
            "EXCHANGE://consumer/a",
            "https://consumer/a",
            "",
        ] {
            assert_eq!(Caller::from_uri(uri), None, "{uri}");
        }
        assert!(Caller::new(CallerKind::Consumer, &"a".repeat(63)).is_some());
        assert!(Caller::new(CallerKind::Consumer, &"a".repeat(64)).is_none());
    }

    proptest! {
        #[test]
        fn every_caller_reads_back(id in "[a-z0-9-]{1,63}", kind in 0usize..4) {
            let kind = [CallerKind::Consumer, CallerKind::Department, CallerKind::Operator, CallerKind::Node][kind];
            let caller = Caller::new(kind, &id).unwrap();
            prop_assert_eq!(Caller::from_uri(&caller.uri()), Some(caller.clone()));
            prop_assert_eq!(Caller::from_name(&caller.to_string()), Some(caller.clone()));
        }
    }
}
