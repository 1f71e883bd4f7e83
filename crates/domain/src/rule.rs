//! Rules: declared once, with a stable id and a sentence in each language (id, field, severity, sentence: one place).

/// Language of the sentences that clerks and ops read (`[node] language`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// `zh-CN`, the default.
    #[default]
    Chinese,
    /// `en`.
    English,
}

impl Language {
    /// Reads a language tag: anything that starts with `en` is English, `zh` is Chinese.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

/// What breaking a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The whole unit (a file, a poll) is refused before anything of it is published.
    Refuse,
    /// The row is rejected with its original bytes.
    Reject,
    /// The record is published and carries the rule's id as a flag.
    Flag,
    /// Computed when a record is read, never published.
    ReadFlag,
}

/// A rule of intake: what may be wrong, where, what follows, and what to do about it.
///
/// Declare rules as `const` items and refer to them; ids never change.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable id, `<subject>.<fault>` (`citizen-id.checksum`).
    pub id: &'static str,
    /// What follows.
    pub severity: Severity,
    /// What is wrong and how to mend it, in English; never contains a value.
    pub en: &'static str,
    /// The same in Chinese.
    pub zh: &'static str,
}

impl Rule {
    /// The sentence in `language`.
    #[must_use]
    pub fn sentence(&self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.zh,
            Language::English => self.en,
        }
    }
}
